// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

namespace bailiwick {

/// A draft of the config that ingests the table `path`, for its owner to edit: how the file is
/// written, its columns with types, and as comments what was seen. Roles, owner and key are left
/// blank. Reads the whole file, in constant memory. Throws ExitCode::data.
std::string propose_ingest(const std::string& path);

/// What whoever has such a draft must know.
inline constexpr const char* proposal_note =
    "levels, ranges and counts in it are data of this file: remove what may not leave its owner";

}  // namespace bailiwick
