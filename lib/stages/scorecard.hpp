// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/scores.hpp"

namespace bailiwick {

/// Which numbers a model kind is judged by, and how they follow from integer sums over rows.
class Scorecard {
 public:
  Scorecard(const SavedModel& model, const EvaluateConfig& how);

  const std::shared_ptr<const AggregateLayout>& layout() const { return layout_; }

  /// The sums over this rank's rows of its d-th domain. Cox: over the pairs of the whole domain
  /// within its strata (model.cox.strata_by), given by its first rank. Collective over the domain.
  Aggregate add(const LoadedRows& standardised, std::size_t d, Sums& sums) const;

  /// "rows", "accuracy", … from a total; null for what its rows do not define. `calibration`: where
  /// the cells of its table begin, of models of a probability (evaluation_sums).
  Json metrics(const Aggregate& total, const std::vector<std::size_t>& calibration = {}) const;

  /// The same, where scores are told apart as finely as may be: of models of a probability by more
  /// rounds, in which `sum` adds up what a rank's domains, with these models, say of theirs.
  /// Collective wherever `sum` is. `rows`: standardised.
  using Sum = std::function<Aggregate(std::vector<Aggregate>)>;
  Json metrics(const Aggregate& total, std::span<const UsedModel> models,
               std::span<const LoadedRows> rows, const std::vector<std::size_t>& calibration,
               const Sum& sum) const;

  /// The measures that a table for people has of such metrics, in its order.
  static std::vector<std::string> columns(const Json& metrics);
  /// A measure as such a table shows it: as many digits as its bounds agree in, if it has any, at
  /// most six; these, if those are few; "-" for null.
  static std::string shown(const Json& metrics, const std::string& measure);
  /// A table for people: one line for each (name, metrics).
  static std::string table(const std::vector<std::pair<std::string, Json>>& lines);
  /// For people: of each class how many rows are found, and what those of few classes are taken
  /// for, of a probability at one half. `categories`: of the model. Empty of models without
  /// classes, and where metrics are withheld.
  static std::string class_table(const Json& metrics, std::vector<std::string> categories);

 private:
  const SavedModel& model_;
  std::size_t calibration_bins_;
  std::shared_ptr<const AggregateLayout> layout_;
};

}  // namespace bailiwick
