// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/config.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/ingest/date.hpp"
#include "lib/lineage/increments.hpp"

namespace bailiwick {

// The schema below is the whole language of an ingest YAML.

using Role = IngestColumn::Role;
using Type = IngestColumn::Type;
using Missing = IngestColumn::Missing;

template <>
inline constexpr auto words<Role> =
    std::to_array<std::pair<Role, const char*>>({{Role::feature, "feature"},
                                                 {Role::target, "target"},
                                                 {Role::weight, "weight"},
                                                 {Role::id, "id"},
                                                 {Role::unit, "unit"},
                                                 {Role::split, "split"},
                                                 {Role::domain, "domain"},
                                                 {Role::ignore, "ignore"}});

template <>
inline constexpr auto words<Type> =
    std::to_array<std::pair<Type, const char*>>({{Type::number, "number"},
                                                 {Type::integer, "integer"},
                                                 {Type::category, "category"},
                                                 {Type::date, "date"},
                                                 {Type::boolean, "boolean"}});

template <>
inline constexpr auto words<Missing> = std::to_array<std::pair<Missing, const char*>>(
    {{Missing::quarantine, "quarantine"}, {Missing::value, "value"}, {Missing::keep, "keep"}});

template <>
inline constexpr auto words<io::CsvFormat::Trim> =
    std::to_array<std::pair<io::CsvFormat::Trim, const char*>>(
        {{io::CsvFormat::Trim::unquoted, "unquoted"},
         {io::CsvFormat::Trim::all, "all"},
         {io::CsvFormat::Trim::none, "none"}});

template <class Visitor>
void schema(Visitor& v, IngestColumn& column) {
  v.key("role", column.role, "What the column is for.", required);
  v.key("type", column.type,
        "What its values are; a date becomes days since 1970-01-01, a time of day their fraction.");
  v.key("as", column.as, "Name in the partition; default: the column's own.", non_empty);
  v.key(
      "from", column.from,
      "Column of the inputs to read; default: the one of this name. So one may be several columns.",
      non_empty);
  v.key(
      "lag", column.lag,
      "Its value so many rows before, of the same unit; of a first row it is missing. 0: its own.",
      at_most(1000));
  v.key("unit", column.unit, "Unit, in UCUM or plain text; for those who read the schema.");
  v.key("description", column.description, "What the column holds; for those who read the schema.");
  v.key("minimum", column.minimum, "Smallest number; a row with a smaller one is quarantined.");
  v.key("maximum", column.maximum, "Largest number; a row with a larger one is quarantined.");
  v.key("levels", column.levels,
        "Category: all values, in order; a row with another one is quarantined.", non_empty,
        distinct);
  bool one_hot = true;  // what it asked for is what models do by themselves
  v.key("one_hot", one_hot, "Of former releases; says nothing any more.");
  v.key("reference", column.reference,
        "Category: what models compare levels with; default: the first; none: all have indicators.",
        non_empty);
  v.key("date_format", column.date_format,
        "How dates are written: %Y %y %m %d %b, with %H %M %S of a time; %F and %T for short.",
        [](const std::string& format) { return DateFormat(format).problem(); });
  const auto iso = [](const std::string& date) {
    return DateFormat("%F").read(date) ? "" : "\"" + date + "\" is not a date like 2024-03-01";
  };
  v.key("earliest", column.earliest,
        "Date, as 2024-03-01; a row with an earlier one is quarantined.", iso);
  v.key("latest", column.latest,
        "Date; a row with a later one is quarantined. The time of day on it is not later.", iso);
  v.key("map", column.map, "What to read instead of a value, before anything else.");
  v.key("others", column.others,
        "With map: what to read instead of all values that it does not have, save missing ones.");
  v.key("until", column.until,
        "Split, by a number or date: the last value of each split, a date as 2024-03-01.",
        non_empty);
  v.key("rest", column.rest, "With until: the split of all later values.", non_empty);
  v.key("missing", column.missing,
        "Of a missing value: quarantine the row, take missing_value, or keep it (features).");
  v.key("missing_value", column.missing_value, "With missing: value, the number to take.");

  std::set<std::optional<double>> ends;
  for (const auto& [name, last] : column.until) {
    const std::optional<double> end = end_of_split(column, last);
    v.check(end.has_value(), "until",
            "\"" + last + "\" is no number, or of a date no day like 2024-03-01");
    v.check(!end || ends.insert(end).second, "until", "two splits end with " + last);
    v.check(!name.empty(), "until", "a split needs a name");
    v.check(name != column.rest, "rest", "until has \"" + name + "\" already");
  }
  v.check(column.until.empty() || (column.role == Role::split && column.type != Type::category &&
                                   column.type != Type::boolean),
          "until", "only used with role: split and type: date, number or integer");
  v.check(column.role != Role::split || column.type == Type::category || !column.until.empty(),
          "role",
          "a split by words is a category with levels; one by a date or number has until and rest");
  v.check(column.until.empty() == column.rest.empty(), column.rest.empty() ? "until" : "rest",
          "until and rest go together");
  const bool category = column.type == Type::category;
  const bool stored = column.role == Role::feature || column.role == Role::target;
  v.check(!category || !stored || !column.levels.empty(), "type",
          "a category needs its levels, so that every partition codes them alike");
  v.check(category || column.levels.empty(), "levels", "only used with type: category");
  v.check(!v.given("one_hot") || (category && column.role == Role::feature), "one_hot",
          "only used with role: feature and type: category");
  v.check(one_hot, "one_hot",
          "a category has an indicator for each level wherever a model asks for it; leave it out");
  v.check(column.reference.empty() || (category && column.role == Role::feature), "reference",
          "only used with role: feature and type: category");
  v.check(column.reference.empty() || column.reference == "none" ||
              std::find(column.levels.begin(), column.levels.end(), column.reference) !=
                  column.levels.end(),
          "reference", "\"" + column.reference + "\" is not one of the levels, nor none");
  const bool numeric = column.type == Type::number || column.type == Type::integer;
  v.check(numeric || !column.minimum, "minimum",
          "only used with type: number or integer; of a date: earliest");
  v.check(numeric || !column.maximum, "maximum",
          "only used with type: number or integer; of a date: latest");
  v.check(!column.minimum || !column.maximum || *column.minimum <= *column.maximum, "maximum",
          "less than the minimum");
  for (const char* key : {"date_format", "earliest", "latest"})
    v.check(column.type == Type::date || !v.given(key), key, "only used with type: date");
  v.check(column.earliest.empty() || column.latest.empty() || column.earliest <= column.latest,
          "latest", "before the earliest");
  v.check(!column.map.empty() || !column.others, "others", "only used with map");
  v.check(!category || column.missing != Missing::value, "missing",
          "a missing category has no number; map the missing word to a level instead");
  v.check(column.missing != Missing::keep || column.role == Role::feature, "missing",
          "keep is for role: feature; of others quarantine the row, or give a value for it");
  v.check((column.missing == Missing::value) == v.given("missing_value"),
          v.given("missing_value") ? "missing_value" : "missing",
          "missing: value and missing_value go together");
}

template <class Visitor>
void schema(Visitor& v, IngestLookup& lookup) {
  v.key("file", lookup.path, "CSV with a header, packed or not.", required, is_path);
  v.key("key", lookup.key, "Its column that names its rows; each value once.", required, non_empty);
  v.key("input_key", lookup.input_key,
        "The inputs' column with such names; default: the same as key.", non_empty);
  v.key("columns", lookup.columns, "Columns to add; none: the file lists the rows to keep.",
        distinct);
}

template <class Visitor>
void schema(Visitor& v, IngestPartition& partition) {
  v.key("name", partition.name,
        "Name, and that of the file: letters, digits, \"-\", \"_\" and \".\".", required,
        a_file_name);
  v.key("owner", partition.owner, "Who owns the rows.", required, non_empty);
  v.key("values", partition.values,
        "Values of the domain column, if there is one, whose rows go here.", non_empty, distinct);
  v.key("sign_with", partition.key, "The owner's private key (PEM); signs the manifest.",
        formerly("key"), required, is_path);
  v.may_be_for(
      "Partitions that this entry is for, each as `<name>`; with the name stands its own.");
}

namespace {

std::size_t count(const IngestConfig& ingest, Role role) {
  return static_cast<std::size_t>(
      std::count_if(ingest.columns.begin(), ingest.columns.end(),
                    [role](const IngestColumn& column) { return column.role == role; }));
}

/// What a column called "pixel_{0..783}" stands for: 784 columns that are treated alike.
struct Range {
  std::string before, after;
  int first = 0, last = 0;

  std::size_t size() const { return static_cast<std::size_t>(std::max(0, last - first + 1)); }
};

/// At most six digits from `at` on, which then stands behind them.
std::optional<int> digits_at(const std::string& name, std::size_t& at) {
  int value = 0;
  const std::size_t begin = at;
  for (; at < name.size() && std::isdigit(static_cast<unsigned char>(name[at])); ++at) {
    if (at - begin == 6) return std::nullopt;
    value = 10 * value + (name[at] - '0');
  }
  return at > begin ? std::optional(value) : std::nullopt;
}

std::optional<Range> range_of(const std::string& name) {
  const auto read = [&](std::size_t open) -> std::optional<Range> {
    std::size_t at = open + 1;
    const auto first = digits_at(name, at);
    if (!first || name.compare(at, 2, "..") != 0) return std::nullopt;
    at += 2;
    const auto last = digits_at(name, at);
    if (!last || name.compare(at, 1, "}") != 0) return std::nullopt;
    return Range{name.substr(0, open), name.substr(at + 1), *first, *last};
  };
  for (std::size_t open = name.rfind('{'); open != std::string::npos;
       open = open == 0 ? std::string::npos : name.rfind('{', open - 1))
    if (auto range = read(open)) return range;
  return std::nullopt;
}

constexpr std::size_t most_columns = 1'000'000;

std::size_t count_expanded(const std::vector<IngestColumn>& columns) {
  std::size_t count = 0;
  for (const IngestColumn& column : columns) {
    const auto range = range_of(column.name);
    count += range ? range->size() : 1;
  }
  return count;
}

std::vector<IngestColumn> expanded(const std::vector<IngestColumn>& columns) {
  std::vector<IngestColumn> all;
  for (const IngestColumn& column : columns) {
    const auto range = range_of(column.name);
    if (!range) {
      all.push_back(column);
      continue;
    }
    for (int i = range->first; i <= range->last; ++i) {
      all.push_back(column);
      all.back().name = range->before + std::to_string(i) + range->after;
    }
  }
  return all;
}

// Columns of the CSV and what becomes of them.
template <class Visitor>
void check_columns(Visitor& v, const IngestConfig& ingest) {
  const std::size_t columns = count_expanded(ingest.columns);
  v.check(columns <= most_columns, "columns",
          fmt::format("{} columns; there may be {} at most", columns, most_columns));
  if (columns > most_columns) return;
  v.check(count(ingest, Role::feature) > 0, "columns", "no column has role: feature");
  for (const auto& [role, word] : words<Role>)
    if (role != Role::feature && role != Role::target && role != Role::ignore)
      v.check(count(ingest, role) <= 1, "columns",
              fmt::format("more than one column has role: {}", word));
  v.check(count(ingest, Role::split) == 0 || ingest.hash_split.empty(), "split",
          "a column has role: split already");

  std::vector<std::string> known = ingest.column_names;
  if (!ingest.file_column.empty()) known.push_back(ingest.file_column);
  for (const IngestLookup& lookup : ingest.lookups)
    known.insert(known.end(), lookup.columns.begin(), lookup.columns.end());
  std::set<std::string> stored;
  for (const IngestColumn& column : expanded(ingest.columns)) {
    const std::string key = "columns." + column.name;
    const std::string& name = column.as.empty() ? column.name : column.as;
    if (column.role == Role::feature || column.role == Role::target)
      v.check(stored.insert(name).second, key, "another column becomes \"" + name + "\"");
    if (!ingest.header)
      v.check(std::find(known.begin(), known.end(), column.source()) != known.end(),
              column.from.empty() ? key : key + ".from",
              "not one of csv.columns" + did_you_mean(column.source(), known));
  }
}

// Which rows go to which partition.
template <class Visitor>
void check_lags(Visitor& v, const IngestConfig& ingest) {
  const auto order = std::ranges::find(ingest.columns, ingest.sorted_by, &IngestColumn::name);
  if (!ingest.sorted_by.empty()) {
    std::vector<std::string> names;
    for (const IngestColumn& column : ingest.columns)
      names.push_back(column.name);
    v.check(order != ingest.columns.end(), "sorted_by",
            "is none of columns" + did_you_mean(ingest.sorted_by, names));
    v.check(order == ingest.columns.end() || order->type == Type::number ||
                order->type == Type::integer || order->type == Type::date,
            "sorted_by", "takes a column of type number, integer or date");
    v.check(order == ingest.columns.end() || order->lag == 0, "sorted_by", "takes no lag");
  }
  bool any = false;
  for (const IngestColumn& column : ingest.columns) {
    if (column.lag == 0) continue;
    any = true;
    const std::string key = "columns." + column.name + ".lag";
    v.check(column.role == Role::feature, key, "only used with role: feature");
    v.check(count(ingest, Role::unit) == 1, key,
            "needs a column with role: unit, whose rows it looks back over");
    v.check(!ingest.sorted_by.empty(), key,
            "needs sorted_by: the column in whose order a unit's rows stand");
    v.check(std::ranges::find(ingest.missing, "") != ingest.missing.end(), key,
            "needs \"\" among csv.missing: a first row has nothing before it");
  }
  v.check(any || ingest.sorted_by.empty(), "sorted_by", "only used with a lag");
}

template <class Visitor>
void check_partitions(Visitor& v, const IngestConfig& ingest) {
  const bool by_column = count(ingest, Role::domain) > 0;
  v.check(by_column || ingest.partitions.size() <= 1, "partitions",
          "more than one partition needs a column with role: domain");
  std::set<std::string> names, values;
  for (std::size_t i = 0; i < ingest.partitions.size(); ++i) {
    const IngestPartition& partition = ingest.partitions[i];
    const std::string item = "partitions." + std::to_string(i);
    v.check(names.insert(partition.name).second, item + ".name",
            "another partition is called \"" + partition.name + "\"");
    v.check(by_column == !partition.values.empty(), item + ".values",
            by_column ? "which values of the domain column are meant?"
                      : "only used with a column of role: domain");
    for (const std::string& value : partition.values)
      v.check(values.insert(value).second, item + ".values",
              "\"" + value + "\" already belongs to another partition");
  }
}

}  // namespace

template <class Visitor>
void schema(Visitor& v, IngestConfig& ingest) {
  key_version(v);
  v.may_include();
  v.either("input", "inputs", ingest.inputs,
           "CSV, also packed (gzip, bzip2, xz, zstd), Parquet or Arrow; part-*.csv means all such "
           "files, \"-\" standard input.",
           non_empty, is_path_or_input, distinct);
  v.section("csv", "How the CSV is written.", [&](auto& s) {
    s.key("delimiter", ingest.csv.delimiter, "What stands between values; a tab is \"\\t\".");
    s.key("decimal", ingest.numbers.decimal, "What stands before the fraction of a number.");
    s.key("thousands", ingest.numbers.thousands,
          "What may stand between groups of three digits; default: nothing.");
    s.key("encoding", ingest.csv.encoding, "How characters are written.",
          one_of("UTF-8", "UTF-16", "ISO-8859-1", "ISO-8859-15", "Windows-1252"));
    s.key("skip_lines", ingest.csv.skip_lines, "Lines before the header.");
    s.key("comment", ingest.csv.comment, "Lines that begin with it are skipped; default: none.");
    s.key("trim", ingest.csv.trim,
          "Around which words (categories, ids) spaces and tabs do not count: unquoted ones, all, "
          "none.");
    s.key("header", ingest.header, "The first line names the columns.");
    s.key("columns", ingest.column_names, "With header: false, the names of the columns.",
          non_empty, distinct);
    s.key("missing", ingest.missing, "Words that mean a missing value, in every column.", distinct);
    s.check(ingest.numbers.decimal != ingest.numbers.thousands, "thousands", "the same as decimal");
    s.check(ingest.header == ingest.column_names.empty(), "columns",
            ingest.header ? "only used with header: false" : "header: false needs the names");
  });
  v.key("file_column", ingest.file_column,
        "Name of a column that each input gets: the name of its file, without folders.", non_empty);
  v.key("sorted_by", ingest.sorted_by,
        "Column in whose order the rows of each unit stand; a row that does not breaks a rule.",
        non_empty);
  v.key("lookups", ingest.lookups,
        "Small CSV files joined by a key: their columns are used like the inputs' own.");
  v.named("columns", ingest.columns, &IngestColumn::name,
          "What each column is, in the order of the partition; others are left out.");
  v.section("split", "Deals rows to splits, if no column has role: split.", [&](auto& s) {
    s.key("hash", ingest.hash_split,
          "Share of each split, by a hash of seed and row number, or unit; the shares sum to 1.",
          positive);
    s.key("seed", ingest.split_seed, "Of the hash. Only used with hash.");
    double total = 0;
    for (const auto& [name, share] : ingest.hash_split)
      total += share;
    s.check(ingest.hash_split.empty() || std::abs(total - 1) < 1e-9, "hash",
            fmt::format("the shares sum to {:.12g}, not to 1", total));
    s.check(!ingest.hash_split.empty() || !s.given("seed"), "seed", "only used with hash");
  });
  v.key("output", ingest.output, "Folder for partitions and quarantine.csv.", required, is_path);
  v.key("block_rows", ingest.block_rows,
        "Rows of a block, the atom of work; a part of the data's identity.", at_least(1),
        at_most(1 << 20));
  v.key("id_bytes", ingest.id_bytes, "Room for each id; a row with a longer one is quarantined.",
        at_least(1), at_most(4096));
  v.key("quarantine_at_most", ingest.quarantine_at_most,
        "Share of the rows that may break a rule; with more nothing is written but them.",
        at_least(0), at_most(1));
  v.key("precision", ingest.precision, "How features are stored.", one_of("float64", "float32"));
  v.key("partitions", ingest.partitions,
        "What is written; more than one need a column with role: domain.", required, non_empty);

  check_columns(v, ingest);
  check_lags(v, ingest);
  check_partitions(v, ingest);
}

std::optional<double> end_of_split(const IngestColumn& column, const std::string& last) {
  if (column.type == Type::date) {
    const std::optional<double> day = DateFormat("%F").read(last);
    return day ? std::optional(*day + 1) : std::nullopt;
  }
  const std::optional<double> value = parse_number(last);
  return value ? std::optional(std::nextafter(*value, std::numeric_limits<double>::infinity()))
               : std::nullopt;
}

IngestConfig parse_ingest_config(const std::string& text, const std::string& path) {
  return parse_ingest_config(ConfigFiles{{path, text}});
}

IngestConfig parse_ingest_config(const ConfigFiles& files) {
  IngestConfig config;
  config.path = files.front().path;
  config.files = files;
  parse_config(files, config);
  config.columns = expanded(config.columns);
  return config;
}

void as_increment(IngestConfig& config, const std::string& increment) {
  config.increment = increment;
  for (IngestPartition& partition : config.partitions) {
    partition.increments = increments_path(config.output, partition.name);
    partition.name += "-" + increment;
    check_partition_name(partition.name, "--increment");
  }
  config.output += "/" + increment;
}

OrderedJson ingest_schema() {
  return SchemaWriter::type_of(IngestConfig());
}

}  // namespace bailiwick
