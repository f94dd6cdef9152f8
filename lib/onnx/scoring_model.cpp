// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/scoring_model.hpp"

#include <algorithm>

#include "io/checkpoint/checkpoint.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/record/signed_documents.hpp"
#include "lib/run/inputs.hpp"
#include "lib/stages/scores.hpp"
#include "lib/verify/document_finder.hpp"

namespace bailiwick {

namespace {

/// The last session of the training.
const TracedSession& training_of(const RunToExport& run) {
  const TracedSession* training = nullptr;
  for (const std::size_t number : run.sessions)
    if (const TracedSession& session = run.graph.sessions()[number];
        run.graph.chain_of(session).stage->is_training())
      training = &session;
  ensure(training != nullptr, "a folder with a trained model holds its training");
  return *training;
}

Inputs inputs_of(const RunToExport& run, const TracedSession& training) {
  for (const RunFile& file : run.documents(training))
    if (file.name.ends_with("inputs.json") || file.name.find("inputs.") != std::string::npos)
      return inputs_from_json(parse_document(read_file(file.path), file.name), file.name);
  throw Error(ExitCode::data, "{}: its inputs are not there: it was made by a release before 0.2",
              run.folder);
}

/// The first partition's: all of a run have one schema.
PartitionManifest manifest_of(const RunToExport& run, const TracedSession& training) {
  const Inputs inputs = inputs_of(run, training);
  for (const std::size_t used : training.used) {
    const Item& item = run.graph.items()[used];
    if (item.kind != ItemKind::partition) continue;
    const auto domain = std::ranges::find(inputs.domains, item.domain, &DomainInputs::name);
    if (domain == inputs.domains.end()) continue;
    const std::string path =
        run.folder + "/" +
        run.placed(training, manifest_document(item.domain, item.name, item.digest));
    PartitionManifest manifest = io::open_manifest(path, DocumentFinder::recorded_keys(*domain));
    if (manifest.root != item.digest)
      throw Error(ExitCode::integrity, "{}: is of other rows than those that were trained on",
                  path);
    return manifest;
  }
  throw Error(ExitCode::data, "{}: its training names no partition", run.folder);
}

void check_scoring_model(const RunToExport& run, const ScoringModel& model) {
  const auto refuse = [&](const char* why) {
    throw Error(ExitCode::data, "{}: {}", run.folder, why);
  };
  if (model.model.config.standardise == Standardisation::per_domain)
    refuse(
        "its model takes rows that are standardised within their domain, by numbers that no file "
        "holds; train it with model.standardise: pooled");
  if (!model.schema.version_1.empty())
    refuse("its partitions, of format version 1, do not name all levels; ingest them anew");
  if (model.columns.features.empty()) refuse("its model has no features");
}

}  // namespace

ScoringModel open_scoring_model(const RunToExport& run) {
  const RunFile file = run.model();
  if (const auto withdrawal = run.withdrawal())
    throw Error(ExitCode::policy, "{}: was {}", file.path, withdrawn_words(*withdrawal));
  Digest content;
  ScoringModel scored{};
  scored.model = model_from_checkpoint(io::read_checkpoint(file.path, &content), file.path);
  const SavedModel& model = scored.model;
  if (const auto end = parse_instant(model.delete_by); end && *parse_instant(utc_now()) >= *end)
    throw Error(ExitCode::policy, "{}: an owner wanted it gone by {}", file.path, model.delete_by);
  const PartitionManifest manifest = manifest_of(run, training_of(run));
  scored.schema = manifest.schema;
  scored.stored_single = manifest.precision == "float32";
  scored.columns = columns_in(model, manifest.schema, false);
  check_scoring_model(run, scored);
  scored.metadata = {
      {"bailiwick.model", content.hex()},
      {"bailiwick.kind", model.config.kind->name},
      {"bailiwick.run", run.name()},
      {"bailiwick.purpose", run.purpose()},
      {"bailiwick.target", has_times(model.config) ? model.config.time : model.config.target}};
  if (!model.delete_by.empty()) scored.metadata["bailiwick.delete_by"] = model.delete_by;
  return scored;
}

std::vector<double> survival_hazards(const ScoringModel& scored, const std::vector<double>& times) {
  const SavedModel& model = scored.model;
  if (times.empty()) return {};
  if (model.config.kind->response(model.config) != kernels::Response::hazard)
    throw Error(ExitCode::data, "survival is of Cox models, and this is \"{}\"",
                model.config.kind->name);
  if (model.baselines.size() != 1)
    throw Error(ExitCode::data, "survival needs {}",
                model.baselines.empty()
                    ? "a model that was trained with model.cox.baseline: true"
                    : "a model without strata: which baseline is a row's is not among its columns");
  return hazards_at(model.baselines[0], times);
}

std::string column_words(const Column& column) {
  std::string words = column.is_category() ? "category: " + join(column.levels) : "number";
  if (!column.unit.empty()) words += ", " + column.unit;
  if (column.minimum && column.maximum)
    words += fmt::format(", {} to {}", round_trip(*column.minimum), round_trip(*column.maximum));
  if (!column.description.empty()) words += ": " + column.description;
  return words;
}

}  // namespace bailiwick
