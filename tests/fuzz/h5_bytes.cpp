// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/error.hpp"
#include "tests/fuzz/read_rows.hpp"
#include "tests/fuzz/scratch_file.hpp"

/// Damaged bytes of HDF5 files: HDF5's checksums stop nearly all of them, our digests the others.
void look_at(const std::string& input) {
  const ScratchFile file(input);
  try {
    read_rows(file.path());
  } catch (const bailiwick::Error&) {
    bailiwick::io::read_checkpoint(file.path());
  }
}
