// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <map>

#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/export/formats.hpp"
#include "lib/export/model_facts.hpp"

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

std::string or_not_supplied(const std::string& text) {
  return text.empty() ? not_supplied : text;
}

/// Writes the card of one run.
class Card {
 public:
  Card(const RunToExport& run, const License& license)
      : run_(run), license_(license), facts_(model_facts(run)) {}

  std::string write() {
    write_front();
    text_ += "\n# " + plain(run_.name()) + "\n\n";
    if (const auto withdrawal = run_.withdrawal())
      text_ +=
          fmt::format("**This model was withdrawn** on {} by {}: {}. It is to be used no more.\n\n",
                      withdrawal->entry.time, plain(withdrawal->by), plain(withdrawal->reason));
    write_what();
    write_purpose();
    write_data();
    write_metrics();
    write_limits();
    write_check();
    return std::move(text_);
  }

 private:
  /// As model hubs call it.
  std::string task() const {
    return facts_.is_classifier() ? "tabular-classification" : "tabular-regression";
  }

  void write_front() {
    text_ += "---\nlibrary_name: bailiwick\n";
    if (!license_.text.empty())
      text_ += license_.iri().empty()
                   ? "license: other\nlicense_name: " + yaml_text(license_.text) + "\n"
                   : "license: other\nlicense_link: " + yaml_text(license_.iri()) + "\n";
    text_ += "pipeline_tag: " + task() + "\ntags:\n- tabular\n- federated\n- " +
             yaml_text(or_not_supplied(facts_.kind())) + "\n";
    if (facts_.evaluations.empty()) {
      text_ += "---\n";
      return;
    }
    text_ += "model-index:\n- name: " + yaml_text(run_.name()) + "\n  results:\n";
    for (const Evaluation& evaluation : facts_.evaluations) {
      const std::string split = evaluation.split.empty() ? "all rows" : evaluation.split;
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
    std::vector<std::string> names;
    for (const std::string& feature : facts_.features())
      names.push_back(plain(feature));
    std::vector<std::vector<std::string>> lines = {
        {"", ""},
        {"kind of model", plain(facts_.kind())},
        {"target", plain(facts_.target())},
        {"features", names.empty() ? not_supplied : join(names)},
        {"penalty (l2)", plain(text_of(facts_.description, "l2"))},
        {"converged", plain(facts_.converged)},
        {"file", fmt::format("`model.h5`, {} bytes, SHA-256 `{}`", facts_.file.size,
                             facts_.file.sha256.hex())},
        {"digest of its content",
         "`" + facts_.statement->subject_content.value_or(Digest()).hex() + "`"},
        {"made", plain(facts_.statement->started) + " to " + plain(facts_.statement->finished)},
        {"licence", plain(license_.text)},
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
    for (const TrainedPartition& partition : facts_.partitions)
      lines.push_back({plain(partition.domain), plain(partition.jurisdiction),
                       plain(partition.name),
                       partition.rows ? std::to_string(*partition.rows) : not_supplied,
                       "`" + partition.root.hex() + "`", plain(partition.policy),
                       plain(partition.attribution)});
    text_ += fmt::format(
        "\n## Data\n\n{} rows of {} partitions, of which each stays with its owner; sums crossed, "
        "no "
        "row did. Splits and missing values may leave out rows of training.\n\n{}",
        facts_.rows(), lines.size() - 1, table(lines));
    std::map<std::string, std::string> dates;
    for (const TrainedPartition& partition : facts_.partitions)
      if (!partition.delete_by.empty()) dates[partition.domain] = partition.delete_by;
    for (const auto& [domain, date] : dates)
      text_ += fmt::format("\nBy the terms of {} this model must be deleted by {}.\n",
                           plain(domain), plain(date));
    text_ += "\nHow the rows were collected, whom they are about, what was done to them before: " +
             std::string(not_supplied) + ".\n";
  }

  void write_metrics() {
    text_ += "\n## Metrics\n";
    if (facts_.evaluations.empty())
      text_ += "\nnot supplied: no evaluation lies beside the model.\n";
    for (const Evaluation& evaluation : facts_.evaluations) {
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
      text_ += fmt::format(
          "\nOn {}, as `{}` has it{}. What each means: docs/artefacts.md of Bailiwick.\n\n{}",
          evaluation.split.empty() ? "all rows, those of training among them"
                                   : "the rows of split \"" + plain(evaluation.split) + "\"",
          plain(evaluation.name),
          evaluation.is_of_this_model
              ? ""
              : " (of ANOTHER model, " + plain(text_of(evaluation.json, "model")) + ")",
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
    text_ += fmt::format(
        "\n## How it was made, and how to check it\n\n"
        "Bailiwick {}, commit {}, at {}. Every artefact has a signed statement in `lineage.jsonl`, "
        "by key `{}`; this card is made of them and is itself not signed.\n\n"
        "```sh\nbailiwick verify FOLDER --key OPERATOR.pub.pem    # the public key comes from the "
        "operator, not from here\nbailiwick trace FOLDER/model.h5 --key OPERATOR.pub.pem\n```\n",
        plain(program_of(*facts_.statement).version),
        facts_.statement->source_commit.empty() ? "not known exactly"
                                                : plain(facts_.statement->source_commit),
        plain(facts_.statement->builder),
        run_.graph.chain_of(*facts_.training).statements.front().key);
  }

  const RunToExport& run_;
  License license_;
  ModelFacts facts_;
  std::string text_;
};

}  // namespace

std::string model_card(const RunToExport& run, const License& license) {
  return Card(run, license).write();
}

}  // namespace bailiwick
