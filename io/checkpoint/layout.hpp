// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

// Names of docs/checkpoint-format.md. Internal to io/.
namespace bailiwick::io::detail {

inline constexpr const char* checkpoint_format = "bailiwick-model";
inline constexpr std::uint64_t checkpoint_version = 2;
inline constexpr const char* content_name = "content";
inline constexpr const char* attributes_name = "attributes";
inline constexpr const char* arrays_name = "arrays";
/// Values of an array that the content digest takes together: 1 MiB.
inline constexpr std::size_t piece_values = std::size_t{1} << 17;
/// Attributes that tell of the run, not of the model: no part of the content digest.
inline constexpr const char* run_prefix = "run/";

}  // namespace bailiwick::io::detail
