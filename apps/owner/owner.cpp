// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <iostream>
#include <map>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/owner/access_log.hpp"
#include "lib/owner/budget.hpp"
#include "lib/owner/registry.hpp"
#include "lib/run/documents.hpp"

namespace bailiwick {

namespace {

std::string text_of(const Json& entry, const char* key) {
  const Json value = entry.value(key, Json());
  if (value.is_string()) return printable(value.get<std::string>());
  if (!value.is_array()) return "-";
  std::vector<std::string> words;
  for (const Json& item : value)
    if (item.is_string()) words.push_back(printable(item.get<std::string>()));
  return words.empty() ? "-" : join(words, " ");
}

/// What the owner's folder says, put together.
class OwnersPage {
 public:
  OwnersPage(const Registry& registry, std::span<const PublicKey> keys)
      : policy_(open_policy(registry.current_policy(), keys).policy),
        budget_(read_budget(registry, keys)) {
    if (std::filesystem::exists(registry.access_log()))
      log_ = AccessLog(registry.access_log()).read();
    if (!log_.broken.empty())
      throw Error(ExitCode::integrity, "{}: {}; the access log was changed", registry.access_log(),
                  log_.broken);
    withdrawn_ = registry.withdrawals();
    if (policy_.privacy.epsilon > 0)
      filter_.emplace(policy_.privacy.epsilon, policy_.privacy.delta);
    for (const BudgetFacts::Charge& charge : budget_.charges)
      charges_[charge.line.hex()] = &charge;
  }

  Json json() const {
    Json requests = Json::array();
    for (const AccessChain::Line& line : log_.lines)
      if (is_request(line.entry)) requests.push_back(request_json(line));
    Json page = {{"policy", {{"uid", policy_.uid}, {"serial", policy_.serial}}},
                 {"requests", requests},
                 {"withdrawn", withdrawn_}};
    if (filter_)
      page["budget"] = {{"epsilon", policy_.privacy.epsilon},
                        {"delta", policy_.privacy.delta},
                        {"spent", filter_->share_spent(budget_.spent)}};
    return page;
  }

  void print() const {
    const Json page = json();
    std::cout << fmt::format("terms      {} (serial {})\npermitted  {}\n", printable(policy_.uid),
                             policy_.serial, actions());
    for (const Json& request : page["requests"])
      print_request(request);
    for (const Json& what : page["withdrawn"])
      std::cout << fmt::format("\nwithdrawn  {} {}: {}\n", text_of(what, "time"),
                               text_of(what, "sha256"), text_of(what, "reason"));
    if (!filter_) return;
    const double spent = page["budget"]["spent"].get<double>();
    std::cout << fmt::format(
        "\nprivacy    {:.1f} % of epsilon {} at delta {} are spent, {:.1f} % are left\n",
        100 * spent, policy_.privacy.epsilon, policy_.privacy.delta,
        100 * std::max(0.0, 1 - spent));
  }

 private:
  std::string actions() const {
    std::vector<std::string> words;
    for (const Action action : policy_.actions)
      words.push_back(to_word(action));
    return join(words, " ");
  }

  Json request_json(const AccessChain::Line& line) const {
    const Json& entry = line.entry;
    Json request = {{"time", entry.value("time", Json())},
                    {"run", entry.value("run", Json())},
                    {"purpose", entry.value("purpose", Json())},
                    {"recipients", entry.value("recipients", Json::array())},
                    {"actions", entry.value("actions", Json::array())},
                    {"admitted", entry.value("admitted", Json())},
                    {"outcome", Json()},
                    {"released", Json::array()}};
    if (entry.value("admitted", Json()) == false)
      for (const Json& clause : entry.value("clauses", Json::array()))
        if (!clause.value("holds", true)) request["refused_by"].push_back(clause.value("rule", ""));
    if (line.outcome) {
      const Json& end = log_.lines[*line.outcome].entry;
      request["outcome"] = end.value("outcome", Json());
      request["released"] = end.value("released", Json::array());
    }
    const auto charge = charges_.find(text_of(entry, "budget"));
    if (charge != charges_.end() && filter_) {
      request["cost"] = filter_->share_spent(charge->second->loss);
      request["settled"] = charge->second->settled;
    }
    return request;
  }

  static void print_request(const Json& request) {
    std::cout << fmt::format("\n{}  {}  {}\n  for      {}, to {}\n", text_of(request, "time"),
                             text_of(request, "run"), text_of(request, "actions"),
                             text_of(request, "purpose"), text_of(request, "recipients"));
    if (request["admitted"] == false)
      std::cout << fmt::format("  refused  {}\n", request.contains("refused_by")
                                                      ? text_of(request, "refused_by")
                                                      : "by another owner");
    else
      std::cout << fmt::format("  outcome  {}\n", request["outcome"].is_null()
                                                      ? "none: still running, or killed"
                                                      : text_of(request, "outcome"));
    for (const Json& what : request["released"])
      std::cout << fmt::format("  released {}\n", text_of(what, "name"));
    if (request.contains("cost"))
      std::cout << fmt::format("  cost     {:.2f} % of the budget of privacy{}\n",
                               100 * request["cost"].get<double>(),
                               request["settled"] == true ? "" : ", all that it reserved");
  }

  Policy policy_;
  BudgetFacts budget_;
  AccessChain log_;
  Json withdrawn_ = Json::array();
  std::optional<PrivacyFilter> filter_;
  std::map<std::string, const BudgetFacts::Charge*> charges_;  ///< by the digest of their line
};

}  // namespace

int command_owner(const Arguments& arguments) {
  Options options(
      "owner REGISTRY [options]",
      "An owner's own page: the terms in force, who asked for the data and what was\n"
      "decided, what was released to whom, what each run cost of the budget of privacy\n"
      "and what is left. REGISTRY is the folder that the owner's policy binds.",
      "docs/registry.md");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "the owner's public key (PEM); may be given again");
  options.add()("json", "print it as JSON");
  if (!options.parse(arguments.words)) return 0;
  const OwnersPage page(Registry(options.text("REGISTRY")), load_public_keys(options.list("key")));
  if (options.has("json"))
    std::cout << page.json().dump(2, ' ', true, Json::error_handler_t::replace) << '\n';
  else
    page.print();
  return 0;
}

}  // namespace bailiwick
