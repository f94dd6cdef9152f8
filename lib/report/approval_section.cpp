// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>

#include "lib/core/undefined.hpp"
#include "lib/folder/facts.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

std::string counted(std::size_t n, const char* one, const char* many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

/// What an evaluation on the split says of the measure; not a number if there is none.
double reached(const RunFolder& folder, const Json& aim) {
  for (const StageRecord& record : folder.stages)
    if (std::string(record.stage->name()) == "evaluate" && record.finished &&
        fact_text(record.result, "split") == fact_text(aim, "split"))
      return fact_number(record.result, "overall/" + fact_text(aim, "metric"));
  return undefined;
}

Html aim_words(const RunFolder& folder, const Json& aim) {
  const std::string metric = fact_text(aim, "metric"), split = fact_text(aim, "split");
  const double least = fact_number(aim, "at_least"), most = fact_number(aim, "at_most");
  const double value = reached(folder, aim);
  Html text = html("<b>{}</b> on {}", metric, split.empty() ? "all rows" : "split " + split);
  if (std::isfinite(least)) text += html(", at least {}", even_text(least));
  if (std::isfinite(most)) text += html(", at most {}", even_text(most));
  text += ". ";
  if (!std::isfinite(value)) {
    text += html("{}: nothing that lies here was measured so",
                 mark_html(Mark::unknown, "Not evaluated"));
  } else {
    const bool good = !(value < least) && !(value > most);
    const bool bounded = std::isfinite(least) || std::isfinite(most);
    text += html("{} {}",
                 !bounded ? Html("Reached:")
                 : good   ? mark_html(Mark::good, "Met:")
                          : mark_html(Mark::bad, "Not met:"),
                 even_text(value));
  }
  text += ".";
  const std::string because = fact_text(aim, "because");
  if (!because.empty()) text += html(" Because: {}.", because);
  return text;
}

/// The intent that the training names.
const LogEntry* own_intent(const RunFolder& folder) {
  const StageRecord& main = folder.main();
  if (main.statements.empty()) return nullptr;
  const Artefact* named = find_dependency(main.statements.front(), dependency::intent);
  if (named == nullptr) return nullptr;
  const auto intent = std::ranges::find(folder.intents, named->sha256, &LogEntry::digest);
  return intent == folder.intents.end() ? nullptr : &*intent;
}

Html intents_page(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  const LogEntry* intent = own_intent(folder);
  if (intent == nullptr) return {};
  const std::string purpose = fact_text(intent->said, "purpose");
  const Json& aim = fact_list(intent->said, "aim");
  Html list;
  const auto add = [&](const char* term, const Html& words) {
    list += html("<div><dt>{}</dt><dd>{}</dd></div>\n", term, words);
  };
  add("Signed",
      html("on {}, before a row was read, by key <code>{}</code>", intent->time, intent->signer));
  add("To be judged by",
      aim.empty() ? Html("nothing that was said beforehand") : aim_words(folder, aim));
  const IntentCount here = count_intents(folder.intents, purpose);
  Html tries = html("{} of the purpose {} in this folder, of {}",
                    counted(here.intents, "training was begun", "trainings were begun"), purpose,
                    counted(here.configs, "config", "configs"));
  if (facts.elsewhere)
    tries += html("; {} of {} in {} that were looked through",
                  counted(facts.elsewhere->intents, "training", "trainings"),
                  counted(facts.elsewhere->configs, "config", "configs"),
                  counted(facts.elsewhere->folders, "folder", "folders"));
  if (facts.elsewhere && facts.elsewhere->unreadable > 0)
    tries += html(" ({} could not be read)", facts.elsewhere->unreadable);
  add("Tries", html("{}.", tries));
  return html("<dl class=\"summary\">\n{}</dl>\n", list);
}

/// What whoever ran it says of it is no second person's word.
Html ruling_html(const RunFolder& folder, const Approval& approval) {
  const bool own = approval.entry.signer == folder.main().signer;
  if (own && approval.ruling != Ruling::withdrawn)
    return mark_html(Mark::bad,
                     to_word(approval.ruling) + " by whoever ran it, which counts for nothing");
  return mark_html(approval.ruling == Ruling::approved ? Mark::good : Mark::bad,
                   to_word(approval.ruling));
}

Html approvals_page(const RunFolder& folder) {
  if (folder.approvals.empty())
    return "<p>Nobody has approved or refused what lies here (<code>bailiwick "
           "approve</code>).</p>\n";
  HtmlTable table("What people decided, the newest last",
                  {{"when"}, {"about"}, {"ruling"}, {"by"}, {"reason"}, {"key"}});
  for (const Approval& approval : folder.approvals)
    table.add({html_text(approval.entry.time), html_text(approval.entry.subject),
               ruling_html(folder, approval), html_text(approval.by), html_text(approval.reason),
               html("<code>{}</code>", approval.entry.signer)});
  return table.finish();
}

}  // namespace

Html approval_section(const ReportFacts& facts) {
  Html page = intents_page(facts);
  page += approvals_page(facts.folder);
  page +=
      "<p class=\"note\">Whose keys these are, and whether the lines hold, <code>bailiwick "
      "verify</code> says; what they cannot tell: docs/approval.md.</p>\n";
  return page;
}

Html approval_words(const RunFolder& folder) {
  const StageRecord& main = folder.main();
  if (!main.finished || !main.statements.back().subject_sha256) return "by nobody yet";
  const auto last = last_approval(folder.approvals, main.stage->chain.result,
                                  *main.statements.back().subject_sha256);
  if (!last) return "by nobody yet";
  return html("{} by {} on {}: {}", ruling_html(folder, *last), last->by, last->entry.time,
              last->reason);
}

}  // namespace bailiwick
