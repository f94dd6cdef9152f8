// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

namespace bailiwick {

/// Takes out of the environment what would load code into this process, which would see rows, or
/// change results behind the config's back; and lets no core dump show rows or keys. The first
/// call of main, before any library looks. docs/threat-model.md has what remains.
void clear_surroundings();

/// The variables that clear_surroundings() took away, ascending.
const std::vector<std::string>& cleared_variables();
/// Those that act before main, or that MPI needs, with their values: they can only be told.
std::map<std::string, std::string> telling_variables();

/// A shared object of this process, besides the program itself.
struct LoadedLibrary {
  std::string path;
  std::string build_id;  ///< the linker's digest of it, hexadecimal; empty if it has none
};
/// By path.
std::vector<LoadedLibrary> loaded_libraries();

}  // namespace bailiwick
