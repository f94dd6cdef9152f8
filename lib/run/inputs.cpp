// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/inputs.hpp"

#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/domain/members.hpp"
#include "lib/privacy/json.hpp"

namespace bailiwick {

namespace {

constexpr const char* format = "bailiwick-inputs";
constexpr int format_version = 2;

Json to_json(const SiteInputs& site) {
  if (!site.is_signed) return {{"declared", to_json(site.declared)}};
  return {{"public_key", site.public_key}};
}

SiteInputs site_from_inputs(const Json& json, const std::string& what) {
  SiteInputs site;
  if (json.contains("declared")) {
    site.declared = site_from_json(json.at("declared"), what);
    return site;
  }
  site.is_signed = true;
  site.public_key = json_member<std::string>(json, "public_key", what);
  return site;
}

Json to_json(const DomainInputs& domain) {
  Json json = {{"name", domain.name},
               {"jurisdiction", domain.jurisdiction},
               {"public_keys", domain.public_keys},
               {"partitions", domain.partitions}};
  if (domain.ranks) json["ranks"] = *domain.ranks;
  return json;
}

DomainInputs domain_from_json(const Json& json, const std::string& what) {
  const auto texts = [&](const char* key) {
    return json_member<std::vector<std::string>>(json, key, what);
  };
  DomainInputs domain;
  domain.name = json_member<std::string>(json, "name", what);
  domain.jurisdiction = json_member<std::string>(json, "jurisdiction", what);
  domain.public_keys = texts("public_keys");
  domain.partitions = texts("partitions");
  if (json.contains("ranks")) domain.ranks = json_member<std::vector<int>>(json, "ranks", what);
  return domain;
}

/// Throws ExitCode::config if the config asks for noise, and the stage has no such form.
std::optional<PrivacyInputs> privacy_of(const RunConfig& config, const StageUse& use) {
  if (!config.privacy || !use.crosses) return std::nullopt;
  if (use.noise == nullptr)
    throw Error(
        ExitCode::config,
        "{}: privacy: this stage has no form with noise; leave privacy out of its config, for "
        "owners who allow an exact release",
        config.path);
  const NoisePlan plan = use.noise(config);
  return PrivacyInputs{plan.epsilon, plan.delta, config.privacy->unit_rows, plan.loss()};
}

Json to_json(const PrivacyInputs& privacy) {
  return {{"epsilon", privacy.epsilon},
          {"delta", privacy.delta},
          {"unit_rows", privacy.unit_rows},
          {"loss", to_json(privacy.loss)}};
}

PrivacyInputs privacy_from_json(const Json& json, const std::string& what) {
  check_members(json, {"epsilon", "delta", "unit_rows", "loss"}, what);
  return {json_member<double>(json, "epsilon", what), json_member<double>(json, "delta", what),
          count_member(json, "unit_rows", 1, what),
          loss_from_json(json_member<Json>(json, "loss", what), what)};
}

}  // namespace

std::string given_by(const RunConfig& config, bool training) {
  RunConfig same = config;
  if (training)
    for (Section& section : same.sections)
      section.value = section.type->make();
  return decisive_yaml(same);
}

Inputs inputs_of(const RunConfig& config, const StageUse& use) {
  Inputs inputs;
  inputs.given = given_by(config, use.trains);
  inputs.name = config.name;
  inputs.purpose = config.purpose;
  inputs.recipients = config.recipients;
  inputs.site.declared = config.site.declared;
  inputs.site.is_signed = config.site.file.has_value();
  inputs.masked = config.boundary.secure_aggregation;
  inputs.kind = config.model.kind->name;
  inputs.network = config.model.kind->network;
  inputs.unstratified_survival = config.model.strata == Strata::none;
  inputs.baseline_hazard = config.model.baseline;
  // Of a handful of domains, products of their scores tell each one's.
  inputs.per_domain_statistics =
      use.trains ? config.domains.size() > 1 && config.model.cluster == Cluster::domain
                 : use.per_domain != nullptr && use.per_domain(config);
  inputs.privacy = privacy_of(config, use);
  for (const DomainConfig& domain : config.domains)
    inputs.domains.push_back({domain.name, domain.jurisdiction, {}, {}, domain.ranks});
  return inputs;
}

Json to_json(const Inputs& inputs) {
  Json domains = Json::array();
  for (const DomainInputs& domain : inputs.domains)
    domains.push_back(to_json(domain));
  Json json = {{"format", format},
               {"version", format_version},
               {"identity", sha256(inputs.given).hex()},
               {"given", inputs.given},
               {"name", inputs.name},
               {"purpose", inputs.purpose},
               {"recipients", inputs.recipients},
               {"site", to_json(inputs.site)},
               {"masked", inputs.masked},
               {"kind", inputs.kind},
               {"network", inputs.network},
               {"unstratified_survival", inputs.unstratified_survival},
               {"per_domain_statistics", inputs.per_domain_statistics},
               {"model", inputs.model},
               {"domains", domains}};
  if (inputs.baseline_hazard) json["baseline_hazard"] = true;
  if (inputs.privacy) json["privacy"] = to_json(*inputs.privacy);
  return json;
}

Inputs inputs_from_json(const Json& json, const std::string& what) {
  check_members(json,
                {"format", "version", "identity", "given", "name", "purpose", "recipients", "site",
                 "masked", "kind", "network", "unstratified_survival", "per_domain_statistics",
                 "baseline_hazard", "privacy", "model", "domains"},
                what);
  const auto read = [&]<class T>(const char* key, T& value) {
    value = json_member<T>(json, key, what);
  };
  if (json_member<std::string>(json, "format", what) != format ||
      json_member<int>(json, "version", what) != format_version)
    throw Error(ExitCode::data, "{}: is not \"{}\" of version {}", what, format, format_version);
  Inputs inputs;
  read("given", inputs.given);
  if (json_member<std::string>(json, "identity", what) != sha256(inputs.given).hex())
    throw Error(ExitCode::data, "{}: \"identity\" is not the digest of \"given\"", what);
  read("name", inputs.name);
  read("purpose", inputs.purpose);
  read("recipients", inputs.recipients);
  inputs.site = site_from_inputs(json_member<Json>(json, "site", what), what);
  read("masked", inputs.masked);
  read("kind", inputs.kind);
  read("network", inputs.network);
  read("unstratified_survival", inputs.unstratified_survival);
  read("per_domain_statistics", inputs.per_domain_statistics);
  if (json.contains("baseline_hazard")) read("baseline_hazard", inputs.baseline_hazard);
  if (json.contains("privacy"))
    inputs.privacy = privacy_from_json(json.at("privacy"), what + ": privacy");
  read("model", inputs.model);
  if (!inputs.model.is_object()) throw Error(ExitCode::data, "{}: \"model\" is no object", what);
  for (const Json& domain : json_member<Json>(json, "domains", what))
    inputs.domains.push_back(domain_from_json(domain, what));
  return inputs;
}

}  // namespace bailiwick
