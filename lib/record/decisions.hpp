// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json_fwd.hpp"

namespace bailiwick {

class Run;
struct Duties;

/// decisions.json (docs/policy.md): for every domain what its policy decided, clause by clause, and
/// the duties that go with what is released.
std::string decisions_json(const Run& run);

/// The member "duties" of a domain in it.
Json duties_json(const Duties& duties);

/// What goes with the model, for people; empty: nothing does.
std::string duties_in_words(const Duties& duties);

}  // namespace bailiwick
