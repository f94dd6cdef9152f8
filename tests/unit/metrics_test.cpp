// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model/metrics/metrics.hpp"

#include <cmath>
#include <random>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/model/scores/concordance.hpp"
#include "lib/model/standardisation.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/r_data.hpp"
#include "tests/support/rows.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;

namespace {

const std::vector<Column> qsec_hp{ones(32), mtcars::qsec, mtcars::hp};
const std::vector<Column> wt_qsec{ones(32), mtcars::wt, mtcars::qsec};

/// The area under the ROC curve, exactly.
double exact_auc(std::span<const double> label, std::span<const double> score) {
  // A positive is an event at time 0, a negative is censored at time 1.
  std::vector<double> time, status;
  for (const double l : label) {
    status.push_back(l >= 0.5 ? 1.0 : 0.0);
    time.push_back(1 - status.back());
  }
  return concordance(time, status, score).index();
}

/// Columns as scikit-learn saw them in glm_test.cpp.
std::vector<Column> standardised_qsec_hp() {
  LocalSums sums(1);
  const std::vector<kernels::RowBlocks> rows{make_rows(qsec_hp, {mtcars::am})};
  const ColumnMoments m = pooled_moments(rows, 32, {{"1", "qsec", "hp"}, 0}, sums);
  auto out = qsec_hp;
  for (std::size_t j = 1; j < 3; ++j)
    for (double& v : out[j])
      v = (v - m.centre[j]) * m.scale[j];
  return out;
}

const kernels::FamilyMembers& counts_family =
    kernels::family_members[kernels::family<kernels::Poisson>.index];

void add_counts(const kernels::RowBlocks& rows, const Predictor& eta, Aggregate& sum) {
  add_rate(rows, eta, counts_family, sum);
}

Json rate_of(Aggregate total) {
  return rate_metrics(std::move(total), counts_family);
}

double number(const Json& measures, const char* name) {
  const Json& value = measures.at(name);
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

template <class Add>
Aggregate sum_of(const std::shared_ptr<const AggregateLayout>& layout,
                 const std::vector<kernels::RowBlocks>& parts, const Column& theta,
                 std::size_t outputs, const Add& add) {
  Aggregate sum(layout);
  for (const auto& rows : parts)
    add(rows, kernels::linear_predictor(rows, theta, outputs), sum);
  sum.normalise();
  return sum;
}

/// Of bins as they are.
CalibrationCells all_bins(const Aggregate& total) {
  CalibrationCells cells{total.layout().stream("bin_rows").size, {}};
  for (std::size_t b = 0; b < cells.bins; ++b)
    cells.starts.push_back(b);
  return cells;
}

std::vector<kernels::RowBlocks> whole(const std::vector<Column>& x, const Column& y) {
  return {make_rows(x, {y})};
}

std::vector<kernels::RowBlocks> split(const std::vector<Column>& x, const Column& y) {
  return {make_rows(x, {y}, {}, 8, 3), make_rows(x, {y}, {}, 8, 0, 2),
          make_rows(x, {y}, {}, 8, 2, 3)};
}

Json binary(const Aggregate& total) {
  return binary_metrics(total, ScoreCells(total), all_bins(total));
}

Json merged_metrics(const Aggregate& fine, const CalibrationCells& cells) {
  const Aggregate merged = merge_calibration(fine, cells);
  return binary_metrics(merged, ScoreCells(merged), cells);
}

/// Of one domain on several ranks, by as many rounds as it takes.
Json refined(const std::vector<kernels::RowBlocks>& parts, const Column& theta, int* rounds) {
  const Aggregate total = sum_of(binary_layout(1), parts, theta, 1, add_binary);
  ScoreCells cells(total);
  for (*rounds = 0; cells.open(); ++*rounds) {
    Aggregate sum = cells.count({parts[0], kernels::linear_predictor(parts[0], theta, 1)});
    for (std::size_t i = 1; i < parts.size(); ++i)
      sum.add(cells.count({parts[i], kernels::linear_predictor(parts[i], theta, 1)}));
    cells.answer(sum);
  }
  return binary_metrics(total, cells, all_bins(total));
}

}  // namespace

// scikit-learn 1.2.1 on the fit of glm_test.cpp: roc_auc_score (220 of 13 * 19 pairs), log_loss,
// brier_score_loss.
TEST_CASE("binary metrics agree with scikit-learn") {
  const Column theta{-0.4397037742451698, -1.0979542159277218, -1.0736525887801447};
  const auto x = standardised_qsec_hp();
  const auto sum = [&](const auto& parts) {
    return sum_of(binary_layout(4), parts, theta, 1, add_binary);
  };
  const Aggregate total = sum(whole(x, mtcars::am));
  const Aggregate of_split = sum(split(x, mtcars::am));
  CHECK(std::equal(total.words().begin(), total.words().end(), of_split.words().begin()));

  const Json m = binary(total);
  CHECK(number(m, "rows") == 32);
  CHECK(number(m, "events") == 13);
  CHECK(number(m, "log_loss") == Approx(0.5010481210972402).epsilon(1e-12));
  CHECK(number(m, "brier") == Approx(0.16046007201144108).epsilon(1e-12));
  CHECK(number(m, "auc_lower") <= 220.0 / 247);
  CHECK(number(m, "auc_upper") >= 220.0 / 247);
  CHECK(number(m, "auc_upper") - number(m, "auc_lower") < 1e-2);

  const auto eta = kernels::linear_predictor(whole(x, mtcars::am)[0], theta, 1);
  Column score;
  for (std::size_t i = 0; i < 32; ++i)
    score.push_back(eta(i / 8, 0, i % 8));
  CHECK(exact_auc(mtcars::am, score) == Approx(0.8906882591093118).epsilon(1e-15));

  double rows = 0, events = 0, correct = 0;
  for (std::size_t i = 0; i < 32; ++i)
    correct += (score[i] > 0) == (mtcars::am[i] == 1);
  CHECK(number(m, "accuracy") == correct / 32);
  // recall_score, precision_score, f1_score and average_precision_score, by their definitions.
  double found = 0, taken = 0, precision_sum = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    taken += score[i] > 0 ? 1 : 0;
    found += score[i] > 0 && mtcars::am[i] == 1 ? 1 : 0;
    double above = 0, events_above = 0;
    for (std::size_t k = 0; k < 32; ++k) {
      above += score[k] >= score[i] ? 1 : 0;
      events_above += score[k] >= score[i] && mtcars::am[k] == 1 ? 1 : 0;
    }
    if (mtcars::am[i] == 1) precision_sum += events_above / above;
  }
  CHECK(number(m, "recall") == found / 13);
  CHECK(number(m, "precision") == found / taken);
  CHECK(number(m, "f1") == Approx(2 * found / (13 + taken)).epsilon(1e-15));
  CHECK(number(m, "average_precision") == Approx(precision_sum / 13).epsilon(1e-3));
  for (const Json& bin : m.at("calibration")) {
    CHECK(number(bin, "upper") - number(bin, "lower") == 0.25);
    if (number(bin, "rows") > 0) {
      CHECK(number(bin, "mean_prediction") >= number(bin, "lower"));
      CHECK(number(bin, "mean_prediction") < number(bin, "upper"));
    }
    rows += number(bin, "rows");
    events += number(bin, "events");
  }
  CHECK(rows == 32);
  CHECK(events == 13);
}

// Scores that crowd, that lie outside of the bins, about 0, where numbers are dense, and equal
// ones.
TEST_CASE("scores are told apart until the areas are exact") {
  std::mt19937 random(7);
  for (const double scale : {0.0, 1e-300, 1e-12, 1e-4, 1.0, 1e3})
    for (const double shift : {0.0, -9.0, 40.0}) {
      Column score, label;
      for (int i = 0; i < 500; ++i) {
        label.push_back(random() % 3 == 0);
        score.push_back(shift +
                        scale * (label.back() + static_cast<double>(random() % 400) / 200 - 2));
      }
      double precision = 0, events = 0;
      for (std::size_t i = 0; i < 500; ++i) {
        double above = 0, events_above = 0;
        for (std::size_t k = 0; k < 500; ++k) {
          above += score[k] >= score[i] ? 1 : 0;
          events_above += score[k] >= score[i] ? label[k] : 0;
        }
        events += label[i];
        precision += label[i] * (events_above / above);
      }
      int rounds = 0;
      const Json m = refined(split({score}, label), {1}, &rounds);
      INFO("scale " << scale << ", shift " << shift << ", rounds " << rounds);
      CHECK(number(m, "auc") == Approx(exact_auc(label, score)).epsilon(1e-15));
      CHECK(number(m, "average_precision") == Approx(precision / events).epsilon(1e-13));
      for (const std::string area : {"auc", "average_precision"}) {
        CHECK(number(m, (area + "_lower").c_str()) ==
              Approx(number(m, area.c_str())).epsilon(1e-15));
        CHECK(number(m, (area + "_upper").c_str()) ==
              Approx(number(m, area.c_str())).epsilon(1e-15));
      }
      CHECK(rounds <= 8);
    }
}

TEST_CASE("bins of a calibration table that are put together hold what they held") {
  const Column theta{-0.4397037742451698, -1.0979542159277218, -1.0736525887801447};
  const auto rows = whole(standardised_qsec_hp(), mtcars::am);
  const Aggregate fine = sum_of(binary_layout(1000), rows, theta, 1, add_binary);
  const CalibrationCells cells{1000, {0, 250, 500, 750}};
  const Json merged = merged_metrics(fine, cells);
  CHECK(merged.at("calibration_bins") == Json({{"asked", 1000}, {"told", 4}}));
  const Json coarse = binary(sum_of(binary_layout(4), rows, theta, 1, add_binary));
  CHECK(merged.at("calibration") == coarse.at("calibration"));

  const Json none = merged_metrics(fine, {1000, {}});
  CHECK(none.at("calibration").is_null());
  CHECK(none.at("left_out").contains("calibration"));
  for (const char* name : {"rows", "events", "accuracy", "auc", "brier"})
    CHECK(none.at(name) == coarse.at(name));
}

TEST_CASE("rows are counted in bins once each, whatever their trials") {
  const std::vector<Column> x{{0, 0, 3}};
  const auto rows = make_rows(x, {{0.25, 1, 0.5}, {4, 3, 2}});  // proportions, trials
  const Aggregate counted =
      count_calibration_rows(rows, kernels::linear_predictor(rows, Column{1}, 1), 2);
  CHECK(std::ranges::equal(counted.words("rows"), std::vector<std::int64_t>{0, 3, 0, 2}));
}

TEST_CASE("the bounds of a binned area hold the exact one, in any bins") {
  std::mt19937 random(7);
  for (const double scale : {1e-4, 0.01, 1.0, 30.0}) {
    Column score, label;
    for (int i = 0; i < 500; ++i) {
      label.push_back(random() % 3 == 0);
      score.push_back(scale * (label.back() + static_cast<double>(random() % 1000) / 200 - 2));
    }
    const double exact = exact_auc(label, score);
    double wins = 0, pairs = 0;
    for (std::size_t i = 0; i < 500; ++i)
      for (std::size_t j = 0; j < 500; ++j)
        if (label[i] == 1 && label[j] == 0) {
          pairs += 1;
          wins += score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0;
        }
    CHECK(exact == Approx(wins / pairs).epsilon(1e-14));
    const Json m = binary(sum_of(binary_layout(1), whole({score}, label), {1}, 1, add_binary));
    const double lower = number(m, "auc_lower"), upper = number(m, "auc_upper");
    CHECK(lower <= exact);
    CHECK(exact <= upper);
    CHECK(number(m, "auc") == Approx((lower + upper) / 2));
    if (scale == 1.0) CHECK(upper - lower < 1e-3);
  }
  const Json one_label =
      binary(sum_of(binary_layout(1), whole({{1, 2}}, {1, 1}), {1}, 1, add_binary));
  for (const char* area : {"auc", "auc_lower", "auc_upper"})
    CHECK(one_label.at(area).is_null());
  // An event, then one of a bin with another row: the third of three as one step, or the second.
  const Json shared =
      binary(sum_of(binary_layout(1), whole({{2, 1, 1}}, {1, 1, 0}), {1}, 1, add_binary));
  CHECK(number(shared, "average_precision_lower") == Approx((1 + 2.0 / 3) / 2));
  CHECK(number(shared, "average_precision") == Approx((1 + 2.0 / 3) / 2));
  CHECK(number(shared, "average_precision_upper") == Approx(1));
}

// R: deviance, null deviance of the fits in glm_test.cpp.
TEST_CASE("regression and Poisson metrics agree with R") {
  const Column line{37.227270116447201, -3.8778307424046821, -0.031772946982161002};
  const std::vector<Column> wt_hp{ones(32), mtcars::wt, mtcars::hp};
  const auto add = [](const auto& rows, const auto& eta, Aggregate& sum) {
    add_regression(rows, eta, 20, sum);
  };
  const auto whole_sum = sum_of(regression_layout(), whole(wt_hp, mtcars::mpg), line, 1, add);
  const auto split_sum = sum_of(regression_layout(), split(wt_hp, mtcars::mpg), line, 1, add);
  CHECK(std::equal(whole_sum.words().begin(), whole_sum.words().end(), split_sum.words().begin()));
  const Json r = regression_metrics(whole_sum);
  CHECK(number(r, "rmse") == Approx(std::sqrt(195.04775474146604 / 32)).epsilon(1e-13));
  CHECK(number(r, "r_squared") ==
        Approx(1 - 195.04775474146604 / 1126.0471874999998).epsilon(1e-13));
  // mean(abs(residuals(lm(mpg ~ wt + hp, mtcars))))
  CHECK(number(r, "mae") == Approx(1.9014837532920559).epsilon(1e-12));

  const Column rate{4.1268541181491933, 0.19950766331170944, -0.21464663887382091};
  const Json p = rate_of(sum_of(rate_layout(), whole(wt_qsec, mtcars::carb), rate, 1, add_counts));
  CHECK(number(p, "mean_deviance") == Approx(10.852164563242175 / 32).epsilon(1e-12));
  CHECK(number(p, "d_squared") ==
        Approx(1 - 10.852164563242175 / 27.043357450132145).epsilon(1e-12));
  // sqrt(mean(residuals(f, "response")^2))
  CHECK(number(p, "rmse") == Approx(1.0060649175686172).epsilon(1e-12));
  CHECK(number(p, "observed") == 90);
  CHECK(number(p, "expected") == Approx(90).epsilon(1e-12));
}

TEST_CASE("metrics that the rows do not define are not numbers") {
  const auto nothing = [](const std::shared_ptr<const AggregateLayout>& layout) {
    Aggregate sum(layout);
    sum.normalise();
    return sum;
  };
  const Json b = binary(nothing(binary_layout(2)));
  CHECK(number(b, "rows") == 0);
  for (const char* name : {"accuracy", "log_loss", "brier", "auc", "auc_lower", "auc_upper"})
    CHECK(b.at(name).is_null());
  CHECK(b.at("calibration")[0].at("mean_prediction").is_null());
  const Json r = regression_metrics(nothing(regression_layout(true)));
  for (const double value : {number(r, "rmse"), number(r, "mae"), number(r, "r_squared")})
    CHECK(std::isnan(value));
  CHECK(number(r, "phm08") == 0);
  const Json p = rate_of(nothing(rate_layout()));
  CHECK(number(p, "expected") == 0);
  for (const double value : {number(p, "mean_deviance"), number(p, "rmse"), number(p, "d_squared")})
    CHECK(std::isnan(value));
  const Json m = multinomial_metrics(nothing(multinomial_layout(3)), 3);
  for (const double value : {number(m, "accuracy"), number(m, "log_loss")})
    CHECK(std::isnan(value));
}

// About a centre far from the mean the terms of the variation cancel only up to their rounding.
TEST_CASE("a target that does not vary has no variation to explain") {
  for (const std::size_t rows : {1U, 2U, 31U}) {
    for (const double target : {0.1, 3.0, 1e5 / 3}) {
      const std::vector<Column> x{Column(rows, 1.0)};
      const Column y(rows, target);
      const Json r =
          regression_metrics(sum_of(regression_layout(), whole(x, y), {0.5}, 1,
                                    [](const auto& part, const auto& eta, Aggregate& sum) {
                                      add_regression(part, eta, 7.7, sum);
                                    }));
      CHECK(number(r, "rmse") == Approx(std::fabs(target - 0.5)));
      CHECK(std::isnan(number(r, "r_squared")));
      const Json p = rate_of(sum_of(rate_layout(), whole(x, y), {0.5}, 1, add_counts));
      CHECK(number(p, "mean_deviance") > 0);
      CHECK(std::isnan(number(p, "d_squared")));
    }
  }
  const Json none = rate_of(sum_of(rate_layout(), whole({{1, 1}}, {0, 0}), {0.5}, 1, add_counts));
  CHECK(number(none, "mean_deviance") > 0);
  CHECK(std::isnan(number(none, "d_squared")));
}

TEST_CASE("multinomial metrics agree with the fit's log-likelihood in R") {
  const Column theta{15.21444968989873, -0.36608726372303402, -0.07091559430656634,
                     93.75399941007133, -5.1652231359489225,  -0.055328829197200523};
  Column y;
  for (const double g : mtcars::gear)
    y.push_back(g - 3);
  const Json m = multinomial_metrics(
      sum_of(multinomial_layout(3), whole(qsec_hp, y), theta, 2, add_multinomial), 3);
  CHECK(number(m, "log_loss") == Approx(13.084859120751856 / 32).epsilon(1e-12));
  CHECK(number(m, "rows") == 32);
  const auto confusion = m.at("confusion").get<std::vector<std::int64_t>>();
  std::int64_t of_first = 0;
  for (std::size_t k = 0; k < 3; ++k)
    of_first += confusion[k];
  CHECK(of_first == 15);
  double recalls = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto right = static_cast<double>(confusion[4 * k]);
    const auto of_class =
        static_cast<double>(confusion[3 * k] + confusion[3 * k + 1] + confusion[3 * k + 2]);
    const auto predicted = static_cast<double>(confusion[k] + confusion[3 + k] + confusion[6 + k]);
    CHECK(m.at("recall")[k] == right / of_class);
    CHECK(m.at("precision")[k] == right / predicted);
    recalls += right / of_class;
  }
  CHECK(number(m, "balanced_accuracy") == Approx(recalls / 3).epsilon(1e-15));
  CHECK(number(m, "accuracy") ==
        static_cast<double>(confusion[0] + confusion[4] + confusion[8]) / 32);
}

TEST_CASE("predictions that are no numbers are an error") {
  CHECK_THROWS_AS(binary(sum_of(binary_layout(2), whole({{1, NAN}}, {1, 0}), {1}, 1, add_binary)),
                  Error);
}

// R: concordance(coxph(Surv(time, status) ~ karno + age + prior, veteran))$count: 6274 concordant,
// 2516 discordant, 14 tied in x.
TEST_CASE("concordance agrees with R") {
  const Column theta{-0.033554242122842748, -0.0024477809021850078, -0.0045897365729949983};
  Column risk;
  for (std::size_t i = 0; i < veteran::time.size(); ++i) {
    risk.push_back(theta[0] * veteran::karno[i] + theta[1] * veteran::age[i] +
                   theta[2] * veteran::prior[i]);
  }
  const Concordance c = concordance(veteran::time, veteran::status, risk);
  CHECK(c.concordant == 6274);
  CHECK(c.tied == 14);
  CHECK(c.comparable == 6274 + 2516 + 14);
  CHECK(c.index() == Approx(0.7134257155838255).epsilon(1e-15));
}

TEST_CASE("concordance counts pairs as its definition does") {
  std::mt19937 random(3);
  Column time, status, risk;
  for (int i = 0; i < 300; ++i) {
    time.push_back(random() % 40);
    status.push_back(random() % 2);
    risk.push_back(random() % 25);
  }
  Concordance slow;
  for (std::size_t i = 0; i < time.size(); ++i) {
    for (std::size_t j = 0; j < time.size(); ++j) {
      if (status[i] == 0 || i == j) continue;
      if (!(time[i] < time[j] || (time[i] == time[j] && status[j] == 0))) continue;
      ++slow.comparable;
      slow.concordant += risk[i] > risk[j];
      slow.tied += risk[i] == risk[j];
    }
  }
  const Concordance fast = concordance(time, status, risk);
  CHECK(fast.comparable == slow.comparable);
  CHECK(fast.concordant == slow.concordant);
  CHECK(fast.tied == slow.tied);
  CHECK(std::isnan(concordance({}, {}, {}).index()));
  CHECK(std::isnan(concordance(Column{1, 2}, Column{0, 0}, Column{1, 2}).index()));
}
