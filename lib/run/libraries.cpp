// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/libraries.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/runtime/surroundings.hpp"

namespace bailiwick {

namespace {

/// What the system's packages installed, and only root can change: there the linker's build-id is
/// taken at its word, because hashing a hundred libraries takes longer than a small job.
bool is_of_the_system(std::string_view path) {
  constexpr std::array<std::string_view, 3> folders = {"/lib/", "/lib64/", "/usr/"};
  return !path.starts_with("/usr/local/") &&
         std::ranges::any_of(folders, [&](auto folder) { return path.starts_with(folder); });
}

/// A library may be gone, or never have had a file, and is in this process all the same.
std::string hash_of(const std::string& path) {
  try {
    return sha256_file(path).hex();
  } catch (const Error&) {
    return "unreadable";
  }
}

Libraries describe(const std::vector<LoadedLibrary>& loaded) {
  Libraries libraries{Json::array(), {}};
  std::string lines;
  for (const LoadedLibrary& library : loaded) {
    const bool hash = library.build_id.empty() || !is_of_the_system(library.path);
    const std::string id = hash ? hash_of(library.path) : library.build_id;
    libraries.list.push_back({{"path", library.path}, {hash ? "sha256" : "buildId", id}});
    lines += id + "  " + library.path + "\n";
  }
  libraries.digest = sha256(lines);
  return libraries;
}

}  // namespace

const Libraries& libraries_at_start() {
  static const Libraries libraries = describe(loaded_libraries());
  return libraries;
}

std::vector<std::string> libraries_since() {
  std::set<std::string> known;
  for (const Json& library : libraries_at_start().list)
    known.insert(library.at("path").get<std::string>());
  std::vector<std::string> paths;
  for (const LoadedLibrary& library : loaded_libraries())
    if (!known.contains(library.path)) paths.push_back(library.path);
  return paths;
}

}  // namespace bailiwick
