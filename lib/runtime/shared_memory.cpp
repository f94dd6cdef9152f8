// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/shared_memory.hpp"

#include <exception>

#include "lib/runtime/mpi_check.hpp"
#include "lib/runtime/watchdog.hpp"

namespace bailiwick {

bool on_one_node(const Communicator& comm) {
  MPI_Comm node = MPI_COMM_NULL;
  check(MPI_Comm_split_type(comm.handle(), MPI_COMM_TYPE_SHARED, comm.rank(), MPI_INFO_NULL, &node),
        "MPI_Comm_split_type");
  return Communicator(node).size() == comm.size();  // on one node all see all, else nobody does
}

SharedMemory::SharedMemory(const Communicator& comm, std::size_t bytes)
    : comm_(comm), rank_(comm.rank()) {
  void* own = nullptr;
  check(MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes), 1, MPI_INFO_NULL, comm.handle(), &own,
                                &window_),
        "MPI_Win_allocate_shared");
  check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_), "MPI_Win_lock_all");
  for (int rank = 0; rank < comm.size(); ++rank) {
    MPI_Aint size = 0;
    int unit = 0;
    void* base = nullptr;
    check(MPI_Win_shared_query(window_, rank, &size, &unit, &base), "MPI_Win_shared_query");
    segments_.emplace_back(static_cast<std::byte*>(base), static_cast<std::size_t>(size));
  }
}

SharedMemory::~SharedMemory() {
  int finalised = 0;
  MPI_Finalized(&finalised);
  // To free it is collective: a rank that fails alone would wait here for the others for ever.
  if (finalised != 0 || std::uncaught_exceptions() > 0) return;
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

void SharedMemory::meet() const {
  const Watchdog::Waiting waiting("a barrier of shared memory");
  check(MPI_Win_sync(window_), "MPI_Win_sync");
  comm_.barrier();
  check(MPI_Win_sync(window_), "MPI_Win_sync");
}

}  // namespace bailiwick
