// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm/tile.hpp"

#include <cstdlib>
#include <cstring>

namespace bailiwick::kernels {

extern const TileSet tiles_portable;
#if defined(BAILIWICK_X86_TILES)
extern const TileSet tiles_avx2, tiles_avx512;
#elif defined(BAILIWICK_NEON_TILES)
extern const TileSet tiles_neon;
#endif

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
