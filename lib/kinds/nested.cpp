// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/nested.hpp"

#include <algorithm>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/model/distributions.hpp"

namespace bailiwick {

namespace {

void demand_likelihood(const FittedFile& fitted) {
  const ModelConfig& config = fitted.model.config;
  const auto demand = [&](bool holds, const char* problem) {
    if (!holds) throw Error(ExitCode::data, "{}: {}", fitted.path, problem);
  };
  demand(!has_robust_errors(config),
         "with robust errors the rows are not taken to be independent and of this likelihood");
  demand(!config.weighs_classes() && (!config.weights || config.counts_weights()),
         "with weights its likelihood is not one of rows (model.weights, class_weights)");
}

void check_nested(const FittedFile& small, const FittedFile& large) {
  for (const FittedFile* fitted : {&small, &large})
    demand_likelihood(*fitted);
  check_same_target(small, large);
  const auto differ = [&](const std::string& what) {
    throw Error(ExitCode::data, "{} and {} differ in {}", small.path, large.path, what);
  };
  const ModelConfig &a = small.model.config, &b = large.model.config;
  if (a.strata != b.strata || a.strata_by != b.strata_by || a.ties != b.ties) differ("model.cox");
  for (const MissingFeature& missing : small.model.missing)
    if (std::ranges::find(large.model.missing, missing) == large.model.missing.end())
      differ("what stands for missing values of " + missing.name);
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

double count_parameters(const FittedFile& fitted) {
  const ModelConfig& config = fitted.model.config;
  const kernels::FamilyMembers* const family = kind_of(config).family(config);
  return static_cast<double>(fitted.names.size()) +
         (family != nullptr && family->dispersion ? 1 : 0);
}

double akaike(const FittedFile& fitted) {
  return -2 * fitted.model.log_likelihood + 2 * count_parameters(fitted);
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
