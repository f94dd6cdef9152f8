// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/boundary/aggregate.hpp"

namespace bailiwick {

class Run;

/// Whether any owner wants more than a row, or a domain, behind what crosses. Collective over the
/// world.
bool any_minimum(const Run& run);

/// A table of bins that have an order, in which rows are counted in one or several ways: those of
/// each sample, or with each label.
struct CountedBins {
  std::size_t bins = 0;
  std::size_t apart = 0;  ///< a bin that is cut off from those below it if it can be; 0: none
  /// [local domain]: of the whole domain, row-major (way, bin).
  std::vector<std::vector<std::int64_t>> rows;
};

/// Puts neighbouring bins together, in all domains alike, until in every cell and every way each
/// domain has no row or as many as its owner asks for (LocalDomain::minimum_group_rows), and no
/// domain has one or as many as a policy asks for (minimum.contributors). Of each table the bins
/// at which cells begin (MergedBins): all if no owner asks for anything, none if not even all bins
/// together are enough. What crosses is in how many domains a range of bins has too few rows, or
/// any, and, where contributors are asked for, in each way; as marks of the domains, masked as
/// ever. Collective over the world.
std::vector<std::vector<std::size_t>> merge_bins(Run& run, const std::string& round,
                                                 std::span<const CountedBins> tables,
                                                 std::span<const double> parameters = {});
/// The same of one table, counted by this rank in stream "rows" of each of its domains' parts.
std::vector<std::size_t> merge_bins(Run& run, const std::string& round, std::size_t bins,
                                    std::vector<Aggregate> parts,
                                    std::span<const double> parameters);

}  // namespace bailiwick
