// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lib/record/run_record.hpp"
#include "lib/stages/predict/config.hpp"
#include "lib/stages/scores.hpp"

namespace bailiwick {

/// What stays with each local domain: a file for each of its partitions and, on the rank that leads
/// the domain, the signed record of them. A file that has its name is whole, and need not be made
/// again: whatever else an earlier session left was taken away at the start.
class Homes {
 public:
  /// Throws ExitCode::data if a domain holds predictions of another model than its own among
  /// `models`, ExitCode::config if they were finished with another config: before anything is set
  /// aside. Collective.
  static void check(const Run& run, const StageChain& chain, const std::vector<UsedModel>& models);

  /// Begins, or goes on with, the record of each domain that this rank leads. Collective.
  Homes(Run& run, const StageChain& chain, const std::vector<UsedModel>& models);

  /// The file of a partition of the d-th local domain.
  std::string path(std::size_t d, std::size_t partition) const;
  /// States the files that have come to their names since the last call. Nothing on a rank that
  /// does not lead the domain. Not collective.
  void state(std::size_t d);
  /// Partitions, over all domains, whose files are stated. Collective.
  std::int64_t count_stated() const;
  /// Once all are: what they are. Collective.
  void close();

 private:
  struct Home {
    std::unique_ptr<RunRecord> record;  ///< nullptr: an earlier session came to its end
    std::set<std::string> stated;       ///< names of files
  };

  std::string folder(std::size_t d) const;
  std::string file_of(const PartitionManifest& manifest) const;
  void drop_others(std::size_t d, const std::vector<Statement>& earlier);

  Run& run_;
  const StageChain& chain_;
  const std::vector<UsedModel>& models_;
  PredictionFormat format_;
  Communicator own_;
  std::map<std::size_t, Home> led_;  ///< of the local domains that this rank leads
};

}  // namespace bailiwick
