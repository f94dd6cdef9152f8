// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "lib/core/json.hpp"

// What a document says, if it does: a report passes over what is missing or has another type.
namespace bailiwick {

/// The member at a path such as "results/seconds/total"; null if there is none.
const Json& fact(const Json& document, std::string_view path);
/// Empty if there is none.
std::string fact_text(const Json& document, std::string_view path);
/// Not a number if there is none.
double fact_number(const Json& document, std::string_view path);
bool fact_holds(const Json& document, std::string_view path);
/// A list or object, empty if there is none.
const Json& fact_list(const Json& document, std::string_view path);

}  // namespace bailiwick
