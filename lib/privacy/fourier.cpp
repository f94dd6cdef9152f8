// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/privacy/fourier.hpp"

#include <bit>
#include <cmath>
#include <numbers>

#include "lib/core/error.hpp"

namespace bailiwick {

Fourier::Fourier(std::size_t size) : size_(size), roots_(size) {
  ensure(std::has_single_bit(size), "a Fourier transform has the size of a power of two");
  levels_ = std::countr_zero(size);
  for (std::size_t half = 1; half < size; half *= 2)
    for (std::size_t k = 0; k < half; ++k) {
      const double angle = -std::numbers::pi * (static_cast<double>(k) / static_cast<double>(half));
      roots_[half + k] = {std::cos(angle), std::sin(angle)};
    }
}

void Fourier::forward(std::span<Complex> values) const {
  ensure(values.size() == size_, "as many numbers are transformed as were announced");
  forward(values.data(), size_);
}

void Fourier::inverse(std::span<Complex> spectrum) const {
  ensure(spectrum.size() == size_, "as many numbers are transformed as were announced");
  inverse(spectrum.data(), size_);
}

// Halves one after the other, each to the end: from some level on they stay in the cache.
void Fourier::forward(Complex* values, std::size_t size) const {
  if (size < 2) return;
  const std::size_t half = size / 2;
  for (std::size_t k = 0; k < half; ++k) {
    const Complex a = values[k], b = values[k + half];
    values[k] = a + b;
    values[k + half] = (a - b) * roots_[half + k];
  }
  forward(values, half);
  forward(values + half, half);
}

void Fourier::inverse(Complex* spectrum, std::size_t size) const {
  if (size < 2) return;
  const std::size_t half = size / 2;
  inverse(spectrum, half);
  inverse(spectrum + half, half);
  for (std::size_t k = 0; k < half; ++k) {
    const Complex root = roots_[half + k];
    const Complex a = spectrum[k], b = spectrum[k + half] * Complex{root.re, -root.im};
    spectrum[k] = a + b;
    spectrum[k + half] = a - b;
  }
}

}  // namespace bailiwick
