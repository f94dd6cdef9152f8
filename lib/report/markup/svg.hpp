// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/report/markup/html.hpp"

namespace bailiwick {

/// Round numbers from the first at or above `low` to the last at or below `high`, at most so many:
/// steps of 1, 2 or 5 times a power of ten.
std::vector<double> nice_ticks(double low, double high, int most = 6);
/// The same for ratios, on a scale on which 1/2 is as far from 1 as 2 is.
std::vector<double> ratio_ticks(double low, double high, int most = 6);

/// Where numbers lie on a drawing.
class Axis {
 public:
  /// A little is added at both ends; of ratios all numbers are above 0.
  Axis(double low, double high, double from, double to, bool ratio = false, bool exact = false);
  double at(double value) const;
  std::vector<double> ticks(int most = 6) const;
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  double place(double value) const;
  double low_, high_, from_, to_;
  bool ratio_;
};

enum class Anchor { start, middle, end };
using Point = std::pair<double, double>;

/// A drawing, in the classes of the page's style. Texts are escaped.
class Svg {
 public:
  /// `description`: what it shows, for who cannot see it.
  Svg(double width, double height, std::string_view title, std::string_view description);

  void line(Point from, Point to, const char* style);
  void path(std::span<const Point> points, const char* style);
  /// One of eight shapes and colours.
  void dot(Point at, std::size_t shape, double radius = 4, std::string_view says = {});
  void box(Point corner, double width, double height, const char* style);
  void arrow(Point from, Point to);
  void text(Point at, std::string_view text, Anchor anchor = Anchor::start, const char* style = "");

  /// In a figure with its title above.
  Html finish() const;

 private:
  double width_, height_;
  std::string title_, description_;
  std::string body_;
};

/// The width of a chart; two lie side by side on a wide page.
inline constexpr double chart_width = 460;
/// That of a drawing, which scrolls on a narrow page.
inline constexpr double drawing_width = 900;

}  // namespace bailiwick
