// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/glm/kind.hpp"

#include <cmath>

#include "lib/kinds/glm/glm.hpp"

namespace bailiwick {

namespace {

class GlmKind : public Kind {
 public:
  GlmKind(const KindTraits& traits, kernels::Family family) : Kind(traits), family_(family) {}

  std::size_t parameters(const SavedModel& model) const override {
    return kernels::glm_parameters(family_, model.names.size(), model.categories.size());
  }

  const kernels::FamilyMembers* family(const ModelConfig&) const override {
    return family_ == kernels::multinomial ? nullptr : &kernels::family_members[family_.index];
  }

  std::unique_ptr<Objective> objective(const ModelConfig& model, const ModelColumns& columns,
                                       const ModelRows& rows, const ColumnMoments& moments,
                                       Sums& sums) const override {
    GlmOptions options;
    options.family = family_;
    options.classes = classes_of(columns);
    options.names = parameter_names(columns);
    options.penalty = penalty_of(model, columns, moments);
    options.mean_weight = moments.mean_weight();
    options.intercept = columns.intercept;
    return make_glm_objective(blocks_of(rows), std::move(options), sums);
  }

  ModelSummary summary(const FittedModel& fitted, const ModelColumns& columns,
                       const ModelRows& rows, double, Sums& sums) const override {
    return summarise_glm(
        fitted, family_,
        response_totals(blocks_of(rows), family_, classes_of(columns), columns.intercept, sums));
  }

 private:
  static std::size_t classes_of(const ModelColumns& columns) {
    return std::max<std::size_t>(2, columns.categories.size());
  }
  static std::vector<kernels::RowBlocks> blocks_of(const ModelRows& rows) {
    std::vector<kernels::RowBlocks> blocks;
    for (const LoadedRows& domain : rows.domains)
      blocks.push_back(domain.rows);
    return blocks;
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
  static constexpr KindTraits traits{F::name, [](const ModelConfig&) { return F::response; },
                                     problem_of<F>};
  static const GlmKind kind(traits, kernels::family<F>);
  return &kind;
}

template <class... F>
std::vector<const Kind*> kinds_of(kernels::FamilyList<F...>) {
  return {glm_kind<F>()...};
}

}  // namespace

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
