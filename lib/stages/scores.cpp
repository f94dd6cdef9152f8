// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/scores.hpp"

#include <algorithm>
#include <filesystem>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/text.hpp"
#include "lib/core/undefined.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/record/layout.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/evaluate_config.hpp"

namespace bailiwick {

namespace {

/// The model file decides; a config that speaks of another model was not meant for it.
void check_meant(const ModelConfig& asked, const ModelConfig& model, const std::string& path) {
  const auto refuse = [&](const char* key) {
    throw Error(
        ExitCode::config,
        "model.{0}: {1} is a model with another {0}; give the config it was trained with, or "
        "another model with --model",
        key, path);
  };
  if (asked.kind != model.kind) refuse("kind");
  const auto differs = [](const std::string& word, const std::string& other) {
    return !word.empty() && word != other;
  };
  if (differs(asked.target, model.target)) refuse("target");
  if (differs(asked.time, model.time)) refuse("time");
  if (differs(asked.status, model.status)) refuse("status");
  if (differs(asked.entry, model.entry)) refuse("entry");
  if (!asked.strata_by.empty() && asked.strata_by != model.strata_by) refuse("cox.strata_by");
  if (differs(asked.trials, model.trials)) refuse("trials");
  if (!asked.missing.empty() && asked.missing != model.missing) refuse("missing");
  if (differs(asked.offset, model.offset)) refuse("offset");
  if (differs(asked.exposure, model.exposure)) refuse("exposure");
}

/// The model's description of itself, asked of a schema in which other numbers may lack a value.
ModelConfig as_scored(const SavedModel& model, const Schema& schema) {
  ModelConfig scored = model.config;
  scored.cluster = Cluster::none;  // whose rows they are says nothing of their scores
  scored.missing.clear();
  for (const MissingFeature& missing : model.missing) {
    const auto column = std::ranges::find(schema.features, missing.name, &Column::name);
    if (column != schema.features.end() && column->may_be_missing())
      scored.missing[missing.name] =
          missing.rule == MissingRule::number ? round_trip(*missing.number) : to_word(missing.rule);
  }
  return scored;
}

}  // namespace

std::string model_path(const RunConfig& config, const StageOptions& options) {
  return options.model.empty() ? config.output + "/model.h5" : options.model;
}

UsedModel open_model(Run& run, const StageOptions& options) {
  UsedModel used;
  used.path = model_path(run.config(), options);
  used.trusted = model_keys(run, options.model_keys);
  const Digest signed_one = stated_content(run, used.path, used.trusted);
  agree(run.world(), [&] {
    const io::Checkpoint checkpoint = io::read_checkpoint(used.path, &used.content);
    demand_stated(signed_one, used.path, used.content);
    used.model = model_from_checkpoint(checkpoint, used.path);
    run.check_usable(used.path, used.content, used.model.delete_by);
    check_meant(run.config().model, used.model.config, used.path);
  });
  agree(run.world(), [&] {
    if (run.world().is_root()) check_model_of_folder(run.config(), used.content, used.trusted);
  });
  return used;
}

namespace {

std::vector<std::string> without(std::vector<std::string> all,
                                 const std::vector<std::string>& those) {
  std::erase_if(
      all, [&](const std::string& name) { return std::ranges::find(those, name) != those.end(); });
  return all;
}

/// Empty of none.
std::string listed(const char* lead, std::vector<std::string> names) {
  constexpr std::size_t few = 10;
  if (names.empty()) return "";
  const std::size_t more = names.size() - std::min(few, names.size());
  names.resize(names.size() - more);
  return lead + join(names) + (more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

ModelColumns columns_of(const SavedModel& model, const Run& run, bool with_targets) {
  if (!run.config().model.features.empty()) {
    ModelConfig asked = as_scored(model, run.schema());
    asked.features = run.config().model.features;
    const std::vector<std::string> names = select_columns(asked, run.schema(), false).names;
    // In whichever order: the model has its own.
    if (!std::ranges::is_permutation(names, model.names))
      throw Error(ExitCode::config,
                  "model.features: the model has others{}{}; give the config it was trained with, "
                  "or another model with --model",
                  listed(", not ", without(names, model.names)),
                  listed(", and also ", without(model.names, names)));
  }
  return columns_in(model, run.schema(), with_targets);
}

ModelColumns columns_in(const SavedModel& model, const Schema& schema, bool with_targets) {
  ModelColumns columns;
  try {
    columns = select_columns(as_scored(model, schema), schema, with_targets);
  } catch (const Error& error) {
    // Its messages name the config's keys, but these names come from the model's file.
    throw Error(ExitCode::data, "the model does not fit these partitions: {}", error.what());
  }
  for (MissingFeature& missing : columns.missing)  // as training found it
    missing = *std::ranges::find(model.missing, missing.name, &MissingFeature::name);
  if (columns.names != model.names || columns.embeddings != model.embeddings)
    throw Error(ExitCode::data, "the model's columns are not those of the partitions");
  if (columns.derived_names() != model.derived)
    throw Error(ExitCode::data,
                "the model made columns of others which these partitions have as their own, or the "
                "other way round: {}",
                join(model.derived.empty() ? columns.derived_names() : model.derived));
  if (with_targets && columns.categories != model.categories)
    throw Error(ExitCode::data, "the model's categories of \"{}\" are not those of the partitions",
                model.config.target);
  return columns;
}

std::vector<ColumnMoments> scoring_moments(Run& run, const SavedModel& model,
                                           const ModelColumns& columns, Standardisation how) {
  ColumnMoments fixed;
  fixed.centre = model.mean;
  fixed.scale = model.scale;
  fixed.rows = model.rows;
  if (how == Standardisation::none && model.config.standardise != Standardisation::none) {
    fixed.centre.assign(columns.columns(), 0.0);
    fixed.scale.assign(columns.columns(), 1.0);
  }
  if (how != Standardisation::per_domain)
    return std::vector<ColumnMoments>(run.local().size(), fixed);
  const ModelRows training = load_model_rows(run, model.config, columns, run.config().train.split);
  return moments_of_domains(run, model.config, columns, training);
}

std::vector<double> hazards_at(const BaselineHazard& baseline, const std::vector<double>& times) {
  constexpr double rounding = 1 + 0x1p-40;  // of times on a grid
  std::vector<double> hazards;
  for (const double time : times) {
    const auto after = std::ranges::upper_bound(baseline.time, time * rounding);
    const auto before = static_cast<std::size_t>(after - baseline.time.begin());
    hazards.push_back(before == 0 ? 0 : baseline.hazard[before - 1]);
  }
  return hazards;
}

Scores::Scores(const SavedModel& model, const kernels::RowBlocks& rows,
               const std::vector<double>& times)
    : response_(model.config.kind->response(model.config)),
      family_(kind_of(model.config).family(model.config)),
      classes_(std::max<std::size_t>(1, model.categories.size())),
      times_(times.size()),
      eta_(Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(),
                                               kind_of(model.config).predictor(model, rows))) {
  for (const BaselineHazard& baseline : model.baselines) {
    const std::vector<double> of_stratum = hazards_at(baseline, times);
    hazards_.insert(hazards_.end(), of_stratum.begin(), of_stratum.end());
  }
}

void Scores::predict(std::size_t block, std::size_t row, std::size_t baseline,
                     std::vector<double>& out) const {
  const double eta = linear(block, row);
  if (family_ != nullptr) return out.assign(1, family_->mean(eta));
  if (response_ == kernels::Response::hazard) {
    out.assign(1, exact::exp(eta));
    for (std::size_t t = baseline * times_; t < (baseline + 1) * times_; ++t)
      out.push_back(t < hazards_.size() ? exact::exp(-hazards_[t] * out.front()) : undefined);
    return;
  }
  // Shifted by the largest, so that no exponential overflows.
  double largest = 0;
  for (std::size_t k = 0; k + 1 < classes_; ++k)
    largest = std::max(largest, linear(block, row, k));
  out.assign(1, exact::exp(-largest));
  double sum = out[0];
  for (std::size_t k = 0; k + 1 < classes_; ++k) {
    out.push_back(exact::exp(linear(block, row, k) - largest));
    sum += out.back();
  }
  for (double& p : out)
    p /= sum;
}

std::vector<std::string> Scores::names(const SavedModel& model, const std::vector<double>& times) {
  if (const auto* family = kind_of(model.config).family(model.config)) return {family->prediction};
  std::vector<std::string> names;
  if (has_times(model.config)) {
    names.emplace_back("hazard_ratio");
    for (const double time : times)
      names.push_back("survival_" + round_trip(time));
    return names;
  }
  for (const std::string& category : model.categories)
    names.push_back("probability_" + category);
  return names;
}

void for_each_classified_row(const SavedModel& model, const kernels::RowBlocks& rows,
                             const ClassifiedRow& tell) {
  const Scores scores(model, rows);
  const auto y = host_copy(rows.y);
  const auto weight = host_copy(rows.weight);
  std::vector<double> p;
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      if (weight(b, r) == 0) continue;
      scores.predict(b, r, 0, p);
      if (p.size() == 1) p.insert(p.begin(), 1 - p.front());
      tell(r, static_cast<std::size_t>(y(b, 0, r)), p);
    }
}

}  // namespace bailiwick
