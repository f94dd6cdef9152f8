// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <numeric>
#include <vector>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter >= best_distance) continue;  // and the time stays small for long words
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const auto best = nearest(word, candidates);
  return best ? fmt::format(" (did you mean \"{}\"?)", *best) : std::string();
}

std::string join(std::span<const std::string> words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words.begin(), words.end(), separator));
}

std::string aligned(std::span<const std::vector<std::string>> lines) {
  std::vector<std::size_t> width;
  for (const auto& line : lines) {
    width.resize(std::max(width.size(), line.size()), 0);
    for (std::size_t j = 0; j < line.size(); ++j)
      width[j] = std::max(width[j], line[j].size());
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t j = 0; j < line.size(); ++j)
      text += j == 0 ? fmt::format("{:<{}}", line[j], width[j])
                     : fmt::format("  {:>{}}", line[j], width[j]);
    text += '\n';
  }
  return text;
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::string with_thousands(long long value) {
  std::string digits = std::to_string(value < 0 ? -value : value);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), ",");
  return value < 0 ? "-" + digits : digits;
}

std::string round_trip(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

std::string csv_field(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("-_./=,:+@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

double parse_duration(std::string_view text, const std::string& what) {
  if (text == "0") return 0;
  const auto part = [&](std::string_view digits, std::size_t most_digits, std::uint64_t bound) {
    const bool number = !digits.empty() && digits.size() <= most_digits &&
                        digits.find_first_not_of("0123456789") == std::string_view::npos;
    const std::uint64_t value = number ? parse_count(digits, what) : bound;
    if (value >= bound)
      throw Error(ExitCode::usage,
                  "{}: \"{}\" is not a time as HH:MM:SS or D-HH:MM:SS, e.g. 00:05:00 for 5 minutes",
                  what, text);
    return value;
  };
  constexpr std::size_t digits = 6;
  constexpr std::uint64_t unbounded = 1'000'000;
  std::string_view rest = text;
  std::uint64_t days = 0;
  const std::size_t dash = rest.find('-');
  if (dash != std::string_view::npos) {
    days = part(rest.substr(0, dash), digits, unbounded);
    rest.remove_prefix(dash + 1);
  }
  const std::size_t first = rest.find(':'), last = rest.rfind(':');
  const bool two = first != last;
  const std::uint64_t hours = dash == std::string_view::npos
                                  ? part(rest.substr(0, first), digits, unbounded)
                                  : part(rest.substr(0, first), 2, 24);
  const std::uint64_t minutes = part(two ? rest.substr(first + 1, last - first - 1) : "", 2, 60);
  const std::uint64_t seconds = part(two ? rest.substr(last + 1) : "", 2, 60);
  return static_cast<double>(((days * 24 + hours) * 60 + minutes) * 60 + seconds);
}

std::uint64_t parse_count(std::string_view text, const std::string& what) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(ExitCode::usage, "{}: \"{}\" is not a whole number of zero or more", what, text);
  return value;
}

std::string p_value_text(double p, int digits) {
  if (!std::isfinite(p)) return "-";
  return p < 2e-16 ? "< 2e-16" : fmt::format("{:.{}g}", p, digits);
}

}  // namespace bailiwick
