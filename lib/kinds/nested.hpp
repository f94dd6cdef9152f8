// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/kinds/fitted_file.hpp"

namespace bailiwick {

/// Parameters of a model; a dispersion counts as one.
double count_parameters(const FittedFile& fitted);
double akaike(const FittedFile& fitted);

/// Twice the difference of log-likelihoods, which is chi-squared if what is more says nothing
/// (Wilks, Annals of Mathematical Statistics 9, 1938).
struct LikelihoodRatio {
  std::vector<std::string> more;  ///< coefficients of the larger model alone
  double chi_squared = 0, p_value = 0;
};

/// Throws ExitCode::data unless both have a likelihood of rows, and all that the one has is in the
/// other, of the same rows.
LikelihoodRatio likelihood_ratio(const FittedFile& small, const FittedFile& large);

}  // namespace bailiwick
