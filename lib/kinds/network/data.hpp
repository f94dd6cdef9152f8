// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/range.hpp"
#include "lib/data/lanes.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/kinds/network/network.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/model/row_order.hpp"
#include "lib/model/standardisation.hpp"

namespace bailiwick {

/// What a network is trained on: this rank's rows in float32, standardised, and the order in
/// which steps take them.
class NetworkData {
 public:
  /// Reads and standardises. Collective.
  NetworkData(Run& run, const ModelColumns& columns);
  /// With other rows of `split` ("": all), which are not trained on, in place of those of early
  /// stopping.
  NetworkData(Run& run, const ModelColumns& columns, const std::optional<std::string>& split);

  /// What a model must keep to treat other rows alike.
  void describe(SavedModel& model) const;
  std::uint64_t rows() const { return selected_; }  ///< to train on, over all domains
  const Lanes& lanes() const { return lanes_; }
  /// Rows that are not trained on, one a local domain; empty without early stopping.
  const std::vector<kernels::NetworkRows>& validation() const { return validation_; }
  /// These in pieces that do not depend on ranks, as Cox has a risk set a piece: of one stored
  /// block each, at most `block_rows`.
  const std::vector<Range>& validation_blocks(std::size_t d) const { return pieces_[d]; }
  const std::vector<kernels::NetworkRows>& training() const { return training_; }

  /// Room for what this rank holds of a step, and for a block of the others.
  std::size_t most_rows() const;
  Batch empty_batch(const Architecture& architecture) const;
  /// This rank's rows of step `step`, counted from 0 over all epochs; with `only`, of that local
  /// domain alone.
  void gather(std::uint64_t step, Batch& batch, std::optional<std::size_t> only = {});
  /// Of these, those of non-zero weight, one count a local domain.
  const std::vector<std::int64_t>& rows_gathered() const { return gathered_; }
  /// Of the rows that are not trained on, those of non-zero weight, one count a local domain.
  const std::vector<std::int64_t>& validation_rows() const { return validation_rows_; }

 private:
  struct HeldLane {
    std::size_t first;  ///< of its rows, in the domain's
    RowOrder order;
  };
  void standardise_target(Run& run);

  Lanes lanes_;
  std::size_t block_rows_;
  std::vector<std::vector<HeldLane>> orders_;  ///< one a lane, of each local domain
  std::vector<std::vector<bool>> weighs_;      ///< of each local domain's rows; empty: all do
  std::vector<std::int64_t> gathered_, validation_rows_;
  std::size_t targets_;
  std::vector<kernels::NetworkRows> training_, validation_;
  std::vector<std::vector<Range>> pieces_;
  double target_mean_ = 0, target_deviation_ = 1;
  ColumnMoments moments_;
  std::uint64_t selected_ = 0;
};

}  // namespace bailiwick
