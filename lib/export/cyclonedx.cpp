// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <string_view>

#include "lib/core/input_file.hpp"
#include "lib/core/iri.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/export/formats.hpp"
#include "lib/export/model_facts.hpp"

namespace bailiwick {

namespace {

OrderedJson property(const std::string& name, const std::string& value) {
  return {{"name", "bailiwick:" + name}, {"value", value}};
}

OrderedJson sha256_hash(const std::string& hex) {
  return OrderedJson::array({{{"alg", "SHA-256"}, {"content", hex}}});
}

/// RFC 9562 version 8, made of the text: equal boms have equal numbers, and others others.
std::string serial_number(const std::string& text) {
  std::string hex = sha256(text).hex().substr(0, 32);
  hex[12] = '8';
  hex[16] = "89ab"[(hex[16] >= 'a' ? hex[16] - 'a' + 10 : hex[16] - '0') % 4];
  return fmt::format("urn:uuid:{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4),
                     hex.substr(12, 4), hex.substr(16, 4), hex.substr(20));
}

/// The shared objects of the session that made the model, where run.json has the list that its
/// statements sign the digest of.
Json loaded_libraries(const Json& record, const Statement& statement) {
  const Artefact* named = find_dependency(statement, dependency::libraries);
  const Json list = record.value("librariesLoaded", Json::array());
  if (named == nullptr || !list.is_array()) return Json::array();
  std::string lines;
  for (const Json& library : list) {
    const std::string id = text_of(library, "sha256") + text_of(library, "buildId");
    lines += id + "  " + text_of(library, "path") + "\n";
  }
  return sha256(lines) == named->sha256 ? list : Json::array();
}

/// Makes the bill of materials of one model.
class Bom {
 public:
  Bom(const RunToExport& run, const License& license)
      : run_(run), license_(license), facts_(model_facts(run)) {}

  OrderedJson make() {
    add_data();
    add_software();
    OrderedJson bom = {
        {"$schema", "http://cyclonedx.org/schema/bom-1.7.schema.json"},
        {"bomFormat", "CycloneDX"},
        {"specVersion", "1.7"},
        {"version", 1},
        {"metadata",
         {{"tools",
           {{"components",
             OrderedJson::array(
                 {{{"type", "application"}, {"name", "bailiwick"}, {"version", version()}}})}}},
          {"component", model()}}},
        {"components", components_},
        {"dependencies", dependencies()},
        {"formulation", OrderedJson::array({{{"workflows", workflows()}}})}};
    bom["serialNumber"] = serial_number(bom.dump());
    return bom;
  }

 private:
  static std::string data_ref(const std::string& domain) {
    return "data/" + percent_encoded(domain);
  }
  std::string program_ref() const { return "program/" + program_of(*facts_.statement).sha256; }

  OrderedJson model() const {
    OrderedJson component = {
        {"type", "machine-learning-model"},
        {"bom-ref", "model"},
        {"name", run_.name()},
        {"description", fmt::format("{}, trained {} to {}.", facts_.file.name,
                                    facts_.statement->started, facts_.statement->finished)},
        {"hashes", sha256_hash(facts_.file.sha256.hex())}};
    if (!license_.text.empty())
      component["licenses"] = OrderedJson::array(
          {license_.is_url()
               ? OrderedJson{{"license", {{"name", license_.text}, {"url", license_.text}}}}
               : OrderedJson{{"expression", license_.text}}});
    component["modelCard"] = {{"modelParameters", parameters()},
                              {"quantitativeAnalysis", {{"performanceMetrics", metrics()}}},
                              {"considerations", considerations()}};
    component["properties"] = OrderedJson::array(
        {property("content", facts_.statement->subject_content.value_or(Digest()).hex()),
         property("signer", run_.graph.chain_of(*facts_.training).statements.front().key)});
    if (const auto withdrawal = run_.withdrawal())
      component["properties"].push_back(
          property("withdrawn", withdrawal->entry.time + ": " + withdrawal->reason));
    return component;
  }

  OrderedJson parameters() const {
    OrderedJson sets = OrderedJson::array();
    for (const std::string& domain : domains_)
      sets.push_back({{"ref", data_ref(domain)}});
    return {{"approach", {{"type", "supervised"}}},
            {"task", facts_.is_classifier() ? "tabular-classification" : "tabular-regression"},
            {"modelArchitecture", facts_.kind()},
            {"datasets", sets}};
  }

  OrderedJson metrics() const {
    OrderedJson list = OrderedJson::array();
    for (const Evaluation& evaluation : facts_.evaluations) {
      if (!evaluation.is_of_this_model) continue;
      const std::string rows =
          evaluation.split.empty() ? "all rows" : "rows of split " + evaluation.split;
      const auto add = [&](const Json& measures, const std::string& slice) {
        for (const auto& [name, value] : measures.items())
          if (value.is_number())
            list.push_back({{"type", name}, {"value", value.dump()}, {"slice", slice}});
      };
      add(evaluation.json.value("overall", Json::object()), rows);
      const Json domains = evaluation.json.value("domains", Json::object());
      for (const auto& [domain, measures] : domains.items())
        add(measures, fmt::format("{} of domain {}", rows, domain));
    }
    return list;
  }

  OrderedJson considerations() const {
    return {{"useCases",
             OrderedJson::array({"The purpose of the training, which every data owner's policy "
                                 "allowed: " +
                                 run_.purpose()})},
            {"technicalLimitations",
             OrderedJson::array({"Measures hold for the rows that they were taken on; of other "
                                 "places, times and groups nothing is known."})},
            {"ethicalConsiderations",
             OrderedJson::array(
                 {{{"name",
                    "A released model tells sums over the rows that it was trained on. No "
                    "differential privacy was applied, and nobody has shown that it is "
                    "anonymous."},
                   {"mitigationStrategy",
                    "Rows did not leave their owners; sums over them did, under each owner's "
                    "policy."}}})}};
  }

  /// A component a domain, with its share of all rows.
  void add_data() {
    std::map<std::string, std::vector<const TrainedPartition*>> by_domain;
    for (const TrainedPartition& partition : facts_.partitions) {
      if (!by_domain.contains(partition.domain)) domains_.push_back(partition.domain);
      by_domain[partition.domain].push_back(&partition);
    }
    for (const std::string& domain : domains_) {
      const std::vector<const TrainedPartition*>& partitions = by_domain.at(domain);
      const TrainedPartition& first = *partitions.front();
      std::uint64_t rows = 0;
      OrderedJson sets = OrderedJson::array();
      for (const TrainedPartition* partition : partitions) {
        rows += partition->rows.value_or(0);
        OrderedJson properties = OrderedJson::array({property("root", partition->root.hex())});
        if (partition->rows)
          properties.push_back(property("rows", std::to_string(*partition->rows)));
        sets.push_back(
            {{"type", "dataset"},
             {"name", partition->name},
             {"contents", {{"properties", properties}}},
             {"governance",
              {{"owners", OrderedJson::array({{{"organization", {{"name", domain}}}}})}}}});
      }
      OrderedJson properties = OrderedJson::array({property("rows", std::to_string(rows))});
      if (facts_.rows() > 0)
        properties.push_back(property(
            "proportion",
            fmt::format("{:.6f}", static_cast<double>(rows) / static_cast<double>(facts_.rows()))));
      if (!first.jurisdiction.empty())
        properties.push_back(property("jurisdiction", first.jurisdiction));
      if (!first.policy.empty()) properties.push_back(property("policy", first.policy));
      if (!first.attribution.empty())
        properties.push_back(property("attribution", first.attribution));
      if (!first.delete_by.empty()) properties.push_back(property("delete_by", first.delete_by));
      components_.push_back({{"type", "data"},
                             {"bom-ref", data_ref(domain)},
                             {"name", domain},
                             {"description",
                              "Rows that stay with their owner; each root is that of their salted "
                              "digests."},
                             {"data", sets},
                             {"properties", properties}});
    }
  }

  void add_software() {
    const Statement& statement = *facts_.statement;
    const ExportedProgram program = program_of(statement);
    OrderedJson component = {{"type", "application"},
                             {"bom-ref", program_ref()},
                             {"name", "bailiwick"},
                             {"version", program.version},
                             {"hashes", sha256_hash(program.sha256)}};
    OrderedJson properties = OrderedJson::array();
    if (!statement.source_commit.empty())
      properties.push_back(property("commit", statement.source_commit));
    if (const Artefact* libraries = find_dependency(statement, dependency::libraries))
      properties.push_back(property("libraries", libraries->sha256.hex()));
    if (!properties.empty()) component["properties"] = properties;
    components_.push_back(std::move(component));

    const std::string path = run_.folder + "/run.json";
    if (!std::filesystem::exists(path)) return;
    const Json record = parse_document(read_file(path), path);
    if (text_of(record, "invocation") != statement.invocation) return;
    for (const Json& library : loaded_libraries(record, statement))
      add_shared_object(library);
    add_versions(text_of(record, "libraries"));
  }

  void add_shared_object(const Json& library) {
    const std::string name = std::filesystem::path(text_of(library, "path")).filename().string();
    OrderedJson component = {
        {"type", "library"}, {"bom-ref", add_library_ref(name)}, {"name", name}};
    if (const std::string hex = text_of(library, "sha256"); hex.size() == 64)
      component["hashes"] = sha256_hash(hex);
    else
      component["properties"] =
          OrderedJson::array({property("buildId", text_of(library, "buildId"))});
    components_.push_back(std::move(component));
  }

  /// "Kokkos 3.4.1 (Serial)", "PETSc 3.18.5", "MPI Open MPI v4.1.4": the only libraries that say
  /// their versions. What MPI adds in further lines is about its making.
  void add_versions(const std::string& text) {
    constexpr std::string_view mpi = "MPI ";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const bool last = line.starts_with(mpi);
      if (last) line.erase(0, mpi.size());
      const std::size_t begin = line.find_first_of("0123456789");
      const std::size_t end = line.find_last_not_of(" \t:v", begin - 1);
      if (begin != std::string::npos && begin > 0 && end != std::string::npos) {
        const std::string name = line.substr(0, end + 1);
        components_.push_back(
            {{"type", "library"},
             {"bom-ref", add_library_ref(name)},
             {"name", name},
             {"version", line.substr(begin, line.find_first_of(" \t,", begin) - begin)},
             {"description", line + ": as it said of itself; not signed."}});
      }
      if (last) return;
    }
  }

  /// Two folders may hold libraries of one name.
  std::string add_library_ref(const std::string& name) {
    std::string ref = "library/" + percent_encoded(name);
    if (std::ranges::find(libraries_, ref) != libraries_.end())
      ref += fmt::format("/{}", libraries_.size());
    libraries_.push_back(ref);
    return ref;
  }

  OrderedJson dependencies() const {
    OrderedJson of_model = OrderedJson::array();
    for (const std::string& domain : domains_)
      of_model.push_back(data_ref(domain));
    of_model.push_back(program_ref());
    OrderedJson of_program = OrderedJson::array();
    for (const std::string& library : libraries_)
      of_program.push_back(library);
    return OrderedJson::array({{{"ref", "model"}, {"dependsOn", of_model}},
                               {{"ref", program_ref()}, {"dependsOn", of_program}}});
  }

  /// A workflow a session of the training; what used the model is not how it was made.
  OrderedJson workflows() const {
    OrderedJson list = OrderedJson::array();
    for (const std::size_t number : run_.sessions) {
      const TracedSession& session = run_.graph.sessions()[number];
      const ReadChain& chain = run_.graph.chain_of(session);
      if (!chain.stage->is_training()) continue;
      const Statement& first = run_.graph.statement_of(session);
      OrderedJson inputs = OrderedJson::array();
      for (const std::string& domain : domains_)
        inputs.push_back({{"resource", {{"ref", data_ref(domain)}}}});
      OrderedJson workflow = {
          {"bom-ref", "session/" + percent_encoded(first.invocation)},
          {"uid", first.invocation},
          {"name", first.build_type},
          {"taskTypes", OrderedJson::array({"build"})},
          {"inputs", inputs},
          {"timeStart", with_offset(first.started)},
          {"timeEnd", with_offset(chain.statements[session.last].statement.finished)}};
      if (&session == facts_.training)
        workflow["outputs"] =
            OrderedJson::array({{{"type", "artifact"}, {"resource", {{"ref", "model"}}}}});
      list.push_back(std::move(workflow));
    }
    return list;
  }

  const RunToExport& run_;
  License license_;
  ModelFacts facts_;
  std::vector<std::string> domains_;    ///< in the order of the statement
  std::vector<std::string> libraries_;  ///< references
  OrderedJson components_ = OrderedJson::array();
};

}  // namespace

std::string cyclonedx(const RunToExport& run, const License& license) {
  return Bom(run, license).make().dump(2) + "\n";
}

}  // namespace bailiwick
