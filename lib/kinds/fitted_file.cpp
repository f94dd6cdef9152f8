// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/fitted_file.hpp"

#include "lib/core/error.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/model_file.hpp"

namespace bailiwick {

FittedFile open_fitted(std::string path) {
  path = model_at(path);
  FittedFile fitted{path, model_from_checkpoint(io::read_checkpoint(path), path), {}};
  const ModelConfig& config = fitted.model.config;
  const auto demand = [&](bool holds, const char* problem) {
    if (!holds) throw Error(ExitCode::data, "{}: {}", path, problem);
  };
  demand(!config.kind->network, "a network; models with coefficients are compared");
  demand(!fitted.model.coefficients.empty(), "a checkpoint; give the model at the end");
  demand(config.l2 == 0,
         "with a penalty its estimates are shrunk, and its likelihood is not the largest one "
         "(model.l2)");
  fitted.names = kind_of(config).coefficient_names(fitted.model);
  return fitted;
}

void check_same_target(const FittedFile& one, const FittedFile& other) {
  const ModelConfig &a = one.model.config, &b = other.model.config;
  const char* const what =
      a.kind != b.kind ? "their kind"
      : a.target != b.target || a.time != b.time || a.status != b.status || a.entry != b.entry ||
              a.trials != b.trials || one.model.categories != other.model.categories
          ? "their target"
      : a.offset != b.offset || a.exposure != b.exposure ? "their offset or exposure"
                                                         : nullptr;
  if (what != nullptr)
    throw Error(ExitCode::data, "{} and {} differ in {}", one.path, other.path, what);
}

}  // namespace bailiwick
