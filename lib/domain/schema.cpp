// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/domain/schema.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/members.hpp"

namespace bailiwick {

namespace {

Json column_to_json(const Column& column) {
  Json json = {{"name", column.name}};
  if (!column.unit.empty()) json["unit"] = column.unit;
  if (!column.description.empty()) json["description"] = column.description;
  if (!column.categories.empty()) json["categories"] = column.categories;
  if (column.is_category()) {
    json["levels"] = column.levels;
    json["reference"] = column.reference ? Json(column.levels[*column.reference]) : Json(nullptr);
  }
  if (!column.source.empty()) json["source"] = column.source;
  if (!column.level.empty()) json["level"] = column.level;
  if (column.minimum) json["minimum"] = *column.minimum;
  if (column.maximum) json["maximum"] = *column.maximum;
  if (column.missing) json["missing"] = true;
  return json;
}

Json columns_to_json(const std::vector<Column>& columns) {
  Json json = Json::array();
  for (const Column& column : columns)
    json.push_back(column_to_json(column));
  return json;
}

template <class T>
T optional_member(const Json& object, const std::string& key, const std::string& what,
                  T absent = {}) {
  return object.contains(key) ? json_member<T>(object, key, what) : absent;
}

std::optional<double> bound_member(const Json& object, const std::string& key,
                                   const std::string& what) {
  if (!object.contains(key)) return std::nullopt;
  if (!object.at(key).is_number())
    throw Error(ExitCode::data, "{}: \"{}\" must be a number", what, key);
  return object.at(key).get<double>();
}

void check_distinct(const std::vector<std::string>& words, const std::string& what) {
  std::set<std::string> seen;
  for (const std::string& word : words) {
    if (word.empty()) throw Error(ExitCode::data, "{}: empty name", what);
    check_line(word, what);
    if (!seen.insert(word).second)
      throw Error(ExitCode::data, "{}: \"{}\" occurs twice", what, word);
  }
}

/// Absent: the first level; null: none.
std::optional<std::size_t> reference_member(const Json& json, const Column& column,
                                            const std::string& what) {
  if (!json.contains("reference")) return 0;
  if (json.at("reference").is_null()) return std::nullopt;
  const auto name = json_member<std::string>(json, "reference", what);
  const auto found = std::ranges::find(column.levels, name);
  if (found == column.levels.end())
    throw Error(ExitCode::data, "{}: \"reference\" must be one of the levels or null, found \"{}\"",
                what, printable(name));
  return static_cast<std::size_t>(found - column.levels.begin());
}

void check_count(std::size_t levels, const std::string& what) {
  if (levels > most_levels)
    throw Error(ExitCode::data, "{}: {} levels; at most {} are possible", what, levels,
                most_levels);
}

void read_levels(const Json& json, Column& column, const std::string& what) {
  column.levels = optional_member<std::vector<std::string>>(json, "levels", what);
  if (column.is_category()) {
    check_distinct(column.levels, what + ".levels");
    check_count(column.levels.size(), what);
    column.reference = reference_member(json, column, what);
    if (column.minimum || column.maximum)
      throw Error(ExitCode::data, "{}: a category has levels and no range", what);
  } else if (json.contains("levels") || json.contains("reference")) {
    throw Error(ExitCode::data, "{}: \"{}\" of a feature without levels", what,
                json.contains("levels") ? "levels" : "reference");
  }
}

enum class Role { feature_of_version_1, feature, feature_of_version_4, target };

Column column_from_json(const Json& json, Role role, const std::string& what) {
  std::vector<std::string> allowed = {"name", "unit", "description", "minimum", "maximum"};
  if (role == Role::target)
    allowed.push_back("categories");
  else if (role == Role::feature_of_version_1)
    allowed.insert(allowed.end(), {"source", "level"});
  else
    allowed.insert(allowed.end(), {"levels", "reference"});
  if (role == Role::feature_of_version_4) allowed.push_back("missing");
  check_members(json, allowed, what);
  Column column;
  column.name = json_member<std::string>(json, "name", what);
  column.unit = optional_member<std::string>(json, "unit", what);
  column.description = optional_member<std::string>(json, "description", what);
  column.categories = optional_member<std::vector<std::string>>(json, "categories", what);
  column.source = optional_member<std::string>(json, "source", what);
  column.level = optional_member<std::string>(json, "level", what);
  for (const std::string* text : {&column.unit, &column.source, &column.level})
    check_line(*text, what);
  column.minimum = bound_member(json, "minimum", what);
  column.maximum = bound_member(json, "maximum", what);
  check_distinct(column.categories, what + ".categories");
  if (column.minimum && column.maximum && !(*column.minimum <= *column.maximum))
    throw Error(ExitCode::data, "{}: minimum {} is above maximum {}", what,
                round_trip(*column.minimum), round_trip(*column.maximum));
  column.missing = optional_member<bool>(json, "missing", what);
  read_levels(json, column, what);
  if (column.missing && column.is_category())
    throw Error(ExitCode::data, "{}: \"missing\" of a category, whose level \"{}\" says so", what,
                missing_level);
  return column;
}

std::vector<Column> columns_from_json(const Json& json, const std::string& key, Role role,
                                      const std::string& what) {
  if (!json.contains(key) || !json.at(key).is_array())
    throw Error(ExitCode::data, "{}: \"{}\" must be an array of columns", what, key);
  std::vector<Column> columns;
  for (const Json& item : json.at(key))
    columns.push_back(
        column_from_json(item, role, fmt::format("{}: {}[{}]", what, key, columns.size())));
  return columns;
}

/// Version 1 spreads a category over the indicators of its levels.
void gather_indicators(Schema& schema, const std::string& what) {
  std::map<std::string, std::size_t> places;
  std::vector<Column> gathered;
  for (const Column& column : schema.features) {
    if (column.source.empty()) {
      gathered.push_back(column);
      continue;
    }
    const auto [place, is_new] = places.emplace(column.source, gathered.size());
    if (is_new)
      gathered.push_back({.name = column.source,
                          .unit = column.unit,
                          .description = column.description,
                          .levels = {"(none of these)"},
                          .reference = 0,
                          .indicators = {""}});
    Column& category = gathered[place->second];
    category.levels.push_back(column.level);
    category.indicators.push_back(column.name);
    check_count(category.levels.size(), what);
  }
  if (places.empty()) return;
  schema.version_1 = std::move(schema.features);
  schema.features = std::move(gathered);
}

std::vector<std::string> names(const std::vector<Column>& columns) {
  std::vector<std::string> result;
  for (const Column& column : columns)
    result.push_back(column.name);
  return result;
}

/// What differs between the levels of a category, in words; empty if nothing does.
std::string describe_levels(const Column& ours, const Column& theirs) {
  for (const auto& [list, other, where] :
       {std::tuple(&ours.levels, &theirs.levels, "here"), {&theirs.levels, &ours.levels, "there"}})
    for (const std::set<std::string> known(other->begin(), other->end());
         const std::string& level : *list)
      if (!known.contains(level))
        return fmt::format("\"{}\" has the level \"{}\" only {}", ours.name, level, where);
  const auto reference = [](const Column& column) {
    return column.reference ? "\"" + column.levels[*column.reference] + "\"" : "none";
  };
  for (std::size_t code = 0; code < ours.levels.size(); ++code)
    if (ours.levels[code] != theirs.levels[code])
      return fmt::format("level {} of \"{}\" is \"{}\" here and \"{}\" there", code + 1, ours.name,
                         ours.levels[code], theirs.levels[code]);
  if (ours.reference != theirs.reference)
    return fmt::format("the reference of \"{}\" is {} here and {} there", ours.name,
                       reference(ours), reference(theirs));
  return {};
}

std::string describe_columns(const std::vector<Column>& ours, const std::vector<Column>& theirs,
                             const char* kind) {
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
    if (ours[i].name != theirs[i].name)
      return fmt::format("{} {} is \"{}\" here and \"{}\" there", kind, i + 1, ours[i].name,
                         theirs[i].name);
    if (ours[i] != theirs[i] && ours[i].is_category() && theirs[i].is_category())
      if (std::string levels = describe_levels(ours[i], theirs[i]); !levels.empty()) return levels;
    if (ours[i] != theirs[i])
      return fmt::format("{} \"{}\" is {} here and {} there", kind, ours[i].name,
                         column_to_json(ours[i]).dump(), column_to_json(theirs[i]).dump());
  }
  if (ours.size() != theirs.size())
    return fmt::format("{} {}s here and {} there", ours.size(), kind, theirs.size());
  return {};
}

}  // namespace

std::optional<std::size_t> Column::missing_code() const {
  const auto found = std::ranges::find(levels, missing_level);
  if (found == levels.end()) return std::nullopt;
  return static_cast<std::size_t>(found - levels.begin());
}

bool Schema::has_missing() const {
  return std::ranges::any_of(features, &Column::missing);
}

std::size_t Schema::categories() const {
  return static_cast<std::size_t>(std::ranges::count_if(features, &Column::is_category));
}

Json to_json(const Schema& schema) {
  Json json = {
      {"features", columns_to_json(schema.version_1.empty() ? schema.features : schema.version_1)},
      {"targets", columns_to_json(schema.targets)},
      {"weights", schema.has_weights},
      {"ids", schema.has_ids},
      {"splits", schema.splits}};
  if (schema.has_units) json["units"] = true;
  return json;
}

Schema schema_from_json(const Json& json, const std::string& what, std::uint64_t version) {
  check_members(json, {"features", "targets", "weights", "ids", "splits", "units"}, what);
  Schema schema;
  schema.features = columns_from_json(json, "features",
                                      version == 1   ? Role::feature_of_version_1
                                      : version == 4 ? Role::feature_of_version_4
                                                     : Role::feature,
                                      what);
  schema.targets = columns_from_json(json, "targets", Role::target, what);
  schema.has_weights = optional_member<bool>(json, "weights", what);
  schema.has_ids = optional_member<bool>(json, "ids", what);
  schema.has_units = optional_member<bool>(json, "units", what);
  if (schema.has_units != (version == 3) && version != 4)
    throw Error(ExitCode::data,
                "{}: format version {} with \"units\": {}; they are what version 3 has", what,
                version, schema.has_units);
  if (version == 4 && !schema.has_missing())
    throw Error(ExitCode::data,
                "{}: format version 4 without a feature of \"missing\": true, which is what it has",
                what);
  schema.splits = optional_member<std::vector<std::string>>(json, "splits", what);
  if (schema.features.empty()) throw Error(ExitCode::data, "{}: no features", what);
  std::vector<std::string> columns = names(schema.features);
  for (const Column& column : schema.targets)
    columns.push_back(column.name);
  for (const Column& column : schema.features)
    for (std::size_t code = 0; code < column.levels.size(); ++code)
      columns.push_back(column.indicator(code));
  check_distinct(columns, what + ": features and targets");
  check_distinct(schema.splits, what + ": splits");
  if (schema.splits.size() > 256)
    throw Error(ExitCode::data, "{}: {} splits; a code is one byte", what, schema.splits.size());
  if (version == 1) gather_indicators(schema, what);
  return schema;
}

std::string describe_difference(const Schema& ours, const Schema& theirs) {
  std::vector<std::string> differences;
  const auto add = [&](std::string text) {
    if (!text.empty()) differences.push_back(std::move(text));
  };
  if ((ours.version() == 1) != (theirs.version() == 1))
    add(fmt::format("categories are {} here and {} there; ingest both with the same release",
                    ours.version() == 1 ? "indicators (format version 1)" : "codes",
                    theirs.version() == 1 ? "indicators (format version 1)" : "codes"));
  else if (ours.version() == 1)
    add(describe_columns(ours.version_1, theirs.version_1, "feature"));
  else
    add(describe_columns(ours.features, theirs.features, "feature"));
  add(describe_columns(ours.targets, theirs.targets, "target"));
  const auto presence = [&](bool here, bool there, const char* kind) {
    if (here != there) add(fmt::format("{} only {}", kind, here ? "here" : "there"));
  };
  presence(ours.has_weights, theirs.has_weights, "weights");
  presence(ours.has_ids, theirs.has_ids, "ids");
  presence(ours.has_units, theirs.has_units, "units");
  if (ours.splits != theirs.splits)
    add(fmt::format("splits are [{}] here and [{}] there", join(ours.splits), join(theirs.splits)));
  return join(differences, "; ");
}

std::size_t split_code(const Schema& schema, const std::string& split, const char* key) {
  const auto found = std::find(schema.splits.begin(), schema.splits.end(), split);
  if (found == schema.splits.end())
    throw Error(ExitCode::config, "{}: the partitions have no split \"{}\"; they have: {}{}", key,
                split, schema.splits.empty() ? "none" : join(schema.splits),
                did_you_mean(split, schema.splits));
  return static_cast<std::size_t>(found - schema.splits.begin());
}

}  // namespace bailiwick
