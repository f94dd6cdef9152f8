// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/cox/kind.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/json.hpp"
#include "lib/domain/members.hpp"
#include "lib/kinds/cox/cox.hpp"
#include "lib/kinds/members.hpp"
#include "lib/model/response.hpp"

namespace bailiwick {

namespace {

class CoxKind : public Kind {
 public:
  using Kind::Kind;

  std::size_t parameters(const SavedModel& model) const override { return model.names.size(); }

  const kernels::FamilyMembers* family(const ModelConfig&) const override { return nullptr; }

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
    if (model.strata == Strata::none) options.grid = TimeGrid{model.time_step, model.time_maximum};
    std::vector<SurvivalRows> domains;
    for (const LoadedRows& domain : rows.domains) {
      const bool each = model.strata == Strata::partition;
      SurvivalRows& survival = domains.emplace_back();
      survival.rows = domain.rows;
      survival.stratum =
          each ? domain.partition : std::vector<std::size_t>(domain.partition.size(), 0);
      survival.strata = each ? domain.partitions : 1;
    }
    if (columns.has_offset()) options.mean_offset = offset_totals(blocks_of(rows), sums).mean;
    Likelihood result;
    auto objective = make_cox_objective(std::move(domains), std::move(options), sums);
    if (model.baseline)
      result.baseline = [cox = objective.get()](std::span<const double> theta) {
        return cox->baseline(theta);
      };
    result.objective = std::move(objective);
    result.summary = [n = static_cast<double>(rows.observations),
                      events = static_cast<double>(rows.events),
                      weights = model.weights && !model.counts_weights()](const FittedModel& fitted,
                                                                          double at_start) {
      return summarise_cox(fitted, n, events, at_start, weights);
    };
    return result;
  }

  void write(const SavedModel& model, Json& description,
             io::Checkpoint& checkpoint) const override {
    if (model.config.baseline) description["baseline"] = true;
    if (model.baseline.time.empty()) return;
    checkpoint.arrays["baseline/time"] = model.baseline.time;
    checkpoint.arrays["baseline/hazard"] = model.baseline.hazard;
  }

  void read(const Json& description, const io::Checkpoint& checkpoint, const std::string& path,
            SavedModel& model) const override {
    model.config.baseline = description.contains("baseline") &&
                            json_member<bool>(description, "baseline", path + ": model");
    const auto array = [&](const char* name) {
      const auto found = checkpoint.arrays.find(name);
      return found == checkpoint.arrays.end() ? std::vector<double>() : found->second;
    };
    model.baseline = {array("baseline/time"), array("baseline/hazard")};
    check_size(path, "baseline/hazard", model.baseline.hazard.size(), model.baseline.time.size());
    for (const std::vector<double>& ascending : {model.baseline.time, model.baseline.hazard})
      if (!std::ranges::is_sorted(ascending) ||
          !std::ranges::all_of(ascending, [](double v) { return v >= 0 && std::isfinite(v); }))
        throw Error(ExitCode::data, "{}: the baseline hazard does not ascend from 0", path);
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
