// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <numbers>

#include "lib/core/error.hpp"
#include "lib/core/undefined.hpp"
#include "lib/onnx/columns.hpp"

namespace bailiwick {

namespace {

using Value = OnnxGraph::Value;
using Function = Derivation::Function;

/// Arithmetic as one writes it.
class Formula {
 public:
  Formula(OnnxGraph& graph, Value value) : graph_(&graph), value_(std::move(value)) {}
  const Value& value() const { return value_; }

  Formula apply(std::string_view op) const { return {*graph_, graph_->add(op, {value_})}; }
  Formula with(std::string_view op, const Formula& other) const {
    return {*graph_, graph_->add(op, {value_, other.value_})};
  }
  Formula with(std::string_view op, double other) const {
    return {*graph_, graph_->add(op, {value_, graph_->number(other)})};
  }
  /// 1 where it is true, else 0.
  Formula counted() const { return {*graph_, graph_->cast(value_, OnnxType::float64)}; }
  /// `other` where this is true, else NaN.
  Formula guards(const Formula& other) const {
    return {*graph_, graph_->add("Where", {value_, other.value_, graph_->number(undefined)})};
  }

  Formula operator+(const Formula& other) const { return with("Add", other); }
  Formula operator-(const Formula& other) const { return with("Sub", other); }
  Formula operator*(const Formula& other) const { return with("Mul", other); }
  Formula operator+(double other) const { return with("Add", other); }
  Formula operator-(double other) const { return with("Sub", other); }
  Formula operator*(double other) const { return with("Mul", other); }
  Formula operator/(double other) const { return with("Div", other); }
  Formula floor() const { return apply("Floor"); }

 private:
  OnnxGraph* graph_;
  Value value_;
};

/// As restricted_cubic() of lib/data/derived.cpp.
Formula restricted_cubic(const Formula& x, const std::vector<double>& knots, std::size_t j) {
  const double first = knots[j - 1], last = knots.back(), before = knots[knots.size() - 2];
  const double width = last - knots.front(), gap = last - before;
  const auto cube = [&](double knot) {
    const Formula u = ((x - knot) / width).with("Max", 0.0);
    return u * u * u;
  };
  return (cube(first) - cube(before) * ((last - first) / gap) +
          cube(last) * ((before - first) / gap)) *
         width;
}

/// Days since 1970-01-01 to the year or month of the Gregorian calendar, in whole numbers that
/// float64 holds: H. Hinnant, chrono-compatible low-level date algorithms (2013), days_to_civil.
Formula civil(const Formula& days, bool year) {
  const Formula z = days.floor() + 719468.0;
  const Formula era = (z / 146097.0).floor();
  const Formula doe = z - era * 146097.0;
  const Formula yoe =
      ((doe - (doe / 1460.0).floor() + (doe / 36524.0).floor() - (doe / 146096.0).floor()) / 365.0)
          .floor();
  const Formula doy = doe - (yoe * 365.0 + (yoe / 4.0).floor() - (yoe / 100.0).floor());
  const Formula mp = ((doy * 5.0 + 2.0) / 153.0).floor();
  const Formula next = mp.with("GreaterOrEqual", 10.0).counted();  // January and February
  return year ? yoe + era * 400.0 + next : mp + 3.0 - next * 12.0;
}

}  // namespace

Value add_derivation(OnnxGraph& graph, const Derivation& step, const Value& value) {
  const Formula x(graph, value);
  switch (step.function) {
    case Function::log:
      return x.with("Greater", 0.0).guards(x.apply("Log")).value();
    case Function::log1p: {  // 1 + x rounds: W. Kahan's correction (HP-15C handbook, 1982)
      const Formula u = x + 1.0;
      const Formula exact = u.apply("Log") - ((u - 1.0) - x).with("Div", u);
      return x.with("Greater", -1.0).guards(exact).value();
    }
    case Function::sqrt:
      return x.with("GreaterOrEqual", 0.0).guards(x.apply("Sqrt")).value();
    case Function::power: {
      Formula power = x;
      for (int i = 1; i < static_cast<int>(step.values[0]); ++i)
        power = power * x;
      return power.value();
    }
    case Function::spline:
      return restricted_cubic(x, step.values, step.which).value();
    case Function::interval: {
      const Formula above = x.with("GreaterOrEqual", step.values[0]).counted();
      const Formula none = x - x;  // NaN stays
      if (step.values.size() == 1) return (above + none).value();
      return (above * x.with("Less", step.values[1]).counted() + none).value();
    }
    case Function::missing:
      return x.apply("IsNaN").counted().value();
    case Function::year:
      return civil(x, true).value();
    case Function::month:
      return civil(x, false).value();
    case Function::weekday: {
      const Formula day = x.floor() + 3.0;  // the first was a Thursday
      return (day - (day / 7.0).floor() * 7.0 + 1.0).value();
    }
    case Function::hour: {
      const Formula milliseconds = ((x - x.floor()) * 86'400'000.0).apply("Round");
      const Formula hour = (milliseconds / 3'600'000.0).floor();
      return (hour - (hour / 24.0).floor() * 24.0).value();
    }
    case Function::sine:
    case Function::cosine:
      break;
  }
  const Formula turns = x / step.values[0];
  const Formula angle = (turns - turns.floor()) * (2 * std::numbers::pi);
  return angle.apply(step.function == Function::sine ? "Sin" : "Cos").value();
}

}  // namespace bailiwick
