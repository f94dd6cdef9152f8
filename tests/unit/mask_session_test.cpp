// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/mask_session.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "lib/core/error.hpp"
#include "lib/crypto/sha256.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hex.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

namespace {

void append(std::vector<std::string>& all, const std::vector<std::string>& some) {
  all.insert(all.end(), some.begin(), some.end());
}

/// Gateways of one party each, in one process; tests tamper with the messages between the steps.
struct Group {
  std::vector<PrivateKey> keys;
  std::vector<MaskParty> parties;
  std::vector<MaskSession> sessions;
  std::vector<std::string> advertisements, confirmations;

  explicit Group(std::size_t n, const std::string& terms = "terms") {
    for (std::size_t i = 0; i < n; ++i) {
      keys.push_back(PrivateKey::generate());
      parties.push_back({"d" + std::to_string(i), {keys[i].public_key()}});
    }
    for (std::size_t i = 0; i < n; ++i)
      sessions.push_back(session(i, terms));
  }
  MaskSession session(std::size_t i, const std::string& terms = "terms") const {
    return {sha256(terms), parties, {i}, {keys[i]}};
  }
  Group& advertise() {
    for (MaskSession& session : sessions)
      append(advertisements, session.advertise());
    return *this;
  }
  Group& confirm() {
    for (MaskSession& session : sessions)
      append(confirmations, session.confirm(advertisements));
    return *this;
  }
  Group& agree() {
    for (MaskSession& session : sessions)
      session.agree(confirmations);
    return *this;
  }
};

using Words = std::vector<std::int64_t>;

Words sum(const std::vector<Words>& parts) {
  Words total(parts.front().size(), 0);
  for (const Words& part : parts)
    for (std::size_t i = 0; i < total.size(); ++i)
      total[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(total[i]) +
                                           static_cast<std::uint64_t>(part[i]));
  return total;
}

/// Everybody's masked words; party i contributes i + 1 in every word.
std::vector<Words> masked(Group& group, const MaskUse& use, std::size_t size = 100,
                          std::size_t deviant = 1000) {
  std::vector<Words> parts;
  for (std::size_t i = 0; i < group.sessions.size(); ++i) {
    parts.emplace_back(size, static_cast<std::int64_t>(i) + 1);
    group.sessions[i].mask(use, sha256(i == deviant ? "other parameters" : "parameters"), parts[i]);
  }
  return parts;
}

/// Pearson's statistic of the bytes of `words` against the uniform distribution, 255 degrees of
/// freedom.
double chi_square(const Words& words) {
  std::array<double, 256> seen{};
  for (const std::byte b : std::as_bytes(std::span(words)))
    ++seen[std::to_integer<std::size_t>(b)];
  const double expected = static_cast<double>(8 * words.size()) / 256;
  return std::accumulate(seen.begin(), seen.end(), 0.0, [&](double total, double count) {
    return total + (count - expected) * (count - expected) / expected;
  });
}

}  // namespace

TEST_CASE("masks cancel in the sum of all and nowhere else") {
  for (const std::size_t n : {2, 3, 6, 50}) {
    Group group(n);
    group.advertise().confirm().agree();
    const auto parts = masked(group, {0, 0, 0}, 9);
    CHECK(sum(parts) == Words(9, static_cast<std::int64_t>(n * (n + 1) / 2)));
    CHECK(sum({parts.begin(), parts.end() - 1}) !=
          Words(9, static_cast<std::int64_t>(n * (n - 1) / 2)));
  }
}

TEST_CASE("domains that share a gateway are masked as one") {
  Group group(5);
  group.sessions.clear();
  const std::vector<std::vector<std::size_t>> gateways{{0, 3}, {1}, {2, 4}};
  for (const auto& own : gateways) {
    std::vector<PrivateKey> keys;
    for (const std::size_t i : own)
      keys.push_back(group.keys[i]);
    group.sessions.emplace_back(sha256("terms"), group.parties, own, keys);
  }
  const auto exchange = [&](auto step) {
    std::vector<std::string> all(5);
    for (std::size_t g = 0; g < gateways.size(); ++g) {
      const std::vector<std::string> own = step(group.sessions[g]);
      for (std::size_t i = 0; i < own.size(); ++i)
        all[gateways[g][i]] = own[i];
    }
    return all;
  };
  group.advertisements = exchange([](MaskSession& s) { return s.advertise(); });
  group.confirmations = exchange([&](MaskSession& s) { return s.confirm(group.advertisements); });
  group.agree();
  const auto parts = masked(group, {0, 0, 0}, 8192);
  CHECK(sum(parts) == Words(8192, 1 + 2 + 3));
  for (const Words& part : parts)
    CHECK(chi_square(part) < 378);
}

TEST_CASE("another gateway cannot claim this one's key") {
  Group group(3);
  group.advertise();
  // d2's owner signs d0's session key as its own.
  MaskSession& honest = group.sessions[0];
  Secret same;
  std::ranges::fill(same.bytes(), std::byte{7});
  const auto of = [&](std::size_t i) {
    return MaskSession(sha256("terms"), group.parties, {i}, {group.keys[i]},
                       Ephemeral{SessionKey::from_secret(same), std::string(32, 'n')});
  };
  honest = of(0);
  group.advertisements[0] = honest.advertise().front();
  group.advertisements[2] = of(2).advertise().front();
  CHECK_THROWS_WITH(honest.confirm(group.advertisements),
                    "secure aggregation: domain d2: its session key is that of another gateway");
}

TEST_CASE("the whole protocol meets its test vector") {
  // Computed by an independent program from docs/secure-aggregation.md: three parties, whose X25519
  // secrets are 32 bytes 1, 2 and 3 and whose nonces are 32 bytes 17, 18 and 19.
  std::vector<PrivateKey> keys;
  std::vector<MaskParty> parties;
  for (int i = 0; i < 3; ++i) {
    keys.push_back(PrivateKey::generate());
    parties.push_back({"d", {keys.back().public_key()}});
  }
  std::vector<MaskSession> sessions;
  std::vector<std::string> advertisements, confirmations;
  for (std::size_t i = 0; i < 3; ++i) {
    Secret secret;
    std::ranges::fill(secret.bytes(), static_cast<std::byte>(i + 1));
    sessions.emplace_back(
        sha256("terms"), parties, std::vector<std::size_t>{i}, std::vector<PrivateKey>{keys[i]},
        Ephemeral{SessionKey::from_secret(secret), std::string(32, static_cast<char>(17 + i))});
  }
  for (MaskSession& session : sessions)
    append(advertisements, session.advertise());
  for (MaskSession& session : sessions)
    append(confirmations, session.confirm(advertisements));
  CHECK(sessions[0].transcript().hex() ==
        "ae078ba4ce102c330d9f44c281ee5576ce606c8013d3b3236498d572b750c076");
  const char* const expected[] = {"22955a49c07912850604aefb156bacaf9fb561e121e27da8",
                                  "f8cab9a2deb9c2e67052520d7432fc89796f79e80398594f",
                                  "e99feb1361cc2a9484a9fff6756257c6f1da2436da852808"};
  for (std::size_t i = 0; i < 3; ++i) {
    sessions[i].agree(confirmations);
    Words words{1, -2, 3};
    sessions[i].mask({7, 1, 2}, sha256("parameters"), words);
    CHECK(hex(std::as_bytes(std::span(words))) == expected[i]);
  }
}

TEST_CASE("what leaves a party looks like noise, and other noise every round and session") {
  // The 1 - 1e-6 quantile of chi-square with 255 degrees of freedom is 378.
  std::vector<Words> seen;
  for (int session = 0; session < 3; ++session) {
    Group group(3);
    group.advertise().confirm().agree();
    for (const MaskUse& use :
         {MaskUse{0, 0, 0}, MaskUse{0, 0, 1}, MaskUse{0, 1, 0}, MaskUse{1, 0, 0}}) {
      const auto parts = masked(group, use, 8192);
      for (const Words& part : parts) {
        CHECK(chi_square(part) < 378);
        for (const Words& before : seen) {
          Words difference = before;
          for (std::size_t i = 0; i < difference.size(); ++i)
            difference[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(difference[i]) -
                                                      static_cast<std::uint64_t>(part[i]));
          REQUIRE(chi_square(difference) < 378);
        }
        seen.push_back(part);
      }
    }
  }
}

TEST_CASE("a party at other parameters gets noise, not the sum") {
  Group group(3);
  group.advertise().confirm().agree();
  const Words total = sum(masked(group, {0, 0, 0}, 8192, 1));
  CHECK(chi_square(total) < 378);
}

TEST_CASE("no mask is used twice") {
  Group group(3);
  group.advertise().confirm().agree();
  masked(group, {4, 1, 0});
  for (const MaskUse& again : {MaskUse{4, 1, 0}, MaskUse{4, 0, 7}, MaskUse{3, 9, 9}})
    CHECK_THROWS_WITH(masked(group, again), ContainsSubstring("no mask is used twice"));
  CHECK_NOTHROW(masked(group, {4, 1, 1}));
}

TEST_CASE("a relay can neither replace nor repeat nor swap session keys") {
  Group group(3);
  group.advertise();
  const auto refusal = [&](std::size_t by) {
    try {
      group.sessions[by].confirm(group.advertisements);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::integrity);
      return std::string(error.what());
    }
    return std::string("nothing was refused");
  };
  SECTION("a key altered") {
    group.advertisements[1][3] ^= 1;
    CHECK(refusal(0) ==
          "secure aggregation: domain d1: its session key is not signed by a key that the config "
          "pins, or for a run on other terms");
  }
  SECTION("a nonce altered") {
    group.advertisements[1][40] ^= 1;
    CHECK_THAT(refusal(0), ContainsSubstring("domain d1: its session key is not signed"));
  }
  SECTION("nothing sent") {
    group.advertisements[2].clear();
    CHECK_THAT(refusal(0), ContainsSubstring("domain d2: its session key is missing"));
  }
  SECTION("keys of two parties swapped") {
    std::swap(group.advertisements[1], group.advertisements[2]);
    CHECK_THAT(refusal(0), ContainsSubstring("domain d1: its session key is not signed"));
  }
  SECTION("a party of a run on other terms") {
    group.advertisements[1] = group.session(1, "other terms").advertise().front();
    CHECK_THAT(refusal(0), ContainsSubstring("or for a run on other terms"));
  }
  SECTION("a party's own key of an earlier session") {
    group.advertisements[0] = group.session(0).advertise().front();
    CHECK_THAT(refusal(0), ContainsSubstring("domain d0: its own session key came back altered"));
  }
}

TEST_CASE("two views of one session are noticed by both sides") {
  Group group(3);
  group.advertise();
  // A relay that holds d2's pinned key shows d0 another session of d2 than it shows d1.
  auto shown = group.advertisements;
  shown[2] = group.session(2).advertise().front();
  append(group.confirmations, group.sessions[0].confirm(shown));
  append(group.confirmations, group.sessions[1].confirm(group.advertisements));
  append(group.confirmations, group.sessions[2].confirm(group.advertisements));
  CHECK_THROWS_WITH(group.sessions[0].agree(group.confirmations),
                    "secure aggregation: domain d1: did not confirm the session keys that domain "
                    "d0 was shown");
  CHECK_THROWS_WITH(group.sessions[1].agree(group.confirmations),
                    ContainsSubstring("domain d0: did not confirm"));
}

TEST_CASE("a session key that is not the pinned one is refused at once") {
  const Group group(2);
  try {
    MaskSession(sha256("terms"), group.parties, {0}, {group.keys[1]});
    FAIL("took another party's key");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::config);
    CHECK(std::string(error.what()) ==
          "domain d0: its private_key is not the private half of one of its keys");
  }
}
