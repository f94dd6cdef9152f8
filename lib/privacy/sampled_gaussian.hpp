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

/// The same between two releases of data that both have the unit, with other rows: each is drawn
/// with probability q, and noise_multiplier is the noise's scale by what a unit adds at most. The
/// least of three bounds:
///
/// 1. Of a release of all units: there the two are Gaussian noise at a distance of 2 at most, and
///    mixtures are no further apart than their parts: 2 order / z^2.
///
/// 2. Both are neighbours of the release R without the unit. Hölder's inequality, written as a
///    triangle's (Mironov 2017, arXiv 1702.07476, proposition 11) with the exponents (2 a - 1) / a
///    and its conjugate:
///      D_a(P | Q) <= 2 a / (2 a - 1) D_{2 a - 1}(P | R) + D_{2 a}(R | Q),
///    where both on the right are divergences of the function above. Up to the order 2048.
///
/// 3. Let A be the noise about R's sum, u and v the ratios to A of the noise about the sums with
///    the one and the other's part. With m = a - 1, (a - 1) D_a is the logarithm of
///      E_A (1 - q + q u)^a (1 - q + q v)^-m, and
///      (1 - q + q v)^-m <= 1 - m q (v - 1) + c (v - 1)^2, c = (1 - q)^-m - 1 - m q
///    as the remainder of Taylor's series, by (v - 1)^2, falls as v grows from 0. Expanded by
///    powers u^k, the moments of u and v are those of a Gaussian variable, and of a discrete one
///    likewise: the k-th term is binomial(a, k) (1 - q)^(a - k) q^k times, with lengths 1 for what
///    both add,
///      exp(k (k - 1) / (2 z^2)) (1 - m q (y - 1) + c ((y - 1)^2 + (e^(1 / z^2) - 1) y^2)),
///    y = exp(k r / z^2), where r is their inner product. Shorter ones make each factor smaller, as
///    the second is positive; it is convex in y, and so largest for r = -1 or 1, whichever it is.
///    Where q is small this is what opposite parts cost, to a few hundredths.
double sampled_replacement_divergence(int order, double noise_multiplier, double q);

}  // namespace bailiwick
