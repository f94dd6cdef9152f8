// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/predict/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "kokkos_kernels/glm/glm.hpp"
#include "kokkos_kernels/math/normal.hpp"
#include "lib/core/error.hpp"
#include "lib/model/distributions.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {

namespace {

/// Columns of the factor that are multiplied with the rows at a time: what bounds the memory.
constexpr std::size_t columns_at_once = 8;

void check_has_interval(const SavedModel& model, const std::string& path) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ExitCode::config, "predict.interval: {} {}", path, why);
  };
  const KindTraits& kind = *model.config.kind;
  if (kind.network || kind.response(model.config) == kernels::Response::classes)
    refuse(fmt::format("is of kind {}: only a model of one linear predictor has intervals",
                       kind.name));
  if (model.config.l2 > 0)
    refuse(
        "has a penalty (model.l2), which shrinks its predictions by what no interval knows of: "
        "train without");
}

}  // namespace

Intervals::Intervals(const SavedModel& model, const std::string& path, double level)
    : config_(model.config) {
  check_has_interval(model, path);
  ParameterCovariance covariance;
  try {
    covariance = parameter_covariance(model, path);
  } catch (const Error& error) {
    throw Error(ExitCode::config, "predict.interval: {}", error.what());
  }
  const kernels::FamilyMembers* const family = kind_of(config_).family(config_);
  const bool estimated = family != nullptr && family->dispersion;
  if (estimated && !covariance.freedom)
    throw Error(ExitCode::config,
                "predict.interval: {} was fitted with weights, and does not say of how many rows "
                "its dispersion is",
                path);
  quantile_ = estimated ? student_quantile(1 - level, *covariance.freedom)
                        : exact::normal_quantile(std::fma(0.5, level, 0.5));
  tells_rows_ = estimated && family->squares && !covariance.is_robust;
  dispersion_ = covariance.dispersion;
  // What comes after the columns is a shape, which the linear predictor has not.
  const std::size_t columns = model.names.size();
  coefficients_.assign(model.parameters.begin(),
                       model.parameters.begin() + static_cast<std::ptrdiff_t>(columns));
  covariance.packed.resize(columns * (columns + 1) / 2);
  for (double& value : covariance.packed)
    value *= dispersion_;
  factorise(covariance.packed);
}

/// Cholesky's, of a matrix that may be singular: robust errors of few clusters are. A column
/// without a pivot is one of zeros.
void Intervals::factorise(const std::vector<double>& packed) {
  const std::size_t p = coefficients_.size();
  factor_.assign(p * p, 0);
  const auto at = [&](std::size_t i, std::size_t k) -> double& { return factor_[k * p + i]; };
  for (std::size_t k = 0; k < p; ++k)
    for (std::size_t i = k; i < p; ++i) {
      double rest = packed[i * (i + 1) / 2 + k];
      for (std::size_t m = 0; m < k; ++m)
        rest = std::fma(-at(i, m), at(k, m), rest);
      if (i > k) {
        at(i, k) = rest / at(k, k);
      } else if (rest > 1e-14 * packed[k * (k + 1) / 2 + k]) {
        at(k, k) = std::sqrt(rest);
      } else {
        break;
      }
    }
}

std::vector<std::string> Intervals::names() const {
  std::vector<std::string> names = {"std_error", "lower", "upper"};
  if (tells_rows_) names.insert(names.end(), {"prediction_lower", "prediction_upper"});
  return names;
}

void Intervals::take(const kernels::RowBlocks& rows) {
  const std::size_t p = coefficients_.size();
  block_rows_ = rows.block_rows();
  const auto linear = host_copy(kernels::linear_predictor(rows, coefficients_, 1));
  linear_.assign(linear.data(), linear.data() + linear.size());
  variance_.assign(linear.size(), 0);
  kernels::RowBlocks columns = rows;
  columns.offset = {};  // which nothing is uncertain about
  for (std::size_t k = 0; k < p; k += columns_at_once) {
    const std::size_t count = std::min(columns_at_once, p - k);
    const auto product = host_copy(kernels::linear_predictor(
        columns, std::span<const double>(factor_).subspan(k * p, count * p), count));
    for (std::size_t b = 0; b < rows.blocks(); ++b)
      for (std::size_t j = 0; j < count; ++j)
        for (std::size_t r = 0; r < block_rows_; ++r)
          variance_[b * block_rows_ + r] += product(b, j, r) * product(b, j, r);
  }
}

void Intervals::append(std::size_t block, std::size_t row, std::vector<double>& to) const {
  const double eta = linear_[block * block_rows_ + row],
               variance = variance_[block * block_rows_ + row];
  const Kind& kind = kind_of(config_);
  to.push_back(std::sqrt(variance));
  for (const double sign : {-1.0, 1.0})
    to.push_back(kind.mean(config_, std::fma(sign * quantile_, std::sqrt(variance), eta)));
  if (!tells_rows_) return;
  for (const double sign : {-1.0, 1.0})
    to.push_back(std::fma(sign * quantile_, std::sqrt(variance + dispersion_), eta));
}

}  // namespace bailiwick
