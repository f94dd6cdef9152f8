// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>
#include <vector>

#include "lib/verify/verified_chain.hpp"

namespace bailiwick {

/// Files of a folder, and which of them a statement speaks of.
class Coverage {
 public:
  explicit Coverage(std::string folder) : folder_(std::move(folder)) {}

  void add(const VerifiedChain& chain);
  /// In the order of their names. Links to folders are not followed: they are named themselves.
  std::vector<std::string> unsigned_files() const;

 private:
  std::string folder_;
  std::set<std::string> covered_;
  std::set<std::string> empty_;  ///< locks
};

}  // namespace bailiwick
