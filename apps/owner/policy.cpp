// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "apps/owner/policy_check.hpp"
#include "io/h5/library.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/policy/policy.hpp"
#include "lib/policy/policy_yaml.hpp"

namespace bailiwick {

int policy_sign(const std::vector<std::string>& words) {
  Options options(
      "policy sign FILE [options]",
      "FILE is the YAML of an owner's terms: it becomes ODRL 2.2, signed, at --output. Or FILE is\n"
      "a partition (HDF5) that another program wrote: its digests are computed and its manifest\n"
      "is signed in the name of --owner, beside it.",
      "docs/policy.md");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "the owner's private key (PEM); terms: given again, all these owners sign them");
  options.add()("output", po::value<std::string>(), "terms: the signed policy to write");
  options.add()("for", po::value<std::string>(),
                "terms for several owners: the name of the one whose policy it is to be");
  options.add()("owner", po::value<std::string>(), "partitions: who owns the rows");
  options.add()("force", "overwrite an existing policy or manifest");
  if (!options.parse(words)) return 0;
  const std::string path = options.text("FILE"), output = options.text("output");
  std::vector<PrivateKey> keys;
  for (const std::string& key_path : options.list("key"))
    keys.push_back(PrivateKey::load(key_path));

  if (io::is_hdf5(path)) {
    if (keys.size() > 1)
      throw Error(ExitCode::usage, "{}: a partition has one owner; pass one --key", path);
    if (!options.has("owner"))
      throw Error(ExitCode::usage, "{}: name the owner of the rows with --owner", path);
    if (is_taken(io::manifest_path(path)) && !options.has("force"))
      throw Error(ExitCode::data, "{}: exists already; pass --force to replace it",
                  io::manifest_path(path));
    const PartitionManifest manifest =
        io::sign_partition(path, options.text("owner"), keys.front());
    std::cout << fmt::format("signed partition {} of {}: {} rows in {} blocks\n  {}\n  root {}\n",
                             manifest.name, manifest.owner,
                             with_thousands(static_cast<long long>(manifest.rows)),
                             manifest.blocks(), io::manifest_path(path), manifest.root.hex());
    return 0;
  }

  if (output.empty())
    throw Error(ExitCode::usage, "{}: say where to write the signed policy with --output", path);
  if (is_taken(output) && !options.has("force"))
    throw Error(ExitCode::data, "{}: exists already; pass --force to replace it", output);
  const Policy policy =
      parse_policy_yaml(read_file(path, document::config), path, options.text("for"));
  const std::string payload = to_odrl(policy).dump();
  parse_document(payload, path, ExitCode::config);  // as its readers will
  create_folders(std::filesystem::path(output).parent_path().string());
  Envelope envelope = sign_envelope(policy_type, payload, keys.front());
  for (const PrivateKey& key : keys)
    add_signature(envelope, key);
  write_file_atomically(output, to_json_line(envelope) + "\n");
  std::cout << fmt::format("signed policy {} of {}\n  {}\n  digest {}\n", policy.uid, policy.owner,
                           output, sha256(payload).hex());
  return 0;
}

int policy_show(const std::vector<std::string>& words) {
  Options options("policy show POLICY [options]",
                  "Prints a signed policy as its owner wrote it, and who signed it.",
                  "docs/policy.md");
  options.add()("key", po::value<std::string>(),
                "the owner's public key: verify the signature too");
  options.add()("json", "print what is signed: ODRL 2.2 as JSON-LD");
  if (!options.parse(words)) return 0;
  const auto [policy, envelope] = read_policy(options.text("POLICY"), options.text("key"));
  if (options.has("json")) {
    std::cout << to_odrl(policy).dump(2) << '\n';
  } else {
    std::cout << "# digest " << sha256(envelope.payload).hex() << '\n';
    const std::string verified =
        options.has("key") ? PublicKey::load(options.text("key")).id() : "";
    for (const Envelope::Signature& signature : envelope.signatures)
      // Whoever made the file chose these names: as JSON they stay on their line.
      std::cout << "# signed by "
                << Json(signature.key_id).dump(-1, ' ', true, Json::error_handler_t::replace)
                << (signature.key_id == verified ? ", verified\n" : ", not verified\n");
    std::cout << to_policy_yaml(policy);
  }
  if (!options.has("key")) std::cerr << "signature not verified: pass --key\n";
  return 0;
}

int policy_profile(const std::vector<std::string>& words) {
  Options options("policy profile",
                  "Prints the terms that Bailiwick adds to ODRL 2.2 for policies, in Turtle.",
                  "docs/policy.md");
  if (options.parse(words)) std::cout << odrl_profile();
  return 0;
}

}  // namespace bailiwick
