// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

#include "kokkos_kernels/kokkos_compat.hpp"

// First-order steps, element by element in binary64 from the integers of a summed gradient. All
// pointers are where kernels can read them. Host calls, local to the rank; the same on every rank.
namespace bailiwick::kernels {

/// The gradient g_i = words[i] scale.
struct SummedGradient {
  const std::int64_t* words;
  double scale;
};

/// sum of g_i^2 in a fixed order, for clipping. Room is taken once.
class SquaredNorm {
 public:
  explicit SquaredNorm(std::size_t most);
  double operator()(const SummedGradient& gradient, std::size_t size) const;

 private:
  static constexpr std::size_t length = 4096;  ///< of the chunks that are summed by themselves
  Kokkos::View<double*, Memory> sums_;
  decltype(sums_)::HostMirror host_;
};

struct AdamwStep {
  double rate;  ///< learning rate of this step
  double beta1, beta2, epsilon;
  double correction1, correction2;  ///< 1 - beta^t
  double weight_decay;              ///< decoupled: theta <- theta (1 - rate weight_decay) first
};

/// Running means of the gradient and of its square, one a parameter each.
struct AdamwMoments {
  double* first;
  double* second;
};

/// m <- b1 m + (1-b1) g, v <- b2 v + (1-b2) g^2, theta <- theta - rate (m/c1) / (sqrt(v/c2) + eps);
/// `rounded` becomes theta as float (Loshchilov & Hutter, ICLR 2019, Algorithm 2; the order of
/// operations is PyTorch's).
void adamw(const AdamwStep& step, const SummedGradient& gradient, std::size_t size, double* theta,
           const AdamwMoments& moments, float* rounded);

/// What draws a domain's local steps back: g <- g + proximal (theta - anchor) + correction. Null:
/// nothing.
struct Pull {
  double proximal = 0;
  const double* anchor = nullptr;
  const double* correction = nullptr;
};

struct SgdStep {
  double rate, momentum;
  bool nesterov;
  double weight_decay;  ///< coupled: g <- g + weight_decay theta
  Pull pull{};
};

/// b <- momentum b + g; theta <- theta - rate (nesterov ? g + momentum b : b) (Sutskever et al.,
/// ICML 2013, in PyTorch's form). `velocity` may be null if momentum is 0.
void sgd(const SgdStep& step, const SummedGradient& gradient, std::size_t size, double* theta,
         double* velocity, float* rounded);

}  // namespace bailiwick::kernels
