// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/lookup.hpp"

#include <algorithm>

#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

/// Names for people: a file without a header has a row there, one with the wrong delimiter a line.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most_names = 30, longest = 40;
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == most_names) break;
    std::size_t end = std::min(name.size(), longest);
    while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U)
      --end;  // not within a character of UTF-8
    shown.push_back(name.substr(0, end) + (end < name.size() ? "..." : ""));
  }
  const std::size_t more = names.size() - shown.size();
  return join(shown) + (more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace

bool keeps_blanks(const io::CsvFormat& format, const std::vector<bool>& quoted, std::size_t field) {
  return format.trim == io::CsvFormat::Trim::none ||
         (format.trim == io::CsvFormat::Trim::unquoted && !quoted.empty() && quoted[field]);
}

std::vector<std::string> header_from(const std::vector<std::string_view>& fields,
                                     const std::string& path) {
  std::vector<std::string> names;
  for (const std::string_view name : fields) {
    for (std::size_t at = name.find('\r'); at != std::string_view::npos;
         at = name.find('\r', at + 1))
      if (name.substr(at + 1, 1) != "\n")
        throw Error(
            ExitCode::data,
            "{}: its header holds a carriage return (CR) that ends no line; if its lines end "
            "with CR alone, convert it: tr '\\r' '\\n' < {} > NEW",
            path, path);
    names.emplace_back(io::trim(name));
  }
  return names;
}

std::vector<std::size_t> find_columns(const std::vector<std::string>& header,
                                      std::span<const std::string> names, const std::string& path) {
  std::vector<std::size_t> places;
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(header, name);
    places.push_back(static_cast<std::size_t>(found - header.begin()));
    if (found == header.end()) {
      missing.push_back('"' + name + '"' + did_you_mean(name, header));
    } else if (std::find(found + 1, header.end(), name) != header.end()) {
      throw Error(ExitCode::data, "{}: two columns are called \"{}\"", path, name);
    }
  }
  if (!missing.empty())
    throw Error(ExitCode::data, "{}: no column {}; it has: {}{}", path, join(missing),
                printable(listed(header)),
                !std::ranges::all_of(header, is_utf8) ? encoding_advice
                : header.size() == 1 && header[0].find_first_of(";\t|,") != std::string::npos
                    ? "; set csv.delimiter"
                    : "");
  return places;
}

std::size_t find_column(const std::vector<std::string>& header, const std::string& name,
                        const std::string& path) {
  return find_columns(header, {&name, 1}, path).front();
}

Lookup::Lookup(const IngestLookup& config, const io::CsvFormat& format) {
  io::CsvFormat own = format;
  own.skip_lines = 0;  // those are of the inputs
  io::CsvReader reader(config.path, own);
  if (!reader.next()) throw Error(ExitCode::data, "{}: is empty", config.path);
  const std::vector<std::string> header = header_from(reader.fields(), config.path);
  const std::size_t key = find_column(header, config.key, config.path);
  const std::vector<std::size_t> columns = find_columns(header, config.columns, config.path);
  while (reader.next()) {
    const auto& fields = reader.fields();
    if (fields.size() != header.size() || !reader.well_quoted())
      throw Error(ExitCode::data, "{}:{}: {} fields where the header has {}, or broken quotes",
                  config.path, reader.line(), fields.size(), header.size());
    const auto text_of = [&](std::size_t field) {
      return std::string(keeps_blanks(format, reader.quoted(), field) ? fields[field]
                                                                      : io::trim(fields[field]));
    };
    std::vector<std::string> values;
    for (const std::size_t column : columns)
      values.push_back(text_of(column));
    if (!rows_.emplace(text_of(key), std::move(values)).second)
      throw Error(ExitCode::data, "{}:{}: {} \"{}\" occurs twice", config.path, reader.line(),
                  config.key, fields[key]);
  }
  sha256_ = reader.finish();
}

const std::vector<std::string>* Lookup::find(std::string_view key) const {
  const auto row = rows_.find(key);
  return row == rows_.end() ? nullptr : &row->second;
}

}  // namespace bailiwick
