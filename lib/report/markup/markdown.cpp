// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/markup/markdown.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

/// Of what escape_markup() makes.
std::string unescaped(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> entities = {
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}}};
  std::string plain;
  while (!text.empty()) {
    const auto entity = std::ranges::find_if(
        entities, [&](const auto& known) { return text.starts_with(known.first); });
    plain += entity == entities.end() ? text.front() : entity->second;
    text.remove_prefix(entity == entities.end() ? 1 : entity->first.size());
  }
  return plain;
}

/// A text of others must mean nothing but itself.
std::string plain_text(std::string_view text) {
  std::string escaped;
  for (const char c : unescaped(text)) {
    if (std::string_view("\\`*_[]<>#|~").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

std::string trimmed(std::string text) {
  const auto first = text.find_first_not_of(" \n"), last = text.find_last_not_of(" \n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// Walks over the elements of one page.
class Writer {
 public:
  explicit Writer(std::string_view page) : page_(page) {}

  std::string write() {
    while (!page_.empty())
      if (page_.front() == '<')
        take_element();
      else
        take_text();
    end_paragraph();
    return std::move(text_);
  }

 private:
  void take_text() {
    const std::string_view text = page_.substr(0, page_.find('<'));
    page_.remove_prefix(text.size());
    if (hidden_ == 0) line_ += in_code_ ? unescaped(text) : plain_text(text);
  }

  void take_element() {
    const std::string_view element = page_.substr(1, page_.find('>') - 1);
    page_.remove_prefix(std::min(page_.size(), element.size() + 2));
    const bool ends = element.starts_with('/');
    std::string_view name = element.substr(ends ? 1 : 0);
    name = name.substr(0, name.find_first_of(" \n/"));
    if (name == "style" || name == "nav" || name == "head") hidden_ += ends ? -1 : 1;
    if (hidden_ > 0) return;
    if (name == "svg") return take_drawing(ends);
    if (in_drawing_) return take_of_drawing(name, ends);
    if (name.size() == 2 && name.front() == 'h' && name[1] >= '1' && name[1] <= '4')
      return take_heading(name[1] - '0', ends);
    if (name == "table" && ends) return end_table();
    if (name == "caption") return ends ? end_block("**", "**\n") : end_paragraph();
    if (name == "tr") return ends ? rows_.push_back(std::move(cells_)) : cells_.clear();
    if (name == "th" || name == "td") {
      if (ends) cells_.push_back(trimmed(std::exchange(line_, {})));
      return;
    }
    if (name == "b" || name == "strong") line_ += "**";
    if (name == "code") {
      line_ += '`';
      in_code_ = !ends;
    }
    if (name == "li" && ends) end_block("* ", "");
    if ((name == "ul" || name == "ol") && ends) text_ += '\n';
    if (name == "dt" && ends) end_block("**", "**");
    if (name == "summary" && ends) end_block("", "\n");
    if (name == "p" || name == "dd" || name == "ul" || name == "ol" || name == "section" ||
        name == "div" || name == "figcaption")
      end_paragraph();
  }

  void take_heading(int level, bool ends) {
    if (ends)
      end_block(std::string(static_cast<std::size_t>(level), '#') + " ", "\n");
    else
      end_paragraph();
  }

  /// Of a drawing count its title and its description.
  void take_drawing(bool ends) {
    if (!ends) {
      end_paragraph();
      in_drawing_ = true;
      return;
    }
    in_drawing_ = false;
    line_.clear();
  }
  void take_of_drawing(std::string_view name, bool ends) {
    if (name != "title" && name != "desc") return line_.clear();
    if (ends)
      end_block("> ", "\n");
    else
      line_.clear();
  }

  void end_block(const std::string& before, const std::string& after) {
    const std::string block = trimmed(std::exchange(line_, {}));
    if (!block.empty()) text_ += before + block + after + "\n";
  }
  void end_paragraph() { end_block("", "\n"); }

  void end_table() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      text_ += "| " + join(rows_[i], " | ") + " |\n";
      if (i == 0)
        text_ += "| " + join(std::vector<std::string>(rows_[i].size(), "---"), " | ") + " |\n";
    }
    text_ += '\n';
    rows_.clear();
  }

  std::string_view page_;
  std::string text_, line_;
  std::vector<std::string> cells_;
  std::vector<std::vector<std::string>> rows_;
  int hidden_ = 0;  ///< elements around, of which nothing is told
  bool in_code_ = false, in_drawing_ = false;
};

}  // namespace

std::string to_markdown(std::string_view page) {
  return Writer(page).write();
}

}  // namespace bailiwick
