// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm_tile.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>

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

#include "kokkos_kernels/gemm_tile_kernel.hpp"

namespace bailiwick::kernels {

#if defined(BAILIWICK_X86_TILES)
extern const TileSet tiles_avx2, tiles_avx512;
#elif defined(BAILIWICK_NEON_TILES)
extern const TileSet tiles_neon;
#endif

namespace {
constinit const TileSet tiles_portable = make_tile_set<8>("portable");
}

TileSets all_tile_sets() {
  TileSets all{{&tiles_portable}, 1};
#if defined(BAILIWICK_X86_TILES)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    all.sets[all.count++] = &tiles_avx2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    all.sets[all.count++] = &tiles_avx512;
#elif defined(BAILIWICK_NEON_TILES)
  all.sets[all.count++] = &tiles_neon;
#endif
  return all;
}

const TileSet& tile_set() {
  static const TileSet& chosen = [&]() -> const TileSet& {
    const TileSets all = all_tile_sets();
    const char* const asked = std::getenv("BAILIWICK_TILES");
    for (std::size_t i = 0; asked != nullptr && i < all.count; ++i)
      if (std::strcmp(asked, all.sets[i]->name) == 0) return *all.sets[i];
    return *all.sets[all.count - 1];
  }();
  return chosen;
}

}  // namespace bailiwick::kernels
