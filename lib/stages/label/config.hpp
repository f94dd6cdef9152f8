// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/run/config/section.hpp"
#include "lib/stages/quality/config.hpp"

namespace bailiwick {

/// How the votes on a row become its label.
enum class LabelMethod { dawid_skene, majority };
template <>
inline constexpr auto words<LabelMethod> = std::to_array<std::pair<LabelMethod, const char*>>(
    {{LabelMethod::dawid_skene, "dawid_skene"}, {LabelMethod::majority, "majority"}});

/// What two different classes are to Krippendorff's alpha.
enum class LabelScale { nominal, ordinal, interval };
template <>
inline constexpr auto words<LabelScale> =
    std::to_array<std::pair<LabelScale, const char*>>({{LabelScale::nominal, "nominal"},
                                                       {LabelScale::ordinal, "ordinal"},
                                                       {LabelScale::interval, "interval"}});

/// By what rows come onto the work list.
enum class LabelWorth { entropy, margin, disagreement };
template <>
inline constexpr auto words<LabelWorth> =
    std::to_array<std::pair<LabelWorth, const char*>>({{LabelWorth::entropy, "entropy"},
                                                       {LabelWorth::margin, "margin"},
                                                       {LabelWorth::disagreement, "disagreement"}});

/// What must hold of a row: of a column, or between two numbers.
struct LabelConditionConfig {
  std::string column;
  std::optional<double> minimum, maximum;
  std::vector<std::string> levels;
  std::string left, right;
  Relation is = Relation::less;
};

/// A labelling function: rows of which all conditions hold are of that class.
struct LabelRuleConfig {
  std::string name, gives;
  std::vector<LabelConditionConfig> when;
};

/// What a model has predicted, where it is sure of it.
struct LabelModelConfig {
  std::string name, predictions;
  double at_least = 0.9;
};

struct WorkListConfig {
  int rows = 100;
  LabelWorth by = LabelWorth::entropy;
};

/// The section `label` of the config.
struct LabelConfig {
  static constexpr const char* section = "label";
  static constexpr const char* sentence = "What rows are, by people, rules and models.";

  std::string target;
  std::vector<std::string> classes, abstain;
  LabelScale scale = LabelScale::nominal;
  std::map<std::string, std::vector<std::string>> annotators;
  std::vector<LabelRuleConfig> rules;
  std::vector<LabelModelConfig> models;
  LabelMethod method = LabelMethod::dawid_skene;
  double tolerance = 1e-6;
  int max_iterations = 1000;
  WorkListConfig work_list;
};

/// A class takes a byte.
inline constexpr int most_classes = 250;
inline constexpr int most_annotators = 100;

template <class Visitor>
void schema(Visitor& v, LabelConditionConfig& condition) {
  v.key("column", condition.column, "Feature or target of that name.");
  v.key("minimum", condition.minimum, "Least value of a number.");
  v.key("maximum", condition.maximum, "Largest value of a number.");
  v.key("levels", condition.levels, "Levels of a category, any of them.", distinct);
  v.key("left", condition.left, "A number among features and targets.");
  v.key("is", condition.is, "How it must stand to the other.");
  v.key("right", condition.right, "The other number.");
  const bool of_column = !condition.column.empty(),
             of_two = !condition.left.empty() && !condition.right.empty();
  const bool asks = condition.minimum || condition.maximum || !condition.levels.empty();
  v.check(of_column != of_two && condition.left.empty() == condition.right.empty(), "column",
          "give a column and what holds of it, or left, is and right");
  v.check(of_column == asks, of_column ? "column" : "levels",
          "give minimum, maximum or levels of a column");
  v.check(condition.levels.empty() || !(condition.minimum || condition.maximum), "levels",
          "are of categories, and minimum and maximum of numbers");
}

template <class Visitor>
void schema(Visitor& v, LabelRuleConfig& rule) {
  v.key("name", rule.name, "What the rule is called.", required, a_file_name);
  v.key("gives", rule.gives, "The class of rows of which all of when holds.", required);
  v.key("when", rule.when, "What must hold.", required, non_empty);
}

template <class Visitor>
void schema(Visitor& v, LabelModelConfig& model) {
  v.key("name", model.name, "What the model is called here.", required, a_file_name);
  v.key("predictions", model.predictions,
        "Output folder of a run of predict over these partitions.", required, is_path);
  v.key("at_least", model.at_least, "Probability from which on it votes for a class.", at_least(0),
        at_most(1));
}

template <class Visitor>
void schema(Visitor& v, WorkListConfig& list) {
  v.key("rows", list.rows, "Rows of each partition that are listed; 0: no list.", at_least(0),
        at_most(1e6));
  v.key("by", list.by,
        "Which come first: the largest entropy of the classes, the least margin between the first "
        "two, or votes most at odds.");
}

template <class Visitor>
void schema(Visitor& v, LabelConfig& label) {
  v.key("target", label.target, "What the labels are called, as model.target.");
  v.key("classes", label.classes, "The classes, of an ordinal scale in their order.", distinct);
  v.key("abstain", label.abstain, "Levels of annotators' columns that say no class: unsure.",
        distinct);
  v.key("scale", label.scale,
        "What classes are to Krippendorff's alpha: names, in an order, or numbers.");
  v.key("annotators", label.annotators,
        "Who has labelled, and in which columns of the partitions: {anna: [anna, anna_again]}.");
  v.key("rules", label.rules, "Labelling functions.");
  v.key("models", label.models, "Models whose confident predictions vote too.");
  v.key("method", label.method, "How votes become labels.");
  v.key("tolerance", label.tolerance,
        "By how much estimates may change in the last step of dawid_skene.", positive);
  v.key("max_iterations", label.max_iterations, "Steps of dawid_skene, at most.", at_least(1));
  v.key("work_list", label.work_list, "Rows most worth a person's label.");

  const std::size_t sources = label.annotators.size() + label.rules.size() + label.models.size();
  v.check(sources == 0 || !label.target.empty(), "target", "missing: what are the labels called?");
  v.check(label.target.empty() || label.classes.size() >= 2, "classes", "give two classes or more");
  v.check(label.classes.size() <= most_classes, "classes", fmt::format("{} at most", most_classes));
  v.check(label.target.empty() || sources > 0, "annotators",
          "nobody labels: give annotators, rules or models");
  v.check(label.annotators.size() <= most_annotators, "annotators",
          fmt::format("{} at most", most_annotators));
  std::set<std::string> names;
  for (const auto& [name, columns] : label.annotators) {
    names.insert(name);
    v.check(!columns.empty(), "annotators." + name, "name a column");
  }
  const auto check_name = [&](const char* list, std::size_t i, const std::string& name) {
    v.check(names.insert(name).second, fmt::format("{}.{}.name", list, i),
            "\"" + name + "\" is called so already");
  };
  const auto is_class = [&](const std::string& name) {
    return std::ranges::find(label.classes, name) != label.classes.end();
  };
  for (std::size_t i = 0; i < label.rules.size(); ++i) {
    check_name("rules", i, label.rules[i].name);
    v.check(is_class(label.rules[i].gives), fmt::format("rules.{}.gives", i),
            fmt::format("\"{}\" is none of label.classes", label.rules[i].gives));
  }
  for (std::size_t i = 0; i < label.models.size(); ++i)
    check_name("models", i, label.models[i].name);
  for (const std::string& name : label.abstain)
    v.check(!is_class(name), "abstain", "\"" + name + "\" is one of label.classes");
  for (const std::string& name : label.classes)
    v.check(label.scale != LabelScale::interval || parse_number(name), "classes",
            "\"" + name + "\" is no number, and those of scale: interval are");
}

}  // namespace bailiwick
