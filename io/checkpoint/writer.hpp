// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/output_file.hpp"
#include "lib/runtime/communicator.hpp"

namespace bailiwick::io {

/// Writes `checkpoint` (equal on every rank) with parallel HDF5: temporary name, sync, rename, sync
/// of the folder. Each rank of `writers`, some of `comm` with its first among them (empty on the
/// others), writes its share of every array. The first rank makes the file. Returns the content
/// digest. Collective over `comm`; a failure on any rank throws ExitCode::data on all and leaves no
/// file.
Digest publish_checkpoint(const Communicator& comm, const Communicator& writers,
                          const Checkpoint& checkpoint, const std::string& path,
                          Readers readers = Readers::umask);

/// The same file, byte for byte, by this rank alone. Not collective; calls HDF5, so that no other
/// thread of the process may meanwhile.
Digest publish_checkpoint(const Checkpoint& checkpoint, const std::string& path,
                          Readers readers = Readers::umask);

}  // namespace bailiwick::io
