// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/quality/examined.hpp"
#include "lib/stages/quality/plan.hpp"

// How much a feature alone says of a target (docs/quality.md).
namespace bailiwick {

/// Of one feature and one target.
struct Leakage {
  std::size_t column = 0;  ///< among numbers, then categories
  std::string target;
  std::string measure;       ///< auc, r_squared, eta_squared
  std::string target_class;  ///< auc: of this class against the others
  std::string by;            ///< of the feature: value, absence, level
  double value = 0;
};

/// The area under the ROC curve of the parts in their order, ties counted half (Hanley & McNeil,
/// Radiology 143 (1982) 29): how often a row of the class lies in a later part than another row. Or
/// of the reverse order, if that is larger; 0.5 where one of both has no rows.
double area_of_order(std::span<const std::int64_t> of_class, std::span<const std::int64_t> others);

/// The same in the order that is best for the class: by its share of each part.
double area_of_best_order(std::span<const std::int64_t> of_class,
                          std::span<const std::int64_t> others);

Json leakage_json(const Leakage& leak);
/// In words, of the feature.
std::string what_leaks(const Leakage& leak);

/// Of targets that are classes: each feature's values, in the bins between `quantiles`, or its
/// levels, are counted for each class.
class LeakageOfClasses {
 public:
  /// Adds its divisions to the plan's; the arguments must outlive that.
  LeakageOfClasses(QualityPlan& plan, const TableColumns& columns,
                   std::span<const ExaminedRows> rows,
                   const std::vector<std::vector<double>>& quantiles);

  /// The most that each feature says of each target's classes; nothing where that is withheld.
  std::vector<Leakage> measure(const Counts& told) const;

 private:
  struct Table {
    std::size_t column, division, bins;
    bool is_category, has_missing;
    std::string target;
    std::vector<std::string> classes;
  };
  void add_tables(const std::string& target, const std::vector<std::string>& classes,
                  const std::function<std::size_t(std::size_t d, std::size_t row)>& class_of);

  QualityPlan& plan_;
  const TableColumns& columns_;
  std::span<const ExaminedRows> rows_;
  const std::vector<std::vector<double>>& quantiles_;
  std::vector<Table> tables_;
};

/// Of targets that are numbers: the squared correlation of a number with each, over the rows that
/// have both, and the correlation ratio of a category (Pearson 1905), whose counts must be told.
/// Collective over the world; in rounds whose sums are of all rows of domains, or of all of a
/// level.
std::vector<Leakage> leakage_of_numbers(Run& run, const TableColumns& columns,
                                        const Examined& examined, const FirstLook& look,
                                        const QualityPlan& plan, const Counts& told);

}  // namespace bailiwick
