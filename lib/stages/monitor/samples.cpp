// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/monitor/samples.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "lib/core/file_pattern.hpp"
#include "lib/core/text.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/regional/models.hpp"

namespace bailiwick {

namespace {

/// A pattern of names, or of DOMAIN/NAME.
bool is_of_pattern(const std::string& domain, const std::string& name, const std::string& pattern) {
  const bool of_domain = pattern.find('/') != std::string::npos;
  return matches_pattern(of_domain ? fmt::format("{}/{}", domain, name) : name, pattern);
}

std::size_t width(const std::vector<double>& values, const io::RowBuffer& buffer) {
  return values.size() / buffer.rows;
}

MonitoredColumn described_column(const Column& column, const char* role) {
  return {column.name,    role,           column.is_category() ? column.levels : column.categories,
          column.missing, column.minimum, column.maximum};
}

/// Of every row that weighs something, what predictions are compared by.
void add_predictions(const SavedModel& model, const kernels::RowBlocks& rows,
                     std::vector<std::vector<double>>& to) {
  const Scores scores(model, rows);
  const auto weight = host_copy(rows.weight);
  const bool hazards = has_times(model.config);
  std::vector<double> predicted;
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      if (hazards)
        predicted.assign(1, scores.linear(b, r));
      else
        scores.predict(b, r, 0, predicted);
      for (std::size_t k = 0; k < predicted.size(); ++k) {
        if (!std::isfinite(predicted[k]))
          throw Error(ExitCode::data,
                      "monitor: predictions are not finite; are these the columns that the model "
                      "was trained on?");
        to[k].push_back(predicted[k]);
      }
    }
}

}  // namespace

Samples::Samples(const Run& run, const SavedModel* model)
    : how_(run.config().section<MonitorConfig>()) {
  choose_cluster(run.schema());
  choose_columns(run, model);
  choose_groups(run.schema());
  check_choices(run);
}

std::vector<Samples::Place> Samples::all_places(const Schema& schema) const {
  std::vector<Place> places;
  std::size_t numbers = 0, codes = 0;
  for (const Column& column : schema.features)
    places.push_back(column.is_category() ? Place{Place::In::codes, codes++, &column}
                                          : Place{Place::In::numbers, numbers++, &column});
  for (std::size_t k = 0; k < schema.targets.size(); ++k)
    places.push_back({Place::In::targets, k, &schema.targets[k]});
  return places;
}

void Samples::choose_cluster(const Schema& schema) {
  cluster_ = how_.cluster;
  if (cluster_.empty()) cluster_ = schema.has_units ? cluster_of_units : cluster_of_rows;
  if (cluster_ == cluster_of_rows) return;
  if (cluster_ == cluster_of_units) {
    if (!schema.has_units)
      throw Error(ExitCode::config,
                  "monitor.cluster: the partitions do not say which unit a row is of (role: unit, "
                  "docs/ingest.md); name a column, or rows");
    return;
  }
  std::vector<std::string> names{cluster_of_rows, cluster_of_units};
  for (const Place& place : all_places(schema)) {
    names.push_back(place.column->name);
    if (place.column->name == cluster_) cluster_column_ = place;
  }
  if (!cluster_column_)
    throw Error(ExitCode::config, "monitor.cluster: there is no column \"{}\"; allowed: {}{}",
                cluster_, join(names), did_you_mean(cluster_, names));
}

void Samples::choose_columns(const Run& run, const SavedModel* model) {
  const Schema& schema = run.schema();
  std::vector<std::string> names;
  for (const Column& column : schema.features)
    names.push_back(column.name);
  for (const std::string& name : how_.columns)
    if (std::ranges::find(names, name) == names.end())
      throw Error(ExitCode::config,
                  "monitor.columns: the partitions have no feature \"{}\"; they have: {}{}", name,
                  join(names), did_you_mean(name, names));
  std::set<std::string> compared(how_.columns.begin(), how_.columns.end());
  if (compared.empty() && model == nullptr) compared.insert(names.begin(), names.end());
  if (compared.empty())  // a date that no model takes is another in every sample
    for (const std::size_t j : features_taken(columns_of(*model, run, false)))
      compared.insert(names[j]);
  // So is what tells days apart.
  if (how_.columns.empty()) compared.erase(cluster_);
  for (const Place& place : all_places(schema)) {
    const std::string& name = place.column->name;
    if (place.in == Place::In::targets ? how_.targets && name != cluster_ : compared.contains(name))
      columns_.push_back(place);
  }
  if (columns_.empty() && !how_.model)
    throw Error(ExitCode::config, "monitor: there is no column to compare");
}

void Samples::choose_groups(const Schema& schema) {
  std::vector<std::string> names;
  std::vector<Place> places = all_places(schema);
  std::erase_if(places, [](const Place& place) { return place.in != Place::In::codes; });
  for (const Place& place : places)
    names.push_back(place.column->name);
  for (const std::string& name : how_.groups) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
      throw Error(ExitCode::config,
                  "monitor.groups: the partitions have no feature \"{}\" that is a category (type: "
                  "category, at ingest); they have: {}{}",
                  name, names.empty() ? "none" : join(names), did_you_mean(name, names));
    groups_.push_back(places[static_cast<std::size_t>(found - names.begin())]);
  }
}

RowChoice Samples::choice(const Run& run, std::size_t sample) const {
  const SampleConfig& of = sample == reference_sample ? how_.reference : how_.current;
  RowChoice choice(of.split);
  if (!of.partitions.empty())
    choice.takes = [&run, &of](std::size_t domain, const std::string& name) {
      return std::ranges::any_of(of.partitions, [&](const std::string& pattern) {
        return is_of_pattern(run.domains()[domain].name, name, pattern);
      });
    };
  return choice;
}

void Samples::check_choices(const Run& run) const {
  std::vector<std::string> names;
  const auto is_of_any = [&](const std::string& pattern) {
    return std::ranges::any_of(run.domains(), [&](const DomainFacts& domain) {
      return std::ranges::any_of(domain.partitions, [&](const DomainFacts::Partition& partition) {
        return is_of_pattern(domain.name, partition.name, pattern);
      });
    });
  };
  for (const DomainFacts& domain : run.domains())
    for (const DomainFacts::Partition& partition : domain.partitions)
      names.push_back(partition.name);
  for (std::size_t s = 0; s < sample_names.size(); ++s) {
    const SampleConfig& of = s == reference_sample ? how_.reference : how_.current;
    const std::string key = fmt::format("monitor.{}.", sample_names[s]);
    if (!of.split.empty()) split_code(run.schema(), of.split, (key + "split").c_str());
    for (const std::string& pattern : of.partitions)
      if (!is_of_any(pattern))
        throw Error(ExitCode::config,
                    "{}partitions: no partition of the run is called \"{}\"; there are: {}{}", key,
                    pattern, join(names), did_you_mean(pattern, names));
  }
  const std::string &before = how_.reference.split, &after = how_.current.split;
  if (before != after && !before.empty() && !after.empty()) return;
  const RowChoice choices[] = {choice(run, reference_sample), choice(run, current_sample)};
  for (std::size_t d = 0; d < run.domains().size(); ++d)
    for (const DomainFacts::Partition& partition : run.domains()[d].partitions)
      if (std::ranges::all_of(choices, [&](const RowChoice& choice) {
            return !choice.takes || choice.takes(d, partition.name);
          }))
        throw Error(ExitCode::config,
                    "monitor.current: rows of partition {} of domain {} are of monitor.reference "
                    "too; tell both apart, by split or by partitions",
                    partition.name, run.domains()[d].name);
}

RowChange Samples::reader(const LocalDomain& domain, const std::vector<Place>& columns,
                          SampleRows& rows) const {
  const auto value = [](const io::RowBuffer& buffer, std::size_t row, const Place& place) {
    switch (place.in) {
      case Place::In::numbers:
        return buffer.features[row * width(buffer.features, buffer) + place.index];
      case Place::In::codes:
        return static_cast<double>(
            buffer.codes[row * (buffer.codes.size() / buffer.rows) + place.index]);
      default:
        return buffer.targets[row * width(buffer.targets, buffer) + place.index];
    }
  };
  rows.values.resize(columns.size());
  return
      [this, value, &domain, &columns, &rows](
          std::size_t p, std::uint64_t, std::span<const std::size_t> taken, io::RowBuffer& buffer) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
          const Column& column = *columns[c].column;
          const std::size_t levels =
              column.is_category() ? column.levels.size() : column.categories.size();
          for (const std::size_t r : taken) {
            const double found = value(buffer, r, columns[c]);
            if (levels > 0 && !(found >= 0 && found < static_cast<double>(levels)))
              throw Error(ExitCode::data, "{}: {} has a value that is none of its levels",
                          domain.paths[p], column.name);
            rows.values[c].push_back(found);
          }
        }
        if (!clusters_rows()) return;
        // Clusters of two owners are never one, whether their rows lie in one domain or in two.
        const std::string owner = domain.manifests[p].owner + "\n";
        for (const std::size_t r : taken)
          rows.clusters.push_back(owner + (cluster_column_
                                               ? round_trip(value(buffer, r, *cluster_column_))
                                               : buffer.units[r]));
      };
}

ModelRows Samples::load(Run& run, std::size_t sample, const ModelConfig& model,
                        const ModelColumns& model_columns, const std::vector<Place>& columns,
                        std::vector<SampleRows>& rows) const {
  rows.resize(run.local().size());
  try {
    return load_model_rows(run, model, model_columns, choice(run, sample),
                           [&](std::size_t d) { return reader(run.local()[d], columns, rows[d]); });
  } catch (const Error& error) {
    if (error.code() != ExitCode::data && error.code() != ExitCode::policy) throw;
    throw Error(error.code(), "monitor.{}: {}", sample_names[sample], error.what());
  }
}

MonitoredTable Samples::read_columns(Run& run) const {
  MonitoredTable table;
  for (const Place& place : columns_)
    table.columns.push_back(
        described_column(*place.column, place.in == Place::In::targets ? "target" : "feature"));
  for (std::size_t s = 0; s < sample_names.size(); ++s)
    table.rows[s] =
        load(run, s, ModelConfig(), ModelColumns(), columns_, table.samples[s]).selected;
  return table;
}

Predictions Samples::predict(Run& run, const UsedModel& used, const EvaluateConfig& how) const {
  const SavedModel& model = used.model;
  const ModelColumns columns = columns_of(model, run, how_.targets);
  const std::vector<ColumnMoments> moments =
      scoring_moments(run, model, columns, how.standardise.value_or(model.config.standardise));
  Predictions predictions;
  predictions.models = models_of_domains(run, used);
  MonitoredTable& table = predictions.table;
  std::vector<std::string> names{"log_hazard_ratio"};
  if (!has_times(model.config)) names = Scores::names(model, {});
  const bool probabilities =
      model.config.kind->response(model.config) == kernels::Response::probability ||
      !model.categories.empty();
  for (const std::string& name : names) {
    MonitoredColumn& column = table.columns.emplace_back(
        MonitoredColumn{name, "prediction", {}, false, std::nullopt, std::nullopt});
    if (probabilities) std::tie(column.minimum, column.maximum) = std::pair(0.0, 1.0);
  }
  for (const Place& place : groups_)
    predictions.groups.push_back(described_column(*place.column, "group"));
  for (std::size_t s = 0; s < sample_names.size(); ++s) {
    ModelRows& rows = predictions.rows[s];
    rows = load(run, s, model.config, columns, groups_, table.samples[s]);
    standardise(rows, moments);
    table.rows[s] = rows.selected;
    agree(run.world(), [&] {
      for (std::size_t d = 0; d < rows.domains.size(); ++d) {
        SampleRows& of = table.samples[s][d];
        of.groups = std::exchange(of.values, {});
        of.values.resize(names.size());
        add_predictions(predictions.models[d].model, rows.domains[d].rows, of.values);
      }
    });
  }
  return predictions;
}

}  // namespace bailiwick
