// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Which ranks hold which domains, by where they run.

#include "lib/run/places.hpp"
#include "lib/boundary/decomposition.hpp"
#include "lib/core/error.hpp"
#include "lib/run/documents.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

using Ranks = std::vector<std::vector<int>>;

std::vector<DomainConfig> domains(const std::vector<std::pair<const char*, const char*>>& list) {
  std::vector<DomainConfig> domains;
  for (const auto& [name, jurisdiction] : list) {
    DomainConfig domain;
    domain.name = name;
    domain.jurisdiction = jurisdiction;
    domains.push_back(domain);
  }
  return domains;
}

/// A rank on a node of its own in each place.
std::vector<RankPlace> places(const std::vector<std::string>& codes) {
  std::vector<RankPlace> places;
  for (const std::string& code : codes)
    places.push_back({"node" + std::to_string(places.size()), code});
  return places;
}

/// As a run deals them, every domain having so many blocks.
Ranks dealt(const std::vector<DomainConfig>& domains, const std::vector<RankPlace>& places,
            std::vector<std::uint64_t> blocks = {}) {
  const Ranks home = ranks_at_home(domains, places);
  blocks.resize(domains.size(), 1);
  std::vector<DomainShape> shapes;
  for (std::size_t i = 0; i < domains.size(); ++i)
    shapes.push_back(
        {domains[i].name, blocks[i], domains[i].ranks.value_or(std::vector<int>()), home[i]});
  return deal_ranks(shapes, static_cast<int>(places.size()));
}

void check_config_error(const std::string& text, const std::vector<DomainConfig>& domains,
                        const std::vector<RankPlace>& places) {
  try {
    dealt(domains, places);
    FAIL_CHECK("no error; expected: " << text);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::config);
    CHECK(error.what() == text);
  }
}

}  // namespace

TEST_CASE("without homes ranks are dealt by blocks, or domains to ranks") {
  CHECK(deal_ranks({{"a", 1, {}}, {"b", 8, {}}, {"c", 3, {}}}, 6) == Ranks{{0}, {1, 2, 3}, {4, 5}});
  CHECK(deal_ranks({{"a", 1, {}}, {"b", 8, {}}, {"c", 3, {}}}, 2) == Ranks{{1}, {0}, {1}});
  CHECK(deal_ranks({{"a", 1, {2}}, {"b", 1, {}}}, 3) == Ranks{{2}, {0, 1}});
  CHECK(deal_ranks({{"a", 1, {0}}, {"b", 1, {}}}, 1) == Ranks{{0}, {0}});
  CHECK_THROWS_AS(deal_ranks({{"a", 1, {0}}}, 2), Error);
  CHECK_THROWS_AS(deal_ranks({{"a", 1, {2}}}, 2), Error);
}

TEST_CASE("a rank holds domains of the jurisdiction it runs in") {
  const auto three = domains({{"bern", "CH"}, {"lyon", "FR"}, {"kiel", "DE"}});
  CHECK(dealt(three, places({"DE", "FR", "CH"})) == Ranks{{2}, {1}, {0}});
  CHECK(dealt(three, places({"FR", "CH-ZH", "DE", "FR", "DE-SH", "FR"})) ==
        Ranks{{1}, {0, 3, 5}, {2, 4}});
  // Domains of one jurisdiction share its ranks by blocks, or sit on one.
  const auto four = domains({{"bern", "CH"}, {"lyon", "FR"}, {"nice", "FR"}, {"lens", "FR"}});
  CHECK(dealt(four, places({"FR", "FR", "CH", "FR", "FR"}), {1, 1, 9, 1}) ==
        Ranks{{2}, {0}, {1, 3}, {4}});
  CHECK(dealt(four, places({"FR", "CH"})) == Ranks{{1}, {0}, {0}, {0}});
}

TEST_CASE("where places say nothing, ranks are dealt as if there were none") {
  const auto two = domains({{"bern", "CH"}, {"lyon", "FR"}});
  CHECK(dealt(two, places({"CH", "CH", "CH"})) == Ranks{{0, 1}, {2}});
  CHECK(dealt(two, places({"CH", "CH", "CH"}), {1, 2}) == Ranks{{0}, {1, 2}});
  CHECK(dealt(two, places({"", "", ""})) == deal_ranks({{"a", 1, {}}, {"b", 1, {}}}, 3));
  CHECK(dealt(two, places({"US", "GB", ""})) == deal_ranks({{"a", 1, {}}, {"b", 1, {}}}, 3));
  // A node of the country need not lie in the canton.
  CHECK(dealt(domains({{"zurich", "CH-ZH"}}), places({"CH", "FR"})) == Ranks{{0, 1}});
}

TEST_CASE("a jurisdiction inside another has its ranks first") {
  const auto both = domains({{"bund", "CH"}, {"zurich", "CH-ZH"}, {"lyon", "FR"}});
  CHECK(dealt(both, places({"CH-ZH", "CH-BE", "CH-ZH", "FR"})) == Ranks{{1}, {0, 2}, {3}});
  CHECK(dealt(both, places({"CH-ZH", "CH-ZH", "FR"})) == Ranks{{0}, {1}, {2}});
  CHECK(dealt(both, places({"FR", "CH-ZH"})) == Ranks{{1}, {1}, {0}});
  // Basel and Zurich have one rank each, the federation none of its own: it shares both.
  const auto cantons = domains({{"bund", "CH"}, {"zurich", "CH-ZH"}, {"basel", "CH-BS"}});
  CHECK(dealt(cantons, places({"CH-ZH", "CH-BS"})) == Ranks{{0, 1}, {0}, {1}});
}

TEST_CASE("explicit ranks stay as they are, wherever they run") {
  auto three = domains({{"bern", "CH"}, {"lyon", "FR"}, {"kiel", "DE"}});
  three[2].ranks = {1};
  CHECK(dealt(three, places({"FR", "FR", "CH"})) == Ranks{{2}, {0}, {1}});
  three[0].ranks = {2};
  three[1].ranks = {0};
  CHECK(dealt(three, places({"DE", "CH", "FR"})) == Ranks{{2}, {0}, {1}});
}

TEST_CASE("a jurisdiction without ranks, and a rank without domains, are named") {
  const auto two = domains({{"bern", "CH"}, {"lyon", "FR"}});
  check_config_error(
      "domain lyon: no rank of this job runs in FR, its jurisdiction (the nodes lie in CH, DE); "
      "start a rank there too, or name ranks under its `ranks`",
      two, places({"DE", "CH", "CH", ""}));
  check_config_error(
      "rank 1 on node node1 holds no domain: the node lies in DE, the jurisdiction of none that "
      "ranks are dealt to; start no rank there, or name it under a domain's `ranks`",
      two, places({"FR", "DE", "CH"}));
  check_config_error(
      "rank 2 on node node2 holds no domain: the node lies in no declared place, the jurisdiction "
      "of none that ranks are dealt to; start no rank there, or name it under a domain's `ranks`",
      two, places({"FR", "CH", ""}));
}

TEST_CASE("domains that share a key, directly or through others, are one owner's") {
  CHECK(owners_of({}).empty());
  CHECK(owners_of({{"a"}, {"b"}, {"c"}}) == std::vector<std::size_t>{0, 1, 2});
  CHECK(owners_of({{"a"}, {"b"}, {"a"}}) == std::vector<std::size_t>{0, 1, 0});
  CHECK(owners_of({{"a", "x"}, {"b"}, {"c"}, {"b", "x"}}) == std::vector<std::size_t>{0, 0, 2, 0});
  CHECK(owners_of({{"a"}, {"b"}, {"c"}, {"c", "b"}, {"a", "c"}}) ==
        std::vector<std::size_t>{0, 0, 0, 0, 0});
}
