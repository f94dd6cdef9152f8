// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>

#include "lib/core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    look_at(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const bailiwick::Error& error) {
    require(error.code() != bailiwick::ExitCode::bug && error.what()[0] != '\0');
  }
  return 0;
}
