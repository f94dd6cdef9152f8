// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/folder/run_folder.hpp"

// What several sections say of a run.
namespace bailiwick {

/// The measure that an evaluation is summed up by.
struct MainMeasure {
  std::string name;   ///< member of evaluation.json
  const char* words;  ///< "area under the ROC curve"
  bool more_is_better = true;
};
std::optional<MainMeasure> main_measure(const Json& evaluation);

/// Of the domains that have it: the lowest and the highest.
struct MeasureRange {
  std::string lowest, highest;  ///< domains
  double low, high;
  double low_rows, high_rows;  ///< that these were scored on
  std::size_t domains;
};
std::optional<MeasureRange> range_over_domains(const Json& evaluation, const std::string& measure);

/// "from 0.777 (va, 45 rows) to 0.933 (bern, 16 rows)".
std::string range_words(const MeasureRange& range);

/// "split test" or "all rows".
std::string split_words(const Json& result);

/// Bytes that crossed between domains in a stage, over its sessions. Not a number without a report.
double crossed_bytes(const StageRecord& record);
/// Whether the meter saw what the ledger declared, in all its sessions.
bool is_meter_ledger(const StageRecord& record);

/// What a kind of model is called in a sentence: "a logistic regression".
std::string kind_words(const std::string& kind);

/// What an owner holds, as the statements say it; else run.json; else not a number.
double rows_of_domain(const StageRecord& record, const std::string& domain);
/// Of all of them.
double rows_of_domains(const StageRecord& record);

}  // namespace bailiwick
