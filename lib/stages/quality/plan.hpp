// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/stages/describe/columns.hpp"
#include "lib/stages/quality/config.hpp"
#include "lib/stages/quality/divisions.hpp"
#include "lib/stages/quality/twins.hpp"

// What `quality` counts, and what it demands of the counts (docs/quality.md).
namespace bailiwick {

/// This rank's rows of one domain.
struct ExaminedRows {
  DescribedRows table;
  std::size_t rows = 0;
  std::vector<std::uint8_t> splits;  ///< of each, if the partitions have some
  Twins equal, ids, units;           ///< without values where nobody asks
};

/// Which share of rows some parts of a division may have.
struct Demand {
  std::string check, column;
  Severity severity = Severity::warn;
  bool is_rule = false;  ///< of the config's list
  std::size_t division = 0;
  std::vector<std::size_t> of, among;  ///< parts; among: nothing for all rows
  double low = 0, high = 1;
  std::string what;  ///< the rows that the share is of
};

/// What is known of a number before rows are counted.
struct NumberFacts {
  std::optional<std::pair<double, double>> fences;  ///< beyond which a value is far out
  bool is_binary = false;                           ///< a target that is nothing but 0 and 1
};

/// The divisions of a column.
struct ColumnPlan {
  std::optional<std::size_t> missing;  ///< [with a value, without]
  std::optional<std::size_t> parts;    ///< of its values: pieces of the line, or its levels
  std::optional<std::vector<std::size_t>> outside;  ///< of these: outside the declared range
  std::optional<std::vector<std::size_t>> far_out;  ///< beyond the fences
  std::vector<std::size_t> flawed;                  ///< any of these, or against a rule
};

/// What is counted of rows, and what of it is a finding.
class QualityPlan {
 public:
  /// Throws ExitCode::config for rules of columns that there are not. `rows`: of each local domain;
  /// must outlive it. `facts`: of each number.
  QualityPlan(const QualityConfig& how, const TableColumns& columns, const Schema& schema,
              std::span<const ExaminedRows> rows, std::span<const NumberFacts> facts);
  QualityPlan(const QualityPlan&) = delete;  // its divisions know where it is
  QualityPlan& operator=(const QualityPlan&) = delete;

  bool is_binary(std::size_t number) const { return facts_[number].is_binary; }

  std::vector<Division> divisions;
  std::vector<Demand> demands;
  std::vector<ColumnPlan> numbers, categories;
  std::optional<std::size_t> duplicates, ids;        ///< [first of their kind, repeats]
  std::vector<std::size_t> across_splits, of_units;  ///< one a split: [other, alone, elsewhere]
  std::size_t sound = 0;                             ///< [without a flaw, with one]

 private:
  using IsSo = std::function<bool(std::size_t d, std::size_t row)>;

  std::size_t divide(Division division);
  std::size_t divide_in_two(const std::string& name, const IsSo& is_second);
  void add_missing(ColumnPlan& plan, const std::string& name, const IsSo& is_missing);
  void add_number(std::size_t j);
  void add_binary_target(std::size_t j);
  void refuse_levels(const std::string& number) const;
  void add_category(std::size_t c);
  void add_levels(ColumnPlan& plan, const std::string& name, const std::vector<std::string>& levels,
                  bool is_target);
  void add_row_rules();
  void add_twins();

  const QualityConfig& how_;
  const TableColumns& columns_;
  const Schema& schema_;
  std::span<const ExaminedRows> rows_;
  std::span<const NumberFacts> facts_;
  std::vector<IsSo> flaws_;  ///< of a row: any of these
};

}  // namespace bailiwick
