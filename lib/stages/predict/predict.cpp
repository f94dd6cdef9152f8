// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>

#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/data/minimums.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/record/restart.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/homes.hpp"
#include "lib/stages/scores.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// Of a partition's file.
constexpr const char* predictions_ending = ".csv";

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

/// Writes one partition's predictions as CSV, block by block.
void write_predictions(const SavedModel& model, const ModelColumns& columns,
                       const ColumnMoments& moments, const std::vector<double>& times,
                       const LocalDomain& domain, std::size_t partition, bool tell_rows,
                       const std::string& path) {
  const PartitionManifest& manifest = domain.manifests[partition];
  OutputFile file(path, Readers::owner);
  const std::vector<std::string>& splits = manifest.schema.splits;
  file.write(fmt::format("row,{}{}{}\n", manifest.schema.has_ids ? "id," : "",
                         splits.empty() ? "" : "split,", join(Scores::names(model, times), ",")));
  std::vector<double> prediction;
  const std::vector<std::size_t> baselines = find_baselines(model, columns);
  for (std::uint64_t first = 0; first < manifest.blocks(); first += blocks_at_once) {
    const std::uint64_t count = std::min(blocks_at_once, manifest.blocks() - first);
    const LoadedRows loaded =
        load_rows(part_of(domain, partition, first, count), model.config, columns, "", tell_rows);
    kernels::RowBlocks rows = loaded.rows;
    kernels::standardise(rows, moments.centre, moments.scale);
    const Scores scores(model, rows, times);
    const auto weight = host_copy(rows.weight);  // 0: what model.missing drops is not predicted
    auto id = loaded.ids.begin();
    auto split = loaded.splits.begin();
    auto stratum = loaded.stratum.begin();
    for (std::uint64_t b = 0; b < count; ++b) {
      const std::uint64_t begin = (first + b) * manifest.block_rows;
      std::string text;
      for (std::uint64_t r = 0; r < std::min(manifest.block_rows, manifest.rows - begin); ++r) {
        const std::size_t of_row = stratum == loaded.stratum.end() ? 0 : *stratum++;
        scores.predict(b, r, baselines[of_row], prediction);
        text += std::to_string(begin + r);
        if (id != loaded.ids.end()) text += ',' + csv_field(*id++);
        if (split != loaded.splits.end()) text += ',' + csv_field(splits[*split++]);
        for (const double value : prediction)
          text += ',' + (std::isnan(value) || weight(b, r) == 0 ? "" : round_trip(value));
        text += '\n';
      }
      file.write(text);
    }
  }
  file.publish();
}

void predict(const Stage& stage, Session& session, RunConfig config, const StageOptions& options) {
  const StageChain& chain = stage.chain;
  if (is_done(session.world(), config, chain, model_path(config, options))) return;
  Run run(session, std::move(config), stage.use);
  const UsedModel used = open_model(run, options);
  const SavedModel& model = used.model;
  const bool curves = !run.config().section<EvaluateConfig>().survival_at.empty();
  if (curves && model.baselines.empty())
    throw Error(ExitCode::config, "evaluate.survival_at: {} was trained without model.cox.baseline",
                used.path);
  const double known_until = run.config().model.time_maximum;  // 0: no grid
  for (const double time : run.config().section<EvaluateConfig>().survival_at)
    if (known_until > 0 && time > known_until)
      throw Error(ExitCode::config,
                  "evaluate.survival_at: {} is beyond model.cox.time_maximum, {}, after which "
                  "nothing is known",
                  time, known_until);
  ModelColumns columns = columns_of(model, run, false);
  if (curves) columns.strata = select_strata(model.config, run.schema(), columns);
  columns.ids = true;
  const Standardisation standardisation =
      run.config().section<EvaluateConfig>().standardise.value_or(model.config.standardise);
  const std::vector<UsedModel> models = models_of_domains(run, used);
  std::vector<Digest> contents;
  for (const UsedModel& of_domain : models)
    contents.push_back(of_domain.content);
  check_homes(run, chain, contents);  // before anything is set aside for this session
  RunRecord record(run, chain, true);
  record.add_dependency({dependency::model, used.content, Json::object(), {}});
  record.begin_session();
  const std::vector<ColumnMoments> moments = scoring_moments(run, model, columns, standardisation);
  const Communicator own = one_rank(run);
  const HomeRecords homes = open_homes(run, chain, own, contents);
  write_partitions(run, chain, [&](std::size_t d, std::size_t p, const std::string& path) {
    const LocalDomain& domain = run.local()[d];
    write_predictions(models[d].model, columns, moments[d],
                      run.config().section<EvaluateConfig>().survival_at, domain, p,
                      !has_minimum(run, domain), path + predictions_ending);
    return std::vector{path + predictions_ending};
  });
  close_homes(run, chain, homes, std::array{predictions_ending}, [&](std::size_t d) {
    return Json{
        {"format", "bailiwick-prediction"}, {"version", 1}, {"model", models[d].content.hex()}};
  });

  Json rows = Json::object();
  for (const DomainFacts& domain : run.domains())
    rows[domain.name] = domain.rows();
  const Json said = {{"format", "bailiwick-prediction"},
                     {"version", 1},
                     {"model", used.content.hex()},
                     {"standardise", to_word(standardisation)},
                     {"rows", rows}};
  record.publish_egress();
  record.publish_text(said.dump(2) + "\n", chain.result, true);
  if (run.world().is_root())
    std::cout << fmt::format(
        "{} rows scored by model {}\npredictions stay with their domains: {}\n",
        with_thousands(static_cast<long long>(run.rows())), used.content.hex(),
        record.path("predictions/"));
}

}  // namespace

extern constexpr Stage predict_stage{
    .summary = "write predictions that stay with their domain",
    .help =
        "Scores every row with a trained model. Predictions are written as CSV, one file a "
        "partition, into\nthe output folder's predictions/DOMAIN/ with a signed lineage of their "
        "own; nothing leaves the domain.",
    .page = "models.md",
    .use = {.action = Action::predict, .crosses = false},
    .chain = {.stage = "predict",
              .stem = "prediction",
              .result = "prediction.json",
              .names_model = true,
              .is_part = is_csv_name,
              .at_home = "predictions",
              .results_at_home = {"prediction.json"},
              .parts_in_common = false},
    .run = predict};

}  // namespace bailiwick
