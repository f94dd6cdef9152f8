// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <arm_neon.h>

#include "kokkos_kernels/gemm/tile.hpp"

namespace bailiwick::kernels {
namespace {

/// Two registers, so that a tile of 6 x 16 fills the 32 there are.
struct Floats {
  static constexpr int width = 8;
  float32x4_t low, high;

  static Floats zero() { return broadcast(0); }
  static Floats load(const float* from) { return {vld1q_f32(from), vld1q_f32(from + 4)}; }
  static Floats broadcast(float value) { return {vdupq_n_f32(value), vdupq_n_f32(value)}; }
  static Floats fused(Floats a, Floats b, Floats c) {
    return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
  }
  void store(float* to) const {
    vst1q_f32(to, low);
    vst1q_f32(to + 4, high);
  }

  using Check = uint32x4_t;
  static Check passed() { return vdupq_n_u32(UINT32_MAX); }
  static bool holds(Check check) { return vminvq_u32(check) != 0; }
  static Check within(Floats limit, Floats x, Check check) {
    return vandq_u32(check, vandq_u32(vcleq_f32(vabsq_f32(x.low), limit.low),
                                      vcleq_f32(vabsq_f32(x.high), limit.high)));
  }
  void add_rounded(double scale, const std::int64_t* from, std::int64_t* to) const {
    add_rounded(vget_low_f32(low), scale, from, to);
    add_rounded(vget_high_f32(low), scale, from + 2, to + 2);
    add_rounded(vget_low_f32(high), scale, from + 4, to + 4);
    add_rounded(vget_high_f32(high), scale, from + 6, to + 6);
  }
  static void add_rounded(float32x2_t half, double scale, const std::int64_t* from,
                          std::int64_t* to) {
    const float64x2_t shifted =
        vfmaq_f64(vdupq_n_f64(RoundedBlocks::rounder), vcvt_f64_f32(half), vdupq_n_f64(scale));
    vst1q_s64(to, vaddq_s64(vld1q_s64(from), vreinterpretq_s64_f64(shifted)));
  }
};

}  // namespace
}  // namespace bailiwick::kernels

#include "kokkos_kernels/gemm/tile_kernel.hpp"

namespace bailiwick::kernels {
extern const TileSet tiles_neon;
constinit const TileSet tiles_neon = make_tile_set<6>("neon");
}  // namespace bailiwick::kernels
