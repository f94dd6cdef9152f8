// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick::io {

/// "HDF5 1.10.8", one line.
std::string library_version();

}  // namespace bailiwick::io
