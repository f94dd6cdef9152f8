// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/rows.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace {

using Role = IngestColumn::Role;
using Fault = ColumnRule::Fault;

std::uint64_t splitmix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

/// The first eight bytes of its SHA-256, little-endian.
std::uint64_t number_of_unit(const std::string& unit) {
  const Digest digest = sha256(unit);
  std::uint64_t number = 0;
  for (std::size_t i = 8; i-- > 0;)
    number = number << 8 | digest.bytes[i];
  return number;
}

double largest_of(const IngestConfig& config, Role role) {
  // Only the features' precision can be chosen.
  return role == Role::feature && config.precision == "float32"
             ? std::numeric_limits<float>::max()
             : std::numeric_limits<double>::max();
}

}  // namespace

double split_position(std::uint64_t seed, std::uint64_t row) {
  return static_cast<double>(splitmix64(splitmix64(seed) + row) >> 11) * 0x1p-53;
}

RowRules::RowRules(const IngestConfig& config) : config_(config), lags_(config) {
  for (const IngestColumn& column : config.columns)
    if (column.role != Role::ignore) add_column(column);
  const auto fail = [&](const char* problem) {
    throw Error(ExitCode::config, "{}: {}", config.path, problem);
  };
  std::set<Role> single;
  for (const Use& use : uses_)
    if (use.column.role != Role::feature && use.column.role != Role::target &&
        !single.insert(use.column.role).second)
      fail("at most one column each may have the role weight, id, unit, split or domain");
  std::set<std::string> names;
  const auto claim = [&](const std::string& name) {
    if (!names.insert(name).second)
      throw Error(ExitCode::config,
                  "{}: two columns of the partition would be called \"{}\"; set `as`", config.path,
                  name);
  };
  for (const auto* columns : {&schema_.features, &schema_.targets})
    for (const Column& column : *columns) {
      claim(column.name);
      for (std::size_t code = 0; code < column.levels.size(); ++code)
        claim(column.indicator(code));  // what models call its levels
    }
  if (schema_.features.empty()) fail("no column has the role feature");
  if (!single.contains(Role::domain) && config.partitions.size() != 1)
    fail("several partitions need a column with the role domain that tells their rows apart");

  double end = 0;
  for (const auto& [name, share] : config.hash_split) {
    if (single.contains(Role::split)) fail("rows are split by a column or by a hash, not both");
    schema_.splits.push_back(name);
    split_ends_.push_back(end += share);
  }
  if (!split_ends_.empty()) {
    if (std::abs(end - 1) > 1e-9) fail("the shares of the hash split must add up to 1");
    split_ends_.back() = 1;
  }
  if (schema_.splits.size() > 256) fail("at most 256 splits");
  for (const IngestLookup& lookup : config.lookups)
    lookups_.emplace_back(lookup, config.csv);
  codes_.resize(schema_.categories());
  features_.resize(schema_.features.size() - codes_.size());
  targets_.resize(schema_.targets.size());
}

void RowRules::add_column(IngestColumn column) {
  switch (column.role) {
    case Role::weight:
      column.minimum = std::max(column.minimum.value_or(0), 0.0);
      break;
    case Role::split: {
      std::map<double, std::string> splits;
      for (const auto& [name, last] : column.until)
        splits[end_of_split(column, last).value()] = name;
      for (const auto& [end, name] : splits) {
        split_bounds_.push_back(end);
        column.levels.push_back(name);
      }
      if (splits.empty())
        column.type = IngestColumn::Type::category;
      else
        column.levels.push_back(column.rest);
      break;
    }
    case Role::domain:
      column.type = IngestColumn::Type::category;
      column.levels.clear();
      for (std::size_t i = 0; i < config_.partitions.size(); ++i) {
        if (config_.partitions[i].values.empty())
          throw Error(ExitCode::config,
                      "{}: partition \"{}\": which values of \"{}\" are its rows?", config_.path,
                      config_.partitions[i].name, column.name);
        for (const std::string& value : config_.partitions[i].values) {
          column.levels.push_back(value);
          partition_of_value_.push_back(i);
        }
      }
      break;
    default:
      break;
  }
  ColumnRule rule(column, config_, largest_of(config_, column.role));
  if (column.role == Role::feature) schema_.features.push_back(rule.column());
  if (column.role == Role::target) schema_.targets.push_back(rule.column());
  if (column.role == Role::weight) schema_.has_weights = true;
  if (column.role == Role::id) schema_.has_ids = true;
  if (column.role == Role::unit) schema_.has_units = true;
  if (column.role == Role::split) schema_.splits = column.levels;
  uses_.push_back({std::move(column), std::move(rule)});
}

void RowRules::bind(std::vector<std::string> header, const std::string& path,
                    const std::vector<io::RowReader::TypedColumn>& types) {
  header_ = std::move(header);
  own_columns_ = header_.size();
  file_ = std::filesystem::path(path).filename().string();
  if (!config_.file_column.empty()) header_.push_back(config_.file_column);
  lookup_keys_.clear();
  for (const IngestLookup& lookup : config_.lookups) {
    lookup_keys_.push_back(
        find_column(header_, lookup.input_key.empty() ? lookup.key : lookup.input_key, path));
    header_.insert(header_.end(), lookup.columns.begin(), lookup.columns.end());
  }
  typed_ = !types.empty();
  std::vector<std::string> sources;
  for (const Use& use : uses_)
    sources.push_back(use.column.source());
  const std::vector<std::size_t> fields = find_columns(header_, sources, path);
  lag_fields_ = find_columns(header_, lags_.sources(), path);
  std::size_t beyond = header_.size();  // what rows before held comes after all other fields
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    Use& use = uses_[i];
    const std::size_t written = fields[i];
    use.field = use.column.lag > 0 ? beyond++ : written;
    if (written >= types.size()) {
      use.rule.read_as(std::nullopt);
      continue;
    }
    const auto& [form, type] = types[written];
    if (form == io::RowReader::Form::none)
      throw Error(
          ExitCode::data,
          "{}: column \"{}\" is of type {}; there are numbers, words, truths, dates and times",
          path, use.column.name, printable(type));
    use.rule.read_as(form);
  }
}

std::vector<std::string> RowRules::unused() const {
  std::set<std::string> named;
  for (const IngestColumn& column : config_.columns)
    named.insert(column.source());
  for (const std::size_t field : lookup_keys_)
    named.insert(header_[field]);
  std::vector<std::string> names;
  for (std::size_t field = 0; field < own_columns_; ++field)
    if (!named.contains(header_[field])) names.push_back(header_[field]);
  return names;
}

std::optional<Rejection> RowRules::read(const io::RowReader& record, std::uint64_t number,
                                        std::vector<io::RowBuffer>& partitions) {
  if (!record.well_quoted()) return Rejection{"", "", "text after a closing quote"};
  if (record.fields().size() != own_columns_)
    return Rejection{"", "",
                     fmt::format("{} field{}, not {}", record.fields().size(),
                                 record.fields().size() == 1 ? "" : "s", own_columns_)};
  fields_.assign(record.fields().begin(), record.fields().end());
  quoted_ = &record.quoted();
  if (!config_.file_column.empty()) fields_.push_back(file_);
  for (std::size_t i = 0; i < lookups_.size(); ++i) {
    const std::string_view key = text_of(lookup_keys_[i], true);
    const std::vector<std::string>* values = lookups_[i].find(key);
    if (!values)
      return Rejection{header_[lookup_keys_[i]], key, "not in " + config_.lookups[i].path};
    fields_.insert(fields_.end(), values->begin(), values->end());
  }
  if (lags_.any()) {
    std::vector<std::string_view> before;
    const auto text = [&](std::size_t i, bool words) { return text_of(lag_fields_[i], words); };
    if (const auto fault = lags_.next(text, before))
      return Rejection{fault->column, fault->value, fault->reason, fault->out_of_order};
    fields_.insert(fields_.end(), before.begin(), before.end());
  }
  if (auto rejection = read_fields()) return rejection;
  if (!split_ends_.empty()) {  // rows of one unit stay together
    const double position =
        split_position(config_.split_seed, schema_.has_units ? number_of_unit(unit_) : number);
    const auto end = std::upper_bound(split_ends_.begin(), split_ends_.end(), position);
    split_ = static_cast<std::uint8_t>(end - split_ends_.begin());
  }
  append(partitions.at(partition_));
  return std::nullopt;
}

/// A field without blanks that do not belong to it: none do to a number, a date or a truth.
std::string_view RowRules::text_of(std::size_t field, bool words) const {
  const std::string_view text = fields_[field];
  if (typed_) return text;
  if (!words) return io::trim(text);
  if (field >= own_columns_) return text;  // the lookup has seen to it
  return keeps_blanks(config_.csv, *quoted_, field) ? text : io::trim(text);
}

std::optional<Rejection> RowRules::read_fields() {
  auto feature = features_.begin(), target = targets_.begin();
  auto of_category = codes_.begin();
  for (const Use& use : uses_) {
    const std::string_view text = text_of(use.field, use.words);
    double code = 0;
    Fault fault = Fault::none;
    switch (use.column.role) {
      case Role::feature:
        if (use.rule.column().is_category()) {
          fault = use.rule.read(text, code);
          *of_category++ = static_cast<std::uint16_t>(code);
        } else {
          fault = use.rule.read(text, *feature++);
        }
        break;
      case Role::target:
        fault = use.rule.read(text, *target++);
        break;
      case Role::weight:
        fault = use.rule.read(text, weight_);
        break;
      case Role::id:
      case Role::unit: {
        std::string& name = use.column.role == Role::id ? id_ : unit_;
        fault = use.rule.read(text, name);
        if (fault == Fault::none && name.size() > config_.id_bytes)
          return Rejection{use.column.name, text,
                           fmt::format("an id of more than {} bytes (id_bytes)", config_.id_bytes)};
        if (fault == Fault::none && name.find('\0') != std::string::npos) fault = Fault::encoding;
        break;
      }
      case Role::split:
        fault = use.rule.read(text, code);
        if (!split_bounds_.empty())
          code = static_cast<double>(std::ranges::upper_bound(split_bounds_, code) -
                                     split_bounds_.begin());
        split_ = static_cast<std::uint8_t>(code);
        break;
      case Role::domain:
        fault = use.rule.read(text, code);
        if (fault == Fault::none) partition_ = partition_of_value_[static_cast<std::size_t>(code)];
        break;
      case Role::ignore:
        break;
    }
    if (fault != Fault::none) return Rejection{use.column.name, text, use.rule.reason(fault)};
  }
  return std::nullopt;
}

void RowRules::append(io::RowBuffer& rows) const {
  ++rows.rows;
  rows.features.insert(rows.features.end(), features_.begin(), features_.end());
  rows.codes.insert(rows.codes.end(), codes_.begin(), codes_.end());
  rows.targets.insert(rows.targets.end(), targets_.begin(), targets_.end());
  if (schema_.has_weights) rows.weights.push_back(weight_);
  if (schema_.has_ids) rows.ids.push_back(id_);
  if (schema_.has_units) rows.units.push_back(unit_);
  if (!schema_.splits.empty()) rows.splits.push_back(split_);
}

}  // namespace bailiwick
