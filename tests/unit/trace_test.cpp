// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "lib/core/names.hpp"
#include "lib/trace/layout.hpp"
#include "lib/trace/picture.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

/// Boxes of different sizes, joined as `edges` say.
Layout laid_out(std::size_t boxes, std::vector<LayoutEdge> edges) {
  Layout layout;
  for (std::size_t i = 0; i < boxes; ++i)
    layout.nodes.push_back(
        {80 + 10 * static_cast<double>(i % 5), 30 + 15 * static_cast<double>(i % 3)});
  layout.edges = std::move(edges);
  lay_out(layout);
  return layout;
}

bool overlap(const LayoutNode& a, const LayoutNode& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

void check_no_overlap(const Layout& layout) {
  for (std::size_t i = 0; i < layout.nodes.size(); ++i) {
    const LayoutNode& node = layout.nodes[i];
    CHECK((node.x >= 0 && node.y >= 0));
    CHECK((node.x + node.width <= layout.width && node.y + node.height <= layout.height));
    for (std::size_t j = 0; j < i; ++j)
      CHECK_FALSE(overlap(node, layout.nodes[j]));
  }
}

}  // namespace

TEST_CASE("a drawing goes from left to right and no box covers another") {
  std::vector<LayoutEdge> edges;
  for (std::size_t i = 0; i < 12; ++i)
    edges.insert(edges.end(), {{i, 12}, {i, 14}});  // each into a near and a far box
  edges.insert(edges.end(), {{12, 13}, {13, 14}, {14, 15}, {14, 16}});
  const Layout layout = laid_out(17, edges);
  check_no_overlap(layout);
  for (const LayoutEdge& edge : layout.edges) {
    const LayoutNode &from = layout.nodes[edge.from], &to = layout.nodes[edge.to];
    CHECK(from.x + from.width < to.x);
    REQUIRE(edge.points.size() >= 2);
    CHECK(edge.points.front().x == from.x + from.width);
    CHECK(edge.points.back().x == to.x);
    CHECK(std::ranges::is_sorted(edge.points, {}, &LayoutPoint::x));
  }
}

TEST_CASE("a long line passes between the boxes of the layers on its way") {
  // 0 -> 1 -> 2 and 0 -> 2; 3 and 4 stand in the layer that the long line passes.
  const Layout layout = laid_out(5, {{0, 1}, {1, 2}, {0, 2}, {0, 3}, {0, 4}});
  check_no_overlap(layout);
  const LayoutEdge& passing = layout.edges[2];
  const auto lane = std::ranges::find_if(
      passing.points, [&](const LayoutPoint& point) { return point.x == layout.nodes[1].x; });
  REQUIRE(lane != passing.points.end());
  for (const std::size_t i : {1, 3, 4}) {
    const LayoutNode& node = layout.nodes[i];
    CHECK((lane->y < node.y || lane->y > node.y + node.height));
  }
}

TEST_CASE("what needs itself is drawn too") {
  const Layout circle = laid_out(3, {{0, 1}, {1, 2}, {2, 1}, {1, 1}});
  check_no_overlap(circle);
  CHECK(circle.nodes[2].layer == 2);
  CHECK(circle.edges[1].points.size() >= 2);
  CHECK(circle.edges[2].points.empty());
  check_no_overlap(laid_out(1, {}));
  CHECK(laid_out(0, {}).width == 0);
}

TEST_CASE("texts of others are no markup") {
  CHECK(escape_markup("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  CHECK(escape_markup("a\x1b[2Jb\nc") == "a\\u{1b}[2Jb\\nc");
}
