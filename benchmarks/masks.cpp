// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Masks on one core, beside the ChaCha20 of `openssl speed` on the same core in the same run: for
// one other party, what a gateway does to the words of a round.
// Usage: benchmark_masks [words] [result.json]

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "lib/crypto/key_stream.hpp"

using namespace bailiwick;

namespace {

/// Bytes a second of `openssl speed -evp chacha20`, blocks of 16 KiB; 0 if there is no openssl.
double openssl_speed() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
      ::popen("openssl speed -evp chacha20 -bytes 16384 -seconds 2 -mr 2>/dev/null", "r"),
      ::pclose);
  double speed = 0;
  std::array<char, 256> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe.get()) != nullptr) {
    // +F:22:ChaCha20:3700000000.00
    const std::string text = line.data();
    if (text.starts_with("+F:")) speed = std::stod(text.substr(text.rfind(':') + 1));
  }
  return speed;
}

double mask_speed(std::size_t words) {
  std::vector<std::int64_t> sums(words, 1);
  const Secret key;
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    add_key_stream(key, 0, i % 2 == 0 ? Sign::plus : Sign::minus, sums);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, 8 * static_cast<double>(words) / elapsed.count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t largest = argc > 1 ? std::stoul(argv[1]) : std::size_t{1} << 22;
  const double peer = openssl_speed();
  std::string json = fmt::format(R"({{"openssl_bytes_per_second":{:.0f},"results":[)", peer);
  fmt::print("openssl speed, ChaCha20: {:.2f} GB/s\n{:>10} {:>10} {:>8}\n", peer * 1e-9, "words",
             "GB/s", "ratio");
  const char* separator = "";
  for (std::size_t words = 512; words <= largest; words *= 8) {
    const double speed = mask_speed(words);
    fmt::print("{:>10} {:>10.2f} {:>8.2f}\n", words, speed * 1e-9, peer > 0 ? speed / peer : 0);
    json += fmt::format(R"({}{{"words":{},"bytes_per_second":{:.0f}}})", separator, words, speed);
    separator = ",";
  }
  if (argc > 2) std::ofstream(argv[2]) << json << "]}\n";
  return 0;
}
