// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "io/h5/library.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/domain/site.hpp"
#include "lib/policy/gate.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/policy.hpp"
#include "lib/policy/policy_yaml.hpp"
#include "lib/policy/purposes.hpp"
#include "lib/run/registry.hpp"

namespace bailiwick {

namespace {

struct OpenedPolicy {
  Policy policy;
  Envelope envelope;
};

OpenedPolicy open_policy(const std::string& path, const std::string& key_path) {
  OpenedPolicy opened;
  opened.envelope = envelope_from_json(read_file(path, document::policy), path, ExitCode::policy);
  std::string payload = opened.envelope.payload;
  if (!key_path.empty()) {
    const PublicKey key = PublicKey::load(key_path);
    payload = open_envelope(opened.envelope, policy_type, {&key, 1}, path, ExitCode::policy);
  }
  opened.policy = policy_from_odrl(parse_document(payload, path, ExitCode::policy), path);
  return opened;
}

int sign(const std::vector<std::string>& words) {
  Options options(
      "policy sign FILE [options]",
      "FILE is the YAML of an owner's terms: it becomes ODRL 2.2, signed, at --output. Or FILE is\n"
      "a partition (HDF5) that another program wrote: its digests are computed and its manifest\n"
      "is signed in the name of --owner, beside it.");
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

int show(const std::vector<std::string>& words) {
  Options options("policy show POLICY [options]",
                  "Prints a signed policy as its owner wrote it, and who signed it.");
  options.add()("key", po::value<std::string>(),
                "the owner's public key: verify the signature too");
  options.add()("json", "print what is signed: ODRL 2.2 as JSON-LD");
  if (!options.parse(words)) return 0;
  const auto [policy, envelope] = open_policy(options.text("POLICY"), options.text("key"));
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

PartitionManifest open_manifest(const std::string& partition, const PublicKey& key) {
  if (!std::filesystem::exists(partition) && !std::filesystem::exists(io::manifest_path(partition)))
    throw Error(ExitCode::data,
                "--partition {}: there is no such file; give the path of a partition, e.g. "
                "partitions/{}.h5",
                partition, std::filesystem::path(partition).stem().string());
  return io::read_manifest(partition, {key});
}

int check(const std::vector<std::string>& words) {
  Options options("policy check POLICY [options]",
                  "Explains, clause by clause, what a signed policy says to a request.");
  options.add()("key", po::value<std::string>()->required(), "the owner's public key");
  options.add()("purpose", po::value<std::string>()->required(), "e.g. dpv:ScientificResearch");
  options.add()(
      "action", po::value<std::vector<std::string>>()->required(),
      "train, evaluate, predict, describe, release_model, release_statistics; may be given again");
  options.add()("place", po::value<std::string>()->required(),
                "jurisdiction of the nodes, e.g. CH");
  options.add()("parties", po::value<std::string>()->required(), "domains in the run");
  options.add()("partition", po::value<std::vector<std::string>>(),
                "partition it is to cover; may be given again");
  options.add()("recipient", po::value<std::vector<std::string>>(),
                "IRI of who is to get the outcome; may be given again");
  options.add()("site-key", po::value<std::string>(), "id of the key that signed the site file");
  options.add()("runs", po::value<std::string>(), "runs admitted before (default 0)");
  options.add()("partner", po::value<std::vector<std::string>>(),
                "id of the key of another owner in the run; may be given again");
  options.add()("kind", po::value<std::string>(), "model.kind of the run");
  options.add()("unmasked", "sums are not to be masked");
  if (!options.parse(words)) return 0;

  const std::string path = options.text("POLICY");
  const Policy policy = open_policy(path, options.text("key")).policy;
  AccessRequest request;
  request.domain = policy.owner;
  for (const std::string& action : options.list("action"))
    request.actions.push_back(action_from_string(action, "--action"));
  request.purpose = options.text("purpose");
  if (!is_purpose(request.purpose))
    throw Error(ExitCode::config, "--purpose: \"{}\" is not {}", request.purpose,
                purpose_form(request.purpose));
  request.now = utc_now();
  request.places = {options.text("place")};
  check_jurisdiction(options.text("place"), "--place");
  request.parties = request.domains = parse_count(options.text("parties"), "--parties");
  request.recipients = options.list("recipient");
  for (const std::string& recipient : request.recipients)
    if (!is_iri(recipient))
      throw Error(ExitCode::config, "--recipient: \"{}\" is not {}", recipient, iri_form);
  request.site_key = options.text("site-key");
  if (options.has("runs")) request.runs = parse_count(options.text("runs"), "--runs");
  const auto asks = [&](Action action) {
    return std::ranges::find(request.actions, action) != request.actions.end();
  };
  request.exact = asks(Action::release_model) || asks(Action::release_statistics);
  request.sums_cross = request.parties > 1 && (asks(Action::train) || asks(Action::evaluate) ||
                                               asks(Action::describe) || asks(Action::attribute));
  request.kind = options.text("kind");
  request.unmasked = request.sums_cross && options.has("unmasked");
  const PublicKey key = PublicKey::load(options.text("key"));
  for (const std::string& partition : options.list("partition"))
    request.partitions.push_back(open_manifest(partition, key));
  for (const std::string& partner : options.list("partner"))
    request.partners.push_back({partner.substr(0, 8), {partner}, ~std::uint64_t{0}});
  request.policy =
      sha256(envelope_from_json(read_file(path), path, ExitCode::policy).payload).hex();
  if (!policy.registry.empty()) request.registry = Registry(policy.registry).look({&key, 1});

  bool admitted = true;
  for (const Clause& clause : explain(policy, request)) {
    std::cout << fmt::format("{:4} {:<24} {}\n", clause.holds ? "ok" : "NO", clause.rule,
                             clause.detail);
    admitted = admitted && clause.holds;
  }
  std::cout << (admitted ? "admitted\n" : "refused\n");
  return static_cast<int>(admitted ? ExitCode::ok : ExitCode::policy);
}

}  // namespace

int command_policy(const Arguments& arguments) {
  const std::string what = arguments.words.empty() ? "--help" : arguments.words.front();
  const std::vector<std::string> rest(arguments.words.begin() + (arguments.words.empty() ? 0 : 1),
                                      arguments.words.end());
  if (what == "sign") return sign(rest);
  if (what == "show") return show(rest);
  if (what == "check") return check(rest);
  if (what != "--help" && what != "-h")
    throw Error(ExitCode::usage, "unknown command \"policy {}\"; there are sign, show and check",
                what);
  std::cout << "usage: bailiwick policy sign|show|check ... [--help]\n";
  return 0;
}

}  // namespace bailiwick
