// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "lib/model/block_order.hpp"
#include "lib/model/network.hpp"
#include "lib/model/standardisation.hpp"
#include "lib/stages/model_rows.hpp"
#include "lib/stages/saved_model.hpp"
#include "lib/stages/training_blocks.hpp"

namespace bailiwick {

/// What a network is trained on: this rank's rows in float32, standardised, and the list of blocks.
class NetworkData {
 public:
  /// Reads and standardises. Collective.
  NetworkData(Run& run, const ModelColumns& columns);

  /// What a model must keep to treat other rows alike.
  void describe(SavedModel& model) const;
  std::uint64_t rows() const { return selected_; }  ///< to train on, over all domains
  const TrainingBlocks& blocks() const { return blocks_; }
  /// One a local domain; empty without early stopping.
  const std::vector<kernels::NetworkRows>& validation() const { return validation_; }
  const std::vector<kernels::NetworkRows>& training() const { return training_; }

  /// A batch of those of the `chosen` blocks (ascending) that this rank holds; with `only`, of that
  /// local domain alone.
  void gather(const std::vector<std::size_t>& chosen, Batch& batch,
              std::optional<std::size_t> only = {}) const;

 private:
  void standardise_target(Run& run);

  std::vector<kernels::NetworkRows> training_, validation_;
  double target_mean_ = 0, target_deviation_ = 1;
  ColumnMoments moments_;
  std::uint64_t selected_ = 0;
  TrainingBlocks blocks_;
};

}  // namespace bailiwick
