// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/csv/csv.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "io/bytes/file_bytes.hpp"
#include "io/csv/transcoder.hpp"
#include "lib/core/error.hpp"

namespace bailiwick::io {

namespace {

constexpr std::uint64_t every_byte = 0x0101010101010101U;

/// The high bit of each byte of `word` that equals the byte repeated in `pattern`; exact, no
/// carries.
std::uint64_t bytes_equal(std::uint64_t word, std::uint64_t pattern) {
  constexpr std::uint64_t low = 0x7F * every_byte;
  const std::uint64_t difference = word ^ pattern;
  return ~(((difference & low) + low) | difference | low);
}

std::uint64_t repeated(char c) {
  return static_cast<unsigned char>(c) * every_byte;
}

/// How files begin that people take for tables, and what they are.
constexpr auto no_text = std::to_array<std::pair<std::string_view, const char*>>(
    {{"PK\x03\x04", "a ZIP archive, as .xlsx and .ods files are: save its table as CSV"},
     {"\xD0\xCF\x11\xE0", "a document of Microsoft Office: save its table as CSV"},
     {"$FL2", "a data file of SPSS: save its table as CSV or Parquet"},
     {"PAR1", "a Parquet file, which is read from its end: give it by its name, not by a pipe"},
     {"ARROW1", "a file of Arrow, which is read from its end: give it by its name, not by a pipe"},
     {"FEA1", "a Feather file of version 1: write it anew as version 2"},
     {"\xFF\xFF\xFF\xFF", "a stream of Arrow: write it as a file (Feather)"},
     {"<stata_dta>", "a data file of Stata: save its table as CSV or Parquet"}});

}  // namespace

// data[begin, end) is not yet consumed; data[end] is a line feed that no file holds, so that scans
// stop there, and 8 more bytes may be read.
struct CsvReader::State {
  std::string path;
  CsvFormat format;
  std::optional<Transcoder> transcoder;
  FileBytes file;
  std::string data;
  std::size_t begin = 0, end = 0;
  bool exhausted = false;
  std::uint64_t line = 0, next_line = 1;
  std::vector<std::string_view> fields;
  std::string_view text;
  std::string unquoted;  // fields whose quotes had to go; never reallocated within a record
  std::vector<bool> quoted;
  bool well_quoted = true, started = false;

  State(const std::string& p, CsvFormat f)
      : path(p == standard_input ? "standard input" : p),
        format(std::move(f)),
        file(p),
        data((1U << 20) + 9, '\0') {
    if (format.encoding != "UTF-8") transcoder.emplace(format.encoding);
  }

  std::size_t capacity() const { return data.size() - 9; }

  // Moves what is left to the front and reads more. False if the file has no more.
  bool fill() {
    if (exhausted) return false;
    std::memmove(data.data(), data.data() + begin, end - begin);
    end -= begin;
    begin = 0;
    if (end + 8 > capacity()) {  // less than a character may need
      if (capacity() >= longest_record)
        throw Error(ExitCode::data, "{}:{}: this row is longer than {} MiB; is a quote left open?",
                    path, next_line, longest_record >> 20);
      data.resize(2 * capacity() + 9);
    }
    const std::size_t got = transcoder ? transcode() : read(data.data() + end, capacity() - end);
    if (got == 0) exhausted = true;
    const bool first = next_line == 1 && end == 0;
    end += got;
    if (first) check_encoding();
    data[end] = '\n';
    return got > 0;
  }

  std::size_t read(char* to, std::size_t room) {
    try {
      return file.read({to, room});
    } catch (const Unreadable& reason) {
      throw Error(ExitCode::data, "{}: cannot read{}: {}", path,
                  next_line > 1 ? fmt::format(" after line {}", next_line - 1) : "", reason.what());
    }
  }

  std::size_t transcode() {
    const std::string where = fmt::format("{}: after line {}", path, next_line - 1);
    for (;;) {
      if (const std::size_t made = transcoder->convert(data.data() + end, capacity() - end, where);
          made > 0)
        return made;
      std::string& bytes = transcoder->bytes();
      const std::size_t left = bytes.size();
      bytes.resize(left + (std::size_t{1} << 16));
      const std::size_t got = read(bytes.data() + left, std::size_t{1} << 16);
      bytes.resize(left + got);
      if (got == 0 && left > 0)
        throw Error(ExitCode::data, "{}: ends within a character of {}", path, format.encoding);
      if (got == 0) return 0;
    }
  }

  void check_encoding() {
    const std::string_view head(data.data(), std::min<std::size_t>(end, 3));
    if (head.substr(0, 2) == "\xFF\xFE" || head.substr(0, 2) == "\xFE\xFF")
      throw Error(ExitCode::data, "{}: is UTF-16; set csv.encoding: UTF-16", path);
    if (head == "\xEF\xBB\xBF") begin = 3;
    for (const auto& [magic, what] : no_text)
      if (std::string_view(data.data(), end).starts_with(magic))
        throw Error(ExitCode::data, "{}: is no text but {}", path, what);
  }

  void skip_line() {
    for (;;) {
      const void* stop = std::memchr(data.data() + begin, '\n', end - begin);
      begin = stop == nullptr
                  ? end
                  : static_cast<std::size_t>(static_cast<const char*>(stop) - data.data()) + 1;
      if (stop != nullptr || !fill()) break;
    }
    ++next_line;
  }

  // What comes before the first record.
  void start() {
    started = true;
    fill();
    for (std::uint64_t i = 0; i < format.skip_lines && begin < end; ++i)
      skip_line();
    const std::string_view head(data.data() + begin, std::min<std::size_t>(end - begin, 6));
    if (!head.starts_with("sep=") || head.size() < 6 || (head[5] != '\r' && head[5] != '\n'))
      return;
    if (head[4] != format.delimiter)
      throw Error(ExitCode::data,
                  "{}: says that its values are told apart by \"{}\": set csv.delimiter", path,
                  head[4]);
    skip_line();
  }

  // The record [begin, stop) ends with the line feed at `stop`.
  void finish_record(std::size_t stop) {
    std::size_t length = stop - begin;
    if (length > 0 && data[stop - 1] == '\r') --length;
    text = {data.data() + begin, length};
    begin = std::min(stop + 1, end);
  }

  bool is_blank(char c) const {
    return (c == ' ' || c == '\t') && c != format.delimiter && format.trim != CsvFormat::Trim::none;
  }

  enum class Scan { record, quoted, incomplete };

  // Whether there is nothing but blanks between the start of a field and a quote.
  bool begins_field(const char* field, const char* quote) const {
    while (quote > field && is_blank(quote[-1]))
      --quote;
    return quote == field;
  }

  // Records without quotes, 8 bytes at a time: nearly all of any file.
  Scan scan_plain() {
    const std::uint64_t delimiters = repeated(format.delimiter);
    const std::uint64_t line_feeds = repeated('\n');
    const std::uint64_t quotes = repeated('"');
    const char* field = data.data() + begin;
    for (const char* p = field;; p += 8) {
      std::uint64_t word;
      std::memcpy(&word, p, 8);
      if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
      std::uint64_t hits =
          bytes_equal(word, delimiters) | bytes_equal(word, line_feeds) | bytes_equal(word, quotes);
      for (; hits != 0; hits &= hits - 1) {
        const char* at = p + std::countr_zero(hits) / 8;
        const auto stop = static_cast<std::size_t>(at - data.data());
        if (stop >= end && !exhausted) return Scan::incomplete;
        if (stop < end && *at == '"' && begins_field(field, at)) return Scan::quoted;
        if (stop >= end || *at == '\n') {
          const bool crlf = at > field && at[-1] == '\r';
          fields.emplace_back(field, static_cast<std::size_t>(at - field) - (crlf ? 1 : 0));
          finish_record(stop);
          ++next_line;
          return Scan::record;
        }
        if (*at == '"') continue;
        fields.emplace_back(field, static_cast<std::size_t>(at - field));
        field = at + 1;
      }
    }
  }

  Scan scan_quoted() {
    unquoted.clear();
    unquoted.reserve(end - begin);
    const char* const last = data.data() + end;
    const auto ends_field = [this](char c) { return c == format.delimiter || c == '\n'; };
    for (const char* p = data.data() + begin;;) {
      const char* value = p;
      std::size_t length = 0;
      while (p < last && is_blank(*p))
        ++p;
      quoted.push_back(p < last && *p == '"');
      if (quoted.back()) {
        value = unquoted.data() + unquoted.size();
        for (++p;; p += 2) {
          const auto* quote =
              static_cast<const char*>(std::memchr(p, '"', static_cast<std::size_t>(last - p)));
          if (!quote && exhausted)
            throw Error(ExitCode::data, "{}:{}: a quote opened in this row is never closed", path,
                        next_line);
          if (!quote || (quote + 1 == last && !exhausted)) return Scan::incomplete;
          unquoted.append(p, quote);
          p = quote;
          if (p[1] != '"' || p + 1 == last) break;
          unquoted.push_back('"');
        }
        const char* rest = ++p;
        p = std::find_if(p, last + 1, ends_field);
        const char* rest_end = p > rest && *p == '\n' && p[-1] == '\r' ? p - 1 : p;
        while (rest < rest_end && is_blank(*rest))
          ++rest;
        well_quoted = well_quoted && rest == rest_end;
        unquoted.append(rest, rest_end);
        length = static_cast<std::size_t>(unquoted.data() + unquoted.size() - value);
      } else {
        p = std::find_if(value, last + 1, ends_field);
        length = static_cast<std::size_t>(p - value);
        if (length > 0 && *p == '\n' && p[-1] == '\r') --length;
      }
      if (p >= last && !exhausted) return Scan::incomplete;
      fields.emplace_back(value, length);
      if (p >= last || *p == '\n') {
        const auto stop = static_cast<std::size_t>(std::min(p, last) - data.data());
        next_line += 1 + static_cast<std::uint64_t>(
                             std::count(data.data() + begin, data.data() + stop, '\n'));
        finish_record(stop);
        return Scan::record;
      }
      ++p;
    }
  }

  bool next() {
    if (!started) start();
    for (;;) {
      if (begin == end && !fill()) return false;
      if (data[begin] == format.comment) {
        skip_line();
        continue;
      }
      line = next_line;
      fields.clear();
      quoted.clear();
      well_quoted = true;
      Scan scan = scan_plain();
      if (scan == Scan::quoted) {
        fields.clear();
        scan = scan_quoted();
      }
      if (scan == Scan::incomplete) {
        fill();  // at the end of the file the next scan takes what is there
      } else if (!text.empty()) {
        return true;
      }
    }
  }
};

CsvReader::CsvReader(const std::string& path, CsvFormat format)
    : state_(std::make_unique<State>(path, std::move(format))) {}
CsvReader::~CsvReader() = default;

bool CsvReader::next() {
  return state_->next();
}
const std::vector<std::string_view>& CsvReader::fields() const {
  return state_->fields;
}
const std::vector<bool>& CsvReader::quoted() const {
  return state_->quoted;
}
std::string_view CsvReader::text() const {
  return state_->text;
}
bool CsvReader::well_quoted() const {
  return state_->well_quoted;
}
std::uint64_t CsvReader::line() const {
  return state_->line;
}
std::uint64_t CsvReader::bytes_read() const {
  return state_->file.bytes_read();
}
const std::vector<RowReader::TypedColumn>& CsvReader::columns() const {
  static const std::vector<TypedColumn> untyped;
  return untyped;
}
Digest CsvReader::finish() {
  try {
    return state_->file.finish();
  } catch (const Unreadable& reason) {
    throw Error(ExitCode::data, "{}: cannot read: {}", state_->path, reason.what());
  }
}

}  // namespace bailiwick::io
