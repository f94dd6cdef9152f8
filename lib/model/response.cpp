// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/response.hpp"

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {
namespace {

using kernels::Family;

void check_response(double y, Family family, std::size_t classes, std::size_t domain,
                    std::size_t block, std::size_t row) {
  const char* problem = nullptr;
  if (!std::isfinite(y))
    problem = "is not a finite number";
  else if (family == kernels::multinomial)
    problem = y >= 0 && y < static_cast<double>(classes) && y == std::floor(y)
                  ? nullptr
                  : "is not the number of a class";
  else if (!kernels::family_members[family.index].allows(y))
    problem = kernels::family_members[family.index].rule;
  if (problem != nullptr)
    throw Error(ExitCode::data, "local domain {}, block {}, row {} (from 0): the target: {}",
                domain, block, row, problem);
}

Aggregate cross(Sums& sums, const char* round, std::vector<Aggregate> parts,
                std::span<const double> theta = {}) {
  Aggregate total = sums.across_domains(round, std::move(parts), theta);
  total.normalise();
  if (total.saturated() != 0) {
    throw Error(ExitCode::data,
                "{} values of the target are too large, or too near 0, to sum; rescale it",
                total.saturated());
  }
  return total;
}

std::vector<Aggregate> empty_parts(std::size_t domains, std::vector<Stream> streams) {
  return {domains, Aggregate(std::make_shared<const AggregateLayout>(std::move(streams)))};
}

}  // namespace

double ResponseTotals::size() const {
  return std::sqrt(squares / weight);
}

double ResponseTotals::log_likelihood(Family family, double sum) const {
  if (family == kernels::multinomial) return sum + constant;
  return kernels::family_members[family.index].log_likelihood(
      {.rows = rows, .weight = weight, .saturated = saturated_log_likelihood, .constant = constant},
      sum);
}

OffsetTotals offset_totals(std::span<const kernels::RowBlocks> domains, Sums& sums) {
  std::vector<Aggregate> parts = empty_parts(
      domains.size(), {{"weight", 1, any_size}, {"offset", 1, any_size}, {"squares", 1, any_size}});
  for (std::size_t d = 0; d < domains.size(); ++d) {
    const RowSum weights(parts[d], "weight"), offsets(parts[d], "offset"),
        squares(parts[d], "squares");
    const auto offset = host_copy(domains[d].offset);
    for_each_row(domains[d], parts[d], [&](std::size_t b, std::size_t r, double, double w) {
      weights.add(w);
      offsets.add(w * offset(b, r));
      squares.add(w * offset(b, r) * offset(b, r));
    });
  }
  const Aggregate total = sums.across_domains("offset", std::move(parts));
  const double weight = total.value("weight");
  return {total.value("offset") / weight, std::sqrt(total.value("squares") / weight)};
}

ResponseTotals response_totals(std::span<const kernels::RowBlocks> domains, Family family,
                               std::size_t classes, bool intercept, bool copies, Sums& sums) {
  // Sums of y: one a class for multinomial, else that of y itself; squares for a null model at 0.
  const bool multinomial = family == kernels::multinomial;
  const kernels::FamilyMembers* const members =
      multinomial ? nullptr : &kernels::family_members[family.index];
  std::vector<Aggregate> parts =
      empty_parts(domains.size(), {{"rows", 1, counts},
                                   {"whole", 1, counts},
                                   {"weight", 1, any_size},
                                   {"response", multinomial ? classes : 1, any_size},
                                   {"squares", 1, any_size},
                                   {"saturated", 1, any_size},
                                   {"constant", 1, any_size}});
  for (std::size_t d = 0; d < domains.size(); ++d) {
    Aggregate& part = parts[d];
    const RowSum rows(part, "rows"), whole(part, "whole"), weights(part, "weight"),
        responses(part, "response"), squares(part, "squares"), saturated(part, "saturated"),
        constant(part, "constant");
    for_each_row(domains[d], part, [&](std::size_t b, std::size_t r, double y, double w) {
      check_response(y, family, classes, d, b, r);
      const double each = copies ? 1 : w, many = copies ? w : 1;
      rows.add(many);
      if (multinomial ? each == std::floor(each) : members->whole(y, each)) whole.add(many);
      weights.add(w);
      responses.add(multinomial ? w : w * y, multinomial ? static_cast<std::size_t>(y) : 0);
      squares.add(w * y * y);
      if (multinomial) return;
      saturated.add(w * members->saturated(y));
      constant.add(many * members->constant(y, each));
    });
  }
  const Aggregate total = cross(sums, "response", std::move(parts));
  const auto value = [&](const char* stream) { return total.values(stream).front(); };

  ResponseTotals result;
  result.rows = value("rows");
  result.whole = value("whole");
  result.squares = value("squares");
  result.saturated_log_likelihood = value("saturated");
  result.constant = value("constant");
  const double weight = result.weight = value("weight");
  const double mean = result.mean = value("response") / weight;
  double& null = result.null_log_likelihood;
  if (multinomial) {
    result.classes = total.values("response");
    for (const double n : result.classes)
      null += n * exact::log(intercept && n > 0 ? n / weight : 1.0 / static_cast<double>(classes));
  } else if (!members->squares) {
    null = weight * (intercept ? members->saturated(mean) : members->row(mean, 0).value);
  } else {
    double squares = result.squares;
    if (intercept) {
      std::vector<Aggregate> about = empty_parts(domains.size(), {{"squares", 1, any_size}});
      for (std::size_t d = 0; d < domains.size(); ++d) {
        const RowSum sum(about[d], "squares");
        for_each_row(domains[d], about[d], [&](std::size_t, std::size_t, double y, double w) {
          sum.add(w * (y - mean) * (y - mean));
        });
      }
      squares = cross(sums, "response about its mean", std::move(about)).values("squares").front();
    }
    null = -squares / 2;
  }
  return result;
}

double pearson(std::span<const kernels::RowBlocks> domains, Family family,
               std::span<const double> theta, Sums& sums) {
  const kernels::FamilyMembers& members = kernels::family_members[family.index];
  std::vector<Aggregate> parts = empty_parts(domains.size(), {{"chi_square", 1, any_size}});
  for (std::size_t d = 0; d < domains.size(); ++d) {
    const RowSum sum(parts[d], "chi_square");
    const auto eta = host_copy(kernels::linear_predictor(domains[d], theta, 1));
    for_each_row(domains[d], parts[d], [&](std::size_t b, std::size_t r, double y, double w) {
      const double mean = members.mean(eta(b, 0, r));
      sum.add(w * (y - mean) * (y - mean) / members.variance(mean));
    });
  }
  return cross(sums, "Pearson's chi-square", std::move(parts), theta).value("chi_square");
}

}  // namespace bailiwick
