// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/inputs.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/stages/stage.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string text = R"(version: 1
name: x
purpose: dpv:ScientificResearch
output: out
site: {name: s, nodes: [{match: "*", jurisdiction: DE}]}
lineage: {sign_with: k.pem}
domains:
  - {name: a, jurisdiction: DE, public_key: a.pub.pem, private_key: a.pem, policy: a.json, partitions: [a.h5]}
  - {name: b, jurisdiction: CH, public_key: b.pub.pem, private_key: b.pem, policy: b.json, partitions: [b.h5]}
model: {kind: logistic, features: [age], target: ill}
)";

RunConfig config(const Overrides& overrides = {}) {
  return parse_run_config(text, "/x.yaml", config_language(), overrides);
}

}  // namespace

TEST_CASE("what a run is, is what its config gives and what decides bits", "[inputs]") {
  const auto same = [](const std::string& key, const std::string& value, bool training) {
    return given_by(config({{key, value}}), training) == given_by(config(), training);
  };
  for (const bool training : {true, false}) {
    for (const auto& [key, value] : Overrides{{"name", "y"},
                                              {"purpose", "dpv:Marketing"},
                                              {"output", "elsewhere"},
                                              {"recipients", "[https://example.org/x]"},
                                              {"site.name", "t"},
                                              {"lineage.sign_with", "l.pem"},
                                              {"domains.0.jurisdiction", "FR"},
                                              {"domains.0.public_key", "c.pem"},
                                              {"domains.0.private_key", "c.pem"},
                                              {"domains.1.policy", "c.json"},
                                              {"domains.1.access_log", "log"},
                                              {"domains.1.partitions", "[/elsewhere/b.h5]"},
                                              {"domains.1.ranks", "[0]"},
                                              {"boundary.secure_aggregation", "false"},
                                              {"train.checkpoint.every", "7"},
                                              {"train.tolerance", "1e-12"},        // the default
                                              {"model.standardise", "pooled"}}) {  // likewise
      INFO(key);
      CHECK(same(key, value, training));
    }
    for (const auto& [key, value] : Overrides{{"domains.0.name", "c"},
                                              {"domains.1.partitions", "[b.h5, c.h5]"},
                                              {"model.kind", "linear"},
                                              {"model.features", "[age, sex]"},
                                              {"model.l2", "1"},
                                              {"train.tolerance", "1e-9"},
                                              {"train.method", "lbfgs"},
                                              {"train.split", "train"}}) {
      INFO(key);
      CHECK(!same(key, value, training));
    }
  }
  CHECK(same("evaluate.calibration_bins", "7", true));
  CHECK(!same("evaluate.calibration_bins", "7", false));
}

TEST_CASE("a resolved config names files from where it lies", "[inputs]") {
  const std::string resolved = resolved_yaml(config(), "/out/run");
  CHECK_THAT(resolved, ContainsSubstring("policy: \"../../a.json\"") &&
                           ContainsSubstring("output: \"..\"") && !ContainsSubstring("\"/"));
  const RunConfig moved = parse_run_config(resolved, "/far/run/resolved.yaml", config_language());
  CHECK(moved.domains[1].partitions == std::vector<std::string>{"/b.h5"});
  CHECK(resolved_yaml(parse_run_config(resolved, "/out/run/resolved.yaml", config_language())) ==
        resolved_yaml(config()));
}

TEST_CASE("inputs are read as they were written, and nothing else is", "[inputs]") {
  const StageUse use = find_stage("evaluate").use;
  const Inputs inputs = inputs_of(config({{"domains.0.ranks", "[1, 0]"}}), use);
  const Json json = to_json(inputs);
  CHECK(to_json(inputs_from_json(json, "x")) == json);
  CHECK(inputs_from_json(json, "x").domains[0].ranks == std::vector<int>{1, 0});
  CHECK(inputs.per_domain_statistics);  // evaluate.per_domain is true by default
  const auto broken = [&](const char* key, const Json& value) {
    Json other = json;
    other[key] = value;
    CHECK_THROWS_AS(inputs_from_json(other, "x"), Error);
  };
  broken("version", 1);
  broken("format", "bailiwick-decisions");
  broken("identity", "abc");
  broken("given", "model:\n  l2: 2\n");
  broken("masked", "yes");
  broken("more", 1);
  broken("model", 1);
  broken("domains", 1);
  broken("domains", Json::array({Json::object()}));
  broken("site", Json::object());
}
