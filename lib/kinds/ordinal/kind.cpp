// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/ordinal/kind.hpp"

#include <cmath>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/kinds/glm/kind.hpp"
#include "lib/kinds/ordinal/objective.hpp"
#include "lib/model/response.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {
namespace {

/// Between each category and the next: "low|mid".
std::vector<std::string> thresholds_of(const std::vector<std::string>& categories) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k + 1 < categories.size(); ++k)
    names.push_back(categories[k] + "|" + categories[k + 1]);
  return names;
}

class OrdinalKind : public Kind {
 public:
  explicit OrdinalKind(const KindTraits& traits) : Kind(traits) {}

  std::size_t parameters(const SavedModel& model) const override {
    return model.names.size() + model.categories.size() - 1;
  }
  std::vector<std::string> coefficient_names(const SavedModel& model) const override {
    std::vector<std::string> names = model.names;
    const std::vector<std::string> thresholds = thresholds_of(model.categories);
    names.insert(names.end(), thresholds.begin(), thresholds.end());
    return names;
  }
  const kernels::FamilyMembers* family(const ModelConfig&) const override { return nullptr; }

  /// As a multinomial model's: logarithms of the odds against the first category.
  Predictor predictor(const SavedModel& model, const kernels::RowBlocks& rows) const override {
    const std::span<const double> all(model.parameters);
    const std::span<const double> zeta = all.subspan(model.names.size());
    const auto eta = host_copy(kernels::linear_predictor(rows, all.first(model.names.size()), 1));
    Predictor odds("odds", rows.blocks(), zeta.size(), rows.block_rows());
    const auto host = Kokkos::create_mirror_view(odds);
    for (std::size_t b = 0; b < rows.blocks(); ++b)
      for (std::size_t r = 0; r < rows.block_rows(); ++r) {
        const double first = log_probability(0, eta(b, 0, r), zeta);
        for (std::size_t k = 1; k <= zeta.size(); ++k)
          host(b, k - 1, r) = log_probability(k, eta(b, 0, r), zeta) - first;
      }
    Kokkos::deep_copy(odds, host);
    return odds;
  }

  Likelihood likelihood(const ModelConfig& model, const ModelColumns& columns,
                        const ModelRows& rows, const ColumnMoments& moments,
                        Sums& sums) const override {
    const std::vector<kernels::RowBlocks> blocks = blocks_of(rows);
    const ResponseTotals totals =
        response_totals(blocks, kernels::multinomial, columns.categories.size(), true,
                        model.counts_weights(), sums);
    check_categories(totals, columns);
    GlmOptions options;
    options.names = columns.names;
    options.penalty = penalty_of(model, columns, moments);
    options.penalty.resize(columns.names.size());
    options.mean_weight = moments.mean_weight();
    options.scale = moments.scale;
    const std::vector<std::string> thresholds = thresholds_of(columns.categories);
    options.names.insert(options.names.end(), thresholds.begin(), thresholds.end());
    options.penalty.resize(options.names.size());
    std::vector<double> start;
    double below = 0;
    for (std::size_t k = 0; k < thresholds.size(); ++k) {
      below += totals.classes[k];
      start.push_back(exact::log(below / (totals.weight - below)));
    }
    Likelihood result;
    result.objective = make_proportional_odds(blocks, std::move(options), start, sums);
    result.whole = [totals](double value) {
      return totals.log_likelihood(kernels::multinomial, value);
    };
    result.summary = [totals](FittedModel fitted, double) {
      fitted.thresholds = thresholds_of(std::exchange(fitted.classes, {}));
      ModelSummary summary = summarise_glm(fitted, kernels::multinomial, totals);
      summary.title = "Proportional odds regression (cumulative logit)";
      return summary;
    };
    return result;
  }
};

}  // namespace

const Kind& ordinal_kind() {
  static constexpr KindTraits traits{
      .name = "ordinal",
      .response = [](const ModelConfig&) { return kernels::Response::classes; },
      .problem = [](const ModelConfig&, const double* target, std::size_t classes) -> const char* {
        return target[0] >= 0 && target[0] < static_cast<double>(classes) &&
                       target[0] == std::floor(target[0])
                   ? nullptr
                   : "an ordinal model needs the code of one of the target's categories";
      },
      .intercept = false,  // thresholds stand for it
      .reads_codes = false};
  static const OrdinalKind kind(traits);
  return kind;
}

}  // namespace bailiwick
