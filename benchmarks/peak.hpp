// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>

/// What one core of this machine can do at most, measured: float32 fused multiply-adds on
/// registers, in FLOP/s, two a fused multiply-add.
double peak_flops();
/// Bytes a second of a = b + s c over arrays of `bytes` bytes together: three read or written.
double triad_bandwidth(std::size_t bytes);
