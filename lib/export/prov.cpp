// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "lib/core/iri.hpp"
#include "lib/export/formats.hpp"

namespace bailiwick {

namespace {

/// A qualified name as a value, in the form of the submission.
OrderedJson qualified(const std::string& name) {
  return {{"$", name}, {"type", "xsd:QName"}};
}

/// Makes the records of one document. Names of relations are in the order in which they stand, as
/// programs that read and write the format number them.
class Prov {
 public:
  explicit Prov(const RunToExport& run) : run_(run) {}

  OrderedJson make() {
    for (const std::size_t number : run_.sessions)
      add_session(number);
    for (OrderedJson& agent : agents_)
      if (OrderedJson& types = agent["prov:type"]; types.size() == 1 && types.is_array()) {
        OrderedJson only = types.front();
        types = std::move(only);
      }
    const Statement& first = run_.graph.statement_of(run_.graph.sessions()[run_.sessions.front()]);
    OrderedJson document = {{"prefix",
                             {{"bw", "https://bailiwick.dev/terms/"},
                              {"run", "urn:uuid:" + percent_encoded(first.invocation) + "#"},
                              {"session", "urn:uuid:"},
                              {"sha256", "urn:bailiwick:sha256:"},
                              {"root", "urn:bailiwick:root:"},
                              {"content", "urn:bailiwick:content:"},
                              {"key", "urn:bailiwick:key:"}}}};
    for (const auto& [kind, records] :
         {std::pair("entity", &entities_), {"activity", &activities_}, {"agent", &agents_}})
      if (!records->empty()) document[kind] = *records;
    std::size_t count = 0;
    for (const char* kind : {"used", "wasGeneratedBy", "wasDerivedFrom", "wasAttributedTo",
                             "wasAssociatedWith", "wasInformedBy"})
      for (const OrderedJson& relation : relations_[kind])
        document[kind][fmt::format("_:id{}", ++count)] = relation;
    return document;
  }

 private:
  /// As the first that is said of it.
  std::string add(OrderedJson& records, const std::string& id, OrderedJson attributes) {
    if (!records.contains(id)) records[id] = std::move(attributes);
    return id;
  }

  void relate(const char* kind, OrderedJson relation) {
    if (said_.insert(kind + relation.dump()).second)
      relations_[kind].push_back(std::move(relation));
  }

  std::string add_file(const RunFile& file, const char* type, const std::string& content = "") {
    OrderedJson attributes = {{"prov:type", qualified(type)},
                              {"prov:label", file.name},
                              {"bw:sha256", file.sha256.hex()}};
    if (!content.empty()) attributes["bw:content"] = content;
    return add(entities_, "run:" + percent_encoded(file.name, "/"), std::move(attributes));
  }

  /// One key may be an operator's and an owner's.
  std::string add_agent(const std::string& key, const char* type, const std::string& label) {
    const std::string id = "key:" + percent_encoded(key);
    add(agents_, id, {{"prov:type", OrderedJson::array()}, {"prov:label", label}});
    OrderedJson& types = agents_[id]["prov:type"];
    if (std::ranges::find(types, qualified(type)) == types.end()) types.push_back(qualified(type));
    return id;
  }

  static const char* type_of(const Item& item) {
    switch (item.kind) {
      case ItemKind::partition:
        return "bw:Partition";
      case ItemKind::policy:
        return "bw:Policy";
      case ItemKind::config:
        return "bw:Config";
      case ItemKind::inputs:
        return "bw:Inputs";
      case ItemKind::binary:
        return "bw:Program";
      case ItemKind::libraries:
        return "bw:Libraries";
      case ItemKind::site:
        return "bw:Site";
      case ItemKind::model:
        return "bw:Model";
      case ItemKind::checkpoint:
        return "bw:Checkpoint";
      case ItemKind::decisions:
        return "bw:Decisions";
      case ItemKind::egress:
        return "bw:EgressReport";
      default:
        return "bw:Result";
    }
  }

  std::string add_input(std::size_t number, std::size_t used) {
    const TracedSession& session = run_.graph.sessions()[number];
    const Item& item = run_.graph.items()[used];
    if (item.is_model()) {
      if (const auto made = run_.made_before(number, used))
        return add_file(made->second, type_of(item), item.digest.hex());
      return add(entities_, "content:" + item.digest.hex(),
                 {{"prov:type", qualified(type_of(item))},
                  {"prov:label", "a model or checkpoint that is not there"},
                  {"bw:content", item.digest.hex()}});
    }
    for (const RunFile& file : run_.documents(session))
      if (file.sha256 == item.digest) return add_file(file, type_of(item));
    const std::string prefix = item.kind == ItemKind::partition ? "root:" : "sha256:";
    const std::string id = prefix + item.digest.hex();
    OrderedJson attributes = {{"prov:type", qualified(type_of(item))}, {"prov:label", item.name}};
    attributes[item.kind == ItemKind::partition ? "bw:root" : "bw:sha256"] = item.digest.hex();
    if (!item.domain.empty()) attributes["bw:domain"] = item.domain;
    if (!item.uid.empty()) attributes["bw:uid"] = item.uid;
    if (item.rows)
      attributes["bw:rows"] = {{"$", std::to_string(*item.rows)}, {"type", "xsd:unsignedLong"}};
    const auto facts = session.domains.find(item.domain);
    if (facts != session.domains.end() && item.kind == ItemKind::partition)
      attributes["bw:jurisdiction"] = facts->second.jurisdiction;
    add(entities_, id, std::move(attributes));
    if (facts != session.domains.end())
      for (const std::string& owner : facts->second.owners)
        relate("wasAttributedTo", {{"prov:entity", id},
                                   {"prov:agent", add_agent(owner, "bw:Owner",
                                                            "whoever holds the private half of "
                                                            "this key")}});
    return id;
  }

  void add_session(std::size_t number) {
    const TracedSession& session = run_.graph.sessions()[number];
    const ReadChain& chain = run_.graph.chain_of(session);
    const Statement& first = run_.graph.statement_of(session);
    const Statement& last = chain.statements[session.last].statement;
    const std::string id = "session:" + percent_encoded(first.invocation);
    add(activities_, id,
        {{"prov:startTime", with_offset(first.started)},
         {"prov:endTime", with_offset(last.finished)},
         {"prov:type", qualified("bw:" + percent_encoded(first.build_type))},
         {"prov:label", fmt::format("{} of {}", first.build_type, run_.name())},
         {"bw:purpose", run_.purpose()},
         {"bw:site", site_name(first)},
         {"bw:completed", run_.ended(session)},
         {"bw:chain",
          run_.placed(session, std::filesystem::path(chain.path).filename().string())}});

    const std::string signer = add_agent(chain.statements.front().key, "bw:Operator",
                                         "whoever holds the private half of this key");
    OrderedJson association = {{"prov:activity", id}, {"prov:agent", signer}};
    std::vector<std::string> sources;  // what numbers in results are made of
    for (const std::size_t used : session.used) {
      const Item& item = run_.graph.items()[used];
      const std::string input = add_input(number, used);
      OrderedJson relation = {{"prov:activity", id}, {"prov:entity", input}};
      if (item.kind == ItemKind::config) association["prov:plan"] = input;
      if (item.kind == ItemKind::binary) associate_program(first, id, input);
      if (item.is_model()) {
        relation["prov:role"] = run_.graph.role_of(session, used);
        inform(number, used, id);
      }
      if (item.is_model() || item.kind == ItemKind::partition) sources.push_back(input);
      relate("used", std::move(relation));
    }
    relate("wasAssociatedWith", std::move(association));
    add_products(session, id, signer, sources);
  }

  void associate_program(const Statement& statement, const std::string& session,
                         const std::string& id) {
    OrderedJson attributes = {{"prov:type", qualified("prov:SoftwareAgent")},
                              {"prov:label", "Bailiwick " + program_of(statement).version}};
    if (!statement.source_commit.empty()) attributes["bw:commit"] = statement.source_commit;
    add(agents_, id, std::move(attributes));
    relate("wasAssociatedWith", {{"prov:activity", session}, {"prov:agent", id}});
  }

  void inform(std::size_t number, std::size_t used, const std::string& session) {
    const auto made = run_.made_before(number, used);
    if (!made) return;
    const Statement& maker = run_.graph.statement_of(run_.graph.sessions()[made->first]);
    relate("wasInformedBy", {{"prov:informed", session},
                             {"prov:informant", "session:" + percent_encoded(maker.invocation)}});
  }

  void add_products(const TracedSession& session, const std::string& id, const std::string& signer,
                    const std::vector<std::string>& sources) {
    for (const auto& [product, file] : run_.products(session)) {
      const Item& item = run_.graph.items()[product.item];
      const Statement& statement =
          run_.graph.chain_of(session).statements[product.statement].statement;
      const std::string made =
          add_file(file, type_of(item), item.is_model() ? item.digest.hex() : "");
      relate("wasGeneratedBy", {{"prov:entity", made},
                                {"prov:activity", id},
                                {"prov:time", with_offset(statement.finished)}});
      relate("wasAttributedTo", {{"prov:entity", made}, {"prov:agent", signer}});
      if (item.is_paper()) continue;
      for (const std::string& source : sources)
        relate(
            "wasDerivedFrom",
            {{"prov:generatedEntity", made}, {"prov:usedEntity", source}, {"prov:activity", id}});
    }
  }

  const RunToExport& run_;
  OrderedJson entities_ = OrderedJson::object(), activities_ = OrderedJson::object(),
              agents_ = OrderedJson::object();
  std::map<std::string, std::vector<OrderedJson>> relations_;
  std::set<std::string> said_;  ///< these
};

}  // namespace

std::string prov_document(const RunToExport& run) {
  return Prov(run).make().dump(1) + "\n";
}

}  // namespace bailiwick
