// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <span>
#include <string_view>

#include "io/arrow/arrow_file.hpp"
#include "lib/core/input_file.hpp"

namespace bailiwick::io {

bool is_arrow_file(const std::string& path) {
  std::array<char, 6> head{};
  InputFile file(path);
  const std::size_t count = file.read(std::as_writable_bytes(std::span(head)));
  const std::string_view magic(head.data(), count);
  return magic == "ARROW1" || magic.starts_with("PAR1");
}

}  // namespace bailiwick::io
