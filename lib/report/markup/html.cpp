// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/markup/html.hpp"

#include <cmath>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

std::string number_text(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}g}", value, digits) : "-";
}

std::string even_text(double value, int digits) {
  double size = std::abs(value);
  const bool exponent = size < 1e-3;
  for (int i = 1; i < digits; ++i)
    size /= 10;
  return !exponent && size < 1 ? fmt::format("{:#.{}g}", value, digits)
                               : number_text(value, digits);
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

std::string count_text(double value) {
  return std::isfinite(value) && std::abs(value) < 1e18
             ? with_thousands(static_cast<long long>(value))
             : "-";
}

std::string percent_text(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "-";
}

std::string bytes_text(double bytes) {
  if (!std::isfinite(bytes)) return "-";
  std::string text = count_text(bytes) + (bytes == 1 ? " byte" : " bytes");
  const char* unit = nullptr;
  for (const char* next : {"kB", "MB", "GB", "TB", "PB"}) {
    if (bytes < 1e3) break;
    bytes /= 1e3;
    unit = next;
  }
  if (unit != nullptr) text += fmt::format(" ({} {})", even_text(bytes), unit);
  return text;
}

std::string shorten(std::string_view text, std::size_t most) {
  std::size_t characters = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && characters + 1 == most) kept = i;
    if (begins && ++characters > most) return std::string(text.substr(0, kept)) + "…";
  }
  return std::string(text);
}

Html digest_html(std::string_view hex) {
  return html("<code class=\"digest\" title=\"{}\">{}</code>", hex, shorten(hex, 13));
}

Html mark_html(Mark mark, std::string_view words) {
  switch (mark) {
    case Mark::good:
      return html("<span class=\"mark good\">✓ {}</span>", words);
    case Mark::bad:
      return html("<span class=\"mark bad\">✗ {}</span>", words);
    case Mark::unknown:
      break;
  }
  return html("<span class=\"mark unknown\">? {}</span>", words);
}

HtmlTable::HtmlTable(std::string_view caption, std::vector<HtmlColumn> columns)
    : columns_(std::move(columns)), caption_(html_text(caption)) {}

void HtmlTable::add(const std::vector<Html>& cells, bool all) {
  ensure(cells.size() == columns_.size(), "a line of a table has a cell for each column");
  body_ += all ? Html("<tr class=\"all\">") : Html("<tr>");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Html kind = columns_[i].number ? Html(" class=\"number\"") : Html();
    body_ += i == 0 ? html("<th scope=\"row\"{}>{}</th>", kind, cells[i])
                    : html("<td{}>{}</td>", kind, cells[i]);
  }
  body_ += "</tr>\n";
  ++rows_;
}

Html HtmlTable::finish() const {
  Html head;
  for (const HtmlColumn& column : columns_)
    head += html("<th scope=\"col\"{}>{}</th>", column.number ? Html(" class=\"number\"") : Html(),
                 column.name);
  return html(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table>\n"
      "<caption>{}</caption>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
      caption_, caption_, head, body_);
}

Html details_html(const Html& summary, const Html& body) {
  return html("<details><summary>{}</summary>\n{}</details>\n", summary, body);
}

}  // namespace bailiwick
