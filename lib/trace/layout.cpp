// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/trace/layout.hpp"

#include <algorithm>
#include <numeric>

namespace bailiwick {

namespace {

constexpr double gap_across = 72, gap_down = 16, lane = 6;
constexpr int sweeps = 8;

/// A box, or the place where a long edge passes a layer.
struct Place {
  double width, height;
  double y = 0;
  std::vector<std::size_t> before = {}, after = {};

  double middle() const { return y + height / 2; }
};

/// Lays out one drawing.
class Layers {
 public:
  explicit Layers(Layout& layout) : layout_(layout) {}

  void run() {
    find_circles();
    find_layers();
    make_places();
    for (int i = 0; i < sweeps; ++i)
      order(i % 2 == 0);
    set_heights();
    write();
  }

 private:
  /// Edges that lead back to a box on the way to them. Loops, not recursion: chains are long.
  void find_circles() {
    enum class State { unseen, open, done };
    std::vector<State> states(layout_.nodes.size(), State::unseen);
    std::vector<std::vector<std::size_t>> from(layout_.nodes.size());
    for (std::size_t e = 0; e < layout_.edges.size(); ++e)
      from[layout_.edges[e].from].push_back(e);
    closes_.assign(layout_.edges.size(), false);
    std::vector<std::size_t> next(layout_.nodes.size(), 0);
    for (std::size_t start = 0; start < states.size(); ++start) {
      std::vector<std::size_t> way = {start};
      while (!way.empty()) {
        const std::size_t node = way.back();
        if (next[node] == from[node].size()) {
          states[node] = State::done;
          way.pop_back();
          continue;
        }
        states[node] = State::open;
        const std::size_t edge = from[node][next[node]++];
        const std::size_t to = layout_.edges[edge].to;
        if (states[to] == State::open) closes_[edge] = true;
        if (states[to] == State::unseen) way.push_back(to);
      }
    }
  }

  /// The longest way to each box; what nothing leads to stands right before what it leads to.
  void find_layers() {
    std::vector<LayoutNode>& nodes = layout_.nodes;
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t e = 0; e < layout_.edges.size(); ++e) {
        const LayoutEdge& edge = layout_.edges[e];
        if (closes_[e] || nodes[edge.to].layer > nodes[edge.from].layer) continue;
        nodes[edge.to].layer = nodes[edge.from].layer + 1;
        moved = true;
      }
    }
    std::vector<bool> is_end(nodes.size(), false);
    std::vector<std::size_t> nearest(nodes.size(), nodes.size());
    for (std::size_t e = 0; e < layout_.edges.size(); ++e) {
      const LayoutEdge& edge = layout_.edges[e];
      if (closes_[e]) continue;
      is_end[edge.to] = true;
      nearest[edge.from] = std::min(nearest[edge.from], nodes[edge.to].layer);
    }
    for (std::size_t i = 0; i < nodes.size(); ++i)
      if (!is_end[i] && nearest[i] < nodes.size() && nearest[i] > 0)
        nodes[i].layer = nearest[i] - 1;
  }

  void make_places() {
    std::size_t last = 0;
    for (const LayoutNode& node : layout_.nodes) {
      places_.push_back({node.width, node.height});
      last = std::max(last, node.layer);
    }
    layers_.resize(last + 1);
    for (std::size_t i = 0; i < layout_.nodes.size(); ++i)
      layers_[layout_.nodes[i].layer].push_back(i);
    for (std::size_t e = 0; e < layout_.edges.size(); ++e) {
      const LayoutEdge& edge = layout_.edges[e];
      std::vector<std::size_t>& way = ways_.emplace_back();
      const std::size_t begin = layout_.nodes[edge.from].layer, end = layout_.nodes[edge.to].layer;
      if (closes_[e]) continue;
      way.push_back(edge.from);
      for (std::size_t layer = begin + 1; layer < end; ++layer) {
        way.push_back(places_.size());
        layers_[layer].push_back(places_.size());
        places_.push_back({0, lane});
      }
      way.push_back(edge.to);
      for (std::size_t i = 0; i + 1 < way.size(); ++i) {
        places_[way[i]].after.push_back(way[i + 1]);
        places_[way[i + 1]].before.push_back(way[i]);
      }
    }
  }

  /// Each layer by the mean place of what its boxes are joined to in the layer beside it.
  void order(bool forward) {
    std::vector<double> rank(places_.size());
    for (const auto& layer : layers_)
      for (std::size_t i = 0; i < layer.size(); ++i)
        rank[layer[i]] = static_cast<double>(i);
    const auto sort_layer = [&](std::vector<std::size_t>& layer) {
      std::vector<double> mean(places_.size());
      for (const std::size_t i : layer) {
        const auto& others = forward ? places_[i].before : places_[i].after;
        double sum = 0;
        for (const std::size_t other : others)
          sum += rank[other];
        mean[i] = others.empty() ? rank[i] : sum / static_cast<double>(others.size());
      }
      std::ranges::stable_sort(layer, {}, [&](std::size_t i) { return mean[i]; });
      for (std::size_t i = 0; i < layer.size(); ++i)
        rank[layer[i]] = static_cast<double>(i);
    };
    if (forward)
      std::ranges::for_each(layers_, sort_layer);
    else
      std::for_each(layers_.rbegin(), layers_.rend(), sort_layer);
  }

  /// As near to what each is joined to as the order and the gaps allow: least squares of what is
  /// wished, by pooling neighbours that would come too near to each other.
  void place_layer(const std::vector<std::size_t>& layer, const std::vector<double>& wished) {
    struct Pool {
      double sum;
      std::size_t count;
      double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<Pool> pools;
    double offset = 0;
    std::vector<double> offsets;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      offsets.push_back(offset);
      pools.push_back({wished[i] - offset, 1});
      while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
        const Pool last = pools.back();
        pools.pop_back();
        pools.back().sum += last.sum;
        pools.back().count += last.count;
      }
      offset += places_[layer[i]].height + gap_down;
    }
    std::size_t i = 0;
    for (const Pool& pool : pools)
      for (std::size_t j = 0; j < pool.count; ++j, ++i)
        places_[layer[i]].y = pool.mean() + offsets[i];
  }

  void set_heights() {
    for (const auto& layer : layers_)
      place_layer(layer, std::vector<double>(layer.size(), 0));
    for (int sweep = 0; sweep < 2 * sweeps; ++sweep) {
      const auto place = [&](const std::vector<std::size_t>& layer) {
        std::vector<double> wished;
        for (const std::size_t i : layer) {
          double sum = 0;
          std::size_t count = 0;
          for (const auto* others : {&places_[i].before, &places_[i].after})
            for (const std::size_t other : *others) {
              sum += places_[other].middle();
              ++count;
            }
          wished.push_back(count == 0 ? places_[i].y
                                      : sum / static_cast<double>(count) - places_[i].height / 2);
        }
        place_layer(layer, wished);
      };
      if (sweep % 2 == 0)
        std::ranges::for_each(layers_, place);
      else
        std::for_each(layers_.rbegin(), layers_.rend(), place);
    }
    double top = 0;
    for (const Place& place : places_)
      top = std::min(top, place.y);
    for (Place& place : places_) {
      place.y -= top;
      layout_.height = std::max(layout_.height, place.y + place.height);
    }
  }

  /// Where each edge leaves or enters a side of a box: in the order of where it goes to.
  double port(std::size_t place, std::size_t other, bool right) const {
    std::vector<std::size_t> others = right ? places_[place].after : places_[place].before;
    std::ranges::stable_sort(others, {}, [&](std::size_t i) { return places_[i].middle(); });
    const auto at = static_cast<double>(std::ranges::find(others, other) - others.begin());
    return places_[place].y +
           places_[place].height * (at + 1) / (static_cast<double>(others.size()) + 1);
  }

  void write() {
    std::vector<double> left, right;
    double x = 0;
    for (const auto& layer : layers_) {
      double width = 0;
      for (const std::size_t i : layer)
        width = std::max(width, places_[i].width);
      left.push_back(x);
      right.push_back(x + width);
      x += width + gap_across;
    }
    layout_.width = right.empty() ? 0 : right.back();
    for (std::size_t i = 0; i < layout_.nodes.size(); ++i) {
      LayoutNode& node = layout_.nodes[i];
      node.x = left[node.layer];
      node.y = places_[i].y;
    }
    for (std::size_t e = 0; e < layout_.edges.size(); ++e) {
      LayoutEdge& edge = layout_.edges[e];
      const std::vector<std::size_t>& way = ways_[e];
      if (way.empty()) continue;
      const LayoutNode& from = layout_.nodes[edge.from];
      const double begin = port(way[0], way[1], true);
      edge.points.push_back({from.x + from.width, begin});
      // Straight on behind the other boxes of its layer, which may be wider.
      if (from.x + from.width < right[from.layer])
        edge.points.push_back({right[from.layer], begin});
      for (std::size_t i = 1; i + 1 < way.size(); ++i) {
        const double y = places_[way[i]].middle();
        edge.points.push_back({left[from.layer + i], y});
        edge.points.push_back({right[from.layer + i], y});
      }
      edge.points.push_back(
          {layout_.nodes[edge.to].x, port(way.back(), way[way.size() - 2], false)});
    }
  }

  Layout& layout_;
  std::vector<bool> closes_;   ///< edges, of a circle
  std::vector<Place> places_;  ///< the boxes first
  std::vector<std::vector<std::size_t>> layers_;
  std::vector<std::vector<std::size_t>> ways_;  ///< places of each edge
};

}  // namespace

void lay_out(Layout& layout) {
  if (layout.nodes.empty()) return;
  Layers(layout).run();
}

}  // namespace bailiwick
