// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// What a network may be made of.
namespace bailiwick::kernels {

/// gelu is z Phi(z) (Hendrycks & Gimpel 2016), silu z sigmoid(z).
enum class Activation { identity, relu, gelu, tanh, silu, sigmoid };

/// What a network is trained for, on its outputs z of a row and the row's target y:
///   squared_error   1/2 |z - y|^2
///   huber           squared where |z - y| <= delta, else delta (|z - y| - delta/2) (Huber 1964)
///   binary          log(1 + e^z) - y z, y in [0, 1]; z are log odds
///   cross_entropy   log sum_k e^{z_k} - z_y, y a class; z are log probabilities up to a constant
///   poisson         e^z - y z, y >= 0
///   cox             each block is one risk set: log sum over rows not dead before row i of e^z -
///   z_i,
///                   for each death i; ties after Breslow. Two targets, time and status
enum class Loss { squared_error, huber, binary, cross_entropy, poisson, cox };

}  // namespace bailiwick::kernels
