// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/standardisation.hpp"

#include <cmath>
#include <functional>
#include <memory>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/model/magnitude.hpp"

namespace bailiwick {
namespace {

/// Adds the rows of each part to its aggregate and returns the sum of all; the rounds of one kind
/// of sum.
using Fill = std::function<void(const kernels::RowBlocks&, std::span<std::int64_t>)>;
using Round = std::function<Aggregate(const char* name, const std::vector<Stream>&, const Fill&)>;

std::vector<double> decoded(Aggregate& total, std::string_view stream) {
  total.normalise();
  if (total.saturated() != 0) {
    throw Error(
        ExitCode::data,
        "{} sums of columns are not finite or too large; look for missing values and outliers",
        total.saturated());
  }
  return total.values(stream);
}

ColumnMoments moments_of(const ColumnSelection& columns, std::uint64_t n, const Round& round) {
  const std::size_t size = columns.names.size();
  const auto names = std::make_shared<const std::vector<std::string>>(columns.names);
  Aggregate first =
      round("column means", {{"weight", 1, any_size}, {"sums", size, any_size, names}},
            kernels::column_sums);
  ColumnMoments result;
  std::vector<double> mean = decoded(first, "sums");
  result.rows = first.values("weight").front();
  result.counted = n;
  if (n <= 1 && !columns.powers_only) {
    throw Error(ExitCode::data,
                "only {} rows: too few to standardise columns; set model.standardise: none", n);
  }
  for (double& m : mean)
    m /= result.rows;

  Aggregate second = round("column variances", {{"squares", size, any_size, names}},
                           [&](const kernels::RowBlocks& rows, std::span<std::int64_t> words) {
                             kernels::centred_squares(rows, mean, words);
                           });
  const std::vector<double> squares = decoded(second, "squares");
  result.centre.assign(size, 0.0);
  result.scale.assign(size, 1.0);
  std::vector<std::string> constant;
  const double divisor = result.rows - result.rows / static_cast<double>(n);
  for (std::size_t j = 0; j < size; ++j) {
    if (j == columns.intercept) continue;
    if (columns.powers_only) {
      const double size_of_column = std::sqrt(squares[j] / result.rows + mean[j] * mean[j]);
      result.scale[j] = std::ldexp(1.0, -excess_power(size_of_column));
      continue;
    }
    const double deviation = std::sqrt(squares[j] / divisor);
    if (!(deviation > 0x1p-40 * std::fabs(mean[j]))) {  // beyond it is the rounding of the mean
      if (columns.constant_says_nothing) {
        result.scale[j] = 0;
        if (columns.constant_has_centre) result.centre[j] = mean[j];
        continue;
      }
      constant.push_back("'" + columns.names[j] + "'");
      continue;
    }
    result.scale[j] = 1 / deviation;
    if (columns.centre) result.centre[j] = mean[j];
  }
  if (!constant.empty()) {
    const bool one = constant.size() == 1;
    throw Error(ExitCode::data,
                "{} {} constant to twelve digits and cannot be standardised; leave {} out of "
                "model.features, or take away what all values share",
                (one ? "column " : "columns ") + join(constant), one ? "is" : "are",
                one ? "it" : "them");
  }
  return result;
}

}  // namespace

ColumnMoments pooled_moments(std::span<const kernels::RowBlocks> domains, std::uint64_t n,
                             const ColumnSelection& columns, Sums& sums) {
  return moments_of(columns, n,
                    [&](const char* name, const std::vector<Stream>& streams, const Fill& fill) {
                      const auto layout = std::make_shared<const AggregateLayout>(streams);
                      std::vector<Aggregate> parts;
                      for (const kernels::RowBlocks& rows : domains) {
                        fill(rows, parts.emplace_back(layout).words());
                        parts.back().normalise();
                      }
                      return sums.across_domains(name, std::move(parts));
                    });
}

ColumnMoments domain_moments(const kernels::RowBlocks& rows, std::uint64_t n, std::size_t d,
                             const ColumnSelection& columns, Sums& sums) {
  return moments_of(columns, n,
                    [&](const char*, const std::vector<Stream>& streams, const Fill& fill) {
                      Aggregate sum(std::make_shared<const AggregateLayout>(streams));
                      fill(rows, sum.words());
                      sum.normalise();
                      sums.within_domain(d, sum);
                      return sum;
                    });
}

}  // namespace bailiwick
