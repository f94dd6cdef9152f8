// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/export/model_facts.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/input_file.hpp"

namespace bailiwick {

namespace {

/// By domain, as the decisions of the session have them.
Json duties_of(const RunToExport& run, const TracedSession& session) {
  Json duties = Json::object();
  for (const auto& [product, file] : run.products(session)) {
    if (run.graph.items()[product.item].kind != ItemKind::decisions) continue;
    const Json decisions = parse_document(read_file(file.path), file.name);
    for (const Json& domain : decisions.value("domains", Json::array()))
      duties[text_of(domain, "domain")] = domain.value("duties", Json::object());
  }
  return duties;
}

std::vector<TrainedPartition> partitions_of(const RunToExport& run, const TracedSession& session) {
  const Json duties = duties_of(run, session);
  std::vector<TrainedPartition> partitions;
  for (const std::size_t used : session.used) {
    const Item& item = run.graph.items()[used];
    if (item.kind != ItemKind::partition) continue;
    TrainedPartition partition;
    partition.domain = item.domain;
    partition.name = item.name;
    partition.root = item.digest;
    partition.rows = item.rows;
    if (const auto facts = session.domains.find(item.domain); facts != session.domains.end()) {
      partition.jurisdiction = facts->second.jurisdiction;
      partition.owners = facts->second.owners;
    }
    for (const std::size_t other : session.used)
      if (const Item& terms = run.graph.items()[other];
          terms.kind == ItemKind::policy && terms.domain == item.domain)
        partition.policy = terms.uid;
    const Json of = duties.value(item.domain, Json::object());
    partition.attribution = text_of(of, "attribute");
    partition.delete_by = text_of(of, "delete_by");
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

}  // namespace

std::string text_of(const Json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end()) return "";
  return member->is_string() ? member->get<std::string>() : member->dump();
}

ModelFacts model_facts(const RunToExport& run) {
  ModelFacts facts;
  facts.file = run.model();
  facts.statement = run.trained();
  const auto attributes = io::read_checkpoint_attributes(facts.file.path);
  if (const auto said = attributes.find("model"); said != attributes.end())
    facts.description = parse_document(said->second, facts.file.path);
  if (const auto said = attributes.find("converged"); said != attributes.end())
    facts.converged = said->second;
  for (const std::size_t number : run.sessions) {
    const TracedSession& session = run.graph.sessions()[number];
    if (run.graph.chain_of(session).stage->is_training()) facts.training = &session;
    for (const auto& [product, file] : run.products(session)) {
      if (std::filesystem::path(file.name).filename() != "evaluation.json") continue;
      Json json = parse_document(read_file(file.path), file.name);
      const std::string split = text_of(json, "split"), of = text_of(json, "model");
      facts.evaluations.push_back(
          {file.name, std::move(json), split,
           of == facts.statement->subject_content.value_or(Digest()).hex()});
    }
  }
  facts.partitions = partitions_of(run, *facts.training);
  return facts;
}

std::string ModelFacts::kind() const {
  return text_of(description, "kind");
}

std::string ModelFacts::target() const {
  const std::string target = text_of(description, "target");
  return target.empty() ? text_of(description, "time") : target;
}

std::vector<std::string> ModelFacts::features() const {
  std::vector<std::string> names;
  for (const Json& feature : description.value("features", Json::array()))
    if (feature.is_string()) names.push_back(feature.get<std::string>());
  return names;
}

bool ModelFacts::is_classifier() const {
  const std::string loss = text_of(description.value("mlp", Json::object()), "loss");
  constexpr std::array classes = {"logistic",    "probit", "cloglog",      "ordinal",
                                  "multinomial", "binary", "cross_entropy"};
  return std::ranges::find(classes, loss.empty() ? kind() : loss) != classes.end();
}

std::uint64_t ModelFacts::rows() const {
  std::uint64_t total = 0;
  for (const TrainedPartition& partition : partitions)
    total += partition.rows.value_or(0);
  return total;
}

}  // namespace bailiwick
