// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>

#include "lib/runtime/communicator.hpp"

namespace bailiwick {

/// Runs `work` on every rank and makes a failure everyone's: if it threw on any rank, every rank
/// throws the same Error, that of the lowest rank that failed (its text names the rank if not all
/// failed alike). `work` must not communicate. Collective.
void agree(const Communicator& comm, const std::function<void()>& work);

}  // namespace bailiwick
