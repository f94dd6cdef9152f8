// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/core/undefined.hpp"
#include "lib/model/distributions.hpp"

namespace bailiwick {
namespace {

using kernels::Family;

/// As printed; "-" for what is not defined.
std::string shown(const char* format, double value) {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "-";
}

std::size_t packed(std::size_t i, std::size_t j) {
  return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

std::vector<std::string> parameter_names(const FittedModel& model) {
  std::vector<std::string> names = model.columns;
  names.insert(names.end(), model.thresholds.begin(), model.thresholds.end());
  if (model.classes.empty()) return names;
  names.clear();
  for (std::size_t k = 1; k < model.classes.size(); ++k) {
    for (const std::string& column : model.columns) {
      names.push_back(model.classes[k] + ":" + column);
    }
  }
  return names;
}

/// The table of coefficients; `freedom` only for Student's t.
ModelSummary with_coefficients(const FittedModel& model, double dispersion,
                               std::optional<double> freedom) {
  RawEstimates raw = to_raw_units(model);
  ModelSummary summary;
  summary.penalised = model.penalised;
  summary.robust = model.robust;
  summary.cluster = model.cluster;
  summary.clusters = model.clusters;
  summary.student = freedom.has_value();
  summary.log_likelihood = model.log_likelihood;
  summary.covariance = std::move(raw.covariance);
  for (double& c : summary.covariance)
    c *= model.robust ? 1 : dispersion;
  const bool known = !freedom || *freedom > 0;
  const double quantile = !known    ? undefined
                          : freedom ? student_quantile(0.05, *freedom)
                                    : normal_quantile_95;
  const std::vector<std::string> names = parameter_names(model);
  for (std::size_t j = 0; j < names.size(); ++j) {
    Coefficient c{names[j], raw.coefficients[j]};
    c.standard_error = std::sqrt(summary.covariance[packed(j, j)]);
    c.statistic = c.estimate / c.standard_error;
    c.p_value = !known    ? undefined
                : freedom ? student_p_value(c.statistic, *freedom)
                          : normal_p_value(c.statistic);
    c.lower = std::fma(-quantile, c.standard_error, c.estimate);
    c.upper = std::fma(quantile, c.standard_error, c.estimate);
    summary.coefficients.push_back(std::move(c));
  }
  return summary;
}

/// One line, or none; of many levels that have no coefficient only their number.
std::string to_text(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& categories) {
  constexpr std::size_t most = 3;
  std::vector<std::string> references;
  for (const auto& [name, levels] : categories)
    references.push_back(name + " " +
                         (levels.size() > most ? fmt::format("(the {} other levels)", levels.size())
                                               : join(levels, " or ")));
  return references.empty() ? "" : "reference levels: " + join(references) + "\n";
}

}  // namespace

RawEstimates to_raw_units(const FittedModel& model) {
  const std::size_t p = model.columns.size(), d = model.theta.size();
  ensure(
      p > 0 && (d - model.thresholds.size()) % p == 0 && model.covariance.size() == d * (d + 1) / 2,
      "a fitted model has whole blocks of columns and a packed covariance");
  if (!model.standardised) return {model.theta, model.covariance};

  // raw = A theta: A is diagonal but for the intercept's row, one such block a class.
  const std::vector<double>&centre = model.standardised->centre, &scale = model.standardised->scale;
  const auto apply = [&](auto&& of, std::size_t i) {
    if (i >= d - model.thresholds.size()) {
      double threshold = of(i);
      for (std::size_t j = 0; j < p; ++j)
        threshold = std::fma(centre[j] * scale[j], of(j), threshold);
      return threshold;
    }
    double sum = scale[i % p] * of(i);
    if (i % p == model.intercept) {
      for (std::size_t j = 0; j < p; ++j) {
        if (j != model.intercept) sum = std::fma(-centre[j] * scale[j], of(i - i % p + j), sum);
      }
    }
    return sum;
  };
  RawEstimates raw;
  std::vector<double> rows(d * d);  // A C
  for (std::size_t i = 0; i < d; ++i) {
    raw.coefficients.push_back(apply([&](std::size_t k) { return model.theta[k]; }, i));
    for (std::size_t j = 0; j < d; ++j) {
      rows[i * d + j] = apply([&](std::size_t k) { return model.covariance[packed(k, j)]; }, i);
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      raw.covariance.push_back(apply([&](std::size_t k) { return rows[i * d + k]; }, j));
    }
  }
  return raw;
}

ModelSummary summarise_glm(const FittedModel& model, Family family, const ResponseTotals& response,
                           double chi_square) {
  const double deviance = 2 * (response.saturated_log_likelihood - model.log_likelihood);
  const double null_deviance =
      2 * (response.saturated_log_likelihood - response.null_log_likelihood);
  const auto parameters = static_cast<double>(model.theta.size());
  const double n = response.rows;
  const bool multinomial = family == kernels::multinomial;
  const kernels::FamilyMembers* const members =
      multinomial ? nullptr : &kernels::family_members[family.index];
  const bool estimated = !multinomial && members->dispersion;
  const bool gaussian = estimated && members->squares;
  // With a penalty there may be more parameters than rows; the variance about them is not known.
  const double freedom = std::max(0.0, n - parameters);
  const double dispersion = !estimated    ? 1
                            : freedom > 0 ? (gaussian ? deviance : chi_square) / freedom
                                          : undefined;
  ModelSummary summary =
      with_coefficients(model, dispersion, estimated ? std::optional(freedom) : std::nullopt);
  summary.title = multinomial ? "Multinomial logistic regression" : members->title;
  summary.rows = n;
  summary.deviance = deviance;
  summary.null_deviance = null_deviance;
  summary.log_likelihood = response.log_likelihood(family, model.log_likelihood);
  summary.null_log_likelihood = response.log_likelihood(family, response.null_log_likelihood);
  if (estimated) {
    summary.dispersion = dispersion;
    summary.r_squared_is = gaussian ? "R-squared" : "D-squared";
    summary.r_squared = null_deviance > 0 ? 1 - deviance / null_deviance : undefined;
  } else {
    summary.r_squared = 1 - summary.log_likelihood / summary.null_log_likelihood;
  }
  summary.is_probability = response.whole == response.rows;
  summary.aic = -2 * summary.log_likelihood + 2 * (parameters + (estimated ? 1 : 0));
  return summary;
}

ModelSummary summarise_cox(const FittedModel& model, double rows, double events,
                           double null_log_likelihood, bool weights) {
  ModelSummary summary = with_coefficients(model, 1, std::nullopt);
  summary.is_probability = !weights;
  summary.title = "Cox proportional hazards";
  summary.rows = rows;
  summary.events = events;
  summary.null_log_likelihood = null_log_likelihood;
  summary.r_squared = 1 - summary.log_likelihood / null_log_likelihood;
  summary.aic = -2 * summary.log_likelihood + 2 * static_cast<double>(model.theta.size());
  return summary;
}

ModelSummary summarise_noisy_glm(const FittedModel& model, Family family, double rows) {
  const kernels::FamilyMembers& members = kernels::family_members[family.index];
  ModelSummary summary = with_coefficients(model, members.dispersion ? undefined : 1, std::nullopt);
  summary.title = fmt::format("{}, with noise for privacy", members.title);
  summary.rows = rows;
  summary.has_likelihood = false;
  return summary;
}

std::string coefficients_csv(const ModelSummary& summary) {
  std::string text = "term,estimate,std_error,statistic,p_value,conf_low,conf_high\n";
  for (const Coefficient& c : summary.coefficients) {
    text += csv_field(c.name);
    for (const double value :
         {c.estimate, c.standard_error, c.statistic, c.p_value, c.lower, c.upper})
      text += ',' + (std::isfinite(value) ? round_trip(value) : std::string());
    text += '\n';
  }
  return text;
}

std::string to_text(const ModelSummary& summary) {
  const bool cox = summary.events.has_value();
  const char letter = summary.student ? 't' : 'z';
  std::vector<std::vector<std::string>> table{
      {"", "estimate", "std. error", fmt::format("{} value", letter),
       fmt::format("P(>|{}|)", letter), "lower 95 %", "upper 95 %"}};
  if (cox) table[0].push_back("exp(estimate)");
  for (const Coefficient& c : summary.coefficients) {
    table.push_back({c.name, fmt::format("{:.6g}", c.estimate), shown("{:.5g}", c.standard_error),
                     shown("{:.3f}", c.statistic), p_value_text(c.p_value),
                     shown("{:.6g}", c.lower), shown("{:.6g}", c.upper)});
    if (cox) table.back().push_back(shown("{:.5g}", exact::exp(c.estimate)));
  }
  std::string text = summary.title + "\n\n" + aligned(table);
  text += '\n' + to_text(summary.references);
  text += fmt::format("rows {:.0f}", summary.rows);
  if (summary.events) text += fmt::format(", events {:.0f}", *summary.events);
  if (summary.dispersion) text += ", dispersion " + shown("{:.6g}", *summary.dispersion);
  text += '\n';
  if (summary.deviance) {
    text += fmt::format("null deviance {:.6g}, residual deviance {:.6g}\n", *summary.null_deviance,
                        *summary.deviance);
  }
  const auto likelihood = [&](double value) {
    return summary.is_probability ? shown("{:.8g}", value) : "-";
  };
  // A penalty leaves fewer effective parameters than there are, so they cannot be counted.
  if (summary.has_likelihood)
    text += fmt::format(
        "log-likelihood {} (null {}), {} {}, AIC {}\n", likelihood(summary.log_likelihood),
        likelihood(summary.null_log_likelihood), summary.r_squared_is,
        summary.is_probability || summary.student ? shown("{:.4f}", summary.r_squared) : "-",
        summary.is_probability && !summary.penalised ? shown("{:.6g}", summary.aic) : "-");
  if (summary.has_likelihood && !summary.is_probability)
    text +=
        "No likelihood, and so no AIC: targets or weights are not those of events that are counted "
        "one by one.\n";
  if (summary.robust)
    text += fmt::format(
        "Robust standard errors: a sandwich of the information and the {} own scores.\n",
        summary.cluster.empty() ? "rows'"
                                : fmt::format("{} {}s'", summary.clusters, summary.cluster));
  if (!summary.cluster.empty() &&
      summary.clusters <= static_cast<double>(summary.coefficients.size()))
    text += fmt::format(
        "Not to be relied on: {} {}s say nothing of the errors of {} coefficients together.\n",
        summary.clusters, summary.cluster, summary.coefficients.size());
  if (summary.penalised) {
    text +=
        "Penalised: estimates are shrunk, and standard errors are those of the penalised "
        "information.\n";
  }
  text += summary.note;
  if (summary.hazard_tests.empty()) return text;
  std::vector<std::vector<std::string>> tests{{"", "chi-squared", "df", "p"}};
  for (const HazardTest& test : summary.hazard_tests)
    tests.push_back({test.name, shown("{:.5g}", test.chi_squared),
                     fmt::format("{:.0f}", test.freedom),
                     test.p_value < 2e-16 ? "< 2e-16" : shown("{:.3g}", test.p_value)});
  return text +
         fmt::format("\nProportional hazards, against effects that change with {}\n\n",
                     summary.hazard_transform == "identity"
                         ? "time"
                         : fmt::format("{}(time)", summary.hazard_transform)) +
         aligned(tests);
}

}  // namespace bailiwick
