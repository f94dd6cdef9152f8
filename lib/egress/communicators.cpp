// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// New communicators: charged for the numbers that a rank gives to make one, as the others can see
// them in what is made, and for the one by which all ranks agree to call it, which depends on how
// many communicators each has.

#include "lib/egress/passage.hpp"

using namespace bailiwick::egress;

namespace {

std::uint64_t ints(std::int64_t count) {
  return count > 0 ? sizeof(int) * static_cast<std::uint64_t>(count) : 0;
}

std::int64_t members_of(MPI_Group group) {
  int size = 0;
  if (group != MPI_GROUP_NULL) PMPI_Group_size(group, &size);
  return size;
}

std::int64_t size_of(MPI_Comm comm) {
  int size = 0;
  PMPI_Comm_size(comm, &size);
  return size;
}

int dimensions_of(MPI_Comm comm) {
  int dimensions = 0;
  PMPI_Cartdim_get(comm, &dimensions);
  return dimensions;
}

}  // namespace

extern "C" {

#define BAILIWICK_MADE(NAME, PARAMETERS, ARGUMENTS, BYTES)                 \
  BAILIWICK_WRAP(NAME, PARAMETERS, ARGUMENTS, Passage passage(CALL, comm); \
                 passage.makes().all(ints(1) + (BYTES)))

BAILIWICK_MADE(Comm_dup, (MPI_Comm comm, MPI_Comm* copy), (comm, copy), 0)
BAILIWICK_MADE(Comm_dup_with_info, (MPI_Comm comm, MPI_Info info, MPI_Comm* copy),
               (comm, info, copy), 0)
BAILIWICK_WRAP(Comm_idup, (MPI_Comm comm, MPI_Comm* copy, MPI_Request* request),
               (comm, copy, request), Passage passage(CALL, comm);
               passage.makes().all(ints(1)); passage.overlaps())
BAILIWICK_MADE(Comm_split, (MPI_Comm comm, int colour, int key, MPI_Comm* part),
               (comm, colour, key, part), ints(2))
BAILIWICK_MADE(Comm_split_type, (MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* part),
               (comm, type, key, info, part), ints(2))
BAILIWICK_MADE(Comm_create, (MPI_Comm comm, MPI_Group group, MPI_Comm* made), (comm, group, made),
               ints(members_of(group)))
BAILIWICK_MADE(Comm_create_group, (MPI_Comm comm, MPI_Group group, int tag, MPI_Comm* made),
               (comm, group, tag, made), ints(members_of(group) + 1))
BAILIWICK_MADE(Cart_create,
               (MPI_Comm comm, int dimensions, const int sizes[], const int periods[], int reorder,
                MPI_Comm* cart),
               (comm, dimensions, sizes, periods, reorder, cart), ints(2 * dimensions + 1))
BAILIWICK_MADE(Cart_sub, (MPI_Comm comm, const int remain[], MPI_Comm* part), (comm, remain, part),
               ints(dimensions_of(comm)))
BAILIWICK_MADE(Graph_create,
               (MPI_Comm comm, int nodes, const int index[], const int edges[], int reorder,
                MPI_Comm* graph),
               (comm, nodes, index, edges, reorder, graph),
               ints(1 + nodes + (nodes > 0 ? index[nodes - 1] : 0)))
BAILIWICK_MADE(Dist_graph_create,
               (MPI_Comm comm, int n, const int sources[], const int degrees[],
                const int destinations[], const int weights[], MPI_Info info, int reorder,
                MPI_Comm* graph),
               (comm, n, sources, degrees, destinations, weights, info, reorder, graph),
               ints(2 * n + 2 * sum_of(degrees, n) + 1))
BAILIWICK_MADE(Dist_graph_create_adjacent,
               (MPI_Comm comm, int in, const int sources[], const int source_weights[], int out,
                const int destinations[], const int weights[], MPI_Info info, int reorder,
                MPI_Comm* graph),
               (comm, in, sources, source_weights, out, destinations, weights, info, reorder,
                graph),
               ints(2 * (in + out) + 1))

// The leader of a side tells the other one who is in it.
BAILIWICK_WRAP(Intercomm_create,
               (MPI_Comm local, int leader, MPI_Comm peers, int other_leader, int tag,
                MPI_Comm* made),
               (local, leader, peers, other_leader, tag, made), Passage at_home(CALL, local);
               at_home.makes().all(ints(3 + size_of(local)));
               Passage abroad(CALL, leader == rank_in(local) ? peers : MPI_COMM_NULL);
               abroad.makes().all(ints(3 + size_of(local))))

// Which side comes first is seen on both.
BAILIWICK_MADE(Intercomm_merge, (MPI_Comm comm, int high, MPI_Comm* merged), (comm, high, merged),
               ints(1))

// Their end tells nothing, but may send messages.
BAILIWICK_WRAP(Comm_free, (MPI_Comm * comm), (comm), Passage passage(CALL, *comm); passage.makes())
BAILIWICK_WRAP(Comm_disconnect, (MPI_Comm * comm), (comm), Passage passage(CALL, *comm);
               passage.makes())
BAILIWICK_WRAP(Finalize, (), (), Passage passage(CALL, MPI_COMM_WORLD); passage.makes())

}  // extern "C"
