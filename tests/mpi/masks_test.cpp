// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>

#include "lib/boundary/boundary.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/runtime/agree.hpp"
#include "tests/mpi/capture.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/world.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

const Digest terms = sha256("terms");

/// Domains with keys that all ranks know, of any number over any ranks.
struct Domains {
  std::vector<PrivateKey> keys;
  std::vector<MaskParty> parties;
  DomainDecomposition decomposition;

  explicit Domains(std::size_t n) : decomposition(test_world(), shapes(n)) {
    const TemporaryFolder folder;  // a rank's own; keys travel as text
    for (std::size_t i = 0; i < n; ++i) {
      std::string pem;
      if (test_world().is_root()) {
        PrivateKey::generate().save(folder / std::to_string(i));
        pem = read_file(folder / std::to_string(i));
      }
      pem = test_world().broadcast(0, pem);
      const std::string copy = folder / ("copy-" + std::to_string(i));
      write_file_atomically(copy, pem);
      std::filesystem::permissions(copy, std::filesystem::perms::owner_read);
      keys.push_back(PrivateKey::load(copy));
      parties.push_back({"domain " + std::to_string(i), {keys[i].public_key()}});
    }
  }
  static std::vector<DomainShape> shapes(std::size_t n) {
    std::vector<DomainShape> shapes;
    for (std::size_t i = 0; i < n; ++i)
      shapes.push_back({"d" + std::to_string(i), 1 + i, {}});
    return shapes;
  }
  void start(Boundary& boundary) const {
    boundary.start_masks(terms, parties, [this](std::size_t i) { return keys[i]; });
  }
  /// This rank's parts: domain i contributes (i + 1) / 3 in all values, counted on its leader.
  std::vector<Aggregate> parts(std::size_t size) const {
    const auto layout = std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"values", size, wide}, {"counts", 2, counts}});
    std::vector<Aggregate> result;
    for (std::size_t d = 0; d < decomposition.local_domains().size(); ++d) {
      Aggregate& part = result.emplace_back(layout);
      if (!decomposition.leads(d)) continue;
      const auto i = static_cast<std::int64_t>(decomposition.local_domains()[d]) + 1;
      part.add("values", std::vector<double>(size, static_cast<double>(i) / 3));
      part.add_counts("counts", std::array<std::int64_t, 2>{i, -i});
    }
    return result;
  }
};

std::vector<std::int64_t> numbers_of(const Aggregate& sum) {
  return {sum.words().begin(), sum.words().end()};
}

double chi_square(std::span<const std::int64_t> words) {
  std::array<double, 256> seen{};
  for (const std::byte b : std::as_bytes(words))
    ++seen[std::to_integer<std::size_t>(b)];
  const double expected = static_cast<double>(8 * words.size()) / 256;
  return std::accumulate(seen.begin(), seen.end(), 0.0, [&](double total, double count) {
    return total + (count - expected) * (count - expected) / expected;
  });
}

/// What every rank's work ended with; the same on all.
template <class Work>
std::string failure_of(ExitCode code, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "nothing failed";
}

}  // namespace

TEST_CASE("masked and plain sums have the same bits") {
  for (const std::size_t n : {1, 2, 3, 4, 6, 50}) {
    if (static_cast<std::size_t>(test_world().size()) > n && n < 2) continue;
    Domains domains(n);
    Boundary plain(domains.decomposition), masked(domains.decomposition);
    domains.start(masked);
    for (int round = 0; round < 3; ++round) {
      const double theta[] = {1.5, static_cast<double>(round)};
      const auto expected = numbers_of(plain.across_domains("r", domains.parts(40), theta));
      const auto sum = numbers_of(masked.across_domains("r", domains.parts(40), theta));
      CHECK(sum == expected);
      CHECK(sum[0] == 0);
    }
  }
}

TEST_CASE("a domain at other parameters fails the round on every rank") {
  Domains domains(3);
  Boundary boundary(domains.decomposition);
  domains.start(boundary);
  const double theta[] = {domains.decomposition.local_domains().front() == 0 ? 1.0 : 2.0};
  if (test_world().size() == 1) return;  // one rank has one theta
  const std::string text = failure_of(
      ExitCode::integrity, [&] { boundary.across_domains("score", domains.parts(8), theta); });
  CHECK_THAT(text, ContainsSubstring("round 0 (score): the masks did not cancel"));
}

TEST_CASE("a domain with another key than the pinned one fails the start on every rank") {
  Domains domains(4);
  Boundary boundary(domains.decomposition);
  const std::string text = failure_of(ExitCode::config, [&] {
    boundary.start_masks(terms, domains.parties,
                         [&](std::size_t i) { return i == 2 ? domains.keys[1] : domains.keys[i]; });
  });
  CHECK_THAT(text, ContainsSubstring("domain domain 2: its private_key is not the private half"));
}

TEST_CASE("domains that pin other keys, or agreed on other terms, fail the start on every rank") {
  if (test_world().size() == 1) return;
  Domains domains(4);
  Boundary boundary(domains.decomposition);
  const bool other = test_world().rank() == 1;
  const std::string text = failure_of(ExitCode::integrity, [&] {
    boundary.start_masks(other ? sha256("other terms") : terms, domains.parties,
                         [&](std::size_t i) { return domains.keys[i]; });
  });
  CHECK_THAT(text, ContainsSubstring("is not signed by a key that the config pins"));
}

TEST_CASE("a total that could wrap is reported by all, not sent") {
  Domains domains(3);
  Boundary boundary(domains.decomposition);
  domains.start(boundary);
  std::vector<Aggregate> parts = domains.parts(4);
  for (std::size_t d = 0; d < parts.size(); ++d)
    if (domains.decomposition.leads(d) && domains.decomposition.local_domains()[d] == 1)
      parts[d].words("counts")[0] = std::int64_t{1} << 62;
  CHECK(boundary.across_domains("r", std::move(parts)).saturated() == 1);
}

TEST_CASE("what leaves a gateway is uniform, and other in every session on the same data") {
  if (test_world().size() == 1) return;  // nothing leaves
  constexpr std::size_t size = 20000;
  std::vector<std::vector<std::int64_t>> seen;
  for (int session = 0; session < 3; ++session) {
    Domains domains(3);
    Boundary boundary(domains.decomposition);
    domains.start(boundary);
    start_capture();
    boundary.across_domains("r", domains.parts(size));
    const auto sent = stop_capture(size);
    const bool gateway = [&] {
      for (std::size_t d = 0; d < domains.decomposition.local_domains().size(); ++d)
        if (domains.decomposition.leads(d)) return true;
      return false;
    }();
    CHECK(sent.empty() != gateway);
    if (!gateway) continue;
    // The 1 - 1e-9 quantile of chi-square with 255 degrees of freedom is 417.
    CHECK(chi_square(sent) < 417);
    for (const auto& before : seen) {
      std::vector<std::int64_t> difference(sent.size());
      for (std::size_t i = 0; i < sent.size(); ++i)
        difference[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sent[i]) -
                                                  static_cast<std::uint64_t>(before[i]));
      CHECK(chi_square(difference) < 417);
    }
    seen.push_back(sent);
  }
}

TEST_CASE("without masks the same capture sees the sums") {
  if (test_world().size() == 1) return;
  Domains domains(3);
  Boundary boundary(domains.decomposition);
  start_capture();
  boundary.across_domains("r", domains.parts(20000));
  const auto sent = stop_capture(20000);
  if (!sent.empty()) CHECK(chi_square(sent) > 1e6);
}

TEST_CASE("a number that too few domains are in does not cross, whatever crossed before") {
  const Domains domains(4);
  DomainDecomposition decomposition(test_world(), Domains::shapes(4));
  Boundary boundary(decomposition);
  domains.start(boundary);
  boundary.require_contributors(2);
  const auto layout =
      std::make_shared<const AggregateLayout>(std::vector<Stream>{{"n", 3, counts}});
  // contributing[i]: domains 0 .. contributing[i] - 1 are not zero in number i.
  const auto round = [&](std::array<std::size_t, 3> contributing) {
    std::vector<Aggregate> parts;
    for (std::size_t d = 0; d < decomposition.local_domains().size(); ++d) {
      Aggregate& part = parts.emplace_back(layout);
      if (!decomposition.leads(d)) continue;
      std::array<std::int64_t, 3> values{};
      for (std::size_t i = 0; i < 3; ++i)
        values[i] = decomposition.local_domains()[d] < contributing[i] ? 5 : 0;
      part.add_counts("n", values);
    }
    return numbers_of(boundary.across_domains("numbers", std::move(parts)));
  };
  CHECK(round({4, 2, 0}) == std::vector<std::int64_t>{0, 20, 10, 0});
  const std::size_t rounds = boundary.ledger().size();
  CHECK(round({4, 2, 0}) == std::vector<std::int64_t>{0, 20, 10, 0});
  CHECK(boundary.ledger().size() == rounds + 1);  // the same zeros are not asked about again
  CHECK(round({4, 0, 2}) == std::vector<std::int64_t>{0, 20, 0, 10});
  // Each domain's zeros were there before, but not together.
  std::string refusal;
  try {
    round({4, 1, 2});
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::policy);
    refusal = error.what();
  }
  CHECK_THAT(refusal,
             ContainsSubstring("in brackets how many: number 2 of 3 of n (1); merge rare levels"));
  CHECK(boundary.ledger().back().name == "contributors to numbers");  // its sum was never made
}

TEST_CASE("a part of too few rows is withheld, and nobody learns the others' sum either") {
  for (const bool masked : {false, true}) {
    Domains domains(4);
    Boundary boundary(domains.decomposition);
    if (masked) domains.start(boundary);
    const std::vector<std::size_t>& here = domains.decomposition.local_domains();
    boundary.require_rows(std::vector<MinimumRows>(here.size(), {10, 10}));
    const auto layout =
        std::make_shared<const AggregateLayout>(std::vector<Stream>{{"n", 3, counts}});
    // Domain i says 5 + i of a part of rows[i] rows, which all its ranks hold together.
    const auto round = [&](std::array<std::int64_t, 4> rows, std::array<std::int64_t, 4> values) {
      std::vector<Aggregate> parts;
      std::vector<std::uint64_t> held;
      for (std::size_t d = 0; d < here.size(); ++d) {
        const bool leads = domains.decomposition.leads(d);
        held.push_back(leads ? static_cast<std::uint64_t>(rows[here[d]]) : 0);
        Aggregate& part = parts.emplace_back(layout);
        const std::int64_t value = leads ? values[here[d]] : 0;
        part.add_counts("n", std::array<std::int64_t, 3>{value, 0, -value});
      }
      boundary.hold_rows(held);
      return numbers_of(boundary.across_domains("numbers", std::move(parts)));
    };
    CHECK(round({10, 11, 12, 13}, {1, 2, 3, 4}) == std::vector<std::int64_t>{0, 10, 0, -10});
    // No row at all, and zero, is no part.
    CHECK(round({10, 0, 12, 13}, {1, 0, 3, 4}) == std::vector<std::int64_t>{0, 8, 0, -8});
    const std::string few = failure_of(ExitCode::policy, [&] {
      round({10, 9, 12, 3}, {1, 2, 3, 4});
    });
    CHECK_THAT(few,
               ContainsSubstring("no sum was learnt") &&
                   ContainsSubstring("domain d1: its part of the round \"numbers\" would be made "
                                     "of fewer rows of non-zero weight than the 10") &&
                   ContainsSubstring("domain d3: ") && !ContainsSubstring("domain d2"));
  }
}

TEST_CASE("numbers of no rows are no way round the minimum") {
  Domains domains(3);
  Boundary boundary(domains.decomposition);
  boundary.require_rows(
      std::vector<MinimumRows>(domains.decomposition.local_domains().size(), {10, 10}));
  // Nobody has said how many rows these are made of.
  const std::string text =
      failure_of(ExitCode::policy, [&] { boundary.across_domains("r", domains.parts(8)); });
  CHECK_THAT(text, ContainsSubstring("would be made of fewer rows"));
}

TEST_CASE("a refusal names every column that too few domains have, once, and at most ten") {
  const Domains domains(3);
  DomainDecomposition decomposition(test_world(), Domains::shapes(3));
  Boundary boundary(decomposition);
  domains.start(boundary);
  boundary.require_contributors(2);
  auto names = std::make_shared<std::vector<std::string>>();
  for (const char* name : {"age", "icu", "sex"})
    names->emplace_back(name);
  const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"score", 3, counts, names}, {"information", 6, counts, names}, {"rest", 12, counts}});
  // Domain 1 alone has rows of icu; domain 2 alone both of age and sex; the rest are its, too.
  const auto refusal = [&](bool rest) -> std::string {
    std::vector<Aggregate> parts;
    for (const std::size_t d : decomposition.local_domains()) {
      Aggregate& part = parts.emplace_back(layout);
      if (!decomposition.leads(parts.size() - 1)) continue;
      const std::int64_t icu = d == 1, both = d == 2;
      const std::int64_t score[] = {1, icu, 1};
      const std::int64_t information[] = {1, icu, icu, both, icu, 1};
      const std::vector<std::int64_t> others(12, rest ? both : 0);
      part.add_counts("score", score);
      part.add_counts("information", information);
      part.add_counts("rest", others);
    }
    try {
      boundary.across_domains("fit", std::move(parts));
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::policy);
      return error.what();
    }
    return "";
  };
  CHECK_THAT(refusal(false), ContainsSubstring("round \"fit\": 5 numbers") &&
                                 ContainsSubstring("in brackets how many: icu (1), sex with age "
                                                   "(1); merge rare levels"));
  CHECK_THAT(refusal(true), ContainsSubstring("icu (1), number 1 of 12 of rest (1), ") &&
                                ContainsSubstring("number 9 of 12 of rest (1) and 4 more;"));
}
