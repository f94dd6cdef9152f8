// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/decide.hpp"

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/review/review.hpp"

namespace bailiwick {

namespace {

const ModelVersion& chosen_to_promote(const HeldName& name, const StateRequest& request) {
  if (!request.version.empty()) return name.asked();
  std::vector<std::string> candidates;
  for (const ModelVersion& version : name.history().versions)
    if (version.state == ModelState::candidate) candidates.push_back(version.name);
  if (candidates.size() == 1) return *name.history().find(candidates.front());
  throw Error(ExitCode::usage, "say which: {}@VERSION; {}", request.name,
              candidates.empty() ? "there is no candidate, and a version that was in use is named"
                                 : "there are several candidates: " + join(candidates));
}

/// Signs that a version, whose files hold, is in use.
Decided put_in_use(HeldName& name, const ModelVersion& version, Json said) {
  check_version_files(name.history(), version);
  const ModelVersion* former = name.history().deployed();
  Decided decided{version.name, true, former == nullptr ? "" : former->name, {}};
  if (former != nullptr) said["retires"] = former->name;
  decided.head = name.append(version.content, version.files.at("model.h5"), ModelState::deployed,
                             std::move(said));
  return decided;
}

}  // namespace

Decided promote_model(const StateRequest& request, const std::optional<PromotionGuard>& guard,
                      const std::optional<RouteRule>& routes) {
  const Decider decider(request);
  HeldName name(decider, request);
  const ModelVersion& version = chosen_to_promote(name, request);
  const std::string path = name.history().folder_of(version);
  if (version.state == ModelState::deployed) return {version.name, false, {}, {}};
  if (version.state == ModelState::withdrawn)
    throw Error(ExitCode::policy, "{}: was withdrawn, for good", path);
  if (!name.registry().alone && name.signer() == version.signer)
    throw Error(ExitCode::policy,
                "{}: was trained with this key; a second person promotes it, with one of the other "
                "keys of {}/{}",
                path, request.registry, model_registry_log.file);
  Json said = Json::object();
  if (guard) {
    const ModelVersion* in_use = name.history().deployed();
    if (in_use == nullptr)
      throw Error(ExitCode::data,
                  "--beside {}: no version of {} is in use that it could be of; promote without a "
                  "guard",
                  guard->beside, request.name);
    said["guard"] = demand_no_worse(*guard, name.registry(), version, *in_use);
  }
  if (routes) said["routes"] = chosen_routes(*routes, name.registry(), version);
  const Json chosen = said.value("routes", Json());
  Decided decided = put_in_use(name, version, std::move(said));
  decided.routes = chosen;
  return decided;
}

Decided retire_model(const StateRequest& request) {
  const Decider decider(request);
  HeldName name(decider, request);
  const ModelVersion* version = name.history().deployed();
  if (version == nullptr)
    throw Error(ExitCode::data, "{}: no version is in use", name.history().folder);
  Decided decided{version->name, true, {}, {}};
  decided.head = name.append(version->content, version->files.at("model.h5"), ModelState::retired,
                             Json::object());
  return decided;
}

Decided roll_back_model(const StateRequest& request) {
  const Decider decider(request);
  HeldName name(decider, request);
  const ModelVersion* before = name.history().before();
  if (before == nullptr)
    throw Error(ExitCode::data, "{}: no version was in use before that may be again",
                name.history().folder);
  return put_in_use(name, *before, {{"back", true}});
}

Decided withdraw_model(const StateRequest& request) {
  demand_one_line(request.why, "--why");
  const Decider decider(request);
  HeldName name(decider, request);
  const ModelVersion& version = name.asked();
  if (version.state == ModelState::withdrawn) return {version.name, false, {}, {}};
  Decided decided{version.name, true, {}, {}};
  if (version.state == ModelState::deployed) decided.retired = version.name;
  decided.head = name.append(version.content, version.files.at("model.h5"), ModelState::withdrawn,
                             Json::object());
  return decided;
}

}  // namespace bailiwick
