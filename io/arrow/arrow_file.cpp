// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/arrow/arrow_file.hpp"

#include <dlfcn.h>

#include <array>
#include <span>
#include <string_view>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"

namespace bailiwick::io {

namespace {

/// Stays loaded once it is: Arrow has threads of its own.
detail::OpenArrowRows* load_reader(const std::string& path) {
  void* const library = dlopen(detail::arrow_reader_library, RTLD_NOW | RTLD_LOCAL);
  void* const function =
      library != nullptr ? dlsym(library, detail::arrow_reader_function) : nullptr;
  if (function == nullptr)
    throw Error(ExitCode::data,
                "{}: is a Parquet or Arrow file, and the library that reads them cannot be loaded "
                "({}); build with -DBAILIWICK_ARROW=ON (Spack: +arrow), or write it as CSV",
                path, dlerror());
  return reinterpret_cast<detail::OpenArrowRows*>(function);
}

}  // namespace

bool is_arrow_file(const std::string& path) {
  std::array<char, 6> head{};
  InputFile file(path);
  const std::size_t count = file.read(std::as_writable_bytes(std::span(head)));
  const std::string_view magic(head.data(), count);
  return magic == "ARROW1" || magic.starts_with("PAR1");
}

ArrowTable open_arrow_file(const std::string& path) {
  ArrowTable table;
  load_reader(path)(path, table);
  return table;
}

}  // namespace bailiwick::io
