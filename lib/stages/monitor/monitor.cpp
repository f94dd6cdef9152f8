// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <optional>
#include <utility>

#include "lib/boundary/own_statistics.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/record/verdict.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/merge_bins.hpp"
#include "lib/stages/monitor/changes.hpp"
#include "lib/stages/monitor/monitor_text.hpp"
#include "lib/stages/monitor/performance.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// Reasons, if not all is well.
std::string changed(const Json& result, const std::string& path) {
  const auto verdict = json_member<std::string>(result, "verdict", path);
  if (verdict == "ok") return "";
  return fmt::format("{}: {} (all of it: {})", verdict,
                     join(json_member<std::vector<std::string>>(result, "reasons", path), "; "),
                     std::filesystem::path(path).replace_extension(".txt").string());
}

void check_model_is_there(const Communicator& world, const std::string& path) {
  agree(world, [&] {
    if (!std::filesystem::exists(path))
      throw Error(ExitCode::data,
                  "{}: there is no model; train one, name one with --model, or compare the columns "
                  "alone (monitor.model: false)",
                  path);
  });
}

/// Both tables, whose columns are judged together.
struct Compared {
  std::vector<MonitoredTable> tables;
  std::vector<BinnedTable> binned;

  void add(Run& run, const Samples& samples, MonitoredTable table) {
    if (table.columns.empty()) return;
    binned.push_back(bin_samples(run, samples, table));
    tables.push_back(std::move(table));
  }
};

/// `level`: of each domain's columns together.
Json domains_json(Run& run, const Compared& compared, double level) {
  const MonitorConfig& how = run.config().section<MonitorConfig>();
  std::vector<OwnStatistics> own;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    Json columns = Json::array();
    if (run.boundary().leads(d)) {
      for (std::size_t t = 0; t < compared.tables.size(); ++t)
        add_domain_changes(compared.tables[t], compared.binned[t], d, columns);
      judge_changes(columns, level, how.psi);
    }
    own.push_back({run.local()[d].admission, {{"columns", columns}}});
  }
  const std::vector<std::string> released = run.boundary().release("per-domain statistics", own);
  Json domains = Json::object();
  for (std::size_t i = 0; i < released.size(); ++i)
    domains[run.domains()[i].name] = parse_json(released[i], run.domains()[i].name, ExitCode::bug);
  return domains;
}

Json sample_json(const SampleConfig& how, std::uint64_t rows,
                 std::optional<std::int64_t> clusters) {
  Json sample = {{"split", how.split}, {"partitions", how.partitions}, {"rows", rows}};
  if (clusters) sample["clusters"] = *clusters;
  return sample;
}

const char* verdict_of(bool drift, bool worse) {
  if (drift) return worse ? "drift and worse" : "drift";
  return worse ? "worse" : "ok";
}

void monitor(const Stage& stage, Session& session, RunConfig config, const StageOptions& options) {
  const StageChain& chain = stage.chain;
  const bool with_model = config.section<MonitorConfig>().model;
  const std::string path = config.output + "/" + chain.result;
  StageOptions of_model = options;
  of_model.model = with_model ? model_path(config, options) : "";
  if (is_done(session.world(), config, chain, of_model.model))
    return end_as_judged(session.world(), path, changed);
  if (with_model) check_model_is_there(session.world(), of_model.model);
  Run run(session, std::move(config), stage.use);
  const MonitorConfig& how = run.config().section<MonitorConfig>();
  std::optional<UsedModel> used;
  if (with_model) used = open_model(run, of_model);
  const Samples samples(run, used ? &used->model : nullptr);
  if (how.groups.size() > 1 && any_minimum(run))
    throw Error(
        ExitCode::policy,
        "monitor.groups: a policy asks for a minimum of rows or contributors, and levels of "
        "several categories together could leave fewer to themselves; name one");
  RunRecord record(run, chain, true);
  if (used) record.add_dependency({dependency::model, used->content, Json::object(), {}});
  record.begin_session();

  Compared compared;
  compared.add(run, samples, samples.read_columns(run));
  Predictions predictions;
  if (used) {
    predictions = samples.predict(run, *used, run.config().section<EvaluateConfig>());
    compared.add(run, samples, predictions.table);
  }

  Json columns = Json::array();
  for (std::size_t t = 0; t < compared.tables.size(); ++t)
    add_changes(compared.tables[t], compared.binned[t], columns);
  // One level for all: the domains' columns and those of all rows are so many families.
  const double level =
      how.per_domain ? how.level / static_cast<double>(run.domains().size() + 1) : how.level;
  std::vector<std::string> reasons = judge_changes(columns, level, how.psi);
  Json domains;
  if (how.per_domain) domains = domains_json(run, compared, level);
  for (const auto& [name, domain] : domains.items())
    for (const std::string& reason : reasons_of(domain["columns"]))
      reasons.push_back(fmt::format("{}: {}", name, reason));
  const bool drift = !reasons.empty();
  Performance performance;
  Json estimated, groups;
  if (used) estimated = estimated_performance(run, used->model, predictions);
  if (used && how.targets) {
    performance = compare_performance(run, *used, samples, predictions, columns);
    if (!how.groups.empty()) groups = groups_performance(run, *used, predictions);
  }
  const bool worse = !performance.reasons.empty();
  reasons.insert(reasons.end(), performance.reasons.begin(), performance.reasons.end());
  Json result = {{"format", "bailiwick-monitor"},
                 {"version", 1},
                 {"model", used ? Json(used->content.hex()) : Json()},
                 {"cluster", samples.cluster()},
                 {"edges", to_word(how.edges)},
                 {"level", how.level},
                 {"psi", how.psi},
                 {"columns", columns},
                 {"verdict", verdict_of(drift, worse)},
                 {"reasons", reasons}};
  for (std::size_t s = 0; s < sample_names.size(); ++s)
    result[sample_names[s]] = sample_json(
        s == reference_sample ? how.reference : how.current, compared.tables.front().rows[s],
        samples.clusters_rows() ? std::optional(compared.binned.front().clusters[s])
                                : std::nullopt);
  if (!estimated.is_null()) result["estimated"] = estimated;
  if (!performance.said.is_null()) result["performance"] = performance.said;
  if (!groups.is_null()) result["groups"] = groups;
  if (how.per_domain) result["domains"] = domains;
  record.publish_result(
      result, monitor_text(result),
      {{"verdict", result["verdict"]}, {"rows", compared.tables.front().rows[current_sample]}});
  end_as_judged(run.world(), path, changed);
}

constexpr SectionType monitor_section = section_type<MonitorConfig>();

}  // namespace

extern constexpr Stage monitor_stage{
    .summary = "whether rows have changed, and a model is still as good",
    .help =
        "Compares two samples of rows, of splits or of partitions, over all domains: columns and "
        "predictions,\nby tests that know of clusters, and a model's measures. Writes "
        "monitor.json and a signed statement,\nand ends with code 8 if something has changed or "
        "got worse.",
    .page = "monitor.md",
    .use = {.action = Action::evaluate,
            .release = Action::release_statistics,
            .describes = true,
            .per_domain =
                [](const RunConfig& config) { return config.section<MonitorConfig>().per_domain; }},
    .chain = {.stage = "monitor",
              .stem = "monitor",
              .result = "monitor.json",
              .names_model = true,
              .may_lack_model = true},
    .section = &monitor_section,
    .run = monitor};

}  // namespace bailiwick
