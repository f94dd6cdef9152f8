// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// What a record keeps of a domain's own sums, as whoever wants to know them sees it.

#include "lib/boundary/sum_tags.hpp"

#include <algorithm>
#include <set>

#include "lib/crypto/key_agreement.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

Secret key_of(const std::string& salt) {
  return hkdf(std::as_bytes(std::span(salt)), "", "test");
}

Aggregate part_of(std::vector<double> gradient, std::int64_t rows) {
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"gradient", gradient.size(), wide}, {"rows", 1, counts}});
  Aggregate part(layout);
  part.add("gradient", gradient);
  part.add_counts("rows", {{rows}});
  part.normalise();
  return part;
}

std::vector<double> some_numbers() {
  std::vector<double> numbers;
  for (int i = 0; i < 21; ++i)
    numbers.push_back(0.1 * i - 1);
  return numbers;
}

/// The tags of one step with one round.
std::map<std::string, std::string> tags_of(const Aggregate& part, const std::string& salt = "salt",
                                           const std::string& step = "step",
                                           const Digest& at = {}) {
  SumTags tags(1, [&](std::size_t) { return key_of(salt); });
  tags.add(0, "round", at, part);
  tags.end(step);
  return tags.steps().back().tags.front();
}

}  // namespace

TEST_CASE("tags: any number that differs, and no other, makes another tag of its stream") {
  const auto before = tags_of(part_of(some_numbers(), 7));
  CHECK(before.size() == 2);
  CHECK(before == tags_of(part_of(some_numbers(), 7)));
  for (std::size_t i = 0; i < 21; ++i) {
    Aggregate other = part_of(some_numbers(), 7);
    other.words("gradient")[i] ^= 1;
    const auto tags = tags_of(other);
    CHECK(tags.at("round: gradient") != before.at("round: gradient"));
    CHECK(tags.at("round: rows") == before.at("round: rows"));
  }
  // The highest bit alone, which a multiplication must not lose.
  Aggregate part = part_of(some_numbers(), 7);
  part.words("rows")[0] ^= std::int64_t(std::uint64_t{1} << 63);
  CHECK(tags_of(part).at("round: rows") != before.at("round: rows"));
}

TEST_CASE(
    "tags: a small number cannot be guessed without the key, nor runs and steps be compared") {
  const std::string own = tags_of(part_of({1}, 7)).at("round: rows");
  // Of all guesses that somebody may make without the salt, none more than by chance.
  std::size_t hits = 0;
  for (int rows = 0; rows < 1000; ++rows)
    hits += tags_of(part_of({1}, rows), "guess").at("round: rows") == own;
  CHECK(hits == 0);
  Digest elsewhere;
  elsewhere.bytes[0] = 1;
  std::set<std::string> apart{own};
  apart.insert(tags_of(part_of({1}, 7), "another salt").at("round: rows"));
  apart.insert(tags_of(part_of({1}, 7), "salt", "another step").at("round: rows"));
  apart.insert(tags_of(part_of({1}, 7), "salt", "step", elsewhere).at("round: rows"));
  CHECK(apart.size() == 4);
}

TEST_CASE("tags: of a domain that another rank leads there are none, and its key is not asked") {
  SumTags tags(2, [](std::size_t d) {
    CHECK(d == 1);
    return key_of("salt");
  });
  tags.add(1, "round", {}, part_of({1}, 7));
  tags.end("first");
  tags.add(1, "round", {}, part_of({1}, 7));
  tags.drop();
  tags.add(1, "round", {}, part_of({1}, 8));
  tags.end("second");
  REQUIRE(tags.steps().size() == 2);
  for (const SumTags::Step& step : tags.steps()) {
    CHECK(step.tags[0].empty());
    CHECK(step.tags[1].size() == 2);
  }
}
