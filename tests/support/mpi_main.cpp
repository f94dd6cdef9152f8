// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

namespace {
bailiwick::Session* the_session = nullptr;
}

bailiwick::Session& test_session() {
  return *the_session;
}
const bailiwick::Communicator& test_world() {
  return the_session->world();
}

int main(int argc, char** argv) {
  bailiwick::Session session(argc, argv);
  the_session = &session;
  std::vector<std::int64_t> failures{Catch::Session().run(argc, argv)};
  session.world().sum(failures);
  return failures[0] == 0 ? 0 : 1;
}
