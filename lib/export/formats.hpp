// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/core/json.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/export/run.hpp"

namespace bailiwick {

inline constexpr const char* crate_name = "ro-crate-metadata.json";
inline constexpr const char* signature_name = "model.sig";
inline constexpr const char* card_name = "model-card.md";

/// What describes the folder as a Process Run Crate (docs/export.md). `license`: an IRI.
Json run_crate(const RunToExport& run, const std::string& license);
/// Copies what the crate points at to a new folder. Throws ExitCode::data.
void copy_crate(const RunToExport& run, const Json& crate, const std::string& to);

/// OpenSSF Model Signing 1.0 of one file: a Sigstore bundle, one line of JSON.
std::string model_signature(const RunFile& model, const PrivateKey& key);

/// Markdown with the front matter that model hubs read.
std::string model_card(const RunToExport& run, const std::string& license);

}  // namespace bailiwick
