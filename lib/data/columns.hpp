// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/data/derived.hpp"
#include "lib/data/missing_rules.hpp"
#include "lib/domain/schema.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// One column of a model: a number, the indicator of one level of a category, or what is made of
/// them.
struct ModelFeature {
  std::size_t column;                ///< index into Schema::features
  std::optional<std::size_t> level;  ///< its code, if that column is a category
  std::optional<std::size_t>
      derived{};  ///< index into ModelColumns::derived, if it is one of those

  auto operator<=>(const ModelFeature&) const = default;
};

/// A category whose levels a network learns vectors for. Level 0 is that of rows that have none of
/// the model's levels: the reference.
struct EmbeddedCategory {
  std::string name;
  std::size_t factor;  ///< number of the category among all that are read as codes
  std::size_t levels, dimension;

  bool operator==(const EmbeddedCategory&) const = default;
};

/// A category whose levels, with those of the others, make strata.
struct StrataCategory {
  std::string name;
  std::size_t column;  ///< index into Schema::features
  std::vector<std::string> levels;
};

/// A number that is none of the model's columns: a feature or a target.
struct NumberColumn {
  bool is_target;
  std::size_t index;  ///< into Schema::features or Schema::targets
};

/// Which columns of a partition a model takes, in the order of its parameters.
struct ModelColumns {
  std::vector<ModelFeature> features;
  std::vector<std::size_t> targets;  ///< indices into Schema::targets; Cox: time, status, entry
  bool intercept = false;            ///< a column of ones comes first
  bool weights = false;
  std::optional<NumberColumn> trials;            ///< of which the target counts successes
  std::optional<NumberColumn> offset, exposure;  ///< the latter's logarithm is added to the former
  std::vector<StrataCategory> strata;            ///< Cox: each combination of their levels is one
  bool ids = false;                    ///< keep what the owner calls the rows, and their splits
  bool units = false;                  ///< keep whom the rows are about
  std::vector<DerivedColumn> derived;  ///< columns that no partition has
  std::vector<MissingFeature>
      missing;                     ///< of the features whose value it takes, where some lack it
  std::vector<std::string> names;  ///< one a column, "(intercept)" included
  std::vector<std::string> categories;  ///< of the target, multinomial only
  std::vector<std::string> classes;     ///< of the target, if they are weighed
  std::vector<double> class_weights;    ///< of each; none if they are to be balanced
  /// Of each feature: the category it is a level of, if it is read as a code; else none.
  std::vector<std::optional<std::size_t>> factor;
  std::vector<std::size_t> factors;          ///< these categories: indices into Schema::features
  std::vector<EmbeddedCategory> embeddings;  ///< networks: some of them, in the order of columns

  std::vector<std::string> derived_names() const {
    std::vector<std::string> made;
    for (const DerivedColumn& column : derived)
      made.push_back(column.name);
    return made;
  }
  bool has_offset() const { return offset || exposure; }
  /// Combinations of levels; 1 without any.
  std::size_t count_strata() const {
    std::size_t count = 1;
    for (const StrataCategory& category : strata)
      count *= category.levels.size();
    return count;
  }
  /// The level of each category in the s-th of them; the last category changes first.
  std::vector<std::string> levels_of_stratum(std::size_t s) const {
    std::vector<std::string> levels(strata.size());
    for (std::size_t c = strata.size(); c-- > 0; s /= strata[c].levels.size())
      levels[c] = strata[c].levels[s % strata[c].levels.size()];
    return levels;
  }
  std::size_t columns() const { return features.size() + (intercept ? 1 : 0); }
  /// Memory of one row: numbers, two bytes a category, targets and weight.
  std::size_t bytes_a_row() const {
    const auto levels = static_cast<std::size_t>(
        std::count_if(factor.begin(), factor.end(), [](const auto& f) { return f.has_value(); }));
    const std::size_t others =
        1 + (trials ? 1 : 0) + (has_offset() ? 1 : 0) + (strata.empty() ? 0 : 1);
    return 8 * (columns() - levels + targets.size() + others) + 2 * factors.size();
  }
};

/// Throws ExitCode::config naming the near ones if a feature or target does not exist, and naming a
/// feature with missing values of which model.missing says nothing, or what it cannot be. Rows that
/// are only to be predicted need neither target nor weight: one that counted for nothing in
/// training has a prediction too.
ModelColumns select_columns(const ModelConfig& model, const Schema& schema,
                            bool with_targets = true);

/// Those of model.cox.strata_by. Throws ExitCode::config for what is no category, or a feature of
/// `columns` already.
std::vector<StrataCategory> select_strata(const ModelConfig& model, const Schema& schema,
                                          const ModelColumns& columns);

/// All features, with all levels of categories, and all targets, for those who describe them.
/// Missing numbers stay NaN. `only`: those of these names; nullptr: all.
ModelColumns all_columns(const Schema& schema, const std::set<std::string>* only = nullptr);
/// These targets, and all levels of one category among the features, if it is named. Throws
/// ExitCode::config for what does not exist. Each: the key of the config that names it, and the
/// name.
ModelColumns some_columns(const Schema& schema,
                          const std::vector<std::pair<std::string, std::string>>& targets,
                          const std::pair<std::string, std::string>& category);

/// Of every category among the columns: its name, and the levels that have no column, one of which
/// the others are compared with. Version 1 of the partition format does not tell.
std::vector<std::pair<std::string, std::vector<std::string>>> reference_levels(
    const ModelColumns& columns, const Schema& schema);

/// The features of the schema that the model takes, or makes others of: indices, ascending.
std::set<std::size_t> features_taken(const ModelColumns& columns);

/// Whether a model's targets are a time and a status.
bool has_times(const ModelConfig& model);

}  // namespace bailiwick
