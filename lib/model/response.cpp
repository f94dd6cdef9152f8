// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/response.hpp"

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/model/distributions.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {
namespace {

using kernels::Family;

/// x log x with its limit at 0.
double x_log_x(double x) {
  return x == 0 ? 0 : x * exact::log(x);
}

void check_response(double y, Family family, std::size_t classes, std::size_t domain,
                    std::size_t block, std::size_t row) {
  const char* problem = nullptr;
  if (!std::isfinite(y)) {
    problem = "is not a finite number";
  } else if (family == Family::binomial && !(y >= 0 && y <= 1)) {
    problem = "does not lie in [0, 1], as a logistic model needs";
  } else if (family == Family::poisson && y < 0) {
    problem = "is negative, which a Poisson model cannot have";
  } else if (family == Family::multinomial &&
             !(y >= 0 && y < static_cast<double>(classes) && y == std::floor(y))) {
    problem = "is not the number of a class";
  }
  if (problem) {
    throw Error(ExitCode::data, "local domain {}, block {}, row {}: the target {}", domain, block,
                row, problem);
  }
}

Aggregate cross(Sums& sums, const char* round, std::vector<Aggregate> parts) {
  Aggregate total = sums.across_domains(round, std::move(parts));
  total.normalise();
  if (total.saturated() != 0) {
    throw Error(ExitCode::data, "{} values of the target are too large to sum; rescale it",
                total.saturated());
  }
  return total;
}

std::vector<Aggregate> empty_parts(std::size_t domains, std::vector<Stream> streams) {
  return {domains, Aggregate(std::make_shared<const AggregateLayout>(std::move(streams)))};
}

double saturated_term(Family family, double y) {
  if (family == Family::poisson) return x_log_x(y) - y;
  if (family == Family::binomial) return x_log_x(y) + x_log_x(1 - y);
  return 0;
}

}  // namespace

ResponseTotals response_totals(std::span<const kernels::RowBlocks> domains, Family family,
                               std::size_t classes, bool intercept, Sums& sums) {
  // Sums of y: one a class for multinomial, else that of y itself; squares for a null model at 0.
  const bool multinomial = family == Family::multinomial;
  std::vector<Aggregate> parts =
      empty_parts(domains.size(), {{"rows", 1, counts},
                                   {"weight", 1, raw_moments},
                                   {"response", multinomial ? classes : 1, raw_moments},
                                   {"squares", 1, raw_moments},
                                   {"saturated", 1, wide},
                                   {"constant", 1, wide}});
  for (std::size_t d = 0; d < domains.size(); ++d) {
    Aggregate& part = parts[d];
    const RowSum rows(part, "rows"), weights(part, "weight"), responses(part, "response"),
        squares(part, "squares"), saturated(part, "saturated"), constant(part, "constant");
    for_each_row(domains[d], part, [&](std::size_t b, std::size_t r, double y, double w) {
      check_response(y, family, classes, d, b, r);
      rows.count();
      weights.add(w);
      responses.add(multinomial ? w : w * y, multinomial ? static_cast<std::size_t>(y) : 0);
      squares.add(w * y * y);
      saturated.add(w * saturated_term(family, y));
      if (family == Family::poisson) constant.add(-w * log_gamma(y + 1));
      if (family == Family::gaussian) constant.add(exact::log(w) / 2);
    });
  }
  const Aggregate total = cross(sums, "response", std::move(parts));
  const auto value = [&](const char* stream) { return total.values(stream).front(); };

  ResponseTotals result{value("rows"), value("weight"), value("saturated"), 0, value("constant")};
  const double weight = result.weight, mean = value("response") / weight;
  double& null = result.null_log_likelihood;
  switch (family) {
    case Family::gaussian: {
      double squares = value("squares");
      if (intercept) {
        std::vector<Aggregate> about = empty_parts(domains.size(), {{"squares", 1, raw_moments}});
        for (std::size_t d = 0; d < domains.size(); ++d) {
          const RowSum sum(about[d], "squares");
          for_each_row(domains[d], about[d], [&](std::size_t, std::size_t, double y, double w) {
            sum.add(w * (y - mean) * (y - mean));
          });
        }
        squares =
            cross(sums, "response about its mean", std::move(about)).values("squares").front();
      }
      null = -squares / 2;
      break;
    }
    case Family::binomial:
      null = weight * (intercept ? x_log_x(mean) + x_log_x(1 - mean) : exact::log(0.5));
      break;
    case Family::poisson:
      null = weight * (intercept ? x_log_x(mean) - mean : -1.0);
      break;
    case Family::multinomial:
      for (const double n : total.values("response")) {
        null +=
            n * exact::log(intercept && n > 0 ? n / weight : 1.0 / static_cast<double>(classes));
      }
      break;
  }
  return result;
}

}  // namespace bailiwick
