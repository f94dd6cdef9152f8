// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "lib/compare/compare_runs.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

std::string value_text(const Json& value) {
  if (value.is_number()) return number_text(value.get<double>());
  return value.is_string() && !value.get<std::string>().empty() ? value.get<std::string>() : "-";
}

std::string change_text(double a, double b) {
  if (!std::isfinite(a) || !std::isfinite(b)) return "-";
  return a == b ? "same" : fmt::format("{:+.3g}", b - a);
}

Html runs_table(const Json& comparison) {
  HtmlTable table("The two runs", {{""}, {"this one"}, {"the other"}});
  for (const char* member : {"name", "purpose", "kind", "commit", "started", "ranks", "seconds",
                             "joules", "joules_modelled", "bytes"})
    table.add({html_text(member), html_text(value_text(fact(comparison.at("a"), member))),
               html_text(value_text(fact(comparison.at("b"), member)))});
  return table.finish();
}

Html documents_html(const Json& found, const char* what) {
  Html lines;
  for (const auto& [member, words] : {std::pair("differ", "other in the other run"),
                                      {"only_a", "in this run alone"},
                                      {"only_b", "in the other alone"}}) {
    Html names;
    for (const Json& name : fact_list(found, member))
      if (name.is_string())
        names += html("{}{}", names.empty() ? "" : ", ", name.get<std::string>());
    if (!names.empty()) lines += html("<li>{}: {}</li>\n", words, names);
  }
  return lines.empty() ? html("<p>{}: the same.</p>\n", what)
                       : html("<p>{}:</p>\n<ul>\n{}</ul>\n", what, lines);
}

Html coefficients_table(const Json& comparison) {
  HtmlTable table("Coefficients", {{"coefficient"},
                                   {"this one", true},
                                   {"std. error", true},
                                   {"the other", true},
                                   {"std. error", true},
                                   {"difference", true}});
  for (const Json& entry : fact_list(comparison, "coefficients")) {
    const double a = fact_number(entry, "a/estimate"), b = fact_number(entry, "b/estimate");
    table.add({html_text(fact_text(entry, "term")), html_text(number_text(a)),
               html_text(number_text(fact_number(entry, "a/std_error"))), html_text(number_text(b)),
               html_text(number_text(fact_number(entry, "b/std_error"))),
               html_text(change_text(a, b))});
  }
  return table.empty() ? Html() : table.finish();
}

Html measures_table(const Json& comparison) {
  HtmlTable table("Measures", {{"measure"},
                               {"of"},
                               {"evaluation"},
                               {"this one", true},
                               {"the other", true},
                               {"difference", true}});
  for (const Json& entry : fact_list(comparison, "measures")) {
    const std::string measure = fact_text(entry, "measure");
    if (measure.ends_with("_lower") || measure.ends_with("_upper")) continue;  // bounds of another
    const double a = fact_number(entry, "a"), b = fact_number(entry, "b");
    const std::string of = fact_text(entry, "domain");
    table.add({html_text(measure), html_text(of), html_text(fact_text(entry, "evaluation")),
               html_text(number_text(a)), html_text(number_text(b)), html_text(change_text(a, b))},
              of == "overall");
  }
  return table.empty() ? Html("<p>Not both were evaluated.</p>\n") : table.finish();
}

}  // namespace

Html comparison_section(const ReportFacts& facts) {
  if (!facts.other) return {};
  const Json comparison = compare_runs(facts.folder, *facts.other);
  Html page = html(
      "<p>Beside the run in <code>{}</code>, as its folder has it. The models are {}; "
      "the program was {}.</p>\n",
      facts.other->name, fact_holds(comparison, "same_model") ? "the same to the bit" : "different",
      fact_holds(comparison, "same_program") ? "the same file" : "another file");
  page += runs_table(comparison);
  Html lines;
  for (const Json& line : fact_list(comparison, "config"))
    if (line.is_string()) lines += html("<li><code>{}</code></li>\n", line.get<std::string>());
  page += lines.empty() ? Html("<p>Config: the same in all that decides bits.</p>\n")
                        : html("<p>Config:</p>\n<ul>\n{}</ul>\n", lines);
  page += documents_html(fact(comparison, "partitions"), "Rows");
  page += documents_html(fact(comparison, "policies"), "Policies");
  page += coefficients_table(comparison);
  page += measures_table(comparison);
  return page;
}

}  // namespace bailiwick
