// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <set>

#include "lib/core/error.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/iri.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/export/formats.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

constexpr const char* process_profile = "https://w3id.org/ro/wfrun/process/0.5";

Json reference(const std::string& id) {
  return {{"@id", id}};
}

/// What RO-Crate wants of a list of one.
Json unpacked(const Json& list) {
  return list.size() == 1 ? list.front() : list;
}

/// Makes the entities of one crate.
class Crate {
 public:
  Crate(const RunToExport& run, const License& license) : run_(run), license_(license) {}

  Json make() {
    Json actions = Json::array();
    for (const std::size_t number : run_.sessions)
      actions.push_back(reference(add_action(number)));
    add_chains();
    add_root(actions);
    Json graph = Json::array({root_.at(0), root_.at(1)});
    for (const auto& [id, entity] : entities_)
      graph.push_back(entity);
    return {{"@context", Json::array({"https://w3id.org/ro/crate/1.1/context",
                                      "https://w3id.org/ro/terms/workflow-run/context"})},
            {"@graph", graph}};
  }

 private:
  std::string add(const std::string& id, Json entity) {
    entity["@id"] = id;
    entities_.try_emplace(id, std::move(entity));
    return id;
  }

  std::string add_file(const RunFile& file, const std::string& description) {
    const std::string id = percent_encoded(file.name, "/");
    parts_.insert(id);
    return add(id, {{"@type", "File"},
                    {"name", file.name},
                    {"description", description},
                    {"encodingFormat", media_type(file.name)},
                    {"contentSize", fmt::format("{}", file.size)},
                    {"sha256", file.sha256.hex()}});
  }

  /// Who signed, and where: no name of a person is known.
  std::string add_operator(const ReadChain& chain) {
    const std::string& key = chain.statements.front().key;
    return add("#key-" + percent_encoded(key),
               {{"@type", "Organization"},
                {"name", "Operator with key " + key},
                {"url", site_iri(chain.statements.front().statement)},
                {"description",
                 "Whoever holds the private half of the key with this SHA-256 of its public PEM "
                 "text; it signed the lineage."}});
  }

  std::string add_site(const Statement& statement) {
    const std::string iri = site_iri(statement);
    return add(iri, {{"@type", "Organization"}, {"name", site_name(statement)}, {"url", iri}});
  }

  std::string add_program(const Statement& statement) {
    const ExportedProgram program = program_of(statement);
    Json entity = {
        {"@type", "SoftwareApplication"},
        {"name", "Bailiwick"},
        {"description",
         "Trains statistical models on data that may not leave its owner's "
         "jurisdiction. Commit " +
             (statement.source_commit.empty() ? "not known exactly" : statement.source_commit) +
             "."},
        {"url", "https://bailiwick.dev/"},
        {"softwareVersion", program.version},
        {"sha256", program.sha256}};
    return add("https://bailiwick.dev/program/" + program.sha256, std::move(entity));
  }

  std::string add_policy(const Item& item) {
    return add("#policy-" + item.digest.hex().substr(0, 16),
               {{"@type", "CreativeWork"},
                {"name", "Terms of use of " + item.domain},
                {"description",
                 "The owner's signed policy, under which the rows were used: in documents/."},
                {"identifier", item.uid.empty() ? item.digest.hex() : item.uid},
                {"sha256", item.digest.hex()}});
  }

  std::string add_partition(const TracedSession& session, const Item& item) {
    Json entity = {{"@type", "CreativeWork"},
                   {"name", fmt::format("Partition {} of {}", item.name, item.domain)},
                   {"description",
                    fmt::format("{} rows, which stay with their owner and are not in this crate. "
                                "The identifier is the salted root of their digests.",
                                item.rows ? std::to_string(*item.rows) : "An unknown number of")},
                   {"identifier", item.digest.hex()}};
    if (const auto facts = session.domains.find(item.domain);
        facts != session.domains.end() && !facts->second.jurisdiction.empty())
      entity["countryOfOrigin"] = facts->second.jurisdiction;
    for (const std::size_t used : session.used)
      if (const Item& policy = run_.graph.items()[used];
          policy.kind == ItemKind::policy && policy.domain == item.domain)
        entity["license"] = reference(add_policy(policy));
    return add("#partition-" + item.digest.hex().substr(0, 16), std::move(entity));
  }

  Json objects_of(std::size_t number) {
    const TracedSession& session = run_.graph.sessions()[number];
    Json objects = Json::array();
    for (const RunFile& file : run_.documents(session))
      objects.push_back(
          reference(add_file(file, file.name.ends_with(".yaml")
                                       ? "The resolved config."
                                       : "What the session was to do, and with whose data.")));
    for (const std::size_t used : session.used) {
      const Item& item = run_.graph.items()[used];
      if (item.kind == ItemKind::partition) {
        objects.push_back(reference(add_partition(session, item)));
      } else if (item.is_model()) {
        objects.push_back(reference(model_id(number, used)));
      }
    }
    return objects;
  }

  /// The file in the crate that has this content, or a name for what is elsewhere.
  std::string model_id(std::size_t session, std::size_t number) {
    const Item& item = run_.graph.items()[number];
    if (const auto made = run_.made_before(session, number))
      return add_file(made->second, describe(item));
    return add("#model-" + item.digest.hex().substr(0, 16),
               {{"@type", "CreativeWork"},
                {"name", "Model that is not in this crate"},
                {"description", "The identifier is the digest of its content."},
                {"identifier", item.digest.hex()}});
  }

  static std::string describe(const Item& item) {
    switch (item.kind) {
      case ItemKind::model:
        return "The model. Digest of its content: " + item.digest.hex() + ".";
      case ItemKind::checkpoint:
        return "A checkpoint. Digest of its content: " + item.digest.hex() + ".";
      case ItemKind::decisions:
        return "What every owner's policy decided before a row was read.";
      case ItemKind::egress:
        return "What crossed the borders of the domains, in bytes.";
      default:
        return "A result.";
    }
  }

  std::string add_action(std::size_t number) {
    const TracedSession& session = run_.graph.sessions()[number];
    const ReadChain& chain = run_.graph.chain_of(session);
    const Statement& first = run_.graph.statement_of(session);
    const Statement& last = chain.statements[session.last].statement;
    const bool ended = run_.ended(session);
    Json results = Json::array();
    for (const auto& [product, file] : run_.products(session)) {
      results.push_back(reference(add_file(file, describe(run_.graph.items()[product.item]))));
    }
    Json action = {{"@type", "CreateAction"},
                   {"name", fmt::format("{} of {}", first.build_type, run_.name())},
                   {"description",
                    fmt::format("Purpose {}. Statements {} to {} of the signed chain {} say so.",
                                run_.purpose(), chain.statements[session.first].line,
                                chain.statements[session.last].line,
                                run_.placed(session, fs::path(chain.path).filename().string()))},
                   {"instrument", reference(add_program(first))},
                   {"agent", reference(add_operator(chain))},
                   {"object", unpacked(objects_of(number))},
                   {"result", unpacked(results)},
                   {"startTime", with_offset(first.started)},
                   {"endTime", with_offset(last.finished)},
                   {"actionStatus", ended ? "http://schema.org/CompletedActionStatus"
                                          : "http://schema.org/FailedActionStatus"}};
    if (!ended) action["error"] = "The session ended before its egress report was written.";
    const std::string id = "#" + percent_encoded(first.invocation);
    const auto begin = parse_instant(first.started), end = parse_instant(last.finished);
    if (begin && end)
      action["resourceUsage"] =
          reference(add(id + "-seconds", {{"@type", "PropertyValue"},
                                          {"propertyID", "https://bailiwick.dev/terms/wallTime"},
                                          {"name", "wall time by the operator's clock"},
                                          {"value", std::to_string(end->seconds - begin->seconds)},
                                          {"unitCode", "http://qudt.org/vocab/unit/SEC"}}));
    return add(id, std::move(action));
  }

  void add_chains() {
    for (const std::size_t number : run_.sessions) {
      const TracedSession& session = run_.graph.sessions()[number];
      const std::string name = fs::path(run_.graph.chain_of(session).path).filename().string();
      add_file(run_.file(run_.placed(session, name)),
               "Signed in-toto statements, one DSSE envelope a line, each naming the digest of the "
               "one before.");
    }
    for (const RunFile& paper : run_.papers())
      add_file(paper, is_log(paper.name) ? "What people and programs signed about the run."
                                         : "What an owner, or the site, signed before the run.");
  }

  std::string withdrawn_words() const {
    const auto withdrawal = run_.withdrawal();
    return withdrawal ? fmt::format(" The model was WITHDRAWN on {} by {}: {}.",
                                    withdrawal->entry.time, withdrawal->by, withdrawal->reason)
                      : "";
  }

  void add_root(const Json& actions) {
    const std::string license = license_.iri().empty() ? "#license" : license_.iri();
    add(license, {{"@type", "CreativeWork"},
                  {"name", license_.text},
                  {"description", "The licence that whoever exported this crate named."}});
    add(process_profile,
        {{"@type", "CreativeWork"}, {"name", "Process Run Crate"}, {"version", "0.5"}});
    Json parts = Json::array();
    for (const std::string& part : parts_)
      parts.push_back(reference(part));
    const TracedSession& first = run_.graph.sessions()[run_.sessions.front()];
    root_ = Json::array(
        {{{"@id", crate_name},
          {"@type", "CreativeWork"},
          {"conformsTo", reference("https://w3id.org/ro/crate/1.1")},
          {"about", reference("./")}},
         {{"@id", "./"},
          {"@type", "Dataset"},
          {"name", run_.name()},
          {"description",
           fmt::format(
               "A run of Bailiwick for the purpose {}: what went in by its digest, what was "
               "done, what came out. No rows are in it. This file is not signed; the "
               "statements of the chains beside it are.{}",
               run_.purpose(), withdrawn_words())},
          {"datePublished", with_offset(run_.finished())},
          {"license", reference(license)},
          {"conformsTo", reference(process_profile)},
          {"author", reference(add_operator(run_.graph.chain_of(first)))},
          {"publisher", reference(add_site(run_.graph.statement_of(first)))},
          {"hasPart", unpacked(parts)},
          {"mentions", unpacked(actions)}}});
  }

  const RunToExport& run_;
  License license_;
  std::map<std::string, Json> entities_;  ///< by @id
  std::set<std::string> parts_;
  Json root_;
};

}  // namespace

Json run_crate(const RunToExport& run, const License& license) {
  return Crate(run, license).make();
}

void copy_crate(const RunToExport& run, const Json& crate, const std::string& to) {
  if (is_taken(to)) throw Error(ExitCode::data, "{}: exists; name a folder that does not", to);
  create_folders(to);
  for (const Json& entity : crate.at("@graph")) {
    if (entity.at("@type") != "File") continue;
    const std::string name = entity.at("name");
    const fs::path path = fs::path(to) / name;
    create_folders(path.parent_path().string());
    std::error_code error;
    fs::copy_file(run.folder + "/" + name, path, error);
    if (error)
      throw Error(ExitCode::data, "{}: cannot be copied to {}: {}", name, to, error.message());
  }
}

}  // namespace bailiwick
