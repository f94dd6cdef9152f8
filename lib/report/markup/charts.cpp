// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/markup/charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace bailiwick {

namespace {

constexpr double line_height = 24;
constexpr std::array stroke_styles = {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"};

/// As few digits as tell ticks apart.
std::vector<std::string> tick_texts(const std::vector<double>& ticks) {
  constexpr int few = 4, most = 15;
  std::vector<std::string> texts;
  for (int digits = few; digits <= most; ++digits) {
    texts.clear();
    for (const double tick : ticks)
      texts.push_back(number_text(tick, digits));
    if (std::ranges::adjacent_find(texts) == texts.end()) break;
  }
  return texts;
}

/// Ticks below a plot, with the words of the axis.
void draw_axis_below(Svg& svg, const Axis& axis, double from, double to, double top, double bottom,
                     const std::string& words, bool whole = false) {
  std::vector<double> ticks = axis.ticks();
  if (whole) std::erase_if(ticks, [](double tick) { return tick != std::floor(tick); });
  const std::vector<std::string> texts = tick_texts(ticks);
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const double at = axis.at(ticks[i]);
    svg.line({at, top}, {at, bottom + 4}, "grid");
    svg.text({at, bottom + 18}, texts[i], Anchor::middle, "tick");
  }
  svg.line({from, bottom}, {to, bottom}, "axis");
  svg.text({(from + to) / 2, bottom + 38}, words, Anchor::middle, "tick");
}

/// The range of finite numbers above `least`; 0 to 1 where there are none.
std::pair<double, double> range_of(const std::vector<double>& numbers, double least) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const double x : numbers)
    if (std::isfinite(x) && x > least) {
      low = std::min(low, x);
      high = std::max(high, x);
    }
  return low <= high ? std::pair(low, high) : std::pair(least == 0 ? 0.5 : 0.0, 1.0);
}

void draw_legend(Svg& svg, const std::vector<Series>& series, double left, double y) {
  double x = left;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::string name = shorten(series[i].name, 22);
    const double width = 34 + 7.2 * static_cast<double>(std::min<std::size_t>(name.size(), 22));
    if (x > left && x + width > chart_width) {
      x = left;
      y += 18;
    }
    svg.line({x, y - 4}, {x + 20, y - 4}, stroke_styles[i % stroke_styles.size()]);
    svg.dot({x + 10, y - 4}, i, 3.5);
    svg.text({x + 25, y}, name, Anchor::start, "tick");
    x += width;
  }
}

/// How many lines draw_legend() takes.
int legend_lines(const std::vector<Series>& series, double left) {
  if (series.size() < 2) return 0;
  double x = left;
  int lines = 1;
  for (const Series& one : series) {
    const double width =
        34 + 7.2 * static_cast<double>(std::min<std::size_t>(shorten(one.name, 22).size(), 22));
    if (x > left && x + width > chart_width) {
      x = left;
      ++lines;
    }
    x += width;
  }
  return lines;
}

}  // namespace

Html forest_chart(const ChartText& says, const std::vector<Estimate>& estimates,
                  std::optional<double> reference, bool ratio) {
  std::vector<double> numbers;
  std::size_t name_length = 4, text_length = 0;
  for (const Estimate& e : estimates) {
    numbers.insert(numbers.end(), {e.value, e.lower, e.upper});
    name_length = std::max(name_length, shorten(e.name, 18).size());
    text_length = std::max(text_length, e.text.size());
  }
  if (reference) numbers.push_back(*reference);
  auto [low, high] = range_of(numbers, ratio ? 0 : -HUGE_VAL);
  if (ratio) {  // an interval from almost nothing to almost everything would hide all others
    low = std::max(low, 1e-3);
    high = std::max(std::min(high, 1e3), low);
  }
  const double left = 7.4 * static_cast<double>(name_length) + 14;
  const double right = chart_width - 6.7 * static_cast<double>(text_length) - 12;
  const double top = 8, bottom = top + line_height * static_cast<double>(estimates.size());
  const Axis axis(low, high, left + 4, right - 4, ratio);
  Svg svg(chart_width, bottom + 48, says.title, says.description);
  draw_axis_below(svg, axis, left, right, top, bottom, says.x);
  if (reference) svg.line({axis.at(*reference), top}, {axis.at(*reference), bottom}, "reference");
  double y = top + line_height / 2;
  for (const Estimate& e : estimates) {
    svg.text({left - 8, y + 4}, shorten(e.name, 18), Anchor::end, e.all ? "strong" : "");
    if (std::isfinite(e.lower) && std::isfinite(e.upper) && (!ratio || e.lower > 0))
      svg.line({axis.at(e.lower), y}, {axis.at(e.upper), y}, "interval");
    if (std::isfinite(e.value) && (!ratio || e.value > 0))
      svg.dot({axis.at(e.value), y}, e.all ? 3 : 0, 4.5, e.name + ": " + e.text);
    svg.text({chart_width - 4, y + 4}, e.text, Anchor::end, "tick");
    y += line_height;
  }
  return svg.finish();
}

Html line_chart(const LineChart& chart) {
  std::vector<double> xs, ys;
  for (const Series& series : chart.series)
    for (const auto& [x, y] : series.points) {
      xs.push_back(x);
      ys.push_back(y);
    }
  const auto [x_low, x_high] = range_of(xs, -HUGE_VAL);
  const auto [y_low, y_high] = range_of(ys, -HUGE_VAL);
  const bool unit = chart.unit || chart.diagonal;
  const Axis y_values = unit ? Axis(0, 1, 0, 1, false, true) : Axis(y_low, y_high, 0, 1);
  const std::vector<double> y_ticks = y_values.ticks();
  const std::vector<std::string> y_texts = tick_texts(y_ticks);
  std::size_t longest = 7;
  for (const std::string& text : y_texts)
    longest = std::max(longest, text.size());
  const double left = 16 + 7 * static_cast<double>(longest), right = chart_width - 12;
  const double top = 14 + 18 * legend_lines(chart.series, left) + (chart.says.y.empty() ? 0 : 18);
  const double bottom = top + (chart.diagonal ? right - left : 210);
  const Axis x_axis = chart.diagonal ? Axis(0, 1, left, right, false, true)
                                     : Axis(std::min(x_low, chart.steps ? 0.0 : x_low), x_high,
                                            left, right, false, true);
  const Axis y_axis(y_values.low(), y_values.high(), bottom, top, false, true);
  Svg svg(chart_width, bottom + 48, chart.says.title, chart.says.description);
  for (std::size_t i = 0; i < y_ticks.size(); ++i) {
    const double at = y_axis.at(y_ticks[i]);
    svg.line({left - 4, at}, {right, at}, "grid");
    svg.text({left - 8, at + 4}, y_texts[i], Anchor::end, "tick");
  }
  draw_axis_below(svg, x_axis, left, right, top, bottom, chart.says.x, chart.whole);
  svg.line({left, top}, {left, bottom}, "axis");
  svg.text({4, 14}, chart.says.y, Anchor::start, "tick");
  if (chart.series.size() > 1) draw_legend(svg, chart.series, left, chart.says.y.empty() ? 14 : 34);
  if (chart.diagonal) svg.line({left, bottom}, {right, top}, "reference");
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const Series& series = chart.series[i];
    std::vector<Point> points;
    for (const auto& [x, y] : series.points) {
      if (!std::isfinite(x) || !std::isfinite(y)) continue;
      if (chart.steps && !points.empty()) points.emplace_back(x_axis.at(x), points.back().second);
      points.emplace_back(x_axis.at(x), y_axis.at(y));
    }
    svg.path(points, stroke_styles[i % stroke_styles.size()]);
    if (!series.dots) continue;
    for (std::size_t k = 0; k < series.points.size(); ++k) {
      const auto& [x, y] = series.points[k];
      if (std::isfinite(x) && std::isfinite(y))
        svg.dot({x_axis.at(x), y_axis.at(y)}, i, series.sizes.empty() ? 3.5 : series.sizes[k],
                fmt::format("{}: {}, {}", series.name, number_text(x, 4), number_text(y)));
    }
  }
  return svg.finish();
}

Html bar_chart(const ChartText& says, const std::vector<Bar>& bars) {
  double most = 0;
  std::size_t length = 4;
  for (const Bar& bar : bars) {
    most = std::max(most, bar.value);
    length = std::max(length, bar.text.size());
  }
  const double height = 40;  // a line of words above each bar
  const double right = chart_width - 6.7 * static_cast<double>(length) - 12;
  Svg svg(chart_width, height * static_cast<double>(bars.size()) + 6, says.title, says.description);
  double y = 0;
  for (const Bar& bar : bars) {
    svg.text({2, y + 14}, bar.name);
    const double width = most > 0 ? std::max(1.0, bar.value / most * (right - 2)) : 1;
    svg.box({2, y + 19}, width, 13, "bar");
    svg.text({width + 8, y + 30}, bar.text, Anchor::start, "tick");
    y += height;
  }
  return svg.finish();
}

}  // namespace bailiwick
