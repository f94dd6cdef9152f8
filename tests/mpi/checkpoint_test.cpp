// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/mount.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>

#include "io/checkpoint/writer.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/world.hpp"

using namespace bailiwick;
using io::Checkpoint;

namespace {

/// One folder for all ranks.
class SharedFolder {
 public:
  SharedFolder() {
    // All ranks hold one domain, so that what HDF5 exchanges stays in it.
    const auto ranks = static_cast<std::size_t>(test_world().size());
    EgressMeter::instance().place(std::vector(ranks, std::vector<std::size_t>{0}));
    if (test_world().is_root()) mine_ = std::make_unique<testing::TemporaryFolder>();
    path_ = test_world().broadcast(0, mine_ ? mine_->path() : std::string());
  }
  ~SharedFolder() { test_world().barrier(); }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  std::vector<std::string> files() const {
    std::string names;
    if (mine_) names = join(mine_->files(), "/");
    names = test_world().broadcast(0, names);
    std::vector<std::string> list;
    for (std::size_t begin = 0; begin < names.size();) {
      const std::size_t end = std::min(names.find('/', begin), names.size());
      list.push_back(names.substr(begin, end - begin));
      begin = end + 1;
    }
    return list;
  }

 private:
  std::unique_ptr<testing::TemporaryFolder> mine_;
  std::string path_;
};

Checkpoint make_checkpoint(std::size_t size = 1001) {
  Checkpoint checkpoint;
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = std::sqrt(static_cast<double>(i)) - 7;
  values[0] = std::numeric_limits<double>::denorm_min();
  values[1] = -0.0;
  checkpoint.arrays["parameters"] = values;
  checkpoint.arrays["standardisation/mean"] = {1, 2};
  checkpoint.arrays["standardisation/scale"] = {3};
  checkpoint.arrays["empty"] = {};
  checkpoint.attributes["kind"] = "logistic";
  checkpoint.attributes["note"] = "";
  checkpoint.attributes["columns"] = R"(["âge","chol"])";
  checkpoint.attributes["run/started"] = "2026-11-21T00:00:00Z";
  checkpoint.attributes["long"] = std::string(200000, 'x');  // beyond HDF5's compact attributes
  return checkpoint;
}

/// What publishing throws, which must be the same on every rank.
std::optional<Error> failure_of(const Checkpoint& checkpoint, const std::string& path) {
  std::optional<Error> failure;
  try {
    io::publish_checkpoint(test_world(), test_world(), checkpoint, path);
  } catch (const Error& error) {
    failure = error;
  }
  const std::string mine = failure ? failure->what() : "none";
  for (const std::string& other : test_world().gather(mine))
    CHECK(other == mine);
  return failure;
}

}  // namespace

TEST_CASE("What is published reads back, whatever the number of ranks") {
  const SharedFolder folder;
  const std::string path = folder / "model.h5";
  const Checkpoint checkpoint = make_checkpoint();
  const Digest published = io::publish_checkpoint(test_world(), test_world(), checkpoint, path);
  CHECK(folder.files() == std::vector<std::string>{"model.h5"});
  Digest content;
  const Checkpoint found = io::read_checkpoint(path, &content);
  CHECK(found.attributes == checkpoint.attributes);
  CHECK(found.arrays == checkpoint.arrays);
  CHECK(published == checkpoint.digest());
  CHECK(content == published);
  CHECK(io::content_digest(path) == published);
  // The same for ever; the file's own digest may change with the version of HDF5.
  CHECK(published.hex() == "c0a10142856289147fe8a7df6a18cebe1a8152586c5945471b74627f4a6cade9");
  const Digest file = sha256_file(path);
  ::sleep(1);  // nothing in the file may tell the time
  const std::string by_one = folder / fmt::format("by-{}.h5", test_world().rank());
  CHECK(io::publish_checkpoint(checkpoint, by_one) == published);
  CHECK(sha256_file(by_one) == file);
  test_world().barrier();
  io::publish_checkpoint(test_world(), test_world(), checkpoint, path);
  CHECK(sha256_file(path) == file);
  const Communicator alone = test_world().split(test_world().rank(), 0, "alone");
  const std::string own = folder / ("alone-" + std::to_string(test_world().rank()) + ".h5");
  io::publish_checkpoint(alone, alone, checkpoint, own);
  CHECK(sha256_file(own) == file);
}

TEST_CASE("A large model is written and hashed by all") {
  const SharedFolder folder;
  const Checkpoint checkpoint = make_checkpoint(1 << 20);
  const Digest published =
      io::publish_checkpoint(test_world(), test_world(), checkpoint, folder / "model.h5");
  CHECK(published == checkpoint.digest());
  CHECK(io::content_digest(folder / "model.h5") == published);
}

TEST_CASE("A folder that cannot be written ends in one error on all ranks") {
  const SharedFolder folder;
  const auto failure = failure_of(make_checkpoint(), folder / "absent/model.h5");
  REQUIRE(failure);
  CHECK(failure->code() == ExitCode::data);
  CHECK_THAT(failure->what(),
             Catch::Matchers::ContainsSubstring("absent/model.h5: cannot create: No such"));
  if (test_world().is_root()) std::filesystem::create_directory(folder / "model.h5");
  test_world().barrier();
  const auto taken = failure_of(make_checkpoint(), folder / "model.h5");
  REQUIRE(taken);
  CHECK_THAT(taken->what(), Catch::Matchers::ContainsSubstring("model.h5: cannot rename to it: "));
  CHECK(folder.files() == std::vector<std::string>{"model.h5"});
}

TEST_CASE("A full disk ends in one error on all ranks and leaves nothing") {
  const SharedFolder folder;
  bool mounted = !test_world().is_root() ||
                 ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") == 0;
  mounted = test_world().broadcast(0, mounted ? "yes" : "no") == "yes";
  if (!mounted) {
    WARN("skipped: cannot mount a small file system");
    return;
  }
  const auto failure = failure_of(make_checkpoint(1 << 18), folder / "model.h5");
  REQUIRE(failure);
  CHECK(failure->code() == ExitCode::data);
  CHECK_THAT(failure->what(),
             Catch::Matchers::ContainsSubstring("/model.h5: cannot take space for it") &&
                 Catch::Matchers::ContainsSubstring(": No space left on device"));
  CHECK(folder.files().empty());
  // The library has survived: the next one is written.
  CHECK_FALSE(failure_of(make_checkpoint(), folder / "model.h5"));
  test_world().barrier();
  if (test_world().is_root()) ::umount(folder.path().c_str());
  test_world().barrier();
}

TEST_CASE("Ranks that hold different models are found out") {
  if (test_world().size() == 1) return;
  const SharedFolder folder;
  Checkpoint checkpoint = make_checkpoint();
  if (test_world().rank() == test_world().size() - 1) checkpoint.arrays["parameters"].back() += 1;
  const auto failure = failure_of(checkpoint, folder / "model.h5");
  REQUIRE(failure);
  CHECK(failure->code() == ExitCode::bug);
  CHECK_THAT(failure->what(), Catch::Matchers::ContainsSubstring("every rank publishes the same"));
  CHECK(folder.files().empty());
}

TEST_CASE("An attribute that HDF5 would cut is refused") {
  const SharedFolder folder;
  Checkpoint checkpoint = make_checkpoint();
  checkpoint.attributes["kind"] = std::string("a\0b", 3);
  const auto failure = failure_of(checkpoint, folder / "model.h5");
  REQUIRE(failure);
  CHECK_THAT(failure->what(), Catch::Matchers::ContainsSubstring("an attribute holds a NUL"));
  CHECK(folder.files().empty());
}

TEST_CASE("A flipped bit is found without lineage") {
  if (test_world().size() > 1) return;  // no collective call differs
  const SharedFolder folder;
  const std::string path = folder / "model.h5";
  Checkpoint checkpoint = make_checkpoint(50);
  checkpoint.attributes.erase("long");
  io::publish_checkpoint(test_world(), test_world(), checkpoint, path);
  const std::string bytes = read_file(path);
  const auto put = [&](std::size_t position, char byte) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(position)).put(byte);
  };
  const auto try_flip = [&](std::size_t position) {
    std::optional<Error> failure;
    put(position, static_cast<char>(bytes[position] ^ (1 << position % 8)));
    try {
      const Checkpoint found = io::read_checkpoint(path);
      CHECK(found.digest() == checkpoint.digest());
    } catch (const Error& error) {
      failure = error;
    }
    put(position, bytes[position]);
    return failure;
  };
  const auto check_region = [&](const std::string& region, ExitCode code) {
    const std::size_t begin = bytes.find(region);
    REQUIRE(begin != std::string::npos);
    for (std::size_t i = begin; i < begin + region.size(); ++i) {
      const auto failure = try_flip(i);
      REQUIRE(failure);
      CHECK(failure->code() == code);
    }
  };
  for (const auto& [name, values] : checkpoint.arrays)
    if (!values.empty())
      check_region(std::string(reinterpret_cast<const char*>(values.data()), 8 * values.size()),
                   ExitCode::integrity);
  check_region(checkpoint.digest().hex(), ExitCode::data);  // in HDF5's own checksums
  check_region(checkpoint.attributes.at("columns"), ExitCode::data);
  for (std::size_t position = 0; position < bytes.size(); position += 11)
    if (const auto failure = try_flip(position)) {
      const bool expected =
          failure->code() == ExitCode::integrity || failure->code() == ExitCode::data;
      CHECK(expected);
    }
  for (std::size_t size = 0; size < bytes.size(); size += 211) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.substr(0, size);
    CHECK_THROWS_WITH(
        io::read_checkpoint(path),
        Catch::Matchers::ContainsSubstring(size == 0 ? "is not an HDF5 file" : "cannot open: "));
  }
}
