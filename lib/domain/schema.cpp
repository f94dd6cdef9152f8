// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/domain/schema.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "lib/core/text.hpp"
#include "lib/domain/members.hpp"

namespace bailiwick {

namespace {

Json column_to_json(const Column& column) {
  Json json = {{"name", column.name}};
  if (!column.unit.empty()) json["unit"] = column.unit;
  if (!column.description.empty()) json["description"] = column.description;
  if (!column.categories.empty()) json["categories"] = column.categories;
  if (!column.source.empty()) json["source"] = column.source;
  if (!column.level.empty()) json["level"] = column.level;
  if (column.minimum) json["minimum"] = *column.minimum;
  if (column.maximum) json["maximum"] = *column.maximum;
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

Column column_from_json(const Json& json, bool target, const std::string& what) {
  std::vector<std::string> allowed = {"name", "unit", "description", "minimum", "maximum"};
  if (target)
    allowed.push_back("categories");
  else
    allowed.insert(allowed.end(), {"source", "level"});
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
  return column;
}

std::vector<Column> columns_from_json(const Json& json, const std::string& key, bool target,
                                      const std::string& what) {
  if (!json.contains(key) || !json.at(key).is_array())
    throw Error(ExitCode::data, "{}: \"{}\" must be an array of columns", what, key);
  std::vector<Column> columns;
  for (const Json& item : json.at(key))
    columns.push_back(
        column_from_json(item, target, fmt::format("{}: {}[{}]", what, key, columns.size())));
  return columns;
}

std::vector<std::string> names(const std::vector<Column>& columns) {
  std::vector<std::string> result;
  for (const Column& column : columns)
    result.push_back(column.name);
  return result;
}

std::size_t find(const std::vector<Column>& columns, const std::string& name, const char* kind) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  std::vector<std::string> known = names(columns);
  const std::string hint = did_you_mean(name, known);
  constexpr std::size_t shown = 12;
  if (known.size() > shown) {
    known.resize(shown);
    known.push_back(fmt::format("… ({} in all)", columns.size()));
  }
  throw Error(ExitCode::data, "no {} \"{}\" in the partition; it has: {}{}", kind, name,
              join(known), hint);
}

std::string describe_columns(const std::vector<Column>& ours, const std::vector<Column>& theirs,
                             const char* kind) {
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
    if (ours[i].name != theirs[i].name)
      return fmt::format("{} {} is \"{}\" here and \"{}\" there", kind, i + 1, ours[i].name,
                         theirs[i].name);
    if (ours[i] != theirs[i])
      return fmt::format("{} \"{}\" is {} here and {} there", kind, ours[i].name,
                         column_to_json(ours[i]).dump(), column_to_json(theirs[i]).dump());
  }
  if (ours.size() != theirs.size())
    return fmt::format("{} {}s here and {} there", ours.size(), kind, theirs.size());
  return {};
}

}  // namespace

std::size_t Schema::feature(const std::string& name) const {
  return find(features, name, "feature");
}

std::size_t Schema::target(const std::string& name) const {
  return find(targets, name, "target");
}

Json to_json(const Schema& schema) {
  return {{"features", columns_to_json(schema.features)},
          {"targets", columns_to_json(schema.targets)},
          {"weights", schema.has_weights},
          {"ids", schema.has_ids},
          {"splits", schema.splits}};
}

Schema schema_from_json(const Json& json, const std::string& what) {
  check_members(json, {"features", "targets", "weights", "ids", "splits"}, what);
  Schema schema;
  schema.features = columns_from_json(json, "features", false, what);
  schema.targets = columns_from_json(json, "targets", true, what);
  schema.has_weights = optional_member<bool>(json, "weights", what);
  schema.has_ids = optional_member<bool>(json, "ids", what);
  schema.splits = optional_member<std::vector<std::string>>(json, "splits", what);
  if (schema.features.empty()) throw Error(ExitCode::data, "{}: no features", what);
  std::vector<std::string> columns = names(schema.features);
  for (const Column& column : schema.targets)
    columns.push_back(column.name);
  check_distinct(columns, what + ": features and targets");
  check_distinct(schema.splits, what + ": splits");
  if (schema.splits.size() > 256)
    throw Error(ExitCode::data, "{}: {} splits; a code is one byte", what, schema.splits.size());
  return schema;
}

std::string describe_difference(const Schema& ours, const Schema& theirs) {
  std::vector<std::string> differences;
  const auto add = [&](std::string text) {
    if (!text.empty()) differences.push_back(std::move(text));
  };
  add(describe_columns(ours.features, theirs.features, "feature"));
  add(describe_columns(ours.targets, theirs.targets, "target"));
  const auto presence = [&](bool here, bool there, const char* kind) {
    if (here != there) add(fmt::format("{} only {}", kind, here ? "here" : "there"));
  };
  presence(ours.has_weights, theirs.has_weights, "weights");
  presence(ours.has_ids, theirs.has_ids, "ids");
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
