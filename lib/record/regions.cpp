// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/regions.hpp"
#include "lib/record/layout.hpp"

#include <filesystem>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/record/restart.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// Folder and name of what the d-th local domain keeps beside a checkpoint of the common model.
std::pair<std::string, std::string> at_home(const Run& run, std::size_t d,
                                            const std::string& path) {
  const std::filesystem::path common(path);
  return {training_chain.home_of(common.parent_path().parent_path().string(), run.name_of(d)),
          checkpoints_folder + common.filename().string()};
}

}  // namespace

bool keeps_at_home(const FederatedConfig& config) {
  return config.strategy.at_home ||
         (config.personal && config.personal->kind != PersonalKind::finetune);
}

void check_regions(const Run& run, const std::string& path) {
  if (!keeps_at_home(*run.config().train.federated)) return;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    if (!run.decomposition().leads(d)) continue;
    const auto [folder, name] = at_home(run, d, path);
    read_stated(folder, name, run.key_at_home(d));
  }
}

std::vector<State> states_at_home(const Run& run, const std::string& path) {
  std::vector<State> states;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    const auto [folder, name] = at_home(run, d, path);
    states.push_back(io::read_checkpoint(fmt::format("{}/{}", folder, name)).arrays);
  }
  return states;
}

Regions::Regions(Run& run, const std::string& fingerprint, bool in_place)
    : run_(run), own_(one_rank(run)) {
  // One more than of the common model, which is written after them.
  CheckpointConfig keep = run.config().train.checkpoint;
  if (keep.keep_last > 0) ++keep.keep_last;
  keep.asynchronous = false;
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < run.local().size(); ++d)
      if (run.boundary().leads(d)) {
        // A session that ended right after had nothing left to do here.
        if (in_place && is_home_finished(run, training_chain, d)) continue;
        Region& region = regions_.emplace_back(d);
        region.record = std::make_unique<RunRecord>(run, training_chain, own_, d, in_place);
        region.record->begin_session();
        region.checkpoints = std::make_unique<Checkpoints>(*region.record, keep, fingerprint);
      }
  });
}

void Regions::write(const std::string& name, double loss,
                    const std::function<State(std::size_t)>& state) {
  agree(run_.world(), [&] {
    for (Region& region : regions_)
      region.checkpoints->write({{}, state(region.domain)}, name, loss);
  });
}

void Regions::finish(const std::string& name, const Digest& common,
                     const std::function<io::Checkpoint(std::size_t)>& last) {
  agree(run_.world(), [&] {
    for (Region& region : regions_) {
      region.record->add_dependency({dependency::common_model, common, Json::object(), {}});
      region.record->publish(last(region.domain), name, true);
    }
  });
}

}  // namespace bailiwick
