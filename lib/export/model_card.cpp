// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <filesystem>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/export/formats.hpp"

namespace bailiwick {

namespace {

constexpr const char* not_supplied = "not supplied";

/// A text of others as it must stand in Markdown: a line that means nothing but itself.
std::string plain(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text)) {
    if (std::string_view("\\`*_{}[]<>#|~&!").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped.empty() ? not_supplied : escaped;
}

/// A text in YAML: JSON's quotes are YAML's.
std::string yaml_text(const std::string& text) {
  return Json(printable(text)).dump();
}

std::string line_of(const std::vector<std::string>& cells) {
  return "| " + join(cells, " | ") + " |\n";
}

/// A table of Markdown; the cells are escaped already.
std::string table(const std::vector<std::vector<std::string>>& lines) {
  std::string text = line_of(lines.front());
  text += line_of(std::vector<std::string>(lines.front().size(), "---"));
  for (std::size_t i = 1; i < lines.size(); ++i)
    text += line_of(lines[i]);
  return text;
}

std::string number_text(const Json& value) {
  return value.is_number_float() ? fmt::format("{:.6g}", value.get<double>()) : value.dump();
}

std::string member_or(const Json& object, const char* key, const std::string& other) {
  const auto member = object.find(key);
  if (member == object.end()) return other;
  if (member->is_string())
    return member->get<std::string>().empty() ? other : member->get<std::string>();
  return member->dump();
}

/// An evaluation as its chain signs it.
struct Evaluation {
  std::string name;
  Json json;
};

/// Writes the card of one run.
class Card {
 public:
  Card(const RunToExport& run, const std::string& license)
      : run_(run), license_(license), model_(run.model()), statement_(*run.trained()) {
    const auto attributes = io::read_checkpoint_attributes(model_.path);
    if (const auto said = attributes.find("model"); said != attributes.end())
      description_ = parse_document(said->second, model_.path);
    converged_ = attributes.contains("converged") ? attributes.at("converged") : "";
    for (const std::size_t number : run.sessions) {
      const TracedSession& session = run.graph.sessions()[number];
      if (run.graph.chain_of(session).stage->is_training()) training_ = &session;
      for (const auto& [product, file] : run.products(session))
        if (std::filesystem::path(file.name).filename() == "evaluation.json")
          evaluations_.push_back({file.name, parse_document(read_file(file.path), file.name)});
    }
  }

  std::string write() {
    write_front();
    text_ += "\n# " + plain(run_.name()) + "\n\n";
    write_what();
    write_purpose();
    write_data();
    write_metrics();
    write_limits();
    write_check();
    return std::move(text_);
  }

 private:
  std::string kind() const { return member_or(description_, "kind", not_supplied); }

  /// As model hubs call it.
  std::string task() const {
    const Json network = description_.value("mlp", Json::object());
    const std::string of = member_or(network, "loss", kind());
    constexpr std::array classes = {"logistic",    "probit", "cloglog",      "ordinal",
                                    "multinomial", "binary", "cross_entropy"};
    return std::ranges::find(classes, of) != classes.end() ? "tabular-classification"
                                                           : "tabular-regression";
  }

  void write_front() {
    text_ += "---\nlibrary_name: bailiwick\n";
    text_ += license_.empty() ? "" : "license: other\nlicense_link: " + yaml_text(license_) + "\n";
    text_ += "pipeline_tag: " + task() + "\ntags:\n- tabular\n- federated\n- " + yaml_text(kind()) +
             "\n";
    if (evaluations_.empty()) {
      text_ += "---\n";
      return;
    }
    text_ += "model-index:\n- name: " + yaml_text(run_.name()) + "\n  results:\n";
    for (const Evaluation& evaluation : evaluations_) {
      const std::string split = member_or(evaluation.json, "split", "all rows");
      text_ += "  - task:\n      type: " + task() +
               "\n    dataset:\n      name: " + yaml_text(run_.name()) +
               "\n      type: private\n      split: " + yaml_text(split) + "\n    metrics:\n";
      const Json overall = evaluation.json.value("overall", Json::object());
      for (const auto& [name, value] : overall.items())
        if (value.is_number())
          text_ += "    - type: " + yaml_text(name) + "\n      value: " + value.dump() + "\n";
    }
    text_ += "---\n";
  }

  void write_what() {
    const Json features = description_.value("features", Json::array());
    std::vector<std::string> names;
    for (const Json& feature : features)
      if (feature.is_string()) names.push_back(plain(feature.get<std::string>()));
    std::vector<std::vector<std::string>> lines = {
        {"", ""},
        {"kind of model", plain(kind())},
        {"target", plain(member_or(description_, "target", member_or(description_, "time", "")))},
        {"features", names.empty() ? not_supplied : join(names)},
        {"penalty (l2)", plain(member_or(description_, "l2", ""))},
        {"converged", plain(converged_)},
        {"file",
         fmt::format("`model.h5`, {} bytes, SHA-256 `{}`", model_.size, model_.sha256.hex())},
        {"digest of its content", "`" + statement_.subject_content.value_or(Digest()).hex() + "`"},
        {"made", plain(statement_.started) + " to " + plain(statement_.finished)},
        {"licence", license_.empty() ? not_supplied : plain(license_)},
        {"contact", not_supplied}};
    text_ += "## What it is\n\n" + table(lines);
  }

  void write_purpose() {
    text_ +=
        "\n## Intended purpose\n\nPurpose of the training, which every data owner's policy "
        "allowed: " +
        plain(run_.purpose()) +
        ".\n\nIntended users, uses beyond this purpose, uses that are out of scope: " +
        not_supplied + ".\n";
  }

  void write_data() {
    std::vector<std::vector<std::string>> lines = {{"domain", "jurisdiction", "partition", "rows",
                                                    "root of digests", "policy", "attribution"}};
    const Json duties = duties_of_training();
    std::uint64_t rows = 0;
    for (const std::size_t used : training_->used) {
      const Item& item = run_.graph.items()[used];
      if (item.kind != ItemKind::partition) continue;
      const auto facts = training_->domains.find(item.domain);
      const bool known = facts != training_->domains.end();
      std::string policy;
      for (const std::size_t other : training_->used)
        if (const Item& terms = run_.graph.items()[other];
            terms.kind == ItemKind::policy && terms.domain == item.domain)
          policy = terms.uid;
      rows += item.rows.value_or(0);
      lines.push_back(
          {plain(item.domain), plain(known ? facts->second.jurisdiction : ""), plain(item.name),
           item.rows ? std::to_string(*item.rows) : not_supplied, "`" + item.digest.hex() + "`",
           plain(policy),
           plain(member_or(duties.value(item.domain, Json::object()), "attribute", ""))});
    }
    text_ += fmt::format(
        "\n## Data\n\n{} rows of {} partitions, of which each stays with its owner; sums crossed, "
        "no "
        "row did. Splits and missing values may leave out rows of training.\n\n{}",
        rows, lines.size() - 1, table(lines));
    for (const auto& [domain, of] : duties.items())
      if (of.contains("delete_by"))
        text_ += fmt::format("\nBy the terms of {} this model must be deleted by {}.\n",
                             plain(domain), plain(member_or(of, "delete_by", "")));
    text_ += "\nHow the rows were collected, whom they are about, what was done to them before: " +
             std::string(not_supplied) + ".\n";
  }

  Json duties_of_training() const {
    Json duties = Json::object();
    for (const auto& [product, file] : run_.products(*training_)) {
      if (run_.graph.items()[product.item].kind != ItemKind::decisions) continue;
      const Json decisions = parse_document(read_file(file.path), file.name);
      for (const Json& domain : decisions.value("domains", Json::array()))
        duties[member_or(domain, "domain", "")] = domain.value("duties", Json::object());
    }
    return duties;
  }

  void write_metrics() {
    text_ += "\n## Metrics\n";
    if (evaluations_.empty()) text_ += "\nnot supplied: no evaluation lies beside the model.\n";
    for (const Evaluation& evaluation : evaluations_) {
      std::vector<std::string> columns = {"measure", "overall"};
      std::vector<Json> of = {evaluation.json.value("overall", Json::object())};
      const Json domains = evaluation.json.value("domains", Json::object());
      for (const auto& [name, measures] : domains.items()) {
        columns.push_back(plain(name));
        of.push_back(measures);
      }
      std::vector<std::vector<std::string>> lines = {columns};
      for (const auto& [measure, value] : of.front().items()) {
        if (!value.is_number() && !value.is_null()) continue;
        lines.push_back({plain(measure)});
        for (const Json& measures : of) {
          const Json there = measures.value(measure, Json());
          lines.back().push_back(there.is_number() ? number_text(there) : "-");
        }
      }
      const std::string model = member_or(evaluation.json, "model", "");
      text_ += fmt::format(
          "\nOn {}, as `{}` has it{}. What each means: docs/artefacts.md of Bailiwick.\n\n{}",
          member_or(evaluation.json, "split", "").empty()
              ? "all rows, those of training among them"
              : "the rows of split \"" + plain(member_or(evaluation.json, "split", "")) + "\"",
          plain(evaluation.name),
          model == statement_.subject_content.value_or(Digest()).hex()
              ? ""
              : " (of ANOTHER model, " + plain(model) + ")",
          table(lines));
    }
  }

  void write_limits() {
    text_ += fmt::format(
        "\n## Limits\n\n"
        "* Rows never left their owners, but a released model tells sums over them. No "
        "differential "
        "privacy was applied, and nobody has shown that the model is anonymous.\n"
        "* Measures hold for the rows above and for no others; of other places, times and groups "
        "nothing is known.\n"
        "* Known biases, risks, measures for fairness, human oversight, energy used: {}.\n",
        not_supplied);
  }

  void write_check() {
    std::string version;
    for (const Artefact& artefact : statement_.dependencies)
      if (artefact.name == dependency::binary)
        version = member_or(artefact.annotations, "version", "");
    text_ += fmt::format(
        "\n## How it was made, and how to check it\n\n"
        "Bailiwick {}, commit {}, at {}. Every artefact has a signed statement in `lineage.jsonl`, "
        "by key `{}`; this card is made of them and is itself not signed.\n\n"
        "```sh\nbailiwick verify FOLDER --key OPERATOR.pub.pem    # the public key comes from the "
        "operator, not from here\nbailiwick trace FOLDER/model.h5 --key OPERATOR.pub.pem\n```\n",
        plain(version),
        statement_.source_commit.empty() ? "not known exactly" : plain(statement_.source_commit),
        plain(statement_.builder), run_.graph.chain_of(*training_).statements.front().key);
  }

  const RunToExport& run_;
  std::string license_, text_, converged_;
  RunFile model_;
  const Statement& statement_;
  Json description_ = Json::object();
  const TracedSession* training_ = nullptr;  ///< the last
  std::vector<Evaluation> evaluations_;
};

}  // namespace

std::string model_card(const RunToExport& run, const std::string& license) {
  return Card(run, license).write();
}

}  // namespace bailiwick
