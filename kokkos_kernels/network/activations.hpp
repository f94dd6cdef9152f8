// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/network/choices.hpp"

namespace bailiwick::kernels {

/// True if the derivative needs z itself; of the others the value tells it.
constexpr bool needs_input(Activation f) {
  return f == Activation::gelu || f == Activation::silu;
}

/// Where values after an activation go and, if their derivative needs them (else null), those
/// before it: rows x units each.
struct Activated {
  Activation f;
  float* value;
  float* input;
};

namespace detail {

inline constexpr double sqrt_half = 0.70710678118654752440;
inline constexpr double inverse_sqrt_two_pi = 0.39894228040143267794;

KOKKOS_FORCEINLINE_FUNCTION float gelu(double z) {
  return static_cast<float>(0.5 * z * (1.0 + exact::erf(z * sqrt_half)));
}
KOKKOS_FORCEINLINE_FUNCTION float gelu_derivative(double z) {
  const double normal = 0.5 * (1.0 + exact::erf(z * sqrt_half));
  const double density = inverse_sqrt_two_pi * exact::exp(-0.5 * z * z);
  return static_cast<float>(::fma(z, density, normal));
}
KOKKOS_FORCEINLINE_FUNCTION float silu(double z) {
  return static_cast<float>(z * exact::sigmoid(z));
}
KOKKOS_FORCEINLINE_FUNCTION float silu_derivative(double z) {
  const double s = exact::sigmoid(z);
  return static_cast<float>(s * ::fma(z, 1.0 - s, 1.0));
}

}  // namespace detail

/// values[i] <- f(values[i]). NaN stays NaN.
KOKKOS_INLINE_FUNCTION void activate(Activation f, float* values, std::size_t size) {
  switch (f) {
    case Activation::identity:
      return;
    case Activation::relu:
      for (std::size_t i = 0; i < size; ++i)
        values[i] = values[i] < 0.0F ? 0.0F : values[i];
      return;
    case Activation::gelu:
      for (std::size_t i = 0; i < size; ++i)
        values[i] = detail::gelu(values[i]);
      return;
    case Activation::tanh:
      for (std::size_t i = 0; i < size; ++i)
        values[i] = exact::tanh(values[i]);
      return;
    case Activation::silu:
      for (std::size_t i = 0; i < size; ++i)
        values[i] = detail::silu(values[i]);
      return;
    case Activation::sigmoid:
      for (std::size_t i = 0; i < size; ++i)
        values[i] = exact::sigmoid(values[i]);
      return;
  }
}

/// gradient[i] <- gradient[i] f'(z_i), where `known` holds z for those that need it, else f(z).
KOKKOS_INLINE_FUNCTION void chain(Activation f, const float* known, float* gradient,
                                  std::size_t size) {
  switch (f) {
    case Activation::identity:
      return;
    case Activation::relu:
      for (std::size_t i = 0; i < size; ++i)
        gradient[i] = known[i] > 0.0F ? gradient[i] : 0.0F;
      return;
    case Activation::gelu:
      for (std::size_t i = 0; i < size; ++i)
        gradient[i] *= detail::gelu_derivative(known[i]);
      return;
    case Activation::tanh:
      for (std::size_t i = 0; i < size; ++i)
        gradient[i] *= ::fmaf(-known[i], known[i], 1.0F);
      return;
    case Activation::silu:
      for (std::size_t i = 0; i < size; ++i)
        gradient[i] *= detail::silu_derivative(known[i]);
      return;
    case Activation::sigmoid:
      for (std::size_t i = 0; i < size; ++i)
        gradient[i] *= known[i] * (1.0F - known[i]);
      return;
  }
}

}  // namespace bailiwick::kernels
