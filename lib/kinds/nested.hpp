// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/kinds/saved_model.hpp"

namespace bailiwick {

/// A model with a likelihood of its rows, as training left it.
struct FittedFile {
  std::string path;
  SavedModel model;
  std::vector<std::string> names;  ///< of its coefficients

  /// Of parameters; a dispersion counts as one.
  double count() const;
  double aic() const { return -2 * model.log_likelihood + 2 * count(); }
};

/// `path`: a file, or the folder of a run. Throws ExitCode::data if its log-likelihood is none that
/// could be compared.
FittedFile open_fitted(std::string path);

/// Twice the difference of log-likelihoods, which is chi-squared if what is more says nothing
/// (Wilks, Annals of Mathematical Statistics 9, 1938).
struct LikelihoodRatio {
  std::vector<std::string> more;  ///< coefficients of the larger model alone
  double chi_squared = 0, p_value = 0;
};

/// Throws ExitCode::data unless all that the one has is in the other, of the same rows.
LikelihoodRatio likelihood_ratio(const FittedFile& small, const FittedFile& large);

}  // namespace bailiwick
