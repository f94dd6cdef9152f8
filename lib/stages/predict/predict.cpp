// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iostream>
#include <iterator>
#include <optional>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/core/undefined.hpp"
#include "lib/data/minimums.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/homes.hpp"
#include "lib/stages/predict/config.hpp"
#include "lib/stages/predict/intervals.hpp"
#include "lib/stages/predict/writer.hpp"
#include "lib/stages/regional/models.hpp"
#include "lib/stages/scores.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// Rows scored at a time, or a block if that is more: what bounds the memory.
constexpr std::uint64_t rows_of_step = 1 << 17;

/// Of each stratum of the partitions its place among the model's baselines; one that had no event
/// in training has none.
std::vector<std::size_t> find_baselines(const SavedModel& model, const ModelColumns& columns) {
  std::vector<std::size_t> places;
  for (std::size_t s = 0; s < columns.count_strata(); ++s)
    places.push_back(static_cast<std::size_t>(
        std::ranges::find(model.baselines, columns.levels_of_stratum(s), &BaselineHazard::levels) -
        model.baselines.begin()));
  return places;
}

/// What is said of the rows of one domain.
struct Question {
  const SavedModel& model;
  const ModelColumns& columns;
  const ColumnMoments& moments;
  const std::vector<double>& times;    ///< at which survival is told
  std::optional<Intervals> intervals;  ///< if they are asked for

  std::vector<std::string> names() const {
    std::vector<std::string> all = Scores::names(model, times);
    if (intervals) std::ranges::copy(intervals->names(), std::back_inserter(all));
    return all;
  }
};

/// Of the rows of a part of one partition.
io::PredictedRows predict_rows(Question& asked, const LocalDomain& part, bool tell_rows) {
  const PartitionManifest& manifest = part.manifests.front();
  LoadedRows loaded = load_rows(part, asked.model.config, asked.columns, "", tell_rows);
  kernels::RowBlocks rows = loaded.rows;
  kernels::standardise(rows, asked.moments.centre, asked.moments.scale);
  const Scores scores(asked.model, rows, asked.times);
  if (asked.intervals) asked.intervals->take(rows);
  const std::vector<std::size_t> baselines = find_baselines(asked.model, asked.columns);
  const auto weight = host_copy(rows.weight);  // 0: what model.missing drops is not predicted

  io::PredictedRows told{
      part.blocks.first * manifest.block_rows, std::move(loaded.ids), std::move(loaded.splits), {}};
  told.columns.resize(asked.names().size());
  const std::uint64_t most = part.blocks.count * manifest.block_rows;
  for (std::vector<double>& column : told.columns)
    column.reserve(std::min(most, manifest.rows - told.first));
  auto stratum = loaded.stratum.begin();
  std::vector<double> prediction;
  for (std::size_t b = 0; b < loaded.rows_of_block.size(); ++b)
    for (std::size_t r = 0; r < loaded.rows_of_block[b]; ++r) {
      const std::size_t of_row = stratum == loaded.stratum.end() ? 0 : *stratum++;
      scores.predict(b, r, baselines[of_row], prediction);
      if (asked.intervals) asked.intervals->append(b, r, prediction);
      for (std::size_t c = 0; c < prediction.size(); ++c)
        told.columns[c].push_back(weight(b, r) == 0 ? undefined : prediction[c]);
    }
  return told;
}

/// Writes the file of one partition, step by step.
void predict_partition(Question& asked, const LocalDomain& domain, std::size_t partition,
                       bool tell_rows, PredictionFormat format, const std::string& path) {
  LocalDomain part = part_of(domain, partition, {});
  const PartitionManifest& manifest = part.manifests.front();
  const std::uint64_t step = std::max<std::uint64_t>(1, rows_of_step / manifest.block_rows);
  const std::uint64_t id_bytes =
      io::PartitionReader(part.admission, manifest, part.paths.front()).id_bytes();
  const auto file = make_prediction_writer(
      format, path, {manifest.rows, asked.names(), id_bytes, manifest.schema.splits},
      step * manifest.block_rows);
  for (std::uint64_t first = 0; first < manifest.blocks(); first += step) {
    part.blocks = {first, std::min(step, manifest.blocks() - first)};
    file->write(predict_rows(asked, part, tell_rows));
  }
  file->publish();
}

void check_survival_times(const Run& run, const UsedModel& used) {
  const std::vector<double>& times = run.config().section<EvaluateConfig>().survival_at;
  if (times.empty()) return;
  if (used.model.baselines.empty())
    throw Error(ExitCode::config, "evaluate.survival_at: {} was trained without model.cox.baseline",
                used.path);
  if (run.config().section<PredictConfig>().interval > 0)
    throw Error(ExitCode::config,
                "predict.interval: a model does not hold what the errors of a survival curve are "
                "made of; leave out evaluate.survival_at, or predict.interval");
  const double known_until = run.config().model.time_maximum;  // 0: no grid
  for (const double time : times)
    if (known_until > 0 && time > known_until)
      throw Error(ExitCode::config,
                  "evaluate.survival_at: {} is beyond model.cox.time_maximum, {}, after which "
                  "nothing is known",
                  time, known_until);
}

std::optional<Intervals> intervals_of(const Run& run, const UsedModel& used) {
  const double level = run.config().section<PredictConfig>().interval;
  if (level == 0) return {};
  return Intervals(used.model, used.path, level);
}

void predict(const Stage& stage, Session& session, RunConfig config, const StageOptions& options) {
  const StageChain& chain = stage.chain;
  if (is_done(session.world(), config, chain, model_path(config, options))) return;
  Run run(session, std::move(config), stage.use);
  const UsedModel used = open_model(run, options);
  check_survival_times(run, used);
  const std::vector<double>& times = run.config().section<EvaluateConfig>().survival_at;
  ModelColumns columns = columns_of(used.model, run, false);
  if (!times.empty()) columns.strata = select_strata(used.model.config, run.schema(), columns);
  columns.ids = true;
  const Standardisation standardisation =
      run.config().section<EvaluateConfig>().standardise.value_or(used.model.config.standardise);
  const std::vector<UsedModel> models = models_of_domains(run, used);
  std::vector<std::optional<Intervals>> intervals;
  agree(run.world(), [&] {
    for (const UsedModel& model : models)
      intervals.push_back(intervals_of(run, model));
  });
  std::vector<Artefact> made_by;
  for (const UsedModel& model : models)
    made_by.push_back({dependency::model, model.content, Json::object(), {}});
  Homes::check(run, chain, made_by);
  RunRecord record(run, chain, true);
  record.add_dependency({dependency::model, used.content, Json::object(), {}});
  record.begin_session();
  const std::vector<ColumnMoments> moments =
      scoring_moments(run, used.model, columns, standardisation);
  const PredictionFormat format = run.config().section<PredictConfig>().format;
  const std::string ending = prediction_ending(format);
  Homes homes(run, chain, std::move(made_by), {ending});
  std::vector<Question> questions;
  for (std::size_t d = 0; d < models.size(); ++d)
    questions.push_back({models[d].model, columns, moments[d], times, std::move(intervals[d])});
  homes.write(record, [&](std::size_t d, std::size_t p, const std::string& path) {
    const LocalDomain& domain = run.local()[d];
    predict_partition(questions[d], domain, p, !has_minimum(run, domain), format, path + ending);
  });
  homes.close([&](std::size_t d) {
    return Json{
        {"format", "bailiwick-prediction"}, {"version", 1}, {"model", models[d].content.hex()}};
  });

  Json rows = Json::object();
  for (const DomainFacts& domain : run.domains())
    rows[domain.name] = domain.rows();
  Json said = {{"format", "bailiwick-prediction"},
               {"version", 1},
               {"model", used.content.hex()},
               {"standardise", to_word(standardisation)},
               {"rows", rows}};
  if (const auto& routes = run.config().section<EvaluateConfig>().routes; !routes.empty())
    said["models"] = routes;
  record.publish_egress();
  record.publish_text(said.dump(2) + "\n", chain.result, true);
  if (run.world().is_root())
    std::cout << fmt::format(
        "{} rows scored by model {}\npredictions stay with their domains: {}\n",
        with_thousands(static_cast<long long>(run.rows())), used.content.hex(),
        record.path("predictions/"));
}

}  // namespace

constexpr SectionType predict_section = section_type<PredictConfig>();

extern constexpr Stage predict_stage{
    .summary = "write predictions that stay with their domain",
    .help =
        "Scores every row with a trained model. Predictions are written as CSV or HDF5, one file a "
        "partition,\ninto the output folder's predictions/DOMAIN/ with a signed lineage of their "
        "own; nothing leaves the domain.\nWhat was stopped goes on with the partitions that are "
        "missing.",
    .page = "predictions.md",
    .use = {.action = Action::predict, .crosses = false},
    .chain = {.stage = "predict",
              .stem = "prediction",
              .result = "prediction.json",
              .names_model = true,
              .is_part = is_prediction_name,
              .at_home = "predictions",
              .results_at_home = {"prediction.json"},
              .parts_in_common = false},
    .section = &predict_section,
    .run = predict};

}  // namespace bailiwick
