// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/cox/risk_sets.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/error.hpp"
#include "lib/model/row_sums.hpp"

namespace bailiwick {

std::vector<Subject> read_subjects(const SurvivalRows& survival, std::size_t domain,
                                   const std::optional<TimeGrid>& grid,
                                   const std::optional<double>& mean_offset) {
  const auto offset = host_copy(survival.rows.offset);
  const auto y = host_copy(survival.rows.y);
  const auto weight = host_copy(survival.rows.weight);
  const std::size_t block_rows = survival.rows.block_rows();
  ensure(survival.stratum.empty() || survival.stratum.size() == survival.rows.blocks() * block_rows,
         "every row has a stratum");
  const bool late = survival.rows.y.extent(1) > 2;
  std::vector<Subject> subjects;
  for (std::size_t b = 0; b < survival.rows.blocks(); ++b) {
    for (std::size_t r = 0; r < block_rows; ++r) {
      if (weight(b, r) == 0) continue;
      const std::size_t stratum =
          survival.stratum.empty() ? 0 : survival.stratum[b * block_rows + r];
      ensure(stratum < survival.strata, "a stratum is less than the number of strata");
      Subject subject{.stratum = stratum,
                      .time = y(b, 0, r),
                      .entry = late ? y(b, 2, r) : -HUGE_VAL,
                      .weight = weight(b, r),
                      .offset = mean_offset ? offset(b, r) - *mean_offset : 0,
                      .event = y(b, 1, r) == 1,
                      .block = b,
                      .row = r};
      // Without the value: whoever runs the program need not be who may see a row.
      const auto fail = [&](const char* problem) {
        throw Error(ExitCode::data, "local domain {}, block {}, row {} (from 0): {}", domain, b, r,
                    problem);
      };
      if (!std::isfinite(subject.time)) fail("a survival time must be a finite number");
      if (!(subject.entry < subject.time)) fail("an entry must be before its time");
      if (!subject.event && y(b, 1, r) != 0) fail("a status must be 0 or 1");
      if (grid) {
        if (const char* problem = grid->problem(subject.time)) fail(problem);
        subject.time = grid->step_of(subject.time);
        if (late) {
          if (const char* problem = grid->problem(subject.entry)) fail(problem);
          subject.entry = grid->step_of(subject.entry);
        }
      }
      subjects.push_back(subject);
    }
  }
  return subjects;
}

RiskSets::RiskSets(const SurvivalRows& survival, std::span<const Subject> subjects,
                   std::span<const std::vector<double>> event_times, std::size_t columns,
                   FixedPoint format)
    : columns_(columns), format_(format), first_cell_{0} {
  for (const auto& times : event_times) {
    first_cell_.push_back(first_cell_.back() + times.size());
    time_.insert(time_.end(), times.begin(), times.end());
  }

  const auto cell_at = [&](const Subject& subject, double time) {
    const auto& times = event_times[subject.stratum];
    const auto after = std::upper_bound(times.begin(), times.end(), time);
    return after == times.begin()
               ? none
               : first_cell_[subject.stratum] + static_cast<std::size_t>(after - times.begin()) - 1;
  };
  std::vector<std::pair<std::size_t, const Subject*>> at_risk;
  for (const Subject& subject : subjects)
    if (const std::size_t cell = cell_at(subject, subject.time);
        cell != cell_at(subject, subject.entry))
      at_risk.emplace_back(cell, &subject);
  std::sort(at_risk.begin(), at_risk.end());

  const auto x = host_copy(survival.rows.x);
  for (const auto& [cell, subject] : at_risk) {
    rows_.push_back({cell, cell_at(*subject, subject->entry), subject->weight, subject->offset,
                     subject->event, subject->block * survival.rows.block_rows() + subject->row});
    for (std::size_t j = 0; j < columns_; ++j)
      x_.push_back(x(subject->block, j, subject->row));
  }
}

std::size_t RiskSets::stratum_of(std::size_t cell) const {
  const auto after = std::upper_bound(first_cell_.begin(), first_cell_.end(), cell);
  return static_cast<std::size_t>(after - first_cell_.begin()) - 1;
}

std::size_t RiskSets::moments_of(Order order) const {
  return order == Order::value      ? 1
         : order == Order::gradient ? 1 + columns_
                                    : 1 + columns_ + columns_ * (columns_ + 1) / 2;
}

Aggregate RiskSets::events(bool has_offset) const {
  std::vector<Stream> streams{{"deaths", cells(), counts},
                              {"weight", cells(), format_},
                              {"covariates", strata() * columns_, format_}};
  if (has_offset) streams.push_back({"offsets", strata(), format_});
  Aggregate sum(std::make_shared<const AggregateLayout>(std::move(streams)));
  const std::span deaths = sum.words("deaths"), weights = sum.words("weight"),
                  covariates = sum.words("covariates");
  std::vector<double> product(columns_);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (!row.event) continue;
    deaths[row.cell] += 1;
    for (std::size_t j = 0; j < columns_; ++j)
      product[j] = row.weight * x_[i * columns_ + j];
    sum.words().front() +=
        kernels::add_quantised(&row.weight, 1, format_, &weights[row.cell], cells()) +
        kernels::add_quantised(product.data(), columns_, format_,
                               covariates.data() + stratum_of(row.cell) * columns_,
                               strata() * columns_);
    if (has_offset) RowSum(sum, "offsets").add(row.weight * row.offset, stratum_of(row.cell));
    if (i % rows_between_carries == rows_between_carries - 1) sum.normalise();
  }
  sum.normalise();
  return sum;
}

constexpr double most_tied = 1 << 20;

void RiskSets::set_events(Aggregate total, Ties ties, bool copies) {
  total.normalise();
  if (total.saturated() != 0) {
    throw Error(ExitCode::data,
                "{} rows with an event hold a covariate or weight that is not finite or too large",
                total.saturated());
  }
  deaths_ = total.values(copies ? "weight" : "deaths");
  death_weight_ = total.values("weight");
  covariates_ = total.values("covariates");
  if (total.layout().has("offsets")) offsets_ = total.values("offsets");
  tied_.assign(cells(), none);
  tied_cells_ = 0;
  for (std::size_t c = 0; c < cells(); ++c) {
    if (ties == Ties::efron && deaths_[c] > 1) tied_[c] = tied_cells_++;
    if (tied_[c] != none && deaths_[c] > most_tied)
      throw Error(ExitCode::data,
                  "more than {:.0f} events at one time, each of which is a term of Efron's "
                  "approximation: set model.cox.ties: breslow, or look at the weights",
                  most_tied);
  }
}

Aggregate RiskSets::sums(std::span<const double> theta, Order order) const {
  const std::size_t q = moments_of(order);
  Aggregate sum(std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"at_risk", cells() * q, format_}, {"tied", tied_cells_ * q, format_}}));
  std::int64_t* const at_risk = sum.words("at_risk").data();
  std::int64_t* const tied = sum.words("tied").data();
  std::vector<double> moment(q), taken(q);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const double* const x = &x_[i * columns_];
    double eta = row.offset;
    for (std::size_t j = 0; j < columns_; ++j)
      eta = std::fma(x[j], theta[j], eta);
    moment[0] = row.weight * exact::exp(eta);
    for (std::size_t j = 0; order >= Order::gradient && j < columns_; ++j) {
      moment[1 + j] = moment[0] * x[j];
    }
    double* second = moment.data() + 1 + columns_;
    for (std::size_t j = 0; order >= Order::hessian && j < columns_; ++j) {
      for (std::size_t k = 0; k <= j; ++k)
        second[k] = moment[1 + j] * x[k];
      second += j + 1;
    }
    std::int64_t& saturated = sum.words().front();
    saturated +=
        kernels::add_quantised(moment.data(), q, format_, at_risk + row.cell * q, cells() * q);
    if (row.entry != none) {
      std::transform(moment.begin(), moment.end(), taken.begin(), std::negate());
      saturated +=
          kernels::add_quantised(taken.data(), q, format_, at_risk + row.entry * q, cells() * q);
    }
    if (row.event && tied_[row.cell] != none) {
      saturated += kernels::add_quantised(moment.data(), q, format_, tied + tied_[row.cell] * q,
                                          tied_cells_ * q);
    }
    if (i % rows_between_carries == rows_between_carries - 1) sum.normalise();
  }
  sum.normalise();
  return sum;
}

void RiskSets::add_later_cells(Aggregate& cells_sum, std::size_t q) const {
  const auto words = cells_sum.words("at_risk");
  for (std::size_t limb = 0; limb < static_cast<std::size_t>(format_.limbs); ++limb) {
    std::int64_t* const from = words.data() + limb * cells() * q;
    for (std::size_t s = 0; s < strata(); ++s) {
      for (std::size_t c = first_cell_[s + 1]; c-- > first_cell_[s] + 1;) {
        for (std::size_t i = 0; i < q; ++i)
          from[(c - 1) * q + i] += from[c * q + i];
      }
    }
  }
  cells_sum.normalise();
}

std::vector<double> RiskSets::hazard_steps(Aggregate cells_sum) const {
  const std::size_t q = moments_of(Order::value);
  add_later_cells(cells_sum, q);
  const std::vector<double> at_risk = cells_sum.values("at_risk"), tied = cells_sum.values("tied");
  std::vector<double> steps(cells(), 0.0);
  for (std::size_t c = 0; c < cells(); ++c) {
    const double events = tied_[c] == none ? 0 : tied[tied_[c]];
    const double terms = tied_[c] == none ? 1 : deaths_[c];
    for (double l = 0; l < terms; ++l)
      steps[c] += death_weight_[c] / terms / std::fma(-(l / terms), events, at_risk[c]);
  }
  return steps;
}

std::int64_t RiskSets::for_each_score(
    Aggregate cells_sum, std::span<const double> theta,
    const std::function<void(std::size_t, std::span<const double>)>& use) const {
  const std::size_t q = 1 + columns_;
  add_later_cells(cells_sum, q);
  const std::vector<double> at_risk = cells_sum.values("at_risk");
  const std::vector<double> tied = cells_sum.values("tied");

  // Of every cell: the mean that its events are held against; and, summed over its terms and those
  // of the stratum's earlier cells, the hazard and hazard times mean, which a row at risk has had.
  // A row whose own event it is has had less of it: `spared`.
  std::vector<double> mean(cells() * columns_, 0.0), hazard(cells() * q, 0.0),
      spared(cells() * q, 0.0);
  for (std::size_t s = 0; s < strata(); ++s)
    for (std::size_t c = first_cell_[s]; c < first_cell_[s + 1]; ++c) {
      double* const sum = &hazard[c * q];
      if (c > first_cell_[s]) std::copy(sum - q, sum, sum);
      const double* const all = &at_risk[c * q];
      const double* const events = tied_[c] == none ? nullptr : &tied[tied_[c] * q];
      const double terms = events ? deaths_[c] : 1.0;
      for (double l = 0; l < terms; ++l) {
        const double gone = l / terms;
        const auto moment = [&](std::size_t i) {
          return events ? std::fma(-gone, events[i], all[i]) : all[i];
        };
        const double risk = moment(0), step = death_weight_[c] / terms / risk;
        sum[0] += step;
        spared[c * q] += gone * step;
        for (std::size_t j = 0; j < columns_; ++j) {
          const double m = moment(1 + j) / risk;
          mean[c * columns_ + j] += m / terms;
          sum[1 + j] = std::fma(step, m, sum[1 + j]);
          spared[c * q + 1 + j] = std::fma(gone * step, m, spared[c * q + 1 + j]);
        }
      }
    }

  std::vector<double> score(columns_);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    const double* const x = &x_[i * columns_];
    const double *const had = &hazard[row.cell * q], *const less = &spared[row.cell * q];
    const double* const before = row.entry == none ? nullptr : &hazard[row.entry * q];
    double eta = row.offset;
    for (std::size_t j = 0; j < columns_; ++j)
      eta = std::fma(x[j], theta[j], eta);
    const double risk = exact::exp(eta);
    for (std::size_t j = 0; j < columns_; ++j) {
      double own = x[j] * had[0] - had[1 + j];
      if (row.entry != none) own -= x[j] * before[0] - before[1 + j];
      if (row.event) own -= x[j] * less[0] - less[1 + j];
      const double jump = row.event ? x[j] - mean[row.cell * columns_ + j] : 0;
      score[j] = row.weight * (jump - risk * own);
    }
    use(row.place, score);
  }
  return cells_sum.saturated();
}

void RiskSets::add_likelihood(Aggregate cells_sum, std::span<const double> theta, Order order,
                              Aggregate& likelihood) const {
  const std::size_t q = moments_of(order);
  add_later_cells(cells_sum, q);
  likelihood.words().front() += cells_sum.saturated();
  const std::vector<double> at_risk = cells_sum.values("at_risk");
  const std::vector<double> tied = cells_sum.values("tied");

  // One contribution for the events themselves, then one for each event time, so that a long sum
  // in double does not blur the value that the solver's decisions rest on.
  std::vector<double> score;
  for (std::size_t s = 0; s < strata(); ++s) {
    score.assign(&covariates_[s * columns_], &covariates_[s * columns_] + columns_);
    double value = offsets_.empty() ? 0 : offsets_[s];
    for (std::size_t j = 0; j < columns_; ++j)
      value = std::fma(score[j], theta[j], value);
    likelihood.add("log_likelihood", std::span(&value, 1));
    if (order >= Order::gradient) likelihood.add("score", score);
  }
  Terms terms;
  for (std::size_t c = 0; c < cells(); ++c) {
    compute_terms(c, at_risk, tied, order, terms);
    likelihood.add("log_likelihood", std::span(&terms.value, 1));
    if (order >= Order::gradient) likelihood.add("score", terms.score);
    if (order >= Order::hessian) likelihood.add("information", terms.information);
  }
}

void RiskSets::compute_terms(std::size_t c, std::span<const double> at_risk,
                             std::span<const double> tied, Order order, Terms& terms) const {
  const std::size_t q = moments_of(order);
  auto& [value, score, information, mean] = terms;
  value = 0;
  score.assign(columns_, 0.0);
  information.assign(columns_ * (columns_ + 1) / 2, 0.0);
  mean.resize(columns_);
  // Efron: the l-th of d tied events sees the risk set less l/d of the events themselves.
  const double* const all = &at_risk[c * q];
  const double* const events = tied_[c] == none ? nullptr : &tied[tied_[c] * q];
  const double count = events ? deaths_[c] : 1.0;
  const double weight = death_weight_[c] / count;
  for (double l = 0; l < count; ++l) {
    const double gone = l / count;
    const auto moment = [&](std::size_t i) {
      return events ? std::fma(-gone, events[i], all[i]) : all[i];
    };
    const double risk = moment(0);
    value = std::fma(-weight, exact::log(risk), value);
    for (std::size_t j = 0; order >= Order::gradient && j < columns_; ++j) {
      mean[j] = moment(1 + j) / risk;
      score[j] = std::fma(-weight, mean[j], score[j]);
    }
    for (std::size_t j = 0, at = 0; order >= Order::hessian && j < columns_; ++j) {
      for (std::size_t k = 0; k <= j; ++k, ++at) {
        const double covariance = std::fma(-mean[j], mean[k], moment(1 + columns_ + at) / risk);
        information[at] = std::fma(weight, covariance, information[at]);
      }
    }
  }
}

void RiskSets::add_event_scores(std::span<const double> g, Aggregate& sum) const {
  const RowSum score(sum, "score");
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (!row.event) continue;
    for (std::size_t j = 0; j < columns_; ++j)
      score.add(row.weight * g[row.cell] * x_[i * columns_ + j], j);
    if (i % rows_between_carries == rows_between_carries - 1) sum.normalise();
  }
  sum.normalise();
}

void RiskSets::add_time_scores(Aggregate cells_sum, std::span<const double> g,
                               Aggregate& sum) const {
  add_later_cells(cells_sum, moments_of(Order::hessian));
  sum.words().front() += cells_sum.saturated();
  const std::vector<double> at_risk = cells_sum.values("at_risk");
  const std::vector<double> tied = cells_sum.values("tied");
  Terms terms;
  for (std::size_t c = 0; c < cells(); ++c) {
    compute_terms(c, at_risk, tied, Order::hessian, terms);
    for (double& score : terms.score)
      score *= g[c];
    sum.add("score", terms.score);
    for (const char* const stream : {"information", "once", "twice"}) {
      sum.add(stream, terms.information);
      for (double& information : terms.information)
        information *= g[c];
    }
  }
  sum.normalise();
}

}  // namespace bailiwick
