// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace bailiwick::kernels {

/// What a model says of a row: how it is measured, and what a prediction is.
enum class Response {
  mean,         ///< a number
  probability,  ///< of an event, 0 or 1
  rate,         ///< a positive mean, measured by its deviance
  classes,      ///< the probability of each category
  hazard,       ///< relative to others', of rows with a time and an event
};

/// From a family's linear predictor to its mean: the programs that others score with are told this.
enum class InverseLink {
  identity,
  logistic,               ///< 1 / (1 + e^-eta)
  exponential,            ///< e^eta
  normal,                 ///< the normal distribution function
  complementary_log_log,  ///< 1 - e^(-e^eta)
};

}  // namespace bailiwick::kernels
