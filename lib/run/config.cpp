// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/config.hpp"

#include <set>

#include "lib/config/reader.hpp"
#include "lib/config/writer.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/purposes.hpp"
#include "lib/run/site_schema.hpp"

namespace bailiwick {

// The schema below is the whole language of a run's YAML; docs/configuration.md explains it.

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
  v.key("file", site.file, is_path);
  v.key("public_key", site.key, formerly("key"), is_path);
  v.check(site.file.has_value() == site.key.has_value(), site.file ? "public_key" : "file",
          "a site file and the public key of who signed it go together");
  if (!site.file) return site_keys(v, site.declared);
  for (const char* name : {"name", "nodes", "slurm_features", "slurm"})
    v.check(!v.given(name), name, "stands in the site file");
}

template <class Visitor>
void schema(Visitor& v, TrustConfig& trust) {
  v.key("file", trust.file, required, is_path);
  v.key("public_key", trust.key, formerly("key"), required, is_path);
}

template <class Visitor>
void schema(Visitor& v, DomainConfig& domain) {
  v.key("name", domain.name, required, a_domain_name);
  v.key("jurisdiction", domain.jurisdiction, required, a_jurisdiction);
  v.either("public_key", "public_keys", domain.keys, formerly("key", "keys"), non_empty, is_path,
           distinct);
  v.key("private_key", domain.session_key, formerly("session_key"), is_path);
  v.key("policy", domain.policy, required, is_path);
  v.key("partitions", domain.partitions, required, non_empty, is_path, distinct);
  v.key("access_log", domain.access_log, is_path);
  v.key("ranks", domain.ranks, non_empty, at_least(0), distinct);
}

struct Fraction {
  std::string operator()(double value) const {
    return value >= 0 && value < 1 ? "" : fmt::format("{} is not at least 0 and below 1", value);
  }
};
constexpr Fraction a_fraction;

template <class Visitor>
void schema(Visitor& v, LayerConfig& layer) {
  v.key("units", layer.units, required, at_least(1), at_most(1 << 20));
  v.key("activation", layer.activation);
  v.key("layer_norm", layer.layer_norm);
  v.key("dropout", layer.dropout, a_fraction);
}

template <class Visitor>
void schema(Visitor& v, MlpConfig& mlp) {
  v.key("embeddings", mlp.embeddings, at_least(1), at_most(1 << 16));
  v.key("layers", mlp.layers);
  v.key("loss", mlp.loss, required);
  v.key("huber_delta", mlp.huber_delta, positive);
  v.check(mlp.loss == kernels::Loss::huber || mlp.huber_delta == 1, "huber_delta",
          "only used with loss: huber");
  if (mlp.loss == kernels::Loss::squared_error || mlp.loss == kernels::Loss::huber)
    v.key("standardise_target", mlp.standardise_target);
  else
    v.unused("standardise_target", "only used with loss: squared_error or huber");
}

std::vector<std::string> names_of(std::span<const KindTraits* const> kinds) {
  std::vector<std::string> names;
  for (const KindTraits* kind : kinds)
    names.emplace_back(kind->name);
  return names;
}

template <class Visitor>
void schema(Visitor& v, ModelConfig& model) {
  std::string kind = model.kind->name;
  v.key("kind", kind, required, OneOf{names_of(model.kinds)});
  for (const KindTraits* known : model.kinds)
    if (kind == known->name) model.kind = known;
  const bool mlp = model.kind->network;
  v.section(
      "mlp", [&](auto& s) { schema(s, model.mlp); }, mlp, "only used with kind: mlp");
  // Where rows have a time and an event instead of a target.
  const bool cox = model.kind->response(model) == kernels::Response::hazard;
  if (!model.kind->intercept) model.intercept = false;
  v.key("features", model.features, distinct);
  v.key("target", model.target);
  v.key("time", model.time);
  v.key("status", model.status);
  v.key("intercept", model.intercept);
  v.key("weights", model.weights);
  v.key("l2", model.l2, at_least(0));
  v.key("standardise", model.standardise);
  v.section(
      "cox",
      [&](auto& s) {
        s.key("strata", model.strata);
        s.key("ties", model.ties);
        s.key("time_step", model.time_step, positive);
        s.key("time_maximum", model.time_maximum, at_least(0));
        const bool grid = model.strata == Strata::none;
        s.check(!grid || model.time_maximum > 0, "time_maximum",
                "strata: none needs the last time of the public grid, greater than 0");
        s.check(grid || model.time_maximum == 0, "time_maximum", "only used with strata: none");
      },
      model.kind->section == std::string("cox"), "only used with kind: cox");

  v.check(!cox || !model.time.empty(), "time", "kind: cox needs the column of times");
  v.check(!cox || !model.status.empty(), "status", "kind: cox needs the column of events");
  v.check(!cox || model.target.empty(), "target", "kind: cox has time and status instead");
  v.check(model.kind->intercept || !model.intercept, "intercept",
          mlp ? "the layers of a network have their own" : "kind: cox has no intercept");
  v.check(!mlp || model.l2 == 0, "l2", "networks have train.descent.weight_decay instead");
  v.check(cox || model.time.empty(), "time", "only used with kind: cox");
  v.check(cox || model.status.empty(), "status", "only used with kind: cox");
  v.check(!cox || model.time.empty() || model.time != model.status, "status",
          "the same column as time");
}

template <class Visitor>
void schema(Visitor& v, ScheduleConfig& schedule) {
  v.key("kind", schedule.kind);
  v.key("warmup_epochs", schedule.warmup_epochs, at_least(0));
  if (schedule.kind == Schedule::Kind::linear || schedule.kind == Schedule::Kind::cosine)
    v.key("final_fraction", schedule.final_fraction, at_least(0), at_most(1));
  else
    v.unused("final_fraction", "only used with kind: linear or cosine");
  if (schedule.kind == Schedule::Kind::step) {
    v.key("step_epochs", schedule.step_epochs, at_least(1));
    v.key("step_factor", schedule.step_factor, positive, at_most(1));
  } else {
    v.unused("step_epochs", "only used with kind: step");
    v.unused("step_factor", "only used with kind: step");
  }
}

template <class Visitor>
void schema(Visitor& v, EarlyStoppingConfig& stopping) {
  v.key("split", stopping.split);
  v.key("patience", stopping.patience, at_least(1));
}

template <class Visitor>
void schema(Visitor& v, PersonalConfig& personal) {
  v.key("kind", personal.kind);
  if (personal.kind == PersonalKind::fedper || personal.kind == PersonalKind::fedrep)
    v.key("layers", personal.layers, at_least(1));
  else
    v.unused("layers", "only used with kind: fedper or fedrep");
  if (personal.kind == PersonalKind::fedrep || personal.kind == PersonalKind::finetune)
    v.key("steps", personal.steps, at_least(1));
  else
    v.unused("steps", "only used with kind: fedrep or finetune");
  if (personal.kind == PersonalKind::ditto)
    v.key("proximal", personal.proximal, at_least(0));
  else
    v.unused("proximal", "only used with kind: ditto");
}

template <class Visitor>
void schema(Visitor& v, FederatedConfig& federated) {
  v.key("strategy", federated.strategy);
  v.key("rounds", federated.rounds, at_least(1));
  v.key("local_steps", federated.local_steps, at_least(1));
  if (federated.local_steps)
    v.unused("local_epochs", "give either local_steps or local_epochs, not both");
  else
    v.key("local_epochs", federated.local_epochs, at_least(1));
  v.key("server_rate", federated.server_rate, positive);
  if (federated.strategy == StrategyName::fedprox)
    v.key("proximal", federated.proximal, at_least(0));
  else
    v.unused("proximal", "only used with strategy: fedprox");
  const bool adaptive = federated.strategy == StrategyName::fedadam ||
                        federated.strategy == StrategyName::fedyogi ||
                        federated.strategy == StrategyName::fedadagrad;
  if (adaptive) {
    v.key("beta1", federated.beta1, a_fraction);
    v.key("beta2", federated.beta2, a_fraction);
    v.key("tau", federated.tau, positive);
  } else {
    for (const char* name : {"beta1", "beta2", "tau"})
      v.unused(name, "only used with strategy: fedadam, fedyogi or fedadagrad");
  }
  v.key("personal", federated.personal);
}

template <class Visitor>
void schema(Visitor& v, DescentConfig& descent, bool adamw, bool federated) {
  if (federated) {
    for (const char* name : {"epochs", "schedule", "early_stopping"})
      v.unused(name, "not used with train.federated");
  } else {
    v.key("epochs", descent.epochs, at_least(1));
    v.key("schedule", descent.schedule);
    v.key("early_stopping", descent.early_stopping);
  }
  v.key("batch_rows", descent.batch_rows, at_least(1));
  v.key("block_rows", descent.block_rows, at_least(1));
  v.key("seed", descent.seed);
  v.key("learning_rate", descent.learning_rate, positive);
  if (adamw) {
    v.key("beta1", descent.beta1, a_fraction);
    v.key("beta2", descent.beta2, a_fraction);
    v.key("epsilon", descent.epsilon, positive);
    for (const char* name : {"momentum", "nesterov"})
      v.unused(name, "only used with method: sgd");
  } else {
    v.key("momentum", descent.momentum, a_fraction);
    v.key("nesterov", descent.nesterov);
    for (const char* name : {"beta1", "beta2", "epsilon"})
      v.unused(name, "only used with method: adamw");
  }
  v.key("weight_decay", descent.weight_decay, at_least(0));
  v.key("clip_norm", descent.clip_norm, at_least(0));
  v.check(!descent.nesterov || descent.momentum > 0, "nesterov", "needs momentum");
}

template <class Visitor>
void schema(Visitor& v, CheckpointConfig& checkpoint, bool steps) {
  v.key("every", checkpoint.every, at_least(0));
  if (steps)
    v.key("every_steps", checkpoint.every_steps, at_least(0));
  else
    v.unused("every_steps", "only used with model.kind: mlp, without train.federated");
  v.key("keep_last", checkpoint.keep_last, at_least(0));
  v.key("keep_best", checkpoint.keep_best, at_least(0));
  v.key("asynchronous", checkpoint.asynchronous);
  v.check(checkpoint.keep_best == 0 || checkpoint.keep_last > 0, "keep_best",
          "all are kept (keep_last: 0)");
}

/// One of those that a kind can be trained by.
template <class Visitor>
void key_method(Visitor& v, TrainMethod& method, const OneOf& allowed) {
  std::string word = to_word(method);
  v.key("method", word, allowed);
  method = from_word<TrainMethod>(word).value_or(method);
}

template <class Visitor>
void schema(Visitor& v, TrainConfig& train, bool network) {
  if (network) {
    key_method(v, train.method, one_of("adamw", "sgd"));
    v.key("federated", train.federated);
    const bool federated = train.federated.has_value();
    v.section("descent", [&](auto& s) {
      schema(s, train.descent, train.method == TrainMethod::adamw, federated);
    });
    v.check(!federated || train.method == TrainMethod::sgd, "method",
            "domains train by themselves with method: sgd");
    for (const char* name : {"tolerance", "max_iterations"})
      v.unused(name, "a network trains for train.descent.epochs");
  } else {
    key_method(v, train.method, one_of("newton", "lbfgs", "newton-krylov"));
    v.unused("descent", "only used with model.kind: mlp");
    v.key("tolerance", train.tolerance, positive);
    v.key("max_iterations", train.max_iterations, at_least(1));
  }
  v.section("checkpoint",
            [&](auto& s) { schema(s, train.checkpoint, network && !train.federated); });
  v.key("split", train.split);
  if (network) return v.unused("petsc_options", "only used with method: lbfgs or newton-krylov");
  v.key("petsc_options", train.petsc_options);
  v.check(train.method != TrainMethod::newton || train.petsc_options.empty(), "petsc_options",
          "only used with method: lbfgs or newton-krylov");
}

template <class Visitor>
void schema(Visitor& v, BoundaryConfig& boundary) {
  v.key("secure_aggregation", boundary.secure_aggregation);
}

void visit(YamlReader& reader, Section& section, const RunConfig& run) {
  section.type->read(reader, section.value, run);
}
void visit(YamlWriter& writer, Section& section, const RunConfig&) {
  section.type->write(writer, section.value);
}

template <class Visitor>
void schema(Visitor& v, RunConfig& run) {
  int version = 1;
  v.key("version", version, required, is_version(1));
  v.may_include();
  v.key("name", run.name, required, non_empty, one_line);
  v.key("purpose", run.purpose, required, a_purpose);
  v.key("recipients", run.recipients, absolute_iris, distinct);
  v.key("output", run.output, required, is_path);
  v.key("site", run.site, required);
  v.key("trust", run.trust);
  v.section("lineage", [&](auto& s) {
    s.key("sign_with", run.operator_key, formerly("key"), required, is_path);
  });
  v.key("domains", run.domains, required, non_empty);
  v.key("boundary", run.boundary);
  v.key("model", run.model, required);
  const bool network = run.model.kind->network;
  if (network && run.train.method == TrainMethod::newton) run.train.method = TrainMethod::adamw;
  v.section("train", [&](auto& s) { schema(s, run.train, network); });
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
                domain.session_key.has_value(),
            item + ".private_key",
            "missing: secure aggregation needs the private half of one of the domain's keys (or "
            "boundary.secure_aggregation: false, where every policy allows that)");
  }
}

namespace {

RunConfig parse(const ConfigFiles& files, const Language& language, const Overrides& overrides,
                Names names) {
  RunConfig config;
  config.path = files.front().path;
  config.model.kinds = language.kinds;
  config.model.kind = language.kinds.front();
  for (const SectionType* type : language.sections)
    config.sections.push_back({type, type->make()});
  parse_config(files, config, overrides, names);
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
  return parse(files, language, overrides, Names::current);
}

RunConfig parse_run_config(const std::string& text, const std::string& path,
                           const Language& language, const Overrides& overrides) {
  return parse_run_config(ConfigFiles{{path, text}}, language, overrides);
}

RunConfig parse_resolved_config(const std::string& text, const std::string& path,
                                const Language& language) {
  return parse(ConfigFiles{{path, text}}, language, {}, Names::former_too);
}

std::string given_yaml(const RunConfig& config) {
  RunConfig copy = config;
  return to_yaml(YamlWriter::given_only(copy));
}

std::string resolved_yaml(const RunConfig& config) {
  RunConfig copy = config;  // a schema takes what it visits by reference
  YamlWriter writer;
  schema(writer, copy);
  return to_yaml(writer.node());
}

}  // namespace bailiwick
