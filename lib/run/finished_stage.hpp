// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/chain.hpp"

namespace bailiwick {

struct PartitionManifest;

/// What a stage that came to its end left in a folder, as its lineage there says.
class FinishedStage {
 public:
  /// `stem`: of the chain; `advice`: what to do where there is none. Throws ExitCode::data if there
  /// is none or it has no end, ExitCode::integrity if it does not hold. Local.
  FinishedStage(std::string folder, const char* stem, const PublicKey& key,
                const std::string& advice);

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  /// The digest that a statement gives a file. Throws ExitCode::integrity without one.
  Digest digest_of(const std::string& name) const;
  /// The file's bytes. Throws ExitCode::data, or ExitCode::integrity unless they are as stated.
  std::string read(const std::string& name) const;
  /// Throws ExitCode::integrity unless that is the file's.
  void demand(const std::string& name, const Digest& digest) const;
  /// Throws ExitCode::data if it was made of other rows than the partition has.
  void demand_rows_of(const std::string& domain, const PartitionManifest& manifest) const;
  /// What its last statement names by that word; zeros if nothing.
  Digest made_of(const std::string& name) const;
  /// Roots of the partitions that it was made of, by DOMAIN/NAME.
  std::map<std::string, Digest> partitions() const;

 private:
  std::string folder_;
  std::vector<Statement> statements_;
};

/// STEM.json that such a stage left, as a run's operator signed it. `sign_with`: the operator's PEM
/// file. Local. Throws as FinishedStage does.
Json read_signed_result(const std::string& folder, const std::string& stem,
                        const std::string& sign_with);

}  // namespace bailiwick
