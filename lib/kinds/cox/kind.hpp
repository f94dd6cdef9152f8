// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/kinds/kind.hpp"

namespace bailiwick {

/// Cox's proportional hazards.
const Kind& cox_kind();

/// What is wrong with a time and an event; nullptr: nothing.
const char* survival_problem(const ModelConfig& model, const double* target);

}  // namespace bailiwick
