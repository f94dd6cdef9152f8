// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

/// A way to tell 8 bytes of a row to another rank of the world, each rank of which is a domain.
struct Leak {
  std::string name;
  std::string stopped;  ///< what the line says that ends the job
  std::function<void(void* row)> run;
};

/// After MPI has started.
const std::vector<Leak>& leaks();
