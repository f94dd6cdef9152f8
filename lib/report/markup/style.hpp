// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/report/markup/html.hpp"

namespace bailiwick {

/// The page's CSS: light, dark, printed, and as narrow as a phone. Colours are Okabe and Ito's,
/// which the colour-blind tell apart.
Html style_sheet();

}  // namespace bailiwick
