// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <set>

#include "lib/core/text.hpp"
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

/// Roots of the partitions whose rows a stage took.
std::set<Digest> roots_of(const StageRecord& record) {
  std::set<Digest> roots;
  if (!record.statements.empty())
    for (const UsedPartition& used : partitions_of(record.statements.back()))
      roots.insert(used.root);
  return roots;
}

/// What an evaluation of the folder's model on the split says of the measure; not a number if there
/// is none. Of rows that were chosen otherwise than the training's, `elsewhere` is set.
double reached(const RunFolder& folder, const Json& aim, bool& elsewhere) {
  double value = undefined;
  for (const StageRecord& record : folder.stages) {
    if (std::string(record.stage->name()) != "evaluate" || !record.finished ||
        fact_text(record.result, "split") != fact_text(aim, "split") ||
        fact_text(record.result, "model") != folder.model_digest)
      continue;
    value = fact_number(record.result, "overall/" + fact_text(aim, "metric"));
    elsewhere = roots_of(record) != roots_of(folder.main());
    if (!elsewhere) return value;
  }
  return value;
}

Html aim_words(const RunFolder& folder, const Json& aim) {
  const std::string metric = fact_text(aim, "metric"), split = fact_text(aim, "split");
  const double least = fact_number(aim, "at_least"), most = fact_number(aim, "at_most");
  bool elsewhere = false;
  const double value = reached(folder, aim, elsewhere);
  Html text = html("<b>{}</b> on {}", metric, split.empty() ? "all rows" : "split " + split);
  if (std::isfinite(least)) text += html(", at least {}", even_text(least));
  if (std::isfinite(most)) text += html(", at most {}", even_text(most));
  text += ". ";
  if (!std::isfinite(value)) {
    text += html("{}: nothing that lies here was measured so",
                 mark_html(Mark::unknown, "Not evaluated"));
  } else if (elsewhere) {
    text += html("{} {}, but on the rows of other partitions than the training's",
                 mark_html(Mark::unknown, "Not evaluated so:"), even_text(value));
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

/// A good word of somebody in the i-th line of a log is as good as verify_run() found it, and whose
/// the key is.
Html vouched_html(const ReportFacts& facts, const std::string& word, const std::string& signer,
                  std::vector<std::string> RunVerification::*of_log, std::size_t i) {
  if (!facts.verification) return mark_html(Mark::unknown, word + ", as a line says");
  const std::vector<std::string>& problems = (*facts.verification).*of_log;
  if (i >= problems.size()) return mark_html(Mark::bad, word + ", in a file that does not hold");
  if (!problems[i].empty())
    return mark_html(Mark::bad, word + ", which does not hold: " + problems[i]);
  if (const auto owner = facts.verification->owners.find(signer);
      owner != facts.verification->owners.end())
    return mark_html(Mark::good, word + " with the key of " + owner->second + "'s owner");
  return facts.approvers.contains(signer)
             ? mark_html(Mark::good, word)
             : mark_html(Mark::unknown, word + " with a key that nobody has vouched for");
}

/// What is to be thought of a line, of which only verify_run() knows whether it holds, and whose
/// the key is.
Html ruling_html(const ReportFacts& facts, std::size_t i) {
  const Approval& approval = facts.folder.approvals[i];
  const std::string& signer = approval.entry.signer;
  const std::string word = to_word(approval.ruling);
  if (approval.ruling != Ruling::withdrawn && signer == facts.folder.main().signer)
    return mark_html(Mark::bad, word + " by whoever ran it, which counts for nothing");
  if (approval.ruling != Ruling::approved) return mark_html(Mark::bad, word);
  return vouched_html(facts, word, signer, &RunVerification::approval_problems, i);
}

Html verdict_html(const ReportFacts& facts, std::size_t i) {
  const LogEntry& check = facts.folder.checks[i];
  const std::string verdict = fact_text(check.said, "verdict");
  if (verdict == "fail") return mark_html(Mark::bad, verdict);
  return verdict == "pass"
             ? vouched_html(facts, verdict, check.signer, &RunVerification::check_problems, i)
             : mark_html(Mark::unknown, verdict);
}

Html approvals_page(const ReportFacts& facts) {
  const std::vector<Approval>& approvals = facts.folder.approvals;
  if (approvals.empty())
    return "<p>Nobody has approved or refused what lies here (<code>bailiwick "
           "approve</code>).</p>\n";
  HtmlTable table("What people decided, the newest last",
                  {{"when"}, {"about"}, {"ruling"}, {"by"}, {"reason"}, {"key"}});
  for (std::size_t i = 0; i < approvals.size(); ++i)
    table.add({html_text(approvals[i].entry.time), html_text(approvals[i].entry.subject),
               ruling_html(facts, i), html_text(approvals[i].by), html_text(approvals[i].reason),
               digest_html(approvals[i].entry.signer)});
  return table.finish();
}

Html list_html(const Json& items, const char* member) {
  Html list;
  for (const Json& item : items)
    list += html("<li>{}</li>\n", member == nullptr
                                      ? (item.is_string() ? item.get<std::string>() : item.dump())
                                      : fact_text(item, member));
  return list.empty() ? Html("<p>None.</p>\n") : html("<ul>\n{}</ul>\n", list);
}

Html output_check_html(const ReportFacts& facts, std::size_t i) {
  const LogEntry& check = facts.folder.checks[i];
  const Json& said = check.said;
  HtmlTable table("What output checking found",
                  {{"artefact"}, {"rule"}, {"verdict"}, {"do not meet it", true}, {"of", true}});
  for (const Json& one : fact_list(said, "checks")) {
    const std::string verdict = fact_text(one, "verdict");
    table.add({html_text(fact_text(one, "artefact")), html_text(fact_text(one, "rule")),
               mark_html(verdict == "pass"   ? Mark::good
                         : verdict == "fail" ? Mark::bad
                                             : Mark::unknown,
                         verdict),
               html_text(count_text(fact_number(one, "against"))),
               html_text(count_text(fact_number(one, "looked_at")))});
  }
  return html("<p>Outputs checked on {} by {}, for at least {} rows behind a number: {}.</p>\n{}",
              check.time, fact_text(said, "by"), count_text(fact_number(said, "thresholds/count")),
              verdict_html(facts, i), table.finish());
}

Html releases_html(const ReportFacts& facts) {
  const std::vector<LogEntry>& releases = facts.folder.releases;
  if (releases.empty()) return {};
  HtmlTable table("What was handed out, the newest last",
                  {{"when"}, {"what"}, {"to whom"}, {"by"}, {"state"}, {"key"}});
  for (std::size_t i = 0; i < releases.size(); ++i) {
    const Json& said = releases[i].said;
    std::vector<std::string> files, recipients;
    for (const Json& file : fact_list(said, "files"))
      if (fact_text(file, "kind") == "result")
        files.push_back(fact_text(file, "file") + " (" + fact_text(file, "verdict") + ")");
    for (const Json& recipient : fact_list(said, "recipients"))
      if (recipient.is_string()) recipients.push_back(recipient.get<std::string>());
    table.add(
        {html_text(releases[i].time), html_text(join(files)),
         html_text(recipients.empty() ? "not said" : join(recipients)),
         html_text(fact_text(said, "by")),
         vouched_html(facts, "released", releases[i].signer, &RunVerification::release_problems, i),
         digest_html(releases[i].signer)});
  }
  return table.finish();
}

Html erasure_html(const LogEntry& erasure) {
  const Json& said = erasure.said;
  Html page = html("<h3>Forgotten on {}</h3>\n<p>By {}: {}.</p>\n", erasure.time,
                   fact_text(said, "by"), fact_text(said, "reason"));
  HtmlTable rows("Rows that the replacement no longer knows, and those it knows instead",
                 {{"partition"}, {"rows", true}, {"became"}});
  for (const char* member : {"gone", "came"})
    for (const Json& one : fact_list(said, member))
      rows.add({html_text(fact_text(one, "partition")),
                html_text(count_text(fact_number(one, "rows"))),
                html_text(member == std::string("gone") ? "forgotten" : "known instead")});
  page += rows.finish();
  for (const Json& domain : fact_list(said, "doubts"))
    if (domain.is_string())
      page += html(
          "<p class=\"warning\">{} has no fewer rows than before: whether some went, only "
          "its owner knows.</p>\n",
          domain.get<std::string>());
  page += html("<p>Replaced by the model with the digest {}.</p>\n",
               digest_html(fact_text(said, "replacement")));
  page += html("<h4>To be told</h4>\n{}", list_html(fact_list(said, "recipients"), nullptr));
  if (!fact_list(said, "inform").empty())
    page += html("<p>And, as policies ask:</p>\n{}", list_html(fact_list(said, "inform"), "whom"));
  page += html("<h4>Withdrawn</h4>\n{}", list_html(fact_list(said, "withdrawn"), nullptr));
  if (!fact_list(said, "not_withdrawn").empty())
    page += html("<p class=\"warning\">{}</p>\n{}",
                 mark_html(Mark::bad, "Knows the rows and is not withdrawn:"),
                 list_html(fact_list(said, "not_withdrawn"), "folder"));
  page +=
      details_html("All that was made of the rows", list_html(fact_list(said, "affected"), "file"));
  page += details_html("Beside it, what no statement speaks of",
                       list_html(fact_list(said, "unsigned"), nullptr));
  return page;
}

}  // namespace

Html approval_section(const ReportFacts& facts) {
  Html page = intents_page(facts);
  page += approvals_page(facts);
  for (std::size_t i = 0; i < facts.folder.checks.size(); ++i)
    page += output_check_html(facts, i);
  page += releases_html(facts);
  page += deployment_html(facts);
  for (const LogEntry& erasure : facts.folder.erasures)
    page += erasure_html(erasure);
  page +=
      "<p class=\"note\">Whose keys these are, and whether the lines hold, <code>bailiwick "
      "verify</code> says; what they cannot tell: docs/approval.md.</p>\n";
  return page;
}

Html approval_words(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  const StageRecord& main = folder.main();
  if (!main.finished || !main.statements.back().subject_sha256) return "by nobody yet";
  const std::string subject = main.stage->chain.result;
  const Digest sha256 = *main.statements.back().subject_sha256;
  Html words;
  if (const auto withdrawal = standing_withdrawal(folder.approvals, subject, sha256))
    return html("{} by {} on {}: {}", mark_html(Mark::bad, "withdrawn"), withdrawal->by,
                withdrawal->entry.time, withdrawal->reason);
  for (std::size_t i = folder.approvals.size(); i-- > 0;) {
    const Approval& last = folder.approvals[i];
    if (last.entry.subject != subject || last.entry.subject_sha256 != sha256) continue;
    words =
        html("{} by {} on {}: {}", ruling_html(facts, i), last.by, last.entry.time, last.reason);
    break;
  }
  if (words.empty()) words = "by nobody yet";
  for (const Approval& other : folder.approvals)
    if (other.ruling == Ruling::refused && other.entry.subject != subject)
      words +=
          html("; {} of {} by {}", mark_html(Mark::bad, "refusal"), other.entry.subject, other.by);
  return words;
}

Html output_check_words(const ReportFacts& facts) {
  if (facts.folder.checks.empty()) return {};
  const LogEntry& last = facts.folder.checks.back();
  return html("{} by {} on {}: <a href=\"#approval\">what was found</a>.",
              verdict_html(facts, facts.folder.checks.size() - 1), fact_text(last.said, "by"),
              last.time);
}

/// Of the summary: what was intended, and whether it was met. Empty: nothing was.
Html intent_words(const ReportFacts& facts) {
  const LogEntry* intent = own_intent(facts.folder);
  if (intent == nullptr || fact_list(intent->said, "aim").empty()) return {};
  return aim_words(facts.folder, fact_list(intent->said, "aim"));
}

}  // namespace bailiwick
