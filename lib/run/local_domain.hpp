// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/partition/partition.hpp"
#include "lib/boundary/boundary.hpp"
#include "lib/policy/gate.hpp"

namespace bailiwick {

class AccessOutcome;

/// One of this rank's domains, admitted.
struct LocalDomain {
  std::size_t index = 0;  ///< in the run
  Admission admission;
  std::vector<std::string> paths;
  std::vector<PartitionManifest> manifests;
  BlockRange blocks;  ///< this rank's share, counted over the partitions in order
  /// That its policy, or a partner's, asks for in all that crosses.
  std::uint64_t minimum_rows = 1;
  /// That its policy asks for in each group that a result tells of, unless it has none.
  std::uint64_t minimum_group_rows = 1;
  std::shared_ptr<AccessOutcome> outcome;  ///< for its owner's log
  /// Of each partition the labels of its rows, as read_labels() gives them; none: no stage asks.
  std::vector<std::shared_ptr<const std::vector<std::uint8_t>>> labels = {};
  std::optional<Column> label_target = {};  ///< what they are called
  /// Of its partitions that were opened, by root.
  std::shared_ptr<std::map<Digest, Secret>> keys = std::make_shared<std::map<Digest, Secret>>();

  /// Opens its p-th partition.
  io::PartitionReader open(std::size_t p) const;
  /// A key for `info` that only whoever can open all its partitions has.
  Secret derive(std::string_view info) const;

  /// Tells that log that rows are about to be read.
  void tell_reading() const;
};

}  // namespace bailiwick
