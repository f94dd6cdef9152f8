// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

namespace bailiwick::kernels {

/// How far to differentiate; each order includes those before it.
enum class Order { value, gradient, hessian };

}  // namespace bailiwick::kernels
