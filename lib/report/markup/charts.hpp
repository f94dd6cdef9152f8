// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/undefined.hpp"
#include "lib/report/markup/svg.hpp"

namespace bailiwick {

/// What every chart says of itself.
struct ChartText {
  std::string title, description;  ///< the latter for who cannot see it
  std::string x, y = {};           ///< of its axes
};

struct Estimate {
  std::string name;
  double value = undefined, lower = undefined, upper = undefined;
  std::string text;  ///< to the right
  bool all = false;  ///< of all others together: another shape
};

/// A line each: a dot, its interval if there is one, and its numbers. `reference`: a line through
/// all. With `ratio`, 1/2 is as far from 1 as 2 is.
Html forest_chart(const ChartText& says, const std::vector<Estimate>& estimates,
                  std::optional<double> reference, bool ratio);

struct Series {
  std::string name;
  std::vector<Point> points;
  bool dots = false;
  std::vector<double> sizes = {};  ///< of the dots; else all alike
};

struct LineChart {
  ChartText says;
  std::vector<Series> series;
  bool whole = false;     ///< x is counted
  bool steps = false;     ///< a value holds until the next
  bool unit = false;      ///< the upward axis goes from 0 to 1
  bool diagonal = false;  ///< both do, and a line shows where they are equal
};
Html line_chart(const LineChart& chart);

struct Bar {
  std::string name, text;
  double value = 0;
};
Html bar_chart(const ChartText& says, const std::vector<Bar>& bars);

}  // namespace bailiwick
