// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/kinds/saved_model.hpp"

namespace bailiwick {

/// A model as training left it, with its coefficients.
struct FittedFile {
  std::string path;
  SavedModel model;
  std::vector<std::string> names;  ///< of its coefficients
};

/// `path`: a file, or the folder of a run. Throws ExitCode::data if it is a network or a
/// checkpoint, or has a penalty.
FittedFile open_fitted(std::string path);

/// Throws ExitCode::data naming what differs, if they are not of one kind, target and offset.
void check_same_target(const FittedFile& one, const FittedFile& other);

}  // namespace bailiwick
