// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/regional/models.hpp"

#include <filesystem>

#include "lib/core/instant.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/layout.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/evaluate_config.hpp"

namespace bailiwick {

namespace {

void demand_routed(const Digest& routed, const std::string& path, const Digest& content) {
  if (content != routed)
    throw Error(ExitCode::integrity,
                "{}: is not the model that evaluate.routes, or the registry, has the domain's rows "
                "scored by: its content is {}, that was {}",
                path, content.hex(), routed.hex());
}

}  // namespace

void demand_one_model(const RunConfig& config, const char* stage) {
  if (!config.section<EvaluateConfig>().routes.empty())
    throw Error(ExitCode::config,
                "evaluate.routes: {} is of one model, and rows of some domains are scored by their "
                "own; give the file of one of them with --model",
                stage);
}

std::vector<UsedModel> models_of_domains(Run& run, const UsedModel& common) {
  std::vector<UsedModel> models(run.local().size(), common);
  const EvaluateConfig& how = run.config().section<EvaluateConfig>();
  if (!how.regional && how.routes.empty()) return models;
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < models.size(); ++d) {
      UsedModel& own = models[d];
      const auto route = how.routes.find(run.name_of(d));
      if (!how.regional && route == how.routes.end()) continue;
      const std::string folder =
          how.regions.value_or(std::filesystem::path(common.path).parent_path().string());
      own.path = training_chain.home_of(folder, run.name_of(d)) + "/model.h5";
      if (!std::filesystem::exists(own.path))
        throw Error(ExitCode::data,
                    "{}: is not there: the rows of domain {} are scored by its own model; name the "
                    "output folder of the training in evaluate.regions",
                    own.path, run.name_of(d));
      const StatedModel stated = stated_model(run.config(), own.path, common.trusted);
      check_duties(stated, own.path, utc_now());
      const io::Checkpoint checkpoint = io::read_checkpoint(own.path, &own.content);
      demand_stated(*stated.statement.subject_content, own.path, own.content);
      if (route != how.routes.end())
        demand_routed(Digest::from_hex(route->second), own.path, own.content);
      const Artefact* from = find_dependency(stated.statement, dependency::common_model);
      if (from == nullptr || from->sha256 != common.content)
        throw Error(ExitCode::integrity,
                    "{}: is signed as coming from another common model than {}", own.path,
                    common.path);
      own.model = model_from_checkpoint(checkpoint, own.path);
      run.check_usable(own.path, own.content, own.model.delete_by);
      if (own.model.names != common.model.names ||
          own.model.categories != common.model.categories ||
          own.model.embeddings != common.model.embeddings ||
          own.model.missing != common.model.missing)
        throw Error(ExitCode::data, "{}: not a model of the same columns as the common one",
                    own.path);
    }
  });
  return models;
}

}  // namespace bailiwick
