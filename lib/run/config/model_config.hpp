// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// The section `model` of a run's config. What members mean stands in its schema, by their keys.

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/response.hpp"
#include "kokkos_kernels/network/choices.hpp"
#include "lib/core/words.hpp"

namespace bailiwick {

struct ModelConfig;

/// What the house must know of a kind of model before it meets the kind itself
/// (lib/kinds/kind.hpp).
struct KindTraits {
  const char* name;  ///< model.kind
  kernels::Response (*response)(const ModelConfig& model);
  /// What is wrong with a row's targets, of `classes` categories; nullptr: nothing is.
  const char* (*problem)(const ModelConfig& model, const double* targets, std::size_t classes);
  bool intercept = true;     ///< it may have one
  bool network = false;      ///< layers, trained by descent
  bool reads_codes = true;   ///< of categories; else their indicators, as numbers
  bool noise = false;        ///< it can be trained with noise (privacy)
  const char* section = "";  ///< of model, that no other kind has
};

enum class Standardisation { none, pooled, per_domain };
template <>
inline constexpr auto words<Standardisation> =
    std::to_array<std::pair<Standardisation, const char*>>({{Standardisation::none, "none"},
                                                            {Standardisation::pooled, "pooled"},
                                                            {Standardisation::per_domain,
                                                             "per_domain"}});

/// What a row's weight says. `precision`: how exactly its target was measured, as R's glm has it;
/// `frequency`: it stands for so many equal rows; `sampling`: for so many of a population.
enum class WeightType { precision, frequency, sampling };
template <>
inline constexpr auto words<WeightType> =
    std::to_array<std::pair<WeightType, const char*>>({{WeightType::precision, "precision"},
                                                       {WeightType::frequency, "frequency"},
                                                       {WeightType::sampling, "sampling"}});

/// What standard errors rest on: the model's information, or, as a sandwich of it, the rows' own
/// scores. `automatic`: robust where weights make the model's too small.
enum class Errors { automatic, model, robust };
template <>
inline constexpr auto words<Errors> = std::to_array<std::pair<Errors, const char*>>(
    {{Errors::automatic, "auto"}, {Errors::model, "model"}, {Errors::robust, "robust"}});

/// Which rows robust errors take as one: each is its own; those of one unit; those of one domain.
enum class Cluster { none, unit, domain };
template <>
inline constexpr auto words<Cluster> = std::to_array<std::pair<Cluster, const char*>>(
    {{Cluster::none, "none"}, {Cluster::unit, "unit"}, {Cluster::domain, "domain"}});

/// What becomes of rows in which a feature has no value: another stands for it, or they are left
/// out. `keep`: it stays NaN, for those who count such rows; no config says so.
enum class MissingRule { mean, median, mode, number, drop, keep };
template <>
inline constexpr auto words<MissingRule> =
    std::to_array<std::pair<MissingRule, const char*>>({{MissingRule::mean, "mean"},
                                                        {MissingRule::median, "median"},
                                                        {MissingRule::mode, "mode"},
                                                        {MissingRule::drop, "drop"},
                                                        {MissingRule::number, "number"}});

enum class Ties { breslow, efron };
template <>
inline constexpr auto words<Ties> = std::to_array<std::pair<Ties, const char*>>(
    {{Ties::efron, "efron"}, {Ties::breslow, "breslow"}});

/// Strata of the Cox model. `domain`, `partition`: nothing but score and information crosses.
/// `none`: one risk set over all domains; the policies must allow unstratified survival.
enum class Strata { domain, partition, none };
template <>
inline constexpr auto words<Strata> = std::to_array<std::pair<Strata, const char*>>(
    {{Strata::domain, "domain"}, {Strata::partition, "partition"}, {Strata::none, "none"}});

/// Of time, in a test of proportional hazards; km: 1 less the Kaplan-Meier curve.
enum class TimeTransform { none, identity, log, rank, km };
template <>
inline constexpr auto words<TimeTransform> =
    std::to_array<std::pair<TimeTransform, const char*>>({{TimeTransform::none, "none"},
                                                          {TimeTransform::identity, "identity"},
                                                          {TimeTransform::log, "log"},
                                                          {TimeTransform::rank, "rank"},
                                                          {TimeTransform::km, "km"}});

template <>
inline constexpr auto words<kernels::Activation> =
    std::to_array<std::pair<kernels::Activation, const char*>>(
        {{kernels::Activation::relu, "relu"},
         {kernels::Activation::gelu, "gelu"},
         {kernels::Activation::tanh, "tanh"},
         {kernels::Activation::silu, "silu"},
         {kernels::Activation::sigmoid, "sigmoid"},
         {kernels::Activation::identity, "identity"}});

template <>
inline constexpr auto words<kernels::Loss> = std::to_array<std::pair<kernels::Loss, const char*>>(
    {{kernels::Loss::squared_error, "squared_error"},
     {kernels::Loss::huber, "huber"},
     {kernels::Loss::binary, "binary"},
     {kernels::Loss::cross_entropy, "cross_entropy"},
     {kernels::Loss::poisson, "poisson"},
     {kernels::Loss::cox, "cox"}});

/// A hidden layer: dense, then what it asks for of: layer norm, activation, dropout.
struct LayerConfig {
  int units = 0;
  kernels::Activation activation = kernels::Activation::relu;
  bool layer_norm = false;
  double dropout = 0;
};

/// A multi-layer perceptron. Its output layer follows from loss and target.
struct MlpConfig {
  std::map<std::string, int> embeddings;  ///< by input column of the ingest
  std::vector<LayerConfig> layers;
  kernels::Loss loss = kernels::Loss::squared_error;
  double huber_delta = 1;  ///< in units of the standardised target
  bool standardise_target = true;
};

/// Of columns that no model is fitted to: any targets will do.
inline constexpr KindTraits no_kind{
    "none", [](const ModelConfig&) { return kernels::Response::mean; },
    [](const ModelConfig&, const double*, std::size_t) -> const char* { return nullptr; }};

/// What gave a label, from the weakest on.
enum class LabelSource { model, rule, annotator };
template <>
inline constexpr auto words<LabelSource> =
    std::to_array<std::pair<LabelSource, const char*>>({{LabelSource::model, "model"},
                                                        {LabelSource::rule, "rule"},
                                                        {LabelSource::annotator, "annotator"}});

/// Which labels that `label` has made are the target. A row without one is as if it were not there.
struct ModelLabelsConfig {
  std::optional<std::string> from;  ///< the output folder of `label`; none: the run's own
  LabelSource minimum_source = LabelSource::model;
  double at_least = 0;
};

struct ModelConfig {
  const KindTraits* kind = &no_kind;
  std::vector<std::string> features;  ///< empty: all
  /// Of features that may be missing, by name or pattern: what stands for them (MissingRule), or a
  /// number.
  std::map<std::string, std::string> missing;
  std::string target;  ///< empty: the only one; Cox: `time` and `status` instead
  std::optional<ModelLabelsConfig> labels;  ///< none: the target is a column of the partitions
  std::string time, status, entry;
  std::string trials;            ///< of a logistic target that counts successes
  std::string offset, exposure;  ///< added to the linear predictor; its logarithm is
  bool intercept = true;
  bool weights = false;
  WeightType weight_type = WeightType::precision;
  std::map<std::string, double> class_weights;  ///< of the target's categories; 1 where not named
  bool balance_classes = false;                 ///< as if all were as frequent
  double l2 = 0;  ///< of lambda/2 ||beta||^2 times the mean weight, beside the summed loss
  Standardisation standardise = Standardisation::pooled;
  Errors errors = Errors::automatic;
  Cluster cluster = Cluster::none;
  Strata strata = Strata::domain;
  std::vector<std::string> strata_by;  ///< Cox: categories whose levels are strata within those
  Ties ties = Ties::efron;
  double time_step = 1, time_maximum = 0;
  bool baseline = false;  ///< Cox: keep the baseline hazard with the model
  TimeTransform proportional_hazards = TimeTransform::none;  ///< Cox: how they are tested
  MlpConfig mlp;
  std::span<const KindTraits* const> kinds;  ///< there are

  /// A row stands for as many equal ones as its weight says.
  bool counts_weights() const { return weights && weight_type == WeightType::frequency; }
  bool weighs_classes() const { return balance_classes || !class_weights.empty(); }
};

}  // namespace bailiwick
