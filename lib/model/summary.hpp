// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/model/response.hpp"
#include "lib/model/standardisation.hpp"

namespace bailiwick {

/// A fitted model in the units it was fitted in.
struct FittedModel {
  std::vector<std::string> columns;      ///< of the design, the intercept included
  std::optional<std::size_t> intercept;  ///< its column
  std::vector<std::string> classes;      ///< multinomial: all K, the reference first; else empty
  std::vector<double> theta;             ///< class-major for multinomial
  std::vector<double> covariance;        ///< inverse Hessian, packed (Cholesky::inverse)
  std::optional<ColumnMoments> standardised;  ///< how the columns were; unset: raw
  double log_likelihood = 0;                  ///< without the penalty, as the objective gives it
  bool penalised = false;
  bool robust = false;    ///< the covariance does not rest on the model, nor on a dispersion
  std::string cluster{};  ///< then: whose rows count as one; empty: each for itself
  double clusters = 0;    ///< how many there are
  std::vector<std::string> thresholds{};  ///< ordinal: what comes after the columns
};

/// Coefficients and their covariance (packed) in the units of the raw columns.
struct RawEstimates {
  std::vector<double> coefficients;
  std::vector<double> covariance;
};

/// Undoes x -> (x - centre) * scale: b_j = scale_j theta_j, and the intercept takes
/// -sum_j centre_j b_j, a threshold the opposite. Without either the shift is dropped, as a Cox
/// model may.
RawEstimates to_raw_units(const FittedModel& model);

struct Coefficient {
  std::string name;  ///< multinomial: class:column
  double estimate = 0, standard_error = 0, statistic = 0, p_value = 0;
  double lower = 0, upper = 0;  ///< 95 % confidence interval
};

/// A test of proportional hazards; a line of R's cox.zph.
struct HazardTest {
  std::string name;  ///< of a coefficient, or "global"
  double chi_squared = 0, freedom = 1, p_value = 1;
};

/// R's summary(glm) or summary(coxph), in raw units.
struct ModelSummary {
  std::string title;
  bool student = false;  ///< the statistic is Student's t with n - p degrees of freedom, not normal
  bool penalised = false, robust = false;
  std::string cluster{};
  double clusters = 0;
  std::vector<Coefficient> coefficients;
  std::vector<double> covariance;  ///< packed
  /// Of each category: the levels without a coefficient, which the others are compared with.
  std::vector<std::pair<std::string, std::vector<std::string>>> references;
  double rows = 0;
  std::optional<double> events;                   ///< Cox
  std::optional<double> dispersion;               ///< gaussian, gamma, …: chi-square / (n - p)
  std::optional<double> deviance, null_deviance;  ///< GLM
  double log_likelihood = 0, null_log_likelihood = 0;
  /// With a dispersion: 1 - deviance / null deviance; others: McFadden's 1 - l / l_0.
  double r_squared = 0;
  const char* r_squared_is = "McFadden R-squared";
  std::vector<HazardTest> hazard_tests{};  ///< Cox, if asked for
  std::string hazard_transform{};          ///< of time, in these
  std::string note;                        ///< a line more, for people
  bool has_likelihood = true;              ///< one is known: no noise stands in its place
  bool is_probability = true;  ///< the likelihood is one: of counted events, each of weight 1
  double aic = 0;              ///< -2 l + 2 parameters (a dispersion counts as one)
};

/// Errors of a model with a dispersion that has no more rows than parameters are not numbers.
/// `chi_square`: Pearson's, where it is not the deviance and a dispersion is made of it.
ModelSummary summarise_glm(const FittedModel& model, kernels::Family family,
                           const ResponseTotals& response, double chi_square = 0);

/// null_log_likelihood: at theta = 0, the first iterate's. With weights it is a pseudo-likelihood.
ModelSummary summarise_cox(const FittedModel& model, double rows, double events,
                           double null_log_likelihood, bool weights);

/// Of a GLM that was fitted with noise, which nothing but score and information tell of:
/// `covariance` has the noise in it. Errors of a model with a dispersion are not known.
ModelSummary summarise_noisy_glm(const FittedModel& model, kernels::Family family, double rows);

/// An aligned table for people.
std::string to_text(const ModelSummary& summary);
/// Its coefficients as CSV, all digits of each number; what is undefined is empty.
std::string coefficients_csv(const ModelSummary& summary);

}  // namespace bailiwick
