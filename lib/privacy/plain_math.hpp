// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

/// Elementary functions of additions, products and divisions alone: the same bits on every machine,
/// unlike <cmath>'s, so that all sides of a run come to the same budget and the same noise. (This
/// room stands below the kernels and their exact_math.hpp, which are faster and more precise.)
/// Their relative error is below 2^-49, wherever the result is a normal number.
namespace bailiwick::plain {

double log(double x);    ///< x > 0 and finite
double log1p(double x);  ///< x > -1 and finite
double exp(double x);    ///< 0 below -708, infinite above 709
double expm1(double x);  ///< as exp

}  // namespace bailiwick::plain
