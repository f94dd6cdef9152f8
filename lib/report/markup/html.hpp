// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/core/names.hpp"

namespace bailiwick {

/// Markup. Only literals of this program become markup as they stand, so that no text of a file
/// can: whatever else goes in is escaped on its way.
class Html {
 public:
  Html() = default;
  template <std::size_t n>
  Html(const char (&literal)[n]) : markup_(literal) {}

  const std::string& markup() const { return markup_; }
  bool empty() const { return markup_.empty(); }
  Html& operator+=(const Html& more) {
    markup_ += more.markup_;
    return *this;
  }

 private:
  friend struct MadeHtml;
  std::string markup_;
};

/// For html() and the drawings, which escape before.
struct MadeHtml {
  static Html from(std::string markup) {
    Html made;
    made.markup_ = std::move(markup);
    return made;
  }
  static std::string argument(const Html& markup) { return markup.markup(); }
  static std::string argument(const char* text) { return escape_markup(text); }
  static std::string argument(std::string_view text) { return escape_markup(text); }
  template <class Number>
  requires std::integral<Number> || std::floating_point<Number>
  static Number argument(Number number) { return number; }
};

/// html("<p>{} of {}</p>", name, rows): texts are escaped, markup stays. The form is a literal: the
/// compiler takes no other.
template <class... Args>
Html html(fmt::format_string<decltype(MadeHtml::argument(std::declval<const Args&>()))...> form,
          const Args&... args) {
  return MadeHtml::from(fmt::format(form, MadeHtml::argument(args)...));
}
inline Html html_text(std::string_view text) {
  return html("{}", text);
}

/// A number as the program's own tables have it; "-" if there is none.
std::string number_text(double value, int digits = 6);
/// With so many digits, the last zeros too, where that needs no exponent.
std::string even_text(double value, int digits = 3);
/// The first letter of a sentence.
std::string capital(std::string text);
/// 1402639 -> "1,402,639".
std::string count_text(double value);
/// 0.1234 -> "12.3 %".
std::string percent_text(double share);
/// "1,402,639 bytes (1.40 MB)".
std::string bytes_text(double bytes);
/// At most so many characters, the last of them "…" if some were left out.
std::string shorten(std::string_view text, std::size_t most);
/// The first digits of a digest, with all of them where the pointer rests.
Html digest_html(std::string_view hex);

enum class Mark { good, bad, unknown };
/// A sign and a colour before words: not by colour alone.
Html mark_html(Mark mark, std::string_view words);

struct HtmlColumn {
  std::string name;
  bool number = false;  ///< to the right, digits below each other
};

/// A table in a box of its own, within which a wide one scrolls.
class HtmlTable {
 public:
  HtmlTable(std::string_view caption, std::vector<HtmlColumn> columns);
  /// The first cell is the head of its line. `all`: the line of all others together.
  void add(const std::vector<Html>& cells, bool all = false);
  bool empty() const { return rows_ == 0; }
  Html finish() const;

 private:
  std::vector<HtmlColumn> columns_;
  Html caption_, body_;
  std::size_t rows_ = 0;
};

/// What opens at a click or the space bar.
Html details_html(const Html& summary, const Html& body);

}  // namespace bailiwick
