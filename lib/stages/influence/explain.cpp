// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/data/minimums.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/model/row_order.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/config/section.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/influence/explanation_text.hpp"
#include "lib/stages/influence/measures.hpp"
#include "lib/stages/overall_metrics.hpp"
#include "lib/stages/regional/models.hpp"
#include "lib/stages/stage.hpp"
#include "lib/stages/taken_features.hpp"

namespace bailiwick {

/// One of explain.values.
struct FeatureValuesConfig {
  std::string feature;
  std::vector<double> values;
};

struct ExplainConfig {
  static constexpr const char* section = "explain";
  static constexpr const char* sentence = "What a model makes of each feature, by explain.";

  std::string split;
  std::string metric;
  std::vector<std::string> features;
  int repeats = 5;
  std::uint64_t seed = 1;
  int points = 9;
  std::vector<FeatureValuesConfig> values;
};

template <class Visitor>
void schema(Visitor& v, FeatureValuesConfig& of) {
  v.key("feature", of.feature, "A number among the features.", required);
  v.key("values", of.values, "That all rows are given, one after the other.", required, non_empty,
        distinct);
}

template <class Visitor>
void schema(Visitor& v, ExplainConfig& explain) {
  v.key("split", explain.split, "Name of the split to measure on; \"\": all rows.");
  v.key("metric", explain.metric,
        "The measure, as evaluation.json calls it. Default: the first of these that the model has.",
        a_measure());
  v.key("features", explain.features,
        "Columns of the partitions that the model takes or derives others of; default: all of "
        "them.",
        distinct);
  v.key("repeats", explain.repeats,
        "How often each feature is put into another order; 0: its importance is not asked.",
        at_least(0), at_most(1000));
  v.key("seed", explain.seed, "Of these orders.");
  v.key("points", explain.points,
        "Values of a number, two deviations to both sides of its mean, within its declared range; "
        "0: only explain.values.",
        at_least(0), at_most(1000));
  v.key("values", explain.values, "Other values for partial dependence.");
}

inline void check_section(YamlReader& v, const ExplainConfig& explain, const RunConfig&) {
  v.check(explain.points != 1, "explain.points", "a curve has two points at least");
}

namespace {

constexpr std::size_t most_levels_told = 50;  ///< of a category
/// Where an owner has a minimum: of each feature. Every number told is another equation about the
/// same rows.
constexpr int most_told_with_minimum = 10;

/// Those that the config names, if it names any. Throws ExitCode::config.
std::vector<TakenFeature> chosen_features(const ExplainConfig& how, const ModelColumns& columns,
                                          const Schema& schema) {
  std::vector<TakenFeature> all = taken_features(columns, schema);
  for (std::size_t i = 0; i < how.values.size(); ++i) {
    const std::string key = fmt::format("explain.values.{}.feature", i);
    if (find_feature(all, how.values[i].feature, key).column->is_category())
      throw Error(ExitCode::config, "{}: \"{}\" is a category, of which all levels are told", key,
                  how.values[i].feature);
  }
  if (how.features.empty()) return all;
  std::vector<TakenFeature> chosen;
  for (const std::string& name : how.features)
    chosen.push_back(find_feature(all, name, "explain.features"));
  return chosen;
}

/// Throws ExitCode::policy where an owner wants more than a row, or a domain, behind a number, and
/// the config would ask for so many that they tell of single rows: a curve at enough points that
/// somebody chose gives each row's prediction. Collective.
void refuse_many(Run& run) {
  const ExplainConfig& how = run.config().section<ExplainConfig>();
  agree(run.world(), [&] {
    for (const LocalDomain& domain : run.local()) {
      if (!has_minimum(run, domain)) continue;
      const auto refuse = [&](const char* key, const std::string& why) {
        throw Error(ExitCode::policy,
                    "{}: the policy of domain {} asks for a minimum of rows or contributors, and "
                    "{}",
                    key, run.domains()[domain.index].name, why);
      };
      const std::string many = fmt::format("more than {} numbers of a feature tell of single rows",
                                           most_told_with_minimum);
      if (!how.values.empty())
        refuse("explain.values", "values that the config chooses tell of single rows");
      if (how.points > most_told_with_minimum) refuse("explain.points", many);
      if (how.repeats > most_told_with_minimum) refuse("explain.repeats", many);
    }
  });
}

class Explanation {
 public:
  Explanation(Run& run, const UsedModel& used)
      : run_(run),
        how_(run.config().section<ExplainConfig>()),
        used_(used),
        columns_(columns_of(used.model, run, true)),
        features_(chosen_features(how_, columns_, run.schema())),
        moments_(scoring_moments(run, used.model, columns_, used.model.config.standardise)),
        models_(run.local().size(), used) {
    evaluated_.split = how_.split;
    evaluated_.per_domain = false;
    for (const LocalDomain& domain : run_.local())
      held_.emplace_back(domain.manifests.size(), HeldRows{{}, Values(features_.size())});
    const Json overall = score([this](std::size_t d) { return collect(d); });
    measure_ = &choose_measure(overall, how_.metric, "explain.metric");
    value_ = overall.at(measure_->name);
    rows_ = overall.at("rows");
    for (std::size_t d = 0; d < held_.size(); ++d)
      for (HeldRows& held : held_[d])
        held.block = run_.boundary().gather_within_domain(d, held.block);
  }

  Json result() {
    Json features = Json::array();
    for (std::size_t f = 0; f < features_.size(); ++f) {
      Json said = {{"feature", features_[f].column->name}};
      if (how_.repeats > 0) said["importance"] = importance(f);
      if (Json dependence = partial_dependence(features_[f]); !dependence.is_null())
        said["partial_dependence"] = std::move(dependence);
      features.push_back(std::move(said));
    }
    return {{"format", "bailiwick-explanation"},
            {"version", 1},
            {"model", used_.content.hex()},
            {"split", how_.split},
            {"metric", measure_->name},
            {"more_is_better", measure_->more_is_better},
            {"value", value_},
            {"rows", rows_},
            {"repeats", how_.repeats},
            {"seed", how_.seed},
            {"features", features}};
  }

 private:
  using Values = std::vector<std::vector<double>>;
  /// Of a partition, the rows that weigh something, in its order.
  struct HeldRows {
    std::vector<double> block;  ///< of each: this rank's, and once they are gathered the domain's
    Values values;              ///< of each feature: this rank's
  };

  /// Changes nothing.
  RowChange collect(std::size_t d) {
    return [this, d](std::size_t p, std::uint64_t block, std::span<const std::size_t> rows,
                     io::RowBuffer& buffer) {
      HeldRows& held = held_[d][p];
      held.block.insert(held.block.end(), rows.size(), static_cast<double>(block));
      for (std::size_t f = 0; f < features_.size(); ++f)
        for (const std::size_t r : rows)
          held.values[f].push_back(features_[f].value_in(buffer, r));
    };
  }

  ModelRows load(const std::function<RowChange(std::size_t d)>& change) {
    ModelRows rows = load_model_rows(run_, used_.model.config, columns_, how_.split, change);
    standardise(rows, moments_);
    return rows;
  }

  Json score(const std::function<RowChange(std::size_t d)>& change) {
    const ModelRows rows = load(change);
    return overall_metrics(run_, used_.model, models_, evaluated_, rows,
                           evaluation_sums(run_, used_.model, models_, evaluated_, rows));
  }

  /// Of the partition, whoever holds it, and however often its rows were ingested.
  std::uint64_t seed_of(const PartitionManifest& manifest, const TakenFeature& feature) const {
    const Digest digest =
        Sha256()
            .update(fmt::format("permutation\n{}\n{}\n{}\n{}", how_.seed, manifest.owner,
                                manifest.name, feature.column->name))
            .finish();
    std::uint64_t seed = 0;
    for (std::size_t i = 0; i < 8; ++i)
      seed = seed << 8 | std::uint64_t{digest.bytes[i]};
    return seed;
  }

  /// How much worse the measure gets when the feature says nothing of its row any more (Breiman
  /// 2001; Fisher, Rudin & Dominici 2019): its values in another order within each partition.
  Json importance(std::size_t f) {
    const TakenFeature& feature = features_[f];
    std::vector<Values> domains;  // of each partition: the feature's values in all its rows
    for (std::size_t d = 0; d < held_.size(); ++d) {
      domains.emplace_back();
      for (const HeldRows& held : held_[d])
        domains[d].push_back(run_.boundary().gather_within_domain(d, held.values[f]));
    }
    std::vector<double> losses;
    for (int repeat = 0; repeat < how_.repeats; ++repeat) {
      std::vector<Values> drawn = domains;
      for (std::size_t d = 0; d < domains.size(); ++d)
        for (std::size_t p = 0; p < domains[d].size(); ++p) {
          std::vector<std::uint32_t> order(domains[d][p].size());
          std::iota(order.begin(), order.end(), 0U);
          shuffle(order,
                  kernels::Philox(seed_of(run_.local()[d].manifests[p], feature),
                                  kernels::RandomPurpose::permutation),
                  static_cast<std::uint32_t>(repeat));
          for (std::size_t i = 0; i < order.size(); ++i)
            drawn[d][p][i] = domains[d][p][order[i]];
        }
      const Json metrics = score([&](std::size_t d) -> RowChange {
        return [&, d](std::size_t p, std::uint64_t block, std::span<const std::size_t> rows,
                      io::RowBuffer& buffer) {
          const std::vector<double>& blocks = held_[d][p].block;
          auto at = static_cast<std::size_t>(
              std::ranges::lower_bound(blocks, static_cast<double>(block)) - blocks.begin());
          for (const std::size_t r : rows)
            feature.put(drawn[d][p][at++], buffer, r);
        };
      });
      const Json value = metrics.value(measure_->name, Json());
      if (!value.is_number())
        return {{"reason", fmt::format("{} is not defined with the values in another order",
                                       measure_->name)}};
      losses.push_back(measure_->better(value_, value.get<double>()));
    }
    const auto n = static_cast<double>(losses.size());
    const double mean = std::accumulate(losses.begin(), losses.end(), 0.0) / n;
    double squares = 0;
    for (const double loss : losses)
      squares += (loss - mean) * (loss - mean);
    return {{"mean", mean},
            {"standard_deviation", losses.size() > 1 ? Json(std::sqrt(squares / (n - 1))) : Json()},
            {"values", losses}};
  }

  /// The values at which a number's dependence is told; why there are none.
  std::pair<std::vector<double>, std::string> values_of(const TakenFeature& feature) const {
    const Column& column = *feature.column;
    const auto given = std::ranges::find(how_.values, column.name, &FeatureValuesConfig::feature);
    if (given != how_.values.end()) {
      for (const double value : given->values)
        if (!is_defined(columns_, feature, value))
          throw Error(ExitCode::config,
                      "explain.values: what the model derives of {} has no value at {}",
                      column.name, round_trip(value));
      return {given->values, ""};
    }
    const auto own = std::ranges::find_if(columns_.features, [&](const ModelFeature& f) {
      return f.column == feature.index && !f.level && !f.derived;
    });
    double low = 0, high = 0;
    if (own != columns_.features.end() && used_.model.config.standardise != Standardisation::none) {
      const auto j =
          static_cast<std::size_t>(own - columns_.features.begin()) + (columns_.intercept ? 1 : 0);
      const double deviation = used_.model.scale[j] > 0 ? 1 / used_.model.scale[j] : 0;
      low = std::max(used_.model.mean[j] - 2 * deviation, column.minimum.value_or(-INFINITY));
      high = std::min(used_.model.mean[j] + 2 * deviation, column.maximum.value_or(INFINITY));
    } else if (column.minimum && column.maximum) {
      low = *column.minimum;
      high = *column.maximum;
    } else {
      return {{},
              "no range of it was declared, and the model does not standardise it: give "
              "explain.values"};
    }
    std::vector<double> values;
    for (int i = 0; i < how_.points; ++i) {
      const double value = low + (high - low) * i / (how_.points - 1);
      if (is_defined(columns_, feature, value) && (values.empty() || value != values.back()))
        values.push_back(value);
    }
    if (values.size() < 2) return {{}, "it is constant: give explain.values"};
    return {values, ""};
  }

  std::vector<std::string> names_of_predictions() const {
    return has_times(used_.model.config) ? std::vector<std::string>{"log_hazard_ratio"}
                                         : Scores::names(used_.model, {});
  }

  /// The mean prediction of all rows, had they all that value.
  std::vector<double> mean_predictions(const TakenFeature& feature, double value) {
    const ModelRows rows = load([&](std::size_t) { return give_all(feature, value); });
    const bool hazards = has_times(used_.model.config);
    const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
        {"rows", 1, counts}, {"predictions", names_of_predictions().size(), any_size}});
    std::vector<Aggregate> parts;
    for (const LoadedRows& domain : rows.domains) {
      Aggregate& part = parts.emplace_back(layout);
      const RowSum counted(part, "rows"), sum(part, "predictions");
      const Scores scores(used_.model, domain.rows);
      std::vector<double> predicted;
      for_each_row(domain.rows, part, [&](std::size_t b, std::size_t r, double, double) {
        if (hazards)
          predicted.assign(1, scores.linear(b, r));
        else
          scores.predict(b, r, 0, predicted);
        counted.count();
        for (std::size_t k = 0; k < predicted.size(); ++k)
          sum.add(predicted[k], k);
      });
    }
    const Aggregate total = run_.boundary().across_domains("partial dependence", std::move(parts),
                                                           used_.model.parameters);
    if (total.saturated() != 0)
      throw Error(ExitCode::data, "explain: with {} = {} predictions are not finite",
                  feature.column->name, round_trip(value));
    std::vector<double> means = total.values("predictions");
    for (double& mean : means)
      mean /= total.value("rows");
    return means;
  }

  /// Friedman 2001. Null: not asked for.
  Json partial_dependence(const TakenFeature& feature) {
    const Column& column = *feature.column;
    const bool is_given = std::ranges::find(how_.values, column.name,
                                            &FeatureValuesConfig::feature) != how_.values.end();
    if (how_.points == 0 && !is_given) return {};
    std::vector<double> values;
    Json told = Json::array();
    if (column.is_category()) {
      for (std::size_t code = 0; code < column.levels.size(); ++code) {
        if (code == column.missing_code()) continue;
        values.push_back(static_cast<double>(code));
        told.push_back(column.levels[code]);
      }
      if (values.size() > most_levels_told)
        return {{"reason", fmt::format("it has more than {} levels", most_levels_told)}};
    } else {
      std::string reason;
      std::tie(values, reason) = values_of(feature);
      if (values.empty()) return {{"reason", reason}};
      told = values;
    }
    const std::vector<std::string> names = names_of_predictions();
    Json predictions = Json::object();
    for (const double value : values) {
      const std::vector<double> means = mean_predictions(feature, value);
      for (std::size_t k = 0; k < names.size(); ++k)
        predictions[names[k]].push_back(means[k]);
    }
    return {{"values", told}, {"predictions", predictions}};
  }

  Run& run_;
  const ExplainConfig& how_;
  const UsedModel& used_;
  ModelColumns columns_;
  std::vector<TakenFeature> features_;
  std::vector<ColumnMoments> moments_;
  std::vector<UsedModel> models_;
  EvaluateConfig evaluated_;
  std::vector<std::vector<HeldRows>> held_;  ///< (local domain, partition)
  const Measure* measure_ = nullptr;
  double value_ = 0;  ///< of the measure, with the rows as they are
  double rows_ = 0;   ///< that it is of
};

void explain(const Stage& stage, Session& session, RunConfig config, const StageOptions& options) {
  StageOptions of_model = options;
  of_model.model = model_path(config, options);
  demand_one_model(config, stage.name());
  if (is_done(session.world(), config, stage.chain, of_model.model)) return;
  Run run(session, std::move(config), stage.use);
  refuse_many(run);
  const UsedModel used = open_model(run, of_model);
  RunRecord record(run, stage.chain, true);
  record.add_dependency({dependency::model, used.content, Json::object(), {}});
  record.begin_session();
  const Json result = Explanation(run, used).result();
  record.publish_result(result, explanation_text(result), result);
}

constexpr SectionType explain_section = section_type<ExplainConfig>();

}  // namespace

extern constexpr Stage explain_stage{
    .summary = "what a model makes of each feature: permutation importance, partial dependence",
    .help =
        "Measures a trained model on the rows of explain.split with each feature's values in "
        "another order,\nand tells its mean prediction had all rows the same value of it. Writes "
        "explanation.json and a signed\nstatement.",
    .page = "explain.md",
    .use = {.action = Action::evaluate, .release = Action::release_statistics},
    .chain = {.stage = "explain",
              .stem = "explanation",
              .result = "explanation.json",
              .names_model = true},
    .section = &explain_section,
    .run = explain};

}  // namespace bailiwick
