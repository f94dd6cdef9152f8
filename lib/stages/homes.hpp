// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/record/run_record.hpp"

namespace bailiwick {

/// Blocks from `first` on of one partition of a domain.
LocalDomain part_of(const LocalDomain& domain, std::size_t partition, BlockRange blocks);

/// What a stage writes of single rows, partition by partition, stays with each local domain: files
/// of each of its partitions and, on the rank that leads the domain, the signed record of them.
/// Files that have their names are whole, and need not be made again: whatever else an earlier
/// session left is taken away at the start.
class Homes {
 public:
  /// Throws ExitCode::data if a domain holds what something else made than its own of `made_by`, a
  /// dependency of its statements, one a local domain; ExitCode::config if it was finished with
  /// another config: before anything is set aside. Empty: what makes it is not known yet.
  /// Collective.
  static void check(const Run& run, const StageChain& chain, std::span<const Artefact> made_by);

  /// Begins, or goes on with, the record of each domain that this rank leads. `endings`: of the
  /// files of a partition, after its name. Collective. Throws as check() does.
  Homes(Run& run, const StageChain& chain, std::vector<Artefact> made_by,
        std::vector<std::string> endings);

  /// Writes the files of a partition of the d-th local domain, each at `path` and its ending.
  using Write = std::function<void(std::size_t d, std::size_t partition, const std::string& path)>;
  /// Has each partition's files written by one of the domain's ranks, unless an earlier session did
  /// it, and stated as soon as the one that leads the domain sees them. Where any fails, what is
  /// stated stays, and `record` with it. Collective.
  void write(RunRecord& record, const Write& write);

  /// Once all are: states of each domain what `said(d)` says, with the rows of each first file.
  /// Collective.
  void close(const std::function<Json(std::size_t d)>& said);

 private:
  struct Home {
    std::unique_ptr<RunRecord> record;  ///< nullptr: an earlier session came to its end
    std::set<std::string> stated;       ///< names of partitions
  };

  std::string folder(std::size_t d) const;
  bool is_whole(std::size_t d, const PartitionManifest& manifest) const;
  void drop_others(std::size_t d, const std::vector<Statement>& earlier);
  void write_own(const Write& write);
  void state(std::size_t d);
  std::int64_t count_stated() const;

  Run& run_;
  const StageChain& chain_;
  std::vector<std::string> endings_;
  Communicator own_;
  std::map<std::size_t, Home> led_;  ///< of the local domains that this rank leads
};

}  // namespace bailiwick
