// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/monitor_text.hpp"

#include <vector>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/stages/shown.hpp"

namespace bailiwick {

namespace {

using Lines = std::vector<std::vector<std::string>>;

std::string three_digits(const Json& value) {
  return value.is_number() ? fmt::format("{:.3g}", value.get<double>()) : "-";
}

std::string p_value_shown(const Json& value) {
  return value.is_number() ? p_value_text(value.get<double>()) : "-";
}

std::string sample_text(const Json& result, const char* sample) {
  const Json& of = result[sample];
  std::string text =
      fmt::format("{:<10} {} rows", sample, with_thousands(of["rows"].get<long long>()));
  if (const std::string split = of["split"]; !split.empty()) text += " of split " + split;
  if (!of["partitions"].empty())
    text += " in " + join(of["partitions"].get<std::vector<std::string>>());
  if (of.contains("clusters"))
    text += fmt::format(", {} clusters ({})", with_thousands(of["clusters"].get<long long>()),
                        result["cluster"].get<std::string>());
  return text + '\n';
}

std::string columns_text(const Json& columns) {
  Lines lines{{"", "", "PSI", "JS", "KS", "deff", "p", "p (Holm)", ""}};
  std::string notes;
  for (const Json& column : columns) {
    const std::string name = column["name"];
    const Json effect = column.value("design_effect", Json::object()).value("current", Json());
    lines.push_back({name, column["role"], three_digits(column["psi"]), three_digits(column["js"]),
                     three_digits(column["ks"]), three_digits(effect),
                     p_value_shown(column["p_value"]),
                     p_value_shown(column.value("adjusted_p_value", Json())),
                     !column["drifted"].get<bool>() ? ""
                     : column.contains("shift") ? "changed, " + column["shift"].get<std::string>()
                                                : "changed"});
    if (column.contains("reason"))
      notes += fmt::format("{}: {}\n", name, column["reason"].get<std::string>());
    if (column.contains("bins_before"))
      notes +=
          fmt::format("{}: {} of {} bins are left: neighbours of too few rows are together\n", name,
                      column["rows"]["reference"].size(), column["bins_before"].get<std::size_t>());
  }
  return aligned(lines) + notes;
}

Json at(const Json& of, const char* sample, const std::string& name) {
  return of.value(sample, Json::object()).value(name, Json());
}

std::string performance_text(const Json& result) {
  std::string text;
  Lines lines{{"", "reference", "current", "worse by", "error", "allowed"}};
  if (result.contains("performance")) {
    const Json& performance = result["performance"];
    for (const auto& [name, loss] : performance["losses"].items())
      lines.push_back({name, shown(at(performance, "reference", name)),
                       shown(at(performance, "current", name)), three_digits(loss["loss"]),
                       three_digits(loss["standard_error"]), shown(loss.value("allowed", Json()))});
    if (const Json ratio = performance.value("calibration", Json::object()); !ratio.empty())
      lines.push_back({"observed / expected", shown(at(ratio, "reference", "ratio")),
                       shown(at(ratio, "current", "ratio")), "",
                       three_digits(at(ratio, "current", "standard_error")), ""});
  }
  if (result.contains("estimated"))
    for (const char* name : {"accuracy", "brier"})
      lines.push_back({fmt::format("estimated {}", name),
                       shown(at(result["estimated"], "reference", name)),
                       shown(at(result["estimated"], "current", name)), "", "", ""});
  if (lines.size() > 1) text += '\n' + aligned(lines);
  return text;
}

/// Of each level its rows, and those of some measures that the model has.
std::string groups_text(const Json& groups) {
  std::string text;
  for (const Json& group : groups) {
    std::vector<std::string> names;
    for (const char* name : {"event_rate", "accuracy", "auc", "c_index", "d_squared", "rmse"})
      if (!at(group["gaps"], "reference", name).is_null() ||
          !at(group["gaps"], "current", name).is_null())
        names.emplace_back(name);
    Lines lines{{group["name"], "sample", "rows"}};
    lines.front().insert(lines.front().end(), names.begin(), names.end());
    const auto add = [&](const std::string& head, const char* sample, const std::string& rows,
                         const Json& of) {
      std::vector<std::string>& line = lines.emplace_back();
      line = {"  " + head, sample, rows};
      for (const std::string& name : names)
        line.push_back(three_digits(at(of, sample, name)));
    };
    for (const char* sample : {"reference", "current"}) {
      for (const Json& level : group["levels"])
        if (level.contains(sample))
          add(level["level"], sample,
              with_thousands(static_cast<long long>(at(level, sample, "rows").get<double>())),
              level);
      add("largest gap", sample, "", group["gaps"]);
    }
    text += '\n' + aligned(lines);
  }
  return text;
}

}  // namespace

std::string monitor_text(const Json& result) {
  std::string text = sample_text(result, "reference") + sample_text(result, "current") + '\n' +
                     columns_text(result["columns"]);
  text += performance_text(result);
  if (result.contains("groups")) text += groups_text(result["groups"]);
  if (result["model"].is_null()) text += "no model: columns of the partitions alone\n";
  if (result.contains("domains"))
    for (const auto& [domain, of] : result["domains"].items())
      text += fmt::format("\n{}\n{}", domain, columns_text(of["columns"]));
  text += fmt::format("\nverdict  {}\n", result["verdict"].get<std::string>());
  for (const Json& reason : result["reasons"])
    text += fmt::format("  {}\n", reason.get<std::string>());
  return text;
}

}  // namespace bailiwick
