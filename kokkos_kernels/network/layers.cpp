// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/network/layers.hpp"

#include <cmath>

#include "kokkos_kernels/sums/lanes.hpp"
#include "kokkos_kernels/sums/rows.hpp"

namespace bailiwick::kernels {
namespace {

/// sum of f(j) over the units of a row, in eight lanes.
template <class F>
KOKKOS_INLINE_FUNCTION double sum_units(std::size_t units, const F& f) {
  double lane[lanes] = {};
  std::size_t j = 0;
  for (; j + lanes <= units; j += lanes)
    for (std::size_t l = 0; l < lanes; ++l)
      lane[l] += f(j + l);
  for (std::size_t l = 0; j + l < units; ++l)
    lane[l] += f(j + l);
  return lane_sum(lane);
}

}  // namespace

void layer_norm_forward(std::size_t units, std::size_t rows, const float* z,
                        const NormParameters& parameters, double* moments, const Activated& to) {
  const float *const gain = parameters.gain, *const shift = parameters.shift;
  const Activated out = to;
  Kokkos::parallel_for(
      "layer norm", Kokkos::RangePolicy<Execution>(0, rows), KOKKOS_LAMBDA(const std::size_t r) {
        const float* const x = z + r * units;
        float* const values = out.value + r * units;
        const double mean = sum_units(units, [=](std::size_t j) { return double{x[j]}; }) /
                            static_cast<double>(units);
        const double squares = sum_units(units, [=](std::size_t j) {
          const double centred = x[j] - mean;
          return centred * centred;
        });
        const double inverse = 1.0 / ::sqrt(squares / static_cast<double>(units) + variance_floor);
        moments[2 * r] = mean;
        moments[2 * r + 1] = inverse;
        for (std::size_t j = 0; j < units; ++j)
          values[j] =
              static_cast<float>(::fma((x[j] - mean) * inverse, double{gain[j]}, double{shift[j]}));
        if (out.input != nullptr)
          for (std::size_t j = 0; j < units; ++j)
            out.input[r * units + j] = values[j];
        activate(out.f, values, units);
      });
}

void layer_norm_parameter_gradient(std::size_t units, const BlockBounds& blocks, const float* z,
                                   const double* moments, const float* gradient,
                                   const NormWords& to) {
  const FloatRounder round(to.gain.format);
  const GradientWords to_gain = to.gain, to_shift = to.shift;
  Kokkos::parallel_for(
      "norm gradient", Kokkos::RangePolicy<Execution>(0, units),
      KOKKOS_LAMBDA(const std::size_t j) {
        std::int64_t words[2] = {}, misfits = 0;
        for (std::size_t block = 0; block < blocks.blocks; ++block) {
          double gain = 0, shift = 0;
          for (std::size_t r = blocks.first[block]; r < blocks.first[block + 1]; ++r) {
            const double g = gradient[r * units + j];
            gain = ::fma(g, (z[r * units + j] - moments[2 * r]) * moments[2 * r + 1], gain);
            shift += g;
          }
          const float rounded[] = {static_cast<float>(gain), static_cast<float>(shift)};
          misfits += round.add(rounded, 2, block == 0, words);
        }
        to_gain.words[j] = FloatRounder::finish(words[0], blocks.blocks);
        to_shift.words[j] = FloatRounder::finish(words[1], blocks.blocks);
        if (misfits != 0) Kokkos::atomic_add(to_gain.saturated, misfits);
      });
}

void layer_norm_backward(std::size_t units, std::size_t rows, const float* z, const double* moments,
                         const float* gain, float* gradient) {
  Kokkos::parallel_for(
      "norm backward", Kokkos::RangePolicy<Execution>(0, rows), KOKKOS_LAMBDA(const std::size_t r) {
        const float* const x = z + r * units;
        float* const g = gradient + r * units;
        const double mean = moments[2 * r], inverse = moments[2 * r + 1];
        const double n = static_cast<double>(units);
        const auto scaled = [=](std::size_t j) { return double{g[j]} * gain[j]; };
        const auto centred = [=](std::size_t j) { return (x[j] - mean) * inverse; };
        const double first = sum_units(units, scaled) / n;
        const double second =
            sum_units(units, [=](std::size_t j) { return scaled(j) * centred(j); }) / n;
        for (std::size_t j = 0; j < units; ++j)
          g[j] = static_cast<float>(inverse * ((scaled(j) - first) - centred(j) * second));
      });
}

void activation_backward(Activation f, std::size_t size, const float* known, float* gradient) {
  constexpr std::size_t chunk = on_host ? 1024 : 1;
  Kokkos::parallel_for(
      "chain rule", Kokkos::RangePolicy<Execution>(0, (size + chunk - 1) / chunk),
      KOKKOS_LAMBDA(const std::size_t item) {
        const std::size_t first = item * chunk;
        chain(f, known + first, gradient + first, size - first < chunk ? size - first : chunk);
      });
}

void apply_dropout(const Dropout& dropout, std::size_t units, std::size_t rows,
                   const std::uint64_t* row, const float* from, float* to) {
  const Dropout d = dropout;
  const auto threshold = static_cast<std::uint32_t>(dropout.probability * 0x1p32);
  const auto scale = static_cast<float>(1.0 / (1.0 - dropout.probability));
  Kokkos::parallel_for(
      "dropout", Kokkos::RangePolicy<Execution>(0, rows), KOKKOS_LAMBDA(const std::size_t r) {
        for (std::size_t j = 0; j < units; j += 4) {
          const Philox::Four four =
              d.random(d.layer << 18 | static_cast<std::uint32_t>(j / 4), d.epoch << 40 | row[r]);
          for (std::size_t i = 0; i < 4 && j + i < units; ++i) {
            const std::size_t at = r * units + j + i;
            to[at] = four.word[i] < threshold ? 0.0F : from[at] * scale;
          }
        }
      });
}

}  // namespace bailiwick::kernels
