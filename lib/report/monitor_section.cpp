// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

std::string p_value_words(double p) {
  return std::isfinite(p) ? p_value_text(p) : "-";
}

Html monitored_columns(const Json& result) {
  HtmlTable table("Reference against current rows", {{"column"},
                                                     {"role"},
                                                     {"PSI", true},
                                                     {"JS", true},
                                                     {"KS", true},
                                                     {"design effect", true},
                                                     {"P", true},
                                                     {"P (Holm)", true},
                                                     {"has it changed?"}});
  for (const Json& column : fact_list(result, "columns")) {
    const bool drifted = fact_holds(column, "drifted");
    const std::string reason = fact_text(column, "reason");
    table.add({html_text(fact_text(column, "name")), html_text(fact_text(column, "role")),
               html_text(number_text(fact_number(column, "psi"), 3)),
               html_text(number_text(fact_number(column, "js"), 3)),
               html_text(number_text(fact_number(column, "ks"), 3)),
               html_text(number_text(fact_number(column, "design_effect/current"), 3)),
               html_text(p_value_words(fact_number(column, "p_value"))),
               html_text(p_value_words(fact_number(column, "adjusted_p_value"))),
               !reason.empty()
                   ? html_text(reason)
                   : mark_html(drifted ? Mark::bad : Mark::good, drifted ? "changed" : "no")});
  }
  return table.empty() ? Html() : table.finish();
}

Html monitored_measures(const Json& result) {
  HtmlTable table("Measures", {{"measure"},
                               {"reference", true},
                               {"current", true},
                               {"worse by", true},
                               {"std. error", true},
                               {"allowed", true}});
  for (const auto& [name, loss] : fact(result, "performance/losses").items())
    table.add({html_text(name),
               html_text(number_text(fact_number(result, "performance/reference/" + name))),
               html_text(number_text(fact_number(result, "performance/current/" + name))),
               html_text(number_text(fact_number(loss, "loss"), 3)),
               html_text(number_text(fact_number(loss, "standard_error"), 3)),
               html_text(number_text(fact_number(loss, "allowed")))});
  return table.empty() ? Html() : table.finish();
}

}  // namespace

Html monitor_section(const ReportFacts& facts) {
  const StageRecord* record = facts.folder.find("monitor");
  if (record == nullptr || record->result.is_null()) return {};
  const Json& result = record->result;
  const std::string verdict = fact_text(result, "verdict");
  Html page = html("<p>{}: {} rows of reference, {} current ones, clusters: {}.</p>\n",
                   mark_html(verdict == "ok" ? Mark::good : Mark::bad, capital(verdict)),
                   count_text(fact_number(result, "reference/rows")),
                   count_text(fact_number(result, "current/rows")), fact_text(result, "cluster"));
  for (const Json& reason : fact_list(result, "reasons"))
    if (reason.is_string()) page += html("<p class=\"note\">{}</p>\n", reason.get<std::string>());
  page += monitored_columns(result);
  page += monitored_measures(result);
  return page;
}

}  // namespace bailiwick
