// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <mpi.h>

#include <cstddef>
#include <span>
#include <vector>

#include "lib/runtime/communicator.hpp"

namespace bailiwick {

/// True on every rank of `comm` if all of them run on one node. Collective.
bool on_one_node(const Communicator& comm);

/// Memory that ranks of one node can all read and write, a segment each. Move-only.
class SharedMemory {
 public:
  /// Collective over `comm`, which must outlive it. Throws ExitCode::bug with MPI's text.
  SharedMemory(const Communicator& comm, std::size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  int size() const { return static_cast<int>(segments_.size()); }
  int rank() const { return rank_; }
  std::span<std::byte> segment(int rank) const { return segments_[static_cast<std::size_t>(rank)]; }
  /// What was written before is seen by all after. Collective.
  void meet() const;

 private:
  const Communicator& comm_;
  MPI_Win window_ = MPI_WIN_NULL;
  int rank_ = 0;
  std::vector<std::span<std::byte>> segments_;
};

}  // namespace bailiwick
