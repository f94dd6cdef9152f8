// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/markup/svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/names.hpp"

namespace bailiwick {

namespace {

/// 10 to a whole power.
double power_of_ten(int exponent) {
  double power = 1;
  for (int i = std::abs(exponent); i > 0; --i)
    power *= 10;
  return exponent < 0 ? 1 / power : power;
}

/// The largest whole e with 10^e <= value.
int order_of(double value) {
  int order = 0;
  while (order < 300 && power_of_ten(order + 1) <= value)
    ++order;
  while (order > -300 && power_of_ten(order) > value)
    --order;
  return order;
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int most) {
  if (!std::isfinite(low) || !std::isfinite(high) || high < low || most < 1) return {};
  if (high == low) return {low};
  int exponent = order_of((high - low) / most);
  for (;; ++exponent)
    for (const int step : {1, 2, 5}) {
      // Ticks are whole numbers of steps, divided where the step is below 1: 0.3 and not 0.30...04.
      const double power = power_of_ten(std::abs(exponent));
      const auto tick = [&](double k) {
        return exponent < 0 ? k * step / power : k * step * power;
      };
      const double width = tick(1);
      const double first = std::ceil(low / width - 1e-9), last = std::floor(high / width + 1e-9);
      if (last - first + 1 > most) continue;
      std::vector<double> ticks;
      for (double k = first; k <= last; ++k)
        ticks.push_back(tick(k) + 0.0);
      return ticks;
    }
}

std::vector<double> ratio_ticks(double low, double high, int most) {
  if (!(low > 0) || !(high >= low) || !std::isfinite(high)) return {};
  std::vector<double> all;
  // From the densest on, those that are few enough.
  for (const std::vector<double>& steps :
       {std::vector{1.0, 1.5, 2.0, 3.0, 5.0, 7.0}, std::vector{1.0, 2.0, 5.0}, std::vector{1.0}}) {
    std::vector<double> ticks;
    for (int order = order_of(low); order <= order_of(high); ++order)
      for (const double step : steps) {
        const double tick = order < 0 ? step / power_of_ten(-order) : step * power_of_ten(order);
        if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push_back(tick);
      }
    if (ticks.size() < 3 && all.empty()) return nice_ticks(low, high, most);
    if (ticks.size() <= static_cast<std::size_t>(most)) return ticks;
    all = ticks;
  }
  std::vector<double> thinned;
  const std::size_t every = all.size() / static_cast<std::size_t>(most) + 1;
  for (std::size_t i = 0; i < all.size(); i += every)
    thinned.push_back(all[i]);
  return thinned;
}

Axis::Axis(double low, double high, double from, double to, bool ratio, bool exact)
    : low_(low), high_(high), from_(from), to_(to), ratio_(ratio) {
  if (exact && low < high) return;
  const double span = ratio ? exact::log(high / low) : high - low;
  const double more = span > 0 ? span * 0.05 : ratio ? 0.1 : std::max(std::abs(high) * 0.05, 1e-12);
  low_ = ratio ? low * exact::exp(-more) : low - more;
  high_ = ratio ? high * exact::exp(more) : high + more;
}

double Axis::place(double value) const {
  return ratio_ ? exact::log(value / low_) / exact::log(high_ / low_)
                : (value - low_) / (high_ - low_);
}

double Axis::at(double value) const {
  return from_ + std::clamp(place(value), 0.0, 1.0) * (to_ - from_);
}

std::vector<double> Axis::ticks(int most) const {
  return ratio_ ? ratio_ticks(low_, high_, most) : nice_ticks(low_, high_, most);
}

Svg::Svg(double width, double height, std::string_view title, std::string_view description)
    : width_(width), height_(height), title_(title), description_(description) {}

void Svg::line(Point from, Point to, const char* style) {
  body_ +=
      fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n",
                  from.first, from.second, to.first, to.second, style);
}

void Svg::path(std::span<const Point> points, const char* style) {
  std::string list;
  for (const auto& [x, y] : points)
    list += fmt::format("{}{:.1f},{:.1f}", list.empty() ? "" : " ", x, y);
  body_ += fmt::format("<polyline points=\"{}\" class=\"{}\"/>\n", list, style);
}

void Svg::dot(Point at, std::size_t shape, double radius, std::string_view says) {
  // Corners about the middle: a circle is not told by its colour alone from these.
  constexpr double r3 = 0.8660254037844386;
  static const std::array<std::vector<Point>, 8> corners = {
      {{},
       {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}},
       {{0, -1.2}, {1.2 * r3, 0.7}, {-1.2 * r3, 0.7}},
       {{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}},
       {{0, 1.2}, {1.2 * r3, -0.7}, {-1.2 * r3, -0.7}},
       {{-1.3, -0.4}, {1.3, -0.4}, {1.3, 0.4}, {-1.3, 0.4}},
       {{-0.4, -1.3}, {0.4, -1.3}, {0.4, 1.3}, {-0.4, 1.3}},
       {{-1, -0.6}, {0, -1.2}, {1, -0.6}, {1, 0.6}, {0, 1.2}, {-1, 0.6}}}};
  const std::string title =
      says.empty() ? "" : fmt::format("<title>{}</title>", escape_markup(says));
  const std::size_t which = shape % corners.size();
  if (which == 0) {
    body_ +=
        fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.1f}\" class=\"f0\">{}</circle>\n",
                    at.first, at.second, radius, title);
    return;
  }
  std::string list;
  for (const auto& [x, y] : corners[which])
    list += fmt::format("{:.1f},{:.1f} ", at.first + radius * x, at.second + radius * y);
  body_ += fmt::format("<polygon points=\"{}\" class=\"f{}\">{}</polygon>\n", list, which, title);
}

void Svg::box(Point corner, double width, double height, const char* style) {
  body_ += fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"{}\"/>\n",
      corner.first, corner.second, width, height, style);
}

void Svg::arrow(Point from, Point to) {
  line(from, to, "flow");
  const double dx = to.first - from.first, dy = to.second - from.second;
  const double length = std::sqrt(dx * dx + dy * dy);
  if (!(length > 0)) return;
  const double ux = dx / length, uy = dy / length;
  const double x = to.first - 8 * ux, y = to.second - 8 * uy;
  body_ += fmt::format(
      "<polygon points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}\" class=\"head\"/>\n", to.first,
      to.second, x - 4 * uy, y + 4 * ux, x + 4 * uy, y - 4 * ux);
}

void Svg::text(Point at, std::string_view text, Anchor anchor, const char* style) {
  constexpr std::array names = {"start", "middle", "end"};
  body_ += fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n", at.first,
      at.second, names[static_cast<std::size_t>(anchor)], style, escape_markup(text));
}

Html Svg::finish() const {
  const bool chart = width_ <= chart_width;
  return MadeHtml::from(fmt::format(
      "<figure class=\"{}\"><figcaption>{}</figcaption>\n<div class=\"scroll\"{}>"
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\"><title>{}</title><desc>{}</desc>\n{}</svg>"
      "</div></figure>\n",
      chart ? "chart" : "drawing", escape_markup(title_),
      chart
          ? ""
          : fmt::format(" role=\"region\" tabindex=\"0\" aria-label=\"{}\"", escape_markup(title_)),
      width_, height_, escape_markup(title_), escape_markup(description_), body_));
}

}  // namespace bailiwick
