// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/approval.hpp"

namespace bailiwick {

Approval approval_of(LogEntry entry, const std::string& at) {
  const auto text = [&](const char* member) {
    return json_member<std::string>(entry.said, member, at, ExitCode::integrity);
  };
  const auto ruling = from_word<Ruling>(text("ruling"));
  if (!ruling) throw Error(ExitCode::integrity, "{}: rules nothing that is known", at);
  Approval approval{{}, *ruling, text("by"), text("reason"), {}, {}};
  if (entry.said.contains("chain")) {
    approval.chain = text("chain");
    approval.head = text("head");
  }
  if (entry.said.contains("check")) approval.check = text("check");
  approval.entry = std::move(entry);
  return approval;
}

std::vector<Approval> read_approvals(const std::string& folder) {
  std::vector<Approval> approvals;
  for (LogEntry& entry : read_log(folder, approvals_log)) {
    const std::string at =
        fmt::format("{}/{}:{}", folder, approvals_log.file, approvals.size() + 1);
    approvals.push_back(approval_of(std::move(entry), at));
  }
  return approvals;
}

std::optional<Approval> last_approval(const std::vector<Approval>& approvals,
                                      const std::string& subject, const Digest& sha256) {
  std::optional<Approval> last;
  for (const Approval& approval : approvals)
    if (approval.entry.subject == subject && approval.entry.subject_sha256 == sha256)
      last = approval;
  return last;
}

std::optional<Approval> standing_withdrawal(std::span<const Approval> approvals,
                                            const std::string& subject, const Digest& sha256) {
  std::vector<Approval> standing;
  for (const Approval& approval : approvals) {
    if (approval.entry.subject != subject || approval.entry.subject_sha256 != sha256) continue;
    if (approval.ruling == Ruling::withdrawn) standing.push_back(approval);
    if (approval.ruling == Ruling::approved)
      std::erase_if(standing, [&](const Approval& withdrawal) {
        return withdrawal.entry.signer == approval.entry.signer;
      });
  }
  if (standing.empty()) return {};
  return standing.back();
}

std::string withdrawn_words(const Approval& withdrawal) {
  return fmt::format("withdrawn on {} by {}: {}", withdrawal.entry.time, withdrawal.by,
                     withdrawal.reason);
}

Digest append_approval(const std::string& folder, const Approval& approval, const PrivateKey& key) {
  Json said = {
      {"ruling", to_word(approval.ruling)}, {"by", approval.by}, {"reason", approval.reason}};
  if (!approval.chain.empty()) {
    said["chain"] = approval.chain;
    said["head"] = approval.head;
  }
  if (!approval.check.empty()) said["check"] = approval.check;
  return append_to_log(folder, approvals_log, approval.entry.subject, approval.entry.subject_sha256,
                       std::move(said), key);
}

}  // namespace bailiwick
