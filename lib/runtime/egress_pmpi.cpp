// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Every MPI call that hands data to other ranks, metered and passed on. Ours come before MPI's in
// the program's symbols, so that they catch the calls of libraries as well.
// tests/mpi/meter_covers_mpi.py holds this file against mpi.h: a call that is neither here nor
// known to move nothing fails.

#include <mpi.h>

#include <cstring>
#include <map>

#include "lib/runtime/egress_meter.hpp"

using bailiwick::EgressMeter;

namespace {

EgressMeter& the_meter() {
  return EgressMeter::instance();
}

std::uint64_t bytes_of(std::int64_t count, MPI_Datatype type) {
  int size = 0;
  if (count <= 0 || type == MPI_DATATYPE_NULL) return 0;
  PMPI_Type_size(type, &size);
  return static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(size);
}

int rank_in(MPI_Comm comm) {
  int rank = 0;
  PMPI_Comm_rank(comm, &rank);
  return rank;
}

bool intercommunicator(MPI_Comm comm) {
  int inter = 0;
  PMPI_Comm_test_inter(comm, &inter);
  return inter != 0;
}

/// Ranks that messages on `comm` can go to.
int receivers(MPI_Comm comm) {
  int size = 0;
  if (intercommunicator(comm))
    PMPI_Comm_remote_size(comm, &size);
  else
    PMPI_Comm_size(comm, &size);
  return size;
}

void to_one(const char* call, MPI_Comm comm, int rank, std::uint64_t bytes) {
  if (the_meter().crosses(comm, rank)) the_meter().meter(call, comm, bytes);
}

/// What every rank gives to a collective that makes it, or a sum that it is in, known to others.
void to_all(const char* call, MPI_Comm comm, std::uint64_t bytes) {
  if (the_meter().crosses(comm)) the_meter().meter(call, comm, bytes);
}

/// What only `root` gives.
void from_root(const char* call, MPI_Comm comm, int root, std::uint64_t bytes) {
  if (intercommunicator(comm) ? root == MPI_ROOT : root == rank_in(comm)) to_all(call, comm, bytes);
}

/// What all but `root` give; on its way it may pass through any rank.
void to_root(const char* call, MPI_Comm comm, int root, std::uint64_t bytes) {
  if (intercommunicator(comm) ? root >= 0 : root != rank_in(comm)) to_all(call, comm, bytes);
}

/// A share for each receiver.
template <class Share>
void to_each(const char* call, MPI_Comm comm, const Share& share) {
  if (!the_meter().crosses(comm)) return;
  std::uint64_t bytes = 0;
  for (int r = 0; r < receivers(comm); ++r)
    if (the_meter().crosses(comm, r)) bytes += share(r);
  the_meter().meter(call, comm, bytes);
}

template <class Share>
void root_to_each(const char* call, MPI_Comm comm, int root, const Share& share) {
  if (intercommunicator(comm) ? root == MPI_ROOT : root == rank_in(comm))
    to_each(call, comm, share);
}

/// A share for each neighbour of a topology, of which there may be many.
template <class Share>
void to_neighbours(const char* call, MPI_Comm comm, const Share& share) {
  if (!the_meter().crosses(comm)) return;
  std::vector<int> neighbours;
  int topology = MPI_UNDEFINED;
  PMPI_Topo_test(comm, &topology);
  if (topology == MPI_CART) {
    int dimensions = 0;
    PMPI_Cartdim_get(comm, &dimensions);
    for (int d = 0; d < dimensions; ++d) {
      int before = 0, after = 0;
      PMPI_Cart_shift(comm, d, 1, &before, &after);
      neighbours.insert(neighbours.end(), {before, after});
    }
  } else if (topology == MPI_GRAPH) {
    int count = 0;
    PMPI_Graph_neighbors_count(comm, rank_in(comm), &count);
    neighbours.resize(static_cast<std::size_t>(count));
    PMPI_Graph_neighbors(comm, rank_in(comm), count, neighbours.data());
  } else if (topology == MPI_DIST_GRAPH) {
    int in = 0, out = 0, weighted = 0;
    PMPI_Dist_graph_neighbors_count(comm, &in, &out, &weighted);
    std::vector<int> sources(static_cast<std::size_t>(in)),
        weights(static_cast<std::size_t>(in + out));
    neighbours.resize(static_cast<std::size_t>(out));
    PMPI_Dist_graph_neighbors(comm, in, sources.data(), weighted ? weights.data() : MPI_UNWEIGHTED,
                              out, neighbours.data(),
                              weighted ? weights.data() + in : MPI_UNWEIGHTED);
  }
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < neighbours.size(); ++i)
    if (the_meter().crosses(comm, neighbours[i])) bytes += share(static_cast<int>(i));
  the_meter().meter(call, comm, bytes);
}

void to_window(const char* call, MPI_Win window, int rank, std::uint64_t bytes) {
  if (the_meter().crosses(window, rank)) the_meter().meter(call, MPI_COMM_NULL, bytes);
}

std::int64_t sum_of(const int* counts, int size) {
  std::int64_t sum = 0;
  for (int i = 0; i < size; ++i)
    sum += counts[i];
  return sum;
}

/// Persistent sends: what each start of a request sends.
struct Persistent {
  MPI_Comm comm;
  int rank;
  std::uint64_t bytes;
};
std::map<MPI_Request, Persistent> persistent;

void meter_start(const char* call, MPI_Request request) {
  const auto found = persistent.find(request);
  if (found != persistent.end())
    to_one(call, found->second.comm, found->second.rank, found->second.bytes);
}

}  // namespace

extern "C" {

// Point to point

#define BAILIWICK_SEND(NAME, TWIN, PERSISTENT)                                                     \
  int MPI_##NAME(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm) { \
    to_one("MPI_" #NAME, comm, to, bytes_of(count, type));                                         \
    return PMPI_##NAME(data, count, type, to, tag, comm);                                          \
  }                                                                                                \
  int MPI_##TWIN(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,   \
                 MPI_Request* request) {                                                           \
    to_one("MPI_" #TWIN, comm, to, bytes_of(count, type));                                         \
    return PMPI_##TWIN(data, count, type, to, tag, comm, request);                                 \
  }                                                                                                \
  int MPI_##PERSISTENT(const void* data, int count, MPI_Datatype type, int to, int tag,            \
                       MPI_Comm comm, MPI_Request* request) {                                      \
    const int code = PMPI_##PERSISTENT(data, count, type, to, tag, comm, request);                 \
    if (code == MPI_SUCCESS) persistent[*request] = {comm, to, bytes_of(count, type)};             \
    return code;                                                                                   \
  }

BAILIWICK_SEND(Send, Isend, Send_init)
BAILIWICK_SEND(Bsend, Ibsend, Bsend_init)
BAILIWICK_SEND(Ssend, Issend, Ssend_init)
BAILIWICK_SEND(Rsend, Irsend, Rsend_init)
#undef BAILIWICK_SEND

int MPI_Sendrecv(const void* data, int count, MPI_Datatype type, int to, int tag, void* into,
                 int room, MPI_Datatype into_type, int from, int from_tag, MPI_Comm comm,
                 MPI_Status* status) {
  to_one("MPI_Sendrecv", comm, to, bytes_of(count, type));
  return PMPI_Sendrecv(data, count, type, to, tag, into, room, into_type, from, from_tag, comm,
                       status);
}

int MPI_Sendrecv_replace(void* data, int count, MPI_Datatype type, int to, int tag, int from,
                         int from_tag, MPI_Comm comm, MPI_Status* status) {
  to_one("MPI_Sendrecv_replace", comm, to, bytes_of(count, type));
  return PMPI_Sendrecv_replace(data, count, type, to, tag, from, from_tag, comm, status);
}

int MPI_Start(MPI_Request* request) {
  meter_start("MPI_Start", *request);
  return PMPI_Start(request);
}

int MPI_Startall(int count, MPI_Request requests[]) {
  for (int i = 0; i < count; ++i)
    meter_start("MPI_Startall", requests[i]);
  return PMPI_Startall(count, requests);
}

int MPI_Request_free(MPI_Request* request) {
  persistent.erase(*request);
  return PMPI_Request_free(request);
}

// Collectives, each with its nonblocking twin. METERED(name, twin, parameters, arguments,
// metering), where CALL is the name of the one that was called.

#define BAILIWICK_LIST(...) __VA_ARGS__
#define BAILIWICK_METERED(NAME, TWIN, PARAMETERS, ARGUMENTS, METERING) \
  int MPI_##NAME(BAILIWICK_LIST PARAMETERS) {                          \
    constexpr const char* CALL = "MPI_" #NAME;                         \
    METERING;                                                          \
    return PMPI_##NAME(BAILIWICK_LIST ARGUMENTS);                      \
  }                                                                    \
  int MPI_##TWIN(BAILIWICK_LIST PARAMETERS, MPI_Request* request) {    \
    constexpr const char* CALL = "MPI_" #TWIN;                         \
    METERING;                                                          \
    return PMPI_##TWIN(BAILIWICK_LIST ARGUMENTS, request);             \
  }

BAILIWICK_METERED(Bcast, Ibcast,
                  (void* data, int count, MPI_Datatype type, int root, MPI_Comm comm),
                  (data, count, type, root, comm),
                  from_root(CALL, comm, root, bytes_of(count, type)))
BAILIWICK_METERED(Gather, Igather,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, count, type, into, room, into_type, root, comm),
                  to_root(CALL, comm, root, bytes_of(count, type)))
BAILIWICK_METERED(Gatherv, Igatherv,
                  (const void* data, int count, MPI_Datatype type, void* into, const int rooms[],
                   const int offsets[], MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, count, type, into, rooms, offsets, into_type, root, comm),
                  to_root(CALL, comm, root, bytes_of(count, type)))
BAILIWICK_METERED(Scatter, Iscatter,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, count, type, into, room, into_type, root, comm),
                  root_to_each(CALL, comm, root, [&](int) { return bytes_of(count, type); }))
BAILIWICK_METERED(Scatterv, Iscatterv,
                  (const void* data, const int counts[], const int offsets[], MPI_Datatype type,
                   void* into, int room, MPI_Datatype into_type, int root, MPI_Comm comm),
                  (data, counts, offsets, type, into, room, into_type, root, comm),
                  root_to_each(CALL, comm, root, [&](int r) { return bytes_of(counts[r], type); }))
BAILIWICK_METERED(Allgather, Iallgather,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, room, into_type, comm),
                  to_all(CALL, comm,
                         data == MPI_IN_PLACE ? bytes_of(room, into_type) : bytes_of(count, type)))
BAILIWICK_METERED(Allgatherv, Iallgatherv,
                  (const void* data, int count, MPI_Datatype type, void* into, const int rooms[],
                   const int offsets[], MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, rooms, offsets, into_type, comm),
                  to_all(CALL, comm,
                         data == MPI_IN_PLACE ? bytes_of(rooms[rank_in(comm)], into_type)
                                              : bytes_of(count, type)))
BAILIWICK_METERED(Alltoall, Ialltoall,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, room, into_type, comm), to_each(CALL, comm, [&](int) {
                    return data == MPI_IN_PLACE ? bytes_of(room, into_type) : bytes_of(count, type);
                  }))
BAILIWICK_METERED(Alltoallv, Ialltoallv,
                  (const void* data, const int counts[], const int offsets[], MPI_Datatype type,
                   void* into, const int rooms[], const int into_offsets[], MPI_Datatype into_type,
                   MPI_Comm comm),
                  (data, counts, offsets, type, into, rooms, into_offsets, into_type, comm),
                  to_each(CALL, comm, [&](int r) {
                    return data == MPI_IN_PLACE ? bytes_of(rooms[r], into_type)
                                                : bytes_of(counts[r], type);
                  }))
BAILIWICK_METERED(Alltoallw, Ialltoallw,
                  (const void* data, const int counts[], const int offsets[],
                   const MPI_Datatype types[], void* into, const int rooms[],
                   const int into_offsets[], const MPI_Datatype into_types[], MPI_Comm comm),
                  (data, counts, offsets, types, into, rooms, into_offsets, into_types, comm),
                  to_each(CALL, comm, [&](int r) {
                    return data == MPI_IN_PLACE ? bytes_of(rooms[r], into_types[r])
                                                : bytes_of(counts[r], types[r]);
                  }))
BAILIWICK_METERED(Reduce, Ireduce,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op, int root,
                   MPI_Comm comm),
                  (data, into, count, type, op, root, comm),
                  to_root(CALL, comm, root, bytes_of(count, type)))
BAILIWICK_METERED(Allreduce, Iallreduce,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm), to_all(CALL, comm, bytes_of(count, type)))
BAILIWICK_METERED(Scan, Iscan,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm), to_all(CALL, comm, bytes_of(count, type)))
BAILIWICK_METERED(Exscan, Iexscan,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm), to_all(CALL, comm, bytes_of(count, type)))
BAILIWICK_METERED(Reduce_scatter_block, Ireduce_scatter_block,
                  (const void* data, void* into, int count, MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, count, type, op, comm),
                  to_all(CALL, comm,
                         static_cast<std::uint64_t>(receivers(comm)) * bytes_of(count, type)))
BAILIWICK_METERED(Reduce_scatter, Ireduce_scatter,
                  (const void* data, void* into, const int counts[], MPI_Datatype type, MPI_Op op,
                   MPI_Comm comm),
                  (data, into, counts, type, op, comm),
                  to_all(CALL, comm, bytes_of(sum_of(counts, receivers(comm)), type)))
// Neighbourhood collectives

BAILIWICK_METERED(Neighbor_allgather, Ineighbor_allgather,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, room, into_type, comm),
                  to_neighbours(CALL, comm, [&](int) { return bytes_of(count, type); }))
BAILIWICK_METERED(Neighbor_allgatherv, Ineighbor_allgatherv,
                  (const void* data, int count, MPI_Datatype type, void* into, const int rooms[],
                   const int offsets[], MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, rooms, offsets, into_type, comm),
                  to_neighbours(CALL, comm, [&](int) { return bytes_of(count, type); }))
BAILIWICK_METERED(Neighbor_alltoall, Ineighbor_alltoall,
                  (const void* data, int count, MPI_Datatype type, void* into, int room,
                   MPI_Datatype into_type, MPI_Comm comm),
                  (data, count, type, into, room, into_type, comm),
                  to_neighbours(CALL, comm, [&](int) { return bytes_of(count, type); }))
BAILIWICK_METERED(Neighbor_alltoallv, Ineighbor_alltoallv,
                  (const void* data, const int counts[], const int offsets[], MPI_Datatype type,
                   void* into, const int rooms[], const int into_offsets[], MPI_Datatype into_type,
                   MPI_Comm comm),
                  (data, counts, offsets, type, into, rooms, into_offsets, into_type, comm),
                  to_neighbours(CALL, comm, [&](int i) { return bytes_of(counts[i], type); }))
BAILIWICK_METERED(Neighbor_alltoallw, Ineighbor_alltoallw,
                  (const void* data, const int counts[], const MPI_Aint offsets[],
                   const MPI_Datatype types[], void* into, const int rooms[],
                   const MPI_Aint into_offsets[], const MPI_Datatype into_types[], MPI_Comm comm),
                  (data, counts, offsets, types, into, rooms, into_offsets, into_types, comm),
                  to_neighbours(CALL, comm, [&](int i) { return bytes_of(counts[i], types[i]); }))

#undef BAILIWICK_METERED
#undef BAILIWICK_LIST

// One-sided: a get takes from the other rank, which does not take part, so it counts here

int MPI_Put(const void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset,
            int target_count, MPI_Datatype target_type, MPI_Win window) {
  to_window("MPI_Put", window, rank, bytes_of(count, type));
  return PMPI_Put(data, count, type, rank, offset, target_count, target_type, window);
}

int MPI_Rput(const void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset,
             int target_count, MPI_Datatype target_type, MPI_Win window, MPI_Request* request) {
  to_window("MPI_Rput", window, rank, bytes_of(count, type));
  return PMPI_Rput(data, count, type, rank, offset, target_count, target_type, window, request);
}

int MPI_Get(void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset, int target_count,
            MPI_Datatype target_type, MPI_Win window) {
  to_window("MPI_Get", window, rank, bytes_of(count, type));
  return PMPI_Get(data, count, type, rank, offset, target_count, target_type, window);
}

int MPI_Rget(void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset, int target_count,
             MPI_Datatype target_type, MPI_Win window, MPI_Request* request) {
  to_window("MPI_Rget", window, rank, bytes_of(count, type));
  return PMPI_Rget(data, count, type, rank, offset, target_count, target_type, window, request);
}

int MPI_Accumulate(const void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset,
                   int target_count, MPI_Datatype target_type, MPI_Op op, MPI_Win window) {
  to_window("MPI_Accumulate", window, rank, bytes_of(count, type));
  return PMPI_Accumulate(data, count, type, rank, offset, target_count, target_type, op, window);
}

int MPI_Raccumulate(const void* data, int count, MPI_Datatype type, int rank, MPI_Aint offset,
                    int target_count, MPI_Datatype target_type, MPI_Op op, MPI_Win window,
                    MPI_Request* request) {
  to_window("MPI_Raccumulate", window, rank, bytes_of(count, type));
  return PMPI_Raccumulate(data, count, type, rank, offset, target_count, target_type, op, window,
                          request);
}

int MPI_Get_accumulate(const void* data, int count, MPI_Datatype type, void* into, int room,
                       MPI_Datatype into_type, int rank, MPI_Aint offset, int target_count,
                       MPI_Datatype target_type, MPI_Op op, MPI_Win window) {
  to_window("MPI_Get_accumulate", window, rank, bytes_of(count, type) + bytes_of(room, into_type));
  return PMPI_Get_accumulate(data, count, type, into, room, into_type, rank, offset, target_count,
                             target_type, op, window);
}

int MPI_Rget_accumulate(const void* data, int count, MPI_Datatype type, void* into, int room,
                        MPI_Datatype into_type, int rank, MPI_Aint offset, int target_count,
                        MPI_Datatype target_type, MPI_Op op, MPI_Win window, MPI_Request* request) {
  to_window("MPI_Rget_accumulate", window, rank, bytes_of(count, type) + bytes_of(room, into_type));
  return PMPI_Rget_accumulate(data, count, type, into, room, into_type, rank, offset, target_count,
                              target_type, op, window, request);
}

int MPI_Fetch_and_op(const void* data, void* into, MPI_Datatype type, int rank, MPI_Aint offset,
                     MPI_Op op, MPI_Win window) {
  to_window("MPI_Fetch_and_op", window, rank, 2 * bytes_of(1, type));
  return PMPI_Fetch_and_op(data, into, type, rank, offset, op, window);
}

int MPI_Compare_and_swap(const void* data, const void* compare, void* into, MPI_Datatype type,
                         int rank, MPI_Aint offset, MPI_Win window) {
  to_window("MPI_Compare_and_swap", window, rank, 2 * bytes_of(1, type));
  return PMPI_Compare_and_swap(data, compare, into, type, rank, offset, window);
}

int MPI_Win_allocate_shared(MPI_Aint size, int unit, MPI_Info info, MPI_Comm comm, void* base,
                            MPI_Win* window) {
  to_all("MPI_Win_allocate_shared", comm,
         static_cast<std::uint64_t>(size)) /* memory that others read without a call */;
  return PMPI_Win_allocate_shared(size, unit, info, comm, base, window);
}

// New communicators: the numbers that a rank gives to make one

int MPI_Comm_split(MPI_Comm comm, int colour, int key, MPI_Comm* part) {
  to_all("MPI_Comm_split", comm, 2 * sizeof(int));
  return PMPI_Comm_split(comm, colour, key, part);
}

int MPI_Comm_split_type(MPI_Comm comm, int type, int key, MPI_Info info, MPI_Comm* part) {
  to_all("MPI_Comm_split_type", comm, 2 * sizeof(int));
  return PMPI_Comm_split_type(comm, type, key, info, part);
}

int MPI_Dist_graph_create(MPI_Comm comm, int n, const int sources[], const int degrees[],
                          const int destinations[], const int weights[], MPI_Info info, int reorder,
                          MPI_Comm* graph) {
  to_all("MPI_Dist_graph_create", comm,
         sizeof(int) * (2 * static_cast<std::uint64_t>(n) +
                        2 * static_cast<std::uint64_t>(sum_of(degrees, n))));
  return PMPI_Dist_graph_create(comm, n, sources, degrees, destinations, weights, info, reorder,
                                graph);
}

int MPI_Dist_graph_create_adjacent(MPI_Comm comm, int in, const int sources[],
                                   const int source_weights[], int out, const int destinations[],
                                   const int weights[], MPI_Info info, int reorder,
                                   MPI_Comm* graph) {
  to_all("MPI_Dist_graph_create_adjacent", comm,
         2 * sizeof(int) * static_cast<std::uint64_t>(in + out));
  return PMPI_Dist_graph_create_adjacent(comm, in, sources, source_weights, out, destinations,
                                         weights, info, reorder, graph);
}

// Files opened together: what MPI-IO then exchanges cannot be seen, so the opening counts

int MPI_File_open(MPI_Comm comm, const char* name, int mode, MPI_Info info, MPI_File* file) {
  to_all("MPI_File_open", comm, std::strlen(name));
  return PMPI_File_open(comm, name, mode, info, file);
}

// Processes that are not of this job

int MPI_Comm_spawn(const char* program, char* arguments[], int most, MPI_Info info, int root,
                   MPI_Comm comm, MPI_Comm* with, int codes[]) {
  the_meter().meter("MPI_Comm_spawn", comm, std::strlen(program));
  return PMPI_Comm_spawn(program, arguments, most, info, root, comm, with, codes);
}

int MPI_Comm_spawn_multiple(int count, char* programs[], char** arguments[], const int most[],
                            const MPI_Info info[], int root, MPI_Comm comm, MPI_Comm* with,
                            int codes[]) {
  the_meter().meter("MPI_Comm_spawn_multiple", comm, static_cast<std::uint64_t>(count));
  return PMPI_Comm_spawn_multiple(count, programs, arguments, most, info, root, comm, with, codes);
}

int MPI_Publish_name(const char* service, MPI_Info info, const char* port) {
  the_meter().meter("MPI_Publish_name", MPI_COMM_NULL, std::strlen(service) + std::strlen(port));
  return PMPI_Publish_name(service, info, port);
}

}  // extern "C"
