// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/stages/run.hpp"

namespace bailiwick {

/// decisions.json (docs/policy.md): for every domain what its policy decided, clause by clause, and
/// the duties that go with what is released.
std::string decisions_json(const Run& run);

/// What goes with the model, for people; empty: nothing does.
std::string words_of(const Duties& duties);

/// Throws ExitCode::policy if a duty that any session of the training wrote down (decisions.json,
/// decisions-2.json, … in the model's folder) says that the model, or the checkpoint, should have
/// been deleted by `now`.
void check_duties(const std::string& model_path, const std::string& now);

}  // namespace bailiwick
