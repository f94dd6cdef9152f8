// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <limits>

#include "lib/core/error.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/slurm.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace bailiwick;

TEST_CASE("words add modulo 2^64") {
  const Communicator& world = test_world();
  const std::int64_t n = world.size();
  std::vector<std::int64_t> words{world.rank(), std::numeric_limits<std::int64_t>::max()};
  world.sum(words);
  CHECK(words[0] == n * (n - 1) / 2);
  CHECK(static_cast<std::uint64_t>(words[1]) ==
        static_cast<std::uint64_t>(n) *
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

TEST_CASE("texts are broadcast and gathered in rank order") {
  const Communicator& world = test_world();
  const int last = world.size() - 1;
  CHECK(world.broadcast(last, "from " + std::to_string(world.rank())) ==
        "from " + std::to_string(last));
  const std::vector<std::string> texts =
      world.gather(std::string(static_cast<std::size_t>(world.rank()), 'x'));
  for (std::size_t r = 0; r < texts.size(); ++r)
    CHECK(texts[r].size() == r);
}

TEST_CASE("a failure on one rank is everyone's") {
  const Communicator& world = test_world();
  CHECK_NOTHROW(agree(world, [] {}));
  const int culprit = world.size() - 1;
  try {
    agree(world, [&] {
      if (world.rank() == culprit) throw Error(ExitCode::data, "x.h5: truncated");
    });
    FAIL("nobody heard of it");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::data);
    const std::string expected = world.size() == 1
                                     ? "x.h5: truncated"
                                     : "rank " + std::to_string(culprit) + ": x.h5: truncated";
    CHECK(error.what() == expected);
  }
}

TEST_CASE("when all fail alike the message names no rank") {
  CHECK_THROWS_WITH(agree(test_world(), [] { throw Error(ExitCode::config, "same everywhere"); }),
                    "same everywhere");
}

TEST_CASE("features of nodes are read from what scontrol says") {
  const auto features = parse_scontrol(
      "NodeName=de1 Arch=x86_64 CoresPerSocket=1 AvailableFeatures=de,gpu ActiveFeatures=de,gpu "
      "Gres=(null)\n"
      "NodeName=xx AvailableFeatures=(null) ActiveFeatures=(null)\n"
      "NodeName=fr1 ActiveFeatures=fr\n");
  CHECK(features.at("de1") == std::vector<std::string>{"de", "gpu"});
  CHECK(features.at("fr1") == std::vector<std::string>{"fr"});
  CHECK_FALSE(features.contains("xx"));
  CHECK(parse_scontrol("slurm_load_node error\n").empty());
  CHECK_THROWS_WITH(slurm_features({"a;rm"}), "\"a;rm\" is no name of a node");
}
