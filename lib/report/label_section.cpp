// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <string>
#include <vector>

#include "lib/folder/facts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

std::string told_number(const Json& value) {
  return value.is_number() ? even_text(value.get<double>(), 4) : "-";
}

}  // namespace

Html label_section(const ReportFacts& facts) {
  const StageRecord* record = facts.folder.find("label");
  if (record == nullptr || record->result.is_null()) return {};
  const Json& result = record->result;
  const Json& agreement = fact(result, "agreement");
  Html page = html("<p>{}, of {} rows by {}; Krippendorff's alpha of annotators: {}.</p>\n",
                   fact_text(result, "target"), told_number(fact(result, "rows")),
                   fact_text(result, "method"), told_number(fact(agreement, "alpha")));
  HtmlTable sources("Who gave labels", {{"source"}, {"kind"}, {"accuracy", true}});
  for (const Json& source : fact_list(result, "sources"))
    sources.add({html_text(fact_text(source, "name")), html_text(fact_text(source, "kind")),
                 html_text(told_number(fact(source, "accuracy")))});
  page += sources.finish();
  HtmlTable labels("Labels", {{"label"}, {"rows", true}});
  const Json &classes = fact_list(result, "classes"), &rows = fact_list(result, "labels");
  for (std::size_t c = 0; c < classes.size(); ++c)
    labels.add({html_text(classes[c].is_string() ? classes[c].get<std::string>() : "-"),
                html_text(c < rows.size() ? told_number(rows[c]) : "-")});
  labels.add({html_text("none"), html_text(told_number(fact(result, "without")))});
  page += labels.finish();
  for (const Json& note : fact_list(result, "notes"))
    if (note.is_string()) page += html("<p class=\"note\">{}</p>\n", note.get<std::string>());
  return page;
}

}  // namespace bailiwick
