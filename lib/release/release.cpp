// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/release/release.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/release/bundle.hpp"
#include "lib/release/checked_run.hpp"
#include "lib/release/evidence.hpp"
#include "lib/release/gate.hpp"
#include "lib/review/review.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// What a check says with examples it says of numbers: those of files that stay must stay too.
bool may_be_enclosed(const LogEntry& check, const std::vector<Leaving>& leaving) {
  for (const Json& one : fact_list(check.said, "checks")) {
    const std::string artefact = fact_text(one, "artefact");
    if (fact_list(one, "examples").empty() || artefact == other_files) continue;
    if (std::ranges::none_of(leaving, [&](const Leaving& result) {
          return result.file == artefact || result.record->chain_name() == artefact;
        }))
      return false;
  }
  return true;
}

/// Of a log, the lines of those digests as they are written.
std::string lines_of(const std::string& folder, const SignedLog& log,
                     const std::set<Digest>& digests) {
  std::string text;
  for (const std::string& line : log_lines(folder, log))
    if (digests.contains(read_log_line(line, log.file, log).digest)) text += line + "\n";
  return text;
}

std::string evidence_text(const std::string& folder, const LogEntry& check, bool enclosed,
                          const std::vector<Leaving>& leaving) {
  std::set<Digest> approvals;
  for (const Leaving& result : leaving)
    for (const Approval& approval : result.approvals)
      approvals.insert(approval.entry.digest);
  return (enclosed ? lines_of(folder, checks_log, {check.digest}) : "") +
         lines_of(folder, approvals_log, approvals);
}

/// What policies ask of whoever has the results, by domain.
Json duties_json(const std::vector<Leaving>& leaving) {
  Json duties = Json::array();
  for (const Leaving& result : leaving)
    for (const Json& domain : fact_list(result.record->decisions, "domains"))
      if (const Json& owed = fact_list(domain, "duties"); !owed.empty()) {
        Json one = {{"domain", fact_text(domain, "domain")}, {"duties", owed}};
        if (std::ranges::find(duties, one) == duties.end()) duties.push_back(std::move(one));
      }
  return duties;
}

/// The keys with which the chains can be read, of those that were given.
Json signers_json(const ReleaseRequest& request, const std::vector<Leaving>& leaving) {
  Json signers = Json::array();
  for (const PublicKey& key : load_public_keys(request.verification.keys))
    if (std::ranges::any_of(
            leaving, [&](const Leaving& result) { return result.record->signer == key.id(); }))
      signers.push_back(key.pem());
  return signers;
}

Json files_json(const Bundle& bundle, const std::vector<Leaving>& leaving) {
  Json files = Json::array();
  for (const auto& [name, file] : bundle.files()) {
    if (name == sums_file) continue;  // what it is about
    Json one = {{"file", name},
                {"size", file.size},
                {"sha256", file.sha256.hex()},
                {"kind", name == evidence_file ? "evidence" : "chain"}};
    const auto result = std::ranges::find(leaving, name, &Leaving::file);
    if (result != leaving.end())
      one.update({{"kind", "result"},
                  {"verdict", to_word(result->verdict)},
                  {"chain", result->record->chain_name()}});
    files.push_back(std::move(one));
  }
  return files;
}

/// Fills the bundle but for its manifest.
void fill(Bundle& bundle, const RunFolder& folder, const LogEntry& check, bool enclosed,
          const std::vector<Leaving>& leaving) {
  for (const Leaving& result : leaving) {
    bundle.copy(folder.path + "/" + result.file, result.file, result.sha256);
    const std::string chain = result.record->chain_name();
    bundle.copy(folder.path + "/" + chain, chain);
  }
  if (const std::string text = evidence_text(folder.path, check, enclosed, leaving); !text.empty())
    bundle.write(evidence_file, text);
  bundle.write(sums_file, sums_text(bundle.files()));
}

}  // namespace

Json release(const ReleaseRequest& request) {
  if (!request.by.empty()) demand_one_line(request.by, "--by");
  const PrivateKey key = PrivateKey::load(request.sign_with);
  if (fs::is_directory(request.folder)) demand_elsewhere(request.bundle, request.folder, "--to");
  const CheckedRun run(request, "so nothing leaves");
  const RunFolder& folder = run.folder;
  const std::vector<Leaving> leaving = what_may_leave(request, folder, run.vouched);
  const std::vector<std::string> recipients = recipients_of(request, leaving);
  const LogEntry& check = folder.checks.back();
  const bool enclosed = may_be_enclosed(check, leaving);
  Bundle bundle(request.bundle);
  fill(bundle, folder, check, enclosed, leaving);
  Json said = {{"run", fact_text(leaving.front().record->inputs, "name")},
               {"purpose", fact_text(leaving.front().record->inputs, "purpose")},
               {"recipients", recipients},
               {"files", files_json(bundle, leaving)},
               {"check", check_json(check, enclosed)},
               {"approvals", approvals_json(leaving)},
               {"duties", duties_json(leaving)},
               {"signers", signers_json(request, leaving)}};
  if (!request.by.empty()) said["by"] = request.by;
  // The line first: better one about a bundle that never was than a bundle that nobody knows of.
  const Digest head = append_to_log(request.folder, releases_log, sums_file,
                                    bundle.files().at(sums_file).sha256, said, key);
  try {
    bundle.write(manifest_file, log_lines(request.folder, releases_log).back() + "\n");
    bundle.publish();
  } catch (...) {
    drop_last(request.folder, releases_log, head);
    throw;
  }
  said["head"] = head.hex();
  return said;
}

std::string release_text(const Json& released) {
  std::string text;
  for (const Json& file : released.at("files"))
    text +=
        fmt::format("{:<8}  {}, {} bytes{}\n", file.at("kind").get<std::string>(),
                    file.at("file").get<std::string>(), file.at("size").get<std::uint64_t>(),
                    file.contains("verdict") ? ", " + file.at("verdict").get<std::string>() : "");
  const Json& check = released.at("check");
  text += fmt::format("checked   by {}, for at least {} rows, {} degrees of freedom\n",
                      fact_text(check, "by"), fact_number(check, "thresholds/count"),
                      fact_number(check, "thresholds/freedom"));
  for (const Json& approval : released.at("approvals"))
    text +=
        fmt::format("accepted  {} by {}: {}\n", approval.at("file").get<std::string>(),
                    approval.at("by").get<std::string>(), approval.at("reason").get<std::string>());
  for (const Json& recipient : released.at("recipients"))
    text += fmt::format("to        {}\n", recipient.get<std::string>());
  if (!check.at("enclosed").get<bool>())
    text += "The check tells of numbers in files that stay, and stays with them.\n";
  return text;
}

}  // namespace bailiwick
