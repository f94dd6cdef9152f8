// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/kinds/saved_model.hpp"

namespace bailiwick {

/// Of a model's parameters, as they were fitted: of standardised columns.
struct ParameterCovariance {
  std::vector<double> packed;  ///< without the dispersion: lower triangle, row by row
  /// What `packed` is to be multiplied by: 1 where the family has none, or errors are robust.
  double dispersion = 1;
  /// Of the dispersion; none: the family has none, or the model does not say of how many rows.
  std::optional<double> freedom{};
  bool is_robust = false;
};

/// Of a model with standard errors: what these were made of, or was stored where they are robust or
/// have the noise of a private fit in them. Throws ExitCode::data naming `path` if it has none.
ParameterCovariance parameter_covariance(const SavedModel& model, const std::string& path);

}  // namespace bailiwick
