// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Blocks of a partition in memory: layout, digests, conversion between file and RowBuffer.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>

#include "io/h5/hash_fields.hpp"
#include "io/partition/file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"

namespace bailiwick::io::detail {

namespace {

template <class T>
bool all_finite(std::span<const T> values) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits exponent = sizeof(T) == 4 ? Bits(0x7f800000) : Bits(0x7ff0000000000000);
  Bits found = 0;  // without a branch, so that the compiler vectorises
  for (const T value : values)
    found |= (std::bit_cast<Bits>(value) & exponent) == exponent ? Bits(1) : Bits(0);
  return found == 0;
}

std::string column_name(const Header& header, Part part, std::size_t column) {
  if (part == features || part == codes)
    return fmt::format("feature \"{}\"", header.columns_of(part)[column]->name);
  if (part == targets) return fmt::format("target \"{}\"", header.columns_of(part)[column]->name);
  return part_names[part];
}

[[noreturn]] void throw_value(const Header& header, Part part, std::uint64_t row,
                              std::size_t column, const std::string& problem,
                              const std::string& where) {
  detail::throw_value(column_name(header, part, column), row, problem, where);
}

/// Throws naming the first value that is not finite, nor NaN where a value may be missing; `row` is
/// the number of the first row.
template <class T>
void check_finite(const Header& header, Part part, std::span<const T> values, std::uint64_t row,
                  const std::string& where) {
  if (all_finite(values)) return;
  const std::vector<const Column*> of_part = header.columns_of(part);
  const std::size_t columns = header.columns(part);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    if (part == features && std::isnan(values[i]) && of_part[i % columns]->missing) continue;
    throw_value(header, part, row + i / columns, i % columns, "is not a finite number", where);
  }
}

/// Codes of categories, which whoever counts them takes for indices. `names_of` a column: those of
/// its codes, none if it is a number.
template <class T, class Names>
void check_codes(const Header& header, Part part, std::span<const T> values, std::uint64_t row,
                 const Names& names_of, const std::string& where) {
  const std::vector<const Column*> of_part = header.columns_of(part);
  const std::size_t columns = of_part.size();
  for (std::size_t k = 0; k < columns; ++k) {
    const std::size_t known = names_of(*of_part[k]).size();
    if (known == 0) continue;
    for (std::size_t i = k; i < values.size(); i += columns)
      if (!(values[i] >= 0 && values[i] < static_cast<double>(known) &&
            static_cast<double>(values[i]) == std::floor(static_cast<double>(values[i]))))
        throw_value(header, part, row + i / columns, k,
                    fmt::format("is not the code of one of its {} {}", known,
                                part == codes ? "levels" : "categories"),
                    where);
  }
}

void check_targets(const Header& header, std::span<const double> values, std::uint64_t row,
                   const std::string& where) {
  check_codes(header, targets, values, row, std::mem_fn(&Column::categories), where);
}

void check_levels(const Header& header, std::span<const std::uint16_t> values, std::uint64_t row,
                  const std::string& where) {
  check_codes(header, codes, values, row, std::mem_fn(&Column::levels), where);
}

void check_split(const Header& header, std::uint8_t code, std::uint64_t row,
                 const std::string& where) {
  const std::size_t known = header.schema.splits.size();
  if (code >= known)
    throw_value(header, splits, row, 0,
                fmt::format("a code without a name; the schema has {} ({})", known,
                            join(header.schema.splits)),
                where);
}

void check_text(const Header& header, Part part, const std::string& text, std::uint64_t row,
                const std::string& where) {
  if (!is_utf8(text)) throw_value(header, part, row, 0, "is not valid UTF-8", where);
  if (part == units && text.empty())
    throw_value(header, part, row, 0, "is empty: nobody can tell whom the row is about", where);
}

void append_bytes(std::vector<std::byte>& to, const void* from, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(from);
  to.insert(to.end(), bytes, bytes + size);
}

template <class T>
std::span<const T> view(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

void append_doubles(const Header& header, Part part, std::span<const double> values,
                    std::uint64_t row, RawBlock& block, const std::string& where) {
  check_finite(header, part, values, row, where);
  if (part != features || header.precision == "float64") {
    append_bytes(block.parts[part], values.data(), values.size_bytes());
    return;
  }
  const std::vector<float> narrow(values.begin(), values.end());
  if (!all_finite(std::span<const float>(narrow)))
    for (std::size_t i = 0; i < narrow.size(); ++i)
      if (std::isinf(narrow[i]))
        throw_value(header, part, row + i / header.columns(part), i % header.columns(part),
                    "does not fit float32", where);
  append_bytes(block.parts[part], narrow.data(), sizeof(float) * narrow.size());
}

void append_texts(const Header& header, Part part, std::span<const std::string> texts,
                  std::uint64_t row, RawBlock& block, const std::string& where) {
  const std::size_t room = header.text_bytes[part];
  std::vector<std::byte>& to = block.parts[part];
  for (const std::string& text : texts) {
    if (text.size() > room || text.find('\0') != std::string::npos)
      throw_value(header, part, row, 0,
                  fmt::format("{} may have {} bytes and no NUL, found {} bytes; raise id_bytes",
                              part == ids ? "an id" : "a unit", room, text.size()),
                  where);
    check_text(header, part, text, row++, where);
    append_bytes(to, text.data(), text.size());
    to.resize(to.size() + room - text.size());
  }
}

void decode_texts(const Header& header, Part part, const RawBlock& block, std::uint64_t row,
                  std::vector<std::string>& texts, const std::string& where) {
  const std::size_t room = header.text_bytes[part];
  texts.resize(header.has(part) ? block.rows : 0);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const char* text = reinterpret_cast<const char*>(block.parts[part].data()) + i * room;
    texts[i].assign(text, ::strnlen(text, room));
    check_text(header, part, texts[i], row + i, where);
  }
}

/// In a byte each where all levels have room, else in two.
bool has_wide_codes(const Schema& schema) {
  return std::ranges::any_of(schema.features,
                             [](const Column& column) { return column.levels.size() > 256; });
}

void append_codes(const Header& header, const RowBuffer& rows, std::size_t first, std::size_t count,
                  std::uint64_t row, RawBlock& block, const std::string& where) {
  const std::size_t columns = header.columns(codes);
  ensure(rows.codes.size() == rows.rows * columns, "RowBuffer has rows x categories codes");
  const auto these = std::span(rows.codes).subspan(first * columns, count * columns);
  check_levels(header, these, row, where);
  if (has_wide_codes(header.schema)) {
    append_bytes(block.parts[codes], these.data(), these.size_bytes());
    return;
  }
  const std::vector<std::uint8_t> narrow(these.begin(), these.end());
  append_bytes(block.parts[codes], narrow.data(), narrow.size());
}

void decode_codes(const Header& header, const RawBlock& block, std::uint64_t row, RowBuffer& rows,
                  const std::string& where) {
  const auto convert = [&](const auto& from) { rows.codes.assign(from.begin(), from.end()); };
  if (has_wide_codes(header.schema))
    convert(view<std::uint16_t>(block.parts[codes]));
  else
    convert(view<std::uint8_t>(block.parts[codes]));
  check_levels(header, rows.codes, row, where);
}

}  // namespace

void throw_value(const std::string& column, std::uint64_t row, const std::string& problem,
                 const std::string& where) {
  throw Error(ExitCode::data, "{}: row {} (from 0), {}: {}", where, row, column, problem);
}

std::vector<const Column*> Header::columns_of(Part part) const {
  const auto& columns = part == detail::targets    ? schema.targets
                        : schema.version_1.empty() ? schema.features
                                                   : schema.version_1;
  std::vector<const Column*> of_part;
  for (const Column& column : columns)
    if (part == detail::targets || column.is_category() == (part == detail::codes))
      of_part.push_back(&column);
  return of_part;
}

bool Header::has(Part part) const {
  return columns(part) > 0;
}

std::size_t Header::columns(Part part) const {
  switch (part) {
    case detail::features:
      return schema.version_1.empty() ? schema.features.size() - schema.categories()
                                      : schema.version_1.size();
    case detail::codes:
      return schema.version_1.empty() ? schema.categories() : 0;
    case detail::targets:
      return schema.targets.size();
    case detail::weights:
      return schema.has_weights ? 1 : 0;
    case detail::splits:
      return schema.splits.empty() ? 0 : 1;
    case detail::ids:
      return schema.has_ids ? 1 : 0;
    case detail::units:
      return schema.has_units ? 1 : 0;
    default:
      return 0;
  }
}

std::size_t Header::row_bytes(Part part) const {
  if (part == detail::splits) return columns(part);
  if (part == detail::codes) return columns(part) * (has_wide_codes(schema) ? 2 : 1);
  if (is_text(part)) return columns(part) * text_bytes[part];
  return columns(part) * (part == detail::features && precision == "float32" ? 4 : 8);
}

std::size_t Header::row_bytes() const {
  std::size_t sum = 0;
  for (std::size_t part = 0; part < part_count; ++part)
    sum += row_bytes(static_cast<Part>(part));
  return sum;
}

h5::Type Header::type(Part part, const std::string& where) const {
  if (is_text(part)) return h5::string_type(text_bytes[part], where);
  const bool wide = part == detail::codes && has_wide_codes(schema);
  const hid_t type = wide                                                 ? H5T_STD_U16LE
                     : part == detail::splits || part == detail::codes    ? H5T_STD_U8LE
                     : part == detail::features && precision == "float32" ? H5T_IEEE_F32LE
                                                                          : H5T_IEEE_F64LE;
  return h5::Type(h5::check(H5Tcopy(type), where, "copy a type"));
}

std::vector<hsize_t> Header::shape(Part part, std::uint64_t row_count) const {
  if (part == detail::features || part == detail::codes || part == detail::targets)
    return {row_count, columns(part)};
  return {row_count};
}

Digest block_digest(const Header& header, const RawBlock& block) {
  Sha256 hash;
  hash.update(header.salt);
  hash_number(hash, block.index);
  hash_number(hash, block.rows);
  for (std::size_t part = 0; part < part_count; ++part) {
    if (!header.has(static_cast<Part>(part))) continue;
    hash_field(hash, part_names[part]);
    hash_number(hash, block.parts[part].size());
    hash.update(std::span<const std::byte>(block.parts[part]));
  }
  return hash.finish();
}

void BlockList::add(const Header& header, const RawBlock& block) {
  digests.push_back(block_digest(header, block));
  split_rows.resize(header.schema.splits.size());
  const std::span<const std::uint8_t> of_rows = view<std::uint8_t>(block.parts[splits]);
  for (std::size_t split = 0; split < split_rows.size(); ++split)
    split_rows[split].push_back(
        static_cast<std::uint64_t>(std::count(of_rows.begin(), of_rows.end(), split)));
}

Digest root_digest(const Header& header, std::span<const Digest> digests) {
  Sha256 hash;
  hash_field(hash, partition_format);
  hash_number(hash, header.version);
  hash_field(hash, header.name);
  hash_number(hash, header.rows);
  hash_number(hash, header.block_rows);
  hash_field(hash, header.precision);
  hash_field(hash, header.schema_text);
  hash_field(hash, header.salt);
  hash_number(hash, digests.size_bytes());
  hash.update(std::as_bytes(digests));
  return hash.finish();
}

void encode(const Header& header, const RowBuffer& rows, std::size_t first, std::size_t count,
            std::uint64_t row, RawBlock& block, const std::string& where) {
  const auto part_of = [&](const std::vector<double>& values, Part part) {
    const std::size_t columns = header.columns(part);
    ensure(values.size() == rows.rows * columns, "RowBuffer has rows x columns values");
    const auto these = std::span(values).subspan(first * columns, count * columns);
    if (columns > 0) append_doubles(header, part, these, row, block, where);
    return these;
  };
  part_of(rows.features, features);
  append_codes(header, rows, first, count, row, block, where);
  check_targets(header, part_of(rows.targets, targets), row, where);
  part_of(rows.weights, weights);
  ensure(rows.splits.size() == rows.rows * header.columns(splits), "RowBuffer has a split a row");
  if (header.has(splits)) {
    for (std::size_t i = 0; i < count; ++i)
      check_split(header, rows.splits[first + i], row + i, where);
    append_bytes(block.parts[splits], rows.splits.data() + first, count);
  }
  for (const auto& [part, texts] : {std::pair{ids, &rows.ids}, {units, &rows.units}}) {
    ensure(texts->size() == rows.rows * header.columns(part),
           "RowBuffer has an id and a unit a row");
    if (header.has(part))
      append_texts(header, part, std::span(*texts).subspan(first, count), row, block, where);
  }
  block.rows += count;
}

void decode(const Header& header, const RawBlock& block, RowBuffer& rows,
            const std::string& where) {
  const std::uint64_t row = block.index * header.block_rows;
  const auto convert = [&]<class T>(T, Part part, std::vector<double>& to) {
    const std::span<const T> from = view<T>(block.parts[part]);
    check_finite(header, part, from, row, where);
    to.assign(from.begin(), from.end());
  };
  rows.rows = block.rows;
  const bool gather = !header.schema.version_1.empty();
  std::vector<double> indicators;
  std::vector<double>& numbers = gather ? indicators : rows.features;
  if (header.precision == "float32")
    convert(float{}, features, numbers);
  else
    convert(double{}, features, numbers);
  if (gather)
    gather_indicators(header, indicators, row, rows, where);
  else
    decode_codes(header, block, row, rows, where);
  convert(double{}, targets, rows.targets);
  check_targets(header, rows.targets, row, where);
  convert(double{}, weights, rows.weights);
  const std::span<const std::uint8_t> of_rows = view<std::uint8_t>(block.parts[splits]);
  for (std::size_t i = 0; i < of_rows.size(); ++i)
    check_split(header, of_rows[i], row + i, where);
  rows.splits.assign(of_rows.begin(), of_rows.end());
  decode_texts(header, ids, block, row, rows.ids, where);
  decode_texts(header, units, block, row, rows.units, where);
}

}  // namespace bailiwick::io::detail
