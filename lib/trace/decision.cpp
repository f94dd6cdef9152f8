// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/trace/decision.hpp"

#include <algorithm>

#include "lib/lineage/approval.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

namespace {

bool is_given(const std::string& id, std::span<const PublicKey> keys) {
  return std::ranges::any_of(keys, [&](const PublicKey& key) { return key.id() == id; });
}

/// Of a version, as the i-th line about its name says.
FoundDecision state_of(const ModelHistory& history, const ModelVersion& version, std::size_t i,
                       std::span<const PublicKey> keys) {
  const ModelStateChange& change = history.changes[i];
  FoundDecision decision;
  decision.word = to_word(change.version == version.name ? change.state : ModelState::retired);
  decision.about = fmt::format("{}, version {}", history.folder, version.name);
  decision.time = change.entry.time;
  decision.by = change.by;
  decision.reason = change.why;
  decision.at = fmt::format("{}/{}:{}", history.folder, model_states_log.file, i + 1);
  decision.key = change.entry.signer;
  decision.known = is_given(decision.key, keys);
  decision.content = version.content;
  return decision;
}

}  // namespace

bool FoundDecision::is_about(const Statement& statement) const {
  if (content) return statement.subject_content == content;
  if (about != intent_subject) return statement.subject_sha256 == sha256;
  const Artefact* intent = find_dependency(statement, dependency::intent);
  return intent != nullptr && intent->sha256 == sha256;
}

std::vector<FoundDecision> approvals_in(const std::string& folder,
                                        std::span<const PublicKey> keys) {
  std::vector<FoundDecision> decisions;
  for (const Approval& approval : read_approvals(folder)) {
    FoundDecision& decision = decisions.emplace_back();
    decision.word = to_word(approval.ruling);
    decision.about = approval.entry.subject;
    decision.time = approval.entry.time;
    decision.by = approval.by;
    decision.reason = approval.reason;
    decision.at = fmt::format("{}/{}:{}", folder, approvals_log.file, decisions.size());
    decision.key = approval.entry.signer;
    decision.known = is_given(decision.key, keys);
    decision.sha256 = approval.entry.subject_sha256;
  }
  return decisions;
}

std::vector<FoundDecision> deployments_in(const std::string& registry,
                                          std::span<const PublicKey> keys) {
  std::vector<FoundDecision> decisions;
  const ModelRegistry read = read_model_registry(registry);
  for (const std::string& name : names_in_registry(registry)) {
    const ModelHistory history = read_model_history(read, name);
    for (std::size_t i = 0; i < history.changes.size(); ++i)
      for (const std::string* version : {&history.changes[i].retires, &history.changes[i].version})
        if (const ModelVersion* found = history.find(*version))
          decisions.push_back(state_of(history, *found, i, keys));
  }
  return decisions;
}

}  // namespace bailiwick
