// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <string>

#include "lib/folder/facts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

Mark mark_of_verdict(const std::string& verdict) {
  return verdict == "ok" ? Mark::good : verdict == "stop" ? Mark::bad : Mark::unknown;
}

std::string number_or_dash(double value) {
  return std::isfinite(value) ? even_text(value, 4) : "-";
}

/// Between which it should be.
std::string allowed_text(const Json& finding) {
  const double low = fact_number(finding, "at_least"), high = fact_number(finding, "at_most");
  if (std::isfinite(low) && std::isfinite(high))
    return number_or_dash(low) + " to " + number_or_dash(high);
  if (std::isfinite(low)) return "at least " + number_or_dash(low);
  return std::isfinite(high) ? "at most " + number_or_dash(high) : "";
}

}  // namespace

Html quarantine_html(const ReportFacts& facts) {
  HtmlTable table(
      "Rows set aside at ingest, as each owner signed; which they are stays with the owner",
      {{"domain"},
       {"partition"},
       {"rows here", true},
       {"rows read", true},
       {"set aside", true},
       {"share", true}});
  for (const IngestFacts& ingest : facts.ingests) {
    std::vector<Html> cells{html_text(ingest.domain), html_text(ingest.partition),
                            html_text(count_text(ingest.here))};
    if (ingest.problem.empty())
      for (const Html& cell :
           {html_text(count_text(ingest.read)), html_text(count_text(ingest.quarantined)),
            html_text(even_text(100 * ingest.quarantined / ingest.read, 2) + " %")})
        cells.push_back(cell);
    else
      for (const Html& cell : {mark_html(Mark::unknown, "not known"), Html("-"), Html("-")})
        cells.push_back(cell);
    table.add(cells);
  }
  if (table.empty()) return {};
  return html(
      "{}<p class=\"note\">Read and set aside are counted over all partitions that came of "
      "one ingest. Not known is what <code>NAME.ingest.json</code> beside the partition, "
      "which only its owner may read, does not say.</p>\n",
      table.finish());
}

Html quality_section(const ReportFacts& facts) {
  const StageRecord* record = facts.folder.find("quality");
  if (record == nullptr || record->result.is_null()) return quarantine_html(facts);
  const Json& result = record->result;
  const std::string verdict = fact_text(result, "verdict");
  Html page = html("<p>Of {}: {}; share of rows without a flaw: {}.</p>\n", split_words(result),
                   mark_html(mark_of_verdict(verdict), verdict),
                   number_or_dash(fact_number(result, "score")));
  HtmlTable findings("What was found, the worst first", {{"severity"},
                                                         {"column"},
                                                         {"what"},
                                                         {"found", true},
                                                         {"allowed", true},
                                                         {"in domains", true}});
  for (const Json& finding : fact_list(result, "findings"))
    findings.add({html_text(fact_text(finding, "severity")),
                  html_text(fact_text(finding, "column")), html_text(fact_text(finding, "what")),
                  html_text(number_or_dash(fact_number(finding, "found"))),
                  html_text(allowed_text(finding)),
                  html_text(finding.contains("domains") ? finding["domains"].dump() : "-")});
  if (!findings.empty()) page += findings.finish();
  HtmlTable columns("Columns", {{"column"},
                                {"rows without a value", true},
                                {"outside the range", true},
                                {"far out", true},
                                {"score", true}});
  for (const Json& column : fact_list(result, "columns")) {
    std::vector<Html> cells{html_text(fact_text(column, "name"))};
    for (const char* member : {"missing", "outside", "outliers", "score"})
      cells.push_back(html_text(number_or_dash(fact_number(column, member))));
    columns.add(cells);
  }
  page += columns.finish();
  for (const Json& note : fact_list(result, "notes"))
    if (note.is_string()) page += html("<p class=\"note\">{}</p>\n", note.get<std::string>());
  page += quarantine_html(facts);
  return page;
}

}  // namespace bailiwick
