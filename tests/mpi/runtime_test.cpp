// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <limits>

#include "lib/core/error.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/command.hpp"
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
  const std::vector<SlurmNode> nodes = parse_scontrol(
      "NodeName=de1 Arch=x86_64 CoresPerSocket=1 AvailableFeatures=de,gpu ActiveFeatures=de,gpu "
      "NodeAddr=10.0.0.1 NodeHostName=de1.example Gres=(null)\n"
      "NodeName=xx AvailableFeatures=(null) ActiveFeatures=(null)\n"
      "a warning\n"
      "NodeName=fr1 ActiveFeatures=fr\n");
  REQUIRE(nodes.size() == 3);
  CHECK(nodes[0].name == "de1");
  CHECK(nodes[0].host == "de1.example");
  CHECK(nodes[0].features == std::vector<std::string>{"de", "gpu"});
  CHECK(nodes[1].features.empty());
  CHECK(nodes[2].features == std::vector<std::string>{"fr"});
  CHECK(parse_scontrol("slurm_load_node error\n").empty());
}

TEST_CASE("a node of Slurm is a host of the same name, with its domain or without") {
  CHECK(is_same_node("vm", "vm"));
  CHECK(is_same_node("vm", "vm.zh.example"));
  CHECK(is_same_node("vm.zh.example", "vm"));
  CHECK_FALSE(is_same_node("vm.be.example", "vm.zh.example"));
  CHECK_FALSE(is_same_node("vm1", "vm"));
  CHECK_FALSE(is_same_node("", "vm"));
}

TEST_CASE("a program is run without shell, variables and input, and no longer than it may") {
  const auto script = [](const std::string& text) {
    return run_command({{"/bin/sh", "-c", text}, {"X=1"}, 1000, std::chrono::seconds(1)});
  };
  CHECK(script("echo $X; echo $HOME$SLURM_CONF; cat; echo e >&2").output == "1\n\ne\n");
  CHECK(script("echo").problem.empty());
  CHECK(script("echo why; exit 3").problem == "why");
  CHECK(script("exit 3").problem == "it failed");
  CHECK(script("while true; do echo more; done").problem == "it writes too much");
  CHECK(script("exec sleep 30").problem == "it does not end");
  CHECK(run_command({{"/bin/echo", "$(id); rm"}, {}}).output == "$(id); rm\n");
  CHECK(run_command({{"/no/such/program"}, {}}).problem == "No such file or directory");
}
