// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/lineage/model_states.hpp"

// Evaluations that a promotion rests on: evaluation.json beside its chain. Not collective.
namespace bailiwick {

/// An evaluation, as its chain has it.
struct SignedEvaluation {
  std::string path;
  Digest sha256;
  Json said;
  std::set<std::pair<std::string, Digest>> rows;  ///< domain, root of a partition
};

/// Throws ExitCode::integrity of one that nobody who is known signed, ExitCode::data of one that is
/// not there or of another model.
SignedEvaluation read_evaluation(const std::string& path, const std::vector<PublicKey>& keys,
                                 const ModelVersion& model);

/// Who may have signed one: whoever the registry knows, and those in these PEM files.
std::vector<PublicKey> keys_of_evaluations(const ModelRegistry& registry,
                                           const std::vector<std::string>& files);

/// Domains whose rows were scored by their own model, and what that is by content.
std::map<std::string, Digest> models_of(const SignedEvaluation& evaluation);

/// Throws ExitCode::data unless these domains alone were scored by their own models.
void demand_models(const SignedEvaluation& evaluation, const std::map<std::string, Digest>& routes);

/// Throws ExitCode::data unless both are of one split and the same partitions.
void demand_same_rows(const SignedEvaluation& one, const SignedEvaluation& other);

/// Those that it tells measures of.
std::vector<std::string> domains_of(const Json& evaluation);

/// The measure of all rows, or of a domain's; nothing where these do not define it. Throws
/// ExitCode::data if it is not told.
std::optional<double> measure_in(const SignedEvaluation& evaluation, const std::string& metric,
                                 const std::string& domain);

/// Whether more of a measure is better. Throws ExitCode::usage, saying which there are, of what is
/// none.
bool demand_more_is_better(const std::string& metric);

}  // namespace bailiwick
