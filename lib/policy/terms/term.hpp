// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/config/rules.hpp"
#include "lib/core/text.hpp"
#include "lib/policy/access_request.hpp"
#include "lib/policy/odrl_forms.hpp"
#include "lib/policy/problems.hpp"

/// The terms of a policy, one file each. A term is a struct that Policy is made of: its values, an
/// operator==, and of these functions those that it has something to say in:
///
///     void keys(auto& v)                                its keys in the owner's YAML
///     void odrl(auto& o)                                its constraints
///     (lib/policy/odrl_forms.hpp) void check(PolicyProblems& problems) const        what must hold
///     of its values Clauses clauses(const AccessRequest& r) const     whether a request meets it
namespace bailiwick::terms {

bool contains(const auto& items, const auto& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

}  // namespace bailiwick::terms
