// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/ingest/config.hpp"
#include "lib/line/config.hpp"
#include "lib/policy/policy.hpp"
#include "lib/policy/policy_yaml.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/site_yaml.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/stage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

namespace {

const std::string run_yaml = R"(version: 1
name: heart
purpose: dpv:ScientificResearch
output: ../out/heart
site:
  name: cluster
  nodes:
    - {match: "n*", jurisdiction: CH}
lineage: {sign_with: keys/operator.pem}
domains:
  - name: oslo
    jurisdiction: NO
    public_key: keys/oslo.pub.pem
    private_key: keys/oslo.pem
    policy: policies/oslo.json
    partitions: [data/oslo.h5]
  - name: zurich
    jurisdiction: CH-ZH
    public_keys: [keys/a.pub.pem, keys/b.pub.pem]
    private_key: keys/a.pem
    policy: /policies/zurich.json
    partitions: [data/zurich-1.h5, data/zurich-2.h5]
    ranks: [0, 2]
model:
  kind: logistic
  target: disease
  l2: 1e-3
train:
  method: lbfgs
)";

const std::string ingest_yaml = R"(version: 1
input: heart.csv.gz
csv:
  delimiter: ";"
  missing: ["", -9]
columns:
  age: {role: feature, unit: a, minimum: 0, maximum: 120}
  cp: {role: feature, type: category, levels: [typical, none], map: {1: typical}}
  num: {role: target, type: integer, as: disease, missing: value, missing_value: 0}
  clinic: {role: domain}
split:
  hash: {train: 0.75, test: 0.25}
  seed: 18446744073709551615
output: out
partitions:
  - {name: oslo, owner: Oslo clinic, values: [oslo, "2"], sign_with: keys/oslo.pem}
  - {name: zurich, owner: Zürich clinic, values: [zh], sign_with: keys/zh.pem}
)";

const std::string policy_text = R"(version: 1
uid: urn:uuid:5e6f0a3c-0b1e-4a53-9d6f-2f8a43b6f001
owner: Oslo clinic
target: oslo*
permit: [train, evaluate]
purposes: [dpv:ScientificResearch]
where: [NO, CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}
minimum: {parties: 3}
maximum: {runs: 5}
forbid:
  - {action: predict, where: [CH]}
duties: {attribute: Oslo clinic}
allow: {per_domain_statistics: true}
)";

// `text` with the first `from` replaced; the rest of the file keeps its lines.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

template <class Parse>
std::string error_of(const Parse& parse) {
  try {
    parse();
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::config);
    return error.what();
  }
  return "";
}

std::string run_error(const std::string& text, const Overrides& overrides = {}) {
  return error_of([&] { parse_run_config(text, "configs/x.yaml", config_language(), overrides); });
}
std::string ingest_error(const std::string& text) {
  return error_of([&] { parse_ingest_config(text, "configs/x.yaml"); });
}
std::string policy_error(const std::string& text, const std::string& name = "") {
  return error_of([&] { parse_policy_yaml(text, "configs/x.yaml", name); });
}

// How many owners the terms are for, each of whose must be accepted.
int policy_of_each(const std::string& text, const std::string& path) {
  const std::string error = error_of([&] { parse_policy_yaml(text, path); });
  if (error.empty()) return 1;
  const std::string before = "with --for: ";
  const std::size_t at = error.find(before);
  INFO(error);
  REQUIRE(at != std::string::npos);
  std::istringstream names(error.substr(at + before.size()));
  int count = 0;
  for (std::string name; names >> name; ++count)
    parse_policy_yaml(text, path, name.substr(0, name.find(',')));
  return count;
}

// A config that includes files, as read_config would have read it.
ConfigFiles files(const std::vector<std::pair<std::string, std::string>>& texts) {
  ConfigFiles all;
  for (const auto& [path, text] : texts)
    all.push_back({path, text});
  return all;
}

// The checkout: named by CTest, else the current folder.
std::filesystem::path find_source() {
  const char* named = std::getenv("BAILIWICK_SOURCE");
  return named != nullptr ? std::filesystem::path(named) : std::filesystem::current_path();
}
const std::filesystem::path source = find_source();

// The `number`-th block of `language` (from 0) in a page of docs/.
std::string from_docs(const std::string& page, const std::string& language, int number) {
  std::istringstream lines(read_file(source / "docs" / page));
  std::string block;
  for (std::string line; std::getline(lines, line);) {
    if (line != "```" + language || number-- > 0) continue;
    while (std::getline(lines, line) && line != "```")
      block += line + "\n";
    return block;
  }
  FAIL(page << " has no such block");
  return block;
}

std::string here(const std::string& path) {
  return (std::filesystem::current_path() / path).string();
}

}  // namespace

TEST_CASE("YAML that grows without end is refused") {
  const auto refusal = [](const std::string& text) {
    try {
      parse_policy_yaml(text, "p.yaml");
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::config);
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string deep = "lists and sections nested more than 64 deep";
  CHECK_THAT(refusal("a: " + std::string(65, '[') + std::string(65, ']')), ContainsSubstring(deep));
  CHECK_THAT(refusal("a: " + std::string(100'000, '[')), ContainsSubstring(deep));
  std::string sections;
  for (int i = 0; i < 80; ++i)
    sections += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK_THAT(refusal(sections), ContainsSubstring(deep));
  // Aliases of one long text, and of aliases.
  std::string texts = "a: &t \"" + std::string(100'000, 'x') + "\"\nb: [";
  for (int i = 0; i < 100; ++i)
    texts += "*t,";
  CHECK_THAT(refusal(texts + "]\n"), ContainsSubstring("too large a document"));
  std::string lists = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i)
    lists += fmt::format("a{}: &a{} [*a{}, *a{}]\n", i, i, i - 1, i - 1);
  CHECK_THAT(refusal(lists), ContainsSubstring("too large a document"));
  // Columns of an ingest: many in a line, and a name that a recursive matcher would die of.
  const auto ingest = [](const std::string& name, int count) {
    std::string text =
        "version: 1\ninput: x.csv\noutput: o\npartitions: [{name: a, owner: a, sign_with: "
        "k}]\ncolumns:\n";
    for (int i = 0; i < count; ++i)
      text += fmt::format("  ? {}{}\n  : {{role: feature}}\n", name, i);
    return text;
  };
  CHECK_THROWS_WITH(
      parse_ingest_config(ingest("\"p{0..999999}\" #", 1) + "  y: {role: target}\n", "i"),
      ContainsSubstring("columns: 1000001 columns; there may be 1000000 at most"));
  const std::string name(1'000'000, '{');
  CHECK(parse_ingest_config(ingest("\"" + name + "1..2}\" #", 1), "i").columns.size() == 2);
}

TEST_CASE("a run is read, defaults filled in, paths found beside the file") {
  const RunConfig run = parse_run_config(run_yaml, "configs/x.yaml", config_language());
  CHECK(run.name == "heart");
  CHECK(run.output == here("out/heart"));
  CHECK(run.site.declared.nodes.at(0) == std::pair<std::string, std::string>("n*", "CH"));
  CHECK(run.sign_with == here("configs/keys/operator.pem"));
  CHECK(run.domains.at(0).jurisdiction == "NO");  // not YAML 1.1's false
  CHECK(run.domains.at(0).keys == std::vector<std::string>{here("configs/keys/oslo.pub.pem")});
  CHECK_FALSE(run.domains.at(0).ranks.has_value());
  CHECK(run.domains.at(1).keys.size() == 2);
  CHECK(run.domains.at(1).policy == "/policies/zurich.json");
  CHECK(run.domains.at(1).ranks.value() == std::vector<int>{0, 2});
  CHECK(run.model.l2 == 1e-3);
  CHECK(run.model.intercept);
  CHECK(run.train.method == TrainMethod::lbfgs);
  CHECK(run.train.tolerance == TrainConfig().tolerance);
  CHECK_FALSE(run.section<EvaluateConfig>().standardise.has_value());
}

TEST_CASE("the resolved config parses to itself, wherever it lies") {
  std::string cox =
      with(run_yaml, "kind: logistic\n  target: disease",
           "kind: cox\n  time: t\n  status: s\n  features: [\"~\", \"1e3\", \" a: b\\n\", "
           "\"ü #\", \"true\", \"\\\"\\\\\"]\n  cox: {strata: none, ties: breslow, "
           "strata_by: [sex, ward], time_step: 0.1, time_maximum: 300}");
  cox += "evaluate: {standardise: per_domain, calibration_bins: 7, per_domain: false}\n";
  for (const std::string& text : {run_yaml, cox}) {
    const RunConfig run = parse_run_config(text, "configs/x.yaml", config_language());
    const std::string resolved = resolved_yaml(run);
    INFO(resolved);
    const RunConfig again =
        parse_run_config(resolved, "/elsewhere/resolved.yaml", config_language());
    CHECK(resolved_yaml(again) == resolved);
    CHECK(again.output == run.output);
    CHECK(again.domains.at(1).partitions == run.domains.at(1).partitions);
    CHECK(again.domains.at(1).ranks == run.domains.at(1).ranks);
    CHECK(again.model.features == run.model.features);
    CHECK(again.model.time_maximum == run.model.time_maximum);
    CHECK(again.model.strata == run.model.strata);
    CHECK(again.model.strata_by == run.model.strata_by);
    CHECK(again.model.proportional_hazards == run.model.proportional_hazards);
    CHECK(again.section<EvaluateConfig>().standardise == run.section<EvaluateConfig>().standardise);
    CHECK(again.train.tolerance == run.train.tolerance);
    CHECK_THAT(resolved, ContainsSubstring("every: 1") && ContainsSubstring("per_domain: "));
  }
  CHECK(parse_run_config(cox, "x", config_language()).model.features.at(2) == " a: b\n");
}

TEST_CASE("every mistake in a run is named with its place") {
  struct Case {
    std::string from, to, message;
  };
  const std::vector<Case> cases = {
      {"method: lbfgs", "method: newtn",
       "configs/x.yaml:29:11: train.method: unknown value \"newtn\"; allowed: newton, lbfgs, "
       "newton-krylov (did you mean \"newton\"?)"},
      {"method: lbfgs", "metod: lbfgs",
       "configs/x.yaml:29:3: train.metod: unknown key; allowed: method, tolerance, max_iterations, "
       "checkpoint, split, petsc_options, intent (did you mean \"method\"?)"},
      {"  method: lbfgs", "  method: lbfgs\n  method: newton",
       "configs/x.yaml:30:3: train.method: duplicate key; first given in line 29"},
      {"  method: lbfgs", "  tolerance: -1e-12",
       "configs/x.yaml:29:14: train.tolerance: -1e-12 is not greater than 0"},
      {"  method: lbfgs", "  tolerance: .nan",
       "configs/x.yaml:29:14: train.tolerance: expected a finite number, found \".nan\""},
      {"  method: lbfgs", "  tolerance: inf", "expected a finite number, found \"inf\""},
      {"  method: lbfgs", "  tolerance: nan", "expected a finite number, found \"nan\""},
      {"  method: lbfgs", "  tolerance: 1e999", "expected a finite number, found \"1e999\""},
      {"  method: lbfgs", "  tolerance: 1,5", "expected a finite number, found \"1,5\""},
      {"  method: lbfgs", "  tolerance: \"1\"", "expected a finite number, found the text \"1\""},
      {"  method: lbfgs", "  tolerance:",
       "configs/x.yaml:29:3: train.tolerance: expected a finite number, found nothing"},
      {"  method: lbfgs", "  tolerance: [1]",
       "configs/x.yaml:29:14: train.tolerance: expected a finite number, found a list"},
      {"  method: lbfgs", "  max_iterations: 1.5", "expected a whole number, found \"1.5\""},
      {"  method: lbfgs", "  max_iterations: 0", "0 is too small: at least 1"},
      {"  method: lbfgs", "  checkpoint: {every: 99999999999}", "expected a whole number"},
      {"  method: lbfgs", "  method: {a: b}",
       "configs/x.yaml:29:3: train.method: expected text, found a section"},
      {"train:\n  method: lbfgs", "train: fast",
       "configs/x.yaml:28:8: train: expected a section, found \"fast\""},
      {"  l2: 1e-3", "  l2: -1", "model.l2: -1 is too small: at least 0"},
      {"  l2: 1e-3", "  intercept: yes",
       "configs/x.yaml:27:14: model.intercept: expected true or false, found \"yes\""},
      {"  l2: 1e-3", "  standardise: polled", "(did you mean \"pooled\"?)"},
      {"  l2: 1e-3", "  features: [a, b, a]", "model.features: \"a\" is given twice"},
      {"  l2: 1e-3", "  features: a", "model.features: expected a list, found \"a\""},
      {"  l2: 1e-3", "  cox: {ties: efron}",
       "configs/x.yaml:27:3: model.cox: only used with kind: cox"},
      {"  l2: 1e-3", "  time: t", "configs/x.yaml:27:9: model.time: only used with kind: cox"},
      {"  kind: logistic\n", "", "configs/x.yaml:24:1: model.kind: required key is missing"},
      {"  kind: logistic", "  kind: cox",
       "configs/x.yaml:26:11: model.target: kind: cox has time and status instead"},
      {"  kind: logistic", "  kind: cox", "model.time: kind: cox needs the column of times"},
      {"  kind: logistic", "  kind: cox", "model.status: kind: cox needs the column of events"},
      {"version: 1", "version: 2", "configs/x.yaml:1:10: version: this release reads version 1"},
      {"    private_key: keys/a.pem\n", "",
       "configs/x.yaml:17:5: domains.1.private_key: missing: secure aggregation needs the private"},
      {"version: 1\n", "", "configs/x.yaml:1:1: version: required key is missing"},
      {"dpv:Sci", "Sci", "purpose: \"ScientificResearch\" is not a purpose such as dpv:"},
      {"jurisdiction: NO", "jurisdiction: Norway",
       "configs/x.yaml:12:19: domains.0.jurisdiction: \"Norway\" is not an ISO 3166 code"},
      {"name: heart", "name: \"heart\\n  10 of 10\"",
       "name: \"heart\n  10 of 10\" is not one line of text without control characters"},
      {"name: heart", "name: \"\\e[2J\"", "is not one line of text without control characters"},
      {"name: cluster", "name: \"a\\nb\"", "site.name: \"a\nb\" is not one line of text"},
      {"match: \"n*\"", "match: \"\\e*\"", "site.nodes.0.match: \"\x1b*\" is not one line of"},
      {"policies/oslo.json", "\"\\e.json\"", "domains.0.policy: \"\x1b.json\" is not one line of"},
      {"name: oslo", "name: Oslo", "domains.0.name: \"Oslo\" is not a name of a-z"},
      {"name: oslo", "name: zurich",
       "configs/x.yaml:17:11: domains.1.name: another domain is called \"zurich\""},
      {"    public_key: keys/oslo.pub.pem\n", "",
       "configs/x.yaml:11:5: domains.0.public_keys: required key is missing"},
      {"    public_keys: [", "    public_key: x\n    public_keys: [",
       "either \"public_key\" or \"public_keys\", not both"},
      {"policies/oslo.json", "\"\"", "domains.0.policy: must not be empty"},
      {"[data/oslo.h5]", "[]", "domains.0.partitions: must not be empty"},
      {"[data/oslo.h5]", "[data/zurich-1.h5]", "already belongs to another domain"},
      {"[data/oslo.h5]", "[data/oslo.h5, ./data/oslo.h5]", "data/oslo.h5\" is given twice"},
      {"ranks: [0, 2]", "ranks: [0, -2]",
       "configs/x.yaml:23:16: domains.1.ranks.1: -2 is too small: at least 0"},
      {"ranks: [0, 2]", "ranks: [2, 2]",
       "configs/x.yaml:23:12: domains.1.ranks: \"2\" is given twice"},
      {"ranks: [0, 2]", "ranks: []", "domains.1.ranks: must not be empty"},
      {"lineage: {sign_with: keys/operator.pem}\n", "",
       "configs/x.yaml:1:1: lineage.sign_with: required key is missing"},
      {"match: \"n*\", ", "", "configs/x.yaml:8:7: site.nodes.0.match: required key is missing"},
      {"train:\n", "train: [\n", "not valid YAML"},
      {"version: 1", "version: 1\n? [a]\n: b", "a key must be plain text"},
      {"train:", "---\ntrain:", "unexpected text after the end of the document"},
  };
  for (const Case& c : cases)
    CHECK_THAT(run_error(with(run_yaml, c.from, c.to)), ContainsSubstring(c.message));
}

TEST_CASE("all problems are reported at once, in the order of the file") {
  std::string text = with(run_yaml, "version: 1", "version: one");
  text = with(text, "jurisdiction: CH-ZH", "jurisdiction: Zürich");
  text = with(text, "method: lbfgs", "method: lbfgs\n  split: [a]\n  tolerance: x");
  CHECK(run_error(text) ==
        "configs/x.yaml:1:10: version: expected a whole number, found \"one\"\n"
        "configs/x.yaml:18:19: domains.1.jurisdiction: \"Zürich\" is not an ISO 3166 code such as "
        "DE or US-NC\n"
        "configs/x.yaml:30:10: train.split: expected text, found a list\n"
        "configs/x.yaml:31:14: train.tolerance: expected a finite number, found \"x\"");
}

TEST_CASE("text that is no config at all") {
  for (const char* empty : {"", "\n", "# nothing\n", "---\n", "~"})
    CHECK(run_error(empty) == "configs/x.yaml:1:1: the file is empty");
  CHECK(run_error("[1, 2]") == "configs/x.yaml:1:1: expected keys and values");
  CHECK(run_error("heart") == "configs/x.yaml:1:1: expected keys and values");
  CHECK_THAT(run_error("a: [1\nb: 2"),
             ContainsSubstring("configs/x.yaml:2:") && ContainsSubstring("not valid YAML"));
  CHECK_THAT(run_error("a: \"x"),
             ContainsSubstring("configs/x.yaml:1:") && ContainsSubstring("not valid YAML"));
  CHECK_THAT(run_error("a: *b"), ContainsSubstring("not valid YAML"));
  CHECK_THAT(run_error("a: &b [*b]"), ContainsSubstring("an alias inside its own anchor"));
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int j = 0; j < 10; ++j)
      bomb += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  CHECK_THAT(run_error(bomb), ContainsSubstring("too large a document"));
}

TEST_CASE(
    "a file cut off anywhere, or with any character changed, ends in a clear error or a config") {
  const auto survives = [](const std::string& text) {
    const std::string message = run_error(text);
    return message.empty() || message.starts_with("configs/x.yaml:");
  };
  for (std::size_t length = 0; length < run_yaml.size(); length += stride)
    CHECK(survives(run_yaml.substr(0, length)));
  for (std::size_t i = 0; i < run_yaml.size(); i += stride)
    for (const char c : std::string("\n:-[{*&\"\t\0\xff", 11)) {
      std::string text = run_yaml;
      text[i] = c;
      CHECK(survives(text));
    }
}

TEST_CASE("anchors and aliases are allowed") {
  std::string text = with(run_yaml, "partitions: [data/oslo.h5]", "partitions: [&p data/oslo.h5]");
  text = with(text, "kind: logistic", "kind: logistic\n  features: &f [a, b]");
  CHECK(parse_run_config(text, "x", config_language()).model.features ==
        std::vector<std::string>{"a", "b"});
  text = with(text, "data/zurich-1.h5", "*p ");
  CHECK_THAT(run_error(text), ContainsSubstring("already belongs to another domain"));
}

TEST_CASE("--set replaces and adds before anything is checked") {
  const std::string broken = with(run_yaml, "method: lbfgs", "method: newtn");
  const Overrides overrides = {{"train.method", "newton"},
                               {"domains.0.name", "bergen"},
                               {"domains.1.partitions", "[a.h5, b.h5]"},
                               {"evaluate", "{per_domain: false}"},
                               {"evaluate.calibration_bins", "5"},
                               {"model.target", ""},
                               {"train.split", "train"},
                               {"train.split", "other"},
                               {"output", "out2"}};
  const RunConfig run = parse_run_config(broken, "configs/x.yaml", config_language(), overrides);
  CHECK(run.train.method == TrainMethod::newton);
  CHECK(run.domains.at(0).name == "bergen");
  CHECK(run.domains.at(1).partitions == std::vector<std::string>{here("a.h5"), here("b.h5")});
  CHECK_FALSE(run.section<EvaluateConfig>().per_domain);
  CHECK(run.section<EvaluateConfig>().calibration_bins == 5);
  CHECK(run.model.target.empty());
  CHECK(run.train.split == "other");
  CHECK(run.output == here("out2"));  // the shell's folder, not the file's
}

TEST_CASE("mistakes in --set are laid at its door") {
  struct Case {
    std::string key, value, message;
  };
  const std::vector<Case> cases = {
      {"train.method", "newtn", "--set train.method: unknown value \"newtn\"; allowed: "},
      {"train.metod", "newton", "--set train.metod: unknown key; allowed: method"},
      {"trian", "{}", "--set trian: unknown key; allowed: version"},
      {"train.tolerance", "-1", "--set train.tolerance: -1 is not greater than 0"},
      {"train.tolerance", "", "--set train.tolerance: expected a finite number"},
      {"train", "{metod: x}", "--set train: train.metod: unknown key"},
      {"train", "{method: a, method: b}", "--set train: train.method: duplicate key"},
      {"train.method.x", "1", "--set train.method.x: \"x\" lies below a plain value"},
      {"domains.2.name", "x",
       "--set domains.2.name: \"2\" names no item of a list of 2 (counted from 0)"},
      {"domains.-1.name", "x", "\"-1\" names no item"},
      {"domains.first", "x", "\"first\" names no item"},
      {"domains.0.name", "zurich", "another domain is called \"zurich\""},
      {"model", "{target: y}", "--set model: model.kind: required key is missing"},
      {"train.split", "[a", "--set train.split: not valid YAML"},
      {"", "x", "--set : no key is named"},
  };
  for (const Case& c : cases)
    CHECK_THAT(run_error(run_yaml, {{c.key, c.value}}), ContainsSubstring(c.message));
}

TEST_CASE("Cox's own rules") {
  const auto cox = [](const std::string& rest) {
    return run_error(with(run_yaml, "kind: logistic\n  target: disease",
                          "kind: cox\n  time: t\n  status: s\n" + rest));
  };
  CHECK(cox("").empty());
  CHECK(cox("  cox: {strata: partition, ties: efron}").empty());
  CHECK_THAT(cox("  cox: {strata: none}"),
             ContainsSubstring("configs/x.yaml:28:3: model.cox.time_maximum: strata: none needs"));
  CHECK_THAT(cox("  cox: {time_maximum: 10}"), ContainsSubstring("only used with strata: none"));
  CHECK_THAT(cox("  cox: {strata: none, time_maximum: 10, time_step: 0}"),
             ContainsSubstring("model.cox.time_step: 0 is not greater than 0"));
  CHECK_THAT(cox("  cox: {strata: sites}"), ContainsSubstring("allowed: domain, partition, none"));
  CHECK(cox("  cox: {strata_by: [sex]}").empty());
  CHECK_THAT(cox("  cox: {proportional_hazards: log}"),
             ContainsSubstring("proportional_hazards: with a penalty there is no such test"));
  CHECK_THAT(cox("  cox: {proportional_hazards: rank}"),
             ContainsSubstring("model.cox.proportional_hazards: rank and km are of all domains'"));
  CHECK_THAT(cox("  cox: {ties: exact}"), ContainsSubstring("allowed: efron, breslow"));
  CHECK_THAT(cox("  intercept: true"),
             ContainsSubstring("model.intercept: kind: cox has no intercept"));
  CHECK_THAT(run_error(with(run_yaml, "kind: logistic\n  target: disease",
                            "kind: cox\n  time: t\n  status: t")),
             ContainsSubstring("model.status: the same column as time"));
}

TEST_CASE("an ingest is read") {
  const IngestConfig ingest = parse_ingest_config(ingest_yaml, "configs/x.yaml");
  CHECK(ingest.inputs == std::vector<std::string>{here("configs/heart.csv.gz")});
  CHECK(ingest.csv.delimiter == ';');
  CHECK(ingest.header);
  CHECK(ingest.missing == std::vector<std::string>{"", "-9"});
  REQUIRE(ingest.columns.size() == 4);
  CHECK(ingest.columns[0].name == "age");  // the order of the file
  CHECK(ingest.columns[0].maximum == 120);
  CHECK(ingest.columns[1].levels == std::vector<std::string>{"typical", "none"});
  CHECK(ingest.columns[1].map.at("1") == "typical");
  CHECK(ingest.columns[2].as == "disease");
  CHECK(ingest.columns[2].missing == IngestColumn::Missing::value);
  CHECK(ingest.columns[3].role == IngestColumn::Role::domain);
  CHECK(ingest.hash_split.at("train") == 0.75);
  CHECK(ingest.split_seed == ~std::uint64_t{0});
  CHECK(ingest.block_rows == 1024);
  CHECK(ingest.partitions.at(1).owner == "Zürich clinic");
  CHECK(ingest.partitions.at(0).key == here("configs/keys/oslo.pem"));
}

TEST_CASE("every mistake in an ingest is named with its place") {
  struct Case {
    std::string from, to, message;
  };
  const std::vector<Case> cases = {
      {"test: 0.25", "test: 0.2",
       "configs/x.yaml:12:3: split.hash: the shares sum to 0.95, not to 1"},
      {"test: 0.25", "test: 0.25, x: 0", "split.hash.x: 0 is not greater than 0"},
      {"  hash: {train: 0.75, test: 0.25}\n", "", "split.seed: only used with hash"},
      {"seed: 18446744073709551615", "seed: -1",
       "expected a whole number of at least 0, found \"-1\""},
      {"clinic: {role: domain}", "clinic: {role: split}",
       "split: a column has role: split already"},
      {"unit: a", "until: {a: 3}, rest: b", "columns.age.until: only used with role: split"},
      {"clinic: {role: domain}", "clinic: {role: split}",
       "columns.clinic.role: a split by words is a category with levels"},
      {"clinic: {role: domain}", "clinic: {role: split, until: {a: 3}}",
       "columns.clinic.until: until and rest go together"},
      {"clinic: {role: domain}", "clinic: {role: split, rest: b, until: {a: 3, c: 3.0, b: 4}}",
       "columns.clinic.rest: until has \"b\" already"},
      {"clinic: {role: domain}", "clinic: {role: split, rest: b, until: {a: 3, c: 3.0}}",
       "columns.clinic.until: two splits end with 3"},
      {"clinic: {role: domain}",
       "clinic: {role: split, type: date, rest: b, until: {a: 31.12.2022}}",
       "columns.clinic.until: \"31.12.2022\" is no number, or of a date no day like 2024-03-01"},
      {"clinic: {role: domain}", "clinic: {role: ignore}",
       "partitions: more than one partition needs a column with role: domain"},
      {"clinic: {role: domain}", "clinic: {role: domain}\n  c2: {role: domain}",
       "columns: more than one column has role: domain"},
      {"clinic: {role: domain}", "clinic: {role: domian}", "columns.clinic.role: unknown value"},
      {"clinic: {role: domain}", "clinic: {}",
       "configs/x.yaml:10:3: columns.clinic.role: required key is missing"},
      {"clinic: {role: domain}", "age: {role: domain}",
       "configs/x.yaml:10:3: columns.age: duplicate key; first given in line 7"},
      {"as: disease", "as: age", "columns.num: another column becomes \"age\""},
      {"levels: [typical, none], ", "", "columns.cp.type: a category needs its levels"},
      {"levels: [typical, none]", "levels: [typical, none], one_hot: false",
       "columns.cp.one_hot: a category has an indicator for each level wherever a model asks"},
      {"unit: a", "reference: a", "columns.age.reference: only used with role: feature and type"},
      {"levels: [typical, none]", "levels: [typical, none], reference: x",
       "columns.cp.reference: \"x\" is not one of the levels"},
      {"unit: a", "levels: [a]", "columns.age.levels: only used with type: category"},
      {"unit: a", "one_hot: true", "columns.age.one_hot: only used with"},
      {"unit: a", "date_format: \"%d\"", "columns.age.date_format: only used with type: date"},
      {"unit: a", "earliest: 2024-01-01", "columns.age.earliest: only used with type: date"},
      {"unit: a", "others: x", "columns.age.others: only used with map"},
      {"unit: a", "type: date, earliest: 1.1.2024", "\"1.1.2024\" is not a date like 2024-03-01"},
      {"minimum: 0", "minimum: 130", "columns.age.maximum: less than the minimum"},
      {"unit: a", "type: boolean", "columns.age.minimum: only used with type: number or integer"},
      {", missing_value: 0", "",
       "columns.num.missing: missing: value and missing_value go together"},
      {"missing: value, ", "", "columns.num.missing_value: missing: value and missing_value"},
      {"delimiter: \";\"", "delimiter: \"; \"", "csv.delimiter: expected one character"},
      {"delimiter: \";\"", "header: false", "header: false needs the names"},
      {"input: heart.csv.gz", "input: [a.csv, b.csv]",
       "input: is one; several go under \"inputs\""},
      {"delimiter: \";\"", "columns: [a]", "csv.columns: only used with header: false"},
      {"delimiter: \";\"", "header: false\n  columns: [agee, cp, num, clinic]",
       "columns.age: not one of csv.columns (did you mean \"agee\"?)"},
      {"values: [zh]", "values: [oslo]",
       "partitions.1.values: \"oslo\" already belongs to another partition"},
      {"values: [zh], ", "", "partitions.1.values: which values of the domain column are meant?"},
      {"name: zurich", "name: oslo", "partitions.1.name: another partition is called \"oslo\""},
      {"name: zurich", "name: ../zurich", "partitions.1.name: \"../zurich\" is not a name of"},
      {"output: out", "output: out\nblock_rows: 0", "block_rows: 0 is too small: at least 1"},
      {"output: out", "output: out\nprecision: double", "allowed: float64, float32"},
      {"input: heart.csv.gz\n", "", "inputs: required key is missing"},
      {"columns:", "lookups: [{key: clinic}]\ncolumns:",
       "configs/x.yaml:6:11: lookups.0.file: required key is missing"},
      {"columns:", "lookups: [{file: c.csv, key: k, columns: [a, a]}]\ncolumns:",
       "configs/x.yaml:6:42: lookups.0.columns: \"a\" is given twice"},
      {"cp: {role: feature, ", "cp.1: {role: feature, as: age, ",
       "configs/x.yaml:8:3: columns.cp.1: another column becomes \"age\""},
      {"num: {role: target, type: integer", "num: {role: target, type: category, levels: [a]",
       "columns.num.missing: a missing category has no number"},
      {"{role: feature, unit: a, minimum: 0, maximum: 120}", "feature",
       "columns.age: expected a section, found \"feature\""},
  };
  for (const Case& c : cases)
    CHECK_THAT(ingest_error(with(ingest_yaml, c.from, c.to)), ContainsSubstring(c.message));
}

TEST_CASE("a policy is read from YAML, and every mistake is named with its place") {
  const Policy policy = parse_policy_yaml(policy_text, "configs/x.yaml");
  CHECK(policy.actions == std::vector<Action>{Action::train, Action::evaluate});
  CHECK(policy.jurisdictions == std::vector<std::string>{"NO", "CH"});
  CHECK(policy.valid_until == "2027-01-01T00:00:00Z");
  CHECK(policy.minimum_parties == 3);
  CHECK(policy.minimum_rows == 1);
  CHECK(policy.allow.per_domain_statistics);
  CHECK_FALSE(policy.allow.unstratified_survival);
  CHECK(policy.prohibitions == std::vector<Prohibition>{{Action::predict, {}, {"CH"}, {}}});
  CHECK(policy.maximum_runs == 5);
  CHECK(policy.duties.attribute == "Oslo clinic");
  CHECK(policy_from_odrl(to_odrl(policy), "p") == policy);
  // And written as it was read.
  const std::string written = to_policy_yaml(policy);
  CHECK(parse_policy_yaml(written, "p") == policy);
  CHECK(std::ranges::count(written, '\n') < 30);
  CHECK_THAT(written, ContainsSubstring("permit: [train, evaluate]"));
  CHECK_THAT(written, !ContainsSubstring("site_key") && !ContainsSubstring("recipients"));
  Policy hard = policy;
  hard.jurisdictions = {"NO"};  // which YAML 1.1 reads as false
  hard.owner = "null";
  hard.serial = 3;
  hard.registry = "/srv/oslo: clinic";
  hard.partners = {std::string(64, '0'), std::string(64, '1')};
  hard.trust = std::string(64, '2');
  hard.minimum_partner_rows = 7;
  hard.duties = {"Oslo: \"clinic\"\nuid: urn:of:another # ", "mailto:a@b.example",
                 "2030-01-01T00:00:00Z"};
  hard.target = "*";
  hard.minimum_contributors = 2;
  hard.recipients = {"https://uni.example/team", "urn:x:1"};
  hard.prohibitions = {{{}, {"dpv:CommercialPurpose"}, {}, {}},
                       {Action::train, {}, {"NO"}, {"urn:y"}}};
  hard.allow = {true, true, true, true, true};
  CHECK(parse_policy_yaml(to_policy_yaml(hard), "p") == hard);

  struct Case {
    std::string from, to, message;
  };
  const std::vector<Case> cases = {
      {"uid: urn", "uid: u r", "configs/x.yaml:2:6: uid: "},
      {"permit: [train, evaluate]", "permit: [train, sell]",
       "configs/x.yaml:5:17: permit.1: unknown value \"sell\"; allowed: train, evaluate, predict, "
       "describe, attribute, release_model, release_statistics"},
      {"permit: [train, evaluate]", "permit: []",
       "configs/x.yaml:5:9: permit: must name at least one"},
      {"permit: [train, evaluate]", "permit: [train, train]", "permit: names one twice"},
      {"[dpv:ScientificResearch]", "[research]", "purposes: \"research\" is not a purpose such as"},
      {"[NO, CH]", "[no]", "configs/x.yaml:7:8: where: \"no\" is not an ISO 3166 code"},
      {"from: 2026-01-01T00:00:00Z", "from: 2026-01-01",
       "configs/x.yaml:8:15: valid.from: \"2026-01-01\" is not a date and time with zone"},
      {"until: 2027", "until: 2025", "valid.until: not later than valid.from"},
      {"valid: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}\n", "",
       "valid.from: required key is missing"},
      {"parties: 3", "parties: 0", "minimum.parties: must be at least 1"},
      {"target: oslo*", "target: oslo/*", "target: \"oslo/*\" is not a pattern"},
      {"[dpv:ScientificResearch]", "[dpv:ScientificResarch]",
       "(did you mean \"dpv:ScientificResearch\"?)"},
      {"{action: predict, where: [CH]}", "{}", "forbid.0: forbids everything"},
      {"where: [CH]}", "where: [Bern]}", "forbid.0.where: \"Bern\" is not an ISO 3166 code"},
      {"where: [CH]}", "when: [CH]}", "forbid.0.when: unknown key"},
      {"attribute: Oslo clinic", "delete_by: soon", "duties.delete_by: \"soon\" is not a date"},
      {"per_domain_statistics: true", "everything: true", "allow.everything: unknown key"},
  };
  for (const Case& c : cases)
    CHECK_THAT(policy_error(with(policy_text, c.from, c.to)), ContainsSubstring(c.message));
}

TEST_CASE("all that is wrong with a policy is said at once, though some of it is not there") {
  const std::string error = policy_error(
      "version: 1\n"
      "uid: nothing\n"
      "target: oslo*\n"
      "permit: [train, trian]\n"
      "purposes: [research]\n"
      "where: [Germany, UK]\n"
      "valid: {until: 2027}\n"
      "minimum: {parties: many, rows: 0}\n"
      "forbid: [{action: sell}, {}, {where: 3}]\n"
      "delete_by: 2027-06-01\n"
      "duties: {delete_by: 2027-06-01}\n");
  for (const char* message :
       {"1:1: owner: required key is missing", "2:6: uid: \"nothing\" is not an absolute IRI",
        "4:17: permit.1: unknown value \"trian\"", "5:11: purposes: \"research\" is not a purpose",
        "6:8: where: \"Germany\" is not an ISO 3166 code", "6:8: where: \"UK\" is not an ISO 3166",
        "7:1: valid.from: required key is missing", "7:16: valid.until: \"2027\" is not a date",
        "8:20: minimum.parties: expected a whole number", "8:32: minimum.rows: must be at least 1",
        "9:19: forbid.0.action: unknown value \"sell\"", "9:26: forbid.1: forbids everything",
        "9:38: forbid.2.where: expected a list", "10:1: delete_by: unknown key",
        "11:21: duties.delete_by: \"2027-06-01\" is not a date"})
    CHECK_THAT(error, ContainsSubstring(message));
  CHECK(std::count(error.begin(), error.end(), '\n') == 14);
}

TEST_CASE("a site is declared in the run or in a file that somebody signed, not both") {
  const std::string site = "site:\n  name: s\n  nodes:\n    - {match: \"*\", jurisdiction: CH}\n";
  const auto run = [&](const std::string& text) {
    return parse_run_config(
        with(run_yaml,
             run_yaml.substr(run_yaml.find("site:"),
                             run_yaml.find("lineage:") - run_yaml.find("site:")),
             text),
        "/x.yaml", config_language());
  };
  CHECK(run(site).site.declared.nodes.size() == 1);
  const RunConfig signed_site = run("site: {file: s.json, public_key: s.pub.pem}\n");
  CHECK(*signed_site.site.file == "/s.json");
  CHECK(resolved_yaml(parse_run_config(resolved_yaml(signed_site), "/x.yaml", config_language())) ==
        resolved_yaml(signed_site));
  CHECK(run("site: {name: s, slurm_features: {de: DE}}\n").site.declared.slurm_features.at("de") ==
        "DE");
  const auto error = [&](const std::string& text) { return error_of([&] { run(text); }); };
  CHECK_THAT(error("site: {file: s.json}\n"),
             ContainsSubstring("site.public_key: a site file and the public key"));
  CHECK_THAT(error("site: {file: s.json, public_key: k.pem, name: s}\n"),
             ContainsSubstring("site.name: stands in the site file"));
  CHECK_THAT(error("site: {name: s}\n"), ContainsSubstring("site.nodes: say where nodes lie"));
  CHECK_THAT(error("site: {name: s, slurm_features: {de: Germany}}\n"),
             ContainsSubstring("\"Germany\" is not an ISO 3166 code"));

  CHECK_THAT(error("site: {name: s, slurm_features: {de: DE}, slurm: {conf: slurm.conf}}\n"),
             ContainsSubstring("site.slurm.conf: \"slurm.conf\" is not an absolute path"));
  CHECK_THAT(error("site: {name: s, nodes: [{match: n, jurisdiction: FR}], slurm: {}}\n"),
             ContainsSubstring("site.slurm: only used with slurm_features"));

  const Site parsed = parse_site_yaml(
      "version: 1\nname: s\nslurm: {conf: /etc/s.conf}\nslurm_features: {de: DE}\nnodes: [{match: "
      "n, jurisdiction: FR}]\n",
      "s.yaml");
  CHECK(site_from_json(to_json(parsed), "s") == parsed);
  CHECK_THAT(error_of([] { parse_site_yaml("version: 1\nname: s\nnode: []\n", "s.yaml"); }),
             ContainsSubstring("s.yaml:3:1: node: unknown key"));
}

// run_yaml in three files: the domains in configs/who/parties.yaml, which includes site and
// lineage.
ConfigFiles run_in_files() {
  const auto from = [](const char* first, const char* end) {
    const std::size_t at = run_yaml.find(first);
    return run_yaml.substr(at, run_yaml.find(end) - at);
  };
  return files(
      {{"configs/x.yaml",
        from("version", "site:") + "include: who/parties.yaml\n" + from("model:", "\n\n")},
       {"configs/who/parties.yaml", "include: [../place.yaml]\n" + from("domains:", "model:")},
       {"configs/place.yaml", from("site:", "domains:")}});
}

TEST_CASE("a config includes files, whose paths are relative to themselves") {
  const RunConfig run = parse_run_config(run_in_files(), config_language());
  RunConfig whole = parse_run_config(run_yaml, "configs/x.yaml", config_language());
  for (DomainConfig& domain : whole.domains) {
    CHECK(domain.policy != run.domains.at(0).policy);
    domain = run.domains.at(static_cast<std::size_t>(&domain - whole.domains.data()));
  }
  // Apart from the folder of what lies beside the domains, one file or three are one config.
  CHECK(resolved_yaml(run) == resolved_yaml(whole));
  CHECK(run.path == "configs/x.yaml");
  CHECK(run.domains.at(0).partitions.at(0).ends_with("/configs/who/data/oslo.h5"));
  CHECK(run.sign_with.ends_with("/configs/keys/operator.pem"));
  CHECK(parse_run_config(run_in_files(), config_language(), {{"domains.0.name", "bergen"}})
            .domains.at(0)
            .name == "bergen");
  CHECK(parse_ingest_config(
            files({{"i.yaml", with(ingest_yaml, "output: out\n", "include: out.yaml\n")},
                   {"out.yaml", "output: out\n"}}))
            .output.ends_with("/out"));
}

TEST_CASE("what is wrong with an included file is said of that file") {
  const auto error = [](std::size_t file, const std::string& from, const std::string& to,
                        const Overrides& overrides = {}) {
    ConfigFiles all = run_in_files();
    all[file].text = with(all[file].text, from, to);
    return error_of([&] { parse_run_config(all, config_language(), overrides); });
  };
  struct Case {
    std::size_t file;
    std::string from, to, message;
  };
  for (const Case& c : std::vector<Case>{
           {1, "    public_key", "    pubic_key",
            "configs/who/parties.yaml:5:5: domains.0.pubic_key: unknown key"},
           {1,
            "domains:", "domain: 1\ndomains:", "configs/who/parties.yaml:2:1: domain: unknown key"},
           {1, "NO\n", "Norway\n",
            "configs/who/parties.yaml:4:19: domains.0.jurisdiction: \"Norway\""},
           {1, "    policy: policies/oslo.json\n", "",
            "configs/who/parties.yaml:3:5: domains.0.policy: required key is missing"},
           {1, "domains:", "name: other\ndomains:",
            "configs/who/parties.yaml:2:1: name: stands at configs/x.yaml:2:1 already"},
           {1, "[../place.yaml]", "[../place.yaml, ../x.yaml]",
            "configs/who/parties.yaml:1:26: include: configs/x.yaml is a part of this config "
            "already"},
           {1, "[../place.yaml]", "[../place.yaml, ../place.yaml]",
            "configs/place.yaml is a part of this config already"},
           {1, "[../place.yaml]", "gone.yaml",
            "configs/who/parties.yaml:1:10: include: configs/who/gone.yaml"},
           {1, "[../place.yaml]", "{a: b}",
            "configs/who/parties.yaml:1:10: include: expected the path of a file"},
           {1, "[../place.yaml]", "\"\"", "include: expected the path of a file"},
           {2, "site:", "site: [", "configs/place.yaml:3:8: not valid YAML"},
           {2, "lineage: {", "lineage: {key: k, ",
            "configs/place.yaml:5:11: lineage.key: is called \"sign_with\" now"},
           {0, "include: who/parties.yaml\n", "",
            "configs/x.yaml:1:1: domains: required key is missing"},
           {0, "who/parties.yaml", "[who/parties.yaml, nowhere/a.yaml]",
            "configs/x.yaml:5:29: include: configs/nowhere/a.yaml: is not"},
       }) {
    INFO(c.from << " -> " << c.to);
    CHECK_THAT(error(c.file, c.from, c.to), ContainsSubstring(c.message));
  }
  CHECK_THAT(error(0, "heart", "lung", {{"include", "y.yaml"}}),
             ContainsSubstring("--set include: stands in a file, not on the command line"));
  CHECK(error(0, "heart", "lung").empty());
}

TEST_CASE("a config is read with the files that it includes") {
  const bailiwick::testing::TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text) {
    write_file_atomically(folder / name, text);
  };
  write("a.yaml", "version: 1\ninclude: [b.yaml]\n");
  CHECK_THAT(error_of([&] { read_config(folder / "a.yaml"); }),
             ContainsSubstring("a.yaml:2:11: include: ") && ContainsSubstring("b.yaml"));
  write("b.yaml", "include: a.yaml\nname: b\n");
  const ConfigFiles found = read_config(folder / "a.yaml");
  CHECK(found.size() == 2);
  CHECK(found.at(1).text == "include: a.yaml\nname: b\n");
  CHECK_THAT(error_of([&] { parse_run_config(found, config_language()); }),
             ContainsSubstring("b.yaml:1:10: include: "));
  CHECK_THROWS_WITH(read_config(folder / "c.yaml"), ContainsSubstring("c.yaml"));
}

TEST_CASE("an entry stands for several, as if each stood there itself") {
  const std::size_t domains = run_yaml.find("domains:"), model = run_yaml.find("model:");
  const std::string head = run_yaml.substr(0, domains), tail = run_yaml.substr(model);
  const auto with_domains = [&](const std::string& text) {
    return head + "domains:\n" + text + tail;
  };
  const auto resolved = [](const std::string& text, const Overrides& overrides = {}) {
    return resolved_yaml(parse_run_config(text, "configs/x.yaml", config_language(), overrides));
  };
  const std::string one_by_one = with_domains(R"(
  - {name: bern, jurisdiction: CH, public_key: k/bern.pub.pem, private_key: k/bern.pem, policy: p/bern.json, partitions: [bern-1.h5, bern-2.h5]}
  - {name: lyon, jurisdiction: FR, public_key: k/lyon.pub.pem, private_key: k/lyon.pem, policy: p/all.json, partitions: [lyon-1.h5, lyon-2.h5], ranks: [1]}
  - {name: at-graz, jurisdiction: AT, public_key: k/graz.pub.pem, private_key: k/graz.pem, policy: p/graz.json, partitions: [graz.h5]}
)");
  const std::string together = with_domains(R"(
  - for: {bern: {jurisdiction: CH, policy: p/<name>.json}, lyon: {jurisdiction: FR, ranks: [1], policy: p/all.json}}
    public_key: k/<name>.pub.pem
    private_key: k/<name>.pem
    partitions: [<name>-1.h5, "<name>-2.h5"]
  - {for: [graz], name: at-<name>, jurisdiction: AT, public_key: k/<name>.pub.pem, private_key: k/<name>.pem, policy: p/<name>.json, partitions: [<name>.h5]}
)");
  CHECK(resolved(together) == resolved(one_by_one));
  CHECK(resolved(together, {{"domains.2.jurisdiction", "CH"}}) ==
        resolved(one_by_one, {{"domains.2.jurisdiction", "CH"}}));
  const auto error = [&](const std::string& from, const std::string& to) {
    return run_error(with(together, from, to));
  };
  CHECK_THAT(error("[graz]", "[]"),
             EndsWith("domains.1.for: expected a list of names, or a section "
                      "of names with the keys of each"));
  CHECK_THAT(error("[graz]", "[graz, graz]"),
             ContainsSubstring("domains.1.for: \"graz\" is given twice"));
  CHECK_THAT(error("{jurisdiction: FR,", "{public_key: x, jurisdiction: FR,"),
             ContainsSubstring("domains.0.for.lyon.public_key: stands at ") &&
                 EndsWith(" already, for all"));
  CHECK_THAT(error("p/<name>.json}, lyon", "p/<nme>.json}, lyon"),
             ContainsSubstring("\"<nme>\" stands for nothing; <name> does"));
  const std::string endless(300'000, 'a');  // is looked through, not recursed into
  CHECK_THAT(error("p/<name>.json}, lyon", "p/<" + endless + ".json}, lyon"),
             !ContainsSubstring("stands for"));
  CHECK_THAT(error("jurisdiction: AT", "x." + std::string(900, '7') + ": 1, jurisdiction: AT"),
             ContainsSubstring("unknown key"));
  std::string many;
  for (int i = 0; i <= 4096; ++i)
    many += fmt::format("n{},", i);
  CHECK_THAT(error("[graz]", "[" + many + "]"), EndsWith("domains.1.for: more than 4096 names"));
  // Of a mistake in what all share, once.
  CHECK_THAT(error("    private_key: k/<name>", "    rank: [0]\n    private_key: k/<name>"),
             ContainsSubstring("domains.0.rank: unknown key") && !ContainsSubstring("\n"));
  CHECK_THAT(error("jurisdiction: FR, ", ""),
             EndsWith("domains.1.jurisdiction: required key is missing"));
}

TEST_CASE("keys by their former names are errors that say the new ones") {
  struct Case {
    std::string key, former, place;
  };
  for (const Case& c : std::vector<Case>{
           {"public_key", "key",
            "configs/x.yaml:13:5: domains.0.key: is called \"public_key\" now"},
           {"public_keys", "keys",
            "configs/x.yaml:19:5: domains.1.keys: is called \"public_keys\" now"},
           {"private_key", "session_key",
            "configs/x.yaml:14:5: domains.0.session_key: is called \"private_key\" now"},
           {"sign_with", "key", "configs/x.yaml:9:11: lineage.key: is called \"sign_with\" now"}}) {
    const std::string text = with(run_yaml, c.key + ":", c.former + ":");
    CHECK(run_error(text) == c.place);
  }
  CHECK(ingest_error(with(ingest_yaml, "sign_with", "key")) ==
        "configs/x.yaml:16:59: partitions.0.key: is called \"sign_with\" now");
  const std::string site =
      run_yaml.substr(run_yaml.find("site:"), run_yaml.find("lineage:") - run_yaml.find("site:"));
  CHECK_THAT(run_error(with(run_yaml, site,
                            "site: {file: s.json, key: k.pem}\ntrust: {file: t, key: k}\n")),
             ContainsSubstring("x.yaml:5:22: site.key: is called \"public_key\" now") &&
                 ContainsSubstring("x.yaml:6:18: trust.key: is called \"public_key\" now"));
}

TEST_CASE("one file holds the terms of several owners") {
  const std::string common =
      with(with(policy_text, "owner: Oslo clinic\n", ""), "where: [NO, CH]\n", "");
  const std::string text = with(with(common, "target: oslo*", "target: <name>*"), "version: 1\n",
                                "version: 1\nfor:\n  oslo: {owner: Oslo clinic, where: [NO, CH]}\n"
                                "  bern: {owner: Clinic of <name>, where: [CH]}\n");
  CHECK(parse_policy_yaml(text, "p", "oslo") == parse_policy_yaml(policy_text, "p"));
  const Policy bern = parse_policy_yaml(text, "p", "bern");
  CHECK(bern.owner == "Clinic of bern");
  CHECK(bern.target == "bern*");
  const std::string list = with(with(policy_text, "target: oslo*", "target: <name>"),
                                "version: 1\n", "version: 1\nfor: [oslo, bern]\n");
  CHECK(parse_policy_yaml(list, "p", "bern").target == "bern");

  CHECK(policy_error(text) ==
        "configs/x.yaml:2:1: for: say whose terms are to be signed with --for: oslo, bern");
  CHECK_THAT(
      policy_error(text, "olso"),
      ContainsSubstring("2:1: for: \"olso\" is none of oslo, bern (did you mean \"oslo\"?)"));
  CHECK_THAT(policy_error(policy_text, "oslo"), ContainsSubstring("1:1: has no \"for\""));
  CHECK_THAT(policy_error(with(list, "[oslo, bern]", "[oslo, oslo]"), "oslo"),
             ContainsSubstring("2:13: for: \"oslo\" is given twice"));
  CHECK_THAT(policy_error(with(list, "[oslo, bern]", "[]"), "oslo"),
             ContainsSubstring("2:1: for: expected a list of names"));
  CHECK_THAT(policy_error(with(list, "[oslo, bern]", "[[oslo]]"), "oslo"),
             ContainsSubstring("for: expected a list of names"));
  CHECK_THAT(policy_error(with(list, "[oslo, bern]", "[../oslo]"), "../oslo"),
             ContainsSubstring("2:7: for: "));
  CHECK_THAT(policy_error(with(list, "[oslo, bern]", "{oslo: 3}"), "oslo"),
             ContainsSubstring("for.oslo: expected a section"));
  // What is wrong with another owner's terms is said too.
  CHECK_THAT(policy_error(with(text, "bern: {", "bern: {target: x, "), "oslo"),
             ContainsSubstring(
                 "x.yaml:4:10: for.bern.target: stands at configs/x.yaml:6:1 already, for all"));
  CHECK_THAT(policy_error(with(text, "oslo: {", "oslo: {wer: x, "), "oslo"),
             ContainsSubstring("3:10: wer: unknown key"));
}

TEST_CASE("the examples in the docs are what the docs say") {
  const RunConfig run =
      parse_run_config(from_docs("configuration.md", "yaml", 0), "run.yaml", config_language());
  CHECK(run.domains.size() == 2);
  const std::string whole = from_docs("configuration.md", "yaml", 0);
  const std::size_t model = whole.find("model:\n"), train = whole.find("train:\n");
  const auto with_model = [&](const std::string& page, int number, bool trains) {
    const std::string text = whole.substr(0, model) + from_docs(page, "yaml", number) +
                             (trains ? "" : whole.substr(train));
    return parse_run_config(text, "run.yaml", config_language());
  };
  CHECK(with_model("configuration.md", 1, false).model.strata == Strata::none);
  CHECK(with_model("configuration.md", 2, true).train.descent.epochs == 20);
  CHECK(with_model("networks.md", 0, true).model.mlp.embeddings.size() == 2);

  const IngestConfig ingest =
      parse_ingest_config(from_docs("configuration.md", "yaml", 3), "ingest.yaml");
  CHECK(ingest.columns.size() == 6);
  CHECK(ingest.lookups.at(0).columns == std::vector<std::string>{"region"});

  const std::string terms = from_docs("policy.md", "yaml", 0);
  CHECK(parse_policy_yaml(terms + from_docs("policy.md", "yaml", 1), "policy.yaml").serial == 4);
  CHECK(parse_site_yaml(from_docs("site.md", "yaml", 1), "site.yaml").nodes.size() == 2);
  Policy policy = parse_policy_yaml(terms, "policy.yaml");
  Json written = to_odrl(policy);
  written.at("permission") = Json::array({written.at("permission").at(0)});
  CHECK(written == Json::parse(from_docs("policy.md", "json", 0)));
}

TEST_CASE("every file in configs/ is accepted") {
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "configs")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const std::string path = entry.path().string();
    const std::string name = entry.path().filename().string();
    INFO(path);
    if (name.starts_with("policy"))
      CHECK(policy_of_each(read_file(path), path) > 0);
    else if (name.starts_with("ingest"))
      CHECK(error_of([&] { parse_ingest_config(read_config(path)); }).empty());
    else if (name.starts_with("line"))
      CHECK(error_of([&] { parse_line_config(read_file(path), path); }).empty());
    else if (read_file(path).find("\nversion: ") != std::string::npos)  // others are included
      CHECK(error_of([&] { parse_run_config(read_config(path), config_language()); }).empty());
  }
  CHECK(files > 0);
}

TEST_CASE("what a config is does not change with keys that have defaults", "[config]") {
  const auto given = [](const std::string& text) {
    return decisive_yaml(parse_run_config(text, "/x.yaml", config_language()));
  };
  const std::string plain = given(run_yaml);
  // A default that is written down is the same config; anything else is another.
  CHECK(given(run_yaml + "evaluate: {calibration_bins: 10, per_domain: true}\n") == plain);
  CHECK(given(run_yaml + "evaluate: {calibration_bins: 11}\n") != plain);
  CHECK_THAT(plain, !Catch::Contains("tolerance") && !Catch::Contains("describe") &&
                        !Catch::Contains("checkpoint") && Catch::Contains("kind:"));
}

TEST_CASE("what two configs say differently is shown where they differ") {
  const std::string same(200, 'a');
  CHECK(differences("a: 1\nb: {c: 2}\n", "a: 1\nb: {c: 2}\n").empty());
  CHECK(differences("a: 1\nb: {c: 2}\nl: [x, y]\n", "a: 1\nb: {c: 3}\nl: [x]\n") ==
        std::vector<std::string>{"b.c: was 2, now 3", "l: was [x, y], now [x]"});
  CHECK(differences("a: 1\n", "b: 1\n") ==
        std::vector<std::string>{"a: was 1, now its default", "b: was its default, now 1"});
  CHECK(differences("a: " + same + "1\n", "a: " + same + "2\n").front() ==
        "a: was ..." + std::string(30, 'a') + "1, now ..." + std::string(30, 'a') + "2");
}
