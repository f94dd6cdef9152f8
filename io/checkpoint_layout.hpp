// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

// Names of docs/checkpoint-format.md. Internal to io/.
namespace bailiwick::io::detail {

inline constexpr const char* checkpoint_format = "bailiwick-model";
inline constexpr std::uint64_t checkpoint_version = 1;
inline constexpr const char* content_name = "content";
inline constexpr const char* attributes_name = "attributes";
inline constexpr const char* arrays_name = "arrays";
/// Attributes that tell of the run, not of the model: no part of the content digest.
inline constexpr const char* run_prefix = "run/";

}  // namespace bailiwick::io::detail
