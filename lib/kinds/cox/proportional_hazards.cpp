// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/cox/proportional_hazards.hpp"

#include <algorithm>
#include <numeric>

#include "lib/core/undefined.hpp"
#include "lib/model/distributions.hpp"
#include "lib/optim/cholesky.hpp"

namespace bailiwick {

namespace {

double at(const std::vector<double>& packed, std::size_t i, std::size_t j) {
  return i >= j ? packed[i * (i + 1) / 2 + j] : packed[j * (j + 1) / 2 + i];
}

HazardTest score_test(const std::string& name, const TimeScores& sums,
                      std::span<const std::size_t> tested) {
  const std::size_t p = sums.score.size();
  std::vector<double> packed = sums.information, score(p, 0.0);
  for (const std::size_t j : tested) {
    for (std::size_t k = 0; k < p; ++k)
      packed.push_back(at(sums.once, j, k));
    for (const std::size_t k : tested)
      if (k <= j) packed.push_back(at(sums.twice, j, k));
    score.push_back(sums.score[j]);
  }
  HazardTest test{name, undefined, static_cast<double>(tested.size()), undefined};
  const Cholesky factor(packed);
  if (factor.deficient()) return test;
  const std::vector<double> step = factor.solve(score);
  test.chi_squared = std::inner_product(score.begin(), score.end(), step.begin(), 0.0);
  test.p_value = chi_squared_p_value(test.chi_squared, test.freedom);
  return test;
}

}  // namespace

std::vector<HazardTest> test_proportional_hazards(const std::vector<std::string>& names,
                                                  const TimeScores& sums) {
  std::vector<std::size_t> all(names.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<HazardTest> tests;
  for (const std::size_t& j : all)
    tests.push_back(score_test(names[j], sums, {&j, 1}));
  tests.push_back(score_test("global", sums, all));
  return tests;
}

std::vector<double> count_rows_at(std::span<const double> times, TimeTransform transform,
                                  const std::vector<std::vector<Subject>>& subjects, bool copies,
                                  Sums& sums) {
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", times.size() + 1, counts}});
  const auto place = [&](auto bound, double time) {
    return static_cast<std::size_t>(bound(times.begin(), times.end(), time) - times.begin());
  };
  const auto lower = [](auto... of) { return std::lower_bound(of...); };
  const auto upper = [](auto... of) { return std::upper_bound(of...); };
  std::vector<Aggregate> parts;
  for (const std::vector<Subject>& of_domain : subjects) {
    // First what is more at a time than at the one before.
    const std::span<std::int64_t> rows = parts.emplace_back(layout).words("rows");
    for (const Subject& subject : of_domain) {
      const std::int64_t many = copies ? static_cast<std::int64_t>(subject.weight) : 1;
      if (transform == TimeTransform::rank) {
        rows[place(lower, subject.time)] += many;
        rows[place(upper, subject.time)] += many;
      } else {
        rows[place(upper, subject.entry)] += many;
        rows[place(upper, subject.time)] -= many;
      }
    }
    std::partial_sum(rows.begin(), rows.end(), rows.begin());
    rows.back() = 0;  // beyond the last time
  }
  const Aggregate total = sums.across_domains("rows at event times", std::move(parts));
  const std::span<const std::int64_t> rows = total.words("rows");
  return {rows.begin(), rows.end() - 1};
}

}  // namespace bailiwick
