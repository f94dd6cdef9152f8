// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/kinds/fitted_file.hpp"
#include "lib/model/group_tests.hpp"

namespace bailiwick {

/// Whether several coefficients are all 0, by their estimates and covariance alone (Wald,
/// Transactions of the AMS 54, 1943).
struct WaldTest {
  std::vector<std::string> terms;
  GroupTest chi_squared;
  std::optional<GroupTest> f;  ///< of a model with a dispersion, whose t it is for one term
};

/// `terms`: names of coefficients of columns, in which * stands for anything. Throws
/// ExitCode::usage for one that stands for none, ExitCode::data if there are no errors, or none of
/// so many coefficients together.
WaldTest wald_test(const FittedFile& fitted, std::span<const std::string> terms);

}  // namespace bailiwick
