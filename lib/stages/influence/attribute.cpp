// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/data/imputation.hpp"
#include "lib/data/training_rows.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/model/likelihood.hpp"
#include "lib/optim/cholesky.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/config/section.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/influence/measures.hpp"
#include "lib/stages/influence/tracin.hpp"
#include "lib/stages/overall_metrics.hpp"
#include "lib/stages/regional/models.hpp"
#include "lib/stages/stage.hpp"
#include "lib/train/descent.hpp"
#include "lib/train/solver.hpp"

namespace bailiwick {

struct AttributeConfig {
  static constexpr const char* section = "attribute";
  static constexpr const char* sentence = "What each domain made of a model, by attribute.";

  std::string split;
  std::string metric;
  bool shapley = false;
  bool tracin = false;
};

namespace {

constexpr std::size_t most_of_shapley = 12;  ///< domains: 4,095 fits

}  // namespace

template <class Visitor>
void schema(Visitor& v, AttributeConfig& attribute) {
  v.key("split", attribute.split, "Name of the split to measure on; \"\": all rows.");
  v.key("metric", attribute.metric,
        "The measure, as evaluation.json calls it. Default: the first of these that the model has.",
        a_measure());
  v.key("shapley", attribute.shapley,
        "Exact Shapley values too: fits of all 2^n - 1 combinations of up to 12 domains.");
  v.key(
      "tracin", attribute.tracin,
      "Of a network, TracIn too: by how much each domain's rows lowered the loss, epoch by epoch.");
}

inline void check_section(YamlReader& v, const AttributeConfig& attribute, const RunConfig& run) {
  v.check(!attribute.shapley || run.domains.size() <= most_of_shapley, "attribute.shapley",
          fmt::format("of at most {} domains", most_of_shapley));
  v.check(!attribute.shapley || is_known_of_nothing(attribute.metric), "attribute.metric",
          "of Shapley values: a measure of which is known what no data give: auc, c_index, "
          "d_squared or r_squared");
  v.check(!attribute.tracin || run.model.kind->network, "attribute.tracin",
          "of networks alone, which steps along gradients train; of other kinds see the estimates");
}

namespace {

std::vector<std::string> names_of_coefficients(const SavedModel& model) {
  return kind_of(model.config).coefficient_names(model);
}

/// Which domains take part, in the order of the config.
using Coalition = std::vector<bool>;

/// A model of some domains alone, or why there is none.
struct CoalitionFit {
  std::optional<SavedModel> model;
  std::string digest;
  double value = 0, lower = 0, upper = 0;  ///< of the measure, and what it may be exactly
  std::string reason;
};

/// How the coefficients would change without a domain, as estimated at the model of all.
struct Estimates {
  std::vector<double> influence;  ///< first order: H^-1 of all times the gradient of the rest
  std::vector<double> one_step;   ///< one of Newton's steps for the rest
};

class Attribution {
 public:
  Attribution(Run& run, const UsedModel& used)
      : run_(run),
        how_(run.config().section<AttributeConfig>()),
        used_(used),
        all_(run.domains().size(), true) {
    evaluated_.split = how_.split;
    evaluated_.per_domain = false;
    const Json overall = score(used_);
    measure_ = &choose_measure(overall, how_.metric, "attribute.metric", how_.shapley);
    rows_ = overall.at("rows");
    demand_own_model();
  }

  Json result() {
    Json domains = Json::array();
    for (std::size_t i = 0; i < run_.domains().size(); ++i)
      domains.push_back(of_domain(i));
    if (how_.shapley) add_shapley(domains);
    Json said = {{"format", "bailiwick-attribution"},
                 {"version", 1},
                 {"model", used_.content.hex()},
                 {"split", how_.split},
                 {"metric", measure_->name},
                 {"more_is_better", measure_->more_is_better},
                 {"value", fits_.at(all_).value},
                 {"rows", rows_},
                 {"fits", fits_.size()},
                 {"domains", domains}};
    if (how_.tracin) add_tracin(said);
    return said;
  }

 private:
  /// What a domain made of it is the difference to the same model without: of this config, on these
  /// rows.
  void demand_own_model() {
    const CoalitionFit& own = fit(all_);
    if (!own.model) throw Error(ExitCode::data, "{}", own.reason);
    const SavedModel &model = used_.model, &made = *own.model;
    if (model.names != made.names || model.parameters != made.parameters ||
        model.mean != made.mean || model.scale != made.scale)
      throw Error(ExitCode::data,
                  "{}: is not the model that this config gives on these rows; give the config and "
                  "the partitions that it was trained with",
                  used_.path);
  }

  /// The measures of a model on the split, over all domains.
  Json score(const UsedModel& used) {
    const SavedModel& model = used.model;
    const ModelColumns columns = columns_of(model, run_, true);
    const auto moments = scoring_moments(run_, model, columns, model.config.standardise);
    ModelRows rows = load_model_rows(run_, model.config, columns, how_.split);
    standardise(rows, moments);
    const std::vector<UsedModel> models(rows.domains.size(), used);
    return overall_metrics(run_, used.model, models, evaluated_, rows,
                           evaluation_sums(run_, used.model, models, evaluated_, rows));
  }

  /// The model that these domains alone give: the bits of a training of theirs. Made once.
  const CoalitionFit& fit(Coalition coalition) {
    if (const auto made = fits_.find(coalition); made != fits_.end()) return made->second;
    CoalitionFit& fit = fits_[coalition];
    try {
      const Run::Absence absence(run_, coalition);
      ModelColumns columns = select_columns(run_.config().model, run_.schema());
      fit_missing(run_, columns);
      fit.model = is_network() ? fit_network(run_, columns, telling(columns, coalition))
                               : fit_model(run_, columns);
      fit.digest = to_checkpoint(*fit.model).digest().hex();
    } catch (const Error& error) {  // of sums that all ranks know, so everyone's
      if (error.code() == ExitCode::policy)
        throw Error(error.code(), "a fit to the rows of {} alone: {}", names_in(coalition),
                    error.what());
      if (error.code() != ExitCode::data && error.code() != ExitCode::not_converged) throw;
      fit.reason = error.what();
      return fit;
    }
    UsedModel used = used_;
    used.model = *fit.model;
    const Json overall = score(used);
    const Json value = overall.value(measure_->name, Json());
    if (value.is_number()) {
      fit.value = value;
      fit.lower = overall.value(std::string(measure_->name) + "_lower", fit.value);
      fit.upper = overall.value(std::string(measure_->name) + "_upper", fit.value);
    } else {
      fit.reason = std::string(measure_->name) + " is not defined";
    }
    return fit;
  }

  std::string names_in(const Coalition& coalition) const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < coalition.size(); ++i)
      if (coalition[i]) names.push_back(run_.domains()[i].name);
    return join(names);
  }

  Coalition all_but(std::size_t domain) const {
    Coalition rest = all_;
    rest[domain] = false;
    return rest;
  }

  /// In the units of the data, of models whose parameters are those of their columns alone.
  std::optional<std::vector<double>> in_units(std::span<const double> theta,
                                              const ModelColumns& columns) const {
    const std::size_t p = columns.columns();
    const SavedModel& model = used_.model;
    if (names_of_coefficients(model) != parameter_names(columns) ||
        theta.size() != model.coefficients.size() ||
        model.config.standardise == Standardisation::per_domain)
      return {};
    std::vector<double> units(theta.begin(), theta.end());
    for (std::size_t first = 0; first < units.size(); first += p) {
      double shift = 0;
      for (std::size_t j = columns.intercept ? 1 : 0; j < p; ++j) {
        units[first + j] *= model.scale[j];
        shift = std::fma(units[first + j], model.mean[j], shift);
      }
      if (columns.intercept) units[first] -= shift;
    }
    return units;
  }

  bool is_network() const { return used_.model.config.kind->network; }

  std::optional<Estimates> estimate_without(std::size_t domain) {
    const SavedModel& model = used_.model;
    if (is_network()) return {};
    const ModelColumns columns = columns_of(model, run_, true);
    const Cholesky of_all(model.information);
    if (!in_units(model.parameters, columns) || of_all.deficient()) return {};
    if (counted_ == 0) counted_ = load_training_rows(run_, columns).observations;
    const Run::Absence absence(run_, all_but(domain));
    ModelRows rows = load_training_rows(run_, columns);
    ColumnMoments moments;  // and with them the penalty: those of all
    moments.centre = model.mean;
    moments.scale = model.scale;
    moments.rows = model.rows;
    moments.counted = counted_;
    standardise(rows, std::vector<ColumnMoments>(rows.domains.size(), moments));
    const Likelihood likelihood =
        kind_of(model.config)
            .likelihood(run_.config().model, columns, rows, moments, run_.boundary());
    const Evaluation at = likelihood.objective->evaluate(model.parameters, Order::hessian);
    const Cholesky of_rest(at.hessian);
    if (at.saturated != 0) return {};
    const auto step = [&](const Cholesky& factor) -> std::vector<double> {
      if (factor.deficient()) return {};
      std::vector<double> moved = factor.solve(at.gradient);
      for (std::size_t j = 0; j < moved.size(); ++j)
        moved[j] = model.parameters[j] - moved[j];
      return *in_units(moved, columns);
    };
    return Estimates{step(of_all), step(of_rest)};
  }

  Json named(const std::vector<double>& values) const {
    Json json = Json::object();
    const std::vector<std::string> names = names_of_coefficients(used_.model);
    if (values.size() != names.size()) return {};
    for (std::size_t k = 0; k < names.size(); ++k)
      json[names[k]] = values[k];
    return json;
  }

  /// Between what and what a fit is better than another, where the measure has bounds.
  std::pair<double, double> better_by(const CoalitionFit& fit, const CoalitionFit& than) const {
    return measure_->more_is_better ? std::pair(fit.lower - than.upper, fit.upper - than.lower)
                                    : std::pair(than.lower - fit.upper, than.upper - fit.lower);
  }
  static void add_bounds(Json& said, const std::string& name, std::pair<double, double> bounds) {
    if (bounds.first == bounds.second) return;
    said[name + "_lower"] = bounds.first;
    said[name + "_upper"] = bounds.second;
  }

  Json of_domain(std::size_t i) {
    Json said = {{"domain", run_.domains()[i].name}};
    if (run_.domains().size() == 1) {
      said["reason"] = "there is no other domain";
      return said;
    }
    const CoalitionFit& rest = fit(all_but(i));
    if (!rest.reason.empty()) said["reason"] = rest.reason;
    if (rest.model) {
      said["without"] = {{"digest", rest.digest}};
      if (!is_network()) said["without"]["coefficients"] = named(rest.model->coefficients);
      if (rest.reason.empty()) {
        said["without"]["value"] = rest.value;
        const CoalitionFit& own = fits_.at(all_);
        said["effect"] = measure_->better(own.value, rest.value);
        add_bounds(said, "effect", better_by(own, rest));
      }
    }
    if (const auto estimates = estimate_without(i))
      said["estimates"] = {{"influence", named(estimates->influence)},
                           {"one_step", named(estimates->one_step)}};
    return said;
  }

  static bool has_bounds(const std::vector<CoalitionFit>& fits) {
    return std::ranges::any_of(fits, [](const CoalitionFit& f) { return f.lower != f.upper; });
  }

  /// Shapley (1953): over all orders in which domains come together, the mean of what each adds.
  void add_shapley(Json& domains) {
    const std::size_t n = run_.domains().size(), all = std::size_t(1) << n;
    const double nothing = *measure_->of_nothing;
    std::vector<CoalitionFit> values(all);  // of each: a bit a domain
    values.front() = {{}, "", nothing, nothing, nothing, ""};
    for (std::size_t some = 1; some < all; ++some) {
      Coalition present;
      for (std::size_t i = 0; i < n; ++i)
        present.push_back((some >> i & 1) != 0);
      const CoalitionFit& made = fit(present);
      if (!made.reason.empty()) {
        for (Json& domain : domains)
          domain["shapley_reason"] = fmt::format("of {} alone: {}", names_in(present), made.reason);
        return;
      }
      values[some] = {{}, "", made.value, made.lower, made.upper, ""};
    }
    // |S|! (n - |S| - 1)! / n! of each S without i.
    std::vector<double> share(n);
    for (std::size_t size = 0; size < n; ++size) {
      double ways = 1;  // (n - 1) choose size
      for (std::size_t k = 1; k <= size; ++k)
        ways = ways * static_cast<double>(n - k) / static_cast<double>(k);
      share[size] = 1 / (ways * static_cast<double>(n));
    }
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      std::pair<double, double> bounds;
      for (std::size_t some = 0; some < all; ++some) {
        if ((some >> i & 1) != 0) continue;
        const CoalitionFit &with = values[some | std::size_t(1) << i], &without = values[some];
        const double weight = share[static_cast<std::size_t>(std::popcount(some))];
        sum += weight * measure_->better(with.value, without.value);
        const auto [lower, upper] = better_by(with, without);
        bounds.first += weight * lower;
        bounds.second += weight * upper;
      }
      domains[i]["shapley"] = sum;
      if (has_bounds(values)) add_bounds(domains[i], "shapley", bounds);
    }
  }

  /// Of the model of all, TracIn is to be told what it was after each epoch.
  AfterEpoch telling(const ModelColumns& columns, const Coalition& coalition) {
    if (!how_.tracin || coalition != all_) return {};
    tracin_.emplace(run_, columns, how_.split);
    return
        [&](std::span<const double> parameters, double rates) { tracin_->add(parameters, rates); };
  }

  void add_tracin(Json& said) {
    const int epochs = fits_.at(all_).model->iteration;
    const std::vector<double> influence = tracin_->influence(static_cast<std::size_t>(epochs));
    for (std::size_t i = 0; i < influence.size(); ++i)
      said["domains"][i]["tracin"] = influence[i];
    said["tracin_checkpoints"] = epochs;
  }

  Run& run_;
  const AttributeConfig& how_;
  const UsedModel& used_;
  Coalition all_;
  EvaluateConfig evaluated_;
  const Measure* measure_ = nullptr;
  double rows_ = 0;            ///< that it is of
  std::uint64_t counted_ = 0;  ///< rows that the model of all was fitted to
  std::map<Coalition, CoalitionFit> fits_;
  std::optional<TracIn> tracin_;
};

/// The largest change of a coefficient, in its standard errors; the intercept's is no change of
/// anything's effect.
std::string largest_change(const SavedModel& model, const Json& without) {
  if (!without.is_object()) return "-";
  const std::vector<std::string> names = names_of_coefficients(model);
  if (model.standard_errors.size() != names.size() || model.coefficients.size() != names.size())
    return "-";
  double most = 0;
  for (std::size_t j = 0; j < names.size(); ++j)
    if (!names[j].ends_with("(intercept)"))
      most = std::max(most, std::fabs(without.at(names[j]).get<double>() - model.coefficients[j]) /
                                model.standard_errors[j]);
  return fmt::format("{:.3g}", most);
}

std::string table_of(const Json& result, const SavedModel& model) {
  const auto split = result.at("split").get<std::string>();
  std::string text = fmt::format(
      "{} {:.6g} on {}, by a model of all domains\n", result.at("metric").get<std::string>(),
      result.at("value").get<double>(), split.empty() ? "all rows" : "split " + split);
  const bool tracin = result.contains("tracin_checkpoints");
  constexpr const char* line = "{:<16}{:>12}{:>20}{:>12}{:>12}{:>12}{:>20}{:>{}}\n";
  const int last = tracin ? 14 : 0;
  text += fmt::format(line, "without", "value", "effect", "change/se", "influence", "one step",
                      "Shapley", tracin ? "TracIn" : "", last);
  const auto number = [](const Json& json, const std::string& member) -> std::string {
    if (!json.contains(member) || !json.at(member).is_number()) return "-";
    const auto value = json.at(member).get<double>();
    return json.contains(member + "_lower")
               ? fmt::format("{:.4f} to {:.4f}", json.at(member + "_lower").get<double>(),
                             json.at(member + "_upper").get<double>())
               : fmt::format("{:.6g}", value);
  };
  for (const Json& domain : result.at("domains")) {
    const Json without = domain.value("without", Json::object());
    const Json estimates = domain.value("estimates", Json::object());
    text += fmt::format(line, domain.at("domain").get<std::string>(), number(without, "value"),
                        number(domain, "effect"),
                        largest_change(model, without.value("coefficients", Json())),
                        largest_change(model, estimates.value("influence", Json())),
                        largest_change(model, estimates.value("one_step", Json())),
                        number(domain, "shapley"), tracin ? number(domain, "tracin") : "", last);
  }
  for (const Json& domain : result.at("domains"))
    for (const char* why : {"reason", "shapley_reason"})
      if (domain.contains(why))
        text += fmt::format("{}: {}\n", domain.at("domain").get<std::string>(),
                            domain.at(why).get<std::string>());
  text +=
      "effect: how much worse the measure gets without the domain, fitted anew without it; "
      "below 0 it gets better\n";
  if (tracin)
    text += fmt::format(
        "TracIn: by how much the domain's rows lowered the loss there over {} "
        "epochs, to first order; below 0 they raised it\n",
        result.at("tracin_checkpoints").get<int>());
  return text;
}

void attribute(const Stage& stage, Session& session, RunConfig config,
               const StageOptions& options) {
  StageOptions of_model = options;
  of_model.model = model_path(config, options);
  demand_one_model(config, stage.name());
  if (is_done(session.world(), config, stage.chain, of_model.model)) return;
  if (config.train.federated)
    throw Error(ExitCode::config,
                "train.federated: attribute fits exact models anew, of which a domain's share is "
                "what is told; it knows no rounds of local training");
  Run run(session, std::move(config), stage.use);
  load_solver(run);
  const UsedModel used = open_model(run, of_model);
  RunRecord record(run, stage.chain, true);
  record.add_dependency({dependency::model, used.content, Json::object(), {}});
  record.begin_session();
  const Json result = Attribution(run, used).result();
  record.publish_result(result, table_of(result, used.model), result);
}

constexpr SectionType attribute_section = section_type<AttributeConfig>();

}  // namespace

extern constexpr Stage attribute_stage{
    .summary = "what each domain made of a model: fits without it, Shapley values",
    .help =
        "Fits the model of a config once more without each domain, and tells how its "
        "coefficients and a\nmeasure change; with attribute.shapley, over all combinations of "
        "domains. Every policy must allow\nper_domain_statistics and unmasked_sums, since what is "
        "told has a domain's own sums in it. Writes\nattribution.json and a signed statement.",
    .page = "attribute.md",
    .use = {.action = Action::attribute,
            .release = Action::release_model,  // its coefficients without each domain
            .fits = true,
            .own_sums = true,  // a domain's are the difference to a fit without it
            .per_domain = [](const RunConfig&) { return true; }},
    .chain = {.stage = "attribute",
              .stem = "attribution",
              .result = "attribution.json",
              .names_model = true},
    .section = &attribute_section,
    .run = attribute};

}  // namespace bailiwick
