// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/owner/budget.hpp"
#include "lib/owner/registry.hpp"
#include "lib/privacy/json.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/spending.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

namespace {

/// An owner with a registry and a budget.
struct Owner {
  testing::TemporaryFolder folder;
  PrivateKey key = PrivateKey::generate(), stranger = PrivateKey::generate();
  Documents documents;
  NoisePlan plan = plan_noise(1, 1e-6, {{"score", 1, 1}});
  Json said = {{"domain", "oslo"}, {"stage", "train"}, {"identity", "a"}, {"partitions", {"p"}}};

  Owner() {
    key.save(path("own.pem"));
    stranger.save(path("stranger.pem"));
    // The writer of a config may add keys, but not to those that signed the terms.
    documents.keys = {key.public_key(), stranger.public_key()};
    documents.owners = {key.public_key().id()};
    documents.policy.privacy.epsilon = 3;
    documents.policy.registry = folder.path();
  }
  std::string path(const std::string& name) const { return folder / name; }
  BudgetLedger ledger() const { return BudgetLedger(Registry(folder.path()).budget()); }

  /// A run that ended; the line that it reserved.
  Digest run(const std::string& at = "start") {
    Spending spending;
    spending.reserve(0, 1, documents, path("own.pem"), plan.loss(), said);
    spending.used()->loss = plan.loss();
    spending.used()->first = sha256(at);
    spending.settle();
    return Digest::from_hex(spending.reservation(0));
  }
};

}  // namespace

TEST_CASE("nobody but who signed the terms makes an owner's noise and budget") {
  Owner owner;
  Spending spending;
  CHECK_THROWS_WITH(
      spending.reserve(0, 1, owner.documents, owner.path("stranger.pem"), owner.plan.loss(),
                       owner.said),
      ContainsSubstring("stranger.pem: private_key: has signed no terms of its domain"));
  CHECK_FALSE(std::filesystem::exists(owner.ledger().path()));
  owner.run();
  // A line of a stranger's breaks it, though a config names the stranger's key.
  const std::vector<PublicKey> own = owner_keys(owner.documents);
  CHECK(own.size() == 1);
  CHECK(owner.ledger().read(own).charges.size() == 1);
  NoiseUse none;
  owner.ledger().reserve(PrivacyFilter(3, 1e-6), owner.plan.loss(), owner.said, own,
                         owner.stranger);
  CHECK_THROWS_AS(owner.ledger().read(own), Error);
}

TEST_CASE("the noise of a run is drawn again for that run alone") {
  Owner owner;
  const Digest line = owner.run();
  const auto again = [&](const Digest& of, const Json& said) {
    Spending spending;
    spending.draw_again(0, 1, owner.documents, owner.path("own.pem"), of, said);
    return spending.first();
  };
  CHECK(again(line, owner.said) == sha256("start"));
  const Json others = {
      {"domain", "bern"}, {"stage", "evaluate"}, {"identity", "b"}, {"partitions", {"q"}}};
  for (const auto& [member, value] : others.items()) {
    Json other = owner.said;
    other[member] = value;
    CHECK_THROWS_WITH(again(line, other),
                      ContainsSubstring("was reserved for another \"" + member + "\""));
  }
  CHECK_THROWS_WITH(again(sha256("made up"), owner.said),
                    ContainsSubstring("knows of no run that ended"));
  // One that was killed has told nobody where it began.
  Spending killed;
  killed.reserve(0, 1, owner.documents, owner.path("own.pem"), owner.plan.loss(), owner.said);
  CHECK_THROWS_WITH(again(Digest::from_hex(killed.reservation(0)), owner.said),
                    ContainsSubstring("knows of no run that ended"));
}

TEST_CASE("a budget counts what runs used, and in full those that never came back") {
  Owner owner;
  const std::vector<PublicKey> own = owner_keys(owner.documents);
  owner.run();
  Spending stopped;
  stopped.reserve(0, 1, owner.documents, owner.path("own.pem"), owner.plan.loss(), owner.said);
  CHECK(owner.ledger().read(own).spent == owner.plan.loss().times(2));
  stopped.settle();  // nothing had crossed
  CHECK(owner.ledger().read(own).spent == owner.plan.loss());
  CHECK_THROWS_AS(stopped.settle(), Error);
  CHECK_THROWS_WITH(
      owner.ledger().reserve(PrivacyFilter(1, 1e-6), owner.plan.loss(), owner.said, own, owner.key),
      ContainsSubstring("has no room for this run"));
}
