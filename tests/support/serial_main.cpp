// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include <Kokkos_Core.hpp>

#include "tests/support/catch.hpp"

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard kokkos;
  return Catch::Session().run(argc, argv);
}
