// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/facts.hpp"
#include "lib/core/json.hpp"
#include "lib/policy/policy.hpp"
#include "lib/run/documents.hpp"

namespace bailiwick {

std::uint64_t DomainFacts::rows() const {
  std::uint64_t total = 0;
  for (const Partition& partition : partitions)
    total += partition.rows;
  return total;
}

std::uint64_t DomainFacts::rows_to_train() const {
  std::uint64_t total = 0;
  for (const Partition& partition : partitions)
    total += partition.rows_to_train;
  return total;
}

DomainFacts facts_of(const Documents& documents, const std::string& train_split) {
  const Policy& policy = documents.policy;
  DomainFacts facts;
  facts.policy = documents.policy_digest;
  facts.policy_uid = policy.uid;
  facts.policy_serial = policy.serial;
  for (const PublicKey& key : documents.keys)
    facts.public_keys.push_back(key.pem());
  facts.owners = documents.owners;
  facts.limits_partners = !policy.partners.empty() || !policy.trust.empty();
  facts.minimum_partner_rows = policy.minimum_partner_rows;
  facts.minimum_contributors = policy.minimum_contributors;
  facts.minimum_parties = policy.minimum_parties;
  facts.two_parties = policy.allow.two_parties;
  facts.maximum_runs = policy.maximum_runs;
  facts.colluders = policy.privacy.colluders;
  facts.duties = policy.duties;
  facts.schema = documents.manifests.front().schema;
  for (const PartitionManifest& manifest : documents.manifests)
    facts.partitions.push_back({manifest.name, manifest.rows, manifest.root,
                                manifest.rows_of(train_split), manifest.blocks()});
  return facts;
}

Json to_json(const DomainFacts& facts) {
  Json partitions = Json::array();
  for (const DomainFacts::Partition& partition : facts.partitions)
    partitions.push_back({{"name", partition.name},
                          {"rows", partition.rows},
                          {"root", partition.root.hex()},
                          {"rows to train", partition.rows_to_train},
                          {"blocks", partition.blocks}});
  return {{"policy", facts.policy.hex()},
          {"uid", facts.policy_uid},
          {"serial", facts.policy_serial},
          {"public keys", facts.public_keys},
          {"owners", facts.owners},
          {"limits partners", facts.limits_partners},
          {"partner rows", facts.minimum_partner_rows},
          {"contributors", facts.minimum_contributors},
          {"parties", facts.minimum_parties},
          {"two parties", facts.two_parties},
          {"runs", facts.maximum_runs},
          {"colluders", facts.colluders ? Json(*facts.colluders) : Json()},
          {"attribute", facts.duties.attribute},
          {"inform", facts.duties.inform},
          {"delete_by", facts.duties.delete_by},
          {"approved_by", facts.duties.approved_by},
          {"schema", to_json(facts.schema)},
          {"schema version", facts.schema.version()},
          {"partitions", partitions}};
}

DomainFacts facts_from_json(const Json& json) {
  DomainFacts facts;
  facts.policy = Digest::from_hex(json.at("policy").get<std::string>());
  facts.policy_uid = json.at("uid");
  facts.policy_serial = json.at("serial");
  facts.public_keys = json.at("public keys").get<std::vector<std::string>>();
  facts.owners = json.at("owners").get<std::vector<std::string>>();
  facts.limits_partners = json.at("limits partners");
  facts.minimum_partner_rows = json.at("partner rows");
  facts.minimum_contributors = json.at("contributors");
  facts.minimum_parties = json.at("parties");
  facts.two_parties = json.at("two parties");
  facts.maximum_runs = json.at("runs");
  if (!json.at("colluders").is_null()) facts.colluders = json.at("colluders").get<std::uint64_t>();
  facts.duties = {json.at("attribute"), json.at("inform"), json.at("delete_by"),
                  json.at("approved_by").get<std::vector<std::string>>()};
  facts.schema = schema_from_json(json.at("schema"), "facts", json.at("schema version"));
  for (const Json& partition : json.at("partitions"))
    facts.partitions.push_back({partition.at("name"), partition.at("rows"),
                                Digest::from_hex(partition.at("root").get<std::string>()),
                                partition.at("rows to train"), partition.at("blocks")});
  return facts;
}

}  // namespace bailiwick
