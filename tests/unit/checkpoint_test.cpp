// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Reading without MPI; writing is collective and tested in tests/mpi/checkpoint_test.cpp.
#include <cmath>
#include <limits>
#include <span>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/error.hpp"
#include "lib/crypto/sha256.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace bailiwick;

namespace {

io::Checkpoint model() {
  io::Checkpoint checkpoint;
  checkpoint.attributes = {{"kind", "logistic"}, {"run/host", "n17"}};
  checkpoint.arrays = {{"parameters", {1.5, -2}}, {"fit", {}}};
  return checkpoint;
}

}  // namespace

TEST_CASE("The content digest is what the format document says") {
  const auto u64 = [](std::uint64_t n) {
    return std::string(reinterpret_cast<const char*>(&n), sizeof n);
  };
  const auto field = [&](const std::string& text) { return u64(text.size()) + text; };
  const auto bytes = [](std::span<const double> values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  };
  const auto digest = [](const std::string& text) {
    const Digest found = sha256(text);
    return std::string(found.bytes.begin(), found.bytes.end());
  };
  const std::string before = field("bailiwick-model") + u64(2) + u64(1) + field("kind") +
                             field("logistic") + u64(2) + field("fit");
  const double values[] = {1.5, -2};
  CHECK(model().digest() ==
        sha256(before + u64(0) + field("parameters") + u64(2) + digest(bytes(values))));

  io::Checkpoint large = model();
  std::vector<double>& fit = large.arrays["fit"];
  constexpr std::size_t piece = 131072;
  for (std::size_t i = 0; i < 2 * piece + 3; ++i)
    fit.push_back(1.0 / static_cast<double>(i + 1));
  const std::span<const double> all(fit);
  CHECK(large.digest() ==
        sha256(before + u64(fit.size()) + digest(bytes(all.first(piece))) +
               digest(bytes(all.subspan(piece, piece))) + digest(bytes(all.subspan(2 * piece))) +
               field("parameters") + u64(2) + digest(bytes(values))));
}

TEST_CASE("The content digest covers all that defines the model and nothing of the run") {
  const Digest digest = model().digest();
  const auto changed = [&](auto change) {
    io::Checkpoint checkpoint = model();
    change(checkpoint);
    return checkpoint.digest() != digest;
  };
  CHECK(changed([](auto& c) { c.attributes["kind"] = "linear"; }));
  CHECK(changed([](auto& c) { c.attributes["l2"] = ""; }));
  CHECK(changed([](auto& c) { c.arrays["parameters"][1] = std::nextafter(-2.0, 0.0); }));
  CHECK(changed([](auto& c) { c.arrays["fit"] = {0}; }));
  CHECK(changed([](auto& c) { c.arrays["fit2"] = {}; }));
  CHECK(changed([](auto& c) { c.arrays.erase("fit"); }));
  CHECK_FALSE(changed([](auto& c) { c.attributes["run/host"] = "n18"; }));
  CHECK_FALSE(changed([](auto& c) { c.attributes["run/started"] = "2026-11-21T00:00:00Z"; }));
}

TEST_CASE("What is not a model is told apart without MPI") {
  const testing::TemporaryFolder folder;
  CHECK_THROWS_WITH(io::read_checkpoint(folder / "none.h5"),
                    folder / "none.h5" + ": cannot open: No such file or directory");
  CHECK_THROWS_WITH(io::read_checkpoint(folder.path()),
                    folder.path() + ": is a folder, not a file");
}
