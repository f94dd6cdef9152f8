// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>

#include "lib/core/digest.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

/// Where an output folder keeps what owners and site signed and the statements name: whoever has
/// the folder can verify it. The names tell apart what was in force at different times.
inline constexpr const char* documents_folder = "documents/";
std::string policy_document(const std::string& domain, const Digest& payload);
std::string manifest_document(const std::string& domain, const std::string& partition,
                              const Digest& root);
std::string site_document(const Digest& payload);
/// The one that a dependency of a statement is, by its name; empty: it is none.
std::string document_of(const Artefact& artefact);

/// All of a run, by these names; on the first rank only. Collective. Throws ExitCode::integrity if
/// a file was replaced since the run opened it.
std::map<std::string, std::string> gather_documents(const Run& run);

}  // namespace bailiwick
