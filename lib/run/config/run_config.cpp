// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/config/run_config.hpp"

#include <algorithm>
#include <set>

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/config/writer.hpp"
#include "lib/core/json.hpp"
#include "lib/optim/tao.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"
#include "lib/run/config/model_schema.hpp"
#include "lib/run/site_schema.hpp"

namespace bailiwick {

// The schema below is the whole language of a run's YAML.

namespace {

bool is_domain_name(const std::string& name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
}
constexpr Matching a_domain_name{is_domain_name, "a name of a-z, 0-9, \"-\" and \"_\""};

struct APurpose {
  std::string operator()(const std::string& text) const {
    return is_purpose(text) ? "" : fmt::format("\"{}\" is not {}", text, purpose_form(text));
  }
};
constexpr APurpose a_purpose;

struct Iris {
  std::string operator()(const std::vector<std::string>& names) const {
    for (const std::string& name : names)
      if (!is_iri(name)) return fmt::format("\"{}\" is not {}", name, iri_form);
    return "";
  }
};
constexpr Iris absolute_iris;

}  // namespace

template <class Visitor>
void schema(Visitor& v, SiteConfig& site) {
  v.key("file", site.file, "What the site has signed, in place of the other keys.", is_path);
  v.key("public_key", site.key, "Public key (PEM) of who signed that file.", formerly("key"),
        is_path);
  v.check(site.file.has_value() == site.key.has_value(), site.file ? "public_key" : "file",
          "a site file and the public key of who signed it go together");
  site_keys(v, site.declared,
            only_if(!site.file, "stands in the site file", "not together with file"));
}

template <class Visitor>
void schema(Visitor& v, TrustConfig& trust) {
  v.key("file", trust.file, "The list, signed.", required, is_path);
  v.key("public_key", trust.key, "Public key (PEM) of the trust that signed it.", formerly("key"),
        required, is_path);
}

template <class Visitor>
void schema(Visitor& v, DomainConfig& domain) {
  v.key("name", domain.name, "Name of the domain: a-z, 0-9, \"-\" and \"_\"; once in a run.",
        required, a_domain_name);
  v.key("jurisdiction", domain.jurisdiction, "Where the owner sits, by ISO 3166: CH, or CH-ZH.",
        no_bits, required, a_jurisdiction);
  v.either("public_key", "public_keys", domain.keys,
           "The owner's public key (PEM), which signed its policy and partitions.",
           formerly("key", "keys"), no_bits, non_empty, is_path, distinct);
  v.key("private_key", domain.private_key,
        "Private half of one of these; signs the domain's masks. Needed for secure aggregation.",
        formerly("session_key"), no_bits, is_path);
  v.key("policy", domain.policy, "The owner's signed terms of use.", no_bits, required, is_path);
  v.key("partitions", domain.partitions,
        "The owner's rows: files that `ingest` wrote; with * and ? all that are called so; "
        "NAME.increments.jsonl, of a version @INCREMENT.",
        required, non_empty, is_path, distinct);
  v.key("access_log", domain.access_log,
        "The owner's record of every decision, where its policy binds no registry.", no_bits,
        is_path);
  v.key("ranks", domain.ranks,
        "MPI ranks that hold the rows. Default: dealt by blocks of rows and place.", no_bits,
        non_empty, at_least(0), distinct);
  v.may_be_for("Domains that this entry is for, each as `<name>`; with the name stands its own.");
}

template <class Visitor>
void schema(Visitor& v, ScheduleConfig& schedule) {
  using Kind = Schedule::Kind;
  v.key("kind", schedule.kind, "How the learning rate changes as training goes on.");
  const OnlyIf falls = only_if(schedule.kind == Kind::linear || schedule.kind == Kind::cosine,
                               "only used with kind: linear or cosine");
  const OnlyIf steps = only_if(schedule.kind == Kind::step, "only used with kind: step");
  v.key("warmup_epochs", schedule.warmup_epochs, "Epochs in which the rate grows from 0.",
        at_least(0));
  v.key("final_fraction", schedule.final_fraction, "Of the learning rate, at the end.", falls,
        at_least(0), at_most(1));
  v.key("step_epochs", schedule.step_epochs, "Epochs after which the rate is multiplied.", steps,
        at_least(1));
  v.key("step_factor", schedule.step_factor, "What the rate is multiplied by.", steps, positive,
        at_most(1));
}

template <class Visitor>
void schema(Visitor& v, EarlyStoppingConfig& stopping) {
  v.key("split", stopping.split,
        "Name of the rows that the loss is watched on; \"\": do not stop.");
  v.key("patience", stopping.patience, "Epochs without a lower loss; the best model is kept.",
        at_least(1));
}

template <class Visitor>
void schema(Visitor& v, PersonalConfig& personal) {
  const auto one_of_two = [&](PersonalKind a, PersonalKind b, const std::string& reason) {
    return only_if(personal.kind == a || personal.kind == b, reason);
  };
  using Kind = PersonalKind;
  v.key("kind", personal.kind,
        "What each domain keeps: last layers (fedper, fedrep) or a whole model (ditto, finetune).");
  v.key("layers", personal.layers, "How many of the last layers stay at home.",
        one_of_two(Kind::fedper, Kind::fedrep, "only used with kind: fedper or fedrep"),
        at_least(1));
  v.key("steps", personal.steps,
        "Of fedrep on these layers, before the others; of finetune in all.",
        one_of_two(Kind::fedrep, Kind::finetune, "only used with kind: fedrep or finetune"),
        at_least(1));
  v.key("proximal", personal.proximal,
        "Lambda of lambda/2 |v - theta|^2, which draws the own model to the common one.",
        only_if(personal.kind == Kind::ditto, "only used with kind: ditto"), at_least(0));
}

/// Of a key that some strategies have.
OnlyIf only_with(const StrategyTraits& chosen, bool StrategyTraits::*has_key) {
  std::vector<std::string> names;
  for (const StrategyTraits& strategy : federated_strategies)
    if (strategy.*has_key) names.emplace_back(strategy.name);
  std::string text = "only used with strategy: " + join(names);
  if (const auto last = text.rfind(", "); last != std::string::npos) text.replace(last, 2, " or ");
  return only_if(chosen.*has_key, text);
}

template <class Visitor>
void schema(Visitor& v, FederatedConfig& federated) {
  v.key("strategy", federated.strategy, "What is made of the domains' changes after a round.");
  const OnlyIf adaptive = only_with(federated.strategy, &StrategyTraits::adaptive);
  v.key("rounds", federated.rounds, "Rounds of local training.", at_least(1));
  v.key("local_steps", federated.local_steps,
        "Steps of a domain in a round, of descent.batch_rows of its own rows each.", at_least(1));
  v.key("local_epochs", federated.local_epochs, "Epochs of a domain in a round.",
        only_if(!federated.local_steps, "give either local_steps or local_epochs, not both"),
        at_least(1));
  v.key("server_rate", federated.server_rate, "What the domains' mean change is multiplied by.",
        positive);
  v.key("proximal", federated.proximal,
        "Mu of mu/2 |theta_i - theta|^2, which draws domains to the common model.",
        only_with(federated.strategy, &StrategyTraits::proximal), at_least(0));
  v.key("beta1", federated.beta1, "Decay of the mean change.", adaptive, a_fraction);
  v.key("beta2", federated.beta2, "Decay of its mean square.", adaptive, a_fraction);
  v.key("tau", federated.tau,
        "Added to the root of that mean square; the larger, the less it adapts.", adaptive,
        positive);
  v.key("personal", federated.personal, "What of the model each domain keeps for itself.");
}

template <class Visitor>
void schema(Visitor& v, DescentConfig& descent, bool adamw_method, bool federated) {
  const OnlyIf central = only_if(!federated, "not used with train.federated");
  const OnlyIf adamw = only_if(adamw_method, "only used with method: adamw");
  const OnlyIf sgd = only_if(!adamw_method, "only used with method: sgd");
  v.key("epochs", descent.epochs, "Times that every row is used.", central, at_least(1));
  v.key("schedule", descent.schedule, "How the learning rate changes.", central);
  v.key("early_stopping", descent.early_stopping, "When to stop before the last epoch.", central);
  v.key("batch_rows", descent.batch_rows,
        "Rows of a step, over all domains; with train.federated, of one domain.", at_least(1));
  v.key("block_rows", descent.block_rows,
        "At most so many rows' gradient is one float32 sum; fewer make more work to share.",
        at_least(1));
  v.key("seed", descent.seed, "Of the first parameters, the order of the rows, and dropout.");
  v.key("learning_rate", descent.learning_rate, "Step size.", positive);
  v.key("beta1", descent.beta1, "Decay of the mean gradient.", adamw, a_fraction);
  v.key("beta2", descent.beta2, "Decay of the mean squared gradient.", adamw, a_fraction);
  v.key("epsilon", descent.epsilon, "Added to the root of that mean square.", adamw, positive);
  v.key("momentum", descent.momentum, "Share of the last step that is kept.", sgd, a_fraction);
  v.key("nesterov", descent.nesterov, "Nesterov's momentum; needs momentum.", sgd);
  v.key("weight_decay", descent.weight_decay,
        "Pull of the parameters to 0. adamw: decoupled; sgd: added to the gradient.", at_least(0));
  v.key("clip_norm", descent.clip_norm, "Longest mean gradient; longer ones are scaled. 0: any.",
        at_least(0));
  v.check(!descent.nesterov || descent.momentum > 0, "nesterov", "needs momentum");
}

template <class Visitor>
void schema(Visitor& v, CheckpointConfig& checkpoint, bool steps) {
  v.key("every", checkpoint.every,
        "Iterations, epochs or rounds between two. 0: none, but for a stop on request.",
        at_least(0));
  v.key("every_steps", checkpoint.every_steps, "Steps within an epoch. 0: at its end alone.",
        only_if(steps, "only used with model.kind: mlp, without train.federated"), at_least(0));
  v.key("keep_last", checkpoint.keep_last, "How many of the newest are kept. 0: all.", at_least(0));
  v.key("keep_best", checkpoint.keep_best,
        "How many of lowest loss are kept besides, by the early-stopping split if any.",
        at_least(0));
  v.key("asynchronous", checkpoint.asynchronous,
        "Write beside the next steps, and leave out what would hold them up by a hundredth.");
  v.check(checkpoint.keep_best == 0 || checkpoint.keep_last > 0, "keep_best",
          "all are kept (keep_last: 0)");
}

/// Whether an evaluation of the model has the measure, of those that an intent may name.
bool is_measured(const ModelConfig& model, const std::string& metric) {
  using enum kernels::Response;
  const kernels::Response of = model.kind->response(model);
  if (metric == "accuracy" || metric == "log_loss") return of == probability || of == classes;
  if (metric == "rmse") return of == mean || of == rate;
  if (metric == "mae" || metric == "r_squared") return of == mean;
  if (metric == "balanced_accuracy") return of == classes;
  return of == (metric == "d_squared" ? rate : metric == "c_index" ? hazard : probability);
}

template <class Visitor>
void schema(Visitor& v, IntentConfig& intent) {
  v.key("metric", intent.metric, "The measure that counts, as evaluation.json calls it.", required,
        one_of("accuracy", "auc", "average_precision", "balanced_accuracy", "brier", "c_index",
               "d_squared", "f1", "log_loss", "mae", "r_squared", "rmse"));
  v.key("split", intent.split, "Name of the split that it is measured on; \"\": all rows.");
  v.key("at_least", intent.at_least, "What it has to reach.");
  v.key("at_most", intent.at_most, "What it may not exceed, where less is better.",
        only_if(!intent.at_least, "give either at_least or at_most, not both"));
  v.key("because", intent.because, "Why this is done, in words; one line.", one_line);
}

template <class Visitor>
void schema(Visitor& v, TrainConfig& train, bool network) {
  const std::string network_only = "only used with model.kind: mlp";
  const std::string solver_only = "only used with method: lbfgs or newton-krylov";
  const OnlyIf solved = only_if(!network, "a network trains for train.descent.epochs");
  OneOf methods = one_of("newton", "lbfgs", "newton-krylov"), of_networks = one_of("adamw", "sgd");
  if (network) std::swap(methods, of_networks);
  methods.elsewhere = of_networks.words;
  std::string method = to_word(train.method);
  v.key("method", method, "How the loss is minimised; a network: adamw (its default) or sgd.",
        methods);
  train.method = from_word<TrainMethod>(method).value_or(train.method);
  v.key("federated", train.federated, "Train in rounds, between which domains train by themselves.",
        only_if(network, network_only));
  const bool federated = train.federated.has_value();
  v.section(
      "descent", "Steps of a network's training.",
      [&](auto& s) { schema(s, train.descent, train.method == TrainMethod::adamw, federated); },
      only_if(network, network_only));
  v.check(!federated || train.method == TrainMethod::sgd, "method",
          "domains train by themselves with method: sgd");
  v.key("tolerance", train.tolerance,
        "Newton's decrement to stop at; other solvers: the gradient, by that at the start.", solved,
        positive);
  v.key("max_iterations", train.max_iterations, "Iterations after which to give up.", solved,
        at_least(1));
  v.section(
      "checkpoint", "When the state is written, and what of it is kept.",
      [&](auto& s) { schema(s, train.checkpoint, network && !federated); }, no_bits);
  v.key("split", train.split, "Name of the split to train on; \"\": all rows.");
  v.key("petsc_options", train.petsc_options, "Options for PETSc's solvers.",
        only_if(!network, solver_only), [](const std::string& options) -> std::string {
          try {
            checked_petsc_options(options);
          } catch (const Error& error) {
            return error.what();
          }
          return "";
        });
  v.check(network || train.method != TrainMethod::newton || train.petsc_options.empty(),
          "petsc_options", solver_only);
  v.key("intent", train.intent, "By what the model is to be judged; signed before a row is read.",
        no_bits);
}

template <class Visitor>
void schema(Visitor& v, BoundaryConfig& boundary) {
  v.key("secure_aggregation", boundary.secure_aggregation,
        "Mask every sum, so that no domain's own is seen; needs every domain's private_key.");
}

void visit(YamlReader& reader, Section& section, const RunConfig& run) {
  section.type->read(reader, section.value, run);
}
void visit(YamlWriter& writer, Section& section, const RunConfig&) {
  section.type->write(writer, section.value);
}
void visit(SchemaWriter& writer, Section& section, const RunConfig&) {
  section.type->describe(writer, section.value);
}

/// What a network's training with noise can be of, so far.
template <class Visitor>
void check_private_network(Visitor& v, const RunConfig& run) {
  const PrivacyConfig& privacy = *run.privacy;
  const TrainConfig& train = run.train;
  v.check(run.model.mlp.loss != kernels::Loss::cox, "model.mlp.loss",
          "privacy: a loss that is no sum over rows has no noise");
  v.check(!train.federated, "train.federated", "not used with privacy: every step has noise");
  v.check(train.descent.early_stopping.split.empty(), "train.descent.early_stopping",
          "not used with privacy, where no loss is told");
  v.check(train.descent.batch_rows == DescentConfig().batch_rows, "train.descent.batch_rows",
          "not used with privacy: privacy.sample_rate says how many rows a step takes, by chance");
  v.check(train.descent.epochs / privacy.sample_rate < 0x1p23, "privacy.sample_rate",
          "too small for so many epochs (train.descent.epochs): 2^23 steps or more");
  v.check(privacy.unit_rows == 1, "privacy.unit_rows",
          "a network's steps draw rows one by one, so of a unit there may be one");
  for (const auto& [key, same] :
       {std::pair{"rounds", privacy.rounds == PrivacyConfig().rounds},
        std::pair{"clip", privacy.clip == PrivacyConfig().clip},
        std::pair{"residual", privacy.residual == PrivacyConfig().residual}})
    v.check(same, std::string("privacy.") + key,
            "not used with model.kind: mlp, which has privacy.sample_rate and max_gradient");
  const bool drops_out = std::ranges::any_of(
      run.model.mlp.layers, [](const LayerConfig& layer) { return layer.dropout > 0; });
  for (const auto& [name, rule] : run.model.missing)
    v.check(!drops_out || rule != "drop", "model.missing." + name,
            "with privacy and dropout what stands for missing values is a number: a row that is "
            "left out would change what is dropped out of those behind it");
}

/// What a training with noise can be of, so far.
template <class Visitor>
void check_privacy(Visitor& v, const RunConfig& run) {
  const ModelConfig& model = run.model;
  v.check(
      model.kind->noise, "model.kind",
      "privacy: no training of such a model has noise; those of one linear predictor and networks "
      "do");
  for (const auto& [key, given] :
       {std::pair{"weights", model.weights}, std::pair{"trials", !model.trials.empty()},
        std::pair{"offset", !model.offset.empty()},
        std::pair{"class_weights", !model.class_weights.empty()},
        std::pair{"balance_classes", model.balance_classes}})
    v.check(!given, std::string("model.") + key,
            "not used with privacy, where every row counts alike");
  v.check(model.errors == Errors::automatic && model.cluster == Cluster::none, "model.errors",
          "not used with privacy, whose errors are of the model and of the noise");
  v.check(model.standardise == Standardisation::pooled, "model.standardise",
          "not used with privacy: declared ranges bring columns to one size");
  v.check(!model.labels, "model.labels",
          "not used with privacy: a label says something of other rows too");
  for (const auto& [name, rule] : model.missing)
    v.check(rule == "drop" || parse_number(rule), "model.missing." + name,
            "with privacy what stands for missing values is a number, or drop: a " + rule +
                " of the rows would have to cross");
  if (model.kind->network) {
    check_private_network(v, run);
  } else {
    v.check(run.train.method == TrainMethod::newton, "train.method",
            "with privacy Newton's method alone is used");
    v.check(run.privacy->sample_rate == PrivacyConfig().sample_rate, "privacy.sample_rate",
            "only used with model.kind: mlp");
    v.check(run.privacy->max_gradient == PrivacyConfig().max_gradient, "privacy.max_gradient",
            "only used with model.kind: mlp");
  }
  for (std::size_t i = 0; i < run.domains.size(); ++i)
    v.check(run.domains[i].private_key.has_value(), fmt::format("domains.{}.private_key", i),
            "missing: the noise is drawn from the owner's secret, and the budget signed with it");
}

template <class Visitor>
void schema(Visitor& v, RunConfig& run) {
  key_version(v);
  v.may_include();
  v.key("name", run.name, "What people call the run; one line.", no_bits, required, non_empty,
        one_line);
  v.key("purpose", run.purpose,
        "What for, e.g. dpv:ScientificResearch; every policy permits this term or a broader one.",
        no_bits, required, a_purpose);
  v.key("recipients", run.recipients,
        "IRIs of who gets what is released; policies may restrict them.", no_bits, absolute_iris,
        distinct);
  v.key("output", run.output, "Folder for the model and its record.", no_bits, required, is_path);
  v.key("site", run.site, "Which node lies where; ranks on other nodes read nothing.", no_bits,
        required);
  v.key("trust", run.trust, "A trust's signed list of owners, for policies that ask for one.",
        no_bits);
  v.section(
      "lineage", "Who answers for the record of the run.",
      [&](auto& s) {
        s.key("sign_with", run.sign_with, "The operator's private key (PEM); signs the record.",
              formerly("key"), required, is_path);
      },
      no_bits);
  v.key("domains", run.domains, "Who takes part: owners, their terms and their rows.", required,
        non_empty);
  v.key("boundary", run.boundary, "What may cross between domains.", no_bits);
  if (!run.lacks_model)
    v.key("model", run.model, "What is fitted; stages that look at rows alone need none.");
  if (!v.given("model")) run.lacks_model = true;
  const bool network = run.model.kind->network;
  if (network && run.train.method == TrainMethod::newton) run.train.method = TrainMethod::adamw;
  v.section("train", "How it is fitted.", [&](auto& s) { schema(s, run.train, network); });
  if (run.train.intent)
    v.check(is_measured(run.model, run.train.intent->metric), "train.intent.metric",
            "no evaluation of such a model has " + run.train.intent->metric);
  v.key("privacy", run.privacy, "Noise in all that crosses: differential privacy of units.");
  if (run.privacy) check_privacy(v, run);
  for (Section& section : run.sections)
    visit(v, section, run);

  std::set<std::string> names, partitions;
  for (std::size_t i = 0; i < run.domains.size(); ++i) {
    const DomainConfig& domain = run.domains[i];
    const std::string item = "domains." + std::to_string(i);
    v.check(names.insert(domain.name).second, item + ".name",
            "another domain is called \"" + domain.name + "\"");
    // Rows counted twice would be neither pooled nor federated.
    const std::set<std::string> own(domain.partitions.begin(), domain.partitions.end());
    for (const std::string& partition : own)
      v.check(partitions.insert(partition).second, item + ".partitions",
              "\"" + partition + "\" already belongs to another domain");
    v.check(!run.boundary.secure_aggregation || run.domains.size() == 1 ||
                domain.private_key.has_value(),
            item + ".private_key",
            "missing: secure aggregation needs the private half of one of the domain's keys (or "
            "boundary.secure_aggregation: false, where every policy allows that)");
  }
}

namespace {

RunConfig untouched(const Language& language) {
  RunConfig config;
  config.model.kinds = language.kinds;
  config.model.kind = language.kinds.front();
  for (const SectionType* type : language.sections)
    config.sections.push_back({type, type->make()});
  return config;
}

}  // namespace

Language language_of(const RunConfig& config) {
  Language language{config.model.kinds, {}};
  for (const Section& section : config.sections)
    language.sections.push_back(section.type);
  return language;
}

RunConfig parse_run_config(const ConfigFiles& files, const Language& language,
                           const Overrides& overrides) {
  RunConfig config = untouched(language);
  config.path = files.front().path;
  config.places = parse_config(files, config, overrides);
  return config;
}

RunConfig parse_run_config(const std::string& text, const std::string& path,
                           const Language& language, const Overrides& overrides) {
  return parse_run_config(ConfigFiles{{path, text}}, language, overrides);
}

OrderedJson run_schema(const Language& language) {
  return SchemaWriter::type_of(untouched(language));
}

std::string decisive_yaml(const RunConfig& config) {
  RunConfig copy = config;
  return to_yaml(YamlWriter::write_struct(copy, Written::decisive));
}

std::string resolved_yaml(const RunConfig& config, const std::string& folder) {
  RunConfig copy = config;  // a schema takes what it visits by reference
  YamlWriter writer(folder);
  schema(writer, copy);
  return to_yaml(writer.node());
}

}  // namespace bailiwick
