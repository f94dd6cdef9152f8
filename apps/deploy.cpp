// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>
#include <optional>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/model_registry/add.hpp"
#include "lib/model_registry/decide.hpp"
#include "lib/model_registry/registry.hpp"
#include "lib/model_registry/show.hpp"

namespace bailiwick {

namespace {

constexpr const char* deploy_page = "docs/deploy.md";

/// What every change of a name has in common.
void add_deciding(Options& options, const char* why) {
  options.add()("registry", po::value<std::string>()->required(), "folder of the registry");
  options.add()("sign-with", po::value<std::string>()->required(),
                "private key (PEM) of who decides, one of those that the registry names");
  options.add()("by", po::value<std::string>(), "who decides: name and office");
  options.add()("why", po::value<std::string>(), why);
}

/// `name` is NAME or NAME@VERSION.
StateRequest state_asked(const Options& options, const std::string& name) {
  const std::size_t at = name.find('@');
  StateRequest request;
  request.registry = options.text("registry");
  while (request.registry.size() > 1 && request.registry.ends_with('/'))
    request.registry.pop_back();  // as shells complete it
  request.name = name.substr(0, at);
  if (at != std::string::npos) request.version = name.substr(at + 1);
  if (at != std::string::npos && request.version.empty())
    throw Error(ExitCode::usage, "{}: write NAME or NAME@VERSION", name);
  request.by = options.text("by");
  request.why = options.text("why");
  request.sign_with = options.text("sign-with");
  return request;
}

void demand_no_version(const StateRequest& request) {
  if (!request.version.empty())
    throw Error(ExitCode::usage, "{}@{}: give the name alone; it is about the version in use",
                request.name, request.version);
}

void print_decided(const StateRequest& request, const Decided& decided, const char* state) {
  if (!decided.changed) {
    std::cout << fmt::format("{}@{} is {} already; nothing was signed\n", request.name,
                             decided.version, state);
    return;
  }
  std::cout << fmt::format(
      "{:<9} {}@{}{}\nhead      {}  {}/{}/{}\n", state, request.name, decided.version,
      decided.retired.empty() || decided.retired == decided.version
          ? ""
          : fmt::format(", instead of {}", decided.retired),
      decided.head.hex(), request.registry, request.name, model_states_log.file);
}

std::optional<PromotionGuard> guard_asked(const Options& options) {
  const char* const all[] = {"evaluation", "beside", "metric"};
  std::vector<std::string> missing;
  for (const char* one : all)
    if (!options.has(one)) missing.push_back(fmt::format("--{}", one));
  const bool for_routes = options.has("regional") || options.has("common");
  if (!options.has("evaluation") && !options.has("beside") && !options.has("tolerance") &&
      (for_routes || (!options.has("metric") && !options.has("key"))))
    return {};
  if (!missing.empty())
    throw Error(ExitCode::usage,
                "{}: missing; --evaluation, --beside and --metric hold a candidate against the "
                "version in use together",
                join(missing));
  const auto tolerance =
      options.has("tolerance") ? parse_number(options.text("tolerance")) : std::optional(0.0);
  if (!tolerance || *tolerance < 0)
    throw Error(ExitCode::usage, "--tolerance {}: is no number of at least 0",
                options.text("tolerance"));
  return PromotionGuard{options.text("evaluation"), options.text("beside"), options.text("metric"),
                        *tolerance, options.list("key")};
}

std::optional<RouteRule> route_rule_asked(const Options& options) {
  if (!options.has("regional") && !options.has("common") && !options.has("gain")) return {};
  for (const char* one : {"regional", "common", "metric"})
    if (!options.has(one))
      throw Error(ExitCode::usage,
                  "--{}: missing; --regional, --common and --metric choose together whose rows are "
                  "scored by domains' own models",
                  one);
  const auto gain = options.has("gain") ? parse_number(options.text("gain")) : std::optional(0.0);
  if (!gain || *gain < 0)
    throw Error(ExitCode::usage, "--gain {}: is no number of at least 0", options.text("gain"));
  return RouteRule{options.text("regional"), options.text("common"), options.text("metric"), *gain,
                   options.list("key")};
}

}  // namespace

int deploy_init(const std::vector<std::string>& words) {
  Options options("deploy init DIR [options]",
                  "Begins a registry of models: a folder that says which version of a model is in "
                  "use, and\nsigns whose keys may decide about that.",
                  deploy_page);
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) of somebody who may decide; given again, of others");
  options.add()("sign-with", po::value<std::string>()->required(),
                "private key (PEM) of who begins it; jobs that use it must know that key");
  options.add()("by", po::value<std::string>(), "who begins it: name and office");
  options.add()("alone", "whoever trained a model may promote it, too");
  if (!options.parse(words)) return 0;
  const Digest head =
      begin_model_registry({options.text("DIR"), options.list("key"), options.has("alone"),
                            options.text("by"), options.text("sign-with")});
  std::cout << fmt::format("begun     {}\nhead      {}  {}/{}\n", options.text("DIR"), head.hex(),
                           options.text("DIR"), model_registry_log.file);
  return 0;
}

int deploy_add(const std::vector<std::string>& words) {
  Options options(
      "deploy add FOLDER [options]",
      "Copies the model of a run's output folder into a registry, as a candidate, with all that "
      "later\nuse and verification need. It must verify, and may be what `release` would let "
      "leave. Needs no MPI.",
      deploy_page);
  options.add()("name", po::value<std::string>()->required(), "what the model is called there");
  add_deciding(options, "what it is for, in one line");
  options.add()("export", po::value<std::vector<std::string>>(),
                "file that was made of the model, such as model.onnx, laid beside it in exports/; "
                "may be given again");
  options.add()("key", po::value<std::vector<std::string>>()->required(),
                "public key (PEM) that must have signed the run; may be given again");
  add_verification(options);
  if (!options.parse(words)) return 0;
  const StateRequest state = state_asked(options, options.text("name"));
  demand_no_version(state);
  const AddedModel added = add_model(
      {state, options.text("FOLDER"), options.list("export"), verification_asked(options)});
  if (!added.is_new) {
    std::cout << fmt::format("{}@{} is there already, as it was signed; nothing was changed\n",
                             state.name, added.version);
    return 0;
  }
  std::cout << fmt::format("candidate {}@{}\n", state.name, added.version);
  for (const std::string& evaluation : added.evaluations)
    std::cout << fmt::format("with      {}\n", evaluation);
  for (const std::string& why : added.left_behind)
    std::cout << fmt::format("without   {}\n", why);
  std::cout << fmt::format("head      {}  {}/{}/{}\n", added.head.hex(), state.registry, state.name,
                           model_states_log.file);
  return 0;
}

int deploy_promote(const std::vector<std::string>& words) {
  Options options(
      "deploy promote NAME [options]",
      "Puts a version of a model in use, in place of another: NAME@VERSION, or NAME if it has one\n"
      "candidate. Whoever trained it cannot. With --evaluation, only if it is not worse than the "
      "one in\nuse, on all rows and on those of each domain. Needs no MPI.",
      deploy_page);
  add_deciding(options, "why, in one line");
  options.add()("evaluation", po::value<std::string>(),
                "evaluation.json of the candidate, beside its chain");
  options.add()("beside", po::value<std::string>(),
                "evaluation.json of the version in use, of the same rows");
  options.add()("metric", po::value<std::string>(), "measure that counts, as these call it: auc");
  options.add()("tolerance", po::value<std::string>(),
                "how much worse is not worse, in the measure's unit (default: 0)");
  options.add()("regional", po::value<std::string>(),
                "evaluation.json of it with evaluate.regional: a domain's rows are scored by its "
                "own model where this is better than in --common");
  options.add()("common", po::value<std::string>(),
                "evaluation.json of it without evaluate.regional, of the same rows");
  options.add()("gain", po::value<std::string>(),
                "by how much better at least, in the measure's unit (default: 0)");
  options.add()("key", po::value<std::vector<std::string>>(),
                "public key (PEM) that may have signed the evaluations, beside those of the "
                "registry; may be given again");
  if (!options.parse(words)) return 0;
  const StateRequest request = state_asked(options, options.text("NAME"));
  const Decided decided = promote_model(request, guard_asked(options), route_rule_asked(options));
  print_decided(request, decided, "deployed");
  if (!decided.routes.is_null()) std::cout << routes_text(decided.routes);
  return 0;
}

int deploy_retire(const std::vector<std::string>& words) {
  Options options("deploy retire NAME [options]",
                  "Takes the version in use out of use; `deploy rollback` brings it back. Needs no "
                  "MPI.",
                  deploy_page);
  add_deciding(options, "why, in one line");
  if (!options.parse(words)) return 0;
  const StateRequest request = state_asked(options, options.text("NAME"));
  demand_no_version(request);
  print_decided(request, retire_model(request), "retired");
  return 0;
}

int deploy_rollback(const std::vector<std::string>& words) {
  Options options("deploy rollback NAME [options]",
                  "Puts the version in use again that was in use before. Needs no MPI.",
                  deploy_page);
  add_deciding(options, "why, in one line");
  if (!options.parse(words)) return 0;
  const StateRequest request = state_asked(options, options.text("NAME"));
  demand_no_version(request);
  print_decided(request, roll_back_model(request), "deployed");
  return 0;
}

int deploy_withdraw(const std::vector<std::string>& words) {
  Options options("deploy withdraw NAME [options]",
                  "Takes NAME@VERSION out of use for good: no stage uses it any more, under "
                  "whichever path. Needs no MPI.",
                  deploy_page);
  add_deciding(options, "why, in one line; required");
  if (!options.parse(words)) return 0;
  const StateRequest request = state_asked(options, options.text("NAME"));
  const Decided decided = withdraw_model(request);
  print_decided(request, decided, "withdrawn");
  if (decided.changed)
    std::cout << "This registry alone says so: where it was trained, `bailiwick withdraw FOLDER` "
                 "does\n";
  if (!decided.retired.empty())
    std::cout << fmt::format(
        "It was in use, and nothing is now; `bailiwick deploy rollback {}` puts the one before in "
        "use\n",
        request.name);
  return 0;
}

int deploy_show(const std::vector<std::string>& words) {
  Options options(
      "deploy show [NAME] [options]",
      "What a registry says, held to its files: each version, its state, since when, by "
      "whom, of\nwhich run; of one name, all that became of it. Needs no MPI.",
      deploy_page);
  options.add()("registry", po::value<std::string>()->required(), "folder of the registry");
  options.add()("key", po::value<std::vector<std::string>>(),
                "public key (PEM) with which it must have been begun; may be given again");
  options.add()("json", "print it as JSON");
  if (!options.parse(words)) return 0;
  const Json registry =
      model_registry_json(options.text("registry"), options.text("NAME"), options.list("key"));
  if (options.has("json"))
    std::cout << registry.dump(2) << '\n';
  else
    std::cout << model_registry_text(registry, options.has("NAME"));
  return 0;
}

}  // namespace bailiwick
