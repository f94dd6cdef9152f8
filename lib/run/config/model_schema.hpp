// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// Internal to the configs: the keys of the section `model`.

#include "lib/config/rules.hpp"
#include "lib/core/text.hpp"
#include "lib/run/config/model_config.hpp"

namespace bailiwick {

template <class Visitor>
void schema(Visitor& v, LayerConfig& layer) {
  v.key("units", layer.units, "Units of the layer.", required, at_least(1), at_most(1 << 20));
  v.key("activation", layer.activation, "What each unit applies to its weighted sum.");
  v.key("layer_norm", layer.layer_norm, "Normalise over the layer's units before the activation.");
  v.key("dropout", layer.dropout, "Probability that a unit is left out of a step.", a_fraction);
}

template <class Visitor>
void schema(Visitor& v, MlpConfig& mlp) {
  v.key("embeddings", mlp.embeddings,
        "Categories whose levels become trained vectors, and the length of these.", at_least(1),
        at_most(1 << 16));
  v.key("layers", mlp.layers, "Hidden layers, from the input on; none: a linear predictor.");
  v.key("loss", mlp.loss, "What is minimised; with the target it makes the output layer.",
        required);
  v.key("huber_delta", mlp.huber_delta,
        "Loss huber: where it turns linear, in units of the target as it is trained.", positive);
  v.check(mlp.loss == kernels::Loss::huber || mlp.huber_delta == 1, "huber_delta",
          "only used with loss: huber");
  v.key("standardise_target", mlp.standardise_target,
        "Train on the target less its mean, by its deviation.",
        only_if(mlp.loss == kernels::Loss::squared_error || mlp.loss == kernels::Loss::huber,
                "only used with loss: squared_error or huber"));
}

inline std::vector<std::string> names_of(std::span<const KindTraits* const> kinds) {
  std::vector<std::string> names;
  for (const KindTraits* kind : kinds)
    names.emplace_back(kind->name);
  return names;
}

/// The kinds of one linear predictor that say this of a row.
inline std::string only_with(const ModelConfig& model, kernels::Response response) {
  std::vector<std::string> names;
  for (const KindTraits* kind : model.kinds)
    if (!kind->network && kind->response(model) == response) names.emplace_back(kind->name);
  return "only used with kind: " + join(names, " or ");
}

struct MissingWord {
  std::string operator()(const std::string& word) const {
    const std::string problem = one_of("mean", "median", "mode", "drop")(word);
    return problem.empty() || parse_number(word) ? "" : problem + ", or a number";
  }
};

template <class Visitor>
void schema(Visitor& v, ModelLabelsConfig& labels) {
  v.key("from", labels.from,
        "Output folder of the run of label that made them; default: the run's own.", is_path);
  v.key("minimum_source", labels.minimum_source,
        "Which labels count: of annotators, these and of rules, or these and of models.");
  v.key("at_least", labels.at_least, "Posterior from which on a label counts.", at_least(0),
        at_most(1));
}

template <class Visitor>
void schema(Visitor& v, ModelConfig& model) {
  std::string kind = model.kind->name;
  v.key("kind", kind, "Kind of model.", required, OneOf{names_of(model.kinds)});
  for (const KindTraits* known : model.kinds)
    if (kind == known->name) model.kind = known;
  // What an unknown kind would make of the other keys is not said.
  const bool unknown = kind != model.kind->name;
  const auto check = [&](bool holds, const char* key, const std::string& why) {
    v.check(unknown || holds, key, why);
  };
  const bool mlp = model.kind->network;
  v.section(
      "mlp", "A network: a multi-layer perceptron.", [&](auto& s) { schema(s, model.mlp); },
      only_if(mlp || (unknown && v.given("mlp")), "only used with kind: mlp"));
  // Where rows have a time and an event instead of a target.
  const bool cox = model.kind->response(model) == kernels::Response::hazard;
  if (!model.kind->intercept) model.intercept = false;
  v.key("features", model.features,
        "Columns to use, and what is made of them: age, ward, ward_icu, lab_*, -age, log(age), "
        "age:ward (docs/models.md). None: all.",
        distinct);
  v.key(
      "missing", model.missing,
      "What stands for a feature's missing values, {crp: median}: mean, median, mode, a number; or "
      "drop its rows.",
      MissingWord{});
  v.key("target", model.target, "Column to predict; default: the only target. Not of Cox models.");
  v.key("labels", model.labels,
        "The target is what label has made (docs/label.md); rows without such a label are left "
        "out.");
  v.key("time", model.time, "Cox models: column of times; they must have it.");
  v.key("status", model.status, "Cox models: column of events, 1 happened, 0 censored.");
  v.key("entry", model.entry,
        "Cox models: column of times from which a row is at risk (delayed entry, start-stop).");
  v.key("trials", model.trials,
        "Models of a probability: column of trials; the target counts successes.");
  v.key("offset", model.offset,
        "Column that is added to the linear predictor. Not of multinomial and ordinal models and "
        "networks.");
  v.key("exposure", model.exposure,
        "Models with a log link: column of exposures, as person-years, whose logarithm is the "
        "offset.");
  v.key("intercept", model.intercept,
        "Fit a constant term. Cox and ordinal models, networks: false.");
  v.key("weights", model.weights, "Use the partitions' row weights.");
  v.key("weight_type", model.weight_type,
        "What they say: a precision, how many equal rows a row stands for, or how many of a "
        "population.");
  v.key(
      "class_weights", model.class_weights,
      "Weights of rows by the target's category (0 and 1 where it has no names), times their own; "
      "others 1.",
      at_least(1e-3), at_most(1e3));
  v.key(
      "balance_classes", model.balance_classes,
      "Weigh rows so that every category of the target counts as much: n / (classes x its rows).");
  v.key(
      "l2", model.l2,
      "Ridge penalty: lambda of lambda/2 |beta|^2, added to the summed loss, times the mean weight "
      "of rows; not on the intercept.",
      at_least(0));
  v.key("errors", model.errors,
        "Errors: the model's, or robust (sandwich). auto: robust with sampling or class "
        "weights; Cox: any.",
        only_if(!mlp, "networks have no standard errors"));
  v.key("cluster", model.cluster,
        "Rows that robust errors take as one: those of a unit (a column of role: unit), or domain.",
        only_if(!mlp, "networks have no standard errors"));
  v.key("standardise", model.standardise,
        "Scale features by mean and deviation: over all domains, or in each by its own.");
  v.section(
      "cox", "Cox's proportional hazards.",
      [&](auto& s) {
        s.key(
            "strata", model.strata,
            "What has a baseline hazard of its own; none needs unstratified_survival of policies.");
        s.key("strata_by", model.strata_by,
              "Categories; each combination of their levels has a baseline hazard of its own, "
              "within strata.",
              distinct);
        s.key("ties", model.ties, "Approximation for events at the same time.");
        s.key("time_step", model.time_step, "Strata none: step of the public grid of times.",
              positive);
        s.key("time_maximum", model.time_maximum,
              "Strata none: end of that grid, greater than 0; otherwise 0.", at_least(0));
        const bool grid = model.strata == Strata::none;
        s.check(!grid || model.time_maximum > 0, "time_maximum",
                "strata: none needs the last time of the public grid, greater than 0");
        s.check(grid || model.time_maximum == 0, "time_maximum", "only used with strata: none");
        s.key(
            "baseline", model.baseline,
            "Keep the baseline hazard with the model, for survival at given times; strata: none.");
        s.check(grid || !model.baseline, "baseline", "only used with strata: none");
        s.key("proportional_hazards", model.proportional_hazards,
              "Test them against effects that change with time, transformed so; rank and km: "
              "strata none.");
        s.check(grid || (model.proportional_hazards != TimeTransform::rank &&
                         model.proportional_hazards != TimeTransform::km),
                "proportional_hazards",
                "rank and km are of all domains' times, which cross with strata: none alone; here: "
                "identity or log");
        s.check(model.proportional_hazards == TimeTransform::none || model.l2 == 0,
                "proportional_hazards", "with a penalty there is no such test");
      },
      only_if(unknown || model.kind->section == std::string("cox"), "only used with kind: cox"));

  check(!cox || !model.time.empty(), "time", "kind: cox needs the column of times");
  check(!cox || !model.status.empty(), "status", "kind: cox needs the column of events");
  check(!cox || model.target.empty(), "target", "kind: cox has time and status instead");
  check(!model.labels || !model.target.empty(), "labels",
        "name them with target, as label.target does");
  check(model.kind->intercept || !model.intercept, "intercept",
        mlp   ? "the layers of a network have their own"
        : cox ? "kind: cox has no intercept"
              : "the thresholds of an ordinal model stand for it");
  check(!mlp || model.l2 == 0, "l2", "networks have train.descent.weight_decay instead");
  check(cox || model.time.empty(), "time", "only used with kind: cox");
  check(cox || model.status.empty(), "status", "only used with kind: cox");
  check(cox || model.entry.empty(), "entry", "only used with kind: cox");
  check(model.entry.empty() || (model.entry != model.time && model.entry != model.status), "entry",
        "the same column as time or status");
  check(!cox || model.time.empty() || model.time != model.status, "status",
        "the same column as time");
  check(model.errors != Errors::robust || model.l2 == 0, "errors",
        "with a penalty there are no robust errors");
  check(model.cluster == Cluster::none || model.l2 == 0, "cluster",
        "with a penalty there are no robust errors");
  check(model.cluster == Cluster::none || model.errors != Errors::model, "cluster",
        "errors: model takes every row for itself");
  const kernels::Response response = model.kind->response(model);
  check(model.trials.empty() || (!mlp && response == kernels::Response::probability), "trials",
        only_with(model, kernels::Response::probability));
  check(model.weights || model.weight_type == WeightType::precision, "weight_type",
        "only used with weights: true");
  const bool stands = model.weight_type == WeightType::frequency;
  check(!stands || !mlp, "weight_type", "a network's steps take every row once");
  check(!stands || model.trials.empty(), "weight_type", "trials count rows already");
  check(!stands || model.errors != Errors::robust || model.cluster != Cluster::none, "errors",
        "rows that stand for others have no scores of their own; give the rows, or a cluster");
  const bool has_classes =
      mlp ? model.mlp.loss == kernels::Loss::binary ||
                model.mlp.loss == kernels::Loss::cross_entropy
          : response == kernels::Response::classes || response == kernels::Response::probability;
  const bool may_weigh = has_classes && model.trials.empty();
  check(model.class_weights.empty() || may_weigh, "class_weights",
        "only used where rows are of one category or another");
  check(!model.balance_classes || may_weigh, "balance_classes",
        "only used where rows are of one category or another");
  check(!model.balance_classes || model.class_weights.empty(), "balance_classes",
        "class_weights says how much each counts");
  check(!stands || !model.weighs_classes(), "weight_type",
        "class weights are no whole numbers of rows");
  check(model.exposure.empty() || (!mlp && response == kernels::Response::rate), "exposure",
        only_with(model, kernels::Response::rate));
  check(model.offset.empty() || (!mlp && response != kernels::Response::classes), "offset",
        "not used by networks, multinomial and ordinal models");
}

}  // namespace bailiwick
