// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// What does it cost to check every block's digest while reading? Prints the speed with checks over
// the speed without, from the page cache (warm) and from the disk (cold).
//
//   benchmark_partition_read [--megabytes N] [--folder DIR] [--repeat N] [--json FILE]
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "io/partition/partition.hpp"
#include "lib/core/json.hpp"
#include "tests/support/admission.hpp"

using namespace bailiwick;

namespace {

constexpr std::size_t features = 38;

PartitionManifest write_partition(const std::string& path, std::size_t rows,
                                  const char* precision) {
  Schema schema;
  for (std::size_t j = 0; j < features; ++j)
    schema.features.push_back({.name = fmt::format("x{}", j)});
  schema.targets = {{.name = "y"}};
  io::PartitionWriter writer(path, schema,
                             {.name = "benchmark", .owner = "nobody", .precision = precision});
  io::RowBuffer buffer;
  buffer.rows = 1024;
  buffer.features.resize(buffer.rows * features);
  buffer.targets.resize(buffer.rows, 1);
  std::uint32_t state = 1;
  for (std::size_t row = 0; row < rows; row += buffer.rows) {
    for (double& value : buffer.features)
      value = static_cast<double>(state = state * 1664525u + 1013904223u);
    writer.append(buffer);
  }
  return writer.finish(PrivateKey::generate());
}

void forget_cache(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  ::fsync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
}

/// Seconds to stream all rows into a sum.
double seconds(const PartitionManifest& manifest, const std::string& path, bool check, bool cold) {
  if (cold) forget_cache(path);
  io::PartitionReader reader(testing::admit(manifest), manifest, path);
  double sum = 0;
  const auto use = [&](std::uint64_t, const io::RowBuffer& rows) {
    for (std::size_t i = 0; i < rows.features.size(); i += features)
      sum += rows.features[i];
  };
  const auto start = std::chrono::steady_clock::now();
  if (check)
    reader.read_blocks(0, manifest.blocks(), use);
  else
    io::detail::read_blocks_unchecked(reader, 0, manifest.blocks(), use);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  if (!(sum > 0)) throw Error(ExitCode::bug, "nothing was read");
  return taken.count();
}

}  // namespace

int main(int argc, char** argv) try {
  std::map<std::string, std::string> options = {
      {"--megabytes", "512"}, {"--folder", "."}, {"--repeat", "5"}, {"--json", ""}};
  for (int i = 1; i < argc; i += 2) {
    if (!options.contains(argv[i]) || i + 1 == argc) {
      fmt::print(stderr, "usage: {} [--megabytes N] [--folder DIR] [--repeat N] [--json FILE]\n",
                 argv[0]);
      return static_cast<int>(ExitCode::usage);
    }
    options[argv[i]] = argv[i + 1];
  }
  const std::string path =
      fmt::format("{}/bailiwick-benchmark-{}.h5", options["--folder"], ::getpid());
  Json results = Json::array();
  for (const char* precision : {"float64", "float32"}) {
    const std::size_t width = precision == std::string("float64") ? 8 : 4;
    const std::size_t row_bytes = features * width + 8;
    const std::size_t rows = std::stoul(options["--megabytes"]) * 1000000 / row_bytes;
    const PartitionManifest manifest = write_partition(path, rows, precision);
    const double megabytes = 1e-6 * static_cast<double>(manifest.rows * row_bytes);
    for (const bool cold : {false, true}) {
      seconds(manifest, path, true, false);
      std::vector<double> with, without;
      for (int i = 0; i < std::stoi(options["--repeat"]); ++i) {  // in turn, for a noisy machine
        without.push_back(seconds(manifest, path, false, cold));
        with.push_back(seconds(manifest, path, true, cold));
      }
      const auto best = [&](const std::vector<double>& times) {
        return megabytes / *std::min_element(times.begin(), times.end());
      };
      fmt::print("{} {}: {:.0f} MB/s with digests, {:.0f} MB/s without, ratio {:.2f}\n", precision,
                 cold ? "cold" : "warm", best(with), best(without), best(with) / best(without));
      results.push_back({{"precision", precision},
                         {"cache", cold ? "cold" : "warm"},
                         {"megabytes", megabytes},
                         {"megabytes_per_second_checked", best(with)},
                         {"megabytes_per_second_unchecked", best(without)},
                         {"ratio", best(with) / best(without)}});
    }
    std::filesystem::remove(path);
    std::filesystem::remove(io::manifest_path(path));
  }
  if (!options["--json"].empty())
    std::ofstream(options["--json"])
        << Json{{"benchmark", "partition_read"}, {"results", results}}.dump(2) << '\n';
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return EXIT_FAILURE;
}
