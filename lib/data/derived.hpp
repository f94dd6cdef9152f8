// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bailiwick {

/// A function of one number, as model.features writes it (docs/models.md, "Derived columns").
struct Derivation {
  enum class Function {
    log,
    log1p,
    sqrt,
    power,
    spline,
    interval,
    year,
    month,
    weekday,
    hour,
    sine,
    cosine,
    missing
  };
  Function function;
  std::vector<double>
      values;             ///< exponent; knots; least value and, if there is one, the bound; period
  std::size_t which = 0;  ///< spline: its columns but the first, which is the number itself

  bool is_of_dates() const { return function >= Function::year && function <= Function::hour; }
  /// NaN where the function has no value; `missing` alone takes NaN. The same bits everywhere.
  double operator()(double x) const;
};

/// A number or an indicator of a row, and what is made of it, step by step.
struct DerivedFactor {
  std::size_t column;                ///< index into Schema::features
  std::optional<std::size_t> level;  ///< 1 in rows of this level, else 0
  std::vector<Derivation> steps;

  /// Whether a row has a value, not which, is what counts.
  bool asks_missing() const {
    return !steps.empty() && steps.front().function == Derivation::Function::missing;
  }
};

/// A column of a model that no partition has: a product.
struct DerivedColumn {
  std::string name;  ///< which parse_derived reads as this column alone
  std::vector<DerivedFactor> factors;

  /// Whether a config can make as many of such columns as it likes, or cut one where it likes: all
  /// but one logarithm or root of a number, and whether it is missing.
  bool is_free() const;
  /// 1 where a number is missing, else 0, and nothing more.
  bool is_indicator_of_missing() const {
    return factors.size() == 1 && factors.front().steps.size() == 1 &&
           factors.front().asks_missing();
  }
};

/// What the plain names of columns stand for.
struct KnownColumns {
  std::vector<std::string> names;
  /// None if there is no such name.
  std::function<std::optional<std::vector<DerivedColumn>>(const std::string& name)> find;
};

/// The columns that a text like `log(age)`, `bin(age, 40, 65):sex` asks for; none if it is no such
/// text: a name that nobody knows. Throws ExitCode::config saying what is wrong with it.
std::optional<std::vector<DerivedColumn>> parse_derived(const std::string& text,
                                                        const KnownColumns& known);

}  // namespace bailiwick
