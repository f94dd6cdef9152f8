// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <vector>

namespace bailiwick {

/// A box of a drawing from left to right.
struct LayoutNode {
  double width = 0, height = 0;
  double x = 0, y = 0;    ///< of the upper left corner, by lay_out()
  std::size_t layer = 0;  ///< by lay_out()
};

struct LayoutPoint {
  double x = 0, y = 0;
};

/// A line from the right side of one box to the left side of another. `points`: its beginning, in
/// pairs where it goes into and leaves each layer that it passes, its end.
struct LayoutEdge {
  std::size_t from = 0, to = 0;
  std::vector<LayoutPoint> points = {};  ///< by lay_out()
};

struct Layout {
  std::vector<LayoutNode> nodes;
  std::vector<LayoutEdge> edges;
  double width = 0, height = 0;  ///< by lay_out()
};

/// Layers by the longest way to a box, in an order with few crossings; no two boxes overlap, and no
/// line runs through a box. Of edges that close a circle one
/// has no points.
void lay_out(Layout& layout);

}  // namespace bailiwick
