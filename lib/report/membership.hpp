// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>

#include "lib/core/json_fwd.hpp"
#include "lib/privacy/renyi.hpp"
#include "lib/report/markup/html.hpp"

namespace bailiwick {

/// What an attack found of a model's training rows (`membership` of evaluation.json; null: it may
/// not be told), beside what the training's promise lets any attack find. `promised`: what that
/// training was charged; none: it was made without noise.
Html membership_html(const Json& attack, const std::optional<RenyiLoss>& promised);

}  // namespace bailiwick
