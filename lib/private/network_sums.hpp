// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lib/boundary/aggregate.hpp"
#include "lib/kinds/network/network.hpp"
#include "lib/private/cut_gradients.hpp"

namespace bailiwick {

struct PrivateNetworkOptions {
  NetworkLoss loss;
  double clip = 1;         ///< longest gradient of a row; longer ones are shortened to it
  std::uint64_t seed = 1;  ///< of what is dropped out
};

/// The gradient of a network's loss as a sum of rows' whole numbers (CutGradients), so that what
/// one row adds is known exactly, whatever its values are and whatever float32 makes of them. A
/// row's gradient is a function of its own values, the parameters, the step and where it is stored.
class PrivateNetwork {
 public:
  /// One NetworkRows a local domain.
  PrivateNetwork(Architecture architecture, std::vector<kernels::NetworkRows> domains,
                 PrivateNetworkOptions options);

  void set_parameters(std::span<const double> values) { network_.set_parameters(values); }
  /// Where steps round them to, as float.
  float* parameters() { return network_.parameters(); }

  /// Adds the gradients of these rows of the d-th local domain to `part`, of layout(), at step
  /// `step` < 2^24. Any number of rows: they are taken so many at a time. Local to the rank.
  void add(std::size_t d, std::span<const std::uint32_t> rows, std::uint64_t step, Aggregate& part);

  /// How far a row moves the sum at most, in units of its grid.
  std::uint64_t row_bound() const { return cut_.bound(); }
  /// One stream, `gradient`.
  const std::shared_ptr<const AggregateLayout>& layout() const { return layout_; }
  const Architecture& architecture() const { return network_.architecture(); }

 private:
  std::vector<kernels::NetworkRows> domains_;
  PrivateNetworkOptions options_;
  Network network_;
  Batch batch_;
  RowGradients gradients_;
  CutGradients cut_;
  std::shared_ptr<const AggregateLayout> layout_;
};

}  // namespace bailiwick
