// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/sums/rows.hpp"
#include "lib/stages/describe/columns.hpp"
#include "lib/stages/quality/config.hpp"
#include "lib/stages/quality/plan.hpp"

// Rows as `quality` examines them, and what it learns of columns before it counts.
namespace bailiwick {

struct Examined {
  std::vector<ExaminedRows> rows;           ///< of each local domain
  std::vector<kernels::RowBlocks> numbers;  ///< the same, in the blocks that sums are made of
  std::uint64_t selected = 0;               ///< over all domains
  std::vector<std::uint64_t> selected_in;   ///< of each local domain, on all its ranks
};

/// The rows of quality.split, and which of them are twins. Collective over the world.
Examined read_examined(Run& run, const QualityConfig& how, const TableColumns& columns);

/// Which columns vary in no domain (numbers, then categories), and which number targets are nothing
/// but 0 and 1. One round.
struct FirstLook {
  std::vector<bool> constant, binary;  ///< of each column; of each number
};
FirstLook look_first(Run& run, const TableColumns& columns, const Examined& examined);

/// At which quantiles are looked for.
inline constexpr double examined_quantiles[] = {0.05, 0.1,  0.15, 0.2,  0.25, 0.3,  0.35,
                                                0.4,  0.45, 0.5,  0.55, 0.6,  0.65, 0.7,
                                                0.75, 0.8,  0.85, 0.9,  0.95};
inline constexpr std::size_t lower_quartile = 4, upper_quartile = 14;  ///< among these

/// Of each number but those that `skip` names: its quantiles, or nothing where no policy lets them
/// be found. Two rounds for numbers with missing values, and one for each bit of the answer.
std::vector<std::vector<double>> find_quantiles(Run& run, const TableColumns& columns,
                                                const Examined& examined,
                                                const std::vector<bool>& skip);

/// Rows by the first of these edges that their value of a number is not above, those above all of
/// them, and, where values may be missing, those without.
Division divide_by_edges(const std::string& name, std::vector<double> edges,
                         std::span<const ExaminedRows> rows, std::size_t number, bool has_missing);

}  // namespace bailiwick
