// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/release/check_bundle.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/disclosure/output_check.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/release/bundle.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

std::set<std::string> ids_of(const std::vector<PublicKey>& keys) {
  std::set<std::string> ids;
  for (const PublicKey& key : keys)
    ids.insert(key.id());
  return ids;
}

/// The one line of the manifest, which one of the keys signed.
LogEntry read_manifest(const std::string& bundle, const std::set<std::string>& keys) {
  const std::string path = bundle + "/" + manifest_file;
  if (!is_taken(path))
    throw Error(ExitCode::integrity,
                "{}: holds no {}; is it what `bailiwick release --to` made, and whole?", bundle,
                manifest_file);
  if (fs::is_symlink(path)) throw Error(ExitCode::integrity, "{}: is a link", path);
  const std::string text = read_file(path, document::lineage);
  if (text.find('\n') != text.size() - 1)
    throw Error(ExitCode::integrity, "{}: is not one line that ends", path);
  LogEntry manifest = read_log_line(text.substr(0, text.size() - 1), path, releases_log);
  if (!keys.contains(manifest.signer))
    throw Error(ExitCode::integrity, "{}: is signed by key {}, which is none of those given", path,
                manifest.signer);
  return manifest;
}

class BundleReader {
 public:
  BundleReader(std::string bundle, const std::vector<std::string>& keys,
               const std::vector<std::string>& approver_keys)
      : bundle_(std::move(bundle)),
        keys_(ids_of(load_public_keys(keys))),
        approvers_(ids_of(load_public_keys(approver_keys))),
        manifest_(read_manifest(bundle_, keys_)),
        said_(manifest_.said) {}

  BundleFindings read() && {
    say(true,
        fmt::format("{}: signed on {} by key {}", manifest_file, manifest_.time, manifest_.signer));
    for (const Json& file : list(said_, "files"))
      look_at_file(file);
    look_at("", sums_file, [&] {
      const BundledFile sums = there(sums_file);
      return manifest_.subject == sums_file && manifest_.subject_sha256 == sums.sha256 &&
             sha256(sums_text(listed_)) == sums.sha256;
    });
    look_for_others();
    read_evidence();
    for (const Json& file : list(said_, "files"))
      if (text(file, "kind") == "result") look_at_result(file);
    missed_.emplace_back(
        "whether any of it was withdrawn or refused since, which the folder that it was made of "
        "knows");
    return {std::move(findings_), std::move(missed_), said_};
  }

 private:
  std::string text(const Json& json, const char* member) const {
    return json_member<std::string>(json, member, manifest_file, ExitCode::integrity);
  }
  std::vector<Json> list(const Json& json, const char* member) const {
    return json_member<std::vector<Json>>(json, member, manifest_file, ExitCode::integrity);
  }

  void say(bool holds, const std::string& what) { findings_.push_back({holds, printable(what)}); }

  /// Runs one look; what throws does not hold.
  template <class Look>
  void look_at(const std::string& what, const std::string& file, const Look& look) {
    const std::string name = what.empty() ? file : file + ": " + what;
    try {
      say(look(), name);
      if (!findings_.back().holds) findings_.back().what += ": is not as it was signed";
    } catch (...) {
      say(false, name + ": " + caught_error().what());
    }
  }

  BundledFile there(const std::string& name) const {
    const fs::path path = fs::path(bundle_) / name;
    if (!is_taken(path.string())) throw Error(ExitCode::integrity, "is not there");
    if (fs::is_symlink(path) || !fs::is_regular_file(path))
      throw Error(ExitCode::integrity, "is no file");
    return {sha256_file(path.string()), fs::file_size(path)};
  }

  void look_at_file(const Json& file) {
    const std::string name = text(file, "file");
    if (!is_plain_name(name) || name == sums_file || name == manifest_file ||
        listed_.contains(name))
      return say(false, name + ": is no name that a bundle can list, or listed twice");
    const auto digest = text(file, "sha256");
    const auto size = json_member<std::uint64_t>(file, "size", manifest_file, ExitCode::integrity);
    look_at("", name, [&] {
      listed_[name] = {Digest::from_hex(digest), size};
      const BundledFile found = there(name);
      return found.sha256 == listed_[name].sha256 && found.size == size;
    });
  }

  /// What the manifest does not list is no part of what was released.
  void look_for_others() {
    std::set<std::string> folders;
    for (const auto& [name, file] : listed_)
      for (fs::path above = fs::path(name).parent_path(); !above.empty();
           above = above.parent_path())
        folders.insert(above.generic_string());
    for (const auto& entry : fs::recursive_directory_iterator(bundle_)) {
      const std::string name = entry.path().lexically_relative(bundle_).generic_string();
      const bool folder = entry.is_directory() && !entry.is_symlink();
      if (folder ? folders.contains(name)
                 : listed_.contains(name) || name == sums_file || name == manifest_file)
        continue;
      say(false, fmt::format("{}: is not listed in {}", name, manifest_file));
    }
  }

  /// The check and the approvals, each by its digest.
  void read_evidence() {
    if (!listed_.contains(evidence_file)) return;
    look_at("check and approvals", evidence_file, [&] {
      std::istringstream lines(read_file(bundle_ + "/" + evidence_file, document::lineage));
      std::string line;
      for (std::size_t i = 1; std::getline(lines, line); ++i) {
        const std::string at = fmt::format("{}:{}", evidence_file, i);
        const std::string check = text(said_.at("check"), "digest");
        std::optional<LogEntry> entry;
        try {
          entry = read_log_line(line, at, checks_log);
        } catch (const Error&) {  // then it is an approval, or nothing
        }
        if (entry && entry->digest.hex() == check)
          check_ = std::move(entry);
        else
          approvals_.push_back(approval_of(read_log_line(line, at, approvals_log), at));
      }
      return true;
    });
  }

  /// The end of its chain, and who signed that.
  std::string signer_of_chain(const std::string& name, const Digest& sha256, const Json& file) {
    std::vector<PublicKey> signers;
    for (const Json& pem : list(said_, "signers"))
      signers.push_back(PublicKey::from_pem(pem.get<std::string>(), manifest_file));
    const std::string chain = text(file, "chain");
    if (!listed_.contains(chain)) throw Error(ExitCode::integrity, "its chain is not listed");
    const std::vector<Statement> statements = read_statements(bundle_ + "/" + chain, signers);
    const Statement& end = statements.back();
    if (!end.final_count || end.subject_sha256 != sha256 ||
        end.subject_name != fs::path(name).filename() ||
        fs::path(name).parent_path() != fs::path(chain).parent_path())
      throw Error(ExitCode::integrity, "{} does not end with it", chain);
    return end.internal_parameters.value("signer", "");
  }

  void look_at_result(const Json& file) {
    const std::string name = text(file, "file");
    if (!listed_.contains(name)) return;  // which was said
    const Digest sha256 = listed_.at(name).sha256;
    std::string signer;
    look_at("the end of its chain", name, [&] {
      signer = signer_of_chain(name, sha256, file);
      if (!keys_.contains(signer))
        miss(fmt::format("whose key {} is, with which the run was signed (--key)", signer));
      return true;
    });
    look_at("what the check says of it", name, [&] { return is_judged(file, sha256, signer); });
  }

  void demand_second_person(const std::string& key, const std::string& signer) const {
    if (key == signer)
      throw Error(ExitCode::integrity, "by the key that signed it: a second person decides");
  }

  bool is_judged(const Json& file, const Digest& sha256, const std::string& signer) {
    const std::string name = text(file, "file"), verdict = text(file, "verdict");
    const Json check = json_member<Json>(said_, "check", manifest_file, ExitCode::integrity);
    const std::string key = text(check, "key");
    demand_second_person(key, signer);
    vouch(key, "the outputs were checked");
    if (check_) {
      demand_second_person(check_->signer, signer);
      const std::vector<Json> artefacts = list(check_->said, "artefacts");
      if (check_->signer != key || std::ranges::none_of(artefacts, [&](const Json& artefact) {
            return text(artefact, "file") == name && text(artefact, "sha256") == sha256.hex();
          }))
        throw Error(ExitCode::integrity, "the check is not about it");
      if (to_word(verdict_on(check_->said, name, text(file, "chain"))) != verdict)
        throw Error(ExitCode::integrity, "the check says another thing than \"{}\"", verdict);
    } else {
      if (check.value("enclosed", true)) throw Error(ExitCode::integrity, "the check is not there");
      miss("what the check said, which is not enclosed: it tells of files that stayed");
    }
    if (verdict == to_word(OutputVerdict::pass)) return true;
    const auto accepted = std::ranges::find_if(approvals_, [&](const Approval& approval) {
      return approval.entry.subject == name && approval.entry.subject_sha256 == sha256 &&
             approval.ruling == Ruling::approved && approval.check == text(check, "digest");
    });
    if (accepted == approvals_.end())
      throw Error(ExitCode::integrity, "the check says {}, and nobody has accepted that", verdict);
    demand_second_person(accepted->entry.signer, signer);
    vouch(accepted->entry.signer, name + " was approved");
    return true;
  }

  void vouch(const std::string& key, const std::string& what) {
    if (!approvers_.contains(key))
      miss(fmt::format("whose key {} is, with which {} (--approver-key)", key, what));
  }

  void miss(const std::string& what) {
    if (const std::string shown = printable(what);
        std::ranges::find(missed_, shown) == missed_.end())
      missed_.push_back(shown);
  }

  std::string bundle_;
  std::set<std::string> keys_, approvers_;
  LogEntry manifest_;
  const Json& said_;
  std::map<std::string, BundledFile> listed_;
  std::optional<LogEntry> check_;
  std::vector<Approval> approvals_;
  std::vector<Finding> findings_;
  std::vector<std::string> missed_;
};

}  // namespace

bool BundleFindings::hold() const {
  return std::ranges::all_of(findings, &Finding::holds);
}

std::string BundleFindings::text() const {
  std::string text;
  for (const Finding& finding : findings)
    text += fmt::format("{}{}\n", finding.holds ? "ok  " : "NO  ", finding.what);
  return text + fmt::format("{} of {} findings hold: {}\nNot looked at: {}\n",
                            std::ranges::count(findings, true, &Finding::holds), findings.size(),
                            hold() ? "verified" : "NOT VERIFIED", join(missed, "; "));
}

Json BundleFindings::json() const {
  Json list = Json::array();
  for (const Finding& finding : findings)
    list.push_back({{"holds", finding.holds}, {"what", finding.what}});
  return {{"verified", hold()}, {"findings", list}, {"release", said}, {"not_looked_at", missed}};
}

BundleFindings check_bundle(const std::string& bundle, const std::vector<std::string>& keys,
                            const std::vector<std::string>& approver_keys) {
  if (!fs::is_directory(bundle))
    throw Error(ExitCode::data, "{}: is no folder that `bailiwick release --to` made", bundle);
  return BundleReader(bundle, keys, approver_keys).read();
}

}  // namespace bailiwick
