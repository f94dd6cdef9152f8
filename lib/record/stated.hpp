// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

class Run;

/// What the lineage beside a model or a checkpoint says of it.
struct StatedModel {
  std::string folder;               ///< of the lineage
  Statement statement;              ///< the one about the file
  std::vector<Statement> standing;  ///< all that no later one replaced
};

/// Public keys whose word about a model counts: the operator's of the config, and those in the
/// files `more` (--model-key). The same on every rank. Collective.
std::vector<PublicKey> model_keys(const Run& run, const std::vector<std::string>& more);

/// The statement about the file `path`, which lies beside its lineage or in checkpoints/ there,
/// signed by one of `keys`; of what lies in regions/NAME also by one of that domain's. Links are
/// followed first. Local. Throws ExitCode::integrity, saying what to do, if nobody who is trusted
/// vouches for the file; does not look into it.
StatedModel stated_model(const RunConfig& config, const std::string& path,
                         std::span<const PublicKey> keys);

/// Throws ExitCode::policy if a duty that any session of the training wrote down (decisions.json,
/// decisions-2.json, … beside its lineage) says that the model, or the checkpoint, in the file
/// `path` should have been deleted by `now`; ExitCode::integrity if one of these is not as signed.
void check_duties(const StatedModel& stated, const std::string& path, const std::string& now);

/// Throws ExitCode::policy if somebody has withdrawn the training, or the model that it ended with
/// (approvals.jsonl beside it): checkpoints, and what stayed with domains, knew the same rows; or
/// the version of a registry that it lies in (check_registered).
void check_not_withdrawn(const StatedModel& stated, const std::string& path);

/// Throws ExitCode::policy of what reproduce made.
void check_no_reproduction(const StatedModel& stated, const std::string& path);

/// What the content of that file must be, as its lineage states; looks at the duties too, and
/// whether it was withdrawn or made to be compared.
/// Collective. Throws as stated_model() and check_duties().
Digest stated_content(const Run& run, const std::string& path, std::span<const PublicKey> keys);

/// Throws ExitCode::integrity unless the content of the file `path` is the one that was signed.
void demand_stated(const Digest& signed_one, const std::string& path, const Digest& content);

/// Throws ExitCode::data if a training began in the output folder of the run, and this is not the
/// content of the model that it ended with. Local.
void check_model_of_folder(const RunConfig& config, const Digest& content,
                           std::span<const PublicKey> keys);

}  // namespace bailiwick
