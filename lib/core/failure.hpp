// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/core/error.hpp"

namespace bailiwick {

/// What is being caught, as an Error: itself; memory, and what std::filesystem and streams throw of
/// the storage, as ExitCode::data; anything else as ExitCode::bug. Call only in a catch block.
Error caught_error();

}  // namespace bailiwick
