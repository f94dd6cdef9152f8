// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/statement.hpp"
#include "lib/core/json.hpp"

#include <string_view>
#include <tuple>
#include <utility>

namespace bailiwick {

namespace {

constexpr const char* predicate_type = "https://slsa.dev/provenance/v1";
constexpr const char* envelope_media_type = "application/vnd.in-toto.provenance+dsse";
constexpr const char* link_name = "chain/previous";
constexpr const char* source_name = "source";
constexpr const char* content_name = "bailiwickModelV2";

// buildType is base + type + "/v" + version. The IRIs are names: nothing is ever fetched from them.
constexpr std::string_view build_type_base = "https://bailiwick.dev/buildtypes/";

/// A JSON value of the statement and how to name it in messages.
struct Node {
  const Json& json;
  std::string where;

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ExitCode::integrity, "{} {}", where, why);
  }
  const Json* find(const char* key) const {
    if (!json.is_object()) fail("is not an object");
    const auto member = json.find(key);
    return member == json.end() ? nullptr : &*member;
  }
  Node at(const char* key) const {
    const Json* member = find(key);
    if (member == nullptr) fail(fmt::format("has no member \"{}\"", key));
    return {*member, where + "." + key};
  }
  std::string text() const {
    if (!json.is_string()) fail("is not a text");
    return json.get<std::string>();
  }
  std::uint64_t number() const {
    if (!json.is_number_unsigned()) fail("is not a whole number");
    return json.get<std::uint64_t>();
  }
  Digest digest() const {
    const std::string hex = text();
    try {
      const Digest digest = Digest::from_hex(hex);
      if (digest.hex() == hex) return digest;
    } catch (const Error&) {
    }
    fail("is not a SHA-256 of 64 lower-case hexadecimal digits");
  }
  Json object(const char* key) const {
    const Json* member = find(key);
    if (member == nullptr) return Json::object();
    if (!member->is_object()) fail(fmt::format("has a member \"{}\" that is not an object", key));
    return *member;
  }
  std::vector<Node> list(const char* key) const {
    std::vector<Node> nodes;
    const Json* member = find(key);
    if (member == nullptr) return nodes;
    if (!member->is_array()) fail(fmt::format("has a member \"{}\" that is not a list", key));
    for (const Json& element : *member)
      nodes.push_back({element, fmt::format("{}.{}[{}]", where, key, nodes.size())});
    return nodes;
  }
  void demand(const char* key, std::string_view value) const {
    const Node member = at(key);
    if (member.text() != value) member.fail(fmt::format("is not \"{}\"", value));
  }
};

Json artefact_json(const Artefact& artefact) {
  ensure(artefact.name != link_name && artefact.name != source_name,
         "no artefact has a name that the chain keeps for itself");
  Json json = {{"name", artefact.name}, {"digest", {{"sha256", artefact.sha256.hex()}}}};
  if (!artefact.uri.empty()) json["uri"] = artefact.uri;
  if (!artefact.annotations.empty()) json["annotations"] = artefact.annotations;
  return json;
}

Artefact artefact_from(const Node& node) {
  const Json* uri = node.find("uri");
  return {node.at("name").text(), node.at("digest").at("sha256").digest(),
          node.object("annotations"), uri == nullptr ? "" : node.at("uri").text()};
}

/// Type and version.
std::pair<std::string, int> build_type_from(const Node& node) {
  const std::string iri = node.text();
  for (int version = 1; version <= lineage_version; ++version) {
    const std::string end = fmt::format("/v{}", version);
    const std::size_t around = build_type_base.size() + end.size();
    if (iri.size() > around && iri.starts_with(build_type_base) && iri.ends_with(end))
      return {iri.substr(build_type_base.size(), iri.size() - around), version};
  }
  node.fail(fmt::format("is not {}TYPE/v1 or …/v{}; written by a newer Bailiwick?", build_type_base,
                        lineage_version));
}

}  // namespace

Json to_json(const Statement& statement) {
  ensure(statement.previous.has_value() == (statement.sequence > 0),
         "every statement but the first names the one before");

  ensure(statement.subject_sha256 || statement.subject_content, "a subject has a digest");
  Json subject = {{"name", statement.subject_name}};
  if (statement.subject_sha256) subject["digest"]["sha256"] = statement.subject_sha256->hex();
  if (statement.subject_content) subject["digest"][content_name] = statement.subject_content->hex();
  if (statement.final_count) subject["annotations"]["count"] = *statement.final_count;
  if (!statement.removed.empty()) subject["annotations"]["removed"] = statement.removed;

  Json dependencies = Json::array();
  if (statement.previous)
    dependencies.push_back({{"name", link_name},
                            {"digest", {{"sha256", statement.previous->hex()}}},
                            {"mediaType", envelope_media_type},
                            {"annotations", {{"seq", statement.sequence - 1}}}});
  for (const Artefact& artefact : statement.dependencies)
    dependencies.push_back(artefact_json(artefact));
  if (!statement.source_commit.empty())
    dependencies.push_back(
        {{"name", source_name}, {"digest", {{"gitCommit", statement.source_commit}}}});
  Json byproducts = Json::array();
  for (const Artefact& artefact : statement.byproducts)
    byproducts.push_back(artefact_json(artefact));

  return {{"_type", in_toto_type},
          {"subject", Json::array({subject})},
          {"predicateType", predicate_type},
          {"predicate",
           {{"buildDefinition",
             {{"buildType",
               fmt::format("{}{}/v{}", build_type_base, statement.build_type, statement.version)},
              {"externalParameters", statement.external_parameters},
              {"internalParameters", statement.internal_parameters},
              {"resolvedDependencies", dependencies}}},
            {"runDetails",
             {{"builder", {{"id", statement.builder}}},
              {"metadata",
               {{"invocationId", statement.invocation},
                {"startedOn", statement.started},
                {"finishedOn", statement.finished}}},
              {"byproducts", byproducts}}}}}};
}

Statement statement_from_json(const Json& json, const std::string& what) {
  const Node root{json, what + ": statement"};
  root.demand("_type", in_toto_type);
  root.demand("predicateType", predicate_type);

  Statement statement;
  const std::vector<Node> subjects = root.list("subject");
  if (subjects.size() != 1) root.fail(fmt::format("has {} subjects, not 1", subjects.size()));
  const Node& subject = subjects.front();
  statement.subject_name = subject.at("name").text();
  const Node digest = subject.at("digest");
  if (digest.find(content_name) != nullptr)
    statement.subject_content = digest.at(content_name).digest();
  if (!statement.subject_content || digest.find("sha256") != nullptr)
    statement.subject_sha256 = digest.at("sha256").digest();
  const Json annotations = subject.object("annotations");
  if (annotations.contains("count"))
    statement.final_count = subject.at("annotations").at("count").number();
  if (annotations.contains("removed"))
    for (const Node& name : subject.at("annotations").list("removed"))
      statement.removed.push_back(name.text());

  const Node definition = root.at("predicate").at("buildDefinition");
  std::tie(statement.build_type, statement.version) = build_type_from(definition.at("buildType"));
  definition.at("externalParameters");
  statement.external_parameters = definition.object("externalParameters");
  statement.internal_parameters = definition.object("internalParameters");
  for (const Node& node : definition.list("resolvedDependencies")) {
    const Json* name = node.find("name");
    if (name != nullptr && *name == link_name) {
      if (statement.previous) node.fail("is a second link");
      statement.previous = node.at("digest").at("sha256").digest();
      statement.sequence = node.at("annotations").at("seq").number() + 1;
    } else if (name != nullptr && *name == source_name) {
      statement.source_commit = node.at("digest").at("gitCommit").text();
    } else if (name != nullptr && node.at("digest").find("sha256") != nullptr) {
      statement.dependencies.push_back(artefact_from(node));
    }  // in-toto allows dependencies that are named or hashed in other ways
  }

  const Node details = root.at("predicate").at("runDetails");
  statement.builder = details.at("builder").at("id").text();
  const Node metadata = details.at("metadata");
  statement.invocation = metadata.at("invocationId").text();
  statement.started = metadata.at("startedOn").text();
  statement.finished = metadata.at("finishedOn").text();
  for (const Node& node : details.list("byproducts"))
    statement.byproducts.push_back(artefact_from(node));
  return statement;
}

}  // namespace bailiwick
