// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/partition/partition.hpp"
#include "kokkos_kernels/sums/rows.hpp"
#include "lib/data/columns.hpp"

namespace bailiwick {

/// Lays rows out for kernels: the chosen rows of a block one after another, columns contiguous,
/// levels of categories as codes.
class RowBlocksBuilder {
 public:
  RowBlocksBuilder(const ModelColumns& columns, const Schema& schema, std::size_t blocks,
                   std::size_t block_rows);

  /// The next block's `chosen` rows, of which those that are left out weigh nothing, and so do the
  /// `weightless` among them, by their places there.
  /// Throws ExitCode::data naming a column with a number beyond what sums of any size hold, or
  /// without one.
  void add(const io::RowBuffer& buffer, std::span<const std::size_t> chosen,
           std::span<const std::size_t> weightless = {});

  /// Of a row that was read.
  double number(const io::RowBuffer& buffer, std::size_t row, const NumberColumn& column) const;

  /// Of a row that was read: the code of a category, whatever stands for a missing one.
  std::uint16_t stored_code(const io::RowBuffer& buffer, std::size_t row,
                            std::size_t feature) const {
    return buffer.codes[row * categories_ + place_[feature]];
  }

  /// Of a row that was read: which of the combinations of ModelColumns::strata it has.
  std::size_t stratum(const io::RowBuffer& buffer, std::size_t row) const;

  /// Whether a feature is missing without which a row that was read counts for nothing.
  bool is_left_out(const io::RowBuffer& buffer, std::size_t row) const;

  /// A derived column's name that has no value in a row that was read; nullptr: all have.
  const std::string* undefined(const io::RowBuffer& buffer, std::size_t row) const;

  /// All blocks, as long as the one with most chosen rows, on the device.
  kernels::RowBlocks finish();

 private:
  using Codes = decltype(kernels::Factors::code)::HostMirror;
  using Cube = decltype(kernels::RowBlocks::x)::HostMirror;
  using Weights = decltype(kernels::RowBlocks::weight)::HostMirror;

  void find_missing();
  double raw_value(const io::RowBuffer& buffer, std::size_t row, std::size_t feature) const;
  double value(const io::RowBuffer& buffer, std::size_t row, std::size_t feature) const;
  std::uint16_t code(const io::RowBuffer& buffer, std::size_t row, std::size_t feature) const;
  double derived(const io::RowBuffer& buffer, std::size_t row, const DerivedColumn& column) const;
  void check_size(const std::string& column, const double* values, std::size_t rows,
                  bool keeps_missing = false) const;
  void copy_numbers(const io::RowBuffer& buffer, std::span<const std::size_t> chosen);
  void copy_codes(const io::RowBuffer& buffer, std::span<const std::size_t> chosen);

  const ModelColumns& columns_;
  const Schema& schema_;
  std::size_t numbers_, categories_, targets_;  ///< of the schema
  std::vector<std::size_t> place_;     ///< of the schema's features among numbers or categories
  std::vector<std::size_t> internal_;  ///< of each feature
  std::vector<std::size_t> first_;     ///< internal column of each factor's cells, then the end
  std::vector<std::vector<std::uint16_t>> cell_;  ///< of each factor's levels
  std::vector<double> number_;                    ///< of each feature: where it is missing
  std::vector<std::vector<std::uint16_t>> code_;  ///< of each category's levels: what is read
  std::vector<char> keeps_missing_;               ///< of each feature: NaN stays NaN
  std::vector<std::size_t> needed_;               ///< features of rows that are not left out
  std::size_t dense_ = 0;                         ///< columns of x, the intercept included
  std::size_t block_ = 0, longest_ = 0;
  Cube x_, y_;
  Weights weight_, offset_;
  Codes codes_;
};

}  // namespace bailiwick
