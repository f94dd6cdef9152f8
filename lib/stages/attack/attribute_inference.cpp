// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/attack/attribute_inference.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/attack/membership_attack.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/quality/divisions.hpp"
#include "lib/stages/scores.hpp"
#include "lib/stages/shown.hpp"

namespace bailiwick {

namespace {

constexpr std::array attacked_groups{"members", "others"};
/// Parts of the table of guesses.
constexpr std::uint16_t guessed_right = 0, guessed_wrong = 1, nothing_to_guess = 2;

/// Of each local domain: the part of a table that each of this rank's rows is in.
using PartsOfRows = std::vector<std::vector<std::uint16_t>>;

struct RowTable {
  std::string name;
  std::vector<std::string> parts;
  PartsOfRows rows;
};

/// Two rounds (count_groups). Collective over the world.
Counts count_tables(Run& run, std::span<const RowTable> tables) {
  std::vector<Division> divisions;
  for (const RowTable& table : tables)
    divisions.push_back({table.name, table.parts, {}});
  const auto layout = layout_of_groups(divisions);
  std::vector<Aggregate> parts;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    std::span words = parts.emplace_back(layout).words("rows");
    for (const RowTable& table : tables) {
      for (const std::uint16_t part : table.rows[d])
        ++words[part];
      words = words.subspan(table.parts.size());
    }
  }
  return count_groups(run, divisions, std::move(parts)).rows;
}

/// The place of a row's level among those of the feature; behind the last: it has none.
std::uint16_t level_of(const GuessedFeature& guessed, const io::RowBuffer& buffer,
                       std::size_t row) {
  const double value = guessed.feature.value_in(buffer, row);
  const auto found = std::ranges::lower_bound(guessed.values, value);
  const auto none = guessed.values.end();
  return static_cast<std::uint16_t>((found != none && *found == value ? found : none) -
                                    guessed.values.begin());
}

/// Of a group of rows: what is guessed right, and what a guess without the model would, of the
/// level that is the most frequent one by the prior. Null: withheld.
Json outcome_of(const std::vector<std::int64_t>& guesses, const std::vector<std::int64_t>& levels,
                const std::vector<std::int64_t>& prior) {
  if (guesses.empty()) return {};
  const std::int64_t right = guesses[guessed_right], rows = right + guesses[guessed_wrong];
  const auto share = [&](std::int64_t part) {
    return number_or_null(static_cast<double>(part) / static_cast<double>(rows));
  };
  Json most_frequent, without_model;
  if (!levels.empty() && !prior.empty()) {
    const std::int64_t held =
        levels[static_cast<std::size_t>(std::ranges::max_element(prior) - prior.begin())];
    most_frequent = held;
    without_model = share(held);
  }
  return {{"rows", rows},
          {"right", right},
          {"share", share(right)},
          {"share_lower", least_probability(right, rows)},
          {"share_upper", largest_probability(right, rows)},
          {"most_frequent", most_frequent},
          {"without_model", without_model}};
}

Json share_of(const Json& outcome) {
  return outcome.is_null() ? Json() : outcome["share"];
}

class AttributeInference {
 public:
  AttributeInference(Run& run, const SavedModel& model, const ModelColumns& columns,
                     const std::vector<ColumnMoments>& moments,
                     const std::vector<GuessedFeature>& features)
      : run_(run), model_(model), columns_(columns), moments_(moments), features_(features) {}

  Json result() {
    std::vector<RowTable> truth, guesses;  // of each group of rows, in it of each feature
    for (const char* group : attacked_groups)
      std::ranges::move(true_levels(group), std::back_inserter(truth));
    Counts levels = count_tables(run_, truth);
    for (std::vector<std::int64_t>& counted : levels)
      if (!counted.empty()) counted.pop_back();  // rows without a value
    for (const char* group : attacked_groups)
      for (std::size_t f = 0; f < features_.size(); ++f)
        guesses.push_back(guess(group, features_[f], truth[guesses.size()].rows, levels[f]));
    const Counts right = count_tables(run_, guesses);
    Json told = Json::array();
    for (std::size_t f = 0; f < features_.size(); ++f) {
      const std::vector<std::int64_t>& prior = levels[f];
      Json& of = told.emplace_back();
      of["feature"] = features_[f].feature.column->name;
      of["levels"] = features_[f].levels;
      of["prior"] = prior.empty() ? Json() : Json(prior);
      for (std::size_t g = 0; g < attacked_groups.size(); ++g) {
        const std::size_t table = g * features_.size() + f;
        of[attacked_groups[g]] = outcome_of(right[table], levels[table], prior);
      }
      const Json members = share_of(of["members"]), others = share_of(of["others"]);
      of["advantage"] = members.is_null() || others.is_null()
                            ? Json()
                            : Json(members.get<double>() - others.get<double>());
    }
    return told;
  }

 private:
  ModelRows load(const std::string& group, const std::function<RowChange(std::size_t d)>& change) {
    const std::string& split = group == attacked_groups.front()
                                   ? run_.config().train.split
                                   : run_.config().section<EvaluateConfig>().split;
    ModelRows rows = load_model_rows(run_, model_.config, columns_, split, change);
    standardise(rows, moments_);
    return rows;
  }

  /// Of each feature. The last part is that of rows without a value.
  std::vector<RowTable> true_levels(const std::string& group) {
    std::vector<RowTable> tables;
    for (const GuessedFeature& guessed : features_) {
      RowTable& table =
          tables.emplace_back(RowTable{fmt::format("{} of {}", guessed.feature.column->name, group),
                                       guessed.levels, PartsOfRows(run_.local().size())});
      table.parts.emplace_back("without a value");
    }
    load(group, [&](std::size_t d) -> RowChange {
      return [&, d](std::size_t, std::uint64_t, std::span<const std::size_t> rows,
                    io::RowBuffer& buffer) {
        for (std::size_t f = 0; f < features_.size(); ++f)
          for (const std::size_t r : rows)
            tables[f].rows[d].push_back(level_of(features_[f], buffer, r));
      };
    });
    return tables;
  }

  /// `prior`: rows of each level; none: they are withheld, and all levels count alike.
  RowTable guess(const std::string& group, const GuessedFeature& guessed, const PartsOfRows& truth,
                 const std::vector<std::int64_t>& prior) {
    PartsOfRows guesses;
    std::vector<std::vector<double>> best;  // of each domain and row
    for (const std::vector<std::uint16_t>& rows : truth) {
      guesses.emplace_back(rows.size());
      best.emplace_back(rows.size(), -1.0);
    }
    for (std::size_t v = 0; v < guessed.values.size(); ++v) {
      const double weight = prior.empty() ? 1 : static_cast<double>(prior[v]);
      const ModelRows rows =
          load(group, [&](std::size_t) { return give_all(guessed.feature, guessed.values[v]); });
      for (std::size_t d = 0; d < rows.domains.size(); ++d) {
        std::size_t row = 0;
        for_each_classified_row(
            model_, rows.domains[d].rows,
            [&](std::size_t, std::size_t of, std::span<const double> probabilities) {
              const double score = weight * probabilities[of];
              if (score > best[d].at(row)) {
                best[d][row] = score;
                guesses[d][row] = static_cast<std::uint16_t>(v);
              }
              ++row;
            });
        ensure(row == truth[d].size(), "the same rows with every level");
      }
    }
    for (std::size_t d = 0; d < truth.size(); ++d)
      std::ranges::transform(truth[d], guesses[d], guesses[d].begin(),
                             [&](std::uint16_t is, std::uint16_t guess) {
                               return is == guessed.values.size() ? nothing_to_guess
                                      : is == guess               ? guessed_right
                                                                  : guessed_wrong;
                             });
    return {fmt::format("guesses of {} of {}", guessed.feature.column->name, group),
            {"right", "wrong", "without a value"},
            std::move(guesses)};
  }

  Run& run_;
  const SavedModel& model_;
  const ModelColumns& columns_;
  const std::vector<ColumnMoments>& moments_;
  const std::vector<GuessedFeature>& features_;
};

}  // namespace

std::vector<GuessedFeature> guessed_features(const std::vector<std::string>& names,
                                             const ModelColumns& columns, const Schema& schema) {
  constexpr const char* key = "evaluate.attributes";
  const std::vector<TakenFeature> taken = taken_features(columns, schema);
  std::vector<GuessedFeature> guessed;
  for (const std::string& name : names) {
    const TakenFeature& feature = find_feature(taken, name, key);
    const Column& column = *feature.column;
    GuessedFeature& to = guessed.emplace_back(GuessedFeature{feature, {}, {}});
    if (!column.is_category()) {
      if (column.minimum != 0 || column.maximum != 1)
        throw Error(ExitCode::config,
                    "{}: \"{}\" is a number: what can be guessed are categories, and booleans, "
                    "which are declared from 0 to 1",
                    key, name);
      to.levels = {"0", "1"};
      to.values = {0, 1};
      for (const double value : to.values)
        if (!is_defined(columns, feature, value))
          throw Error(ExitCode::config, "{}: what the model derives of \"{}\" has no value at {}",
                      key, name, round_trip(value));
    }
    for (std::size_t code = 0; code < column.levels.size(); ++code)
      if (code != column.missing_code()) {
        to.levels.push_back(column.levels[code]);
        to.values.push_back(static_cast<double>(code));
      }
  }
  return guessed;
}

Json attribute_inference(Run& run, const SavedModel& model, const ModelColumns& columns,
                         const std::vector<ColumnMoments>& moments,
                         const std::vector<GuessedFeature>& features) {
  return AttributeInference(run, model, columns, moments, features).result();
}

std::string attribute_inference_text(const Json& attacks) {
  std::vector<std::vector<std::string>> lines{{"attributes", "advantage", "of", "rows",
                                               "guessed right", "from", "to", "without the model"}};
  std::string notes;
  for (const Json& attack : attacks) {
    const auto name = attack["feature"].get<std::string>();
    std::size_t told = 0;
    for (const char* group : attacked_groups) {
      const Json& of = attack[group];
      told += of.is_null() ? 0 : 1;
      const bool first = group == attacked_groups.front();
      std::vector<std::string> line{first ? "  " + name : "",
                                    first ? shown(attack["advantage"]) : "", group};
      line.push_back(of.is_null() ? "-" : with_thousands(of["rows"].get<long long>()));
      for (const char* member : {"share", "share_lower", "share_upper", "without_model"})
        line.push_back(of.is_null() ? "-" : shown(of[member]));
      lines.push_back(std::move(line));
    }
    if (told < attacked_groups.size())
      notes += fmt::format("  {}: policies do not let be told how many rows are guessed\n", name);
    if (told > 0 && attack["prior"].is_null())
      notes += fmt::format(
          "  {}: policies do not let be told how frequent its levels are: all were taken for "
          "equally "
          "likely\n",
          name);
  }
  return aligned(lines) + notes;
}

}  // namespace bailiwick
