// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/findings.hpp"

#include <algorithm>
#include <tuple>

#include "lib/core/json.hpp"

namespace bailiwick {

namespace {

/// By how much it is beyond what is allowed.
double excess(const QualityFinding& finding) {
  if (!finding.found) return 0;
  return std::max(finding.high ? *finding.found - *finding.high : 0,
                  finding.low ? *finding.low - *finding.found : 0);
}

}  // namespace

std::optional<ShareOfRows> share_in(const Demand& demand, const Counts& told) {
  const std::vector<std::int64_t>& parts = told[demand.division];
  if (parts.empty()) return std::nullopt;
  ShareOfRows share;
  for (const std::size_t part : demand.of)
    share.rows += parts[part];
  for (std::size_t part = 0; part < parts.size(); ++part)
    if (demand.among.empty() || std::ranges::find(demand.among, part) != demand.among.end())
      share.of += parts[part];
  return share;
}

bool is_broken(const Demand& demand, const ShareOfRows& share) {
  return share.of > 0 && (share.value() < demand.low || share.value() > demand.high);
}

std::vector<QualityFinding> judge(const std::vector<Demand>& demands, const Counts& told,
                                  const std::vector<std::int64_t>& broken) {
  std::vector<QualityFinding> findings;
  for (std::size_t i = 0; i < demands.size(); ++i) {
    const Demand& demand = demands[i];
    QualityFinding& finding = findings.emplace_back();
    finding.severity = demand.severity;
    finding.check = demand.check;
    finding.column = demand.column;
    finding.what = demand.what;
    if (demand.low > 0) finding.low = demand.low;
    if (demand.high < 1) finding.high = demand.high;
    finding.domains = broken[i];
    if (const auto share = share_in(demand, told)) {
      finding.holds = !is_broken(demand, *share);
      finding.rows = share->rows;
      if (share->of > 0) finding.found = share->value();
    } else {
      finding.withheld = true;
      finding.holds = broken[i] == 0;
    }
  }
  return findings;
}

void sort_findings(std::vector<QualityFinding>& findings) {
  std::ranges::stable_sort(findings, [](const QualityFinding& a, const QualityFinding& b) {
    return std::tuple(a.holds, b.severity, excess(b)) < std::tuple(b.holds, a.severity, excess(a));
  });
}

Json finding_json(const QualityFinding& finding) {
  const auto optional = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json json = {{"check", finding.check},     {"severity", to_word(finding.severity)},
               {"what", finding.what},       {"found", optional(finding.found)},
               {"domains", finding.domains}, {"withheld", finding.withheld}};
  if (!finding.column.empty()) json["column"] = finding.column;
  if (finding.rows) json["rows"] = *finding.rows;
  if (finding.low) json["at_least"] = *finding.low;
  if (finding.high) json["at_most"] = *finding.high;
  if (!finding.where.empty()) json["where"] = finding.where;
  return json;
}

std::string verdict_of(const std::vector<QualityFinding>& findings) {
  Severity worst = Severity::off;
  for (const QualityFinding& finding : findings)
    if (!finding.holds) worst = std::max(worst, finding.severity);
  return worst == Severity::off ? "ok" : to_word(worst);
}

std::string advice_about(const std::string& check) {
  if (check == "missing") return "say in model.missing what stands for it, or leave the column out";
  if (check == "range") return "mend the values or the rule, or have them quarantined at ingest";
  if (check == "outliers")
    return "look for wrong units and misplaced points; else raise quality.fence, or take a "
           "logarithm";
  if (check == "constant") return "leave it out: it tells rows apart by their domain at most";
  if (check == "imbalance") return "weigh the classes (model.class_weights), or merge rare ones";
  if (check == "levels") return "have rare or new levels merged at ingest, or change the rule";
  if (check == "share") return "ask what changed in how the rows were chosen";
  if (check == "row rule") return "have the owners look at these rows: columns may be swapped";
  if (check == "duplicates")
    return "have repeats removed before ingest; few discrete columns repeat by chance: raise "
           "quality.duplicates_at_most";
  if (check == "ids") return "have repeats removed before ingest, or give rows ids of their own";
  if (check == "splits") return "measures on such rows are too good: split after removing repeats";
  if (check == "units")
    return "measures on such rows are too good: let a hash of the unit make the split at ingest";
  if (check == "expectations")
    return "ask what changed since the earlier run; if it is meant, expect this result from now on";
  if (check == "leakage")
    return "ask when the column is known: what comes of the target is no feature";
  return "";
}

}  // namespace bailiwick
