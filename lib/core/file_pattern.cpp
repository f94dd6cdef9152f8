// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/file_pattern.hpp"

#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

bool is_pattern(const std::string& path) {
  std::error_code unknown;
  return path.find_first_of("*?[") != std::string::npos && !std::filesystem::exists(path, unknown);
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  const std::unique_ptr<glob_t, void (*)(glob_t*)> guard(&found, &::globfree);
  if (status == GLOB_NOMATCH) return {};
  if (status != 0)
    throw Error(ExitCode::data, "{}: cannot look for files: a folder cannot be read", pattern);
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

}  // namespace

std::vector<std::string> files_named(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!is_pattern(path)) {
      files.push_back(path);
      continue;
    }
    const std::vector<std::string> found = matches(path);
    if (found.empty()) throw Error(ExitCode::data, "{}: no file is called so", path);
    files.insert(files.end(), found.begin(), found.end());
  }
  // By what they are, whatever they are called: a link is the same rows.
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const std::string& path : files)
    if (struct stat file{};
        ::stat(path.c_str(), &file) == 0 && !seen.insert({file.st_dev, file.st_ino}).second)
      throw Error(ExitCode::data, "{}: is named twice; its rows would be counted twice", path);
  return files;
}

std::vector<std::string> files_matching(const std::string& pattern) {
  return is_pattern(pattern) ? matches(pattern) : std::vector{pattern};
}

bool matches_pattern(const std::string& name, const std::string& pattern) {
  return name == pattern || ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace bailiwick
