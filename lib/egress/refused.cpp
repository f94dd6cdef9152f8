// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Calls of MPI that could take data across and that neither we nor PETSc nor HDF5 make: the job
// ends, whoever takes part. mpi.h is left out, as its declarations differ from MPI to MPI and the
// arguments are not looked at.

namespace bailiwick {
[[noreturn]] void refuse_mpi_call(const char* name);
}

#define BAILIWICK_REFUSED(NAME)              \
  extern "C" int MPI##NAME() {               \
    bailiwick::refuse_mpi_call("MPI" #NAME); \
  }                                          \
  extern "C" int PMPI##NAME() __attribute__((alias("MPI" #NAME)));
#define BAILIWICK_REFUSED_OR_LARGE(NAME) BAILIWICK_REFUSED(NAME) BAILIWICK_REFUSED(NAME##_c)

// Processes that are not of this job

BAILIWICK_REFUSED(_Comm_spawn)
BAILIWICK_REFUSED(_Comm_spawn_multiple)
BAILIWICK_REFUSED(_Comm_accept)
BAILIWICK_REFUSED(_Comm_connect)
BAILIWICK_REFUSED(_Comm_join)
BAILIWICK_REFUSED(_Open_port)
BAILIWICK_REFUSED(_Publish_name)
BAILIWICK_REFUSED(_Lookup_name)
BAILIWICK_REFUSED(_Comm_create_from_group)
BAILIWICK_REFUSED(_Intercomm_create_from_groups)

// What agrees or tells that somebody failed, of MPICH

BAILIWICK_REFUSED(X_Comm_agree)
BAILIWICK_REFUSED(X_Comm_revoke)
BAILIWICK_REFUSED(X_Comm_shrink)

// Persistent collectives: of Open MPI 4 as an extension, of MPI 4 with large counts as well

#define BAILIWICK_PERSISTENT(NAME)   \
  BAILIWICK_REFUSED(X_##NAME##_init) \
  BAILIWICK_REFUSED_OR_LARGE(_##NAME##_init)

BAILIWICK_REFUSED(X_Barrier_init)
BAILIWICK_REFUSED(_Barrier_init)
BAILIWICK_PERSISTENT(Allgather)
BAILIWICK_PERSISTENT(Allgatherv)
BAILIWICK_PERSISTENT(Allreduce)
BAILIWICK_PERSISTENT(Alltoall)
BAILIWICK_PERSISTENT(Alltoallv)
BAILIWICK_PERSISTENT(Alltoallw)
BAILIWICK_PERSISTENT(Bcast)
BAILIWICK_PERSISTENT(Exscan)
BAILIWICK_PERSISTENT(Gather)
BAILIWICK_PERSISTENT(Gatherv)
BAILIWICK_PERSISTENT(Neighbor_allgather)
BAILIWICK_PERSISTENT(Neighbor_allgatherv)
BAILIWICK_PERSISTENT(Neighbor_alltoall)
BAILIWICK_PERSISTENT(Neighbor_alltoallv)
BAILIWICK_PERSISTENT(Neighbor_alltoallw)
BAILIWICK_PERSISTENT(Reduce)
BAILIWICK_PERSISTENT(Reduce_scatter)
BAILIWICK_PERSISTENT(Reduce_scatter_block)
BAILIWICK_PERSISTENT(Scan)
BAILIWICK_PERSISTENT(Scatter)
BAILIWICK_PERSISTENT(Scatterv)

// Neighbourhood collectives: Open MPI 4.1's monitoring, on which transport.cpp rests, ends
// in a segmentation fault on them

#define BAILIWICK_NEIGHBOUR(NAME)              \
  BAILIWICK_REFUSED_OR_LARGE(_Neighbor_##NAME) \
  BAILIWICK_REFUSED_OR_LARGE(_Ineighbor_##NAME)

BAILIWICK_NEIGHBOUR(allgather)
BAILIWICK_NEIGHBOUR(allgatherv)
BAILIWICK_NEIGHBOUR(alltoall)
BAILIWICK_NEIGHBOUR(alltoallv)
BAILIWICK_NEIGHBOUR(alltoallw)

// Of MPI 4: messages in parts, both ways at once, and copies with hints

BAILIWICK_REFUSED(_Psend_init)
BAILIWICK_REFUSED_OR_LARGE(_Isendrecv)
BAILIWICK_REFUSED_OR_LARGE(_Isendrecv_replace)
BAILIWICK_REFUSED(_Comm_idup_with_info)

// Of MPI 4: large counts of what is metered elsewhere

BAILIWICK_REFUSED(_Send_c)
BAILIWICK_REFUSED(_Isend_c)
BAILIWICK_REFUSED(_Send_init_c)
BAILIWICK_REFUSED(_Bsend_c)
BAILIWICK_REFUSED(_Ibsend_c)
BAILIWICK_REFUSED(_Bsend_init_c)
BAILIWICK_REFUSED(_Ssend_c)
BAILIWICK_REFUSED(_Issend_c)
BAILIWICK_REFUSED(_Ssend_init_c)
BAILIWICK_REFUSED(_Rsend_c)
BAILIWICK_REFUSED(_Irsend_c)
BAILIWICK_REFUSED(_Rsend_init_c)
BAILIWICK_REFUSED(_Sendrecv_c)
BAILIWICK_REFUSED(_Sendrecv_replace_c)
BAILIWICK_REFUSED(_Allgather_c)
BAILIWICK_REFUSED(_Iallgather_c)
BAILIWICK_REFUSED(_Allgatherv_c)
BAILIWICK_REFUSED(_Iallgatherv_c)
BAILIWICK_REFUSED(_Allreduce_c)
BAILIWICK_REFUSED(_Iallreduce_c)
BAILIWICK_REFUSED(_Alltoall_c)
BAILIWICK_REFUSED(_Ialltoall_c)
BAILIWICK_REFUSED(_Alltoallv_c)
BAILIWICK_REFUSED(_Ialltoallv_c)
BAILIWICK_REFUSED(_Alltoallw_c)
BAILIWICK_REFUSED(_Ialltoallw_c)
BAILIWICK_REFUSED(_Bcast_c)
BAILIWICK_REFUSED(_Ibcast_c)
BAILIWICK_REFUSED(_Exscan_c)
BAILIWICK_REFUSED(_Iexscan_c)
BAILIWICK_REFUSED(_Gather_c)
BAILIWICK_REFUSED(_Igather_c)
BAILIWICK_REFUSED(_Gatherv_c)
BAILIWICK_REFUSED(_Igatherv_c)
BAILIWICK_REFUSED(_Reduce_c)
BAILIWICK_REFUSED(_Ireduce_c)
BAILIWICK_REFUSED(_Reduce_scatter_c)
BAILIWICK_REFUSED(_Ireduce_scatter_c)
BAILIWICK_REFUSED(_Reduce_scatter_block_c)
BAILIWICK_REFUSED(_Ireduce_scatter_block_c)
BAILIWICK_REFUSED(_Scan_c)
BAILIWICK_REFUSED(_Iscan_c)
BAILIWICK_REFUSED(_Scatter_c)
BAILIWICK_REFUSED(_Iscatter_c)
BAILIWICK_REFUSED(_Scatterv_c)
BAILIWICK_REFUSED(_Iscatterv_c)
BAILIWICK_REFUSED(_Put_c)
BAILIWICK_REFUSED(_Rput_c)
BAILIWICK_REFUSED(_Get_c)
BAILIWICK_REFUSED(_Rget_c)
BAILIWICK_REFUSED(_Accumulate_c)
BAILIWICK_REFUSED(_Raccumulate_c)
BAILIWICK_REFUSED(_Get_accumulate_c)
BAILIWICK_REFUSED(_Rget_accumulate_c)
BAILIWICK_REFUSED(_Win_create_c)
BAILIWICK_REFUSED(_Win_allocate_c)
BAILIWICK_REFUSED(_Win_allocate_shared_c)
