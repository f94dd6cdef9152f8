// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/label/votes.hpp"

#include <algorithm>
#include <cmath>

#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/run/finished_stage.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/quality/rules.hpp"

namespace bailiwick {

namespace {

std::set<std::string> names_in(const LabelConfig& how) {
  std::set<std::string> names;
  for (const auto& [name, columns] : how.annotators)
    names.insert(columns.begin(), columns.end());
  for (const LabelRuleConfig& rule : how.rules)
    for (const LabelConditionConfig& condition : rule.when)
      for (const std::string* name : {&condition.column, &condition.left, &condition.right})
        if (!name->empty()) names.insert(*name);
  return names;
}

Schema part_of_schema(const Schema& schema, const std::set<std::string>& names) {
  Schema part;
  for (const Column& column : schema.features)
    if (names.contains(column.name)) part.features.push_back(column);
  for (const Column& column : schema.targets)
    if (names.contains(column.name)) part.targets.push_back(column);
  return part;
}

/// A name's class, from 1 on; 0 if it is none.
std::uint8_t class_of(const LabelConfig& how, const std::string& name) {
  const auto found = std::ranges::find(how.classes, name);
  return found == how.classes.end() ? std::uint8_t{0}
                                    : static_cast<std::uint8_t>(found - how.classes.begin() + 1);
}

}  // namespace

VoteSources::VoteSources(const LabelConfig& how, const Schema& schema)
    : how_(how),
      schema_(schema),
      names_(names_in(how)),
      read_(part_of_schema(schema, names_)),
      table_(read_) {
  std::vector<std::string> known;
  for (const auto* columns : {&schema.features, &schema.targets})
    for (const Column& column : *columns)
      known.push_back(column.name);
  for (const std::string& name : names_)
    if (std::ranges::find(known, name) == known.end())
      throw Error(ExitCode::config, "label: the partitions have no column \"{}\"; they have: {}{}",
                  name, join(known), did_you_mean(name, known));
  for (const auto& [name, columns] : how.annotators) {
    sources_.push_back({name, LabelSource::annotator});
    for (const std::string& column : columns)
      add_column(column, "label.annotators." + name);
  }
  for (std::size_t i = 0; i < how.rules.size(); ++i) {
    sources_.push_back({how.rules[i].name, LabelSource::rule});
    add_rule(how.rules[i], fmt::format("label.rules.{}", i));
  }
  for (const LabelModelConfig& model : how.models) {
    source_of_.push_back(sources_.size());
    sources_.push_back({model.name, LabelSource::model});
  }
}

std::size_t VoteSources::first_column(std::size_t source) const {
  return static_cast<std::size_t>(std::ranges::find(source_of_, source) - source_of_.begin());
}

ModelColumns VoteSources::columns() const {
  ModelColumns columns = all_columns(schema_, &names_);
  columns.ids = true;
  return columns;
}

void VoteSources::add_column(const std::string& name, const std::string& key) {
  source_of_.push_back(sources_.size() - 1);
  if (const auto number = table_.number(name, key)) {
    std::vector<std::optional<double>> values;
    for (const std::string& word : how_.classes)
      values.push_back(parse_number(word));
    readers_.push_back([number = *number, values, name](const DescribedRows& table,
                                                        std::size_t row) -> std::uint8_t {
      const double value = table.numbers[number][row];
      if (std::isnan(value)) return 0;
      const auto found = std::ranges::find(values, std::optional(value));
      if (found == values.end())
        throw Error(ExitCode::data,
                    "label: column \"{}\" has a number that is none of label.classes", name);
      return static_cast<std::uint8_t>(found - values.begin() + 1);
    });
    return;
  }
  const std::size_t category = table_.category(name, key);
  std::vector<std::uint8_t> classes;
  for (const std::string& level : table_.categories[category].levels) {
    classes.push_back(class_of(how_, level));
    const bool says_none =
        level == missing_level || std::ranges::find(how_.abstain, level) != how_.abstain.end();
    if (classes.back() == 0 && !says_none)
      throw Error(ExitCode::config,
                  "{}: level \"{}\" of \"{}\" is none of label.classes: name it there, or, if it "
                  "says no class, in label.abstain",
                  key, level, name);
  }
  readers_.push_back([category, classes](const DescribedRows& table, std::size_t row) {
    return classes[table.codes[category][row]];
  });
}

std::function<bool(const DescribedRows& table, std::size_t row)> VoteSources::condition(
    const LabelConditionConfig& asked, const std::string& key) const {
  const auto number_of = [&](const std::string& name) {
    const auto number = table_.number(name, key);
    if (!number) throw Error(ExitCode::config, "{}: \"{}\" is a category, no number", key, name);
    return *number;
  };
  if (!asked.left.empty())
    return [left = number_of(asked.left), right = number_of(asked.right), is = asked.is](
               const DescribedRows& table, std::size_t row) {
      const double a = table.numbers[left][row], b = table.numbers[right][row];
      return !std::isnan(a) && !std::isnan(b) && stands(is, a, b);
    };
  if (asked.levels.empty())
    return [number = number_of(asked.column), range = ClosedRange{asked.minimum, asked.maximum}](
               const DescribedRows& table, std::size_t row) {
      const double value = table.numbers[number][row];
      return !std::isnan(value) && range.contains(value);
    };
  const std::size_t category = table_.category(asked.column, key);
  const std::vector<std::string>& levels = table_.categories[category].levels;
  std::vector<bool> is_asked(levels.size());
  for (const std::string& level : asked.levels) {
    const auto found = std::ranges::find(levels, level);
    if (found == levels.end())
      throw Error(ExitCode::config, "{}: \"{}\" has no level \"{}\"; it has: {}{}", key,
                  asked.column, level, join(levels), did_you_mean(level, levels));
    is_asked[static_cast<std::size_t>(found - levels.begin())] = true;
  }
  return [category, is_asked](const DescribedRows& table, std::size_t row) {
    return bool{is_asked[table.codes[category][row]]};
  };
}

void VoteSources::add_rule(const LabelRuleConfig& rule, const std::string& key) {
  source_of_.push_back(sources_.size() - 1);
  std::vector<std::function<bool(const DescribedRows& table, std::size_t row)>> all;
  for (std::size_t i = 0; i < rule.when.size(); ++i)
    all.push_back(condition(rule.when[i], fmt::format("{}.when.{}", key, i)));
  readers_.push_back([all, gives = class_of(how_, rule.gives)](const DescribedRows& table,
                                                               std::size_t row) -> std::uint8_t {
    return std::ranges::all_of(all, [&](const auto& holds) { return holds(table, row); }) ? gives
                                                                                          : 0;
  });
}

std::vector<Votes> VoteSources::votes_on(const LoadedRows& loaded) const {
  const DescribedRows table = described_rows(loaded, blocks_of_numbers(loaded, table_), table_);
  std::vector<Votes> votes(loaded.selected, Votes(source_of_.size()));
  for (std::size_t r = 0; r < votes.size(); ++r)
    for (std::size_t c = 0; c < readers_.size(); ++c)
      votes[r][c] = readers_[c](table, r);
  return votes;
}

void VoteSources::add_models(std::vector<Votes>& votes, const std::vector<ModelVotes>& models,
                             std::size_t first, std::size_t from) const {
  for (std::size_t m = 0; m < models.size(); ++m)
    for (std::size_t r = from; r < votes.size(); ++r)
      votes[r][readers_.size() + m] = models[m].votes[first + r - from];
}

namespace {

/// Reads one partition's predictions: what a model of these classes says of each row.
ModelVotes predictions_in(const std::string& path, const LabelConfig& how,
                          const LabelModelConfig& model, const FinishedStage& stage,
                          const PartitionManifest& manifest, const std::string& name) {
  io::CsvReader reader(path);
  if (!reader.next()) throw Error(ExitCode::data, "{}: has no header", path);
  // Of each class, the column of its probability; none: what the other one leaves.
  std::vector<std::optional<std::size_t>> places(how.classes.size());
  const auto place_of = [&](const std::string& column) -> std::optional<std::size_t> {
    const auto& header = reader.fields();
    const auto found = std::ranges::find(header, column);
    if (found == header.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header.begin());
  };
  const auto binary = place_of("probability");
  bool complete = binary && places.size() == 2;
  if (complete) {
    places[1] = binary;
  } else {
    for (std::size_t c = 0; c < places.size(); ++c)
      places[c] = place_of("probability_" + how.classes[c]);
    complete = std::ranges::all_of(places, [](const auto& place) { return place.has_value(); });
  }
  if (!complete)
    throw Error(ExitCode::data,
                "label.models: {}: has no probability of each of label.classes: the model is of "
                "other classes",
                path);
  ModelVotes rows;
  while (reader.next()) {
    std::vector<double> probabilities(places.size());
    bool says = true;  // nothing of rows that model.missing drops
    for (std::size_t c = 0; c < places.size(); ++c) {
      if (!places[c]) continue;
      const auto& fields = reader.fields();
      const auto value =
          *places[c] < fields.size() ? parse_number(fields[*places[c]]) : std::optional<double>();
      says = says && value;
      probabilities[c] = value.value_or(0);
    }
    if (says && !places[0]) probabilities[0] = 1 - probabilities[1];
    const auto best = std::ranges::max_element(probabilities);
    rows.votes.push_back(says && *best >= model.at_least
                             ? static_cast<std::uint8_t>(best - probabilities.begin() + 1)
                             : std::uint8_t{0});
    rows.probabilities.insert(rows.probabilities.end(), probabilities.begin(), probabilities.end());
  }
  stage.demand(name, reader.finish());
  if (rows.votes.size() != manifest.rows)
    throw Error(ExitCode::data, "{}: has {} lines, and the partition {} rows", path,
                rows.votes.size(), manifest.rows);
  return rows;
}

}  // namespace

std::vector<ModelVotes> read_predictions(const Run& run, const LabelConfig& how, std::size_t d,
                                         std::size_t partition) {
  const PartitionManifest& manifest = run.local()[d].manifests[partition];
  std::vector<ModelVotes> read;
  for (const LabelModelConfig& model : how.models) {
    const FinishedStage stage(
        fmt::format("{}/predictions/{}", model.predictions, run.name_of(d)), "prediction",
        PrivateKey::load(run.key_at_home(d)).public_key(),
        "let the model predict these rows first (bailiwick predict), and name the output folder of "
        "that with label.models");
    stage.demand_rows_of(run.name_of(d), manifest);
    const std::string name = manifest.name + ".csv";
    read.push_back(predictions_in(stage.path(name), how, model, stage, manifest, name));
  }
  return read;
}

}  // namespace bailiwick
