// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/ingests.hpp"

#include <algorithm>

#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/ingest/provenance.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/run/inputs.hpp"
#include "lib/verify/document_finder.hpp"

namespace bailiwick {

namespace {

/// Throws if nothing is known.
void read_rows(IngestFacts& facts, const Digest& root, const Json& inputs, DocumentFinder& finder) {
  const auto file = finder.partition(root);
  if (!file) throw Error(ExitCode::data, "the partition was not found");
  const Inputs known = inputs_from_json(inputs, "inputs");
  const auto domain = std::ranges::find(known.domains, facts.domain, &DomainInputs::name);
  if (domain == known.domains.end()) throw Error(ExitCode::data, "nobody knows its owner");
  const std::string path = provenance_path(*file);
  const Json said =
      parse_json(open_envelope(envelope_from_json(read_file(path), path, ExitCode::data),
                               ingest_provenance_type, finder.keys_of(*domain), path),
                 path);
  if (json_member<std::string>(said, "root", path) != root.hex())
    throw Error(ExitCode::integrity, "{}: is of other rows", path);
  const Json rows = json_member<Json>(said, "rows", path);
  facts.read = json_member<double>(rows, "read", path);
  facts.quarantined = json_member<double>(rows, "quarantined", path);
}

}  // namespace

std::vector<IngestFacts> read_ingests(const std::string& folder, const Json& inputs,
                                      const Statement& statement, const VerifyOptions& options) {
  std::vector<IngestFacts> all;
  if (options.partitions.empty()) return all;
  DocumentFinder finder(folder, options);
  for (const UsedPartition& used : partitions_of(statement)) {
    IngestFacts& facts = all.emplace_back();
    facts.domain = used.domain;
    facts.partition = used.name;
    facts.here = static_cast<double>(used.rows);
    try {
      read_rows(facts, used.root, inputs, finder);
    } catch (const Error&) {
      facts.problem = caught_error().what();
    }
  }
  return all;
}

}  // namespace bailiwick
