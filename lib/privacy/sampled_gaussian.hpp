// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace bailiwick {

inline constexpr int largest_renyi_order = 4096;

/// The Rényi divergence of an integer order >= 2, rounded up, between one release of Gaussian noise
/// with and without a unit that is drawn with probability q (Poisson sampling), whichever of the
/// two is the true one; noise_multiplier z is the noise's scale by what the unit changes at most.
///
/// Mironov, Talwar and Zhang 2019 (arXiv 1908.10530), section 3.3: of the release with the unit
/// against the one without, order - 1 times the divergence is
///   ln sum_k binomial(order, k) (1 - q)^(order - k) q^k exp(k (k - 1) / (2 z^2))
/// and, since the weights add up to 1, ln(1 + the same with exp() - 1), without cancellation. The
/// other direction is no larger (their theorem 5, from the symmetry about the midpoint). Moments of
/// discrete Gaussian noise at integers k are the same, if the change is an integer vector, and it
/// is as symmetric: so this holds of our noise too, without the factor 3 of general bounds.
double sampled_gaussian_divergence(int order, double noise_multiplier, double q);

}  // namespace bailiwick
