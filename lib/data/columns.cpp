// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/columns.hpp"

#include <iterator>
#include <map>
#include <set>

#include "lib/core/text.hpp"
#include "lib/data/pattern.hpp"

namespace bailiwick {

namespace {

std::size_t index_of(const std::vector<Column>& columns, const std::string& name, const char* what,
                     const std::string& key) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) return i;
    names.push_back(columns[i].name);
  }
  throw Error(ExitCode::config, "{}: the partitions have no {} \"{}\"; they have: {}{}", key, what,
              name, join(names), did_you_mean(name, names));
}

std::string feature_name(const Schema& schema, const ModelFeature& feature) {
  const Column& column = schema.features[feature.column];
  return feature.level ? column.indicator(*feature.level) : column.name;
}

std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns)
    names.push_back(column.name);
  return names;
}

/// What a config may ask for, by name: a number, one level of a category, or a category, which
/// means all its levels but the reference, and but that of missing ones, if no row keeps it.
std::map<std::string, std::vector<ModelFeature>> named_features(const Schema& schema,
                                                                const MissingRules& rules) {
  std::map<std::string, std::vector<ModelFeature>> named;
  const std::vector<Column>& columns = schema.features;
  for (std::size_t j = 0; j < columns.size(); ++j)
    if (!columns[j].is_category()) named[columns[j].name] = {{j, std::nullopt}};
  for (std::size_t j = 0; j < columns.size(); ++j)
    for (std::size_t code = 0; code < columns[j].levels.size(); ++code)
      named.try_emplace(columns[j].indicator(code), std::vector<ModelFeature>{{j, code}});
  // Last: in version 1 an indicator may be called like its category.
  for (std::size_t j = 0; j < columns.size(); ++j) {
    std::vector<ModelFeature> levels;
    for (std::size_t code = 0; code < columns[j].levels.size(); ++code)
      if (code != columns[j].reference && !(rules[j] && code == columns[j].missing_code()))
        levels.push_back({j, code});
    if (columns[j].is_category()) named.try_emplace(columns[j].name, std::move(levels));
  }
  named.erase("");  // in version 1 the reference has no name
  return named;
}

NumberColumn number_column(const Schema& schema, const std::string& name, const char* key) {
  std::vector<std::string> names;
  for (const bool is_target : {false, true}) {
    const std::vector<Column>& columns = is_target ? schema.targets : schema.features;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].is_category() || !columns[i].categories.empty()) continue;
      if (columns[i].name == name && columns[i].missing)
        throw Error(
            ExitCode::config,
            "{}: \"{}\" has missing values (missing: keep, at ingest), and nothing can stand "
            "for them here: have the owners ingest it with missing: quarantine",
            key, name);
      if (columns[i].name == name) return {is_target, i};
      names.push_back(columns[i].name);
    }
  }
  throw Error(ExitCode::config, "{}: the partitions have no number \"{}\"; they have: {}{}", key,
              name, join(names), did_you_mean(name, names));
}

/// The category among the names that has this level, as the levels that it stands for.
void spell_out(std::vector<std::string>& names, const std::string& level,
               const std::map<std::string, std::vector<ModelFeature>>& named,
               const Schema& schema) {
  const auto found = named.find(level);
  if (found == named.end() || !found->second.front().level ||
      std::ranges::find(names, level) != names.end())
    return;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto category = named.find(names[i]);
    if (category == named.end() ||
        std::ranges::find(category->second, found->second.front()) == category->second.end())
      continue;
    names.erase(names.begin() + static_cast<std::ptrdiff_t>(i));
    for (const ModelFeature& feature : category->second)
      names.insert(names.begin() + static_cast<std::ptrdiff_t>(i++), feature_name(schema, feature));
    return;
  }
}

/// What model.features asks for, name by name: all that have no other part in the model, those that
/// a pattern stands for, without those that are taken out by a minus.
std::vector<std::string> wanted_names(
    const ModelConfig& model, const Schema& schema,
    const std::map<std::string, std::vector<ModelFeature>>& named) {
  std::vector<std::string> all =
      names_of(schema.version_1.empty() ? schema.features : schema.version_1);
  std::erase_if(all, [&](const std::string& name) {
    return name == model.trials || name == model.offset || name == model.exposure;
  });
  for (const Column& column : schema.features) {
    if (std::ranges::find(model.strata_by, column.name) == model.strata_by.end()) continue;
    std::erase(all, column.name);
    for (const std::string& indicator : column.indicators)
      std::erase(all, indicator);
  }
  for (const std::string& entry : model.features)
    if (!named.contains(entry) &&
        std::ranges::count(entry, '(') != std::ranges::count(entry, ')') &&
        entry.find('[') == entry.npos)
      throw Error(ExitCode::config,
                  "model.features: \"{}\": a parenthesis has no partner; in a list in brackets, "
                  "quote what has a comma: [\"rcs(age, 40, 60, 80)\"]",
                  entry);
  const auto takes_out = [&](const std::string& entry) {
    return entry.starts_with('-') && !named.contains(entry);
  };
  std::vector<std::string> wanted;
  if (std::ranges::all_of(model.features, takes_out)) wanted = all;
  for (const std::string& entry : model.features) {
    const bool out = takes_out(entry);
    const std::string name = out ? entry.substr(1) : entry;
    if (out) spell_out(wanted, name, named, schema);
    if (named.contains(name) || name.find('*') == name.npos) {
      if (!out) wanted.push_back(name);
      if (out && std::erase(wanted, name) == 0)
        throw Error(ExitCode::config, "model.features: \"{}\" takes out what is not there: {}{}",
                    entry, join(wanted), did_you_mean(name, wanted));
      continue;
    }
    const auto is_meant = [&](const std::string& candidate) {
      return matches_pattern(name, candidate);
    };
    if (out)
      for (const auto& [candidate, ignored] : named)
        if (is_meant(candidate) && std::ranges::none_of(wanted, is_meant))
          spell_out(wanted, candidate, named, schema);
    if (std::ranges::none_of(out ? wanted : all, is_meant))
      throw Error(ExitCode::config, "model.features: \"{}\" stands for none of: {}", entry,
                  join(out ? wanted : all));
    if (out)
      std::erase_if(wanted, is_meant);
    else
      std::ranges::copy_if(all, std::back_inserter(wanted), is_meant);
  }
  return wanted;
}

/// Of a column that has no unit, nobody has said that it is no date.
void check_dates(const std::string& name, const DerivedFactor& factor, const Column& column) {
  if (factor.steps.empty() || !factor.steps.front().is_of_dates()) return;
  if (!column.unit.empty() && column.unit != unit_of_dates)
    throw Error(ExitCode::config, "model.features: \"{}\": \"{}\" is no date: its unit is \"{}\"",
                name, column.name, column.unit);
}

void select_features(const ModelConfig& model, const Schema& schema, const MissingRules& rules,
                     ModelColumns& columns) {
  const auto named = named_features(schema, rules);
  KnownColumns plain;
  for (const auto& [name, ignored] : named)
    plain.names.push_back(name);
  plain.find = [&](const std::string& name) -> std::optional<std::vector<DerivedColumn>> {
    const auto found = named.find(name);
    if (found == named.end()) return {};
    std::vector<DerivedColumn> list;
    for (const auto& [column, level, none] : found->second)
      list.push_back({feature_name(schema, {column, level}), {{column, level, {}}}});
    return list;
  };
  std::vector<std::string> unknown;
  std::set<std::string> seen;
  for (const std::string& name : wanted_names(model, schema, named)) {
    std::optional<std::vector<DerivedColumn>> found = parse_derived(name, plain);
    if (!found) unknown.push_back('"' + name + '"' + did_you_mean(name, plain.names));
    for (DerivedColumn& column : found.value_or(std::vector<DerivedColumn>())) {
      if (!seen.insert(column.name).second)
        throw Error(ExitCode::config,
                    "model.features: \"{}\" asks for \"{}\", which is there already", name,
                    column.name);
      const DerivedFactor& first = column.factors.front();
      columns.names.push_back(column.name);
      if (column.factors.size() == 1 && first.steps.empty()) {
        columns.features.push_back({first.column, first.level});
      } else {
        if (named.contains(column.name))
          throw Error(ExitCode::config,
                      "model.features: what \"{}\" makes would be called like the partitions' own "
                      "\"{}\"",
                      name, column.name);
        columns.features.push_back({first.column, std::nullopt, columns.derived.size()});
        for (const DerivedFactor& factor : column.factors)
          check_dates(column.name, factor, schema.features[factor.column]);
        columns.derived.push_back(std::move(column));
      }
    }
  }
  if (!unknown.empty())
    throw Error(ExitCode::config,
                "model.features: the partitions have no feature {}; they have: {}", join(unknown),
                join(names_of(schema.features)));
}

/// The rules of those whose value `columns` take, or the model's strata. Throws ExitCode::config
/// for a number that may be missing without a rule, for the level of missing ones where no row
/// keeps it, and for missing() of a number that never is.
std::vector<MissingFeature> select_missing(const ModelConfig& model, const Schema& schema,
                                           const MissingRules& rules, const ModelColumns& columns) {
  std::set<std::size_t> used;
  const auto use = [&](std::size_t j, std::optional<std::size_t> level) {
    const Column& column = schema.features[j];
    used.insert(j);
    if (rules[j] && level && level == column.missing_code())
      throw Error(ExitCode::config,
                  "model.missing: {}: no row keeps the level \"{}\": take \"{}\" out of "
                  "model.features",
                  column.name, missing_level, column.indicator(*level));
    if (column.missing && !rules[j])
      throw Error(ExitCode::config,
                  "model.missing: \"{0}\" has missing values (missing: keep, at ingest): say what "
                  "stands for them, {0}: median, or mean or a number, or drop its rows",
                  column.name);
  };
  for (const ModelFeature& feature : columns.features) {
    if (!feature.derived) use(feature.column, feature.level);
    if (!feature.derived) continue;
    const DerivedColumn& derived = columns.derived[*feature.derived];
    for (const DerivedFactor& factor : derived.factors)
      if (!factor.asks_missing())
        use(factor.column, factor.level);
      else if (!schema.features[factor.column].missing)
        throw Error(ExitCode::config,
                    "model.features: \"{}\": \"{}\" is never missing in these partitions (missing: "
                    "keep, at ingest)",
                    derived.name, schema.features[factor.column].name);
  }
  std::vector<MissingFeature> selected;
  for (std::size_t j = 0; j < rules.size(); ++j) {
    const bool is_stratum =
        std::ranges::find(model.strata_by, schema.features[j].name) != model.strata_by.end();
    if (rules[j] && (is_stratum || used.contains(j))) selected.push_back(*rules[j]);
  }
  return selected;
}

/// Levels of one category are read as its code. Cox models of a linear predictor, which sort rows
/// by time, and clustered errors, which need single rows' scores, read them as numbers.
void find_factors(const ModelConfig& model, ModelColumns& columns) {
  for (const ModelFeature& feature : columns.features) {
    std::optional<std::size_t>& factor = columns.factor.emplace_back();
    if (!feature.level || !model.kind->reads_codes || model.cluster != Cluster::none) continue;
    const auto found = std::ranges::find(columns.factors, feature.column);
    factor = static_cast<std::size_t>(found - columns.factors.begin());
    if (found == columns.factors.end()) columns.factors.push_back(feature.column);
  }
}

void find_embeddings(const ModelConfig& model, const Schema& schema, ModelColumns& columns) {
  std::vector<std::string> chosen, known;
  for (const std::size_t column : columns.factors)
    chosen.push_back(schema.features[column].name);
  for (const Column& column : schema.features)
    if (column.is_category()) known.push_back(column.name);
  for (const auto& [name, dimension] : model.mlp.embeddings) {
    if (std::ranges::find(chosen, name) != chosen.end()) continue;
    const std::string key = "model.mlp.embeddings." + name;
    if (std::ranges::find(known, name) != known.end())
      throw Error(ExitCode::config, "{}: none of its levels is in model.features", key);
    throw Error(ExitCode::config, "{}: the partitions have no category \"{}\"; they have: {}{}",
                key, name, known.empty() ? "none" : join(known), did_you_mean(name, known));
  }
  for (std::size_t f = 0; f < chosen.size(); ++f) {
    const auto found = model.mlp.embeddings.find(chosen[f]);
    if (found == model.mlp.embeddings.end()) continue;
    const auto levels =
        static_cast<std::size_t>(std::ranges::count(columns.factor, std::optional(f)));
    columns.embeddings.push_back(
        {chosen[f], f, 1 + levels, static_cast<std::size_t>(found->second)});
  }
}

/// Of the target's categories, or of 0 and 1: what the config gives each.
void weigh_classes(const ModelConfig& model, const Column& target, ModelColumns& columns) {
  columns.classes = target.categories;
  if (columns.classes.empty()) columns.classes = {"0", "1"};
  if (model.balance_classes) return;
  columns.class_weights.assign(columns.classes.size(), 1.0);
  for (const auto& [name, weight] : model.class_weights) {
    const auto found = std::ranges::find(columns.classes, name);
    if (found == columns.classes.end())
      throw Error(ExitCode::config,
                  "model.class_weights: the target has no category \"{}\"; it has: {}{}", name,
                  join(columns.classes), did_you_mean(name, columns.classes));
    columns.class_weights[static_cast<std::size_t>(found - columns.classes.begin())] = weight;
  }
}

}  // namespace

std::set<std::size_t> features_taken(const ModelColumns& columns) {
  std::set<std::size_t> taken(columns.factors.begin(), columns.factors.end());
  for (const ModelFeature& feature : columns.features)
    if (!feature.derived) taken.insert(feature.column);
  for (const DerivedColumn& derived : columns.derived)
    for (const DerivedFactor& factor : derived.factors)
      taken.insert(factor.column);
  return taken;
}

bool has_times(const ModelConfig& model) {
  return model.kind->response(model) == kernels::Response::hazard;
}

std::vector<StrataCategory> select_strata(const ModelConfig& model, const Schema& schema,
                                          const ModelColumns& columns) {
  constexpr std::size_t most = 1 << 16;
  std::vector<StrataCategory> strata;
  std::size_t count = 1;
  for (const std::string& name : model.strata_by) {
    const auto fail = [&](const std::string& why) {
      throw Error(ExitCode::config, "model.cox.strata_by: \"{}\" {}", name, why);
    };
    std::vector<std::string> known;
    for (std::size_t j = 0; j < schema.features.size(); ++j) {
      const Column& column = schema.features[j];
      if (column.is_category()) known.push_back(column.name);
      if (column.name != name) continue;
      if (!column.is_category())
        fail(
            "is a number, and strata are the levels of a category: have the owners declare it one "
            "at ingest (type: category), in groups if it has many values");
      strata.push_back({name, j, column.levels});
    }
    if (strata.empty() || strata.back().name != name)
      fail(fmt::format("is no category of the partitions' features; they have: {}{}",
                       known.empty() ? "none" : join(known), did_you_mean(name, known)));
    for (const ModelFeature& feature : columns.features)
      if (feature.column == strata.back().column && !feature.derived)
        fail(
            "is in model.features too, where it can say nothing: rows are only compared with "
            "others of its own level");
    count *= strata.back().levels.size();
    if (count > most) fail(fmt::format("makes {} strata or more, of {} at most", count, most));
  }
  return strata;
}

ModelColumns select_columns(const ModelConfig& model, const Schema& schema, bool with_targets) {
  ModelColumns columns;
  columns.intercept = model.kind->intercept && model.intercept;
  columns.weights = model.weights && with_targets;
  if (columns.weights && !schema.has_weights)
    throw Error(ExitCode::config, "model.weights: the partitions have no row weights");
  if (columns.intercept) columns.names.push_back("(intercept)");
  const MissingRules rules = missing_rules(model.missing, schema);
  select_features(model, schema, rules, columns);
  columns.missing = select_missing(model, schema, rules, columns);
  if (columns.names.empty())
    throw Error(ExitCode::config, "model: no feature and no intercept to fit");
  find_factors(model, columns);
  find_embeddings(model, schema, columns);
  if (!model.offset.empty()) columns.offset = number_column(schema, model.offset, "model.offset");
  if (!model.exposure.empty())
    columns.exposure = number_column(schema, model.exposure, "model.exposure");
  if (!with_targets) return columns;
  columns.units = model.cluster == Cluster::unit;
  if (columns.units && !schema.has_units)
    throw Error(
        ExitCode::config,
        "model.cluster: the partitions do not say whose rows are whose (role: unit, at ingest)");
  if (!model.trials.empty()) columns.trials = number_column(schema, model.trials, "model.trials");

  if (has_times(model)) {
    columns.targets = {index_of(schema.targets, model.time, "target", "model.time"),
                       index_of(schema.targets, model.status, "target", "model.status")};
    if (!model.entry.empty())
      columns.targets.push_back(index_of(schema.targets, model.entry, "target", "model.entry"));
    columns.strata = select_strata(model, schema, columns);
  } else if (!model.target.empty()) {
    columns.targets = {index_of(schema.targets, model.target, "target", "model.target")};
  } else if (schema.targets.size() == 1) {
    columns.targets = {0};
  } else {
    std::vector<std::string> names;
    for (const Column& column : schema.targets)
      names.push_back(column.name);
    throw Error(ExitCode::config, "model.target: say which of the targets to fit: {}", join(names));
  }
  const Column& target = schema.targets[columns.targets[0]];
  if (model.kind->response(model) != kernels::Response::classes && target.categories.size() > 2)
    throw Error(ExitCode::config,
                "model.target: \"{}\" has {} categories; a {} model needs a number or two of them: "
                "kind: multinomial has a probability for each",
                target.name, target.categories.size(), model.kind->name);
  if (model.kind->response(model) == kernels::Response::classes) {
    columns.categories = schema.targets[columns.targets[0]].categories;
    if (columns.categories.size() < 2)
      throw Error(ExitCode::config,
                  "model.target: \"{}\" has no categories; a model of kind {} needs two or more",
                  schema.targets[columns.targets[0]].name, model.kind->name);
  }
  if (model.weighs_classes()) weigh_classes(model, target, columns);
  return columns;
}

ModelColumns all_columns(const Schema& schema, const std::set<std::string>* only) {
  ModelColumns columns;
  const auto takes = [&](const Column& column) {
    return only == nullptr || only->contains(column.name);
  };
  for (std::size_t j = 0; j < schema.features.size(); ++j) {
    const Column& column = schema.features[j];
    if (!takes(column)) continue;
    if (!column.is_category()) columns.features.push_back({j, std::nullopt});
    if (column.missing) columns.missing.push_back({column.name, MissingRule::keep});
    for (std::size_t code = 0; code < column.levels.size(); ++code)
      columns.features.push_back({j, code});
  }
  for (const ModelFeature& feature : columns.features)
    columns.names.push_back(feature_name(schema, feature));
  for (std::size_t k = 0; k < schema.targets.size(); ++k)
    if (takes(schema.targets[k])) columns.targets.push_back(k);
  find_factors(ModelConfig(), columns);
  return columns;
}

ModelColumns some_columns(const Schema& schema,
                          const std::vector<std::pair<std::string, std::string>>& targets,
                          const std::pair<std::string, std::string>& category) {
  ModelColumns columns;
  for (const auto& [key, name] : targets)
    columns.targets.push_back(index_of(schema.targets, name, "target", key));
  if (category.second.empty()) return columns;
  std::vector<std::string> known;
  for (std::size_t j = 0; j < schema.features.size(); ++j) {
    if (!schema.features[j].is_category()) continue;
    known.push_back(schema.features[j].name);
    if (known.back() != category.second) continue;
    for (std::size_t code = 0; code < schema.features[j].levels.size(); ++code) {
      columns.features.push_back({j, code});
      columns.names.push_back(schema.features[j].indicator(code));
    }
  }
  if (columns.features.empty())
    throw Error(ExitCode::config,
                "{}: no feature that is a category is called \"{}\"; there are: {}{}",
                category.first, category.second, known.empty() ? "none" : join(known),
                did_you_mean(category.second, known));
  find_factors(ModelConfig(), columns);
  return columns;
}

std::vector<std::pair<std::string, std::vector<std::string>>> reference_levels(
    const ModelColumns& columns, const Schema& schema) {
  std::vector<std::pair<std::string, std::vector<std::string>>> references;
  if (schema.version() == 1) return references;
  const std::set<ModelFeature> chosen(columns.features.begin(), columns.features.end());
  std::set<std::size_t> seen;
  for (const ModelFeature& feature : columns.features) {
    if (!feature.level || !seen.insert(feature.column).second) continue;
    const Column& column = schema.features[feature.column];
    std::vector<std::string> levels;
    const bool has_rule = std::ranges::find(columns.missing, column.name, &MissingFeature::name) !=
                          columns.missing.end();
    for (std::size_t code = 0; code < column.levels.size(); ++code)
      if (!chosen.contains({feature.column, code}) && !(has_rule && code == column.missing_code()))
        levels.push_back(column.levels[code]);
    if (!levels.empty()) references.emplace_back(column.name, std::move(levels));
  }
  return references;
}

}  // namespace bailiwick
