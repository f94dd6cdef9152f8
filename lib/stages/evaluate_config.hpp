// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/run/config/section.hpp"

namespace bailiwick {

template <>
inline constexpr auto words<std::optional<Standardisation>> =
    std::to_array<std::pair<std::optional<Standardisation>, const char*>>(
        {{std::nullopt, "model"},
         {Standardisation::none, "none"},
         {Standardisation::pooled, "pooled"},
         {Standardisation::per_domain, "per_domain"}});

/// How a model is used on rows: by `evaluate`, and by `predict`, which scores all of them.
struct EvaluateConfig {
  static constexpr const char* section = "evaluate";
  static constexpr const char* sentence = "How a model is used on rows, by evaluate and predict.";

  std::optional<std::string> name;
  std::string split;
  std::optional<Standardisation> standardise;  ///< default: the model's
  bool per_domain = true;
  int calibration_bins = 10;
  std::map<std::string, std::string> routes;  ///< by domain: content of its own model
  std::optional<std::string> regions;
  bool regional = false, phm08 = false, label_noise = false, membership = false;
  std::vector<std::string> attributes;
  std::vector<double> survival_at;
};

template <class Visitor>
void schema(Visitor& v, EvaluateConfig& evaluate) {
  v.key("name", evaluate.name,
        "Name of the evaluation: it lies in evaluations/NAME of the output folder, not in that.",
        no_bits, a_file_name);
  v.key("split", evaluate.split,
        "Name of the split to measure on; \"\": all rows. predict scores all, and says whose they "
        "are.");
  v.key("standardise", evaluate.standardise, "As model.standardise; model: as the model was.");
  v.key("per_domain", evaluate.per_domain,
        "Metrics of each domain too; every policy must allow per_domain_statistics.");
  v.key("calibration_bins", evaluate.calibration_bins,
        "Groups of predictions in which these are held against what happened.", at_least(1),
        at_most(1000));
  v.key("regional", evaluate.regional, "Every domain by its own model (train.federated.personal).");
  v.key("routes", evaluate.routes,
        "Domains whose rows their own models score, each with that model's content digest.",
        Matching{[](const std::string& hex) {
                   return hex.size() == 64 && hex.find_first_not_of("0123456789abcdef") == hex.npos;
                 },
                 "a digest, as `bailiwick digest` prints it"});
  v.key("regions", evaluate.regions,
        "Output folder of the training whose regions/ hold domains' own models; default: the "
        "model's.",
        is_path, no_bits);
  v.key("phm08", evaluate.phm08,
        "The PHM'08 challenge's score, where late is worse than early; of models of a mean.");
  v.key(
      "label_noise", evaluate.label_noise,
      "How many labels the model disputes (docs/quality.md), of rows that it was not trained on.");
  v.key("membership", evaluate.membership,
        "How well rows of train.split are told from those of evaluate.split by what the model says "
        "of them.");
  v.key("attributes", evaluate.attributes,
        "Categories and booleans of the model: how well each is guessed from a row's others, its "
        "target and the model.",
        distinct);
  v.key("survival_at", evaluate.survival_at,
        "Times at which predict tells survival, of Cox models with model.cox.baseline.",
        at_least(0), distinct);
}

inline void check_section(YamlReader& v, const EvaluateConfig& evaluate, const RunConfig& run) {
  v.check(!evaluate.regional || (run.train.federated && run.train.federated->personal),
          "evaluate.regional", "only used with train.federated.personal");
  v.check(evaluate.routes.empty() || !evaluate.regional, "evaluate.routes",
          "not used with evaluate.regional");
  for (const auto& [name, content] : evaluate.routes)
    v.check(std::ranges::find(run.domains, name, &DomainConfig::name) != run.domains.end(),
            "evaluate.routes", fmt::format("there is no domain \"{}\"", name));
  v.check(evaluate.survival_at.empty() || run.model.baseline, "evaluate.survival_at",
          "needs model.cox.baseline: true");
  const auto has_classes = [&] {
    const kernels::Response response = run.model.kind->response(run.model);
    return response == kernels::Response::classes ||
           (response == kernels::Response::probability && run.model.trials.empty());
  };
  v.check(!evaluate.label_noise || has_classes(), "evaluate.label_noise",
          "only used with models of a class");
  v.check(!evaluate.label_noise || !run.privacy, "evaluate.label_noise",
          "has no form with noise (privacy)");
  for (const auto& [key, asked] :
       {std::pair("evaluate.membership", evaluate.membership),
        std::pair("evaluate.attributes", !evaluate.attributes.empty())}) {
    v.check(!asked || has_classes(), key, "only used with models of a class");
    v.check(!asked || (!run.train.split.empty() && !evaluate.split.empty() &&
                       run.train.split != evaluate.split),
            key, "needs train.split, and another in evaluate.split");
    v.check(!asked || !evaluate.regional, key, "not used with evaluate.regional");
    v.check(!asked || evaluate.routes.empty(), key, "not used with evaluate.routes");
    v.check(!asked || !run.privacy, key, "has no form with noise (privacy)");
  }
  v.check(!evaluate.phm08 || run.model.kind->response(run.model) == kernels::Response::mean,
          "evaluate.phm08",
          "only used with models of a mean: linear, or a network's squared_error or huber");
}

}  // namespace bailiwick
