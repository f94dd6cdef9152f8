// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bailiwick {

struct Complex {
  double re = 0.0, im = 0.0;

  friend Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
  friend Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
  friend Complex operator*(Complex a, Complex b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
  }
};

/// The discrete Fourier transform of one size, a power of two, by halving. Frequencies lie in the
/// order of their reversed bits, which products of spectra do not mind.
class Fourier {
 public:
  explicit Fourier(std::size_t size);

  std::size_t size() const { return size_; }

  void forward(std::span<Complex> values) const;
  /// Of a spectrum in that order; without the division by the size.
  void inverse(std::span<Complex> spectrum) const;

  /// What rounding adds to each number of a result, at most, as a share of the sum of the absolute
  /// values that went in. On its way from an input to an output a number is multiplied by one root
  /// of unity a level, which is itself known to 7 units of 2^-53, and added to others: with the
  /// roundings of both that makes 11 units a level, and 16 are counted.
  double error() const { return (levels_ + 1) * 0x1p-49; }

 private:
  void forward(Complex* values, std::size_t size) const;
  void inverse(Complex* spectrum, std::size_t size) const;

  std::size_t size_;
  int levels_ = 0;
  std::vector<Complex> roots_;  ///< from h on the h roots of the level whose halves have h numbers
};

}  // namespace bailiwick
