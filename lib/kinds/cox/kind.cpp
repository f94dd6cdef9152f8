// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/cox/kind.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/members.hpp"
#include "lib/kinds/cox/cox.hpp"
#include "lib/kinds/members.hpp"
#include "lib/model/response.hpp"

namespace bailiwick {

namespace {

/// Strata are the levels' combinations, within each partition if these are strata too.
SurvivalRows survival_rows(const LoadedRows& domain, Strata strata, std::size_t combinations) {
  const bool each = strata == Strata::partition;
  const std::size_t block_rows = domain.rows.block_rows();
  SurvivalRows survival{domain.rows, {}, combinations * (each ? domain.partitions : 1)};
  if (survival.strata == 1) return survival;
  survival.stratum.resize(domain.rows.blocks() * block_rows);
  auto combination = domain.stratum.begin();
  for (std::size_t b = 0; b < domain.rows_of_block.size(); ++b)
    for (std::size_t r = 0; r < domain.rows_of_block[b]; ++r)
      survival.stratum[b * block_rows + r] =
          (each ? domain.partition[b] * combinations : 0) +
          (combination == domain.stratum.end() ? 0 : *combination++);
  return survival;
}

std::string strata_note(const ModelConfig& model) {
  if (model.strata_by.empty())
    return model.strata == Strata::none ? ""
                                        : fmt::format("Stratified by {}.\n", to_word(model.strata));
  return fmt::format("Stratified by {}, {}.\n", join(model.strata_by, " and "),
                     model.strata == Strata::none
                         ? "over all domains"
                         : fmt::format("within each {}", to_word(model.strata)));
}

/// Of the combinations of levels that have events.
std::vector<BaselineHazard> with_levels(std::vector<BaselineHazard> baselines,
                                        const ModelColumns& columns) {
  for (std::size_t s = 0; s < baselines.size(); ++s)
    baselines[s].levels = columns.levels_of_stratum(s);
  std::erase_if(baselines, [](const BaselineHazard& baseline) { return baseline.time.empty(); });
  return baselines;
}

constexpr const char* baseline_strata = "baseline/strata";

class CoxKind : public Kind {
 public:
  using Kind::Kind;

  std::size_t parameters(const SavedModel& model) const override { return model.names.size(); }

  const kernels::FamilyMembers* family(const ModelConfig&) const override { return nullptr; }
  double mean(const ModelConfig&, double eta) const override { return exact::exp(eta); }

  Likelihood likelihood(const ModelConfig& model, const ModelColumns& columns,
                        const ModelRows& rows, const ColumnMoments& moments,
                        Sums& sums) const override {
    CoxOptions options;
    options.ties = model.ties;
    options.names = columns.names;
    options.penalty = penalty_of(model, columns, moments);
    options.mean_weight = moments.mean_weight();
    options.copies = model.counts_weights();
    options.scale = moments.scale;
    options.transform = model.proportional_hazards;
    if (model.strata == Strata::none) options.grid = TimeGrid{model.time_step, model.time_maximum};
    std::vector<SurvivalRows> domains;
    for (const LoadedRows& domain : rows.domains)
      domains.push_back(survival_rows(domain, model.strata, columns.count_strata()));
    if (columns.has_offset()) options.mean_offset = offset_totals(blocks_of(rows), sums).mean;
    Likelihood result;
    auto objective = make_cox_objective(std::move(domains), std::move(options), sums);
    if (model.baseline)
      result.baselines = [cox = objective.get(), columns](std::span<const double> theta) {
        return with_levels(cox->baseline(theta), columns);
      };
    result.summary = [n = static_cast<double>(rows.observations),
                      events = static_cast<double>(rows.events),
                      weights = model.weights && !model.counts_weights(),
                      transform = model.proportional_hazards, note = strata_note(model),
                      cox = objective.get()](const FittedModel& fitted, double at_start) {
      ModelSummary summary = summarise_cox(fitted, n, events, at_start, weights);
      summary.note = note;
      if (transform == TimeTransform::none) return summary;
      summary.hazard_tests = cox->test_hazards(fitted.theta);
      summary.hazard_transform = to_word(transform);
      return summary;
    };
    result.objective = std::move(objective);
    return result;
  }

  void write(const SavedModel& model, Json& description,
             io::Checkpoint& checkpoint) const override {
    if (!model.config.strata_by.empty()) description["strata_by"] = model.config.strata_by;
    if (model.config.baseline) description["baseline"] = true;
    if (model.baselines.empty()) return;
    Json strata = Json::array();
    std::vector<double>& time = checkpoint.arrays["baseline/time"];
    std::vector<double>& hazard = checkpoint.arrays["baseline/hazard"];
    std::vector<double> count;
    for (const BaselineHazard& baseline : model.baselines) {
      time.insert(time.end(), baseline.time.begin(), baseline.time.end());
      hazard.insert(hazard.end(), baseline.hazard.begin(), baseline.hazard.end());
      count.push_back(static_cast<double>(baseline.time.size()));
      strata.push_back(baseline.levels);
    }
    if (model.config.strata_by.empty()) return;
    checkpoint.arrays["baseline/times"] = count;
    checkpoint.attributes[baseline_strata] = strata.dump();
  }

  void read(const Json& description, const io::Checkpoint& checkpoint, const std::string& path,
            SavedModel& model) const override {
    const std::string what = path + ": model";
    if (description.contains("strata_by"))
      model.config.strata_by =
          json_member<std::vector<std::string>>(description, "strata_by", what);
    for (const std::string& name : model.config.strata_by)
      check_line(name, what);
    model.config.baseline =
        description.contains("baseline") && json_member<bool>(description, "baseline", what);
    read_baselines(checkpoint, path, model);
  }

 private:
  static void read_baselines(const io::Checkpoint& checkpoint, const std::string& path,
                             SavedModel& model) {
    const auto array = [&](const char* name) {
      const auto found = checkpoint.arrays.find(name);
      return found == checkpoint.arrays.end() ? std::vector<double>() : found->second;
    };
    const std::vector<double> time = array("baseline/time"), hazard = array("baseline/hazard");
    check_size(path, "baseline/hazard", hazard.size(), time.size());
    const auto demand = [&](bool holds, const char* problem) {
      if (!holds) throw Error(ExitCode::data, "{}: {}", path, problem);
    };
    if (time.empty()) return;
    std::vector<double> counts{static_cast<double>(time.size())};
    std::vector<std::vector<std::string>> levels(1);
    if (!model.config.strata_by.empty()) {
      counts = array("baseline/times");
      const auto strata = checkpoint.attributes.find(baseline_strata);
      demand(strata != checkpoint.attributes.end(), "its baseline hazards say no strata");
      levels = json_member<std::vector<std::vector<std::string>>>(
          {{"strata", parse_document(strata->second, path)}}, "strata", path);
      check_size(path, "baseline/times", counts.size(), levels.size());
    }
    std::size_t first = 0;
    for (std::size_t s = 0; s < counts.size(); ++s) {
      const auto left = static_cast<double>(time.size() - first);
      demand(counts[s] >= 1 && counts[s] <= left && counts[s] == std::floor(counts[s]) &&
                 levels[s].size() == model.config.strata_by.size(),
             "its baseline hazards are not those of its strata");
      const auto end = first + static_cast<std::size_t>(counts[s]);
      const auto part = [&](const std::vector<double>& all) {
        return std::vector<double>(all.begin() + static_cast<std::ptrdiff_t>(first),
                                   all.begin() + static_cast<std::ptrdiff_t>(end));
      };
      model.baselines.push_back({part(time), part(hazard), levels[s]});
      for (const std::vector<double>& ascending :
           {model.baselines.back().time, model.baselines.back().hazard})
        demand(
            std::ranges::is_sorted(ascending) &&
                std::ranges::all_of(ascending, [](double v) { return v >= 0 && std::isfinite(v); }),
            "the baseline hazard does not ascend from 0");
      first = end;
    }
    demand(first == time.size(), "its baseline hazards are not those of its strata");
  }
};

}  // namespace

const Kind& cox_kind() {
  static constexpr KindTraits traits{
      .name = "cox",
      .response = [](const ModelConfig&) { return kernels::Response::hazard; },
      .problem = [](const ModelConfig& model, const double* target,
                    std::size_t) { return survival_problem(model, target); },
      .intercept = false,
      .reads_codes = false,  // rows are sorted by time
      .section = "cox"};
  static const CoxKind kind(traits);
  return kind;
}

const char* survival_problem(const ModelConfig& model, const double* target) {
  if (!(target[0] >= 0)) return "a survival time must be at least 0";
  if (target[1] != 0 && target[1] != 1) return "a status must be 0 or 1";
  // A saved model does not say what its grid was: it is of the fit.
  if (model.strata != Strata::none || model.time_maximum == 0) return nullptr;
  return TimeGrid{model.time_step, model.time_maximum}.problem(target[0]);
}

}  // namespace bailiwick
