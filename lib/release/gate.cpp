// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/release/gate.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/disclosure/output_check.hpp"
#include "lib/folder/facts.hpp"
#include "lib/record/layout.hpp"

namespace bailiwick {

namespace {

constexpr const char* how_to_check =
    "`bailiwick check-output FOLDER --sign-with KEY` by a second person";

/// The newest check, by somebody whose word counts. That it is about what lies there, and by
/// another than who ran it, verify_run() has seen.
const LogEntry& newest_check(const RunFolder& folder, const std::set<std::string>& vouched) {
  if (folder.checks.empty())
    throw Error(ExitCode::policy, "{}: nobody has checked what lies there: {}", folder.path,
                how_to_check);
  const LogEntry& check = folder.checks.back();
  if (!vouched.contains(check.signer))
    throw Error(ExitCode::policy,
                "{}/{}: nobody vouches for the key of the newest check, {}; --approver-key FILE "
                "says that whoever holds it may check",
                folder.path, checks_log.file, check.signer);
  return check;
}

bool is_of_single_rows(const StageRecord& record) {
  return std::string_view(record.stage->name()) == "predict";
}

/// The results that the check judged.
std::vector<Leaving> judged(const RunFolder& folder, const LogEntry& check) {
  std::vector<Leaving> list;
  for (const Json& artefact : fact_list(check.said, "artefacts"))
    for (const StageRecord& record : folder.stages)
      if (record.result_name() == fact_text(artefact, "file"))
        list.push_back({&record,
                        record.result_name(),
                        Digest::from_hex(fact_text(artefact, "sha256")),
                        verdict_on(check.said, record.result_name(), record.chain_name()),
                        {}});
  return list;
}

/// A thing that people may have ruled about, and whether a refusal of it is one of the result.
struct Ruled {
  std::string subject;
  Digest sha256;
  bool itself = true;
};

/// The result, the intent of its training and, of what a model was used for, that model.
std::vector<Ruled> ruled_about(const RunFolder& folder, const Leaving& result) {
  std::vector<Ruled> list = {{result.file, result.sha256}};
  const StageChain& chain = result.record->stage->chain;
  if (!chain.is_training() && !chain.names_model) return list;
  for (const StageRecord& record : folder.stages) {
    if (!record.stage->chain.is_training() || record.statements.empty()) continue;
    const bool itself = &record == result.record;
    if (const Artefact* intent = find_dependency(record.statements.front(), dependency::intent))
      list.push_back({intent_subject, intent->sha256, itself});
    if (!itself && record.statements.back().subject_sha256)
      list.push_back({record.result_name(), *record.statements.back().subject_sha256, false});
  }
  return list;
}

/// Why people's rulings keep it here; empty: they do not.
std::string ruling_against(const RunFolder& folder, const Leaving& result) {
  for (const auto& [subject, sha256, itself] : ruled_about(folder, result)) {
    if (const auto withdrawal = standing_withdrawal(folder.approvals, subject, sha256))
      return fmt::format("{} was {}", subject, withdrawn_words(*withdrawal));
    const auto last = last_approval(folder.approvals, subject, sha256);
    if (itself && last && last->ruling == Ruling::refused)
      return fmt::format("{} was refused on {} by {}: {}", subject, last->entry.time, last->by,
                         last->reason);
  }
  return "";
}

/// A duty of a policy by which it must be gone.
std::string too_late(const StageRecord& record) {
  const std::string now = utc_now();
  for (const Json& domain : fact_list(record.decisions, "domains")) {
    const std::string end = fact_text(domain, "duties/delete_by");
    const auto instant = parse_instant(end);
    if (instant && *parse_instant(now) >= *instant)
      return fmt::format("must have been deleted by {}: a duty of the policy of domain {}", end,
                         fact_text(domain, "domain"));
  }
  return "";
}

/// Takes the approval that accepts what the check found. Why there is none; empty: none is needed,
/// or it is there.
std::string not_accepted(const RunFolder& folder, const LogEntry& check,
                         const std::set<std::string>& vouched, Leaving& result) {
  if (result.verdict == OutputVerdict::pass) return "";
  const auto last = last_approval(folder.approvals, result.file, result.sha256);
  if (!last || last->ruling != Ruling::approved || last->check != check.digest.hex())
    return fmt::format(
        "the newest check of the outputs says: {}, and nobody has accepted that (`bailiwick "
        "approve FOLDER --of {} --check {}` by a second person)",
        to_word(result.verdict), result.file, check.digest.hex());
  if (!vouched.contains(last->entry.signer))
    return fmt::format(
        "nobody vouches for the key with which it was approved, {}; --approver-key FILE says that "
        "whoever holds it may approve",
        last->entry.signer);
  result.approvals.push_back(*last);
  return "";
}

/// Takes the approvals that policies ask for: of keys that they name, which have not thought better
/// of it. Why one is missing; empty: none is.
std::string not_approved(const RunFolder& folder, Leaving& result) {
  std::map<std::string, const Approval*> newest;  // by key
  for (const Approval& approval : folder.approvals)
    if (approval.entry.subject == result.file && approval.entry.subject_sha256 == result.sha256)
      newest[approval.entry.signer] = &approval;
  for (const Json& domain : fact_list(result.record->decisions, "domains")) {
    const Json& asked = fact_list(domain, "duties/approved_by");
    if (asked.empty()) continue;
    const auto keys = asked.get<std::vector<std::string>>();
    const auto key = std::ranges::find_if(keys, [&](const std::string& one) {
      return newest.contains(one) && newest.at(one)->ruling == Ruling::approved;
    });
    if (key == keys.end())
      return fmt::format(
          "the policy of domain {} asks for the approval of whoever holds the key {}, and there "
          "is none (`bailiwick approve FOLDER --of {}`)",
          fact_text(domain, "domain"), join(keys, " or "), result.file);
    const Approval& approval = *newest.at(*key);
    if (std::ranges::none_of(result.approvals, [&](const Approval& taken) {
          return taken.entry.digest == approval.entry.digest;
        }))
      result.approvals.push_back(approval);
  }
  return "";
}

}  // namespace

std::set<std::string> vouched_keys(const ReleaseRequest& request,
                                   const RunVerification& verification) {
  std::set<std::string> ids;
  for (const auto& [id, domain] : verification.owners)
    ids.insert(id);
  for (const PublicKey& key : load_public_keys(request.verification.approver_keys))
    ids.insert(key.id());
  return ids;
}

std::vector<Leaving> what_may_leave(const ReleaseRequest& request, const RunFolder& folder,
                                    const std::set<std::string>& vouched) {
  const LogEntry& check = newest_check(folder, vouched);
  std::vector<Leaving> results = judged(folder, check);
  std::vector<std::string> against;
  for (const std::string& file : request.files)
    if (std::ranges::find(results, file, &Leaving::file) == results.end())
      against.push_back(file + ": is no result that the newest check judged");
  const bool all = request.files.empty();
  std::erase_if(results, [&](const Leaving& result) {
    return all ? is_of_single_rows(*result.record)
               : std::ranges::find(request.files, result.file) == request.files.end();
  });
  for (Leaving& result : results) {
    std::string why = is_of_single_rows(*result.record)
                          ? "predictions are of single rows, which stay with their domains"
                          : ruling_against(folder, result);
    if (why.empty()) why = too_late(*result.record);
    if (why.empty()) why = not_accepted(folder, check, vouched, result);
    if (why.empty()) why = not_approved(folder, result);
    if (!why.empty()) against.push_back(result.file + ": " + why);
  }
  if (!against.empty())
    throw Error(ExitCode::policy, "{}: nothing leaves:\n  {}", folder.path, join(against, "\n  "));
  if (results.empty())
    throw Error(ExitCode::data, "{}: holds no result that could leave", folder.path);
  return results;
}

}  // namespace bailiwick
