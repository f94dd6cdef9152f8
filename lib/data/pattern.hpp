// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace bailiwick {

/// Whether `name` is of the kind that `pattern` says, in which * stands for anything.
bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace bailiwick
