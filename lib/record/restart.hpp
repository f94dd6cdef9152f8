// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/runtime/communicator.hpp"

namespace bailiwick {

class Run;

/// What `--resume` says besides the name of a checkpoint.
inline constexpr const char* resume_latest = "latest";

/// What decides the bits of a training of these columns: rows, whose they are, model, method. A
/// checkpoint is only taken up by the same. Not in it: how long it trains, what it keeps, where it
/// writes, who asks.
std::string training_fingerprint(const Run& run, const std::vector<std::string>& columns);

/// Whether the output folder holds what this config asks for, done and all as it was signed: of
/// that stage, and of the model in the file `model` where it names one. Then rank 0 says so.
/// Collective. Throws ExitCode::integrity if it is done and not as it was signed.
bool is_done(const Communicator& world, const RunConfig& config, const StageChain& chain,
             const std::string& model = {});

/// Where a training goes on.
struct Restart {
  bool in_place = false;  ///< in the folder, and the lineage, that it began in
  std::string path;       ///< of the checkpoint; empty: from the start
  io::Checkpoint checkpoint;
  Digest content;  ///< its digest
};

/// Throws if what stays in the domains beside this checkpoint is not there. Called on each rank.
using RegionalCheck = std::function<void(const std::string& path)>;

/// What `from` means: empty, the start; `latest`, the newest checkpoint in the output folder that
/// is as it was signed, or the start if there is none, and rank 0 says which it passed over and
/// why; a file, that one, to go on from in a new folder, if the lineage beside it vouches for it
/// (stated_model), signed with the operator's key or one in the files `keys`. Collective. Throws
/// ExitCode::data if that file belongs to another training, ExitCode::integrity if nobody vouches.
Restart find_restart(const Run& run, const std::string& from, const std::vector<std::string>& keys,
                     const std::string& fingerprint, const RegionalCheck& regional = {});

/// What a training does with the checkpoint that it goes on from, if there is one; errors name its
/// file. Collective.
void take_up(const Run& run, const Restart& restart, const std::function<void()>& work);

/// The checkpoint `name` in `folder`, if it is what the newest statement about it in the folder's
/// lineage says, signed with the private key in the file `key`. Local. Throws ExitCode::integrity
/// or ExitCode::data.
io::Checkpoint read_stated(const std::string& folder, const std::string& name,
                           const std::string& key);

}  // namespace bailiwick
