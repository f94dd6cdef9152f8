// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/words.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"

namespace bailiwick {

/// A line of a chain, as far as it can be read.
struct ReadStatement {
  std::size_t line = 0;  ///< in its file, from 1
  Statement statement;
  std::string key;     ///< id of the key in whose name it is signed
  bool known = false;  ///< that key was given, and the signature holds
  /// Of who signed after that: key ids, and whether that key was given.
  std::vector<std::pair<std::string, bool>> countersigned = {};
};

/// A chain whose keys may be unknown: all that it says, and what of it does not hold.
struct ReadChain {
  std::string path;
  std::string folder;
  const StageChain* stage = nullptr;
  std::string domain;  ///< whose own it is; empty: the run's
  std::vector<ReadStatement> statements;
  std::vector<SubjectFate> fates;  ///< of each of these
  /// What does not hold, each with its line; empty: nothing. Of a signature by a key that was not
  /// given nobody can tell.
  std::vector<std::string> problems;
  bool finished = false;  ///< has its final statement

  bool broken() const { return !problems.empty(); }
  /// "FILE:LINE" of a statement.
  std::string at(std::size_t statement) const;
};

/// Reads on behind what does not hold, unlike verification: whoever asks where something comes from
/// must hear what a broken chain says, and that it is broken. Throws nothing.
ReadChain read_chain(const std::string& path, const StageChain& stage,
                     std::span<const PublicKey> keys);

/// What became of a file since a statement was made about it.
enum class FileState { as_signed, changed, not_there, replaced, removed };
template <>
inline constexpr std::array words<FileState>{
    std::pair{FileState::as_signed, "as signed"}, std::pair{FileState::changed, "CHANGED SINCE"},
    std::pair{FileState::not_there, "not there"}, std::pair{FileState::replaced, "replaced"},
    std::pair{FileState::removed, "removed"}};

/// Of the subject of one of the chain's statements; reads the file. Throws nothing.
FileState file_state(const ReadChain& chain, std::size_t statement);

}  // namespace bailiwick
