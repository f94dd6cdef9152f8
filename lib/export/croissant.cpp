// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <filesystem>
#include <set>

#include "io/partition/partition.hpp"
#include "lib/core/error.hpp"
#include "lib/core/iri.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/export/formats.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// As Croissant 1.1 prints it, and the prefix of the terms of use.
OrderedJson context() {
  return {{"@language", "en"},
          {"@vocab", "https://schema.org/"},
          {"arrayShape", "cr:arrayShape"},
          {"citeAs", "cr:citeAs"},
          {"column", "cr:column"},
          {"conformsTo", "dct:conformsTo"},
          {"containedIn", "cr:containedIn"},
          {"cr", "http://mlcommons.org/croissant/"},
          {"rai", "http://mlcommons.org/croissant/RAI/"},
          {"data", {{"@id", "cr:data"}, {"@type", "@json"}}},
          {"dataType", {{"@id", "cr:dataType"}, {"@type", "@vocab"}}},
          {"dct", "http://purl.org/dc/terms/"},
          {"description", {{"@container", "@language"}}},
          {"equivalentProperty", "cr:equivalentProperty"},
          {"examples", {{"@id", "cr:examples"}, {"@type", "@json"}}},
          {"extract", "cr:extract"},
          {"field", "cr:field"},
          {"fileProperty", "cr:fileProperty"},
          {"fileObject", "cr:fileObject"},
          {"fileSet", "cr:fileSet"},
          {"format", "cr:format"},
          {"includes", "cr:includes"},
          {"isArray", "cr:isArray"},
          {"isLiveDataset", "cr:isLiveDataset"},
          {"jsonPath", "cr:jsonPath"},
          {"key", "cr:key"},
          {"md5", "cr:md5"},
          {"name", {{"@container", "@language"}}},
          {"odrl", "http://www.w3.org/ns/odrl/2/"},
          {"parentField", "cr:parentField"},
          {"path", "cr:path"},
          {"recordSet", "cr:recordSet"},
          {"references", "cr:references"},
          {"regex", "cr:regex"},
          {"repeated", "cr:repeated"},
          {"replace", "cr:replace"},
          {"samplingRate", "cr:samplingRate"},
          {"sc", "https://schema.org/"},
          {"separator", "cr:separator"},
          {"source", "cr:source"},
          {"subField", "cr:subField"},
          {"transform", "cr:transform"}};
}

/// What ODRL's own context, which lies on the net, says of the terms that policies have.
OrderedJson odrl_context() {
  OrderedJson context = {{"@vocab", "http://www.w3.org/ns/odrl/2/"},
                         {"odrl", "http://www.w3.org/ns/odrl/2/"},
                         {"xsd", "http://www.w3.org/2001/XMLSchema#"},
                         {"vcard", "http://www.w3.org/2006/vcard/ns#"},
                         {"uid", "@id"}};
  for (const char* term : {"profile", "target", "assigner", "assignee", "informedParty"})
    context[term] = {{"@type", "@id"}};
  for (const char* term : {"action", "conflict", "leftOperand", "operator"})
    context[term] = {{"@type", "@vocab"}};
  return context;
}

/// The policy as its owner signed it, readable without the net.
OrderedJson terms_of_use(const Json& policy) {
  OrderedJson local = odrl_context();
  for (const Json& part : policy.value("@context", Json::array()))
    if (part.is_object()) local.update(OrderedJson(part));
  OrderedJson terms = OrderedJson(policy);
  terms["@context"] = OrderedJson::array({nullptr, std::move(local)});
  terms["@type"] = "odrl:Offer";
  return terms;
}

/// A partition that the run used, and the session that says so.
struct DescribedPartition {
  const TracedSession* session = nullptr;
  const Item* item = nullptr;
};

std::vector<DescribedPartition> described_partitions(const RunToExport& run,
                                                     const std::string& domain) {
  std::vector<DescribedPartition> list;
  std::set<Digest> met;
  for (const std::size_t number : run.sessions) {
    const TracedSession& session = run.graph.sessions()[number];
    for (const std::size_t used : session.used) {
      const Item& item = run.graph.items()[used];
      if (item.kind == ItemKind::partition && item.domain == domain &&
          met.insert(item.digest).second)
        list.push_back({&session, &item});
    }
  }
  return list;
}

std::string domain_asked(const RunToExport& run, const std::string& asked) {
  std::vector<std::string> domains;
  for (const Item& item : run.graph.items())
    if (item.kind == ItemKind::partition && !item.domain.empty() &&
        std::ranges::find(domains, item.domain) == domains.end())
      domains.push_back(item.domain);
  if (domains.empty())
    throw Error(ExitCode::data, "{}: no statement says whose its partitions are", run.folder);
  if (asked.empty() && domains.size() == 1) return domains.front();
  if (std::ranges::find(domains, asked) == domains.end())
    throw Error(ExitCode::usage, "croissant: a card is one owner's: --domain NAME, one of {}{}",
                join(domains), asked.empty() ? "" : did_you_mean(asked, domains));
  return asked;
}

/// The HDF5 file with that root, which is read through: a card names no file that is another.
RunFile find_file(const FoundRecords& found, const Item& item) {
  const auto manifest = found.partitions.find(item.digest);
  if (manifest == found.partitions.end())
    throw Error(ExitCode::data,
                "croissant: partition {} of {} (root {}) lies in none of the folders of "
                "--partitions; a card names the SHA-256 of its files, so they must be at hand",
                item.name, item.domain, item.digest.hex());
  std::string path = manifest->second.path;
  path.replace(path.rfind(".manifest.json"), std::string::npos, ".h5");
  io::verify_partition(path, manifest->second.manifest);
  return {fs::path(path).filename().string(), path, sha256_file(path), fs::file_size(path)};
}

/// What a manifest says of its rows.
std::string describe(const PartitionManifest& manifest) {
  std::string text = fmt::format("{} rows", manifest.rows);
  std::vector<std::string> splits;
  for (const std::string& split : manifest.schema.splits)
    splits.push_back(fmt::format("{} in split {}", manifest.rows_of(split), split));
  if (!splits.empty()) text += ", " + join(splits);
  return text + ". Root of their salted digests: " + manifest.root.hex() + ".";
}

OrderedJson columns_of(const Schema& schema) {
  OrderedJson list = OrderedJson::array();
  for (const auto& [role, columns] :
       {std::pair("feature", &schema.features), {"target", &schema.targets}})
    for (const Column& column : *columns) {
      OrderedJson variable = {
          {"@type", "sc:PropertyValue"}, {"name", column.name}, {"measurementTechnique", role}};
      if (!column.description.empty()) variable["description"] = column.description;
      if (!column.unit.empty()) variable["unitText"] = column.unit;
      if (column.minimum) variable["minValue"] = *column.minimum;
      if (column.maximum) variable["maxValue"] = *column.maximum;
      list.push_back(std::move(variable));
    }
  return list;
}

}  // namespace

DataCard croissant(const RunToExport& run, const DataCardRequest& request) {
  const std::string domain = domain_asked(run, request.domain);
  if (request.partitions.empty())
    throw Error(ExitCode::usage,
                "croissant: a card names the SHA-256 of the partitions' files, which lie with "
                "their owner: --partitions FOLDER");
  const FoundRecords found = find_records(request.partitions, {});
  const std::vector<DescribedPartition> used = described_partitions(run, domain);
  const std::string urn = "urn:bailiwick:domain:" + percent_encoded(domain);

  OrderedJson files = OrderedJson::array();
  std::string published, jurisdiction;
  std::uint64_t rows = 0;
  std::set<std::string> names, purposes;
  const Schema* schema = nullptr;
  for (const DescribedPartition& partition : used) {
    const RunFile file = find_file(found, *partition.item);
    const PartitionManifest& manifest = found.partitions.at(partition.item->digest).manifest;
    // Two partitions of one name are two states of it.
    const std::string id = names.insert(manifest.name).second
                               ? manifest.name
                               : manifest.name + "-" + manifest.root.hex().substr(0, 12);
    files.push_back({{"@type", "cr:FileObject"},
                     {"@id", percent_encoded(id)},
                     {"name", file.name},
                     {"description", describe(manifest)},
                     {"contentUrl", percent_encoded(file.name)},
                     {"contentSize", fmt::format("{} B", file.size)},
                     {"encodingFormat", media_type(file.name)},
                     {"sha256", file.sha256.hex()}});
    published = std::max(published, manifest.created);
    rows += manifest.rows;
    schema = &manifest.schema;
    if (const auto facts = partition.session->domains.find(domain);
        facts != partition.session->domains.end())
      jurisdiction = facts->second.jurisdiction;
  }

  OrderedJson terms;
  std::string license =
      request.license.iri().empty() ? request.license.text : request.license.iri();
  const TracedSession& last = *used.back().session;
  for (const std::size_t number : last.used) {
    const Item& item = run.graph.items()[number];
    if (item.kind != ItemKind::policy || item.domain != domain) continue;
    if (const auto policy = run.policy(last, item))
      terms = terms_of_use(*policy);
    else
      terms = {{"@type", "odrl:Offer"}, {"@id", item.uid}};
    if (license.empty()) license = item.uid;
  }

  OrderedJson card = {
      {"@context", context()},
      {"@type", "sc:Dataset"},
      {"name", "Rows of " + domain},
      {"description",
       fmt::format(
           "{} rows in {} file{} of {}{}, as a run of Bailiwick used them. The rows stay with "
           "their owner; what leaves are integer sums over them, under the terms of use "
           "that usageInfo holds.",
           rows, files.size(), files.size() == 1 ? "" : "s", domain,
           jurisdiction.empty() ? "" : ", which lie in " + jurisdiction)},
      {"conformsTo", "http://mlcommons.org/croissant/1.1"},
      {"license", license},
      {"url", request.url.empty() ? urn : request.url},
      {"creator",
       {{"@type", "sc:Organization"},
        {"name", request.creator.empty() ? domain : request.creator}}},
      {"datePublished", published},
      {"usageInfo", terms},
      {"variableMeasured", columns_of(*schema)},
      {"distribution", files},
      {"rai:dataUseCases", fmt::format("Used by this run for the purpose {}.", run.purpose())},
      {"rai:dataLimitations",
       "Rows are not given to anybody: sums over them leave their owner, as the terms of use "
       "allow."}};
  return {"croissant-" + domain + ".json", card.dump(2) + "\n"};
}

}  // namespace bailiwick
