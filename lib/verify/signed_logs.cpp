// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/signed_logs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "lib/core/failure.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/lineage/signed_log.hpp"
#include "lib/record/intent.hpp"
#include "lib/verify/look.hpp"

namespace bailiwick {

namespace {

/// Keys of the domains' owners, by the domain's name.
std::vector<std::pair<std::string, PublicKey>> owner_keys(const Inputs* inputs,
                                                          DocumentFinder& finder) {
  std::vector<std::pair<std::string, PublicKey>> keys;
  if (inputs != nullptr)
    for (const DomainInputs& domain : inputs->domains)
      for (const PublicKey& key : finder.keys_of(domain))
        keys.emplace_back(domain.name, key);
  return keys;
}

std::string signer_of(const VerifiedChain& chain) {
  return chain.found.statements.front().internal_parameters.value("signer", "");
}

bool has_digest(const std::vector<LogEntry>& entries, const std::string& hex) {
  return std::ranges::any_of(entries,
                             [&](const LogEntry& entry) { return entry.digest.hex() == hex; });
}

/// Why a line rules about nothing that is here; empty: it does not.
std::string subject_problem(const Approval& approval, const std::string& folder,
                            const std::vector<LogEntry>& intents,
                            const std::vector<LogEntry>& checks,
                            const std::vector<VerifiedChain>& chains) {
  const LogEntry& entry = approval.entry;
  if (!approval.check.empty() && !has_digest(checks, approval.check))
    return "accepts what a check found that is not in " + std::string(checks_log.file);
  if (entry.subject == intent_subject)
    return std::ranges::find(intents, entry.subject_sha256, &LogEntry::digest) != intents.end()
               ? ""
               : "is about an intent that was not signed here";
  const auto chain = std::ranges::find(chains, approval.chain, &VerifiedChain::name);
  if (chain == chains.end() || chain->version() == 0)
    return "is about a chain that is not here, or does not hold";
  if (entry.subject != chain->prefix + chain->stage.result)
    return entry.subject + " is not what " + approval.chain + " ends with";
  if (!chain->found.head || chain->found.head->hex() != approval.head)
    return "was signed when " + approval.chain + " had another end: it was written anew since";
  if (sha256_file(folder + "/" + entry.subject) != entry.subject_sha256)
    return entry.subject + " is another file since";
  return "";
}

/// Who began, trained or measured may withdraw it, and not approve or refuse it.
bool is_own(const Approval& approval, const std::vector<LogEntry>& intents,
            const std::vector<VerifiedChain>& chains) {
  if (approval.ruling == Ruling::withdrawn) return false;
  for (const VerifiedChain& chain : chains)
    if (chain.version() > 1 && signer_of(chain) == approval.entry.signer && chain.domain.empty() &&
        (chain.stage.is_training() || chain.name() == approval.chain))
      return true;
  return std::ranges::any_of(
      intents, [&](const LogEntry& intent) { return intent.signer == approval.entry.signer; });
}

/// Whether another key has withdrawn before what a line approves.
bool was_withdrawn(std::span<const Approval> before, const Approval& approval) {
  if (approval.ruling != Ruling::approved) return false;
  const auto withdrawal =
      standing_withdrawal(before, approval.entry.subject, approval.entry.subject_sha256);
  return withdrawal && withdrawal->entry.signer != approval.entry.signer;
}

}  // namespace

void verify_intent(VerifiedChain& training, const std::string& folder) {
  const std::vector<Statement>& statements = training.found.statements;
  const Artefact* named = find_dependency(statements.front(), dependency::intent);
  if (named == nullptr || !training.inputs.front()) return;  // said of its inputs
  look(training.found, std::string(intents_log.file) + ": intent", [&] {
    const std::vector<LogEntry> intents = read_log(folder, intents_log);
    const auto intent = std::ranges::find(intents, named->sha256, &LogEntry::digest);
    const auto refuse = [](const std::string& why) { throw Error(ExitCode::integrity, "{}", why); };
    if (intent == intents.end()) refuse("the one that the training names is not there");
    if (intent->signer != signer_of(training))
      refuse("was signed by another key than the training");
    const Artefact* inputs = find_dependency(statements.front(), dependency::inputs);
    if (inputs == nullptr || inputs->sha256 != intent->subject_sha256)
      refuse("is about other inputs than the training's");
    if (const std::string why = intent_problem(intent->said, *training.inputs.front());
        !why.empty())
      refuse(why);
    // It was there before the statement that names it. No later bound: of a clock that was set back
    // a log says the time of the line before.
    if (intent->time < statements.front().started) refuse("is older than the training");
    return true;
  });
}

void verify_countersignatures(VerifiedChain& chain, DocumentFinder& finder) {
  if (chain.version() < 2 || chain.found.countersignatures.empty()) return;
  const auto owners = owner_keys(chain.last_inputs(), finder);
  for (const Countersignature& one : chain.found.countersignatures) {
    const auto owner = std::ranges::find_if(
        owners, [&](const auto& known) { return known.second.id() == one.key_id; });
    if (owner == owners.end()) {
      chain.say(false, fmt::format("{}: is also signed by key {}, which was not given and is no "
                                   "owner's, so that nobody can tell whether that holds; give it "
                                   "with --key, or take the signature out",
                                   one.line, one.key_id));
      continue;
    }
    const bool holds =
        owner->second.verifies(pre_authentication_encoding(statement_type, one.payload), one.bytes);
    chain.say(holds, fmt::format("{}: countersigned by domain {}, key {}{}", one.line, owner->first,
                                 one.key_id, holds ? "" : ": does not hold"));
  }
}

std::map<std::string, std::string> owners_of(const std::vector<VerifiedChain>& chains,
                                             DocumentFinder& finder) {
  std::map<std::string, std::string> owners;
  for (const VerifiedChain& chain : chains)
    for (const auto& [domain, key] : owner_keys(chain.last_inputs(), finder))
      owners.emplace(key.id(), domain);
  return owners;
}

void look_at_approvals(const std::string& folder, const std::vector<VerifiedChain>& chains,
                       DocumentFinder& finder, RunVerification& result) {
  try {
    const std::vector<Approval> approvals = read_approvals(folder);
    if (approvals.empty()) return;
    const std::vector<LogEntry> intents = read_log(folder, intents_log);
    const std::vector<LogEntry> checks = read_log(folder, checks_log);
    std::set<std::string> operators;
    for (const VerifiedChain& chain : chains)
      if (chain.version() > 1 && chain.domain.empty()) operators.insert(signer_of(chain));
    for (std::size_t i = 0; i < approvals.size(); ++i) {
      const Approval& approval = approvals[i];
      const std::string& signer = approval.entry.signer;
      std::string why = subject_problem(approval, folder, intents, checks, chains);
      if (why.empty() && is_own(approval, intents, chains))
        why = "by the key that signed the run: a second person decides";
      if (why.empty() && was_withdrawn(std::span(approvals).first(i), approval))
        why = "another has withdrawn it before, who alone can approve it again";
      const auto owner = result.owners.find(signer);
      const std::string whose = owner != result.owners.end() ? "domain " + owner->second + ", "
                                : operators.contains(signer) ? "who ran it, "
                                                             : "";
      result.findings.push_back(
          {why.empty(), fmt::format("{}:{}: {} {} by {}, {}key {}{}{}", approvals_log.file, i + 1,
                                    approval.entry.subject, to_word(approval.ruling), approval.by,
                                    whose, signer, why.empty() ? "" : ": ", why)});
      if (whose.empty() && why.empty() && !finder.is_approver(signer))
        finder.miss(fmt::format("whose key {} is, with which \"{}\" has {} {}", signer, approval.by,
                                to_word(approval.ruling), approval.entry.subject));
      result.approval_problems.push_back(std::move(why));
    }
  } catch (...) {
    result.findings.push_back({false, caught_error().what()});
  }
}

namespace {

/// A result that lies there and that the newest check is not about; empty: none.
std::string unchecked_result(const Json& artefacts, const std::vector<VerifiedChain>& chains) {
  for (const VerifiedChain& chain : chains) {
    if (chain.version() < 2 || !chain.domain.empty()) continue;
    const std::string file = chain.prefix + chain.stage.result;
    const bool checked = std::ranges::any_of(
        artefacts, [&](const Json& artefact) { return artefact.value("file", "") == file; });
    if (!checked && chain.found.statements.back().final_count)
      return file + " came later, and was not checked";
  }
  return "";
}

}  // namespace

void look_at_checks(const std::string& folder, const std::vector<VerifiedChain>& chains, bool anew,
                    DocumentFinder& finder, RunVerification& result) {
  try {
    const std::vector<LogEntry> checks = read_log(folder, checks_log);
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const LogEntry& check = checks[i];
      const std::string at = fmt::format("{}:{}", checks_log.file, i + 1);
      const auto text = [&](const Json& json, const char* member) {
        return json_member<std::string>(json, member, at, ExitCode::integrity);
      };
      std::string why;
      for (const Json& artefact :
           json_member<Json>(check.said, "artefacts", at, ExitCode::integrity)) {
        const std::string file = text(artefact, "file"), digest = text(artefact, "sha256");
        const auto chain = std::ranges::find_if(chains, [&](const VerifiedChain& c) {
          return c.version() > 1 && c.domain.empty() && c.prefix + c.stage.result == file;
        });
        const bool same = chain != chains.end() && chain->found.statements.back().subject_sha256 &&
                          chain->found.statements.back().subject_sha256->hex() == digest;
        if (why.empty() && !same) why = file + " is another, or not there any more";
      }
      const bool own = std::ranges::any_of(chains, [&](const VerifiedChain& chain) {
        return chain.version() > 1 && chain.domain.empty() && signer_of(chain) == check.signer;
      });
      if (why.empty() && own) why = "by a key that signed the run: a second person checks outputs";
      if (why.empty() && i + 1 == checks.size() && !anew)
        why = unchecked_result(json_member<Json>(check.said, "artefacts", at, ExitCode::integrity),
                               chains);
      const std::string by = text(check.said, "by");
      result.findings.push_back(
          {why.empty(),
           fmt::format("{}: outputs checked by {}, key {}: {}{}{}", at, by, check.signer,
                       text(check.said, "verdict"), why.empty() ? "" : ": ", why)});
      if (why.empty() && !result.owners.contains(check.signer) && !finder.is_approver(check.signer))
        finder.miss(fmt::format("whose key {} is, with which \"{}\" has checked the outputs",
                                check.signer, by));
      result.check_problems.push_back(std::move(why));
    }
  } catch (...) {
    result.findings.push_back({false, caught_error().what()});
  }
}

namespace {

/// Whether a chain of the run ends with that file.
bool ends_with(const std::vector<VerifiedChain>& chains, const std::string& file,
               const std::string& sha256) {
  return std::ranges::any_of(chains, [&](const VerifiedChain& chain) {
    return chain.version() > 1 && chain.domain.empty() &&
           chain.prefix + chain.stage.result == file &&
           chain.found.statements.back().subject_sha256 &&
           chain.found.statements.back().subject_sha256->hex() == sha256;
  });
}

}  // namespace

void look_at_releases(const std::string& folder, const std::vector<VerifiedChain>& chains,
                      DocumentFinder& finder, RunVerification& result) {
  try {
    const std::vector<LogEntry> releases = read_log(folder, releases_log);
    if (releases.empty()) return;
    const std::vector<LogEntry> checks = read_log(folder, checks_log);
    const std::vector<LogEntry> approvals = read_log(folder, approvals_log);
    for (std::size_t i = 0; i < releases.size(); ++i) {
      const LogEntry& release = releases[i];
      const std::string at = fmt::format("{}:{}", releases_log.file, i + 1);
      const auto text = [&](const Json& json, const char* member) {
        return json_member<std::string>(json, member, at, ExitCode::integrity);
      };
      const auto list = [&](const char* member) {
        return json_member<std::vector<Json>>(release.said, member, at, ExitCode::integrity);
      };
      std::string why, files;
      for (const Json& file : list("files")) {
        if (text(file, "kind") != "result") continue;
        const std::string name = text(file, "file");
        files += (files.empty() ? "" : ", ") + name;
        if (why.empty() && !ends_with(chains, name, text(file, "sha256")))
          why = name + " is another since, or not there any more";
      }
      const Json check = json_member<Json>(release.said, "check", at, ExitCode::integrity);
      if (why.empty() && !has_digest(checks, text(check, "digest")))
        why = "rests on a check that is not in " + std::string(checks_log.file);
      for (const Json& approval : list("approvals"))
        if (why.empty() && !has_digest(approvals, text(approval, "digest")))
          why = "rests on an approval that is not in " + std::string(approvals_log.file);
      const std::string by = release.said.value("by", "");
      result.findings.push_back(
          {why.empty(),
           fmt::format("{}: {} released{}, key {}{}{}", at, files, by.empty() ? "" : " by " + by,
                       release.signer, why.empty() ? "" : ": ", why)});
      const bool own = std::ranges::any_of(chains, [&](const VerifiedChain& chain) {
        return chain.version() > 1 && chain.domain.empty() && signer_of(chain) == release.signer;
      });
      if (why.empty() && !own && !result.owners.contains(release.signer) &&
          !finder.is_approver(release.signer))
        finder.miss(
            fmt::format("whose key {} is, with which {} was released", release.signer, files));
      result.release_problems.push_back(std::move(why));
    }
  } catch (...) {
    result.findings.push_back({false, caught_error().what()});
  }
}

std::vector<Finding> erasure_findings(const std::string& folder,
                                      const std::vector<VerifiedChain>& chains) {
  std::vector<Finding> findings;
  try {
    const std::vector<LogEntry> erasures = read_log(folder, erasures_log);
    for (std::size_t i = 0; i < erasures.size(); ++i) {
      const LogEntry& erasure = erasures[i];
      std::string why = "is about a model that was not trained here";
      for (const VerifiedChain& chain : chains)
        if (chain.version() > 1 && chain.domain.empty() && chain.stage.is_training() &&
            chain.found.statements.back().subject_sha256 == erasure.subject_sha256)
          why = signer_of(chain) == erasure.signer ? "" : "by another key than the training's";
      findings.push_back(
          {why.empty(),
           fmt::format("{}:{}: forgotten in favour of model {}{}{}", erasures_log.file, i + 1,
                       json_member<std::string>(erasure.said, "replacement", erasures_log.file,
                                                ExitCode::integrity),
                       why.empty() ? "" : ": ", why)});
    }
  } catch (...) {
    findings.push_back({false, caught_error().what()});
  }
  return findings;
}

}  // namespace bailiwick
