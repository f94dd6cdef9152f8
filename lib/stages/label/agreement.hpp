// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/stages/label/config.hpp"

// How well labels agree beyond chance, from tables of counts (docs/label.md). Tables of n classes
// are n x n, row-major. Pure functions.
namespace bailiwick {

/// Of two annotators: rows by the class of the one and that of the other. Cohen, Educational and
/// Psychological Measurement 20 (1960) 37. Nothing where chance alone would agree on all.
std::optional<double> cohen_kappa(std::span<const std::int64_t> table, std::size_t classes);
/// The share of rows on the diagonal; nothing of no rows.
std::optional<double> share_of_equal(std::span<const std::int64_t> table, std::size_t classes);

/// Adds to a coincidence matrix what a row says that has `votes[c]` labels of class c: of each
/// ordered pair of two of its m labels 1 / (m - 1). Nothing of fewer than two.
void add_coincidences(std::span<const std::int64_t> votes, std::span<double> matrix);

/// Of a coincidence matrix. Krippendorff, Computing Krippendorff's alpha-reliability (2011).
/// `values`: of the classes, of an interval scale. Nothing where no two labels could differ.
std::optional<double> krippendorff_alpha(std::span<const double> matrix, LabelScale scale,
                                         std::span<const double> values);
/// The same where every row has the same number of labels. Fleiss, Psychological Bulletin 76 (1971)
/// 378.
std::optional<double> fleiss_kappa(std::span<const double> matrix);

}  // namespace bailiwick
