// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstring>

#include "kokkos_kernels/gemm/tile.hpp"

namespace bailiwick::kernels {
namespace {

/// For any processor: loops of a fixed length that compilers turn into its vectors.
struct Floats {
  static constexpr int width = 4;
  float value[width];

  static Floats zero() { return {}; }
  static Floats load(const float* from) {
    Floats result;
    for (int i = 0; i < width; ++i)
      result.value[i] = from[i];
    return result;
  }
  static Floats broadcast(float value) { return {{value, value, value, value}}; }
  static Floats fused(const Floats& a, const Floats& b, const Floats& c) {
    Floats result;
    for (int i = 0; i < width; ++i)
      result.value[i] = std::fma(a.value[i], b.value[i], c.value[i]);
    return result;
  }
  void store(float* to) const {
    for (int i = 0; i < width; ++i)
      to[i] = value[i];
  }

  using Check = bool;
  static Check passed() { return true; }
  static bool holds(Check check) { return check; }
  static Check within(const Floats& limit, const Floats& x, Check check) {
    for (int i = 0; i < width; ++i)
      check = check & (std::fabs(x.value[i]) <= limit.value[i]);
    return check;
  }
  void add_rounded(double scale, const std::int64_t* from, std::int64_t* to) const {
    for (int i = 0; i < width; ++i) {
      const double shifted = std::fma(double{value[i]}, scale, RoundedBlocks::rounder);
      std::int64_t bits;
      std::memcpy(&bits, &shifted, sizeof bits);
      to[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(from[i]) +
                                        static_cast<std::uint64_t>(bits));
    }
  }
};

}  // namespace
}  // namespace bailiwick::kernels

#include "kokkos_kernels/gemm/tile_kernel.hpp"

namespace bailiwick::kernels {
extern const TileSet tiles_portable;
constinit const TileSet tiles_portable = make_tile_set<8>("portable");
}  // namespace bailiwick::kernels
