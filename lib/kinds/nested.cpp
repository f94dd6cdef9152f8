// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/nested.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/model/distributions.hpp"

namespace bailiwick {

namespace {

void check_nested(const FittedFile& small, const FittedFile& large) {
  const auto differ = [&](const char* what) {
    throw Error(ExitCode::data, "{} and {} differ in {}", small.path, large.path, what);
  };
  const ModelConfig &a = small.model.config, &b = large.model.config;
  if (a.kind != b.kind) differ("their kind");
  if (a.target != b.target || a.time != b.time || a.status != b.status || a.entry != b.entry ||
      a.trials != b.trials)
    differ("their target");
  if (a.offset != b.offset || a.exposure != b.exposure) differ("their offset or exposure");
  if (a.strata != b.strata || a.strata_by != b.strata_by || a.ties != b.ties) differ("model.cox");
  if (small.model.rows != large.model.rows ||
      small.model.null_log_likelihood != large.model.null_log_likelihood)
    differ("their rows: train both on the same ones");
  std::vector<std::string> alone;
  for (const std::string& name : small.names)
    if (std::ranges::find(large.names, name) == large.names.end()) alone.push_back(name);
  if (!alone.empty())
    throw Error(ExitCode::data, "{} is not part of {}, which does not have: {}", small.path,
                large.path, join(alone));
  if (small.names.size() == large.names.size())
    throw Error(ExitCode::data, "{} and {} have the same coefficients", small.path, large.path);
}

}  // namespace

double FittedFile::count() const {
  const kernels::FamilyMembers* const family = kind_of(model.config).family(model.config);
  return static_cast<double>(names.size()) + (family != nullptr && family->dispersion ? 1 : 0);
}

FittedFile open_fitted(std::string path) {
  if (std::filesystem::is_directory(path)) path += "/model.h5";
  FittedFile fitted{path, model_from_checkpoint(io::read_checkpoint(path), path), {}};
  const ModelConfig& config = fitted.model.config;
  const auto demand = [&](bool holds, const char* problem) {
    if (!holds) throw Error(ExitCode::data, "{}: {}", path, problem);
  };
  demand(!config.kind->network, "a network; likelihoods of the other kinds are compared");
  demand(!fitted.model.coefficients.empty(), "a checkpoint; give the model at the end");
  demand(config.l2 == 0, "with a penalty its likelihood is not the largest one (model.l2)");
  demand(!has_robust_errors(config),
         "with robust errors the rows are not taken to be independent and of this likelihood");
  demand(!config.weighs_classes() && (!config.weights || config.counts_weights()),
         "with weights its likelihood is not one of rows (model.weights, class_weights)");
  fitted.names = kind_of(config).coefficient_names(fitted.model);
  return fitted;
}

LikelihoodRatio likelihood_ratio(const FittedFile& small, const FittedFile& large) {
  check_nested(small, large);
  LikelihoodRatio test;
  for (const std::string& name : large.names)
    if (std::ranges::find(small.names, name) == small.names.end()) test.more.push_back(name);
  test.chi_squared = std::max(0.0, 2 * (large.model.log_likelihood - small.model.log_likelihood));
  test.p_value = chi_squared_p_value(test.chi_squared, static_cast<double>(test.more.size()));
  return test;
}

}  // namespace bailiwick
