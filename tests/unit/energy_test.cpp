// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// What is made of counters of energy, in planted trees.

#include "lib/runtime/energy.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

namespace fs = std::filesystem;

/// A sysfs of our own.
class Tree {
 public:
  Tree() {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~Tree() { fs::remove_all(root_); }

  std::string path(const std::string& name = "") const { return (root_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    // At once, as the kernel does: a thread may be reading.
    std::ofstream(root_ / "new") << text << '\n';
    fs::rename(root_ / "new", root_ / name);
  }
  void zone(const std::string& zone, const std::string& name, std::uint64_t energy,
            const std::string& range = "1000000") const {
    write("class/powercap/" + zone + "/name", name);
    write("class/powercap/" + zone + "/max_energy_range_uj", range);
    set(zone, energy);
  }
  void set(const std::string& zone, std::uint64_t energy) const {
    write("class/powercap/" + zone + "/energy_uj", std::to_string(energy));
  }
  void cray(const std::string& energy, int freshness) const {
    write("cray/pm_counters/energy", energy);
    write("cray/pm_counters/freshness", std::to_string(freshness));
  }

 private:
  fs::path root_ = fs::temp_directory_path() / ("bailiwick-energy-" + std::to_string(::getpid()));
};

}  // namespace

TEST_CASE("where there is no counter, nothing is known", "[energy]") {
  const Tree tree;
  const NodeEnergy energy = EnergyMeter(tree.path(), 0).finish();
  CHECK(energy.source == EnergySource::none);
  CHECK_FALSE(energy.joules);
  CHECK_FALSE(energy.dram_joules);
  CHECK(energy.gap == EnergyGap::no_counter);
}

TEST_CASE("RAPL: packages are added up, memory is told apart, the rest is not counted twice",
          "[energy]") {
  const Tree tree;
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:0:0", "core", 100);
  tree.zone("intel-rapl:0:1", "dram", 50);
  tree.zone("intel-rapl:1", "package-1", 999000);
  tree.zone("intel-rapl:2", "psys", 0);
  tree.zone("intel-rapl-mmio:0", "package-0", 100);
  EnergyMeter meter(tree.path(), 0);
  tree.set("intel-rapl:0", 500100);
  tree.set("intel-rapl:0:0", 400100);
  tree.set("intel-rapl:0:1", 250050);
  tree.set("intel-rapl:1", 249000);  // began again at 0
  tree.set("intel-rapl:2", 900000);
  tree.set("intel-rapl-mmio:0", 500100);
  const NodeEnergy energy = meter.finish();
  CHECK(energy.source == EnergySource::rapl);
  REQUIRE(energy.joules);
  CHECK(*energy.joules == Approx(0.5 + 0.25));
  CHECK(energy.dram_joules == std::optional(0.25));
  CHECK(energy.wraps == 1);
  CHECK(energy.gap == EnergyGap::none);
}

TEST_CASE("RAPL: a counter that begins again twice is followed by looking in between", "[energy]") {
  const Tree tree;
  tree.zone("intel-rapl:0", "package-0", 900000);
  EnergyMeter meter(tree.path(), 0);
  for (const std::uint64_t value : {100000U, 800000U, 100000U}) {
    tree.set("intel-rapl:0", value);
    meter.look();
  }
  const NodeEnergy energy = meter.finish();
  CHECK(energy.joules == std::optional(0.2 + 0.7 + 0.3));
  CHECK(energy.wraps == 2);
}

TEST_CASE("RAPL: a thread looks by itself", "[energy]") {
  const Tree tree;
  tree.zone("intel-rapl:0", "package-0", 900000);
  EnergyMeter meter(tree.path(), 0.01);
  for (int i = 0; i < 6; ++i) {
    tree.set("intel-rapl:0", i % 2 == 0 ? 100000 : 600000);
    ::usleep(250000);
  }
  const NodeEnergy energy = meter.finish();
  REQUIRE(energy.joules);
  CHECK(energy.wraps == 3);
  CHECK(*energy.joules == Approx(0.2 + 5 * 0.5));
}

TEST_CASE("what cannot be known is not zero, and has a reason", "[energy]") {
  const Tree tree;
  tree.zone("intel-rapl:0", "package-0", 100);
  tree.zone("intel-rapl:1", "package-1", 100);
  tree.zone("intel-rapl:1:0", "dram", 100);
  const auto of = [&](const auto& change) {
    EnergyMeter meter(tree.path(), 0);
    tree.set("intel-rapl:0", 600);
    change();
    return meter.finish();
  };
  SECTION("one package stood still") {
    const NodeEnergy energy = of([] {});
    CHECK_FALSE(energy.joules);
    CHECK(energy.gap == EnergyGap::stale);
    CHECK_FALSE(energy.dram_joules);
  }
  SECTION("a counter is gone at the end") {
    const NodeEnergy energy =
        of([&] { fs::remove(tree.path("class/powercap/intel-rapl:1/energy_uj")); });
    CHECK_FALSE(energy.joules);
    CHECK(energy.gap == EnergyGap::vanished);
  }
  SECTION("a counter holds something else") {
    const NodeEnergy energy =
        of([&] { tree.write("class/powercap/intel-rapl:1/energy_uj", "12x"); });
    CHECK(energy.gap == EnergyGap::no_number);
  }
  SECTION("a counter was set back beyond its range") {
    tree.zone("intel-rapl:1", "package-1", 5000, "1000");
    const NodeEnergy energy = of([&] { tree.set("intel-rapl:1", 10); });
    CHECK_FALSE(energy.joules);
    CHECK(energy.gap == EnergyGap::went_back);
  }
  SECTION("the memory's counter alone is gone") {
    const NodeEnergy energy = of([&] {
      tree.set("intel-rapl:1", 1100);
      fs::remove(tree.path("class/powercap/intel-rapl:1:0/energy_uj"));
    });
    REQUIRE(energy.joules);
    CHECK(*energy.joules == Approx(0.0015));
    CHECK_FALSE(energy.dram_joules);
  }
  SECTION("root alone may read") {
    fs::permissions(tree.path("class/powercap/intel-rapl:1/energy_uj"), fs::perms::owner_read);
    const bool root = ::geteuid() == 0;
    if (root) REQUIRE(::seteuid(65534) == 0);
    if (!root) fs::permissions(tree.path("class/powercap/intel-rapl:1/energy_uj"), fs::perms::none);
    const NodeEnergy energy = EnergyMeter(tree.path(), 0).finish();
    if (root) REQUIRE(::seteuid(0) == 0);
    CHECK_FALSE(energy.joules);
    CHECK(energy.source == EnergySource::rapl);
    CHECK(energy.gap == EnergyGap::not_permitted);
  }
}

TEST_CASE("Cray's counters hold joules of the node", "[energy]") {
  const Tree tree;
  tree.cray("1000 J 1700000000 us", 7);
  tree.zone("intel-rapl:0", "package-0", 100);
  EnergyMeter meter(tree.path(), 0);
  SECTION("fresh") {
    tree.cray("1250 J 1700000100 us", 9);
    const NodeEnergy energy = meter.finish();
    CHECK(energy.source == EnergySource::pm_counters);
    CHECK(energy.joules == std::optional(250.0));
    CHECK_FALSE(energy.dram_joules);
  }
  SECTION("stale") {
    tree.cray("1250 J 1700000100 us", 7);
    const NodeEnergy energy = meter.finish();
    CHECK_FALSE(energy.joules);
    CHECK(energy.gap == EnergyGap::stale);
  }
  SECTION("set back") {
    tree.cray("3 J 1700000100 us", 9);
    CHECK(meter.finish().gap == EnergyGap::went_back);
  }
  SECTION("gone") {
    fs::remove_all(tree.path("cray"));
    CHECK(meter.finish().gap == EnergyGap::vanished);
  }
}

TEST_CASE("NVIDIA's GPUs are counted by the driver's library, where the driver is", "[energy]") {
  const Tree tree;
  tree.zone("intel-rapl:0", "package-0", 100);
  const auto set = [](const char* millijoules) { ::setenv("FAKE_NVML", millijoules, 1); };
  set("5000 7000");
  SECTION("no driver: nothing is loaded") {
    const NodeEnergy energy = EnergyMeter(tree.path(), 0, FAKE_NVML_LIBRARY).finish();
    CHECK(energy.gpus == 0);
    CHECK_FALSE(energy.gpu_joules);
    CHECK(energy.gpu_gap == EnergyGap::none);
  }
  tree.write("module/nvidia/version", "1");
  SECTION("two of them") {
    EnergyMeter meter(tree.path(), 0, FAKE_NVML_LIBRARY);
    set("5250 7500");
    const NodeEnergy energy = meter.finish();
    CHECK(energy.gpus == 2);
    CHECK(energy.gpu_joules == std::optional(0.75));
    CHECK(energy.gpu_gap == EnergyGap::none);
  }
  SECTION("not known") {
    const auto [before, after, gap] = GENERATE(table<const char*, const char*, EnergyGap>(
        {{"5000 7000", "5000", EnergyGap::vanished},
         {"5000 7000", "5000 6999", EnergyGap::went_back},
         {"5000 7000", "error 3", EnergyGap::no_counter},
         {"error 4", "error 4", EnergyGap::not_permitted}}));
    set(before);
    EnergyMeter meter(tree.path(), 0, FAKE_NVML_LIBRARY);
    set(after);
    const NodeEnergy energy = meter.finish();
    CHECK_FALSE(energy.gpu_joules);
    CHECK(energy.gpu_gap == gap);
  }
  SECTION("a library that is not there") {
    const NodeEnergy energy = EnergyMeter(tree.path(), 0, "libno-such-nvml.so.1").finish();
    CHECK_FALSE(energy.gpu_joules);
    CHECK(energy.gpu_gap == EnergyGap::no_counter);
  }
  ::unsetenv("FAKE_NVML");
}
