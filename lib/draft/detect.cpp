// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/draft/detect.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "io/bytes/file_bytes.hpp"
#include "lib/core/error.hpp"
#include "lib/core/names.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t sample_rows = 500;

/// The last character of UTF-8 in `text` may go on in what comes next: how many bytes of it stand
/// here.
std::size_t unfinished(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto c = static_cast<unsigned char>(text[text.size() - back]);
    if (c < 0x80) return 0;
    if (c >= 0xC0) return (c >= 0xF0 ? 4U : c >= 0xE0 ? 3U : 2U) > back ? back : 0;
  }
  return 0;
}

std::string detect_encoding(const std::string& path) {
  io::FileBytes file(path);
  std::string bytes(std::size_t{1} << 20, '\0');
  bool utf8 = true, controls = false, first = true;
  try {
    for (std::size_t kept = 0;;) {
      const std::size_t got = file.read(std::span(bytes).subspan(kept));
      const std::string_view text(bytes.data(), kept + got);
      if (first && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))) return "UTF-16";
      first = false;
      const std::size_t rest = got == 0 ? 0 : unfinished(text);
      utf8 = utf8 && is_utf8(text.substr(0, text.size() - rest));
      // Where ISO-8859-1 has what no text has, Windows-1252 has dashes, quotes and the euro.
      controls = controls || std::any_of(text.begin(), text.end(), [](char c) {
                   return (static_cast<unsigned char>(c) & 0xE0U) == 0x80;
                 });
      if (got == 0) break;
      std::copy(text.end() - static_cast<std::ptrdiff_t>(rest), text.end(), bytes.begin());
      kept = rest;
    }
  } catch (const io::Unreadable& reason) {
    throw Error(ExitCode::data, "{}: cannot read: {}", path, reason.what());
  }
  return utf8 ? "UTF-8" : controls ? "Windows-1252" : "ISO-8859-1";
}

struct Row {
  std::vector<std::string> fields;
  std::uint64_t line;
};

std::vector<Row> first_rows(const std::string& path, const io::CsvFormat& format) {
  std::vector<Row> rows;
  try {
    io::CsvReader reader(path, format);
    while (rows.size() < sample_rows && reader.next())
      rows.push_back({{reader.fields().begin(), reader.fields().end()}, reader.line()});
  } catch (const Error& error) {
    // Told apart by another character, it may be read.
    if (std::string_view(error.what()).find("set csv.delimiter") == std::string_view::npos &&
        std::string_view(error.what()).find("quote") == std::string_view::npos)
      throw;
  }
  return rows;
}

/// How many fields most of the rows have.
std::size_t usual_width(const std::vector<Row>& rows) {
  std::map<std::size_t, std::size_t> count;
  for (const Row& row : rows)
    ++count[row.fields.size()];
  std::size_t width = 0;
  for (const auto& [fields, times] : count)
    if (width == 0 || times >= count[width]) width = fields;
  return width;
}

/// Whether a field may be a column's name: of a row of values one or the other is a number.
bool may_be_name(const std::string& field) {
  const std::string_view text = io::trim(field);
  return text.empty() || (std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
                          std::string_view("+-.").find(text[0]) == std::string_view::npos);
}

}  // namespace

DetectedCsv detect_csv(const std::string& path) {
  DetectedCsv found;
  found.format.encoding = detect_encoding(path);
  std::vector<Row> rows;
  double best = 0;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    io::CsvFormat format = found.format;
    format.delimiter = delimiter;
    const std::vector<Row> read = first_rows(path, format);
    const std::size_t width = usual_width(read);
    const auto alike = std::count_if(read.begin(), read.end(),
                                     [&](const Row& row) { return row.fields.size() == width; });
    // Rows of one length, and long ones: decimal commas make rows too, of many lengths.
    const double score = width < 2
                             ? 0
                             : static_cast<double>(alike) / static_cast<double>(read.size()) +
                                   1e-4 * static_cast<double>(std::min<std::size_t>(width, 99));
    if (score <= best && !(rows.empty() && !read.empty())) continue;
    best = score;
    found.format.delimiter = delimiter;
    rows = read;
  }
  if (rows.empty()) throw Error(ExitCode::data, "{}: no rows", path);
  const std::size_t width = usual_width(rows);
  const auto begin = std::find_if(rows.begin(), rows.end(),
                                  [&](const Row& row) { return row.fields.size() == width; });
  if (begin != rows.begin()) found.format.skip_lines = begin->line - 1;
  found.header = std::all_of(begin->fields.begin(), begin->fields.end(), may_be_name);
  return found;
}

}  // namespace bailiwick
