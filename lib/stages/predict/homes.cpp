// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/predict/homes.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/same_run.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/predict/writer.hpp"

namespace bailiwick {

namespace {

/// The statements of an earlier session of the same run and model; none: there is nothing to go on
/// from.
std::vector<Statement> earlier_at_home(const Run& run, const StageChain& chain, std::size_t d,
                                       const Digest& model) {
  const std::string folder = chain.home_of(run.config().output, run.name_of(d));
  if (!std::filesystem::exists(chain.file(folder))) return {};
  const PublicKey key = PrivateKey::load(run.key_at_home(d)).public_key();
  std::vector<Statement> statements = read_statements(chain.file(folder), {&key, 1});
  if (statements.empty()) return {};
  if (statements.back().final_count)
    check_same_config(run, chain, folder, statements);
  else if (!differences_from(run.config(), chain, folder, statements).empty() ||
           !changed_rows(run, statements.back()).empty())
    return {};  // which is set aside
  const Artefact* made_by = find_dependency(statements.back(), dependency::model);
  if (made_by == nullptr || made_by->sha256 != model)
    throw Error(ExitCode::data,
                "{}: holds predictions of another model; name another folder with --output",
                folder);
  return statements;
}

}  // namespace

void Homes::check(const Run& run, const StageChain& chain, const std::vector<UsedModel>& models) {
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < models.size(); ++d)
      if (run.decomposition().leads(d)) earlier_at_home(run, chain, d, models[d].content);
  });
}

Homes::Homes(Run& run, const StageChain& chain, const std::vector<UsedModel>& models)
    : run_(run),
      chain_(chain),
      models_(models),
      format_(run.config().section<PredictConfig>().format),
      own_(one_rank(run)) {
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < models.size(); ++d) {
      if (!run.decomposition().leads(d)) continue;
      const std::vector<Statement> earlier = earlier_at_home(run, chain, d, models[d].content);
      Home& home = led_[d];
      if (earlier.empty() || !earlier.back().final_count) {
        home.record = std::make_unique<RunRecord>(run, chain, own_, d, true);
        home.record->add_dependency({dependency::model, models[d].content, Json::object(), {}});
        home.record->begin_session();
      }
      drop_others(d, earlier);
    }
  });
}

std::string Homes::folder(std::size_t d) const {
  return chain_.home_of(run_.config().output, run_.name_of(d));
}

std::string Homes::file_of(const PartitionManifest& manifest) const {
  return prediction_name(manifest.name, format_);
}

std::string Homes::path(std::size_t d, std::size_t partition) const {
  return folder(d) + "/" + file_of(run_.local()[d].manifests[partition]);
}

/// Files that no statement vouches for, or not as they are, are made again.
void Homes::drop_others(std::size_t d, const std::vector<Statement>& earlier) {
  std::map<std::string, Digest> signed_files;
  for (const Statement& statement : standing(earlier))
    if (statement.subject_sha256) signed_files[statement.subject_name] = *statement.subject_sha256;
  for (const PartitionManifest& manifest : run_.local()[d].manifests) {
    const std::string name = file_of(manifest), path = folder(d) + "/" + name;
    if (!std::filesystem::exists(path)) continue;
    const auto found = signed_files.find(name);
    if (found != signed_files.end() && sha256_file(path) == found->second)
      led_[d].stated.insert(name);
    else
      std::filesystem::remove(path);
  }
}

void Homes::state(std::size_t d) {
  const auto home = led_.find(d);
  if (home == led_.end() || !home->second.record) return;
  for (const PartitionManifest& manifest : run_.local()[d].manifests) {
    const std::string name = file_of(manifest);
    if (home->second.stated.contains(name) || !std::filesystem::exists(folder(d) + "/" + name))
      continue;
    home->second.record->publish_written(name);
    home->second.record->keep();  // for the next session to go on from
    home->second.stated.insert(name);
  }
}

std::int64_t Homes::count_stated() const {
  std::int64_t count = 0;
  for (const auto& [d, home] : led_)
    count += static_cast<std::int64_t>(home.stated.size());
  const EgressPurpose purpose("agreement and errors");
  run_.world().sum({&count, 1});
  return count;
}

void Homes::close() {
  agree(run_.world(), [&] {
    for (const auto& [d, home] : led_) {
      if (!home.record) continue;
      Json files = Json::object();
      for (const PartitionManifest& manifest : run_.local()[d].manifests)
        files[file_of(manifest)] = {{"rows", manifest.rows}};
      const Json said = {{"format", "bailiwick-prediction"},
                         {"version", 1},
                         {"model", models_[d].content.hex()},
                         {"files", files}};
      home.record->publish_text(said.dump(2) + "\n", chain_.result, true);
    }
  });
}

}  // namespace bailiwick
