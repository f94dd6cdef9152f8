// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/config/include.hpp"
#include "lib/domain/site.hpp"

namespace bailiwick {

/// Where nodes lie: declared in the config itself, or in a file that the site has signed.
struct SiteConfig {
  Site declared;
  std::optional<std::string> file;  ///< signed (DSSE)
  std::optional<std::string> key;   ///< PEM public key of who signed it
};

/// One domain of a run. Relative paths are resolved against the folder of the config file.
struct DomainConfig {
  std::string name;
  std::string jurisdiction;
  std::vector<std::string>
      keys;  ///< PEM files of the owners' public keys; manifests and policy must verify under one
  std::optional<std::string>
      session_key;     ///< PEM private half of one of `keys`: signs this domain's masks
  std::string policy;  ///< signed policy (DSSE)
  std::vector<std::string> partitions;
  std::optional<std::string> access_log;  ///< of the owner: every decision, in a chain of hashes
  std::optional<std::vector<int>> ranks;  ///< explicit ranks; default: dealt by the decomposition
};

enum class ModelKind { linear, logistic, poisson, multinomial, cox, mlp };
/// As `model.kind` says it.
std::string to_string(ModelKind kind);
enum class Standardisation { none, pooled, per_domain };
/// Strata of the Cox model. `domain`, `partition`: nothing but score and information crosses.
/// `none`: one risk set over all domains; the policies must allow unstratified survival.
enum class Strata { domain, partition, none };

/// A hidden layer: dense, then what it asks for of: layer norm, activation, dropout.
struct LayerConfig {
  int units = 0;
  std::string activation = "relu";  ///< relu, gelu, tanh, silu, sigmoid, identity
  bool layer_norm = false;
  double dropout = 0;  ///< probability that a unit is left out of a step
};

/// A multi-layer perceptron. Its output layer follows from loss and target.
struct MlpConfig {
  /// Categories (input columns of the ingest) whose levels become vectors that are learnt, and the
  /// length of these.
  std::map<std::string, int> embeddings;
  std::vector<LayerConfig> layers;
  std::string loss = "squared_error";  ///< and huber, binary, cross_entropy, poisson, cox
  double huber_delta = 1;              ///< in units of the standardised target
  bool standardise_target = true;  ///< squared_error, huber: by mean and deviation over all domains
};

struct ModelConfig {
  ModelKind kind = ModelKind::logistic;
  std::vector<std::string> features;  ///< empty: all
  std::string target;                 ///< empty: the only one; Cox: `time` and `status` instead
  std::string time, status;
  bool intercept = true;
  bool weights = false;  ///< use the partition's row weights
  double l2 = 0;  ///< lambda of lambda/2 ||beta||^2 on the summed negative log-likelihood; never on
                  ///< the intercept
  Standardisation standardise = Standardisation::pooled;
  Strata strata = Strata::domain;
  std::string ties = "efron";
  double time_step = 1, time_maximum = 0;  ///< Cox with strata none: the public time grid
  MlpConfig mlp;
};

struct ScheduleConfig {
  std::string kind = "constant";  ///< constant, linear, cosine, step
  double warmup_epochs = 0;       ///< the rate first grows linearly from 0
  double final_fraction = 0;      ///< linear, cosine: of the learning rate, at the end
  int step_epochs = 1;            ///< step: every so many epochs the rate is multiplied …
  double step_factor = 0.1;       ///< … by this
};

/// Stops when the loss on rows that are not trained on has not fallen for `patience` epochs, and
/// keeps the parameters that had the lowest.
struct EarlyStoppingConfig {
  std::string split;  ///< empty: no early stopping
  int patience = 5;
};

/// First-order training, for networks.
struct DescentConfig {
  int epochs = 10;
  int batch_rows = 256;  ///< rows of a step over all domains
  int block_rows = 64;   ///< at most so many rows' gradient is one float32 sum, rounded once
  std::uint64_t seed = 1;
  double learning_rate = 1e-3;
  ScheduleConfig schedule;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< adamw
  double momentum = 0;                                ///< sgd
  bool nesterov = false;                              ///< sgd
  double weight_decay = 0;
  double clip_norm = 0;  ///< of the gradient of the mean loss; 0: not clipped
  EarlyStoppingConfig early_stopping;
};

/// What stays at home: the last `layers` of each domain's own model (fedper, fedrep), a whole model
/// of its own beside the common one (ditto), or one that the common one becomes at the end
/// (finetune).
struct PersonalConfig {
  std::string kind = "fedper";  ///< fedper, fedrep, ditto, finetune
  int layers = 1;               ///< fedper, fedrep
  int steps = 10;         ///< fedrep: of the head, before local_steps of the rest; finetune: in all
  double proximal = 0.1;  ///< ditto: lambda of lambda/2 ||v - theta||^2
};

/// Rounds of local training in each domain, between which weighted sums of what changed cross.
struct FederatedConfig {
  std::string strategy = "fedavg";  ///< fedprox, fedadam, fedyogi, fedadagrad, scaffold, fednova
  int rounds = 10;
  std::optional<int> local_steps;  ///< of descent.batch_rows rows each; default: local_epochs
  int local_epochs = 1;
  double server_rate = 1;
  double proximal = 0.01;                        ///< fedprox: mu of mu/2 ||theta_i - theta||^2
  double beta1 = 0.9, beta2 = 0.99, tau = 1e-3;  ///< fedadam, fedyogi, fedadagrad
  std::optional<PersonalConfig> personal;
};

/// Which checkpoints a training writes and keeps.
struct CheckpointConfig {
  int every = 1;        ///< iterations, epochs or rounds; 0: none
  int every_steps = 0;  ///< of networks: within an epoch too; 0: only at its end
  int keep_last = 3;    ///< 0: all
  int keep_best = 0;    ///< besides, of lowest validation loss, or without early stopping loss
  /// Written beside the next steps, as many as do not hold them up (Checkpoints::ready).
  bool asynchronous = false;
};

struct TrainConfig {
  /// newton, lbfgs (TAO lmvm), newton-krylov (TAO nls); networks: adamw, sgd
  std::string method = "newton";
  DescentConfig descent;
  std::optional<FederatedConfig> federated;  ///< none: exact synchronous steps
  double tolerance = 1e-12;
  int max_iterations = 50;
  CheckpointConfig checkpoint;
  std::string split;  ///< name of the rows to train on; empty: all
  std::string petsc_options;
};

struct EvaluateConfig {
  std::string split;                           ///< empty: all rows
  std::optional<Standardisation> standardise;  ///< default: the model's
  bool per_domain = true;  ///< needs every policy's per_domain_statistics; otherwise overall only
  int calibration_bins = 10;
  /// Every domain by its own model, in regions/ under the output folder; predict too.
  bool regional = false;
  bool phm08 = false;  ///< the score of the PHM'08 challenge, of models of cycles left
};

struct DescribeConfig {
  std::string split;  ///< empty: all rows
  std::vector<double> quantiles{0.05, 0.25, 0.5, 0.75, 0.95};
  int bins = 10;  ///< of histograms; 0: none
  /// Pairs of categories: an input column that became indicators, or a target with categories.
  std::vector<std::vector<std::string>> tables;
  bool correlation = true;
  bool per_domain = false;  ///< needs every policy's per_domain_statistics
};

/// A trust's signed list of owners, and the public key that it was signed with.
struct TrustConfig {
  std::string file, key;
};

struct BoundaryConfig {
  bool secure_aggregation = true;  ///< mask every round, if there is more than one domain
};

struct RunConfig {
  std::string path;  ///< of the YAML
  std::string name;
  std::string purpose;
  std::vector<std::string> recipients;  ///< IRIs of who gets what is released
  std::string output;                   ///< folder
  SiteConfig site;
  std::string operator_key;  ///< PEM private key that signs the lineage
  std::vector<DomainConfig> domains;
  std::optional<TrustConfig> trust;
  BoundaryConfig boundary;
  ModelConfig model;
  TrainConfig train;
  EvaluateConfig evaluate;
  DescribeConfig describe;
};

/// Parses and validates a run's YAML and what it includes. All problems at once, one a line:
/// `configs/x.yaml:14:9: train.method: unknown value "newtn"; allowed: newton, lbfgs, newton-krylov
/// (did you mean "newton"?)`. Unknown and duplicate keys are errors. Throws ExitCode::config. Pure:
/// opens no file.
RunConfig parse_run_config(const ConfigFiles& files, const Overrides& overrides = {});
/// The same of a text that includes no file; `path` is for messages and relative paths.
RunConfig parse_run_config(const std::string& text, const std::string& path,
                           const Overrides& overrides = {});
/// What resolved_yaml() wrote, in this release or an earlier one.
RunConfig parse_resolved_config(const std::string& text, const std::string& path);

/// The config with every default filled in, as YAML that parses to the same config.
std::string resolved_yaml(const RunConfig& config);

}  // namespace bailiwick
