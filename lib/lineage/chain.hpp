// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/crypto/keys.hpp"
#include "lib/lineage/statement.hpp"

namespace bailiwick {

/// Appends signed statements to a lineage file, one DSSE envelope a line, linking each to the one
/// before. The file is replaced atomically at every append. Not collective: one rank holds it.
class Chain {
 public:
  /// Starts a new chain. Throws ExitCode::data if the file exists.
  static Chain create(std::string path, PrivateKey key);

  /// Sets sequence and previous, signs, writes. Returns the digest of the payload.
  Digest append(Statement statement);
  std::size_t size() const { return lines_.size(); }

 private:
  Chain(std::string path, PrivateKey key) : path_(std::move(path)), key_(std::move(key)) {}
  std::string path_;
  PrivateKey key_;
  std::vector<std::string> lines_;
  std::optional<Digest> head_;
};

/// One thing that verify() looked at.
struct Finding {
  bool holds = false;
  std::string what;  ///< e.g. "checkpoints/step-000003.h5: file digest"
};

struct Verification {
  std::vector<Finding> findings;
  std::vector<Statement> statements;
  bool holds() const;
};

/// Recomputes everything a lineage file claims, in order: envelope, signature by one of `keys`,
/// digest of each subject in `folder`, link, sequence, count. Checks nothing beyond the first
/// statement that cannot be parsed.
Verification verify_chain(const std::string& path, const std::string& folder,
                          std::span<const PublicKey> keys);

}  // namespace bailiwick
