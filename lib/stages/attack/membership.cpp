// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/attack/membership.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/model/metrics/merged_bins.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/attack/membership_attack.hpp"
#include "lib/stages/merge_bins.hpp"
#include "lib/stages/scores.hpp"
#include "lib/stages/shown.hpp"

namespace bailiwick {

namespace {

/// Cells of log(p / (1 - p)) of a row's own class, an eighth wide.
constexpr std::size_t confidence_bins = 256;
constexpr double confidence_bins_per_unit = 8;
constexpr std::size_t kinds_of_rows = 3;  // members, and others of either half
constexpr std::array asked_rates{0.001, 0.01, 0.1};

std::size_t bin_of(double p) {
  constexpr double sure = 1 - 0x1p-40;
  const double held = std::clamp(p, 1 - sure, sure);
  const double at =
      exact::log(held / (1 - held)) * confidence_bins_per_unit + confidence_bins / 2.0;
  return static_cast<std::size_t>(std::clamp(at, 0.0, confidence_bins - 1.0));
}

/// Adds rows to (class, way, bin). The halves are those of every other row of a block.
void count_rows(const SavedModel& model, const kernels::RowBlocks& rows, bool of_training,
                Aggregate& sum) {
  const std::span words = sum.words("rows");
  for_each_classified_row(
      model, rows, [&](std::size_t row, std::size_t of, std::span<const double> probabilities) {
        const std::size_t way = of_training ? 0 : 1 + row % 2;
        ++words[(of * kinds_of_rows + way) * confidence_bins + bin_of(probabilities[of])];
      });
}

Json outcome_json(const AttackOutcome& outcome) {
  return {{"true_positive_rate", number_or_null(outcome.true_positive_rate())},
          {"true_positive_lower", least_probability(outcome.found, outcome.members)},
          {"true_positive_upper", largest_probability(outcome.found, outcome.members)},
          {"false_positive_rate", number_or_null(outcome.false_positive_rate())},
          {"false_positive_lower", least_probability(outcome.mistaken, outcome.others)},
          {"false_positive_upper", largest_probability(outcome.mistaken, outcome.others)},
          {"epsilon", least_epsilon(outcome)}};
}

}  // namespace

Json membership(Run& run, const SavedModel& model, const ModelRows& members,
                const ModelRows& others) {
  const std::vector<std::string> classes =
      model.categories.empty() ? std::vector<std::string>{"0", "1"} : model.categories;
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", classes.size() * kinds_of_rows * confidence_bins, counts}});
  std::vector<Aggregate> parts;
  std::vector<CountedBins> tables(classes.size(), CountedBins{confidence_bins, 0, {}});
  for (std::size_t d = 0; d < others.domains.size(); ++d) {
    Aggregate& part = parts.emplace_back(layout);
    count_rows(model, members.domains[d].rows, true, part);
    count_rows(model, others.domains[d].rows, false, part);
    Aggregate whole = part;
    run.boundary().within_domain(d, whole);
    const std::span words = whole.words("rows");
    for (std::size_t k = 0; k < classes.size(); ++k) {
      const auto of_class =
          words.subspan(k * kinds_of_rows * confidence_bins, kinds_of_rows * confidence_bins);
      tables[k].rows.emplace_back(of_class.begin(), of_class.end());
    }
  }
  const auto starts =
      merge_bins(run, "domains with too few rows in cells of confidence", tables, model.parameters);
  std::vector<std::size_t> told;
  Json left_out = Json::array();
  std::size_t size = 0;
  for (std::size_t k = 0; k < classes.size(); ++k)
    if (starts[k].empty()) {
      left_out.push_back(classes[k]);
    } else {
      told.push_back(k);
      size += kinds_of_rows * starts[k].size();
    }
  if (told.empty()) return {};
  const auto merged =
      std::make_shared<const AggregateLayout>(std::vector<Stream>{{"rows", size, counts}});
  std::vector<Aggregate> cells;
  for (const Aggregate& part : parts) {
    auto to = cells.emplace_back(merged).words("rows").begin();
    for (const std::size_t k : told)
      to = std::ranges::copy(
               merge_counts(part.words("rows").subspan(k * kinds_of_rows * confidence_bins,
                                                       kinds_of_rows * confidence_bins),
                            confidence_bins, starts[k]),
               to)
               .out;
  }
  const Aggregate total =
      sum_groups("rows in cells of confidence", std::move(cells), run.boundary(), model.parameters);
  std::vector<MembershipCounts> attacked;
  auto next = total.words("rows").begin();
  for (const std::size_t k : told) {
    MembershipCounts& of_class = attacked.emplace_back();
    for (auto* way : {&of_class.members, &of_class.tuning, &of_class.testing}) {
      way->assign(next, next + static_cast<std::ptrdiff_t>(starts[k].size()));
      next += static_cast<std::ptrdiff_t>(starts[k].size());
    }
  }
  const AttackOutcome best = best_attack(attacked);
  Json result = {{"members", best.members}, {"others", best.others}, {"at", Json::array()}};
  for (const double rate : asked_rates) {
    Json& at = result["at"].emplace_back(outcome_json(attack_at(attacked, rate)));
    at["asked"] = rate;
  }
  result["best"] = outcome_json(best);
  result["best"]["advantage"] =
      number_or_null(best.true_positive_rate() - best.false_positive_rate());
  if (!left_out.empty()) result["left_out"] = left_out;
  return result;
}

std::string membership_text(const Json& attack) {
  if (attack.is_null())
    return "membership: policies do not let be told how well rows of the training are found\n";
  std::vector<std::vector<std::string>> lines{
      {"membership", "false positives", "true positives", "from", "to", "epsilon at least"}};
  const auto add = [&](const std::string& name, const Json& at) {
    lines.push_back({name, shown(at["false_positive_rate"]), shown(at["true_positive_rate"]),
                     shown(at["true_positive_lower"]), shown(at["true_positive_upper"]),
                     shown(at["epsilon"])});
  };
  for (const Json& at : attack["at"])
    add(fmt::format("  at {:g}", at["asked"].get<double>()), at);
  add("  best", attack["best"]);
  return aligned(lines) +
         fmt::format("  advantage {}: of {} rows that it was trained on, and {} others\n",
                     shown(attack["best"]["advantage"]),
                     with_thousands(attack["members"].get<long long>()),
                     with_thousands(attack["others"].get<long long>()));
}

}  // namespace bailiwick
