// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/model_registry/registry.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

/// What is asked of `bailiwick deploy add`.
struct AddRequest {
  StateRequest state;                ///< without a version, which the model has
  std::string folder;                ///< the output folder of its training
  std::vector<std::string> exports;  ///< files that were made of the model: model.onnx
  VerifyOptions verification;        ///< as for `release`
};

struct AddedModel {
  std::string version;
  bool is_new = true;
  Digest head;                           ///< of its line; of the first one if it is not new
  std::vector<std::string> evaluations;  ///< that went along
  std::vector<std::string> left_behind;  ///< evaluations that may not leave, and why
};

/// Where files that were made of a model lie, in the folder of a version.
inline constexpr const char* exports_folder = "exports/";

/// Copies a model that may leave its output folder (what_may_leave) into the registry, with all
/// that its use and verification need, as a candidate. Of a model that is there nothing is changed.
/// Throws ExitCode::policy, ExitCode::integrity and ExitCode::data as `release` does, and as
/// HeldName; ExitCode::policy of a model that was withdrawn there.
AddedModel add_model(const AddRequest& request);

}  // namespace bailiwick
