// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Keeps what this process gives to MPI_Allreduce from here on.
void start_capture();
/// The words of the calls that sent at least `least` words, one after another.
std::vector<std::int64_t> stop_capture(std::size_t least);
