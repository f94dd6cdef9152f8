// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/model_states.hpp"

#include <algorithm>
#include <random>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

/// A registry of two people, and models that the first of them trained, each by its digest.
struct Registered {
  PrivateKey first = PrivateKey::generate(), second = PrivateKey::generate();
  ModelRegistry registry{"r", {}, {first.public_key(), second.public_key()}, false};
  ModelHistory history;

  Registered() { history.name = "heart"; }

  /// Whether the line holds; one that does not leaves no trace.
  bool take(const Digest& model, ModelState state, bool by_second = true, bool back = false) {
    LogEntry entry;
    entry.subject = version_of(model) + "/model.h5";
    entry.subject_sha256 = model;
    entry.signer = (by_second ? second : first).public_key().id();
    entry.said = {{"format", "bailiwick-model-state"},
                  {"version", 1},
                  {"registry", registry.begun.digest.hex()},
                  {"name", "heart"},
                  {"model", model.hex()},
                  {"state", to_word(state)},
                  {"back", back}};
    if (state == ModelState::candidate)
      entry.said.update(
          {{"files", {{"model.h5", model.hex()}}}, {"signer", first.public_key().id()}});
    if (const ModelVersion* in_use = history.deployed(); in_use && state == ModelState::deployed)
      entry.said["retires"] = in_use->name;
    const ModelHistory before = history;
    try {
      take_change(registry, entry, "line", history);
      return true;
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::integrity);
      history = before;
      return false;
    }
  }
};

}  // namespace

TEST_CASE("any order of decisions leaves one in use, and rollbacks lead back", "[registry]") {
  using enum ModelState;
  std::mt19937 draw(11);
  std::vector<Digest> models;
  for (const char* text : {"a", "b", "c", "d"})
    models.push_back(sha256(text));
  std::size_t held = 0;
  for (int run = 0; run < 50; ++run) {
    Registered registered;
    const ModelHistory& history = registered.history;
    // What a reader would write down: states, and the stack of those in use.
    std::map<std::string, ModelState> states;
    std::vector<std::string> stack;
    bool in_use = false;
    for (int step = 0; step < 40; ++step) {
      const Digest& model = models[draw() % models.size()];
      const std::string version = version_of(model);
      const bool there = states.contains(version), by_second = draw() % 4 != 0;
      constexpr int decisions[] = {0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 4, 4};  // few withdrawals
      switch (decisions[draw() % std::size(decisions)]) {
        case 0:
          CHECK(registered.take(model, candidate, by_second) == !there);
          if (!there) states[version] = candidate;
          break;
        case 1: {
          const bool may =
              there && by_second && states[version] != withdrawn && states[version] != deployed;
          CHECK(registered.take(model, deployed, by_second) == may);
          if (!may) break;
          if (in_use) states[stack.back()] = retired;
          std::erase(stack, version);
          stack.push_back(version);
          states[version] = deployed;
          in_use = true;
          break;
        }
        case 2: {
          const bool may = there && states[version] == deployed;
          CHECK(registered.take(model, retired, by_second) == may);
          if (may) states[version] = retired, in_use = false;
          break;
        }
        case 3: {
          const bool may = there && states[version] != withdrawn;
          CHECK(registered.take(model, withdrawn, by_second) == may);
          if (!may) break;
          in_use = in_use && states[version] != deployed;
          std::erase(stack, version);
          states[version] = withdrawn;
          break;
        }
        default: {
          std::vector<std::string> below = stack;
          if (in_use) below.pop_back();
          const bool may = !below.empty() && below.back() == version;
          CHECK((history.before() == nullptr) == below.empty());
          CHECK(registered.take(model, deployed, by_second, true) == may);
          if (!may) break;
          if (in_use) states[stack.back()] = retired;
          stack = below;
          states[version] = deployed;
          in_use = true;
        }
      }
      CHECK(history.used == stack);
      CHECK((history.deployed() != nullptr) == in_use);
      if (in_use) CHECK(history.deployed()->name == stack.back());
      for (const auto& [name, state] : states)
        CHECK(history.find(name)->state == state);
    }
    held += history.changes.size();
  }
  CHECK(held > 300);
}
