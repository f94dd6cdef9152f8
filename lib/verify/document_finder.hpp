// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/places.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

/// Finds what the statements of an output folder name, and remembers what nobody could look at.
class DocumentFinder {
 public:
  /// Throws ExitCode::config of a key that cannot be read.
  DocumentFinder(std::string folder, const VerifyOptions& options);

  /// Looks in this part of the folder first: evaluations/NAME/.
  void look_in(const std::string& part) { part_ = part; }

  /// The keys that the auditor has of a domain, or else those that the record names.
  std::vector<PublicKey> keys_of(const DomainInputs& domain);
  /// Whether the auditor says that whoever holds the key of that id may approve.
  bool is_approver(const std::string& key_id) const { return approvers_.contains(key_id); }
  bool has_keys_of(const DomainInputs& domain) const { return keys_.contains(domain.name); }
  /// Throws ExitCode::usage if the auditor has keys of a domain that is not among these.
  void demand_known(const std::set<std::string>& domains) const;
  static std::vector<PublicKey> recorded_keys(const DomainInputs& domain);
  /// Files, if there are any: a policy and a site file by the digests of their payloads, a manifest
  /// and the partition itself by its root.
  std::optional<std::string> policy(const DomainInputs& domain, const Digest& payload) const;
  std::optional<std::string> manifest(const DomainInputs& domain, const std::string& partition,
                                      const Digest& root) const;
  /// The site that the inputs declare, or a signed one; nothing if it is not there or does not
  /// hold.
  std::optional<OpenedSite> site(const SiteInputs& site, const Digest* payload) const;
  std::optional<std::string> site_file(const SiteInputs& site, const Digest& payload) const;
  static PublicKey site_key(const SiteInputs& site);
  std::optional<std::string> partition(const Digest& root);
  /// Why no partition of that name was found by its root.
  std::string why_missing(const std::string& name) const;
  /// As findings name it: from the folder, if it lies there.
  std::string shown(const std::string& file) const;
  bool has_partitions() const { return !folders_.empty(); }

  void miss_rows(const std::string& partition) { rows_.insert(partition); }
  void miss(const std::string& what) { others_.insert(what); }
  /// What was not looked at, in words, and how it would be.
  std::vector<std::string> missed() const;

 private:
  std::optional<std::string> in_record(const std::string& name) const;

  std::string folder_, part_;
  std::vector<std::string> folders_;
  std::map<std::string, std::vector<PublicKey>> keys_;
  std::optional<std::map<std::string, std::string>> found_;  ///< partitions by root
  std::map<std::string, std::string> by_name_;               ///< likewise, by their names
  std::set<std::string> approvers_, strangers_, rows_, others_;
};

}  // namespace bailiwick
