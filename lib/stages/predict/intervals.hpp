// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/kinds/covariance.hpp"
#include "lib/kinds/kind.hpp"

namespace bailiwick {

/// How well the fit knows what it predicts: the standard error sqrt(x'Vx) of a row's linear
/// predictor, V the covariance of the coefficients, and the ends of its interval through the
/// inverse link; of a linear model whose rows have one variance, the interval of a row to come too.
/// R: predict(fit, type = "link", se.fit = TRUE); predict(lm, interval = "prediction"). Quantiles
/// are Student's where the family has a dispersion.
class Intervals {
 public:
  /// Throws ExitCode::config, saying why, if the model in the file `path` has none.
  Intervals(const SavedModel& model, const std::string& path, double level);

  std::vector<std::string> names() const;
  /// Takes standardised rows, of which append() tells then.
  void take(const kernels::RowBlocks& rows);
  /// A number for each name.
  void append(std::size_t block, std::size_t row, std::vector<double>& to) const;

 private:
  void factorise(const std::vector<double>& packed);

  ModelConfig config_;
  std::vector<double> coefficients_;  ///< of the columns, standardised
  std::vector<double> factor_;        ///< C, column by column: V = C C'
  double quantile_ = 0;
  bool tells_rows_ = false;  ///< also where a row to come lies
  double dispersion_ = 1;
  std::size_t block_rows_ = 0;
  std::vector<double> linear_, variance_;  ///< of the rows that were taken, block by block
};

}  // namespace bailiwick
