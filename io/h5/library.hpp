// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick::io {

/// Starts HDF5 and keeps it from tidying up when the process or MPI ends: where a file could not be
/// written, it would crash there and hide our exit code. Files are closed by those who open them.
/// Call before MPI starts.
void start_library();

/// "HDF5 1.10.8", one line.
std::string library_version();

/// By its first bytes. Throws ExitCode::data where the file cannot be read or is no regular one.
bool is_hdf5(const std::string& path);

}  // namespace bailiwick::io
