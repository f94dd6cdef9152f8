// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/derived.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/math/turns.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/core/undefined.hpp"

namespace bailiwick {

namespace {

using Function = Derivation::Function;
using Columns = std::vector<DerivedColumn>;

/// Restricted cubic spline, linear beyond the first and last knot: Harrell, Regression Modeling
/// Strategies (2015), equation 2.25; R's rms::rcs. `j`: 1 up to two less than there are knots.
double restricted_cubic(double x, std::span<const double> knots, std::size_t j) {
  const auto cube = [](double u) { return u > 0 ? u * u * u : 0.0; };
  const double first = knots[j - 1], last = knots.back(), before = knots[knots.size() - 2];
  const double width = last - knots.front(), gap = last - before;
  return (cube((x - first) / width) - cube((x - before) / width) * ((last - first) / gap) +
          cube((x - last) / width) * ((before - first) / gap)) *
         width;
}

/// Of days since 1970-01-01 and their fractions.
std::chrono::sys_days day_of(double days) {
  return std::chrono::sys_days(std::chrono::days(static_cast<int>(std::floor(days))));
}

struct Named {
  const char* name;
  Function function;
  std::size_t least, most;  ///< numbers between the parentheses, beside the column
};
constexpr auto functions = std::to_array<Named>({{"log", Function::log, 0, 0},
                                                 {"log1p", Function::log1p, 0, 0},
                                                 {"sqrt", Function::sqrt, 0, 0},
                                                 {"year", Function::year, 0, 0},
                                                 {"month", Function::month, 0, 0},
                                                 {"weekday", Function::weekday, 0, 0},
                                                 {"hour", Function::hour, 0, 0},
                                                 {"cyclic", Function::sine, 1, 1},
                                                 {"missing", Function::missing, 0, 0},
                                                 {"rcs", Function::spline, 3, 20},
                                                 {"bin", Function::interval, 1, 100}});

bool is_of_a_word(unsigned char c) {
  return std::isalnum(c) != 0 || c == '_';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

/// At commas outside of parentheses and brackets.
std::vector<std::string_view> arguments(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth != 0)) continue;
    parts.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return parts;
}

/// Of the parenthesis that is opened there; npos if it is not closed.
std::size_t closing(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i;
  }
  return text.npos;
}

class Parser {
 public:
  Parser(const std::string& text, const KnownColumns& known) : text_(text), known_(known) {}

  /// A name, one of these functions, or a product of them.
  std::optional<Columns> product(std::string_view text) const {
    if (std::optional<Columns> columns = factor(text)) return columns;
    if (!tried_.insert(text.size()).second) return {};  // of these all end where the entry ends
    // A name may have a colon: the first that leaves two sides with a meaning.
    for (std::size_t at = text.find(':'); at != text.npos; at = text.find(':', at + 1)) {
      const auto left = factor(trimmed(text.substr(0, at)));
      if (!left) continue;
      const auto right = product(trimmed(text.substr(at + 1)));
      if (right) return products(*left, *right);
    }
    return {};
  }

 private:
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(ExitCode::config, "model.features: \"{}\": {}", text_,
                fmt::format(format, std::forward<Args>(args)...));
  }

  [[noreturn]] void unknown_function(const std::string& name) const {
    std::vector<std::string> names;
    for (const Named& function : functions)
      names.emplace_back(function.name);
    fail("there is no function \"{}\"; there are: {}{}", name, join(names),
         did_you_mean(name, names));
  }

  static Columns products(const Columns& left, const Columns& right) {
    Columns columns;
    for (const DerivedColumn& b : right)
      for (const DerivedColumn& a : left) {
        columns.push_back({a.name + ":" + b.name, a.factors});
        columns.back().factors.insert(columns.back().factors.end(), b.factors.begin(),
                                      b.factors.end());
      }
    return columns;
  }

  std::optional<Columns> factor(std::string_view text) const {
    if (auto columns = known_.find(std::string(text))) return columns;
    const std::size_t at = text.rfind('^');
    if (at != text.npos && text.find_first_of(":)", at) == text.npos) {
      const auto exponent = parse_number(trimmed(text.substr(at + 1)));
      const auto base = factor(trimmed(text.substr(0, at)));
      if (!base) return {};
      if (!exponent || *exponent < 2 || *exponent > 9 || *exponent != std::floor(*exponent))
        fail("a power is a whole number from 2 to 9; sqrt() and log() have names");
      return Columns{
          made_of(*base, {Function::power, {*exponent}}, fmt::format("^{}", *exponent), false)};
    }
    if (auto columns = interval(text)) return columns;
    const std::size_t open = text.find('(');
    if (open == text.npos) return {};
    const std::size_t close = closing(text, open);
    const std::string_view name = text.substr(0, open);
    const auto named = std::ranges::find(functions, name, &Named::name);
    if (named == functions.end()) {
      const bool call = close + 1 == text.size() && std::ranges::all_of(name, is_of_a_word);
      if (call && factor(arguments(text.substr(open + 1, close - open - 1))[0]))
        unknown_function(std::string(name));
      return {};
    }
    if (close == text.npos) fail("the parenthesis is not closed");
    return call(*named, text.substr(open + 1, close - open - 1), text.substr(close + 1));
  }

  /// `rest`: what follows the parenthesis: .2, the second column of a spline that is no power;
  /// .cos.
  std::optional<Columns> call(const Named& named, std::string_view inside,
                              std::string_view rest) const {
    const bool one_of_several =
        (named.function == Function::spline || named.function == Function::sine) &&
        rest.starts_with('.') && rest.find(':') == rest.npos;
    if (!rest.empty() && !one_of_several) return {};
    const std::vector<std::string_view> parts = arguments(inside);
    const auto base = factor(parts[0]);
    if (!base)
      fail("the partitions have no feature \"{}\"{}", parts[0],
           did_you_mean(std::string(parts[0]), known_.names));
    std::vector<double> values;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto value = parse_number(parts[i]);
      if (!value) fail("\"{}\" is no number", parts[i]);
      if (!values.empty() && *value <= values.back()) fail("its numbers do not ascend");
      values.push_back(*value);
    }
    if (values.size() < named.least || values.size() > named.most)
      fail("{} takes {} beside the column", named.name,
           named.most == 0   ? "no numbers"
           : named.most == 1 ? "one number"
                             : fmt::format("{} to {} numbers", named.least, named.most));
    const std::string call =
        fmt::format("{}({})", named.name,
                    fmt::join(std::vector<std::string_view>(parts.begin(), parts.end()), ", "));
    if (named.function == Function::spline) return spline(*base, values, call, rest);
    if (named.function == Function::sine) return cyclic(*base, values[0], call, rest);
    if (named.function == Function::interval) return bins(*base, values);
    if (named.function == Function::missing && !one(*base).factors[0].steps.empty())
      fail(
          "missing() is of a number that the partitions have: of \"{}\" ask missing() of its "
          "column",
          parts[0]);
    return Columns{made_of(*base, {named.function, {}}, call, true)};
  }

  Columns spline(const Columns& base, const std::vector<double>& knots, const std::string& call,
                 std::string_view rest) const {
    const std::size_t columns = knots.size() - 2;
    std::size_t first = 1, last = columns;
    Columns all;
    if (rest.empty()) {
      all = {one(base)};
    } else {
      const auto which = parse_number(rest.substr(1));
      if (!which || *which < 1 || *which > static_cast<double>(columns) ||
          *which != std::floor(*which))
        fail("beside the column itself a spline of {} knots has the columns .1 to .{}",
             knots.size(), columns);
      first = last = static_cast<std::size_t>(*which);
    }
    for (std::size_t j = first; j <= last; ++j)
      all.push_back(
          made_of(base, {Function::spline, knots, j}, fmt::format("{}.{}", call, j), true));
    return all;
  }

  Columns cyclic(const Columns& base, double period, const std::string& call,
                 std::string_view rest) const {
    if (!(period > 0)) fail("a period is greater than 0");
    if (!rest.empty() && rest != ".sin" && rest != ".cos")
      fail("there are the columns .sin and .cos");
    Columns both;
    for (const auto& [name, function] :
         {std::pair{".sin", Function::sine}, {".cos", Function::cosine}})
      if (rest.empty() || rest == name)
        both.push_back(made_of(base, {function, {period}}, call + name, true));
    return both;
  }

  /// From each of the values up to below the next: what is below the first is the reference.
  Columns bins(const Columns& base, const std::vector<double>& values) const {
    Columns columns;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool last = i + 1 == values.size();
      const std::vector<double> ends(
          values.begin() + static_cast<std::ptrdiff_t>(i),
          values.begin() + static_cast<std::ptrdiff_t>(i + (last ? 1 : 2)));
      columns.push_back(made_of(
          base, {Function::interval, ends},
          last ? fmt::format("[{},)", ends[0]) : fmt::format("[{},{})", ends[0], ends[1]), false));
    }
    return columns;
  }

  /// age[40,65): as bins() calls them.
  std::optional<Columns> interval(std::string_view text) const {
    const std::size_t open = text.rfind('[');
    if (open == text.npos || !text.ends_with(')')) return {};
    const auto base = factor(trimmed(text.substr(0, open)));
    const std::vector<std::string_view> ends =
        arguments(text.substr(open + 1, text.size() - open - 2));
    if (!base || ends.size() != 2 || !parse_number(ends[0])) return {};
    if (ends[1].empty()) return bins(*base, {*parse_number(ends[0])});
    if (!parse_number(ends[1]) || *parse_number(ends[1]) <= *parse_number(ends[0])) return {};
    return Columns{bins(*base, {*parse_number(ends[0]), *parse_number(ends[1])}).front()};
  }

  DerivedColumn one(const Columns& base) const {
    if (base.size() != 1 || base[0].factors.size() != 1 || base[0].factors[0].level)
      fail("\"{}\" is not one number", base.empty() ? "" : base[0].name);
    return base[0];
  }

  DerivedColumn made_of(const Columns& base, Derivation step, const std::string& words,
                        bool whole) const {
    DerivedColumn column = one(base);
    column.name = whole ? words : column.name + words;
    column.factors[0].steps.push_back(std::move(step));
    return column;
  }

  const std::string& text_;
  const KnownColumns& known_;
  mutable std::set<std::size_t> tried_;  ///< lengths of products that have no meaning
};

}  // namespace

double Derivation::operator()(double x) const {
  switch (function) {
    case Function::log:
      return x > 0 ? exact::log(x) : undefined;
    case Function::log1p:
      return x > -1 ? exact::log1p(x) : undefined;
    case Function::sqrt:
      return x >= 0 ? std::sqrt(x) : undefined;
    case Function::power: {
      double power = x;
      for (int i = 1; i < static_cast<int>(values[0]); ++i)
        power *= x;
      return power;
    }
    case Function::spline:
      return restricted_cubic(x, values, which);
    case Function::interval:
      return x >= values[0] && (values.size() == 1 || x < values[1]) ? 1 : 0;
    case Function::sine:  // the remainder is exact
      return exact::sine_of_turns(std::fmod(x, values[0]) / values[0]);
    case Function::cosine:
      return exact::cosine_of_turns(std::fmod(x, values[0]) / values[0]);
    case Function::missing:
      return std::isnan(x) ? 1 : 0;
    default:
      break;
  }
  if (!(std::fabs(x) < 1.1e7)) return undefined;  // as far as std::chrono goes
  if (function == Function::hour)  // to the millisecond: 13:00 is no whole part of a day
    return std::fmod(std::floor(std::nearbyint((x - std::floor(x)) * 86'400'000) / 3'600'000), 24);
  const std::chrono::year_month_day date(day_of(x));
  if (function == Function::year) return static_cast<int>(date.year());
  if (function == Function::month) return static_cast<unsigned>(date.month());
  return std::chrono::weekday(day_of(x)).iso_encoding();
}

bool DerivedColumn::is_free() const {
  if (factors.size() > 1 || factors.front().steps.size() > 1) return true;
  const Function function = factors.front().steps.front().function;
  return function != Function::log && function != Function::log1p && function != Function::sqrt &&
         function != Function::missing;
}

std::optional<std::vector<DerivedColumn>> parse_derived(const std::string& text,
                                                        const KnownColumns& known) {
  constexpr std::size_t longest = 4000;  // whoever parses it calls itself
  if (text.size() > longest && !known.find(text))
    throw Error(ExitCode::config, "model.features: an entry of more than {} characters", longest);
  return Parser(text, known).product(trimmed(text));
}

}  // namespace bailiwick
