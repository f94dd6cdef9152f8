// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/export/license.hpp"
#include "lib/export/run.hpp"

namespace bailiwick {

inline constexpr const char* crate_name = "ro-crate-metadata.json";
inline constexpr const char* signature_name = "model.sig";
inline constexpr const char* card_name = "model-card.md";
inline constexpr const char* prov_name = "prov.json";
inline constexpr const char* bom_name = "model.cdx.json";

/// What describes the folder as a Process Run Crate (docs/export.md), which must have a licence.
Json run_crate(const RunToExport& run, const License& license);
/// Copies what the crate points at to a new folder. Throws ExitCode::data.
void copy_crate(const RunToExport& run, const Json& crate, const std::string& to);

/// OpenSSF Model Signing 1.0 of one file: a Sigstore bundle, one line of JSON.
std::string model_signature(const RunFile& model, const PrivateKey& key);

/// Markdown with the front matter that model hubs read.
std::string model_card(const RunToExport& run, const License& license);

/// PROV-JSON: every session, what it used and what it made.
std::string prov_document(const RunToExport& run);

/// CycloneDX 1.7, a bill of materials of the model.
std::string cyclonedx(const RunToExport& run, const License& license);

/// What only whoever exports knows of a domain's data.
struct DataCardRequest {
  std::string domain;                   ///< may be empty where the run has one only
  std::vector<std::string> partitions;  ///< folders, at any depth
  License license;                      ///< empty: the owner's policy
  std::string creator, url;             ///< empty: names of the domain
};

/// A domain's card, and the name of its file.
struct DataCard {
  std::string name, text;
};

/// Croissant 1.1 of the partitions of one domain that the run used; reads all bytes of their files.
/// Throws ExitCode::usage for a domain that is none, ExitCode::data for a partition that is not
/// found, ExitCode::integrity for one that is not what its manifest says.
DataCard croissant(const RunToExport& run, const DataCardRequest& request);

}  // namespace bailiwick
