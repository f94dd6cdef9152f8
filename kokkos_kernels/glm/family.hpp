// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace bailiwick::kernels {

enum class Family { gaussian, binomial, poisson, multinomial };

}  // namespace bailiwick::kernels
