// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/draft/propose.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "io/arrow/arrow_file.hpp"
#include "io/bytes/file_bytes.hpp"
#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/draft/column_guess.hpp"
#include "lib/draft/detect.hpp"
#include "lib/ingest/inputs.hpp"
#include "lib/ingest/lookup.hpp"

namespace bailiwick {

namespace {

using Words = std::map<std::string, std::uint64_t>;

std::string number(std::uint64_t count) {
  return with_thousands(static_cast<long long>(count));
}

/// Any text, so that YAML takes it for this text.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02X}", byte);
    else
      out += c;
  }
  return out + '"';
}

std::string yaml(const std::string& text) {
  static const std::set<std::string> reserved = {"y",     "n",  "yes", "no",  "true",
                                                 "false", "on", "off", "null"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool plain = !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
                     std::all_of(text.begin(), text.end(), [](unsigned char c) {
                       return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
                     });
  return plain && !reserved.contains(lower) ? text : quoted(text);
}

template <class Texts>
std::string yaml_list(const Texts& texts) {
  std::string list;
  for (const auto& text : texts)
    list += (list.empty() ? "" : ", ") + yaml(text);
  return "[" + list + "]";
}

/// Numbers by their size, words by their letters.
std::vector<std::string> levels_of(const ColumnGuess& column, std::size_t numbers) {
  std::vector<std::string> levels;
  for (const auto& [word, times] : column.words())
    levels.push_back(word);
  if (column.number(numbers) != nullptr && number_formats[numbers].decimal == '.')
    std::stable_sort(levels.begin(), levels.end(), [](const auto& a, const auto& b) {
      return std::strtod(a.c_str(), nullptr) < std::strtod(b.c_str(), nullptr);
    });
  return levels;
}

std::string counts_of(const Words& words, const std::vector<std::string>& order) {
  std::string text;
  for (const std::string& word : order)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ",
                        word.empty() ? "empty" : printable(word), number(words.at(word)));
  return text;
}

std::vector<std::string> keys_of(const Words& words) {
  std::vector<std::string> keys;
  for (const auto& [word, times] : words)
    keys.push_back(word);
  return keys;
}

/// A column's line: what it is, and what was seen.
struct Line {
  std::string keys, remark;
};

Line line_of(const ColumnGuess& column, std::size_t numbers) {
  if (column.values() == 0) return {"role: ignore", "no values"};
  const auto dates = column.dates();
  if (column.is_boolean())
    return {"role: , type: boolean", counts_of(column.words(), keys_of(column.words()))};
  if (!dates.empty()) {
    const auto& date = *dates.front();
    std::string remark = date.first + " .. " + date.last;
    if (dates.size() > 1 && date.date_format.find("%d/%m") == 0)
      remark += "; no day above 12 tells days from months: or \"" + dates[1]->date_format + "\"?";
    return {"role: , type: date" + (date.date_format == "%Y-%m-%d"
                                        ? std::string()
                                        : ", date_format: " + quoted(date.date_format)),
            remark};
  }
  if (const auto* number = column.number(numbers)) {
    std::string remark = number->first + " .. " + number->last;
    const std::vector<std::string> levels = levels_of(column, numbers);
    if (number->whole && !levels.empty() && levels.size() <= 10)
      remark += fmt::format("; {}: if they are codes: type: category, levels: {}",
                            counts_of(column.words(), levels), yaml_list(levels));
    return {number->whole ? "role: , type: integer" : "role: , type: number", remark};
  }
  const std::vector<std::string> levels = levels_of(column, numbers);
  if (levels.empty())
    return {"role: ",
            fmt::format("more than {} different words of at most {} bytes: an id{}, or ignore",
                        ColumnGuess::most_levels, column.longest(),
                        column.longest() > 64 ? " (with id_bytes)" : "")};
  return {"role: , type: category, levels: " + yaml_list(levels),
          counts_of(column.words(), levels)};
}

/// The way to write numbers by which most columns are numbers.
std::size_t usual_numbers(const std::vector<ColumnGuess>& columns, char delimiter) {
  std::size_t best = 0, most = 0;
  for (std::size_t format = 0; format < number_formats.size(); ++format) {
    if (number_formats[format].decimal == delimiter) continue;
    const auto fits = static_cast<std::size_t>(
        std::count_if(columns.begin(), columns.end(),
                      [format](const ColumnGuess& c) { return c.number(format) != nullptr; }));
    if (fits <= most) continue;
    best = format;
    most = fits;
  }
  return best;
}

std::string csv_section(const IngestConfig& config, const std::set<std::string>& missing) {
  std::string keys;
  const auto add = [&keys](const std::string& key) { keys += (keys.empty() ? "" : ", ") + key; };
  if (config.csv.delimiter != ',')
    add(config.csv.delimiter == '\t' ? "delimiter: \"\\t\""
                                     : fmt::format("delimiter: \"{}\"", config.csv.delimiter));
  if (config.numbers.decimal != '.') add(fmt::format("decimal: \"{}\"", config.numbers.decimal));
  if (config.numbers.thousands) add(fmt::format("thousands: \"{}\"", *config.numbers.thousands));
  if (config.csv.encoding != "UTF-8") add("encoding: " + config.csv.encoding);
  if (config.csv.skip_lines > 0) add(fmt::format("skip_lines: {}", config.csv.skip_lines));
  if (!config.header) add("header: false, columns: " + yaml_list(config.column_names));
  std::vector<std::string> words = config.missing;  // those of every config
  for (const std::string& word : missing)
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  if (words.size() > config.missing.size()) add("missing: " + yaml_list(words));
  return keys.empty() ? "" : "csv: {" + keys + "}\n";
}

}  // namespace

std::string propose_ingest(const std::string& path) {
  if (path == io::standard_input)
    throw Error(ExitCode::data,
                "standard input is read once, a proposal looks twice: give it a file");
  IngestConfig config;
  if (!io::is_arrow_file(path)) {
    const DetectedCsv detected = detect_csv(path);
    config.csv = detected.format;
    config.header = detected.header;
  }
  Input input = open_input(config, path);
  io::RowReader& rows = *input.rows;
  bool more = true;
  if (!config.header) {
    more = rows.next();
    for (std::size_t i = 1; i <= rows.fields().size(); ++i)
      config.column_names.push_back(fmt::format("column_{}", i));
    input.header = config.column_names;
  } else {
    more = rows.next();
  }
  std::vector<ColumnGuess> columns;
  for (std::size_t i = 0; i < input.header.size(); ++i)
    columns.emplace_back(rows.columns().empty() ? std::nullopt
                                                : std::optional(rows.columns()[i].form));
  std::uint64_t read = 0, odd = 0;
  for (; more; more = rows.next(), ++read) {
    if (rows.fields().size() != columns.size() || !rows.well_quoted()) {
      ++odd;
      continue;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::string_view field = rows.fields()[i];
      columns[i].see(rows.columns().empty() && !keeps_blanks(config.csv, rows.quoted(), i)
                         ? io::trim(field)
                         : field);
    }
  }
  if (read == odd) throw Error(ExitCode::data, "{}: no rows", path);
  const std::size_t numbers =
      rows.columns().empty() ? usual_numbers(columns, config.csv.delimiter) : 0;
  config.numbers = number_formats[numbers];

  std::set<std::string> missing;
  for (const ColumnGuess& column : columns)
    for (const auto& [word, times] : column.missing())
      missing.insert(word);
  std::string text = fmt::format(
      "# A draft by `bailiwick ingest --propose`, to be read and completed by the owner of the "
      "rows.\n"
      "# Take care: {}.\n# {} rows",
      proposal_note, number(read));
  if (odd > 0) text += fmt::format(", {} of them not of {} fields", number(odd), columns.size());
  if (!missing.empty())
    text +=
        ". One with a missing value goes to quarantine, unless the column has `missing: value`\n"
        "# with a `missing_value`, maps the word to a level, or, a feature, has `missing: keep`";
  text += fmt::format(".\nversion: 1\ninput: {}\n{}",
                      yaml(std::filesystem::absolute(path).lexically_normal().string()),
                      csv_section(config, missing));
  text +=
      "columns:  # role: feature, target, weight, id, unit (whom rows are about), split, domain or "
      "ignore\n";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Line line = line_of(columns[i], numbers);
    const std::string& name = input.header[i];
    const bool unnamed =
        name.empty() || std::count(input.header.begin(), input.header.end(), name) > 1;
    if (2 * columns[i].missing_values() > read)
      line.keys.replace(0, line.keys.find_first_of(",}"), "role: ignore");
    if (columns[i].missing_values() > 0)
      line.remark += fmt::format("; missing {}: {}", number(columns[i].missing_values()),
                                 counts_of(columns[i].missing(), keys_of(columns[i].missing())));
    text += fmt::format("  # {}\n  {}{}: {{{}}}{}\n", printable(line.remark), unnamed ? "# " : "",
                        yaml(name), line.keys, unnamed ? "  # has no name of its own" : "");
  }
  text +=
      "output: partitions\npartitions:\n  - name:       # of the partition: letters, digits, - and "
      "_\n"
      "    owner:      # of the rows\n    sign_with:  # the private key: `bailiwick keygen KEY` "
      "makes KEY.pem\n";
  return text;
}

}  // namespace bailiwick
