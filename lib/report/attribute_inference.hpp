// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/core/json_fwd.hpp"
#include "lib/report/markup/html.hpp"

namespace bailiwick {

/// How well features of rows are guessed by what a model says of them (`attributes` of
/// evaluation.json).
Html attribute_inference_html(const Json& attacks);

}  // namespace bailiwick
