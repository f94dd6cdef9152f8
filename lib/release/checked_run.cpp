// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/release/checked_run.hpp"

#include <filesystem>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/record/layout.hpp"
#include "lib/release/gate.hpp"
#include "lib/verify/verify.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Its lock, if it is a folder.
std::string lock_of_folder(const std::string& folder) {
  if (!fs::is_directory(folder))
    throw Error(ExitCode::data, "{}: is not the output folder of a run", folder);
  return training_chain.lock(folder);
}

RunVerification verify_held(const FileLock& lock, const ReleaseRequest& request,
                            const char* therefore) {
  if (!lock.held())
    throw Error(ExitCode::data, "{}: a job is writing there{}", request.folder, lock.holder());
  return demand_verified(request.folder, request.verification, therefore);
}

RunFolder read_whole_folder(const std::string& path) {
  RunFolder folder = read_run_folder(path);
  if (!folder.unreadable.empty())
    throw Error(ExitCode::data, "{}: cannot be released from: {}", path,
                join(folder.unreadable, "; "));
  return folder;
}

}  // namespace

CheckedRun::CheckedRun(const ReleaseRequest& request, const char* therefore)
    : lock(lock_of_folder(request.folder), lock_patience_seconds),
      verification(verify_held(lock, request, therefore)),
      folder(read_whole_folder(request.folder)),
      vouched(vouched_keys(request, verification)) {}

void demand_elsewhere(const std::string& place, const std::string& folder, const char* what) {
  const fs::path within = fs::weakly_canonical(fs::absolute(place))
                              .lexically_relative(fs::weakly_canonical(fs::absolute(folder)));
  if (within.empty() || *within.begin() != "..")
    throw Error(ExitCode::usage, "{} {}: lies in the output folder; name another place", what,
                place);
}

}  // namespace bailiwick
