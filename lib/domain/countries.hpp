// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

namespace bailiwick {

/// True of the 249 codes that ISO 3166-1 alpha-2 assigns. What is reserved (EU, UK) or left to
/// users (XK, ZZ) is not among them: no two parties need mean the same by it.
bool is_country(std::string_view code);

/// The code that is meant by one that is often written instead, as EL and UK in the European Union;
/// empty if there is none.
std::string_view country_meant_by(std::string_view code);

}  // namespace bailiwick
