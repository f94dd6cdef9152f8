// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Collectives, each with its nonblocking twin, metered and passed on.

#include "lib/egress/passage.hpp"

using namespace bailiwick::egress;

extern "C" {

/// METERED(name, twin, parameters, arguments, what `passage` is charged).
#define BAILIWICK_METERED(NAME, TWIN, PARAMETERS, ARGUMENTS, ...)                       \
  BAILIWICK_WRAP(NAME, PARAMETERS, ARGUMENTS, Passage passage(CALL, comm); __VA_ARGS__) \
  int MPI_##TWIN(BAILIWICK_LIST PARAMETERS, MPI_Request* request) {                     \
    Passage passage("MPI_" #TWIN, comm);                                                \
    __VA_ARGS__;                                                                        \
    passage.overlaps();                                                                 \
    return BAILIWICK_NEXT(TWIN)(BAILIWICK_LIST ARGUMENTS, request);                     \
  }                                                                                     \
  BAILIWICK_ALSO_PMPI(TWIN)

BAILIWICK_METERED(Barrier, Ibarrier, (MPI_Comm comm), (comm), passage.all(0))
BAILIWICK_METERED(Bcast, Ibcast,
                  (void* data, int count, MPI_Datatype type, int root, MPI_Comm comm),
                  (data, count, type, root, comm), passage.from_root(root, bytes_of(count, type)))
BAILIWICK_METERED(Gather, Igather,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, count, type, into, room, into_type, root, comm),
                  passage.to_root(root, bytes_of(count, type)))
BAILIWICK_METERED(Gatherv, Igatherv,
                  (const void* data, int count, MPI_Datatype type, void* into, const int rooms[],
                   const int offsets[], MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, count, type, into, rooms, offsets, into_type, root, comm),
                  passage.to_root(root, bytes_of(count, type)))
BAILIWICK_METERED(Scatter, Iscatter,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, count, type, into, room, into_type, root, comm),
                  passage.root_to_each(root, [&](int) { return bytes_of(count, type); }))
BAILIWICK_METERED(Scatterv, Iscatterv,
                  (const void* data, const int counts[], const int offsets[], MPI_Datatype type,
                   void* into, int room, MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, counts, offsets, type, into, room, into_type, root, comm),
                  passage.root_to_each(root, [&](int r) { return bytes_of(counts[r], type); }))
BAILIWICK_METERED(Allgather, Iallgather,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, room, into_type, comm),
                  passage.all(data == MPI_IN_PLACE ? bytes_of(room, into_type)
                                                   : bytes_of(count, type)))
BAILIWICK_METERED(Allgatherv, Iallgatherv,
                  (const void* data, int count, MPI_Datatype type, void* into, const int rooms[],
                   const int offsets[], MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, rooms, offsets, into_type, comm),
                  passage.all(data == MPI_IN_PLACE ? bytes_of(rooms[rank_in(comm)], into_type)
                                                   : bytes_of(count, type)))
BAILIWICK_METERED(Alltoall, Ialltoall,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, room, into_type, comm), passage.each([&](int) {
                    return data == MPI_IN_PLACE ? bytes_of(room, into_type) : bytes_of(count, type);
                  }))
BAILIWICK_METERED(Alltoallv, Ialltoallv,
                  (const void* data, const int counts[], const int offsets[], MPI_Datatype type,
                   void* into, const int rooms[], const int into_offsets[], MPI_Datatype into_type,
                   MPI_Comm comm),
                  (data, counts, offsets, type, into, rooms, into_offsets, into_type, comm),
                  passage.each([&](int r) {
                    return data == MPI_IN_PLACE ? bytes_of(rooms[r], into_type)
                                                : bytes_of(counts[r], type);
                  }))
BAILIWICK_METERED(Alltoallw, Ialltoallw,
                  (const void* data, const int counts[], const int offsets[],
                   const MPI_Datatype types[], void* into, const int rooms[],
                   const int into_offsets[], const MPI_Datatype into_types[], MPI_Comm comm),
                  (data, counts, offsets, types, into, rooms, into_offsets, into_types, comm),
                  passage.each([&](int r) {
                    return data == MPI_IN_PLACE ? bytes_of(rooms[r], into_types[r])
                                                : bytes_of(counts[r], types[r]);
                  }))
BAILIWICK_METERED(Reduce, Ireduce,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op, int root,
                   MPI_Comm comm),
                  (data, into, count, type, op, root, comm),
                  passage.to_root(root, bytes_of(count, type)))
BAILIWICK_METERED(Allreduce, Iallreduce,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm), passage.all(bytes_of(count, type)))
BAILIWICK_METERED(Scan, Iscan,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm), passage.all(bytes_of(count, type)))
BAILIWICK_METERED(Exscan, Iexscan,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm), passage.all(bytes_of(count, type)))
BAILIWICK_METERED(Reduce_scatter_block, Ireduce_scatter_block,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm),
                  passage.all(static_cast<std::uint64_t>(receivers(comm)) * bytes_of(count, type)))
BAILIWICK_METERED(Reduce_scatter, Ireduce_scatter,
                  (const void* data, void* into, const int counts[], MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, counts, type, op, comm),
                  passage.all(bytes_of(sum_of(counts, receivers(comm)), type)))

}  // extern "C"
