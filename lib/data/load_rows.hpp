// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/partition/partition.hpp"
#include "kokkos_kernels/sums/rows.hpp"
#include "lib/data/columns.hpp"

namespace bailiwick {

struct LocalDomain;

/// This rank's rows of one of its domains.
struct LoadedRows {
  kernels::RowBlocks rows;
  std::vector<std::size_t> rows_of_block;
  std::vector<std::string> ids;      ///< of the rows, if asked for and the partitions have them
  std::vector<std::uint8_t> splits;  ///< codes of theirs, likewise
  std::vector<std::string> units;    ///< likewise
  std::vector<std::size_t> stratum;  ///< of the rows, among those of ModelColumns::strata, if any
  /// Of each category among the columns, a feature of the schema: rows of non-zero weight of each
  /// of its levels, as they are stored.
  std::map<std::size_t, std::vector<std::int64_t>> level_rows;
  std::vector<std::size_t> partition;  ///< of each block, in the order of the domain's partitions
  std::size_t partitions = 0;          ///< of the domain
  std::uint64_t selected = 0;          ///< rows of non-zero weight
  std::uint64_t observations = 0;      ///< of them: their trials, what they stand for, or one each
  std::uint64_t events = 0;            ///< Cox: of these, with status 1
};

/// Which rows are taken. Whoever names a split alone takes them from all partitions.
struct RowChoice {
  RowChoice(std::string of_split) : split(std::move(of_split)) {}
  RowChoice(const char* of_split) : split(of_split) {}

  std::string split;  ///< empty: all
  /// Of a partition, by its domain's index and its name; none: all.
  std::function<bool(std::size_t domain, const std::string& name)> takes{};
};

/// Puts other values of features into a block that was read, of the domain's p-th partition: into
/// `rows`, which are those that a model takes and that weigh something.
using RowChange = std::function<void(std::size_t p, std::uint64_t block,
                                     std::span<const std::size_t> rows, io::RowBuffer& buffer)>;

/// Reads this rank's blocks, checking digests, codes and targets as it goes; rows that are not of
/// the choice and rows of weight zero are left out, and so are those without a feature that
/// model.missing drops; but not of networks, whose steps count rows, nor where there is no target,
/// for predictions: there they weigh nothing. If the target is a label (LocalDomain::labels), rows
/// without one are left out likewise. Not collective. Throws ExitCode::data,
/// ExitCode::integrity. `tell_rows`: whether errors may say which row is wrong, which tells the
/// operator something of a single one. What rows are taken is decided before `change`, if there is
/// one.
LoadedRows load_rows(const LocalDomain& domain, const ModelConfig& model,
                     const ModelColumns& columns, const RowChoice& choice, bool tell_rows,
                     const RowChange& change = {});

}  // namespace bailiwick
