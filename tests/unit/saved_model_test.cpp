// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/kind.hpp"
#include "lib/kinds/model_file.hpp"

#include <cmath>
#include <functional>

#include "lib/core/json.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

SavedModel linear() {
  SavedModel model;
  model.config.kind = &find_kind("linear")->traits();
  model.config.features = {"age"};
  model.config.target = "days";
  model.names = {"(intercept)", "age"};
  model.parameters = model.coefficients = model.standard_errors = {0.5, -2};
  model.mean = {0, 40};
  model.scale = {1, 0.1};
  model.information = {1, 0, 1};
  model.rows = 100;
  return model;
}

/// Three columns, two of them the indicators of an embedded category, to four units, to one output.
SavedModel network() {
  SavedModel model = linear();
  model.config.kind = &find_kind("mlp")->traits();
  model.config.mlp.loss = kernels::Loss::squared_error;
  model.config.mlp.layers = {{4, kernels::Activation::relu, false, 0.5}};
  model.config.features = model.names = {"age", "ward_icu", "ward_surgery"};
  model.embeddings = {{"ward", 0, 3, 2}};
  model.mean = {40, 0, 0};
  model.scale = {0.1, 1, 0};
  model.parameters.assign(3 * 2 + (3 + 1) * 4 + 4 + 1, 0.25);
  model.coefficients = model.standard_errors = model.information = {};
  model.target_mean = 12;
  model.target_deviation = 3;
  return model;
}

using Change = std::function<void(Json&)>;

io::Checkpoint changed(const SavedModel& model, const Change& change) {
  io::Checkpoint checkpoint = to_checkpoint(model);
  Json description = Json::parse(checkpoint.attributes["model"]);
  change(description);
  checkpoint.attributes["model"] = description.dump();
  return checkpoint;
}

void check_refused(const io::Checkpoint& checkpoint, const std::string& text) {
  INFO(text);
  try {
    model_from_checkpoint(checkpoint, "model.h5");
    FAIL_CHECK("no error");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::data);
    CHECK_THAT(error.what(), StartsWith("model.h5: ") && ContainsSubstring(text));
  }
}

}  // namespace

TEST_CASE("a model reads back") {
  for (const SavedModel& model : {linear(), network()}) {
    const SavedModel read = model_from_checkpoint(to_checkpoint(model), "model.h5");
    CHECK(to_checkpoint(read).digest() == to_checkpoint(model).digest());
    CHECK(read.embeddings == model.embeddings);
  }
}

TEST_CASE("a model keeps what stands for missing values") {
  SavedModel model = linear();
  CHECK(missing_values_text(model).empty());
  model.config.missing = {{"age", "0.1"}, {"*", "drop"}};
  model.missing = {{"ward", MissingRule::mode, {}, "icu"},
                   {"age", MissingRule::number, 0.1},
                   {"crp", MissingRule::median, 1.0 / 3},
                   {"day", MissingRule::drop}};
  const SavedModel read = model_from_checkpoint(to_checkpoint(model), "model.h5");
  CHECK(read.missing == model.missing);
  CHECK(read.config.missing == model.config.missing);
  CHECK(to_checkpoint(read).digest() == to_checkpoint(model).digest());
  CHECK(missing_values_text(read) ==
        "Missing values: ward: icu (mode), age: 0.1, crp: 0.333333 (median), day: rows "
        "dropped");
  const auto refused = [&](const Json& imputed, const char* text) {
    check_refused(changed(model, [&](Json& d) { d["imputed"] = imputed; }), text);
  };
  refused("mean", "imputed: is no list");
  refused({{{"name", "age"}, {"rule", "keep"}}}, "keep");
  refused({{{"name", "age"}, {"rule", "mean"}}}, "\"value\" is missing");
  refused({{{"name", "age"}, {"rule", "mean"}, {"value", nullptr}}}, "\"value\" is missing");
}

TEST_CASE("a model keeps the baseline hazard of each stratum") {
  SavedModel model = linear();
  model.config.kind = &find_kind("cox")->traits();
  model.config.strata_by = {"sex", "ward"};
  model.config.strata = Strata::none;
  model.config.baseline = true;
  model.baselines = {{{1, 2, 5}, {0.1, 0.2, 0.5}, {"f", "icu"}}, {{2}, {0.25}, {"m", "icu"}}};
  const io::Checkpoint checkpoint = to_checkpoint(model);
  const SavedModel read = model_from_checkpoint(checkpoint, "model.h5");
  CHECK(to_checkpoint(read).digest() == checkpoint.digest());
  REQUIRE(read.baselines.size() == 2);
  CHECK(read.baselines[1].levels == std::vector<std::string>{"m", "icu"});
  CHECK(read.baselines[1].hazard == std::vector<double>{0.25});

  const auto refused = [&](const auto& change, const char* text) {
    io::Checkpoint other = checkpoint;
    change(other);
    check_refused(other, text);
  };
  for (const std::vector<double>& times :
       {std::vector<double>{3, 2}, {2.5, 1.5}, {NAN, 1}, {3, 0}, {1, 1}})
    refused([&](io::Checkpoint& c) { c.arrays["baseline/times"] = times; },
            "its baseline hazards are not those of its strata");
  refused([](io::Checkpoint& c) { c.arrays.erase("baseline/times"); }, "has 0 numbers, not 2");
  refused([](io::Checkpoint& c) { c.attributes["baseline/strata"] = "[[\"f\"], [\"m\"]]"; },
          "its baseline hazards are not those of its strata");
  refused([](io::Checkpoint& c) { c.attributes["baseline/strata"] = "[1, 2]"; }, "wrong type");
  refused([](io::Checkpoint& c) { c.attributes.erase("baseline/strata"); }, "say no strata");
  refused([](io::Checkpoint& c) { c.arrays["baseline/hazard"][1] = 0.05; }, "does not ascend");
}

TEST_CASE("a description says nothing that a config could not") {
  const std::pair<Change, const char*> of_any[] = {
      {[](Json& m) { m["kind"] = "x"; }, "model: \"kind\": unknown word \"x\""},
      {[](Json& m) { m["strata"] = "x"; }, "model: \"strata\": unknown word \"x\""},
      {[](Json& m) { m["standardise"] = "x"; }, "model: \"standardise\": unknown word \"x\""},
      {[](Json& m) { m["ties"] = "x"; }, "model: \"ties\": unknown word \"x\""},
      {[](Json& m) { m["l2"] = -1; }, "\"l2\" must be at least 0, found -1"},
      {[](Json& m) { m["target"] = "a\nb"; }, "must be one line without control characters"},
      {[](Json& m) { m["columns"] = Json::array(); }, "\"columns\" must be at least one, found 0"},
      {[](Json& m) {
         m["categories"] = {"a", "b"};
       },
       "\"categories\" must be none for this kind"},
      {[](Json& m) { m["kind"] = "multinomial"; }, "\"categories\" must be two or more, found 0"}};
  for (const auto& [change, text] : of_any)
    check_refused(changed(linear(), change), text);

  const std::pair<std::function<void(Json&)>, const char*> of_networks[] = {
      {[](Json& n) { n["loss"] = "x"; }, "mlp: \"loss\": unknown word \"x\""},
      {[](Json& n) { n["loss"] = "cross_entropy"; }, "\"categories\" must be two or more, found 0"},
      {[](Json& n) { n["huber_delta"] = 0; }, "mlp: \"huber_delta\" must be positive, found 0.0"},
      {[](Json& n) { n["layers"] = 3; }, "mlp: \"layers\" is missing or has the wrong type"},
      {[](Json& n) { n["layers"][0] = 3; },
       "layers[0]: \"units\" must be an integer of at least 1"},
      {[](Json& n) { n["layers"][0]["units"] = -5; }, "\"units\" must be an integer of at least 1"},
      {[](Json& n) { n["layers"][0]["units"] = (1ULL << 32) + 4; }, "must be at most 1048576"},
      {[](Json& n) { n["layers"][0]["activation"] = "x"; },
       "layers[0]: \"activation\": unknown word \"x\""},
      {[](Json& n) { n["layers"][0]["dropout"] = 2; },
       "layers[0]: \"dropout\" must be at least 0 and below 1, found 2.0"},
      {[](Json& n) { n["embeddings"][0]["factor"] = -1; }, "\"factor\" must be an integer of at"},
      {[](Json& n) { n["embeddings"][0]["levels"] = 1; }, "\"levels\" must be an integer of at"},
      {[](Json& n) { n["embeddings"][0]["levels"] = 5; }, "\"levels\" must be of the model's"},
      {[](Json& n) { n["embeddings"][0]["dimension"] = 1 << 20; }, "must be at most 65536"}};
  for (const auto& [change, text] : of_networks)
    check_refused(changed(network(), [&](Json& m) { change(m["mlp"]); }), text);
}

TEST_CASE("arrays are as long as their columns need, and of finite numbers") {
  const auto refuse = [](SavedModel model, const auto& change, const char* text) {
    change(model);
    check_refused(to_checkpoint(model), text);
  };
  for (const SavedModel& model : {linear(), network()}) {
    const char* const finite = "\" holds what is not a finite number";
    for (const double wrong : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
      refuse(
          model, [&](auto& m) { m.parameters[1] = wrong; }, finite);
      refuse(
          model, [&](auto& m) { m.mean[1] = wrong; }, finite);
      refuse(
          model, [&](auto& m) { m.scale[1] = wrong; }, finite);
    }
    refuse(
        model, [](auto& m) { m.scale[1] = -1; }, "a scale or deviation is not positive");
    refuse(
        model, [](auto& m) { m.parameters.pop_back(); }, "array \"parameters\" has ");
    refuse(
        model, [](auto& m) { m.mean.pop_back(); }, "array \"standardisation/mean\" has ");
    refuse(
        model, [](auto& m) { m.scale.pop_back(); }, "array \"standardisation/scale\" has ");
  }
  refuse(
      linear(), [](auto& m) { m.coefficients = {1}; }, "\"coefficients\" has 1 numbers, not 2");
  refuse(
      linear(), [](auto& m) { m.standard_errors = {1}; }, "errors\" has 1 numbers, not 2");
  refuse(
      network(), [](auto& m) { m.target_mean = std::nan(""); }, "target\" holds what is not");
  refuse(
      network(), [](auto& m) { m.target_deviation = 0; }, "a scale or deviation is not");
  io::Checkpoint checkpoint = to_checkpoint(network());
  checkpoint.arrays["standardisation/target"] = {};
  check_refused(checkpoint, "array \"standardisation/target\" has 0 numbers, not 2");
}
