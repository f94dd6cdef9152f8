// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <mpi.h>

#include <string>

#include "lib/core/error.hpp"

namespace bailiwick {

/// Throws ExitCode::bug with MPI's own text unless `code` is success.
inline void check(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(code, text, &length);
  throw Error(ExitCode::bug, "{} failed: {}", call,
              std::string(text, static_cast<std::size_t>(length)));
}

}  // namespace bailiwick
