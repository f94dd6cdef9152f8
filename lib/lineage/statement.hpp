// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

/// Something a statement names by digest.
struct Artefact {
  std::string name;
  Digest sha256;
  Json annotations = Json::object();
  std::string uri = {};  ///< where or what it is, e.g. "urn:bailiwick:domain:DE"; may be empty
};

/// Of the format that is written (docs/lineage.md). What version 1 left open is fixed in version 2;
/// both are read, each by its own rules.
inline constexpr int lineage_version = 2;

/// One link of the lineage: an in-toto Statement v1 with SLSA provenance v1 (docs/lineage.md).
struct Statement {
  int version = lineage_version;  ///< of the format: the end of the buildType IRI
  std::string subject_name;       ///< file name of the artefact, relative to the output folder
  /// At least one of the two: of the file's bytes, and of what a model or checkpoint holds
  /// ("bailiwickModelV2").
  std::optional<Digest> subject_sha256, subject_content;
  /// Files named by earlier statements that are removed once this one stands.
  std::vector<std::string> removed;
  std::string build_type;  ///< "train", "evaluate", …: the stage in the buildType IRI
  Json external_parameters = Json::object();
  /// Holds "signer", the id of the key that signs the chain (Chain::append).
  Json internal_parameters = Json::object();
  std::vector<Artefact> dependencies;  ///< config, policy/NAME, partition/NAME, binary …
  std::string source_commit;           ///< git commit of the program; empty if not known exactly
  std::uint64_t sequence = 0;          ///< 0 for the first
  std::optional<Digest> previous;      ///< SHA-256 of the previous payload's bytes
  std::optional<std::uint64_t> final_count;  ///< on the last statement of a run: how many there are
  std::string invocation;                    ///< UUID of the run
  std::string started;                       ///< RFC 3339, UTC
  std::string finished;
  std::string builder;  ///< IRI of the site
  std::vector<Artefact> byproducts;
};

Json to_json(const Statement& statement);
/// Unknown members are passed over, as in-toto demands; missing ones and wrong types throw
/// ExitCode::integrity naming `what`.
Statement statement_from_json(const Json& json, const std::string& what);

inline constexpr const char* statement_type = "application/vnd.in-toto+json";
/// Its _type, and that of other statements.
inline constexpr const char* in_toto_type = "https://in-toto.io/Statement/v1";

}  // namespace bailiwick
