// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "lib/core/names.hpp"
#include "lib/trace/picture.hpp"

namespace bailiwick {

namespace {

constexpr double margin = 24, padding = 10, line_height = 17, head_height = 62, foot_height = 64;
/// Of a monospaced font of 12 pixels; a little more than fonts have, so that text stays in its box.
constexpr double letter = 7.4;
constexpr std::size_t most_letters = 40, most_head_letters = 110;

constexpr const char* style = R"(
  svg { --paper: #ffffff; --ink: #1b1f24; --faint: #57606a; --line: #8c959f;
        --data: #e3f1ec; --session: #eceff3; --result: #fdf1d6; --broken: #b3261e; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #14181d; --ink: #e6edf3; --faint: #9aa5b1; --line: #6b7683;
          --data: #16332a; --session: #262d36; --result: #3a2f12; --broken: #ff8a80; } }
  .paper { fill: var(--paper); }
  text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink); white-space: pre; }
  .faint { fill: var(--faint); } .first { font-weight: bold; }
  .box rect { stroke: var(--line); stroke-width: 1.2; }
  .data rect { fill: var(--data); } .session rect { fill: var(--session); } .result rect { fill: var(--result); }
  .unchecked rect { stroke-dasharray: 5 3; }
  .asked rect { stroke: var(--ink); stroke-width: 2.6; }
  .broken rect { stroke: var(--broken); stroke-width: 2.6; } .broken text { fill: var(--broken); }
  .edge { fill: none; stroke: var(--line); stroke-width: 1.2; }
  .point { fill: var(--line); }
)";

/// Letters as wide as one of a terminal; some of other scripts count as two.
struct Cut {
  std::string text;
  std::size_t letters = 0;
};
Cut cut(const std::string& all, std::size_t most) {
  const std::string text = printable(all);
  Cut result;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::size_t wide = bytes > 2 ? 2 : 1;
    if (result.letters + wide >= most && i + bytes < text.size())
      return {result.text + "…", result.letters + 1};
    result.text += text.substr(i, bytes);
    result.letters += wide;
    i += bytes;
  }
  return result;
}

std::string text_at(double x, double y, const char* looks, const std::string& text) {
  return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", looks, x, y,
                     escape_markup(text));
}

std::string box_svg(const PictureBox& box, const LayoutNode& node) {
  std::string svg = fmt::format(
      "<g class=\"box {}\"><title>{}</title>\n"
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"5\"/>\n",
      box.looks, escape_markup(box.title), node.x, node.y, node.width, node.height);
  for (std::size_t i = 0; i < box.lines.size(); ++i)
    svg +=
        text_at(node.x + padding, node.y + padding + line_height * (static_cast<double>(i) + 1) - 5,
                i == 0 ? "first" : "", cut(box.lines[i], most_letters).text);
  return svg + "</g>\n";
}

std::string edge_svg(const LayoutEdge& edge) {
  if (edge.points.empty()) return "";
  const LayoutPoint &first = edge.points.front(), &last = edge.points.back();
  std::string path = fmt::format("M{:.1f} {:.1f}", first.x, first.y);
  for (std::size_t i = 1; i < edge.points.size(); ++i) {
    const LayoutPoint &a = edge.points[i - 1], &b = edge.points[i];
    const double half = (a.x + b.x) / 2;
    path += a.y == b.y ? fmt::format(" L{:.1f} {:.1f}", b.x, b.y)
                       : fmt::format(" C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", half, a.y, half,
                                     b.y, b.x, b.y);
  }
  return fmt::format(
      "<path class=\"edge\" d=\"{}\"/><path class=\"point\" d=\"M{:.1f} {:.1f} l-7 -3.5 v7 z\"/>\n",
      path, last.x, last.y);
}

}  // namespace

std::string trace_svg(const Trace& trace) {
  const Picture picture = picture_of(trace);
  Layout layout;
  for (const PictureBox& box : picture.boxes) {
    std::size_t letters = 8;
    for (const std::string& line : box.lines)
      letters = std::max(letters, cut(line, most_letters).letters);
    layout.nodes.push_back({static_cast<double>(letters) * letter + 2 * padding,
                            static_cast<double>(box.lines.size()) * line_height + 2 * padding});
  }
  layout.edges = picture.edges;
  lay_out(layout);

  const Cut head = cut(fmt::format("{}: {}", trace.path, trace.what), most_head_letters);
  std::string counts = fmt::format("{} statements are signed by a known key, {} by an unknown one",
                                   trace.known, trace.unknown);
  if (trace.unknown > 0) counts += " (dashed: nobody checked them)";
  const std::string verdict =
      trace.holds() ? "From left to right: what went in, what was done, what came out."
                    : "Red: a chain that does not hold, or a file that was changed since.";
  const std::string digest =
      trace.items.size() == 1 ? trace.graph.items()[trace.items.front()].digest.hex() : "";
  double width = layout.width;
  for (const std::size_t letters : {head.letters, counts.size(), verdict.size(), digest.size()})
    width = std::max(width, static_cast<double>(letters) * letter);
  const double full_width = width + 2 * margin;
  const double full_height = layout.height + head_height + foot_height + margin;

  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0f} {:.0f}\" width=\"{:.0f}\" "
      "height=\"{:.0f}\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">Trace "
      "of "
      "{}</title>\n<desc id=\"desc\">{} boxes, {} lines. {}. {}</desc>\n<style>{}</style>\n"
      "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n",
      full_width, full_height, full_width, full_height, escape_markup(head.text),
      picture.boxes.size(), picture.edges.size(), escape_markup(counts), escape_markup(verdict),
      style);
  svg += text_at(margin, margin + 6, "first", head.text);
  if (!digest.empty()) svg += text_at(margin, margin + 24, "faint", digest);
  svg += fmt::format("<g transform=\"translate({:.0f} {:.0f})\">\n", margin, head_height);
  for (const LayoutEdge& edge : layout.edges)
    svg += edge_svg(edge);
  for (std::size_t i = 0; i < picture.boxes.size(); ++i)
    svg += box_svg(picture.boxes[i], layout.nodes[i]);
  svg += "</g>\n";
  const double foot = head_height + layout.height + 34;
  svg += text_at(margin, foot, "faint", verdict);
  svg += text_at(margin, foot + 20, trace.holds() ? "" : "first", counts);
  return svg + "</svg>\n";
}

}  // namespace bailiwick
