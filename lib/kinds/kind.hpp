// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/checkpoint/checkpoint.hpp"
#include "kokkos_kernels/glm/families.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/model/metrics/metrics.hpp"
#include "lib/model/objective.hpp"
#include "lib/model/summary.hpp"

namespace bailiwick {

/// What a solver fits.
struct Likelihood {
  std::unique_ptr<Objective> objective;
  /// The log-likelihood where the objective says so much: with what no parameter changes.
  std::function<double(double)> whole = [](double value) { return value; };
  /// R's summary of a fit; `at_start`: the objective's log-likelihood where all parameters are 0.
  std::function<ModelSummary(const FittedModel& fitted, double at_start)> summary;
  /// At the fit's parameters, if they are to be kept with the model; one round. Else nothing.
  std::function<std::vector<BaselineHazard>(std::span<const double> theta)> baselines;
};

/// A kind of model: what is fitted, how its rows are read, what it predicts, how it is summarised
/// and saved. Stateless: all.cpp lists one of each.
class Kind {
 public:
  explicit Kind(const KindTraits& traits) : traits_(traits) {}
  virtual ~Kind() = default;
  const KindTraits& traits() const { return traits_; }

  /// Numbers that are fitted. Throws ExitCode::data if the model's description fits none.
  virtual std::size_t parameters(const SavedModel& model) const = 0;
  /// What each is called: a column, or class:column for every class but the first. A model that
  /// has its coefficients in the units of the data calls them likewise.
  virtual std::vector<std::string> coefficient_names(const SavedModel& model) const;
  /// What it says of standardised rows: linear predictors of a GLM with the same response.
  virtual Predictor predictor(const SavedModel& model, const kernels::RowBlocks& rows) const;
  /// Of a response that a family measures; nullptr: of another.
  virtual const kernels::FamilyMembers* family(const ModelConfig& model) const = 0;
  /// Of the linear predictor itself, where family() measures what follows from it.
  virtual kernels::InverseLink inverse_link(const ModelConfig& model) const;
  /// What it predicts where its one linear predictor is `eta`.
  virtual double mean(const ModelConfig& model, double eta) const;
  /// A number near the target's mean that everybody knows: the prediction at the mean row.
  virtual double public_centre(const SavedModel& model) const;

  /// For solvers: the likelihood over standardised rows, with the penalty of the config. Its rounds
  /// are collective over the world. `moments`: of the rows before that. Throws ExitCode::data if
  /// nothing can be learnt of such targets.
  virtual Likelihood likelihood(const ModelConfig& model, const ModelColumns& columns,
                                const ModelRows& rows, const ColumnMoments& moments,
                                Sums& sums) const;

  /// Members of a model's description, and arrays, that no other kind has; read() throws
  /// ExitCode::data naming `path` if they cannot be.
  virtual void write(const SavedModel& model, Json& description, io::Checkpoint& checkpoint) const;
  virtual void read(const Json& description, const io::Checkpoint& checkpoint,
                    const std::string& path, SavedModel& model) const;

 private:
  const KindTraits& traits_;
};

/// In the order in which they are listed.
std::span<const Kind* const> all_kinds();
std::span<const KindTraits* const> all_kind_traits();
const Kind& kind_of(const ModelConfig& model);
/// By its name; nullptr: there is none.
const Kind* find_kind(const std::string& name);

/// Whether the model's errors are to be robust.
bool has_robust_errors(const ModelConfig& model);

/// Names of the parameters of a linear predictor: the columns, or "class:column" for every class
/// but the first.
std::vector<std::string> parameter_names(const ModelColumns& columns);
/// lambda_j of 1/2 sum lambda_j theta_j^2, one a parameter; the intercepts' are 0. A penalty counts
/// as much beside rows of any weight, as glmnet has it: times their mean weight.
std::vector<double> penalty_of(const ModelConfig& model, const ModelColumns& columns,
                               const ColumnMoments& moments);

}  // namespace bailiwick
