// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/result.hpp"

#include <algorithm>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/stages/quality/findings.hpp"

namespace bailiwick {

namespace {

std::int64_t rows_in(const std::vector<std::int64_t>& counted,
                     const std::vector<std::size_t>& parts) {
  std::int64_t rows = 0;
  for (const std::size_t part : parts)
    rows += counted[part];
  return rows;
}

/// Rows of these parts; null where they are withheld.
Json rows_or_null(const Counts& told, std::size_t division, const std::vector<std::size_t>& parts) {
  return told[division].empty() ? Json() : Json(rows_in(told[division], parts));
}

/// 1 less the share of rows that lack a value, or have one that is far out or against a rule; null
/// if not all that is told.
Json score_of(const ColumnPlan& plan, const Counts& told, std::uint64_t rows) {
  std::int64_t flawed = 0;
  if (plan.missing) {
    if (told[*plan.missing].empty()) return {};
    flawed += told[*plan.missing][1];
  }
  if (plan.parts && !plan.flawed.empty()) {
    if (told[*plan.parts].empty()) return {};
    flawed += rows_in(told[*plan.parts], plan.flawed);
  }
  if (rows == 0) return {};
  return 1 - static_cast<double>(flawed) / static_cast<double>(rows);
}

void add_counts(Json& json, const ColumnPlan& plan, const Counts& told, std::uint64_t rows) {
  if (plan.missing) json["missing"] = rows_or_null(told, *plan.missing, {1});
  json["score"] = score_of(plan, told, rows);
}

void add_levels(Json& json, const std::vector<std::string>& levels, const ColumnPlan& plan,
                const Counts& told) {
  json["levels"] = Json::array();
  for (std::size_t l = 0; l < levels.size(); ++l)
    json["levels"].push_back({levels[l], rows_or_null(told, *plan.parts, {l})});
}

std::string percent(const Json& part, double rows) {
  if (part.is_null()) return "-";
  return fmt::format("{:.4g} %", 100 * part.get<double>() / rows);
}

std::string percent_of_all(double share) {
  return fmt::format("{:.4g} %", 100 * share);
}

std::string finding_text(const Json& finding, std::size_t domains) {
  const bool is_measure = finding["check"] == "leakage";
  const auto value = [&](const Json& share) {
    return is_measure ? fmt::format("{:.4g}", share.get<double>())
                      : percent_of_all(share.get<double>());
  };
  std::string text = fmt::format("{}: ", finding["severity"].get<std::string>());
  if (finding.contains("column")) text += finding["column"].get<std::string>() + ": ";
  text += finding["what"].get<std::string>();
  if (finding["withheld"].get<bool>())
    text += ": how many a policy does not let be told";
  else if (finding["found"].is_number())
    text += ": " + value(finding["found"]);
  const bool low = finding.contains("at_least"), high = finding.contains("at_most");
  if (low || high)
    text += fmt::format(", allowed: {}{}{}", low ? (high ? "" : "at least ") : "at most ",
                        low ? value(finding["at_least"]) : "",
                        high ? (low ? " to " : "") + value(finding["at_most"]) : "");
  if (domains > 1 && !is_measure && finding["domains"] != 0) {
    text += fmt::format("; in {} of {} domains", finding["domains"].get<std::size_t>(), domains);
    if (finding.contains("where")) {
      const auto where = finding["where"].get<std::vector<std::string>>();
      text += ": " + join(where);
    }
  }
  return text + '\n';
}

}  // namespace

Json counts_json(const QualityPlan& plan, const TableColumns& columns, const Schema& schema,
                 const Counts& told, std::uint64_t rows) {
  Json list = Json::array();
  for (std::size_t j = 0; j < columns.numbers.size(); ++j) {
    const Column& column = columns.numbers[j];
    const ColumnPlan& of = plan.numbers[j];
    Json json = {{"name", column.name},
                 {"kind", "number"},
                 {"role", j < columns.features ? "feature" : "target"}};
    if (!column.unit.empty()) json["unit"] = column.unit;
    add_counts(json, of, told, rows);
    if (plan.is_binary(j)) {
      add_levels(json, {"0", "1"}, of, told);
    } else if (of.parts) {
      if (of.outside) json["outside"] = rows_or_null(told, *of.parts, *of.outside);
      if (of.far_out) json["outliers"] = rows_or_null(told, *of.parts, *of.far_out);
    }
    list.push_back(std::move(json));
  }
  for (std::size_t c = 0; c < columns.categories.size(); ++c) {
    Json json = {{"name", columns.categories[c].name},
                 {"kind", "category"},
                 {"role", c < columns.factors ? "feature" : "target"}};
    add_counts(json, plan.categories[c], told, rows);
    add_levels(json, columns.categories[c].levels, plan.categories[c], told);
    list.push_back(std::move(json));
  }
  const std::vector<std::int64_t>& sound = told[plan.sound];
  Json json = {{"rows", rows},
               {"columns", list},
               {"score", sound.empty() || rows == 0
                             ? Json()
                             : Json(static_cast<double>(sound[0]) / static_cast<double>(rows))}};
  if (plan.duplicates) json["duplicates"] = rows_or_null(told, *plan.duplicates, {1});
  if (plan.ids) json["repeated_ids"] = rows_or_null(told, *plan.ids, {1});
  const auto add_splits = [&](const char* member, const std::vector<std::size_t>& of_splits) {
    for (std::size_t s = 0; s < of_splits.size(); ++s)
      json[member].push_back({schema.splits[s], rows_or_null(told, of_splits[s], {2})});
  };
  add_splits("across_splits", plan.across_splits);
  add_splits("units_across_splits", plan.of_units);
  return json;
}

std::string quality_text(const Json& result) {
  const auto split = result["split"].get<std::string>();
  const auto rows = result["rows"].get<double>();
  std::string text = fmt::format("{} rows of {}", with_thousands(result["rows"].get<long long>()),
                                 split.empty() ? "all splits" : "split " + split);
  if (!result["score"].is_null())
    text += fmt::format(", {} without a flaw", percent_of_all(result["score"].get<double>()));
  text += "\n\n";
  std::vector<std::vector<std::string>> lines{
      {"column", "missing", "outside", "far out", "leakage", "score"}};
  for (const Json& column : result["columns"]) {
    std::vector<std::string>& line = lines.emplace_back();
    line.push_back(column["name"].get<std::string>());
    for (const char* member : {"missing", "outside", "outliers"})
      line.push_back(column.contains(member) ? percent(column[member], rows) : "");
    double leakage = 0;
    for (const Json& leak : column.value("leakage", Json::array()))
      leakage = std::max(leakage, leak["value"].get<double>());
    line.push_back(column.contains("leakage") ? fmt::format("{:.4g}", leakage) : "");
    line.push_back(
        column["score"].is_null() ? "-" : fmt::format("{:.4g}", column["score"].get<double>()));
  }
  text += aligned(lines);
  const std::size_t domains = result["number_of_domains"].get<std::size_t>();
  std::vector<std::string> checks;
  text += result["findings"].empty() ? "\nno finding\n" : "\n";
  for (const Json& finding : result["findings"])
    text += finding_text(finding, domains);
  std::string advice;
  for (const Json& finding : result["findings"]) {
    const auto check = finding["check"].get<std::string>();
    if (std::ranges::find(checks, check) != checks.end()) continue;
    checks.push_back(check);
    advice += fmt::format("  {}: {}\n", check, advice_about(check));
  }
  if (!advice.empty()) text += "\nwhat to do:\n" + advice;
  std::string notes;
  for (const Json& note : result["notes"])
    notes += note.get<std::string>() + '\n';
  if (!notes.empty()) text += '\n' + notes;
  return text;
}

}  // namespace bailiwick
