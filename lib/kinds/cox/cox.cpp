// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/cox/cox.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/kinds/cox/proportional_hazards.hpp"
#include "lib/kinds/cox/risk_sets.hpp"
#include "lib/model/likelihood.hpp"
#include "lib/model/magnitude.hpp"
#include "lib/model/near_ties.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {
namespace {

using EventTimes = std::vector<std::vector<double>>;  // ascending, for each stratum

/// Different times of each stratum, over the ranks of a domain: of events, or of all rows.
EventTimes domain_times(std::span<const Subject> subjects, bool events, std::size_t strata,
                        std::size_t d, Sums& sums) {
  std::set<std::pair<std::size_t, double>> here;
  for (const Subject& subject : subjects) {
    if (subject.event || !events) here.emplace(subject.stratum, subject.time);
    if (!events && subject.entry > -HUGE_VAL) here.emplace(subject.stratum, subject.entry);
  }
  std::vector<double> pairs;  // stratum, time
  for (const auto& [stratum, time] : here)
    pairs.insert(pairs.end(), {static_cast<double>(stratum), time});
  pairs = sums.gather_within_domain(d, pairs);
  EventTimes times(strata);
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    times[static_cast<std::size_t>(pairs[i])].push_back(pairs[i + 1]);
  }
  for (auto& of_stratum : times) {
    std::sort(of_stratum.begin(), of_stratum.end());
    of_stratum.erase(std::unique(of_stratum.begin(), of_stratum.end()), of_stratum.end());
  }
  return times;
}

/// Gives times that are one the same value.
void merge_near_ties(std::vector<Subject>& subjects, std::size_t strata, std::size_t d,
                     Sums& sums) {
  std::vector<NearTies> ties;
  for (std::vector<double>& times : domain_times(subjects, false, strata, d, sums))
    ties.emplace_back(std::move(times));
  for (Subject& subject : subjects) {
    subject.time = ties[subject.stratum].first_of(subject.time);
    if (subject.entry == -HUGE_VAL) continue;
    subject.entry = ties[subject.stratum].first_of(subject.entry);
    if (subject.entry == subject.time)
      throw Error(ExitCode::data,
                  "local domain {}, block {}, row {} (from 0): its entry is before its time by "
                  "rounding alone",
                  d, subject.block, subject.row);
  }
}

/// The steps of the public grid at which any domain has an event, for each stratum: one round of
/// counts.
EventTimes grid_event_times(const std::vector<std::vector<Subject>>& subjects, const TimeGrid& grid,
                            std::size_t strata, Sums& sums) {
  const std::size_t steps = grid.times();
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"events", strata * steps, counts}});
  std::vector<Aggregate> parts;
  for (const auto& of_domain : subjects) {
    Aggregate& part = parts.emplace_back(layout);
    for (const Subject& subject : of_domain) {
      if (subject.event)
        part.words("events")[subject.stratum * steps + static_cast<std::size_t>(subject.time)] += 1;
    }
  }
  const Aggregate total = sums.across_domains("events on the time grid", std::move(parts));
  EventTimes times(strata);
  for (std::size_t s = 0; s < strata; ++s)
    for (std::size_t t = 0; t < steps; ++t)
      if (total.words("events")[s * steps + t] != 0) times[s].push_back(double(t));
  return times;
}

class CoxObjective : public CoxLikelihood {
 public:
  CoxObjective(const std::vector<SurvivalRows>& domains, CoxOptions options, Sums& sums)
      : options_(std::move(options)), sums_(sums) {
    ensure(domains.size() == sums_.local_domains(), "one SurvivalRows for each local domain");
    ensure(!domains.empty(), "every rank belongs to a domain");
    options_.penalty = checked_penalty(std::move(options_.penalty), size());
    format_ = shifted(wide, excess_power(options_.mean_weight));
    const auto& grid = options_.grid;
    if (grid && !grid->is_valid()) {
      throw Error(
          ExitCode::config,
          "model.cox.time_step: a step of {} up to {} (model.cox.time_maximum) is no grid of 1 to "
          "{} times",
          grid->step, grid->maximum, TimeGrid::most);
    }
    const std::size_t strata = domains.front().strata;
    if (grid && static_cast<double>(strata * grid->times()) > TimeGrid::most)
      throw Error(ExitCode::config,
                  "model.cox.strata_by: {} strata on a grid of {} times are more than {} sums for "
                  "each number: take a larger model.cox.time_step, or fewer strata",
                  strata, grid->times(), TimeGrid::most);
    std::vector<std::vector<Subject>> subjects;
    for (std::size_t d = 0; d < domains.size(); ++d) {
      ensure(domains[d].rows.blocks() == 0 || domains[d].rows.columns() == size(),
             "every domain has the model's columns, each with a name");
      ensure(!grid || domains[d].strata == strata, "on a grid all domains have the same strata");
      subjects.push_back(read_subjects(domains[d], d, grid, options_.mean_offset));
    }
    EventTimes times;
    if (grid) times = grid_times_ = grid_event_times(subjects, *grid, strata, sums_);
    std::vector<Aggregate> events;
    for (std::size_t d = 0; d < domains.size(); ++d) {
      if (!grid) {
        merge_near_ties(subjects[d], domains[d].strata, d, sums_);
        times = domain_times(subjects[d], true, domains[d].strata, d, sums_);
      }
      risk_sets_.emplace_back(domains[d], subjects[d], times, size(), format_);
      events.push_back(risk_sets_.back().events(options_.mean_offset.has_value()));
    }
    if (grid) {
      const Aggregate total =
          sums_.across_domains("events and their covariates", std::move(events));
      for (RiskSets& sets : risk_sets_)
        sets.set_events(total, options_.ties, options_.copies);
    } else {
      for (std::size_t d = 0; d < domains.size(); ++d) {
        sums_.within_domain(d, events[d]);
        risk_sets_[d].set_events(std::move(events[d]), options_.ties, options_.copies);
      }
    }
    require_events(subjects);
    if (options_.transform == TimeTransform::rank || options_.transform == TimeTransform::km) {
      for (const std::vector<double>& of_stratum : grid_times_)
        all_times_.insert(all_times_.end(), of_stratum.begin(), of_stratum.end());
      std::ranges::sort(all_times_);
      all_times_.erase(std::unique(all_times_.begin(), all_times_.end()), all_times_.end());
      rows_at_ = count_rows_at(all_times_, options_.transform, subjects, options_.copies, sums_);
    }
  }

  std::size_t size() const override { return options_.names.size(); }
  double unit() const override { return options_.mean_weight; }
  bool is_penalised(std::size_t i) const override { return options_.penalty.at(i) > 0; }
  std::string parameter_name(std::size_t i) const override { return options_.names.at(i); }
  double in_units(std::size_t i, double value) const override {
    return options_.scale.empty() ? value : value * options_.scale[i];
  }

  Evaluation evaluate(std::span<const double> theta, Order order) override {
    ensure(theta.size() == size(), "theta has one value a parameter");
    std::vector<Aggregate> cells;
    for (const RiskSets& sets : risk_sets_)
      cells.push_back(sets.sums(theta, order));

    const auto layout = likelihood_layout(options_.names, order, format_);
    if (options_.grid) {  // the cells cross, and every rank draws the same conclusion
      const Aggregate total = sums_.across_domains("risk-set sums", std::move(cells), theta);
      Aggregate likelihood(layout);
      risk_sets_.front().add_likelihood(total, theta, order, likelihood);
      return decode_likelihood(std::move(likelihood), theta, options_.penalty, order);
    }
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < risk_sets_.size(); ++d) {
      sums_.within_domain(d, cells[d]);
      Aggregate& part = parts.emplace_back(layout);
      // All ranks of the domain know its risk sets; one speaks for them.
      if (sums_.leads(d)) risk_sets_[d].add_likelihood(std::move(cells[d]), theta, order, part);
    }
    return sum_likelihood(sums_, std::move(parts), theta, options_.penalty, order);
  }

  std::vector<BaselineHazard> baseline(std::span<const double> theta) override {
    ensure(options_.grid.has_value(), "baseline hazards are of one grid of times");
    const std::vector<double> steps =
        risk_sets_.front().hazard_steps(whole_cells(theta, Order::value).front());
    const double of_offset = exact::exp(-options_.mean_offset.value_or(0));
    std::vector<BaselineHazard> baselines;
    auto step = steps.begin();
    for (const std::vector<double>& times : grid_times_) {
      BaselineHazard& baseline = baselines.emplace_back();
      double hazard = 0;
      for (const double time : times) {
        hazard += *step++;
        baseline.time.push_back(time * options_.grid->step);
        baseline.hazard.push_back(hazard * of_offset);
      }
    }
    return baselines;
  }

  std::vector<HazardTest> test_hazards(std::span<const double> theta) override {
    const std::vector<std::vector<double>> g = standardised_times();
    std::vector<Aggregate> cells = whole_cells(theta, Order::hessian), parts;
    const std::size_t pairs = size() * (size() + 1) / 2;
    const auto layout =
        std::make_shared<const AggregateLayout>(std::vector<Stream>{{"score", size(), format_},
                                                                    {"information", pairs, format_},
                                                                    {"once", pairs, format_},
                                                                    {"twice", pairs, format_}});
    for (std::size_t d = 0; d < risk_sets_.size(); ++d) {
      risk_sets_[d].add_event_scores(g[d], parts.emplace_back(layout));
      if (!options_.grid && sums_.leads(d))
        risk_sets_[d].add_time_scores(std::move(cells[d]), g[d], parts.back());
    }
    Aggregate total = sums_.across_domains("proportional hazards", std::move(parts), theta);
    if (options_.grid)  // what everybody knows
      risk_sets_.front().add_time_scores(std::move(cells.front()), g.front(), total);
    if (total.saturated() != 0)
      throw Error(ExitCode::not_converged,
                  "{} sums of the test of proportional hazards are not finite or too large",
                  total.saturated());
    return test_proportional_hazards(
        options_.names, {total.values("score"), total.values("information"), total.values("once"),
                         total.values("twice")});
  }

  ScoreProducts score_products(std::span<const double> theta, const Clusters* clusters) override {
    const FixedPoint format = shifted(wide, 2 * (wide.exponent - format_.exponent));
    const std::vector<Aggregate> cells = whole_cells(theta, Order::gradient);
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < risk_sets_.size(); ++d) {
      Aggregate& part =
          parts.emplace_back(products_layout(options_.names, format, clusters != nullptr));
      const auto each = [&](const auto& use) {
        part.words().front() += risk_sets_[d].for_each_score(cells[d], theta, use);
      };
      if (clusters) {
        ClusterScores scores(size());
        each([&](std::size_t place, std::span<const double> score) {
          scores.add(clusters->of_row[d][place], score);
        });
        scores.add_products(sums_, d, clusters->count[d], format_, part);
        continue;
      }
      const RowSum sum(part, "products");
      std::size_t since_carry = 0;
      each([&](std::size_t, std::span<const double> score) {
        for (std::size_t j = 0, at = 0; j < score.size(); ++j)
          for (std::size_t k = 0; k <= j; ++k, ++at)
            sum.add(score[j] * score[k], at);
        if (++since_carry % rows_between_carries == 0) part.normalise();
      });
    }
    return sum_products(sums_, std::move(parts), theta, false);
  }

  std::vector<double> hessian_times(std::span<const double> theta,
                                    std::span<const double> v) override {
    if (!std::equal(theta.begin(), theta.end(), theta_.begin(), theta_.end())) {
      Evaluation at = evaluate(theta, Order::hessian);
      if (at.saturated != 0) {
        throw Error(ExitCode::not_converged,
                    "{} risk-set sums are not finite or too large; standardise the columns "
                    "(model.standardise), or use train.method: newton",
                    at.saturated);
      }
      hessian_ = std::move(at.hessian);
      theta_.assign(theta.begin(), theta.end());
    }
    return symmetric_times(hessian_, v);
  }

 private:
  /// Of each local domain: sums over all rows of its risk sets, which on a grid are those of all.
  std::vector<Aggregate> whole_cells(std::span<const double> theta, Order order) {
    std::vector<Aggregate> cells;
    for (const RiskSets& sets : risk_sets_)
      cells.push_back(sets.sums(theta, order));
    if (options_.grid)
      cells.assign(cells.size(), sums_.across_domains("risk-set sums", cells, theta));
    else
      for (std::size_t d = 0; d < cells.size(); ++d)
        sums_.within_domain(d, cells[d]);
    return cells;
  }

  /// Of each local domain's cells: the transform of their times, less its mean over all events,
  /// divided by a power of two near its deviation, so that no unit of time changes a test.
  std::vector<std::vector<double>> standardised_times() {
    std::vector<std::vector<double>> g;
    for (const RiskSets& sets : risk_sets_)
      g.push_back(transformed(sets));
    const auto mean_over_events = [&](const char* round, const auto& of) {
      const auto layout = std::make_shared<const AggregateLayout>(
          std::vector<Stream>{{"events", 1, counts}, {"times", 1, any_size}});
      std::vector<Aggregate> parts;
      for (std::size_t d = 0; d < risk_sets_.size(); ++d) {
        Aggregate& part = parts.emplace_back(layout);
        if (!options_.grid && !sums_.leads(d)) continue;
        const std::vector<double>& deaths = risk_sets_[d].deaths();
        for (std::size_t c = 0; c < deaths.size(); ++c) {
          part.words("events").front() += static_cast<std::int64_t>(deaths[c]);
          RowSum(part, "times").add(deaths[c] * of(g[d][c]));
        }
        part.normalise();
      }
      const Aggregate total =
          options_.grid ? parts.front() : sums_.across_domains(round, std::move(parts));
      if (total.saturated() != 0)
        throw Error(
            ExitCode::data,
            "model.cox.proportional_hazards: {} of the event times have no {}: take identity",
            total.saturated(), to_word(options_.transform));
      return total.value("times") / total.value("events");
    };
    const double mean = mean_over_events("mean of event times", [](double t) { return t; });
    const double spread = mean_over_events("spread of event times",
                                           [mean](double t) { return (t - mean) * (t - mean); });
    const int power = spread > 0 ? std::ilogb(std::sqrt(spread)) : 0;
    for (std::vector<double>& of_domain : g)
      for (double& t : of_domain)
        t = std::ldexp(t - mean, -power);
    return g;
  }

  std::vector<double> transformed(const RiskSets& sets) const {
    std::vector<double> g = sets.times();
    const double step = options_.grid ? options_.grid->step : 1;
    const auto place = [&](double time) {
      return static_cast<std::size_t>(std::ranges::lower_bound(all_times_, time) -
                                      all_times_.begin());
    };
    switch (options_.transform) {
      case TimeTransform::identity:
      case TimeTransform::none:
        for (double& t : g)
          t *= step;
        break;
      case TimeTransform::log:
        for (double& t : g)
          t = exact::log(t * step);
        break;
      case TimeTransform::rank:  // of tied rows: their mean rank
        for (double& t : g)
          t = (rows_at_[place(t)] + 1) / 2;
        break;
      case TimeTransform::km: {  // up to before each time
        std::vector<double> deaths(all_times_.size(), 0.0), survival{1};
        for (std::size_t c = 0; c < g.size(); ++c)
          deaths[place(g[c])] += sets.deaths()[c];
        for (std::size_t i = 0; i < deaths.size(); ++i)
          survival.push_back(survival.back() * (1 - deaths[i] / rows_at_[i]));
        for (double& t : g)
          t = 1 - survival[place(t)];
        break;
      }
    }
    return g;
  }

  void require_events(const std::vector<std::vector<Subject>>& subjects) {
    const auto layout =
        std::make_shared<const AggregateLayout>(std::vector<Stream>{{"events", 1, counts}});
    std::vector<Aggregate> parts;
    for (const auto& of_domain : subjects) {
      parts.emplace_back(layout).words("events").front() = std::count_if(
          of_domain.begin(), of_domain.end(), [](const Subject& s) { return s.event; });
    }
    const Aggregate total = sums_.across_domains("number of events", std::move(parts));
    if (total.words("events").front() == 0) {
      throw Error(
          ExitCode::data,
          "no row has an event: a Cox model needs some; look at model.status and train.split");
    }
  }

  CoxOptions options_;
  Sums& sums_;
  FixedPoint format_;
  EventTimes grid_times_;                    // in steps
  std::vector<double> all_times_, rows_at_;  // of all strata; for the transform
  std::vector<RiskSets> risk_sets_;          // one a local domain
  std::vector<double> theta_;                // where hessian_ was taken
  std::vector<double> hessian_;
};

}  // namespace

std::unique_ptr<CoxLikelihood> make_cox_objective(std::vector<SurvivalRows> domains,
                                                  CoxOptions options, Sums& sums) {
  return std::make_unique<CoxObjective>(domains, std::move(options), sums);
}

}  // namespace bailiwick
