// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/data/minimums.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/record/same_run.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/scores.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// Blocks scored at a time: what bounds the memory.
constexpr std::uint64_t blocks_at_once = 1024;

/// The rows of one partition of a domain, from its first block in steps.
LocalDomain part_of(const LocalDomain& domain, std::size_t partition, std::uint64_t first,
                    std::uint64_t count) {
  LocalDomain part = domain;
  part.paths = {domain.paths[partition]};
  part.manifests = {domain.manifests[partition]};
  part.blocks = {first, count};
  return part;
}

std::string file_of(const PartitionManifest& manifest) {
  return manifest.name + ".csv";
}

bool is_csv_name(std::string_view name) {
  return name.size() > 4 && name.ends_with(".csv") && name.find('/') == std::string_view::npos;
}

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

/// What stays with the domains that this rank leads: their records, one a local domain; nullptr
/// where another rank leads, or an earlier session came to the end of it.
using HomeRecords = std::vector<std::unique_ptr<RunRecord>>;

/// Whether an earlier session, which did not come to its own end, left all that this one asks for.
bool is_home_done(const Run& run, const StageChain& chain, std::size_t d, const Digest& model) {
  if (!is_home_finished(run, chain, d)) return false;
  const std::string folder = chain.home_of(run.config().output, run.name_of(d));
  const PublicKey key = PrivateKey::load(run.key_at_home(d)).public_key();
  const std::vector<Statement> statements = read_statements(chain.file(folder), {&key, 1});
  check_same_config(run, chain, folder, statements);
  const Artefact* made_by = find_dependency(statements.back(), dependency::model);
  if (made_by == nullptr || made_by->sha256 != model)
    throw Error(ExitCode::data,
                "{}: holds predictions of another model; name another folder with --output",
                folder);
  return true;
}

HomeRecords open_homes(Run& run, const StageChain& chain, const Communicator& own,
                       const std::vector<UsedModel>& models) {
  HomeRecords homes(run.local().size());
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < homes.size(); ++d) {
      if (!run.boundary().leads(d)) continue;
      if (is_home_done(run, chain, d, models[d].content)) continue;
      homes[d] = std::make_unique<RunRecord>(run, chain, own, d, true);
      homes[d]->add_dependency({dependency::model, models[d].content, Json::object(), {}});
      homes[d]->begin_session();
    }
  });
  return homes;
}

/// Once all of a domain's files are written, by whichever of its ranks: states each.
void close_homes(const Run& run, const StageChain& chain, const HomeRecords& homes,
                 const std::vector<UsedModel>& models) {
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < homes.size(); ++d) {
      if (!homes[d]) continue;
      Json files = Json::object();
      for (const PartitionManifest& manifest : run.local()[d].manifests) {
        homes[d]->publish_written(file_of(manifest));
        files[file_of(manifest)] = {{"rows", manifest.rows}};
      }
      const Json said = {{"format", "bailiwick-prediction"},
                         {"version", 1},
                         {"model", models[d].content.hex()},
                         {"files", files}};
      homes[d]->publish_text(said.dump(2) + "\n", chain.result, true);
    }
  });
}

/// Each partition is written by one of the domain's ranks. Where any fails, none leaves what nobody
/// would sign.
void predict_partitions(const Run& run, const StageChain& chain,
                        const std::vector<UsedModel>& models, const ModelColumns& columns,
                        const std::vector<ColumnMoments>& moments) {
  std::vector<std::string> written;
  try {
    agree(run.world(), [&] {
      for (std::size_t d = 0; d < run.local().size(); ++d) {
        const LocalDomain& domain = run.local()[d];
        const std::vector<int>& ranks = run.domains()[domain.index].ranks;
        const auto member =
            static_cast<std::size_t>(std::ranges::find(ranks, run.world().rank()) - ranks.begin());
        const std::string folder = chain.home_of(run.config().output, run.name_of(d));
        for (std::size_t p = member; p < domain.paths.size(); p += ranks.size()) {
          const std::string path = folder + "/" + file_of(domain.manifests[p]);
          write_predictions(models[d].model, columns, moments[d],
                            run.config().section<EvaluateConfig>().survival_at, domain, p,
                            !has_minimum(run, domain), path);
          written.push_back(path);
        }
      }
    });
  } catch (...) {
    std::error_code ignored;
    for (const std::string& path : written)
      std::filesystem::remove(path, ignored);
    throw;
  }
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
  agree(run.world(), [&] {  // before anything is set aside for this session
    for (std::size_t d = 0; d < models.size(); ++d)
      if (run.boundary().leads(d)) is_home_done(run, chain, d, models[d].content);
  });
  RunRecord record(run, chain, true);
  record.add_dependency({dependency::model, used.content, Json::object(), {}});
  record.begin_session();
  const std::vector<ColumnMoments> moments = scoring_moments(run, model, columns, standardisation);
  const Communicator own = one_rank(run);
  const HomeRecords homes = open_homes(run, chain, own, models);
  predict_partitions(run, chain, models, columns, moments);
  close_homes(run, chain, homes, models);

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
