// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/negative_binomial/kind.hpp"

#include <cmath>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/core/undefined.hpp"
#include "lib/kinds/negative_binomial/objective.hpp"
#include "lib/model/distributions.hpp"
#include "lib/model/response.hpp"
#include "lib/optim/newton.hpp"

namespace bailiwick {
namespace {

struct Fit {
  std::vector<kernels::RowBlocks> blocks;
  GlmOptions options;
  ResponseTotals totals;
  Sums& sums;

  /// Of glm_sums, at this theta.
  double null_at(double log_theta) const {
    GlmOptions null = options;
    null.shape = log_theta;
    return bailiwick::null_log_likelihood(blocks, null, sums);
  }

  /// Of the intercept alone, with a theta of its own; not defined without one.
  double null_log_likelihood() const {
    if (!options.intercept) return undefined;
    const auto objective =
        make_negative_binomial(intercept_alone(blocks), of_intercept(options), totals, sums);
    return newton(*objective, objective->start(), {}, {}).evaluation.log_likelihood +
           totals.constant;
  }

  /// R's summary(glm.nb): a Poisson model's, but for the likelihood; theta is a last coefficient.
  ModelSummary summary(FittedModel fitted) const {
    const double log_theta = fitted.theta.back(), theta = exact::exp(log_theta);
    const double error = theta * std::sqrt(fitted.covariance.back());
    const std::size_t columns = fitted.columns.size();
    fitted.theta.resize(columns);
    fitted.covariance.resize(columns * (columns + 1) / 2);
    const ShapeTotals shape = shape_totals(blocks, log_theta, sums);

    ModelSummary summary = summarise_glm(fitted, kernels::family<kernels::Poisson>, totals);
    summary.title = "Negative binomial regression (log link)";
    summary.deviance = 2 * (shape.saturated - (fitted.log_likelihood - shape.value));
    summary.null_deviance = 2 * (shape.saturated - null_at(log_theta));
    summary.null_log_likelihood = null_log_likelihood();
    summary.r_squared = 1 - summary.log_likelihood / summary.null_log_likelihood;
    summary.aic += 2;  // theta counts
    // Not tested against 0, where no model is; its interval is that of its logarithm.
    const double factor = exact::exp(normal_quantile_95 * error / theta);
    summary.coefficients.push_back(
        {"theta", theta, error, undefined, undefined, theta / factor, theta * factor});
    return summary;
  }
};

class NegativeBinomialKind : public Kind {
 public:
  explicit NegativeBinomialKind(const KindTraits& traits) : Kind(traits) {}

  /// The last is log theta.
  std::size_t parameters(const SavedModel& model) const override { return model.names.size() + 1; }
  std::vector<std::string> coefficient_names(const SavedModel& model) const override {
    std::vector<std::string> names = model.names;
    names.emplace_back(model.coefficients.empty() ? "log(theta)" : "theta");
    return names;
  }
  Predictor predictor(const SavedModel& model, const kernels::RowBlocks& rows) const override {
    return kernels::linear_predictor(
        rows, std::span<const double>(model.parameters).first(model.names.size()), 1);
  }
  /// Measured as Poisson's are, whatever theta, so that the two can be compared.
  const kernels::FamilyMembers* family(const ModelConfig&) const override {
    return &kernels::family_members[kernels::family<kernels::Poisson>.index];
  }

  Likelihood likelihood(const ModelConfig& model, const ModelColumns& columns,
                        const ModelRows& rows, const ColumnMoments& moments,
                        Sums& sums) const override {
    std::vector<kernels::RowBlocks> blocks = blocks_of(rows);
    const ResponseTotals totals = response_totals(blocks, kernels::family<kernels::Poisson>, 2,
                                                  columns.intercept, model.counts_weights(), sums);
    if (totals.mean == 0)
      throw Error(ExitCode::data, "the target is 0 in every row: nothing is to be learnt of it");
    GlmOptions options;
    options.family = kernels::negative_binomial;
    options.names = columns.names;
    options.penalty = penalty_of(model, columns, moments);
    options.mean_weight = moments.mean_weight();
    options.intercept = columns.intercept;
    options.scale = moments.scale;
    const double offset = columns.has_offset() ? offset_totals(blocks, sums).mean : 0;
    options.start = exact::log(totals.mean) - offset;
    Likelihood result;
    result.objective = make_negative_binomial(blocks, options, totals, sums);
    result.whole = [constant = totals.constant](double value) { return value + constant; };
    const Fit fit{std::move(blocks), std::move(options), totals, sums};
    result.summary = [fit](const FittedModel& fitted, double) { return fit.summary(fitted); };
    return result;
  }
};

}  // namespace

const Kind& negative_binomial_kind() {
  static constexpr KindTraits traits{
      .name = "negative_binomial",
      .response = [](const ModelConfig&) { return kernels::Response::rate; },
      .problem = [](const ModelConfig&, const double* target, std::size_t) -> const char* {
        return target[0] >= 0 ? nullptr
                              : "a negative binomial model needs a target that is not negative";
      }};
  static const NegativeBinomialKind kind(traits);
  return kind;
}

}  // namespace bailiwick
