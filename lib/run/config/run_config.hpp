// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <any>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/include.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/core/words.hpp"
#include "lib/domain/site.hpp"
#include "lib/optim/schedule.hpp"
#include "lib/run/config/model_config.hpp"
#include "lib/run/config/privacy_config.hpp"

namespace bailiwick {

class SchemaWriter;
class YamlReader;
class YamlWriter;
struct RunConfig;

/// Where nodes lie: declared in the config itself, or in a file that the site has signed.
struct SiteConfig {
  Site declared;
  std::optional<std::string> file, key;  ///< DSSE, and PEM
};

// What the members below mean stands in the schema (config.cpp), by their keys.

/// One domain of a run. Relative paths are resolved against the folder of the config file.
struct DomainConfig {
  std::string name, jurisdiction;
  std::vector<std::string> keys;  ///< manifests and policy must verify under one
  std::optional<std::string> private_key;
  std::string policy;  ///< DSSE
  std::vector<std::string> partitions;
  std::optional<std::string> access_log;
  std::optional<std::vector<int>> ranks;
};

template <>
inline constexpr auto words<Schedule::Kind> =
    std::to_array<std::pair<Schedule::Kind, const char*>>({{Schedule::Kind::constant, "constant"},
                                                           {Schedule::Kind::linear, "linear"},
                                                           {Schedule::Kind::cosine, "cosine"},
                                                           {Schedule::Kind::step, "step"}});

struct ScheduleConfig {
  Schedule::Kind kind = Schedule::Kind::constant;
  double warmup_epochs = 0, final_fraction = 0;
  int step_epochs = 1;
  double step_factor = 0.1;
};

/// Stops when the loss on rows that are not trained on has not fallen for `patience` epochs, and
/// keeps the parameters that had the lowest.
struct EarlyStoppingConfig {
  std::string split;  ///< empty: no early stopping
  int patience = 5;
};

/// First-order training, for networks.
struct DescentConfig {
  int epochs = 10, batch_rows = 256, block_rows = 64;
  std::uint64_t seed = 1;
  double learning_rate = 1e-3;
  ScheduleConfig schedule;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< adamw
  double momentum = 0;                                ///< sgd
  bool nesterov = false;                              ///< sgd
  double weight_decay = 0, clip_norm = 0;
  EarlyStoppingConfig early_stopping;
};

enum class PersonalKind { fedper, fedrep, ditto, finetune };
template <>
inline constexpr auto words<PersonalKind> =
    std::to_array<std::pair<PersonalKind, const char*>>({{PersonalKind::fedper, "fedper"},
                                                         {PersonalKind::fedrep, "fedrep"},
                                                         {PersonalKind::ditto, "ditto"},
                                                         {PersonalKind::finetune, "finetune"}});

/// What stays at home: the last `layers` of each domain's own model (fedper, fedrep), a whole model
/// of its own beside the common one (ditto), or one that the common one becomes at the end
/// (finetune).
struct PersonalConfig {
  PersonalKind kind = PersonalKind::fedper;
  int layers = 1, steps = 10;
  double proximal = 0.1;
};

/// What must be known of a federated strategy beside the strategy itself (lib/train/federated).
struct StrategyTraits {
  const char* name;       ///< train.federated.strategy
  bool proximal = false;  ///< it has that key
  bool adaptive = false;  ///< it has beta1, beta2 and tau
  bool at_home = false;   ///< each domain keeps a State of its own from round to round
  /// By the name, whose letters may lie at several addresses.
  constexpr bool operator==(const StrategyTraits& other) const {
    return std::string_view(name) == other.name;
  }
};
inline constexpr auto federated_strategies =
    std::to_array<StrategyTraits>({{.name = "fedavg"},
                                   {.name = "fedprox", .proximal = true},
                                   {.name = "fedadam", .adaptive = true},
                                   {.name = "fedyogi", .adaptive = true},
                                   {.name = "fedadagrad", .adaptive = true},
                                   {.name = "scaffold", .at_home = true},
                                   {.name = "fednova"}});
template <>
inline constexpr auto words<StrategyTraits> = [] {
  std::array<std::pair<StrategyTraits, const char*>, federated_strategies.size()> all;
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = {federated_strategies[i], federated_strategies[i].name};
  return all;
}();

/// Rounds of local training in each domain, between which weighted sums of what changed cross.
struct FederatedConfig {
  StrategyTraits strategy = federated_strategies.front();
  int rounds = 10;
  std::optional<int> local_steps;
  int local_epochs = 1;
  double server_rate = 1, proximal = 0.01;
  double beta1 = 0.9, beta2 = 0.99, tau = 1e-3;  ///< of adaptive strategies
  std::optional<PersonalConfig> personal;
};

/// Which checkpoints a training writes and keeps.
struct CheckpointConfig {
  int every = 1, every_steps = 0, keep_last = 3, keep_best = 0;
  bool asynchronous = false;  ///< see Checkpoints::ready
};

/// Solvers: Newton's, and PETSc TAO's lmvm and nls. Networks: adamw, sgd.
enum class TrainMethod { newton, lbfgs, newton_krylov, adamw, sgd };
template <>
inline constexpr auto words<TrainMethod> = std::to_array<std::pair<TrainMethod, const char*>>(
    {{TrainMethod::newton, "newton"},
     {TrainMethod::lbfgs, "lbfgs"},
     {TrainMethod::newton_krylov, "newton-krylov"},
     {TrainMethod::adamw, "adamw"},
     {TrainMethod::sgd, "sgd"}});

/// By what a training is to be judged, said before it begins (docs/approval.md).
struct IntentConfig {
  std::string metric;  ///< a measure of evaluation.json
  std::string split;   ///< that it is to be measured on
  std::optional<double> at_least, at_most;
  std::string because;
};

struct TrainConfig {
  TrainMethod method = TrainMethod::newton;
  DescentConfig descent;
  std::optional<FederatedConfig> federated;  ///< none: exact synchronous steps
  double tolerance = 1e-12;
  int max_iterations = 50;
  CheckpointConfig checkpoint;
  std::string split, petsc_options;
  std::optional<IntentConfig> intent;
};

/// A trust's signed list of owners, and the public key that it was signed with.
struct TrustConfig {
  std::string file, key;
};

struct BoundaryConfig {
  bool secure_aggregation = true;
};

/// A section of the config that belongs to one stage: what it is called, and what reads, writes and
/// describes it (section_type, lib/run/config/section.hpp).
struct SectionType {
  const char* key;
  std::any (*make)();
  void (*read)(YamlReader& reader, std::any& value, const RunConfig& run);
  void (*write)(YamlWriter& writer, std::any& value);
  void (*describe)(SchemaWriter& writer, std::any& value);
  /// The split that it speaks of, of its key `split`; empty: none.
  std::string (*split)(const std::any& value);
};
struct Section {
  const SectionType* type;
  std::any value;
};

struct RunConfig {
  static constexpr const char* copied_list = "domains";

  std::string path;  ///< of the YAML
  KeyPlaces places;  ///< of its keys
  std::string name, purpose;
  std::vector<std::string> recipients;
  std::string output;  ///< folder
  SiteConfig site;
  std::string sign_with;     ///< of `lineage`: the operator's key
  bool lacks_model = false;  ///< it says nothing of one
  std::vector<DomainConfig> domains;
  std::optional<TrustConfig> trust;
  BoundaryConfig boundary;
  ModelConfig model;
  TrainConfig train;
  std::optional<PrivacyConfig> privacy;  ///< none: exact sums cross
  std::vector<Section> sections;         ///< of the stages
  /// In no file: this comes out of the record of a finished run, which others wrote. No program is
  /// started that it names; and one process, in which nothing crosses, needs no owner's private
  /// key.
  bool again = false;
  /// Then, of a run with noise: the lines of the owners' budgets that it drew its noise from, by
  /// domain.
  std::map<std::string, std::string> reservations = {};
  std::string until = {};  ///< and of that only as far as this checkpoint: "step-000003"

  /// The section of a stage, by its struct. Throws ExitCode::bug if the config was read without.
  template <class T>
  const T& section() const {
    for (const Section& section : sections)
      if (const T* value = std::any_cast<T>(&section.value)) return *value;
    throw Error(ExitCode::bug, "internal error: a config without that section; please report this");
  }
  template <class T>
  T& section() {
    return const_cast<T&>(std::as_const(*this).template section<T>());
  }
};

/// What a config may speak of: the kinds of models and the sections of stages that there are.
struct Language {
  std::span<const KindTraits* const> kinds;
  std::vector<const SectionType*> sections;
};

/// The one that a config was read in.
Language language_of(const RunConfig& config);

/// Parses and validates a run's YAML and what it includes; `language`: config_language(),
/// lib/stages/stage.hpp. All problems at once, one a line: `configs/x.yaml:14:9: train.method:
/// unknown value "newtn"; allowed: newton, lbfgs, newton-krylov (did you mean "newton"?)`. Unknown
/// and duplicate keys are errors. Throws ExitCode::config. Pure: opens no file.
RunConfig parse_run_config(const ConfigFiles& files, const Language& language,
                           const Overrides& overrides = {});
/// The same of a text that includes no file; `path` is for messages and relative paths.
RunConfig parse_run_config(const std::string& text, const std::string& path,
                           const Language& language, const Overrides& overrides = {});

/// What a run's YAML may say, as JSON Schema.
OrderedJson run_schema(const Language& language);

/// The config with every default filled in, as YAML that parses to the same config if it lies in
/// `folder`, from which it names files; wherever it lies, if no folder is given.
std::string resolved_yaml(const RunConfig& config, const std::string& folder = {});

/// What of it is not as it is by default and decides bits (no_bits), in the order of the schema.
std::string decisive_yaml(const RunConfig& config);

}  // namespace bailiwick
