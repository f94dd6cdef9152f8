// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <set>

#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/core/undefined.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

constexpr const char* not_supplied = "not supplied";

std::string seconds_between(const std::string& from, const std::string& to) {
  const auto begin = parse_instant(from), end = parse_instant(to);
  return begin && end ? fmt::format("{} s", end->seconds - begin->seconds) : "-";
}

std::vector<std::string> nodes_of(const Json& run) {
  std::set<std::string> nodes;
  for (const Json& node : fact_list(run, "nodes"))
    if (node.is_string()) nodes.insert(node.get<std::string>());
  return {nodes.begin(), nodes.end()};
}

std::string program_words(const Json& run) {
  const std::string version = fact_text(run, "version"), commit = fact_text(run, "gitCommit");
  return version.empty() ? not_supplied
                         : fmt::format("Bailiwick {} (commit {})", version,
                                       commit.empty() ? "unknown" : shorten(commit, 13));
}

/// "US, HU": jurisdictions of owners; `places`: where ranks ran.
std::string jurisdictions_words(const StageRecord& main, bool places) {
  std::set<std::string> names;
  for (const Json& one :
       places ? fact_list(main.decisions, "ranks") : fact_list(main.inputs, "domains"))
    if (const std::string name = fact_text(one, places ? "place" : "jurisdiction"); !name.empty())
      names.insert(name);
  return names.empty() ? not_supplied : join(std::vector<std::string>(names.begin(), names.end()));
}

std::string columns_words(const RunFolder& folder) {
  if (!folder.model) return not_supplied;
  std::vector<std::string> names;
  for (const std::string& name : folder.model->names)
    if (name != "(intercept)") names.push_back(name);
  constexpr std::size_t most = 25;
  const std::size_t all = names.size();
  if (all > most) names.resize(most);
  return join(names) + (all > most ? fmt::format(" and {} more", all - most) : "");
}

std::string recipients_words(const StageRecord& main) {
  std::vector<std::string> names;
  for (const Json& one : fact_list(main.inputs, "recipients"))
    if (one.is_string()) names.push_back(one.get<std::string>());
  return names.empty() ? "none is named in the config" : join(names);
}

std::string erasure_words(const StageRecord& main) {
  std::string words;
  for (const Json& domain : fact_list(main.decisions, "domains"))
    if (const std::string by = fact_text(domain, "duties/delete_by"); !by.empty())
      words += fmt::format("{}{}: the model by {}", words.empty() ? "" : "; ",
                           fact_text(domain, "domain"), by);
  return words.empty() ? "no policy sets one" : words;
}

HtmlTable annex_table(const char* caption) {
  return {caption, {{"point"}, {"short title"}, {"facts held here"}}};
}

Html ai_act_table(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  const StageRecord& main = folder.main();
  HtmlTable table = annex_table("Regulation (EU) 2024/1689, Annex IV, points 1 to 9");
  const StageRecord* evaluation = folder.find("evaluate");
  const auto measure = evaluation == nullptr ? std::nullopt : main_measure(evaluation->result);
  table.add({"1", "general description",
             html("{}, for {}; {}; nodes: {}. Provider, forms of use, instructions: not supplied.",
                  folder.model ? kind_words(folder.model->config.kind->name) : "no model",
                  fact_text(main.inputs, "purpose"), program_words(main.run),
                  nodes_of(main.run).empty() ? not_supplied : join(nodes_of(main.run)))});
  table.add(
      {"2", "elements and development",
       "method and model: <a href=\"#model\">the model</a>; data, by owner, with roots of their "
       "rows: <a href=\"#participants\">who took part</a>, <a href=\"#lineage\">lineage</a>; "
       "computation: <a href=\"#cost\">cost</a>; tests: <a href=\"#evaluation\">how good</a>; "
       "signatures: <a href=\"#lineage\">lineage</a>. How data were obtained and labelled, "
       "human oversight, planned changes: not supplied."});
  table.add(
      {"3", "monitoring, functioning, control",
       "accuracy, also by owner: <a href=\"#evaluation\">how good</a>. Foreseeable unintended "
       "outcomes, oversight measures: not supplied."});
  table.add({"4", "appropriateness of the metrics",
             measure
                 ? html("summed up by the {}. Why it is appropriate: not supplied.", measure->words)
                 : Html("not supplied")});
  table.add({"5", "risk management system", "not supplied"});
  table.add({"6", "changes through the lifecycle",
             html("{} of this training, each in the lineage; the heads name its state. "
                  "Changes between models: not supplied.",
                  main.sessions.size() == 1 ? "1 session"
                                            : fmt::format("{} sessions", main.sessions.size()))});
  table.add({"7", "standards applied", "not supplied"});
  table.add({"8", "EU declaration of conformity", "not supplied"});
  table.add({"9", "post-market monitoring plan", "not supplied"});
  return table.finish();
}

Html gdpr_table(const ReportFacts& facts) {
  const StageRecord& main = facts.folder.main();
  HtmlTable table = annex_table("Regulation (EU) 2016/679, Article 30(1), points (a) to (g)");
  table.add({"(a)", "controller, representative, data protection officer",
             html("owners by name and key: <a href=\"#participants\">who took part</a>. Names and "
                  "contact details of controllers: not supplied.")});
  table.add({"(b)", "purposes", html_text(fact_text(main.inputs, "purpose"))});
  table.add({"(c)", "categories of data subjects and of personal data",
             html("columns used: {}. Categories of data subjects, and which columns are personal "
                  "data: not supplied.",
                  columns_words(facts.folder))});
  table.add({"(d)", "recipients", html_text(recipients_words(main))});
  table.add({"(e)", "transfers to third countries",
             html("jurisdictions of owners: {}; ranks ran in: {}. Whether anything here is such a "
                  "transfer is not judged.",
                  jurisdictions_words(main, false), jurisdictions_words(main, true))});
  table.add({"(f)", "time limits for erasure", html_text(erasure_words(main))});
  table.add(
      {"(g)", "security measures",
       html("rows stay with their owner, integer sums leave{}; signed policies, partitions and "
            "statements; every byte metered: <a href=\"#egress\">what left</a>. Other measures: "
            "not supplied.",
            fact_holds(main.inputs, "masked") ? ", masked" : ", not masked")});
  return table.finish();
}

Html checkers_words(const RunFolder& folder) {
  Html words;
  for (const LogEntry& check : folder.checks)
    words += html("{}{} ({})", words.empty() ? "" : ", ", fact_text(check.said, "by"), check.time);
  return words.empty() ? Html("not supplied") : words;
}

Html satre_table(const ReportFacts& facts) {
  const StageRecord& main = facts.folder.main();
  HtmlTable table = annex_table("SATRE 2.0.1, capabilities 3.3 and 5.1 to 5.7");
  table.add({"3.3.01", "classifying outputs", "not supplied"});
  table.add({"3.3.02", "no more than is needed",
             "what was published: <a href=\"#lineage\">lineage</a>; what crossed: <a "
             "href=\"#egress\">what left</a>"});
  table.add({"3.3.03", "outputs established at the outset",
             "the actions and releases that were asked of every policy: <a "
             "href=\"#participants\">terms</a>"});
  table.add({"3.3.04", "process for disclosure control", "not supplied"});
  table.add({"3.3.05", "responsibility for output checking", checkers_words(facts.folder)});
  table.add({"3.3.06", "statistical basis of decisions",
             html("minimum rows, groups and contributors that policies ask for: <a "
                  "href=\"#participants\">terms</a>. A checker's basis: {}.",
                  facts.folder.checks.empty()
                      ? Html("not supplied")
                      : Html("thresholds and rules of each <a href=\"#approval\">check</a>"))});
  table.add({"3.3.07", "outputs that cannot be checked by hand", "not supplied"});
  table.add({"3.3.08", "semi-automated checks",
             html("clauses of policies, before a row was read{}",
                  facts.folder.checks.empty() ? "" : "; bailiwick check-output, of results")});
  table.add({"3.3.09", "machine-readable record of criteria applied",
             "decisions.json, signed, of each session: <a href=\"#lineage\">lineage</a>"});
  table.add({"5.1", "federation governance",
             "owners, their policies and partners: <a href=\"#participants\">who took part</a>. "
             "Agreements: not supplied."});
  table.add({"5.2", "researcher accreditation", "not supplied"});
  table.add({"5.3", "study management",
             html("name and purpose of the run: {}, {}", fact_text(main.inputs, "name"),
                  fact_text(main.inputs, "purpose"))});
  table.add({"5.4", "information security",
             "ECDSA P-256 signatures, ids of keys: <a href=\"#lineage\">lineage</a>. Incident "
             "response: not supplied."});
  table.add({"5.5", "infrastructure",
             html("{}; config and libraries by digest: <a href=\"#lineage\">lineage</a>",
                  program_words(main.run))});
  table.add({"5.6", "management of outputs",
             "as 3.3; what each owner's policy permits to be released: <a "
             "href=\"#participants\">terms</a>"});
  table.add({"5.7", "financial management",
             "time and ranks: <a href=\"#cost\">cost</a>. Prices: not supplied."});
  return table.finish();
}

/// One account of `costs`: joules, and what follows from them; or why not.
std::string energy_words(const Json& run, const std::string& account) {
  const auto number = [&](const char* member) {
    return fact_number(run, "costs/" + account + "/" + member);
  };
  if (!std::isfinite(number("joules"))) {
    std::set<std::string> reasons;
    for (const Json& node : fact_list(run, "costs/nodes"))
      reasons.insert(fact_text(node, "reason"));
    reasons.erase("");
    return reasons.empty() ? "" : "not known: " + join(std::vector(reasons.begin(), reasons.end()));
  }
  std::string text = fmt::format("{:.4g} kJ", number("joules") / 1e3);
  if (std::isfinite(number("grams_co2e")))
    text += fmt::format(", {:.4g} g CO2e", number("grams_co2e"));
  if (std::isfinite(number("sci")))
    text += fmt::format(", SCI {:.4g} g a thousand rows ({})", number("sci"),
                        fact_text(run, "costs/" + account + "/sci_is_of"));
  return text;
}

}  // namespace

Html cost_section(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  const StageRecord& main = folder.main();
  HtmlTable table(
      "Sessions, as their statements have them",
      {{"command"}, {"started"}, {"last statement"}, {"between", true}, {"ranks", true}});
  for (const StageRecord& record : folder.stages)
    for (const StatedSession& session : record.sessions)
      table.add({html("{}{}", record.prefix, record.stage->name()), html_text(session.started),
                 html_text(session.finished),
                 html_text(seconds_between(session.started, session.finished)),
                 html_text(count_text(session.ranks))});
  Html page = table.finish();
  HtmlTable facts_table("Of the last session", {{"what"}, {"how much"}});
  const auto add = [&](const char* what, const std::string& value) {
    facts_table.add({html_text(what), html_text(value.empty() ? "not collected" : value)});
  };
  const auto seconds = [&](const char* of) {
    const double value = fact_number(main.run, of);
    return std::isfinite(value) ? fmt::format("{:.2f} s", value) : "";
  };
  add("wall time", seconds("results/seconds/total"));
  add("of it reading rows", seconds("results/seconds/reading"));
  add("of it solving", seconds("results/seconds/solving"));
  double waited = fact_list(main.run, "secondsWaiting").empty() ? undefined : 0;
  for (const Json& one : fact_list(main.run, "secondsWaiting"))
    waited += one.is_number() ? one.get<double>() : undefined;
  const std::size_t ranks = fact_list(main.run, "nodes").size();
  add("ranks", ranks == 0 ? "" : fmt::format("{}", ranks));
  add("waiting for others, mean of ranks",
      std::isfinite(waited) && ranks > 0
          ? fmt::format("{:.2f} s", waited / static_cast<double>(ranks))
          : "");
  add("nodes", join(nodes_of(main.run)));
  add("bytes between owners",
      std::isfinite(crossed_bytes(main)) ? count_text(crossed_bytes(main)) : "");
  add("program", program_words(main.run));
  std::string libraries = fact_text(main.run, "libraries");
  for (char& c : libraries)
    if (c == '\n') c = ' ';
  add("libraries", libraries);
  add("energy, measured", energy_words(main.run, "measured"));
  if (!fact_list(main.run, "costs/modelled").empty())
    add("energy, by the model of the config", energy_words(main.run, "modelled"));
  page += facts_table.finish();
  return page;
}

Html annex_section(const ReportFacts& facts) {
  Html page =
      "<p>Facts that this folder holds, sorted under the headings of three documents, as these "
      "were "
      "known on 2026-11-28, the date of this release. Titles are shortened; which of them apply, "
      "to "
      "whom and from when, is for others to say. Nothing here claims conformity with anything, and "
      "nothing that is not in the folder was filled in.</p>\n";
  page += ai_act_table(facts);
  page += gdpr_table(facts);
  page += satre_table(facts);
  return page;
}

}  // namespace bailiwick
