// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/model/objective.hpp"

namespace bailiwick {

using kernels::LikelihoodFormats;

/// Streams `log_likelihood` (1), `score` (d) and `information` (packed lower triangle by rows), as
/// many as the order asks for, in these formats: the words that kernels::glm_sums writes. `names`:
/// of the d parameters.
std::shared_ptr<const AggregateLayout> likelihood_layout(const std::vector<std::string>& names,
                                                         Order order,
                                                         const LikelihoodFormats& formats);

/// What the round of such sums is called.
std::string likelihood_round(Order order);

/// Turns the sum over all rows into the penalised objective: 1/2 sum penalty_j theta_j^2 is added
/// in double, after decoding.
Evaluation decode_likelihood(Aggregate total, std::span<const double> theta,
                             std::span<const double> penalty, Order order);

/// One round, then decode_likelihood. Collective over the world.
Evaluation sum_likelihood(Sums& sums, std::vector<Aggregate> parts, std::span<const double> theta,
                          std::span<const double> penalty, Order order);

/// `penalty`, or d zeros if it is empty. Throws ExitCode::bug for another size or a negative value.
std::vector<double> checked_penalty(std::vector<double> penalty, std::size_t parameters);

/// The round of Objective::score_products: stream `products`, and the number of `clusters`, if any.
/// Throws ExitCode::data if it does not fit, or there is only one. `few`: times G / (G - 1) for G
/// clusters, as R's sandwich::vcovCL.
std::shared_ptr<const AggregateLayout> products_layout(const std::vector<std::string>& names,
                                                       FixedPoint format, bool clusters);
ScoreProducts sum_products(Sums& sums, std::vector<Aggregate> parts, std::span<const double> theta,
                           bool few);

/// A B A for packed symmetric A and B, packed.
std::vector<double> sandwich(std::span<const double> bread, std::span<const double> filling);

/// A v for a packed symmetric A, in a fixed order.
std::vector<double> symmetric_times(std::span<const double> packed, std::span<const double> v);

}  // namespace bailiwick
