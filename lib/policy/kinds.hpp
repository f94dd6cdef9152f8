// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

namespace bailiwick {

/// What `model.kind` of a run may be.
const std::vector<std::string>& model_kinds();

}  // namespace bailiwick
