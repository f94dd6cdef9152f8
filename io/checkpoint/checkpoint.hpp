// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"

namespace bailiwick::io {

/// A model as it lies on disk: named arrays of doubles and text attributes
/// (docs/checkpoint-format.md).
struct Checkpoint {
  std::map<std::string, std::string>
      attributes;  ///< kind, step, config digest, …; JSON where structured
  std::map<std::string, std::vector<double>> arrays;  ///< "parameters", "standardisation/mean", …

  /// SHA-256 over names, shapes and bytes of the arrays and the attributes that define the model,
  /// not over the file: equal models have equal digests whatever wrote them.
  Digest digest() const;
};

/// Reads and checks a checkpoint, and tells its digest() if asked to. Needs no MPI. Throws
/// ExitCode::data or ExitCode::integrity.
Checkpoint read_checkpoint(const std::string& path, Digest* content = nullptr);
/// Its text attributes alone, without a look at the rest.
std::map<std::string, std::string> read_checkpoint_attributes(const std::string& path);
/// Its digest alone.
Digest content_digest(const std::string& path);

}  // namespace bailiwick::io
