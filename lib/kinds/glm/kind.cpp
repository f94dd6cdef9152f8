// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/glm/kind.hpp"

#include <cmath>

#include "lib/core/text.hpp"
#include "lib/kinds/glm/glm.hpp"
#include "lib/model/magnitude.hpp"
#include "lib/model/response.hpp"
#include "lib/optim/newton.hpp"

namespace bailiwick {

namespace {

class GlmKind : public Kind {
 public:
  GlmKind(const KindTraits& traits, kernels::Family family) : Kind(traits), family_(family) {}

  std::size_t parameters(const SavedModel& model) const override {
    return kernels::glm_parameters(family_, model.names.size(), model.categories.size());
  }

  /// What is said by another link is the log-odds of a logistic model.
  const kernels::FamilyMembers* family(const ModelConfig&) const override {
    if (family_ == kernels::multinomial) return nullptr;
    return &kernels::family_members[log_odds() ? kernels::family<kernels::Binomial>.index
                                               : family_.index];
  }

  kernels::InverseLink inverse_link(const ModelConfig&) const override {
    return kernels::family_members[family_.index].inverse_link;
  }

  double mean(const ModelConfig&, double eta) const override {
    return kernels::family_members[family_.index].mean(eta);
  }

  Predictor predictor(const SavedModel& model, const kernels::RowBlocks& rows) const override {
    Predictor eta = Kind::predictor(model, rows);
    if (log_odds() == nullptr) return eta;
    const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), eta);
    for (std::size_t i = 0; i < host.size(); ++i)
      host.data()[i] = log_odds()(host.data()[i]);
    Kokkos::deep_copy(eta, host);
    return eta;
  }

  Likelihood likelihood(const ModelConfig& model, const ModelColumns& columns,
                        const ModelRows& rows, const ColumnMoments& moments,
                        Sums& sums) const override {
    const std::vector<kernels::RowBlocks> blocks = blocks_of(rows);
    ResponseTotals totals = response_totals(blocks, family_, classes_of(columns), columns.intercept,
                                            model.counts_weights(), sums);
    if (columns.intercept) check_target(totals, columns);
    GlmOptions options;
    options.family = family_;
    options.classes = classes_of(columns);
    options.names = parameter_names(columns);
    options.penalty = penalty_of(model, columns, moments);
    options.mean_weight = moments.mean_weight();
    options.intercept = columns.intercept;
    options.scale = moments.scale;
    OffsetTotals offset{0, 0};
    if (columns.has_offset()) offset = offset_totals(blocks, sums);
    if (has_unit()) options.target_size = totals.size();
    // What such rows tell falls with their unit, and so would the penalty's share.
    if (has_unit() && kernels::family_members[family_.index].powers.information < 0)
      for (double& penalty : options.penalty)
        penalty /= totals.size();
    // A linear model fits what is left of the target beside the offset.
    if (response() == kernels::Response::mean)
      options.target_size = std::hypot(options.target_size, offset.size);
    // From 0 Newton's method would not reach the intercept of such a target.
    if (columns.has_offset() || excess_power(options.target_size) != 0 ||
        (family_ != kernels::multinomial && !kernels::family_members[family_.index].canonical))
      options.start = kernels::family_members[family_.index].link(totals.mean) - offset.mean;
    if (columns.has_offset())
      totals.null_log_likelihood = null_log_likelihood(blocks, options, sums);
    Likelihood result;
    result.objective = make_glm_objective(blocks, std::move(options), sums);
    result.whole = [totals, family = family_](double value) {
      return totals.log_likelihood(family, value);
    };
    result.summary = [totals, blocks, family = family_, &sums](const FittedModel& fitted, double) {
      if (!needs_chi_square(family)) return summarise_glm(fitted, family, totals);
      const double chi_square = pearson(blocks, family, fitted.theta, sums);
      ModelSummary summary = summarise_glm(fitted, family, totals, chi_square);
      if (!kernels::family_members[family.index].dispersion && !fitted.robust)
        summary.note =
            overdispersion(chi_square, totals.rows - static_cast<double>(fitted.theta.size()));
      return summary;
    };
    return result;
  }

 private:
  double (*log_odds() const)(double) {
    return family_ == kernels::multinomial ? nullptr
                                           : kernels::family_members[family_.index].log_odds;
  }

  /// A dispersion is made of it, or, of counts, told where there is one after all.
  static bool needs_chi_square(kernels::Family family) {
    if (family == kernels::multinomial) return false;
    const kernels::FamilyMembers& members = kernels::family_members[family.index];
    return members.dispersion ? !members.squares : members.response == kernels::Response::rate;
  }

  /// Of counts that vary clearly more than Poisson's: beyond four standard errors, and by a
  /// quarter.
  static std::string overdispersion(double chi_square, double freedom) {
    if (!(chi_square > 1.25 * freedom && chi_square > freedom + 4 * std::sqrt(2 * freedom)))
      return "";
    return fmt::format(
        "Overdispersed: Pearson's chi-square is {:.4g} times its {:.0f} degrees of freedom, so "
        "these "
        "standard errors are too small; model.errors: robust, or model.kind: negative_binomial.\n",
        chi_square / freedom, freedom);
  }

  kernels::Response response() const {
    return family_ == kernels::multinomial ? kernels::Response::classes
                                           : kernels::family_members[family_.index].response;
  }
  bool has_unit() const {
    return response() == kernels::Response::mean || response() == kernels::Response::rate;
  }

  /// Where no intercept fits: its optimum lies at infinity, and no penalty holds it.
  void check_target(const ResponseTotals& totals, const ModelColumns& columns) const {
    if (response() == kernels::Response::mean) {
      // What is left about the mean is the rounding of the mean.
      if (!columns.has_offset() && -2 * totals.null_log_likelihood <= 0x1p-96 * totals.squares)
        throw Error(ExitCode::data,
                    "the target is the same in every row: nothing is to be learnt of it");
      return;
    }
    check_categories(totals, columns);
    // What is left of the null deviance is its rounding.
    if (kernels::family_members.size() > family_.index &&
        kernels::family_members[family_.index].dispersion && !columns.has_offset()) {
      const double most = totals.saturated_log_likelihood, null = totals.null_log_likelihood;
      if (most - null <= 0x1p-48 * (std::fabs(most) + std::fabs(null)))
        throw Error(ExitCode::data,
                    "the target is the same in every row: nothing is to be learnt of it");
    }
    if (totals.classes.empty() && totals.mean == 0)
      throw Error(ExitCode::data, "the target is 0 in every row: nothing is to be learnt of it");
    if (response() == kernels::Response::probability && totals.mean == 1)
      throw Error(ExitCode::data, "the target is 1 in every row: nothing is to be learnt of it");
  }

  static std::size_t classes_of(const ModelColumns& columns) {
    return std::max<std::size_t>(2, columns.categories.size());
  }

  kernels::Family family_;
};

template <class F>
const char* problem_of(const ModelConfig&, const double* target, std::size_t) {
  return F::allows(target[0]) ? nullptr : F::rule;
}

const char* class_problem(const ModelConfig&, const double* target, std::size_t classes) {
  return target[0] >= 0 && target[0] < static_cast<double>(classes) &&
                 target[0] == std::floor(target[0])
             ? nullptr
             : "a multinomial model needs the code of one of the target's categories";
}

template <class F>
const Kind* glm_kind() {
  static constexpr KindTraits traits{.name = F::name,
                                     .response = [](const ModelConfig&) { return F::response; },
                                     .problem = problem_of<F>,
                                     .noise = true};
  static const GlmKind kind(traits, kernels::family<F>);
  return &kind;
}

template <class... F>
std::vector<const Kind*> kinds_of(kernels::FamilyList<F...>) {
  return {glm_kind<F>()...};
}

}  // namespace

kernels::Family family_of(const ModelConfig& model) {
  for (std::size_t i = 0; i < kernels::family_members.size(); ++i)
    if (std::string(kernels::family_members[i].name) == model.kind->name)
      return {static_cast<std::uint8_t>(i)};
  throw Error(ExitCode::bug, "internal error: a model that is no GLM; please report this");
}

void check_categories(const ResponseTotals& totals, const ModelColumns& columns) {
  std::vector<std::string> never;
  for (std::size_t k = 0; k < totals.classes.size(); ++k)
    if (totals.classes[k] == 0) never.push_back('"' + columns.categories[k] + '"');
  if (!never.empty())
    throw Error(ExitCode::data,
                "no row has the target's {} {}, so no finite intercept fits it: leave it out of "
                "the levels at ingest, or train on rows that have it",
                never.size() == 1 ? "category" : "categories", join(never));
}

std::vector<const Kind*> glm_kinds() {
  return kinds_of(kernels::Families{});
}

const Kind& multinomial_kind() {
  static constexpr KindTraits traits{
      "multinomial", [](const ModelConfig&) { return kernels::Response::classes; }, class_problem};
  static const GlmKind kind(traits, kernels::multinomial);
  return kind;
}

}  // namespace bailiwick
