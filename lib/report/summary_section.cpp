// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

/// "cleveland (US, 303 rows)"; of many the first few.
std::string owners_words(const StageRecord& record) {
  constexpr std::size_t most = 6;
  const Json& domains = fact_list(record.inputs, "domains");
  std::vector<std::string> words;
  for (const Json& domain : domains) {
    if (words.size() == most && domains.size() > most + 1) {
      words.push_back(fmt::format("and {} more", domains.size() - most));
      break;
    }
    const double rows = rows_of_domain(record, fact_text(domain, "name"));
    words.push_back(fmt::format("{} ({}{})", fact_text(domain, "name"),
                                fact_text(domain, "jurisdiction"),
                                std::isfinite(rows) ? ", " + count_text(rows) + " rows" : ""));
  }
  return join(words);
}

Html trained_words(const RunFolder& folder) {
  const StageRecord& main = folder.main();
  const std::string name = fact_text(main.inputs, "name");
  const std::string purpose = fact_text(main.inputs, "purpose");
  Html text;
  if (main.stage->chain.is_training()) {
    text = html("<b>{}</b>", name.empty() ? folder.name : name);
    text += html(" is {}", kind_words(folder.model ? folder.model->config.kind->name
                                                   : fact_text(main.inputs, "kind")));
    const std::string target = folder.model ? folder.model->config.target : "";
    if (!target.empty()) text += html(" of <b>{}</b>", target);
    if (folder.model && !folder.model->config.time.empty())
      text += html(" of the time <b>{}</b> to an event (<b>{}</b>)", folder.model->config.time,
                   folder.model->config.status);
    const double used = fact_number(main.run, "results/rows");
    if (std::isfinite(used)) {
      text += html(", trained on {} rows", count_text(used));
      if (folder.model && used < rows_of_domains(main))
        text += html(" of the {} that the owners hold", count_text(rows_of_domains(main)));
    }
    text += ".";
  } else {
    text =
        html("<b>{}</b>: no model was trained in this folder; it holds what <code>{}</code> left.",
             name.empty() ? folder.name : name, main.stage->name());
  }
  text += html(" Purpose: <b>{}</b>.", purpose.empty() ? "not said" : purpose);
  return text;
}

Html goodness_words(const RunFolder& folder) {
  const StageRecord* evaluation = folder.find("evaluate");
  if (evaluation == nullptr || evaluation->result.is_null())
    return folder.model ? Html("Not evaluated yet: run <code>bailiwick evaluate …</code>")
                        : Html("There is no model to evaluate");
  const auto measure = main_measure(evaluation->result);
  if (!measure) return "Evaluated; no overall measure could be released or is defined";
  Html text = html("{} <b>{}</b> on {} rows ({})", capital(measure->words),
                   even_text(fact_number(evaluation->result, "overall/" + measure->name)),
                   count_text(fact_number(evaluation->result, "overall/rows")),
                   split_words(evaluation->result));
  const auto range = range_over_domains(evaluation->result, measure->name);
  if (range && range->domains > 1)
    text += html("; {} between owners", range_words(*range));
  else if (!range)
    text += "; by owner: not collected";
  return text;
}

Html left_words(const RunFolder& folder) {
  const StageRecord& main = folder.main();
  const double bytes = crossed_bytes(main);
  double all = 0;
  for (const StageRecord& record : folder.stages)
    all += crossed_bytes(record);
  if (!std::isfinite(bytes)) return "not collected: there is no egress report";
  Html text = html(
      "<b>{}</b> crossed between owners in <code>{}</code>: sums of integers, and "
      "what is needed to agree on them. No row. ",
      bytes_text(bytes), main.stage->name());
  if (std::isfinite(all) && all != bytes)
    text += html("With all commands that ran in this folder: {}. ", bytes_text(all));
  text +=
      fact(main.inputs, "masked").is_boolean()
          ? fact_holds(main.inputs, "masked")
                ? Html("Each owner's sums were masked: only the total over owners could be read.")
                : Html("Sums were <b>not</b> masked: each owner's own could be read.")
          : Html("Whether sums were masked is not collected.");
  return text;
}

/// What an attack on the model's training rows found, if one was tried.
Html attack_words(const RunFolder& folder) {
  Html words;
  for (const StageRecord& record : folder.stages)
    if (const double advantage = fact_number(record.result, "membership/best/advantage");
        std::isfinite(advantage))
      words += html(
          " An attack found rows of the training with an advantage of {}: <a "
          "href=\"#evaluation\">beside what noise allows</a>.",
          number_text(advantage, 3));
  return words;
}

/// What those stages that crossed with noise tell of a unit, by their signed inputs.
Html privacy_words(const RunFolder& folder) {
  const Html attacks = attack_words(folder);
  std::vector<std::string> stages;
  for (const StageRecord& record : folder.stages) {
    const Json& privacy = fact(record.inputs, "privacy");
    if (privacy.is_object())
      stages.push_back(fmt::format("{} epsilon {:g} at delta {:g}", record.stage->name(),
                                   fact_number(privacy, "epsilon"), fact_number(privacy, "delta")));
  }
  if (stages.empty()) return attacks.empty() ? Html() : html("No noise was added.{}", attacks);
  return html(
      "<b>Differentially private</b>, by what owners' budgets were charged: {}. Whatever else is "
      "known, what was released tells no more than this of the rows of one person.{}",
      join(stages, "; "), attacks);
}

/// What a stage that judges said last.
Html verdict_words(const RunFolder& folder, const std::string& stage) {
  const StageRecord* record = folder.find(stage);
  const std::string verdict = record == nullptr ? "" : fact_text(record->result, "verdict");
  if (verdict.empty()) return {};
  const Mark mark = verdict == "ok"                           ? Mark::good
                    : verdict == "stop" || stage == "monitor" ? Mark::bad
                                                              : Mark::unknown;
  return html("{}: <a href=\"#{}\">what was found</a>.", mark_html(mark, verdict), stage);
}

}  // namespace

Html summary_section(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  const StageRecord& main = folder.main();
  Html list;
  const auto add = [&](const char* term, const Html& words) {
    list += html("<div><dt>{}</dt><dd>{}</dd></div>\n", term, words);
  };
  add("What", trained_words(folder));
  const std::string owners = owners_words(main);
  const std::size_t count = fact_list(main.inputs, "domains").size();
  add("Over whose data", owners.empty() ? Html("not collected")
                         : count == 1   ? html("1 owner: {}.", owners)
                                        : html("{} owners: {}.", count, owners));
  if (main.stage->chain.is_training()) add("How good", html("{}.", goodness_words(folder)));
  if (const Html intended = intent_words(facts); !intended.empty()) add("Intended", intended);
  if (main.stage->chain.is_training()) add("Approved", html("{}.", approval_words(facts)));
  if (const Html checked = output_check_words(facts); !checked.empty())
    add("Outputs checked", checked);
  if (const Html deployed = deployment_words(facts); !deployed.empty()) add("In use", deployed);
  for (const auto& [stage, term] :
       {std::pair{"quality", "Quality of the data"}, std::pair{"monitor", "Since then"}})
    if (const Html verdict = verdict_words(folder, stage); !verdict.empty()) add(term, verdict);
  add("What left", left_words(folder));
  if (const Html noisy = privacy_words(folder); !noisy.empty()) add("Privacy", noisy);
  if (!facts.verified()) {
    add("Lineage", html("{}. Run <code>bailiwick report … --key OPERATOR.pub.pem</code> with a key "
                        "that you trust.",
                        mark_html(Mark::unknown, "not verified: no key given")));
  } else if (!facts.failure.empty()) {
    add("Lineage", html("{}: {}", mark_html(Mark::bad, "does not hold"), facts.failure));
  } else {
    std::size_t broken = 0;
    for (const Finding& finding : facts.verification->findings)
      broken += finding.holds ? 0 : 1;
    const std::size_t all = facts.verification->findings.size();
    add("Lineage", *facts.verified()
                       ? html("{}: all {} findings hold.", mark_html(Mark::good, "verified"), all)
                       : html("{}: {} of {} findings do not hold; they are listed first under "
                              "<a href=\"#lineage\">Lineage</a>.",
                              mark_html(Mark::bad, "NOT VERIFIED"), broken, all));
  }
  Html sessions;
  if (main.sessions.empty()) {
    sessions = "not collected";
  } else {
    std::size_t resumed = 0;
    for (const StatedSession& session : main.sessions)
      resumed += session.resumed ? 1 : 0;
    sessions = html(
        "{}, {}; {}",
        main.sessions.size() == 1 ? "1 session" : fmt::format("{} sessions", main.sessions.size()),
        resumed == 0   ? "never resumed"
        : resumed == 1 ? "resumed once"
                       : fmt::format("resumed {} times", resumed),
        main.finished ? html("finished {}.", main.sessions.back().finished)
                      : mark_html(Mark::bad, "not finished: stopped, killed or still running"));
  }
  add("Sessions", sessions);
  Html page = html("<dl class=\"summary\">\n{}</dl>\n", list);
  page +=
      "<p class=\"readers\"><b>A data owner</b> reads <a href=\"#participants\">who took part "
      "under which terms</a> and <a href=\"#egress\">what left</a>; <b>an engineer</b> <a "
      "href=\"#model\">the model</a>, <a href=\"#evaluation\">how good it is</a> and <a "
      "href=\"#cost\">what it cost</a>; <b>an auditor</b> <a href=\"#lineage\">the lineage</a> and "
      "<a href=\"#annex\">the annex</a>.</p>\n";
  if (!folder.unreadable.empty()) {
    Html files;
    for (const std::string& file : folder.unreadable)
      files += html("<li>{}</li>\n", file);
    page += html(
        "<div class=\"warning\"><p>Some files could not be read, and are left out:</p>"
        "<ul>\n{}</ul></div>\n",
        files);
  }
  return page;
}

}  // namespace bailiwick
