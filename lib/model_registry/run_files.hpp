// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>

#include "lib/folder/run_folder.hpp"

namespace bailiwick {

/// Files in the output folder that whoever uses or verifies the result of a stage needs: it, its
/// chain, and all that the chain names and is there, in the folder's names. Not the parts that came
/// before the result: checkpoints know the same rows, and no check judged them.
std::set<std::string> files_of_result(const RunFolder& folder, const StageRecord& record);

}  // namespace bailiwick
