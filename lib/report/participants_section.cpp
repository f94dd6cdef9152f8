// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <set>

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

const Json& domain_named(const Json& document, const std::string& member, const std::string& name) {
  static const Json none;
  for (const Json& domain : fact_list(document, "domains"))
    if (fact_text(domain, member) == name) return domain;
  return none;
}

/// What a clause says, and of it what is before its brackets: "2036-01-01T00:00:00Z".
std::string clause(const Json& decided, const std::string& rule) {
  for (const Json& one : fact_list(decided, "clauses"))
    if (fact_text(one, "rule") == rule) {
      const std::string detail = fact_text(one, "detail");
      return detail.substr(0, detail.find(" ("));
    }
  return "-";
}

/// The first ten characters of a moment are its day.
std::string day(const std::string& moment) {
  return moment.size() > 10 && moment[10] == 'T' ? moment.substr(0, 10) : moment;
}

/// "vm in CH": the different nodes and places of these ranks.
std::string places_words(const Json& decisions, const Json& decided) {
  const Json& all = fact_list(decisions, "ranks");
  std::vector<std::string> words;
  for (const Json& rank : fact_list(decided, "ranks")) {
    if (!rank.is_number_unsigned() || rank.get<std::size_t>() >= all.size()) continue;
    const Json& at = all[rank.get<std::size_t>()];
    const std::string place = fact_text(at, "place") + " (" + fact_text(at, "node") + ")";
    if (std::ranges::find(words, place) == words.end()) words.push_back(place);
  }
  return words.empty() ? "not collected" : join(words);
}

Html duties_words(const Json& duties) {
  Html words;
  for (const auto& [member, said] :
       {std::pair{"attribute", "attribute to"}, {"inform", "inform"}, {"delete_by", "delete by"}})
    if (const std::string value = fact_text(duties, member); !value.empty())
      words += html("{}{}: {}", words.empty() ? "" : "; ", said, value);
  std::vector<std::string> keys;
  for (const Json& key : fact_list(duties, "approved_by"))
    if (key.is_string()) keys.push_back(key.get<std::string>());
  if (!keys.empty())
    words += html("{}release approved by: {}", words.empty() ? "" : "; ", join(keys, " or "));
  return words.empty() ? Html("none") : words;
}

/// A serial number of 0 is none.
Html policy_words(const Json& decided) {
  const double serial = fact_number(decided, "policy/serial");
  return html("{}{}", fact_text(decided, "policy/uid"),
              serial > 0 ? ", serial " + number_text(serial) : "");
}

Html terms_details(const std::string& name, const Json& decided) {
  HtmlTable table("Clauses of the policy of " + name + ", as it decided before a row was read",
                  {{"clause"}, {"holds"}, {"what was asked (and what the policy has)"}});
  std::size_t refused = 0;
  for (const Json& one : fact_list(decided, "clauses")) {
    const bool holds = fact_holds(one, "holds");
    refused += holds ? 0 : 1;
    table.add({html_text(fact_text(one, "rule")),
               holds ? mark_html(Mark::good, "yes") : mark_html(Mark::bad, "no"),
               html_text(fact_text(one, "detail"))});
  }
  Html owners;
  for (const Json& key : fact_list(decided, "owners"))
    if (key.is_string()) owners += html(" <code>{}</code>", key.get<std::string>());
  return details_html(html("<b>{}</b>: {}; duties: {}", name,
                           fact_holds(decided, "admitted") ? "admitted" : "not admitted",
                           duties_words(fact(decided, "duties"))),
                      html("<p>Policy {}, SHA-256 <code>{}</code>; signed by{}.</p>\n{}",
                           policy_words(decided), fact_text(decided, "policy/sha256"),
                           owners.empty() ? Html(" (not collected)") : owners, table.finish()));
}

}  // namespace

Html participants_section(const ReportFacts& facts) {
  const StageRecord& main = facts.folder.main();
  const Json& decisions = main.decisions;
  if (fact_list(decisions, "domains").empty() && fact_list(main.inputs, "domains").empty())
    return "<p>Not collected: the folder has neither decisions nor inputs that can be read.</p>\n";
  HtmlTable table("Owners of the data, and where their rows were read", {{"domain"},
                                                                         {"jurisdiction"},
                                                                         {"rows", true},
                                                                         {"ranks ran in"},
                                                                         {"policy"},
                                                                         {"valid"},
                                                                         {"owners' keys"}});
  Html details;
  const Json& listed = fact_list(main.inputs, "domains").empty()
                           ? fact_list(main.run, "domains")
                           : fact_list(main.inputs, "domains");
  for (const Json& domain : listed) {
    const std::string name = fact_text(domain, "name");
    const Json& decided = domain_named(decisions, "domain", name);
    Html keys;
    for (const Json& key : fact_list(decided, "owners"))
      if (key.is_string())
        keys += html("{}{}", keys.empty() ? "" : " ", digest_html(key.get<std::string>()));
    table.add({html_text(name), html_text(fact_text(domain, "jurisdiction")),
               html_text(count_text(rows_of_domain(main, name))),
               html_text(places_words(decisions, decided)), policy_words(decided),
               html("<span class=\"day\">{}</span> to <span class=\"day\">{}</span>",
                    day(clause(decided, "valid from")), day(clause(decided, "valid until"))),
               keys.empty() ? Html("not collected") : keys});
    if (!decided.is_null()) details += terms_details(name, decided);
  }
  std::vector<std::string> recipients;
  for (const Json& one : fact_list(main.inputs, "recipients"))
    if (one.is_string()) recipients.push_back(one.get<std::string>());
  return html(
      "<p>Purpose <b>{}</b>; recipients: {}; site <b>{}</b>. Before any row was read, each owner's "
      "signed policy was asked, clause by clause{}.</p>\n{}<h3>Terms, clause by clause</h3>\n{}",
      fact_text(main.inputs, "purpose"), recipients.empty() ? "none is named" : join(recipients),
      fact_text(decisions, "site"),
      main.sessions.size() > 1 ? ", in each session; shown are the answers of the last" : "",
      table.finish(), details.empty() ? Html("<p>Not collected.</p>\n") : details);
}

}  // namespace bailiwick
