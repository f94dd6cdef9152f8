// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/predict.hpp"
#include "lib/run/request.hpp"

#include <algorithm>
#include <iostream>

#include "lib/core/text.hpp"
#include "lib/record/egress_report.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/scores.hpp"

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

/// RFC 4180: quoted where a comma, a quote or a line end is in it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text)
    quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

/// One partition's predictions as CSV.
std::string predictions_csv(const SavedModel& model, const ModelColumns& columns,
                            const ColumnMoments& moments, const LocalDomain& domain,
                            std::size_t partition) {
  const PartitionManifest& manifest = domain.manifests[partition];
  std::string text =
      (manifest.schema.has_ids ? "row,id," : "row,") + join(Scores::names(model), ",") + "\n";
  std::vector<double> prediction;
  for (std::uint64_t first = 0; first < manifest.blocks(); first += blocks_at_once) {
    const std::uint64_t count = std::min(blocks_at_once, manifest.blocks() - first);
    const LoadedRows loaded =
        load_rows(part_of(domain, partition, first, count), model.config, columns, "");
    kernels::RowBlocks rows = loaded.rows;
    kernels::standardise(rows, moments.centre, moments.scale);
    const Scores scores(model, rows);
    auto id = loaded.ids.begin();
    for (std::uint64_t b = 0; b < count; ++b) {
      const std::uint64_t begin = (first + b) * manifest.block_rows;
      for (std::uint64_t r = 0; r < std::min(manifest.block_rows, manifest.rows - begin); ++r) {
        scores.predict(b, r, prediction);
        text += std::to_string(begin + r);
        if (id != loaded.ids.end()) text += ',' + csv_field(*id++);
        for (const double value : prediction)
          text += ',' + round_trip(value);
        text += '\n';
      }
    }
  }
  return text;
}

}  // namespace

void predict(Session& session, RunConfig config, std::string model_path,
             const std::vector<std::string>& keys) {
  if (model_path.empty()) model_path = config.output + "/model.h5";
  Run run(session, std::move(config), actions_of("predict"));
  Digest content;
  const std::vector<PublicKey> trusted = model_keys(run, keys);
  const SavedModel model = open_model(run, model_path, trusted, &content);
  ModelColumns columns = columns_of(model, run.schema(), false);
  columns.ids = true;
  columns.weights = false;  // a row that counted for nothing in training has a prediction too
  const std::vector<ColumnMoments> moments = scoring_moments(
      run, model, columns, run.config().evaluate.standardise.value_or(model.config.standardise));

  const std::vector<SavedModel> models =
      models_of_domains(run, model, model_path, content, trusted);
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < run.local().size(); ++d) {
      const LocalDomain& domain = run.local()[d];
      const DomainFacts& facts = run.domains()[domain.index];
      const auto members = facts.ranks.size();
      const auto member = static_cast<std::size_t>(
          std::find(facts.ranks.begin(), facts.ranks.end(), run.world().rank()) -
          facts.ranks.begin());
      for (std::size_t p = member; p < domain.paths.size(); p += members) {
        const std::string folder = run.config().output + "/predictions/" + facts.name;
        create_folders(folder);
        write_file_atomically(folder + "/" + domain.manifests[p].name + ".csv",
                              predictions_csv(models[d], columns, moments[d], domain, p),
                              Readers::owner);
      }
    }
  });
  const std::string egress = egress_report(run);
  agree(run.world(), [&] {
    if (run.world().is_root())
      write_file_atomically(run.config().output + "/predict.egress.json", egress);
  });
  if (run.world().is_root())
    std::cout << fmt::format(
        "{} rows scored by model {}\npredictions stay with their domains: {}/predictions/\n",
        with_thousands(static_cast<long long>(run.rows())), content.hex(), run.config().output);
}

}  // namespace bailiwick
