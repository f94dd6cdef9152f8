// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/core/digest.hpp"

namespace bailiwick {

// What lies in a bundle beside the results and their chains (docs/release.md).
inline constexpr const char* manifest_file = "release.json";    ///< lists the rest, signed
inline constexpr const char* sums_file = "SHA256SUMS";          ///< for `sha256sum -c`
inline constexpr const char* evidence_file = "evidence.jsonl";  ///< the check and the approvals

struct BundledFile {
  Digest sha256;
  std::uint64_t size = 0;
};

/// The lines of SHA256SUMS, in the order of the names.
std::string sums_text(const std::map<std::string, BundledFile>& files);

/// Whether a file of that name lies in the bundle, wherever that is laid, and in one line of
/// SHA256SUMS.
bool is_plain_name(const std::string& name);

/// A folder that nobody sees until it is whole. Members throw ExitCode::data naming the file.
class Bundle {
 public:
  /// Throws if something has that name.
  explicit Bundle(std::string path);
  /// Nothing stays of what was not published.
  ~Bundle();
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;

  /// Copies a file, which must be the one of that digest. Throws ExitCode::integrity if it is not.
  void copy(const std::string& from, const std::string& name, const Digest& sha256);
  /// The same, whatever it is now.
  void copy(const std::string& from, const std::string& name);
  void write(const std::string& name, const std::string& text);
  const std::map<std::string, BundledFile>& files() const { return files_; }
  /// Syncs all of it and gives it its name.
  void publish();

 private:
  std::string place_for(const std::string& name);

  std::string path_, temporary_;
  std::map<std::string, BundledFile> files_;
  bool published_ = false;
};

}  // namespace bailiwick
