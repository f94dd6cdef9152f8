// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/boundary/aggregate.hpp"
#include "lib/boundary/noise.hpp"

namespace bailiwick {

/// How far a row of a GLM may reach.
struct PrivateGlmOptions {
  kernels::Family family = kernels::family<kernels::Gaussian>;
  std::vector<std::string> names;  ///< of the parameters
  double clip = 2;                 ///< longest row; longer ones weigh less
  double residual = 1;             ///< largest residual of a row
  double information = 1;          ///< largest information of a row
  std::uint64_t unit_rows = 1;     ///< rows of a unit, at most
};

/// Score and information of a GLM as sums of rows' whole numbers, so that what one unit adds is
/// known exactly, whatever its values are: columns are cut to a grid of 2^-12; a row's residual and
/// information, each times the row's weight, to one of 2^-16 of their largest; and the squared
/// length of each row's part, in whole numbers, is held to the bound. A row longer than `clip`
/// has the weight clip^2 / length^2, a function of its columns alone, so that a model that holds is
/// still estimated without bias (Mallows' type, Carroll & Pederson 1993). What is not a number adds
/// nothing.
class PrivateGlm {
 public:
  /// One RowBlocks a local domain, columns between -1 and 1; they are cut to the grid in place.
  PrivateGlm(std::vector<kernels::RowBlocks> domains, PrivateGlmOptions options);

  /// Each local domain's sums at theta, streams `score` (d) and `information` (packed lower
  /// triangle by rows). Local to the rank.
  std::vector<Aggregate> sums(std::span<const double> theta);

  /// How far one unit, replaced by any other, moves them at most, in units of their grids.
  std::uint64_t score_sensitivity() const {
    return replacement_sensitivity(score_bound_, options_.unit_rows);
  }
  std::uint64_t information_sensitivity() const {
    return replacement_sensitivity(information_bound_, options_.unit_rows);
  }
  /// In the order of the streams.
  std::shared_ptr<const AggregateLayout> layout() const { return layout_; }

 private:
  struct Rows {
    kernels::RowBlocks rows;
    std::vector<std::uint64_t> squares;  ///< of each row's length on the grid, (block, row)
  };
  /// Targets become residuals, or weights informations, on their grids.
  void cut_rows(const Rows& of, std::span<const double> theta, kernels::RowBlocks& residuals,
                kernels::RowBlocks& informations) const;

  std::vector<Rows> domains_;
  PrivateGlmOptions options_;
  std::uint64_t clip_ = 0;  ///< its square, on the grid of squares
  std::uint64_t score_bound_ = 0, information_bound_ = 0;
  int residual_power_ = 0, information_power_ = 0;
  std::shared_ptr<const AggregateLayout> layout_;
};

}  // namespace bailiwick
