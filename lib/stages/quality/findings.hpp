// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/quality/config.hpp"
#include "lib/stages/quality/divisions.hpp"
#include "lib/stages/quality/plan.hpp"

// What `quality` makes of its counts (docs/quality.md).
namespace bailiwick {

/// A demand, held against what was counted or measured.
struct QualityFinding {
  Severity severity = Severity::warn;
  std::string check, column;  ///< column: empty, of rows
  bool holds = false;
  std::string what;                  ///< of which something was found
  std::optional<double> found;       ///< a share of rows, or a measure; nothing: withheld, or none
  std::optional<std::int64_t> rows;  ///< such rows
  std::optional<double> low, high;   ///< between which it should be
  std::int64_t domains = 0;          ///< in which it does not hold, by their own rows
  std::vector<std::string> where;    ///< these, if every policy lets them be named
  bool withheld = false;
};

/// Rows of the parts, and the rows that they are a share of; nothing of a division that is
/// withheld.
struct ShareOfRows {
  std::int64_t rows = 0, of = 0;

  double value() const { return static_cast<double>(rows) / static_cast<double>(of); }
};
std::optional<ShareOfRows> share_in(const Demand& demand, const Counts& told);

/// Whether a domain, or all of them together, do not do what is demanded. Without any rows that it
/// is a share of, they do.
bool is_broken(const Demand& demand, const ShareOfRows& share);

/// Of all demands, over all domains. `broken`: in how many domains each is broken. What is withheld
/// holds if no domain breaks it by itself, since a share over all is a mean of theirs.
std::vector<QualityFinding> judge(const std::vector<Demand>& demands, const Counts& told,
                                  const std::vector<std::int64_t>& broken);

/// The worst first.
void sort_findings(std::vector<QualityFinding>& findings);

Json finding_json(const QualityFinding& finding);

/// "stop", "warn" or "ok": of the worst that does not hold.
std::string verdict_of(const std::vector<QualityFinding>& findings);

/// What to do about a finding of that check.
std::string advice_about(const std::string& check);

}  // namespace bailiwick
