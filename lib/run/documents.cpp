// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/documents.hpp"

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "io/partition/partition.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/owner/registry.hpp"
#include "lib/run/partition_files.hpp"

namespace bailiwick {

namespace {

/// Where the owner's log of access lies, and what its registry says.
void open_registry(const DomainConfig& domain, std::span<const PublicKey> keys,
                   Documents& documents) {
  documents.access_log = domain.access_log;
  if (documents.policy.registry.empty()) return;
  const Registry registry(documents.policy.registry);
  documents.registry = registry.look(keys);
  documents.access_log = registry.access_log();
  if (domain.access_log && std::filesystem::weakly_canonical(*domain.access_log) !=
                               std::filesystem::weakly_canonical(registry.access_log()))
    documents.registry.problem =
        fmt::format("the config names another access_log, {}; leave it out", *domain.access_log);
}

}  // namespace

SignedPolicy open_policy(const std::string& path, std::span<const PublicKey> keys, ExitCode code) {
  const Envelope envelope = envelope_from_json(read_file(path, document::policy), path, code);
  const std::string payload = open_envelope(envelope, policy_type, keys, path, code);
  SignedPolicy opened{
      policy_from_odrl(parse_document(payload, path, code), path), sha256(payload), {}};
  for (const PublicKey& key : keys)
    if (std::ranges::any_of(envelope.signatures,
                            [&](const auto& signature) { return signature.key_id == key.id(); }))
      opened.owners.push_back(key.id());
  return opened;
}

std::vector<PublicKey> owner_keys(const Documents& documents) {
  std::vector<PublicKey> keys;
  for (const PublicKey& key : documents.keys)
    if (std::ranges::find(documents.owners, key.id()) != documents.owners.end())
      keys.push_back(key);
  return keys;
}

Documents open_documents(const DomainConfig& domain) {
  const std::vector<PublicKey> keys = load_public_keys(domain.keys);
  Documents documents;
  for (const auto& [path, root] : partition_files(domain)) {
    documents.paths.push_back(path);
    documents.manifests.push_back(io::read_manifest(path, keys));
    if (root && documents.manifests.back().root != *root)
      throw Error(ExitCode::integrity,
                  "{}: is another partition than the increment that its owner's log names; was it "
                  "made anew by hand, or put there?",
                  path);
    const Schema &first = documents.manifests.front().schema,
                 &schema = documents.manifests.back().schema;
    if (schema != first)
      throw Error(ExitCode::data, "{}: its schema differs from that of {}: {}", path,
                  documents.paths.front(), describe_difference(schema, first));
  }
  SignedPolicy opened = open_policy(domain.policy, keys);
  // Nobody speaks for another owner: who signed rows must have signed the terms for them.
  documents.keys = keys;
  documents.owners = std::move(opened.owners);
  const std::vector<PublicKey> signers = owner_keys(documents);
  for (const std::string& path : documents.paths)
    try {
      if (signers.size() < keys.size()) io::read_manifest(path, signers);
    } catch (const Error& error) {
      if (error.code() != ExitCode::integrity) throw;  // it could not even be read
      throw Error(ExitCode::policy,
                  "{}: is not signed by the key that signed {}: terms cover the rows of those who "
                  "signed them (policy sign takes --key again for every owner)",
                  domain.policy, io::manifest_path(path));
    }
  documents.policy = std::move(opened.policy);
  documents.policy_digest = opened.digest;
  open_registry(domain, keys, documents);
  return documents;
}

std::vector<std::size_t> owners_of(const std::vector<std::vector<std::string>>& keys) {
  std::vector<std::size_t> owner(keys.size());
  std::iota(owner.begin(), owner.end(), std::size_t{0});
  const auto share = [&](std::size_t a, std::size_t b) {
    return std::ranges::find_first_of(keys[a], keys[b]) != keys[a].end();
  };
  for (std::size_t i = 0; i < keys.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (share(i, j)) {
        const auto [low, high] = std::minmax(owner[i], owner[j]);
        const std::size_t from = high, to = low;
        std::ranges::replace(owner, from, to);
      }
  return owner;
}

}  // namespace bailiwick
