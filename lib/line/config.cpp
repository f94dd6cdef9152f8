// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/config.hpp"

#include <algorithm>

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/config/sweep.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/stages/influence/measures.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

std::vector<std::string> names_of_stations() {
  std::vector<std::string> names = names_of_stages();
  names.insert(names.end(), {sweep_station, check_output_station, deploy_station, report_station});
  return names;
}

struct Station {
  std::string operator()(const std::string& name) const {
    const std::vector<std::string> names = names_of_stations();
    return std::ranges::find(names, name) != names.end()
               ? ""
               : fmt::format("\"{}\" is no station; there are: {}{}", name, join(names),
                             did_you_mean(name, names));
  }
};
constexpr Station a_station;

struct SweepText {
  std::string operator()(const std::string& text) const try {
    parse_sweep(text);
    return "";
  } catch (const Error& error) {
    return std::string(error.what()).substr(std::string_view("--sweep ").size());
  }
};
constexpr SweepText a_sweep;

struct MetricName {
  std::string operator()(const std::string& name) const {
    if (name.empty() || more_is_better(name)) return "";
    const std::vector<std::string> names = names_of_measures();
    return fmt::format("\"{}\" is no measure of how good a model is; there are: {}{}", name,
                       join(names), did_you_mean(name, names));
  }
};
constexpr MetricName a_metric;

}  // namespace

template <class Visitor>
void schema(Visitor& v, LineIngest& ingest) {
  v.key("config", ingest.config, "Config of an ingest.", required, is_path);
  v.key("increments", ingest.increments,
        "Pattern of files, each of which becomes partitions of its own, once: incoming/*.csv.",
        is_path);
}

template <class Visitor>
void schema(Visitor& v, LineCheck& check) {
  v.key("by", check.by, "Who checks: name and office.", required, non_empty);
  v.key("sign_with", check.sign_with, "Private key (PEM) of who checks.", required, is_path);
  v.key("public_key", check.public_key, "The public one.", required, is_path);
}

template <class Visitor>
void schema(Visitor& v, LineDeploy& deploy) {
  v.key("registry", deploy.registry, "Folder of the registry of models.", required, is_path);
  v.key("model", deploy.model, "What the model is called there.", required, non_empty);
  v.key("sign_with", deploy.sign_with,
        "Private key (PEM) of who promotes, another's than who trains; none: by hand.", is_path);
  v.key("metric", deploy.metric,
        "Measure of evaluations in which no domain may be worse than with the model in use.",
        a_metric);
  v.key("tolerance", deploy.tolerance, "By how much it may be worse all the same.", at_least(0));
  v.key("onnx", deploy.onnx, "Whether the model as ONNX goes along.");
  v.key("rollback", deploy.rollback,
        "Whether the version before takes over where monitor finds the one in use worse, and it is "
        "not.");
}

template <class Visitor>
void schema(Visitor& v, LineHalving& halving) {
  v.key("key", halving.key, "Key of the run that says how long it trains.", required, non_empty);
  v.key("from", halving.from, "Its value in the first round.", required, at_least(1));
  v.key("factor", halving.factor, "By how much it grows from round to round, and fewer are left.",
        at_least(2));
}

template <class Visitor>
void schema(Visitor& v, LineSweep& sweep) {
  v.key("over", sweep.over, "KEY=VALUE,VALUE of the run; all combinations are tried.", required,
        non_empty, a_sweep);
  v.key("metric", sweep.metric, "Measure of evaluations by which the best is chosen.", required,
        non_empty, a_metric);
  v.key("split", sweep.split, "Split that it is chosen on, no test rows.", required, non_empty);
  v.key("halving", sweep.halving, "Successive halving: all for a short time, the best for longer.");
}

template <class Visitor>
void schema(Visitor& v, LineConfig& line) {
  key_version(v);
  v.key("name", line.name, "What people call it.", required, non_empty);
  v.key("output", line.output, "Folder for what its stations leave.", required, is_path);
  v.key("run", line.run, "Config of the run, with the sections of its stages.", required, is_path);
  v.key("public_key", line.public_key,
        "The operator's, whose private one is lineage.sign_with of the run.", required, is_path);
  v.key("launcher", line.launcher,
        "Words before the command of a stage, such as mpirun -np 4 or srun; none: one process.");
  v.key("ingest", line.ingest, "Ingests, in this order, before all else.");
  v.key("stations", line.stations,
        "Stages, sweep, check-output, deploy and report, in the order in which they are run.",
        required, non_empty, distinct, a_station);
  v.key("retrain", line.retrain,
        "With a model in use: always, or only on_drift, which the station monitor finds.");
  v.key("sweep", line.sweep, "What of the run's config is tried out.");
  v.key("check_output", line.check_output, "Who signs what check-output finds.");
  v.key("deploy", line.deploy, "Where a model goes into use.");
  const auto has = [&](const char* station) {
    return std::ranges::find(line.stations, station) != line.stations.end();
  };
  v.check(!has(check_output_station) || line.check_output, "stations",
          "check-output needs the section check_output");
  v.check(!has(deploy_station) || (line.deploy && line.check_output), "stations",
          "deploy needs the sections deploy and check_output");
  v.check(!has(sweep_station) || line.sweep, "stations", "sweep needs the section sweep");
  v.check(!line.deploy || !line.deploy->rollback ||
              (has("monitor") && !line.deploy->metric.empty() && !line.deploy->sign_with.empty()),
          "deploy.rollback", "needs the station monitor, deploy.metric and deploy.sign_with");
  v.check(line.retrain == Retrain::always || (has("monitor") && line.deploy), "retrain",
          "on_drift needs the station monitor and the section deploy");
  const auto before = [&](const char* first, const char* second) {
    const auto at = std::ranges::find(line.stations, first);
    return at == line.stations.end() || !has(second) ||
           std::find(at, line.stations.end(), second) != line.stations.end();
  };
  v.check(before("train", "evaluate") && before("train", deploy_station) &&
              before("train", check_output_station),
          "stations", "train comes before evaluate, check-output and deploy");
  v.check(before(sweep_station, "train"), "stations", "sweep comes before train");
}

LineConfig parse_line_config(const std::string& text, const std::string& path) {
  LineConfig line;
  read_yaml(text, path, line);
  line.path = path;
  return line;
}

OrderedJson line_schema() {
  return SchemaWriter::type_of(LineConfig());
}

}  // namespace bailiwick
