// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/owner/registry.hpp"

#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/input_file.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

int registry_publish(const std::vector<std::string>& words) {
  Options options("registry publish POLICY [options]",
                  "Puts a signed policy in force in the folder that it names as `registry`, in\n"
                  "place of one with a lower serial number.",
                  "docs/registry.md");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "the owner's public key; may be given again");
  if (!options.parse(words)) return 0;
  const std::string path = options.text("POLICY"), bytes = read_file(path, document::policy);
  std::vector<PublicKey> keys;
  for (const std::string& key : options.list("key"))
    keys.push_back(PublicKey::load(key));
  const std::string payload = open_envelope(envelope_from_json(bytes, path, ExitCode::policy),
                                            policy_type, keys, path, ExitCode::policy);
  const Policy policy = policy_from_odrl(parse_document(payload, path, ExitCode::policy), path);
  if (policy.registry.empty())
    throw Error(ExitCode::policy, "{}: names no registry: say where with `registry`, and `serial`",
                path);
  const Registry registry(policy.registry);
  registry.publish(bytes, policy, keys);
  std::cout << fmt::format("in force: {}, serial {}\n  {}\n", policy.uid, policy.serial,
                           registry.current_policy());
  return 0;
}

namespace {

/// A digest, or that of what a model or checkpoint holds.
Digest digest_of(const std::string& text) {
  if (std::filesystem::exists(io::manifest_path(text)))
    throw Error(
        ExitCode::usage,
        "{}: is a partition; give the digest of its root, which `bailiwick inspect {}` shows", text,
        text);
  return std::filesystem::exists(text) ? io::content_digest(text) : Digest::from_hex(text);
}

}  // namespace

int registry_withdraw(const std::vector<std::string>& words) {
  Options options(
      "registry withdraw FOLDER WHAT [options]",
      "Says in an owner's registry that nobody may use WHAT any more: a model or\n"
      "checkpoint (its file), or the digest of one, of a policy, or of a partition's root.",
      "docs/registry.md");
  options.add()("reason", po::value<std::string>()->required(), "why, for people");
  if (!options.parse(words)) return 0;
  const Registry registry(options.text("FOLDER"));
  const Digest what = digest_of(options.text("WHAT"));
  registry.withdraw(what, options.text("reason"));
  std::cout << fmt::format("withdrawn: {}\n  {}\n", what.hex(), registry.withdrawn());
  return 0;
}

}  // namespace bailiwick
