// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lib/kinds/cox/survival_rows.hpp"
#include "lib/model/objective.hpp"

namespace bailiwick {

/// A row of non-zero weight.
struct Subject {
  std::size_t stratum = 0;
  double time = 0;           ///< on a grid: in steps, a whole number
  double entry = -HUGE_VAL;  ///< at risk after it
  double weight = 0, offset = 0;
  bool event = false;
  std::size_t block = 0, row = 0;
};

/// Throws ExitCode::data for a time or status that is not one, or a time off the grid; `domain` is
/// for messages. `mean_offset`: what is taken from the rows' offsets; unset: they have none.
std::vector<Subject> read_subjects(const SurvivalRows& survival, std::size_t domain,
                                   const std::optional<TimeGrid>& grid,
                                   const std::optional<double>& mean_offset);

/// The event times of one domain and this rank's rows at risk at them.
///
/// A cell is a distinct event time of a stratum. A row belongs to the last cell not after its own
/// time, so the sum over a risk set is the sum over this cell and the later ones of its stratum.
/// Rows that leave before the first event are never at risk at one. Of a row that enters late the
/// same is taken away again at the last cell not after its entry.
class RiskSets {
 public:
  /// event_times: ascending, for each stratum. Copies the rows it needs. `format`: of the sums.
  RiskSets(const SurvivalRows& survival, std::span<const Subject> subjects,
           std::span<const std::vector<double>> event_times, std::size_t columns,
           FixedPoint format);

  /// What theta does not change, over this rank's events: streams `deaths` and `weight` of each
  /// cell, `covariates`, sum of w x of each stratum, and of w offset if there is one (`has_offset`,
  /// on every rank alike).
  Aggregate events(bool has_offset) const;
  /// Takes the sum of events() over all rows of the risk sets; sums() needs it first. `copies`: a
  /// row's weight is the number of equal rows that it stands for.
  void set_events(Aggregate total, Ties ties, bool copies);

  /// Sums over this rank's rows, cell by cell: stream `at_risk` of w e^eta (1, x, x x') and, at
  /// tied event times under Efron, stream `tied` of the same over the events.
  Aggregate sums(std::span<const double> theta, Order order) const;

  /// Adds log-likelihood, score and information to `likelihood` (likelihood_layout), a contribution
  /// for each stratum and each event time. cells: the sum of sums() over all rows of the risk sets.
  void add_likelihood(Aggregate cells, std::span<const double> theta, Order order,
                      Aggregate& likelihood) const;

  /// What each cell adds to the cumulative hazard of a row whose predictor is 0 (Breslow 1974; with
  /// Efron's ties, as R's survfit.coxph). cells: as for add_likelihood, of order value.
  std::vector<double> hazard_steps(Aggregate cells) const;

  /// Calls use(place of the row, w L) for this rank's subjects at risk, with the score residual L
  /// (Therneau & Grambsch 2000, section 4.2; ties after Efron as in R's survival). cells: as for
  /// add_likelihood, of order gradient at least. Returns how many of its sums did not fit.
  std::int64_t for_each_score(
      Aggregate cells, std::span<const double> theta,
      const std::function<void(std::size_t, std::span<const double>)>& use) const;

  /// Of each cell: its time, as in event_times, and its events.
  const std::vector<double>& times() const { return time_; }
  const std::vector<double>& deaths() const { return deaths_; }
  /// Adds w g x of this rank's events, g a number for each cell, to stream `score`.
  void add_event_scores(std::span<const double> g, Aggregate& sum) const;
  /// Takes the means that events are held against from them, and adds the information of each cell
  /// to stream `information`, times g to `once`, times g^2 to `twice`. cells: as for
  /// add_likelihood, of order hessian.
  void add_time_scores(Aggregate cells, std::span<const double> g, Aggregate& sum) const;

 private:
  /// What those at risk at an event time add to log-likelihood, score and information.
  struct Terms {
    double value = 0;
    std::vector<double> score, information, mean;
  };
  /// Of the c-th cell, as far as the order asks. at_risk, tied: sums over risk sets.
  void compute_terms(std::size_t c, std::span<const double> at_risk, std::span<const double> tied,
                     Order order, Terms& terms) const;

  /// From sums over cells to sums over risk sets, still in whole numbers: adds the later cells.
  void add_later_cells(Aggregate& cells, std::size_t moments) const;

  static constexpr std::size_t none = ~std::size_t{0};
  struct Row {
    std::size_t cell, entry;  ///< at risk in the cells after `entry` (none: all) up to `cell`
    double weight, offset;
    bool event;
    std::size_t place;  ///< among the rows of its domain: block * block rows + row
  };

  std::size_t cells() const { return first_cell_.back(); }
  std::size_t strata() const { return first_cell_.size() - 1; }
  std::size_t stratum_of(std::size_t cell) const;
  std::size_t moments_of(Order order) const;

  std::size_t columns_ = 0;
  FixedPoint format_;
  std::vector<std::size_t> first_cell_;  // of each stratum, and the end
  std::vector<double> time_;             // of each cell
  std::vector<Row> rows_;                // sorted by cell, so that a cell's sums stay in the cache
  std::vector<double> x_;                // (row, column)
  std::vector<double> deaths_;           // of each cell: rows
  std::vector<double> death_weight_;     // of each cell
  std::vector<double> covariates_;       // (stratum, column)
  std::vector<double> offsets_;          // of each stratum, or none
  std::vector<std::size_t> tied_;        // of each cell: its place in stream `tied`
  std::size_t tied_cells_ = 0;
};

}  // namespace bailiwick
