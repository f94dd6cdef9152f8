// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include "lib/core/error.hpp"
#include "lib/ingest/config.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/stages/stage.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string run_with(const std::string& model, const std::string& train) {
  return R"(version: 1
name: net
purpose: dpv:ScientificResearch
output: out
site: {name: s, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: k.pem}
domains: [{name: a, jurisdiction: CH, public_key: a.pub.pem, policy: p.json, partitions: [a.h5]}]
model: {kind: mlp, )" +
         model + "}\ntrain: {" + train + "}\n";
}

const std::string hidden = "mlp: {loss: binary, embeddings: {cow: 4}, layers: [{units: 4}]}";

std::string error_of(const std::string& model, const std::string& train) {
  try {
    parse_run_config(run_with(model, train), "x.yaml", config_language());
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::config);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("A network's defaults, and its resolved config parses to itself") {
  const RunConfig config = parse_run_config(run_with(hidden, ""), "x.yaml", config_language());
  CHECK(config.train.method == TrainMethod::adamw);
  CHECK(config.model.mlp.layers.at(0).activation == kernels::Activation::relu);
  CHECK_FALSE(config.model.intercept);
  CHECK_FALSE(config.train.federated);
  for (const char* train :
       {"", "method: sgd, descent: {momentum: 0.9, nesterov: true}",
        "descent: {schedule: {kind: step, step_epochs: 3}, early_stopping: {split: v}}",
        "descent: {schedule: {kind: cosine, final_fraction: 0.1}}",
        "method: sgd, federated: {strategy: fedprox, local_steps: 3}",
        "method: sgd, federated: {strategy: fedyogi, personal: {kind: fedrep, layers: 1}}",
        "method: sgd, federated: {strategy: scaffold, personal: {kind: ditto}}"}) {
    INFO(train);
    const std::string resolved =
        resolved_yaml(parse_run_config(run_with(hidden, train), "x.yaml", config_language()));
    CHECK(resolved_yaml(parse_run_config(resolved, "/elsewhere/y.yaml", config_language())) ==
          resolved);
  }
}

TEST_CASE("Mistakes in a network are named") {
  struct Case {
    const char *model, *train, *message;
  };
  const Case cases[] = {
      {"target: y", "", "model.mlp.loss: required key is missing"},
      {"mlp: {loss: binry}", "", "did you mean \"binary\"?"},
      {"mlp: {loss: binary, layers: [{units: 0}]}", "", "model.mlp.layers.0.units: 0 is too small"},
      {"mlp: {loss: binary, layers: [{activation: relu}]}", "", "layers.0.units: required key"},
      {"mlp: {loss: binary, layers: [{units: 4, activation: rel}]}", "", "did you mean \"relu\"?"},
      {"mlp: {loss: binary, layers: [{units: 4, dropout: 1}]}", "",
       "1 is not at least 0 and below 1"},
      {"mlp: {loss: binary, embeddings: {cow: 4, occp: 0}}", "",
       "x.yaml:8:67: model.mlp.embeddings.occp: 0 is too small: at least 1"},
      {"mlp: {loss: binary, embeddings: {occp: [1]}}", "",
       "model.mlp.embeddings.occp: expected a whole number"},
      {"mlp: {loss: binary, embeddings: [occp]}", "", "model.mlp.embeddings: expected a section"},
      {"mlp: {loss: binary, huber_delta: 2}", "", "only used with loss: huber"},
      {"mlp: {loss: binary, standardise_target: true}", "", "only used with loss: squared_error"},
      {"mlp: {loss: binary}, intercept: true", "", "the layers of a network have their own"},
      {"mlp: {loss: binary}, l2: 1", "", "networks have train.descent.weight_decay instead"},
      {"mlp: {loss: binary}, time: days", "", "only used with kind: cox"},
      {"mlp: {loss: cox}", "", "kind: cox needs the column of times"},
      {"mlp: {loss: binary}, cox: {ties: efron}", "", "only used with kind: cox"},
      {"mlp: {loss: binary}", "method: newton", "unknown value \"newton\"; allowed: adamw, sgd"},
      {"mlp: {loss: binary}", "tolerance: 1", "a network trains for train.descent.epochs"},
      {"mlp: {loss: binary}", "petsc_options: -x", "only used with method: lbfgs"},
      {"mlp: {loss: binary}", "descent: {momentum: 0.5}", "only used with method: sgd"},
      {"mlp: {loss: binary}", "method: sgd, descent: {beta1: 0.5}", "only used with method: adamw"},
      {"mlp: {loss: binary}", "method: sgd, descent: {nesterov: true}", "needs momentum"},
      {"mlp: {loss: binary}", "descent: {schedule: {kind: constant, final_fraction: 0.5}}",
       "only used with kind: linear or cosine"},
      {"mlp: {loss: binary}", "descent: {schedule: {step_factor: 0.5}}",
       "only used with kind: step"},
      {"mlp: {loss: binary}", "federated: {strategy: fedavg}",
       "domains train by themselves with method: sgd"},
      {"mlp: {loss: binary}", "method: sgd, federated: {}, descent: {epochs: 3}",
       "not used with train.federated"},
      {"mlp: {loss: binary}", "method: sgd, federated: {local_steps: 3, local_epochs: 1}",
       "give either local_steps or local_epochs"},
      {"mlp: {loss: binary}", "method: sgd, federated: {proximal: 3}",
       "only used with strategy: fedprox"},
      {"mlp: {loss: binary}", "method: sgd, federated: {tau: 3}",
       "only used with strategy: fedadam"},
      {"mlp: {loss: binary}", "method: sgd, federated: {personal: {kind: ditto, layers: 1}}",
       "only used with kind: fedper or fedrep"}};
  for (const Case& c : cases) {
    INFO(c.model << " / " << c.train);
    CHECK_THAT(error_of(c.model, c.train), ContainsSubstring(c.message));
  }
}

TEST_CASE("A range of names stands for many columns") {
  const std::string yaml = R"(version: 1
input: a.csv
columns:
  "p_{0..11}": {role: feature, minimum: 0}
  y: {role: target}
output: out
partitions: [{name: a, owner: A, sign_with: a.pem}]
)";
  const IngestConfig config = parse_ingest_config(yaml, "x.yaml");
  REQUIRE(config.columns.size() == 13);
  CHECK(config.columns[0].name == "p_0");
  CHECK(config.columns[11].name == "p_11");
  CHECK(config.columns[11].minimum == 0.0);
  CHECK(config.columns[12].name == "y");
  std::string twice = yaml;
  twice.insert(twice.find("  y:"), "  p_3: {role: feature}\n");
  CHECK_THROWS_WITH(parse_ingest_config(twice, "x.yaml"),
                    ContainsSubstring("another column becomes \"p_3\""));
}

TEST_CASE("sections that hold nothing but defaults are told from those that are not there",
          "[config]") {
  const auto given = [](const std::string& model, const std::string& train) {
    return decisive_yaml(parse_run_config(run_with(model, train), "x.yaml", config_language()));
  };
  const std::string plain = given(hidden, "method: sgd");
  CHECK(given(hidden, "method: sgd, federated: {}") != plain);
  CHECK(given(hidden, "method: sgd, descent: {epochs: 10}") == plain);
  CHECK(given("mlp: {loss: binary, embeddings: {cow: 4}, layers: [{units: 4}, {units: 4}]}",
              "method: sgd") != plain);
  CHECK(given("mlp: {loss: binary, embeddings: {cow: 4}, layers: [{units: 4, dropout: 0}]}",
              "method: sgd") == plain);
  CHECK(given("mlp: {loss: cox, layers: []}, time: t, status: s", "method: sgd") !=
        given("mlp: {loss: binary, layers: []}", "method: sgd"));
}
