// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/document_finder.hpp"

#include <filesystem>

#include "io/partition/partition.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/record/signed_documents.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Partitions below a folder, by their roots. Nobody's signature is looked at yet, and what is no
/// manifest is passed over.
void find_partitions(const std::string& folder, std::map<std::string, std::string>& found,
                     std::map<std::string, std::string>& by_name) {
  constexpr std::string_view end = ".manifest.json";
  for (const auto& entry :
       fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
    std::string path = entry.path().string();
    if (!path.ends_with(end) || !entry.is_regular_file()) continue;
    const std::string partition = path.substr(0, path.size() - end.size()) + ".h5";
    if (!fs::exists(partition)) continue;
    try {
      const PartitionManifest manifest = io::unverified_manifest(path);
      found.emplace(manifest.root.hex(), partition);
      by_name.emplace(manifest.name, partition);
    } catch (const Error&) {
    }
  }
}

}  // namespace

DocumentFinder::DocumentFinder(std::string folder, const VerifyOptions& options)
    : folder_(std::move(folder)), folders_(options.partitions) {
  for (const auto& [domain, paths] : options.owner_keys)
    keys_.emplace(domain, load_public_keys(paths));
  for (const PublicKey& key : load_public_keys(options.approver_keys))
    approvers_.insert(key.id());
}

std::vector<PublicKey> DocumentFinder::keys_of(const DomainInputs& domain) {
  if (const auto given = keys_.find(domain.name); given != keys_.end()) return given->second;
  strangers_.insert(domain.name);
  return recorded_keys(domain);
}

void DocumentFinder::demand_known(const std::set<std::string>& domains) const {
  const std::vector<std::string> names(domains.begin(), domains.end());
  for (const auto& [name, keys] : keys_)
    if (!domains.contains(name))
      throw Error(ExitCode::usage, "--owner-key {}: the run has no such domain; it has: {}{}", name,
                  join(names), did_you_mean(name, names));
}

std::vector<PublicKey> DocumentFinder::recorded_keys(const DomainInputs& domain) {
  std::vector<PublicKey> keys;
  if (domain.paths) {
    for (const std::string& path : domain.paths->keys)
      if (fs::exists(path)) keys.push_back(PublicKey::load(path));
  } else {
    for (const std::string& pem : domain.public_keys)
      keys.push_back(PublicKey::from_pem(pem, "a key of domain " + domain.name));
  }
  return keys;
}

/// What stays with a domain lies two folders down in that of the run, which has the documents.
std::optional<std::string> DocumentFinder::in_record(const std::string& name) const {
  for (const fs::path& place :
       {fs::path(folder_) / part_, fs::path(folder_), fs::path(folder_) / ".." / ".."})
    if (const fs::path file = (place / name).lexically_normal(); fs::is_regular_file(file))
      return file.string();
  return {};
}

std::string DocumentFinder::shown(const std::string& file) const {
  const fs::path within = fs::path(file).lexically_proximate(folder_);
  return within.empty() || *within.begin() == ".." ? file : within.string();
}

std::optional<std::string> DocumentFinder::policy(const DomainInputs& domain,
                                                  const Digest& payload) const {
  if (!domain.paths) return in_record(policy_document(domain.name, payload));
  if (fs::exists(domain.paths->policy)) return domain.paths->policy;
  return {};
}

std::optional<std::string> DocumentFinder::manifest(const DomainInputs& domain,
                                                    const std::string& partition,
                                                    const Digest& root) const {
  return in_record(manifest_document(domain.name, partition, root));
}

std::optional<std::string> DocumentFinder::site_file(const SiteInputs& site,
                                                     const Digest& payload) const {
  if (!site.paths) return in_record(site_document(payload));
  if (fs::exists(site.paths->policy)) return site.paths->policy;
  return {};
}

PublicKey DocumentFinder::site_key(const SiteInputs& site) {
  return site.paths ? PublicKey::load(site.paths->keys.at(0))
                    : PublicKey::from_pem(site.public_key, "the site's key");
}

std::optional<OpenedSite> DocumentFinder::site(const SiteInputs& site,
                                               const Digest* payload) const {
  if (!site.is_signed) return OpenedSite{site.declared, "", {}};
  if (payload == nullptr) return {};
  try {
    if (const auto file = site_file(site, *payload)) return open_site(*file, site_key(site));
  } catch (const Error&) {  // told where the file itself is looked at
  }
  return {};
}

std::optional<std::string> DocumentFinder::partition(const Digest& root) {
  if (!found_) {
    found_.emplace();
    for (const std::string& folder : folders_) {
      if (!fs::is_directory(folder))
        throw Error(ExitCode::data,
                    "{}: is no folder; --partitions takes one that holds partitions", folder);
      find_partitions(folder, *found_, by_name_);
    }
  }
  const auto found = found_->find(root.hex());
  return found == found_->end() ? std::nullopt : std::optional(found->second);
}

std::string DocumentFinder::why_missing(const std::string& name) const {
  const auto other = by_name_.find(name);
  return other == by_name_.end()
             ? "is not in the folders of --partitions"
             : fmt::format("{} has other rows: its root is another", other->second);
}

std::vector<std::string> DocumentFinder::missed() const {
  const auto words = [](const std::set<std::string>& all) {
    std::vector<std::string> names(all.begin(), all.end());
    const std::size_t more = names.size() > 6 ? names.size() - 5 : 0;
    names.resize(names.size() - more);
    return join(names) + (more > 0 ? fmt::format(" and {} more", more) : "");
  };
  std::vector<std::string> missed(others_.begin(), others_.end());
  if (!strangers_.empty())
    missed.push_back(fmt::format(
        "whether the keys that the record names are those of {} (--owner-key NAME=FILE)",
        words(strangers_)));
  if (!rows_.empty())
    missed.push_back(fmt::format("the rows of partitions {} (--partitions FOLDER)", words(rows_)));
  missed.emplace_back("whether these rows give this model and these numbers (reproduce)");
  missed.emplace_back("whether the policies were those in force (their owners know)");
  return missed;
}

}  // namespace bailiwick
