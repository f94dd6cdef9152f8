// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/export/run.hpp"

namespace bailiwick {

/// A partition that the model was trained on.
struct TrainedPartition {
  std::string domain, name, jurisdiction;  ///< where not known, empty
  Digest root;
  std::optional<std::uint64_t> rows;
  std::string policy;                    ///< uid of its domain's
  std::string attribution, delete_by;    ///< duties that it puts on the model
  std::vector<std::string> owners = {};  ///< ids of their keys
};

/// evaluation.json, as its chain signs it.
struct Evaluation {
  std::string name;
  Json json;
  std::string split;  ///< empty: all rows
  bool is_of_this_model = true;
};

/// What is known of the model that a training ended with, for those who describe models.
struct ModelFacts {
  RunFile file;
  const Statement* statement = nullptr;
  const TracedSession* training = nullptr;  ///< its last session
  Json description = Json::object();        ///< what the model says of itself
  std::string converged;
  std::vector<TrainedPartition> partitions;
  std::vector<Evaluation> evaluations;

  std::string kind() const;  ///< empty: not known
  std::string target() const;
  std::vector<std::string> features() const;
  bool is_classifier() const;
  std::uint64_t rows() const;  ///< of all partitions
};

/// Throws as RunToExport::model().
ModelFacts model_facts(const RunToExport& run);

/// A text member; of other types as JSON; "" where there is none.
std::string text_of(const Json& object, const char* key);

}  // namespace bailiwick
