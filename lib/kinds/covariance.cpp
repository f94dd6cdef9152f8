// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/covariance.hpp"

#include <algorithm>

#include "lib/core/error.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/optim/cholesky.hpp"

namespace bailiwick {

ParameterCovariance parameter_covariance(const SavedModel& model, const std::string& path) {
  if (model.standard_errors.empty())
    throw Error(ExitCode::data, "{} has no finite standard errors", path);
  const auto at = [](std::size_t i, std::size_t j) { return i * (i + 1) / 2 + j; };
  const bool is_stored = !model.covariance.empty();
  const std::vector<double>& stored = is_stored ? model.covariance : model.information;
  if (stored.size() != at(model.parameters.size(), 0))
    throw Error(ExitCode::data,
                "{} does not hold what the covariance of its coefficients is made of", path);
  ParameterCovariance result;
  if (is_stored) {
    result.packed = stored;
  } else {
    const Cholesky factor(stored);
    if (factor.deficient()) throw Error(ExitCode::data, "{}: its information is none", path);
    result.packed = factor.inverse();
  }
  result.is_robust = has_robust_errors(model.config);
  const kernels::FamilyMembers* const family = kind_of(model.config).family(model.config);
  if (family == nullptr || !family->dispersion) return result;
  if (!model.config.weights || model.config.counts_weights())
    result.freedom = model.rows - static_cast<double>(model.parameters.size());
  if (result.is_robust) return result;
  // The dispersion is what the standard errors have and the information has not. Of an intercept
  // beside columns they differ by more than a factor.
  const bool has_columns = model.config.intercept && model.names.size() > 1;
  const std::size_t j = has_columns ? 1 : 0;
  const double scale = model.config.standardise == Standardisation::per_domain ? 1 : model.scale[j];
  const double error = model.standard_errors[j] / scale;
  result.dispersion = error * error / result.packed[at(j, j)];
  return result;
}

}  // namespace bailiwick
