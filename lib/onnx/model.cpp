// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/model.hpp"

#include <cmath>
#include <numeric>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/stages/scores.hpp"

namespace bailiwick {

namespace {

using Value = OnnxGraph::Value;
using kernels::InverseLink;

constexpr std::int64_t width(std::size_t columns) {
  return static_cast<std::int64_t>(columns);
}

/// What the linear predictors of a row are turned into.
class Heads {
 public:
  Heads(OnnxGraph& graph, OnnxColumns& columns, const ScoringModel& scored)
      : graph_(graph), columns_(columns), model_(scored.model) {}

  void mean(const Value& eta, const kernels::FamilyMembers& family, InverseLink link) {
    graph_.output(family.prediction, OnnxType::float64, 1, inverse(eta, link),
                  std::string(family.title) + " of " + model_.config.target);
  }

  /// `columns`: rows x categories.
  void classes(const Value& probabilities) {
    const std::vector<std::string>& names = model_.categories;
    graph_.output("probabilities", OnnxType::float64, names.size(), probabilities,
                  "of " + join(names));
    std::vector<std::int64_t> codes(names.size());
    std::iota(codes.begin(), codes.end(), 0);
    const Value likeliest = graph_.add("ArgMax", {probabilities},
                                       {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{1}}});
    const Value known = graph_.add(
        "Where",
        {graph_.add("IsNaN",
                    {graph_.add("ReduceSum",
                                {probabilities, graph_.integers(std::vector<std::int64_t>{1}, {1})},
                                keep())}),
         graph_.integers(std::vector<std::int64_t>{-1}, {}), likeliest});
    graph_.output(
        "label", OnnxType::string, 1,
        graph_.add(
            "ai.onnx.ml.LabelEncoder", {known},
            {{"keys_int64s", codes}, {"values_strings", names}, {"default_string", std::string()}}),
        "the likeliest; empty where there is no prediction");
  }

  /// And survival at the times, whose cumulative hazards are given: exp(-H(t) e^eta).
  void hazards(const Value& eta, const std::vector<double>& times,
               const std::vector<double>& cumulative) {
    const Value ratio = graph_.add("Exp", {eta});
    graph_.output("hazard_ratio", OnnxType::float64, 1, ratio, "beside a row of the mean");
    if (times.empty()) return;
    std::vector<double> hazards;
    for (const double hazard : cumulative)
      hazards.push_back(-hazard);
    const Value all = graph_.add(
        "Exp", {graph_.add("Mul", {ratio, graph_.numbers(hazards, {1, width(times.size())})})});
    std::string words;
    for (const double time : times)
      words += (words.empty() ? "at " : ", ") + round_trip(time);
    graph_.output("survival", OnnxType::float64, times.size(), all, words);
  }

  /// P(y = k) of the cumulative logits zeta_k - eta, without the difference of two that are near 1:
  /// s(b) - s(a) = s(b) s(-a) (1 - e^(a - b)).
  Value ordinal(const Value& eta, std::span<const double> zeta) {
    const Value thresholds = graph_.numbers(zeta, {1, width(zeta.size())});
    const Value up = logistic(graph_.add("Sub", {thresholds, eta}));
    const Value down = logistic(graph_.add("Sub", {eta, thresholds}));
    std::vector<double> gaps{1};
    for (std::size_t k = 1; k < zeta.size(); ++k)
      gaps.push_back(-std::expm1(zeta[k - 1] - zeta[k]));
    gaps.push_back(1);
    const Value ones = columns_.ones();
    const OnnxGraph::Attributes beside = {{"axis", std::int64_t{1}}};
    const Value product = graph_.add("Mul", {graph_.add("Concat", {up, ones}, beside),
                                             graph_.add("Concat", {ones, down}, beside)});
    return graph_.add("Mul", {product, graph_.numbers(gaps, {1, width(gaps.size())})});
  }

 private:
  static OnnxGraph::Attributes keep() { return {{"keepdims", std::int64_t{1}}}; }

  /// Its operator is off by 1e-9 of small probabilities in runtimes that take it from 1.
  Value logistic(const Value& x) {
    const Value odds = graph_.add("Exp", {graph_.add("Neg", {x})});
    return graph_.add("Div", {graph_.number(1), graph_.add("Add", {odds, graph_.number(1)})});
  }

  Value inverse(const Value& eta, InverseLink link) {
    switch (link) {
      case InverseLink::identity:
        return eta;
      case InverseLink::logistic:
        return logistic(eta);
      case InverseLink::exponential:
        return graph_.add("Exp", {eta});
      case InverseLink::complementary_log_log: {
        // 1 - e^-u = 2 t / (1 + t) with t = tanh(u / 2): no difference of two that are near 1.
        const Value half = graph_.add("Mul", {graph_.add("Exp", {eta}), graph_.number(0.5)});
        const Value t = graph_.add("Tanh", {half});
        return graph_.add("Div",
                          {graph_.add("Add", {t, t}), graph_.add("Add", {t, graph_.number(1)})});
      }
      case InverseLink::normal:
        break;
    }
    throw Error(ExitCode::data,
                "probit: runtimes of ONNX have no error function in float64; a logistic model says "
                "nearly the same");
  }

  OnnxGraph& graph_;
  OnnxColumns& columns_;
  const SavedModel& model_;
};

/// rows x outputs; columns of theta are those of an output, class-major.
Value linear_predictors(OnnxGraph& graph, OnnxColumns& columns, const ScoringModel& scored,
                        std::span<const double> theta) {
  const std::size_t p = scored.model.names.size(), outputs = theta.size() / p;
  ensure(outputs * p == theta.size(), "each output has a parameter a column");
  std::vector<std::size_t> all(p);
  std::iota(all.begin(), all.end(), 0);
  std::vector<double> matrix(theta.size());
  for (std::size_t j = 0; j < p; ++j)
    for (std::size_t k = 0; k < outputs; ++k)
      matrix[j * outputs + k] = theta[k * p + j];
  const Value eta = graph.add(
      "MatMul", {columns.standardised(all), graph.numbers(matrix, {width(p), width(outputs)})});
  const auto offset = columns.offset();
  return offset ? graph.add("Add", {eta, *offset}) : eta;
}

/// Of log odds against the first category, rows x (categories - 1).
Value softmax_beside_zero(OnnxGraph& graph, OnnxColumns& columns, const Value& eta) {
  const Value ones = columns.ones();
  const Value zero = graph.add("Sub", {ones, ones});
  const Value all = graph.add("Concat", {zero, eta}, {{"axis", std::int64_t{1}}});
  return graph.add("Softmax", {all}, {{"axis", std::int64_t{1}}});
}

}  // namespace

std::string onnx_file(const ScoringModel& scored, const std::vector<double>& survival_at) {
  const SavedModel& model = scored.model;
  const kernels::FamilyMembers* family = kind_of(model.config).family(model.config);
  const bool survival = model.config.kind->response(model.config) == kernels::Response::hazard;
  const std::vector<double> cumulative = survival_hazards(scored, survival_at);
  OnnxGraph graph;
  OnnxColumns columns(graph, scored);
  Heads heads(graph, columns, scored);
  if (model.config.kind->network) {
    const OnnxNetwork network = add_network(graph, columns, scored);
    const Value z =
        graph.add("Add", {graph.cast(network.outputs, OnnxType::float64), network.undefined});
    if (family == nullptr && !survival) {
      heads.classes(graph.add("Softmax", {z}, {{"axis", std::int64_t{1}}}));
    } else {
      const Value scaled = graph.add("Mul", {z, graph.number(model.target_deviation)});
      const Value eta = graph.add("Add", {scaled, graph.number(model.target_mean)});
      family != nullptr ? heads.mean(eta, *family, kind_of(model.config).inverse_link(model.config))
                        : heads.hazards(eta, survival_at, cumulative);
    }
  } else {
    const std::span<const double> theta(model.parameters);
    const std::size_t p = model.names.size();
    const bool ordinal = model.config.kind->name == std::string_view("ordinal");
    const std::size_t predictors =
        family != nullptr || survival || ordinal ? 1 : model.categories.size() - 1;
    const Value eta = linear_predictors(graph, columns, scored, theta.first(predictors * p));
    if (ordinal)
      heads.classes(heads.ordinal(eta, theta.subspan(p)));
    else if (family != nullptr)
      heads.mean(eta, *family, kind_of(model.config).inverse_link(model.config));
    else if (survival)
      heads.hazards(eta, survival_at, cumulative);
    else
      heads.classes(softmax_beside_zero(graph, columns, eta));
  }
  const std::string about =
      fmt::format("{} of {}, trained by Bailiwick: {}", model.config.kind->name,
                  scored.metadata.at("bailiwick.target"), scored.metadata.at("bailiwick.run"));
  return graph.file(scored.metadata.at("bailiwick.run"), about, scored.metadata);
}

}  // namespace bailiwick
