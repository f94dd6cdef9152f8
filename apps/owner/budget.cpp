// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/owner/budget.hpp"
#include "lib/owner/registry.hpp"
#include "lib/privacy/privacy_loss.hpp"
#include "lib/run/documents.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 2 : 1);
}

/// What a loss means for whoever asks whether one unit's rows were used, in words.
std::string attack_text(const RenyiLoss& loss) {
  return fmt::format(
      "whoever accuses 1 % of others wrongly finds at most {} of those whose rows were used; 10 %, "
      "{}",
      percent(highest_true_positive_rate(loss, 0.01)),
      percent(highest_true_positive_rate(loss, 0.1)));
}

Json attack_curve(const RenyiLoss& loss) {
  Json curve = Json::array();
  for (const double rate : {0.001, 0.01, 0.05, 0.1, 0.2, 0.5})
    curve.push_back({{"false_positive_rate", rate},
                     {"true_positive_rate_at_most", highest_true_positive_rate(loss, rate)}});
  return curve;
}

/// What the releases of a plan tell of a unit if nothing else is ever released: by the distribution
/// of the loss, which is finer than what budgets add up. Of units that are drawn by chance nothing:
/// that distribution is of units that are there or not.
std::optional<double> epsilon_alone(const NoisePlan& plan) {
  PrivacyLossDistribution loss = PrivacyLossDistribution::none();
  for (const NoisyRelease& release : plan.releases) {
    if (release.sampled != every_unit) return std::nullopt;
    loss += PrivacyLossDistribution::gaussian(
        static_cast<double>(release.scale) / static_cast<double>(nominal_sensitivity),
        release.times);
  }
  return loss.epsilon(plan.delta);
}

/// Of one stage of a config: what it costs, and what of the budget of each domain that can be read.
Json plan_of(const RunConfig& config, const Stage& stage) {
  const NoisePlan plan = stage.use.noise(config);
  Json said = {{"stage", stage.name()},     {"epsilon", plan.epsilon},
               {"delta", plan.delta},       {"releases", Json::array()},
               {"domains", Json::object()}, {"attacks", attack_curve(plan.loss())}};
  if (const auto alone = epsilon_alone(plan)) said["epsilon_alone"] = *alone;
  for (const NoisyRelease& release : plan.releases)
    said["releases"].push_back(
        {{"name", release.name},
         {"times", release.times},
         {"noise", static_cast<double>(release.scale) / static_cast<double>(nominal_sensitivity)}});
  std::map<std::string, std::uint64_t> charges;  // of each registry: its domains all reserve there
  for (const DomainConfig& domain : config.domains)
    try {
      const std::vector<PublicKey> keys = load_public_keys(domain.keys);
      const Policy policy = open_policy(domain.policy, keys).policy;
      Json& of = said["domains"][domain.name];
      if (policy.privacy.epsilon == 0) {
        of["refused"] = "the policy has no budget of privacy";
        continue;
      }
      const PrivacyFilter filter(policy.privacy.epsilon, policy.privacy.delta);
      const RenyiLoss asked = plan.loss().times(++charges[policy.registry]);
      const RenyiLoss spent = read_budget(Registry(policy.registry), keys).spent;
      of = {{"epsilon", policy.privacy.epsilon},
            {"delta", policy.privacy.delta},
            {"spent", filter.share_spent(spent)},
            {"asks", filter.share_spent(asked)},
            {"fits", filter.allows(spent, asked)}};
    } catch (const Error& error) {
      said["domains"][domain.name]["unknown"] = error.what();
    }
  return said;
}

void print_plan(const Json& plan, const RenyiLoss& loss) {
  std::cout << fmt::format("{}: epsilon {} at delta {}\n", plan["stage"].get<std::string>(),
                           plan["epsilon"].get<double>(), plan["delta"].get<double>());
  for (const Json& release : plan["releases"])
    std::cout << fmt::format(
        "  {} x {}: noise of standard deviation {:.4g} times what one unit can change\n",
        release["times"].get<std::uint64_t>(), release["name"].get<std::string>(),
        release["noise"].get<double>());
  if (plan.contains("epsilon_alone"))
    std::cout << fmt::format("  beside nothing else: epsilon {:.4g} (by the loss distribution)\n",
                             plan["epsilon_alone"].get<double>());
  std::cout << "  " << attack_text(loss) << '\n';
  for (const auto& [name, domain] : plan["domains"].items()) {
    if (domain.contains("unknown") || domain.contains("refused")) {
      std::cout << fmt::format("  {}: {}\n", name,
                               domain.value("unknown", domain.value("refused", "")));
      continue;
    }
    std::cout << fmt::format(
        "  {}: {} of its budget (epsilon {} at delta {}), of which {} are spent{}\n", name,
        percent(domain["asks"].get<double>()), domain["epsilon"].get<double>(),
        domain["delta"].get<double>(), percent(domain["spent"].get<double>()),
        domain["fits"].get<bool>() ? "" : ": it has no room");
  }
}

}  // namespace

int budget_plan(const std::vector<std::string>& words) {
  Options options(
      "budget plan CONFIG [options]",
      "What each stage of a config would cost the units of every domain, how much noise\n"
      "that is, what any attack could learn at most, and what of the owners' budgets\n"
      "it takes. Reads no row, and reserves nothing.",
      "docs/privacy.md");
  options.add()("set", po::value<std::vector<std::string>>(),
                "KEY=VALUE: another value than the config has");
  options.add()("json", "print it as JSON");
  if (!options.parse(words)) return 0;
  const std::string path = options.text("CONFIG");
  const RunConfig config =
      parse_run_config(read_config(path), config_language(), options.assignments("set"));
  if (!config.privacy)
    throw Error(ExitCode::config,
                "{}: privacy: missing: without it exact sums cross, which no budget has room for",
                path);
  Json plans = Json::array();
  for (const Stage* stage : all_stages()) {
    if (stage->use.noise == nullptr) continue;
    plans.push_back(plan_of(config, *stage));
    if (!options.has("json")) print_plan(plans.back(), stage->use.noise(config).loss());
  }
  if (options.has("json")) std::cout << plans.dump(2) << '\n';
  return 0;
}

int budget_show(const std::vector<std::string>& words) {
  Options options(
      "budget show REGISTRY [options]",
      "What runs with noise have reserved and used of an owner's budget of privacy, and\n"
      "what is left. REGISTRY is the folder that the owner's policy binds.",
      "docs/privacy.md");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "the owner's public key (PEM); may be given again");
  options.add()("json", "print it as JSON");
  if (!options.parse(words)) return 0;
  const std::vector<PublicKey> keys = load_public_keys(options.list("key"));
  const Registry registry(options.text("REGISTRY"));
  const PrivacyTerms terms = open_policy(registry.current_policy(), keys).policy.privacy;
  const BudgetFacts facts = read_budget(registry, keys);
  if (terms.epsilon == 0)
    throw Error(ExitCode::policy, "{}: the policy in force has no budget of privacy",
                registry.current_policy());
  const PrivacyFilter filter(terms.epsilon, terms.delta);
  Json charges = Json::array();
  for (const BudgetFacts::Charge& charge : facts.charges)
    charges.push_back({{"time", charge.said.value("time", "")},
                       {"run", charge.said.value("run", "")},
                       {"stage", charge.said.value("stage", "")},
                       {"recipients", charge.said.value("recipients", Json::array())},
                       {"line", charge.line.hex()},
                       {"settled", charge.settled},
                       {"share", filter.share_spent(charge.loss)}});
  const double epsilon = facts.charges.empty() ? 0 : facts.spent.epsilon(terms.delta);
  const Json all = {{"epsilon", terms.epsilon},
                    {"delta", terms.delta},
                    {"spent", filter.share_spent(facts.spent)},
                    {"epsilon_spent", epsilon},
                    {"charges", charges},
                    {"attacks", attack_curve(facts.spent)},
                    {"head", facts.lines.empty() ? Json() : Json(facts.head.hex())}};
  if (options.has("json")) {
    std::cout << all.dump(2) << '\n';
    return 0;
  }
  for (const Json& charge : charges)
    std::cout << fmt::format("{}  {:<9} {}  {}{}\n", charge["time"].get<std::string>(),
                             charge["stage"].get<std::string>(),
                             printable(charge["run"].get<std::string>()),
                             percent(charge["share"].get<double>()),
                             charge["settled"].get<bool>()
                                 ? ""
                                 : " (not settled: still running, or killed and charged in full)");
  std::cout << fmt::format(
      "{} of the budget are spent: epsilon {:.4g} of {} at delta {}; {} are left\n{}\nhead {}\n",
      percent(filter.share_spent(facts.spent)), epsilon, terms.epsilon, terms.delta,
      percent(std::max(0.0, 1 - filter.share_spent(facts.spent))), attack_text(facts.spent),
      facts.lines.empty() ? "-" : facts.head.hex());
  return 0;
}

}  // namespace bailiwick
