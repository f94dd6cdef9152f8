// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/optim/state.hpp"
#include "lib/record/checkpoints.hpp"

namespace bailiwick {

/// Whether domains keep something from round to round that the common parameters do not hold.
bool keeps_at_home(const FederatedConfig& config);

/// Throws unless what each of this rank's domains keeps at home was written beside that checkpoint
/// of the common model and is as its own lineage says. Local.
void check_regions(const Run& run, const std::string& path);

/// What that is, one a local domain. Local. Throws ExitCode::data.
std::vector<State> states_at_home(const Run& run, const std::string& path);

/// The folders of the domains, regions/NAME in the output folder: each has its own checkpoints and
/// its own lineage, signed with the domain's key and written by the rank that leads it. Members are
/// collective over the world.
class Regions {
 public:
  /// `in_place`: goes on with the lineages that are there.
  Regions(Run& run, const std::string& fingerprint, bool in_place);

  /// Publishes the state of every local domain d as its checkpoint `name`.
  void write(const std::string& name, double loss,
             const std::function<State(std::size_t d)>& state);
  /// The same of what a domain ends with beside the common model; closes the lineages.
  void finish(const std::string& name, const Digest& common,
              const std::function<io::Checkpoint(std::size_t d)>& last);

 private:
  struct Region {
    explicit Region(std::size_t d) : domain(d) {}
    std::size_t domain;
    std::unique_ptr<RunRecord> record;
    std::unique_ptr<Checkpoints> checkpoints;
  };
  Run& run_;
  Communicator own_;             ///< this rank alone
  std::vector<Region> regions_;  ///< that this rank leads
};

}  // namespace bailiwick
