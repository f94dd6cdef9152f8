// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Memory and files that ranks share, metered and passed on.

#include <cstring>

#include "lib/egress/passage.hpp"

using bailiwick::EgressMeter;
using namespace bailiwick::egress;

extern "C" {

// A get takes from the other rank, which does not take part, so it counts where it is called.

#define BAILIWICK_ONE_SIDED(NAME, PARAMETERS, ARGUMENTS, BYTES) \
  BAILIWICK_WRAP(NAME, PARAMETERS, ARGUMENTS,                   \
                 const Passage passage(CALL, Window{window}, rank, BYTES))

/// MOVES(name, twin that gives a request, type of the data on this side).
#define BAILIWICK_MOVES(NAME, TWIN, DATA)                                                    \
  BAILIWICK_ONE_SIDED(NAME,                                                                  \
                      (DATA data, int count, MPI_Datatype type, int rank, MPI_Aint offset,   \
                       int target_count, MPI_Datatype target_type, MPI_Win window),          \
                      (data, count, type, rank, offset, target_count, target_type, window),  \
                      bytes_of(count, type))                                                 \
  BAILIWICK_ONE_SIDED(                                                                       \
      TWIN,                                                                                  \
      (DATA data, int count, MPI_Datatype type, int rank, MPI_Aint offset, int target_count, \
       MPI_Datatype target_type, MPI_Win window, MPI_Request* request),                      \
      (data, count, type, rank, offset, target_count, target_type, window, request),         \
      bytes_of(count, type))

BAILIWICK_MOVES(Put, Rput, const void*)
BAILIWICK_MOVES(Get, Rget, void*)
BAILIWICK_ONE_SIDED(Accumulate,
                    (const void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset,
                     int target_count, MPI_Datatype target_type, MPI_Op op, MPI_Win window),
                    (data, count, type, rank, offset, target_count, target_type, op, window),
                    bytes_of(count, type))
BAILIWICK_ONE_SIDED(Raccumulate,
                    (const void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset,
                     int target_count, MPI_Datatype target_type, MPI_Op op, MPI_Win window,
                     MPI_Request* request),
                    (data, count, type, rank, offset, target_count, target_type, op, window,
                     request),
                    bytes_of(count, type))
BAILIWICK_ONE_SIDED(Get_accumulate,
                    (const void* data, int count, MPI_Datatype type, void* into, int room,
                     MPI_Datatype into_type, int rank, MPI_Aint offset, int target_count,
                     MPI_Datatype target_type, MPI_Op op, MPI_Win window),
                    (data, count, type, into, room, into_type, rank, offset, target_count,
                     target_type, op, window),
                    bytes_of(count, type) + bytes_of(room, into_type))
BAILIWICK_ONE_SIDED(Rget_accumulate,
                    (const void* data, int count, MPI_Datatype type, void* into, int room,
                     MPI_Datatype into_type, int rank, MPI_Aint offset, int target_count,
                     MPI_Datatype target_type, MPI_Op op, MPI_Win window, MPI_Request* request),
                    (data, count, type, into, room, into_type, rank, offset, target_count,
                     target_type, op, window, request),
                    bytes_of(count, type) + bytes_of(room, into_type))
BAILIWICK_ONE_SIDED(Fetch_and_op,
                    (const void* data, void* into, MPI_Datatype type, int rank, MPI_Aint offset,
                     MPI_Op op, MPI_Win window),
                    (data, into, type, rank, offset, op, window), 2 * bytes_of(1, type))
BAILIWICK_ONE_SIDED(Compare_and_swap,
                    (const void* data, const void* compare, void* into, MPI_Datatype type, int rank,
                     MPI_Aint offset, MPI_Win window),
                    (data, compare, into, type, rank, offset, window), 2 * bytes_of(1, type))

// A window tells its size and unit to all, and by its communicator how many this rank has, and its
// memory too if others may read it without a call.

#define BAILIWICK_WINDOW(NAME, PARAMETERS, ARGUMENTS, MEMORY)                                   \
  BAILIWICK_WRAP(NAME, PARAMETERS, ARGUMENTS, Passage passage(CALL, comm); passage.makes().all( \
      sizeof(MPI_Aint) + 2 * sizeof(int) + static_cast<std::uint64_t>(MEMORY));                 \
                 passage.overlaps())

BAILIWICK_WINDOW(Win_create,
                 (void* base, MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm,
                  MPI_Win* window),
                 (base, size, unit, info, comm, window), 0)
BAILIWICK_WINDOW(Win_create_dynamic, (MPI_Info info, MPI_Comm comm, MPI_Win* window),
                 (info, comm, window), 0)
BAILIWICK_WINDOW(Win_allocate,
                 (MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm, void* base,
                  MPI_Win* window),
                 (size, unit, info, comm, base, window), size)
BAILIWICK_WINDOW(Win_allocate_shared,
                 (MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm, void* base,
                  MPI_Win* window),
                 (size, unit, info, comm, base, window), size)

// What MPI-IO exchanges once a file is open cannot be seen, so opening one together counts. What is
// written, anybody can read, so only this run's own files are.

int MPI_File_open(MPI_Comm comm, const char* name, int mode, MPI_Info info, MPI_File* file) {
  EgressMeter& meter = EgressMeter::instance();
  Passage passage("MPI_File_open", comm);
  passage.makes().all(std::strlen(name) + sizeof mode + sizeof(int));
  if ((mode & (MPI_MODE_WRONLY | MPI_MODE_RDWR | MPI_MODE_CREATE)) != 0 && !meter.may_write(name))
    meter.refuse("MPI_File_open", std::string("would write \"") + name +
                                      "\", which is no file of this run; nothing was written");
  return BAILIWICK_NEXT(File_open)(comm, name, mode, info, file);
}
BAILIWICK_ALSO_PMPI(File_open)

}  // extern "C"
