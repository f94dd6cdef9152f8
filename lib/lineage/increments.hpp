// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/crypto/keys.hpp"

// How the rows of a partition grew: NAME.increments.jsonl, a signed log beside the increments, of
// which each is a partition of its own (docs/ingest.md, "Versions").
namespace bailiwick {

struct Increment {
  std::string name;
  std::string path;  ///< of its partition
  Digest root;       ///< of that
  std::uint64_t rows = 0;
};

/// FOLDER/NAME.increments.jsonl of a partition NAME.
std::string increments_path(const std::string& folder, const std::string& partition);

/// Whether a config names such a file, and perhaps a version: NAME.increments.jsonl@INCREMENT.
bool names_increments(std::string_view text);

/// The increments up to the one that such a text names, or all: in the order in which they came,
/// each as it was made last. Throws ExitCode::integrity of a line that does not hold, or that none
/// of `keys` signed; ExitCode::data if there is no such file or version.
std::vector<Increment> read_increments(const std::string& text, std::span<const PublicKey> keys);

/// Appends a line about one, new or made anew; its partition lies in the folder of the log or
/// below. Waits for others who write there. Throws as append_to_log(), and ExitCode::data after
/// five minutes.
void add_increment(const std::string& path, const Increment& increment, const PrivateKey& key);

}  // namespace bailiwick
