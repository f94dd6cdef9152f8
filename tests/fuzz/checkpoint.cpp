// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/checkpoint/checkpoint.hpp"

#include "tests/fuzz/h5_builder.hpp"
#include "tests/fuzz/scratch_file.hpp"

/// A checkpoint is read whole or refused, whatever types, shapes and names an HDF5 file holds.
void look_at(const std::string& input) {
  const ScratchFile file("");
  build_h5(file.path(), input);
  bailiwick::io::read_checkpoint(file.path());
}
