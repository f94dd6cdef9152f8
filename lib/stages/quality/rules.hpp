// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/domain/schema.hpp"
#include "lib/stages/describe/columns.hpp"
#include "lib/stages/quality/config.hpp"

// What quality.rules and quality.row_rules say, held against the columns that there are.
namespace bailiwick {

class Run;

/// Values from low to high, both included; nothing: without a bound.
struct ClosedRange {
  std::optional<double> low, high;

  /// What is not in it: "outside 18 to 120", "below 18", "above 120".
  std::string outside_text() const;
  bool contains(double value) const { return !(low && value < *low) && !(high && value > *high); }
};

bool stands(Relation is, double left, double right);

/// Those about the column of that name that are not off.
std::vector<const ColumnRuleConfig*> rules_of(const QualityConfig& how, const std::string& column);

/// Throws ExitCode::config for a rule of a column that there is not, or of another sort than the
/// column that it names without a *.
void check_rules(const QualityConfig& how, const TableColumns& columns);

/// Throws ExitCode::policy where an owner wants more than a row, or a domain, behind a number, and
/// a column has so many rules that their bounds tell of single rows. Collective.
void refuse_many_rules(const Run& run, const QualityConfig& how, const TableColumns& columns);

/// Among the numbers: what the i-th of quality.row_rules names. Throws ExitCode::config.
std::size_t number_of_row_rule(const TableColumns& columns, const std::string& name, std::size_t i,
                               const char* side);

/// What is looked for, of what the partitions have.
bool asks_ids(const QualityConfig& how, const Schema& schema);
bool asks_splits(const QualityConfig& how, const Schema& schema);
bool asks_units(const QualityConfig& how, const Schema& schema);

}  // namespace bailiwick
