// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// For headers that only name JSON: the library itself costs every source that sees it two seconds.

#include <nlohmann/json_fwd.hpp>

namespace bailiwick {

/// Objects keep their keys sorted, so equal values have equal bytes.
using Json = nlohmann::json;
/// Objects keep their keys as they were written: for people to read.
using OrderedJson = nlohmann::ordered_json;

}  // namespace bailiwick
