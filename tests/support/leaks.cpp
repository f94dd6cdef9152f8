// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/leaks.hpp"

#include <dlfcn.h>
#include <mpi.h>

#include <mpi-ext.h>  // after mpi.h

#include <thread>

namespace {

const MPI_Comm world = MPI_COMM_WORLD;
int rank, size, next;
std::vector<char> all;
MPI_Request request = MPI_REQUEST_NULL;
MPI_Comm comm = MPI_COMM_NULL;
MPI_Win window = MPI_WIN_NULL;
MPI_File file = MPI_FILE_NULL;
MPI_Fint eight = 8, zero = 0, error = 0, bytes = 0, everybody = 0;

/// A byte of the row, to be told by an argument.
int byte_of(void* row) {
  return static_cast<unsigned char*>(row)[6];
}

/// MPI's own function, which a library finds that looks for it.
template <class Function>
Function* of_mpi(const char* name) {
  return reinterpret_cast<Function*>(dlsym(dlopen("libmpi.so.40", RTLD_NOLOAD | RTLD_NOW), name));
}

void send_as_mpi(void* row) {
  of_mpi<decltype(MPI_Send)>("PMPI_Send")(row, 8, MPI_BYTE, next, 77, world);
}

MPI_Group world_in_order(bool forward) {
  std::vector<int> order;
  for (int r = 0; r < size; ++r)
    order.push_back(forward ? r : size - 1 - r);
  MPI_Group group = MPI_GROUP_NULL, part = MPI_GROUP_NULL;
  MPI_Comm_group(world, &group);
  MPI_Group_incl(group, size, order.data(), &part);
  return part;
}

/// A function of the Fortran bindings, with a message of eight bytes on the world.
template <class... More>
void call_fortran(const char* name, const More&... arguments) {
  dlopen("libmpi_mpifh.so.40", RTLD_NOW | RTLD_GLOBAL);
  reinterpret_cast<void (*)(More...)>(dlsym(RTLD_DEFAULT, name))(arguments...);
}

const std::vector<Leak> every_leak = {
    // By calls that move bytes
    {"send", "MPI_Isend on communicator \"MPI_COMM_WORLD\" would take 12 bytes",
     [](void* row) { MPI_Isend(row, 8, MPI_BYTE, next, 77, world, &request); }},
    {"persistent", "MPI_Start on communicator \"MPI_COMM_WORLD\" would take 12 bytes",
     [](void* row) {
       MPI_Send_init(row, 1, MPI_DOUBLE, next, 77, world, &request);
       MPI_Start(&request);
     }},
    {"allgather", "MPI_Iallgather on communicator \"MPI_COMM_WORLD\" would take 8 bytes",
     [](void* row) { MPI_Iallgather(row, 8, MPI_BYTE, all.data(), 8, MPI_BYTE, world, &request); }},
    {"persistent, started with others", "MPI_Startall on communicator",
     [](void* row) {
       MPI_Bsend_init(row, 8, MPI_BYTE, next, 77, world, &request);
       MPI_Startall(1, &request);
     }},
    {"duplicate", "MPI_Comm_dup on communicator \"MPI_COMM_WORLD\" would take 4 bytes",
     [](void* row) {
       MPI_Comm_dup(world, &comm);
       MPI_Sendrecv(row, 8, MPI_BYTE, next, 77, all.data(), 8, MPI_BYTE, MPI_ANY_SOURCE, 77, comm,
                    MPI_STATUS_IGNORE);
     }},
    // By arguments of calls that move none
    {"tag", "MPI_Send on communicator \"MPI_COMM_WORLD\" would take 4 bytes",
     [](void* row) { MPI_Send(nullptr, 0, MPI_BYTE, next, byte_of(row), world); }},
    {"colour", "MPI_Comm_split on communicator \"MPI_COMM_WORLD\" would take 12 bytes",
     [](void* row) { MPI_Comm_split(world, byte_of(row), 0, &comm); }},
    {"order", "MPI_Comm_create on communicator",
     [](void* row) { MPI_Comm_create(world, world_in_order(byte_of(row) & 1), &comm); }},
    {"number", "MPI_Comm_dup on communicator \"MPI_COMM_WORLD\" would take 4 bytes",
     [](void* row) {
       for (int i = 0; i < byte_of(row); ++i)
         MPI_Comm_dup(MPI_COMM_SELF, &comm);
       MPI_Comm_dup(world, &comm);  // of all ranks MPI_Comm_c2f(comm) is at least theirs
     }},
    {"empty", "MPI_Allgather on communicator \"MPI_COMM_WORLD\" would take 1 bytes",
     [](void*) { MPI_Allgather(nullptr, 0, MPI_BYTE, nullptr, 0, MPI_BYTE, world); }},
    {"barrier", "MPI_Barrier on communicator \"MPI_COMM_WORLD\" would take 1 bytes",
     [](void*) { MPI_Barrier(world); }},
    {"cart", "MPI_Cart_create on communicator \"MPI_COMM_WORLD\" would take 16 bytes",
     [](void* row) {
       const int around = byte_of(row) & 1;
       MPI_Cart_create(world, 1, &size, &around, 0, &comm);
     }},
    {"when", "MPI_Ibarrier on communicator \"MPI_COMM_WORLD\" would take 1 bytes",
     [](void*) { MPI_Ibarrier(world, &request); }},
    {"high", "MPI_Intercomm_create on communicator \"MPI_COMM_WORLD\" would take 16 bytes",
     [](void* row) {
       MPI_Comm half = MPI_COMM_NULL, between = MPI_COMM_NULL;
       MPI_Comm_dup(MPI_COMM_SELF, &half);
       MPI_Intercomm_create(half, 0, world, rank ^ 1, 9, &between);
       MPI_Intercomm_merge(between, byte_of(row) & 1, &comm);
     }},
    // By memory
    {"window", "MPI_Win_create on communicator \"MPI_COMM_WORLD\" would take 16 bytes",
     [](void* row) {
       MPI_Win_create(row, 8, 1, MPI_INFO_NULL, world, &window);
       MPI_Win_fence(0, window);
     }},
    {"unit", "MPI_Win_allocate_shared on communicator \"MPI_COMM_WORLD\" would take 16 bytes",
     [](void* row) {
       void* base = nullptr;
       MPI_Win_allocate_shared(0, 1 + byte_of(row), MPI_INFO_NULL, world, &base, &window);
     }},
    {"size", "MPI_Win_allocate on communicator",
     [](void* row) {
       void* base = nullptr;
       MPI_Win_allocate(byte_of(row), 1, MPI_INFO_NULL, world, &base, &window);
     }},
    {"dynamic", "MPI_Win_create_dynamic on communicator",
     [](void*) { MPI_Win_create_dynamic(MPI_INFO_NULL, world, &window); }},
    // By other names
    {"profiling name", "MPI_Send on communicator \"MPI_COMM_WORLD\" would take 12 bytes",
     [](void* row) { PMPI_Send(row, 8, MPI_BYTE, next, 77, world); }},
    {"profiling name of a collective",
     "MPI_Bcast on communicator \"MPI_COMM_WORLD\" would take 8 bytes",
     [](void* row) {
       if (rank == 0) PMPI_Bcast(row, 8, MPI_BYTE, 0, world);
     }},
    {"Fortran send", "MPI_Send on communicator \"MPI_COMM_WORLD\" would take 12 bytes",
     [](void* row) {
       MPI_Fint to = next;
       call_fortran("mpi_send_", row, &eight, &bytes, &to, &zero, &everybody, &error);
     }},
    {"Fortran allgather", "MPI_Allgather on communicator \"MPI_COMM_WORLD\" would take 8 bytes",
     [](void* row) {
       call_fortran("mpi_allgather_", row, &eight, &bytes, static_cast<void*>(all.data()), &eight,
                    &bytes, &everybody, &error);
     }},
    {"Fortran bcast", "MPI_Bcast on communicator",
     [](void* row) {
       if (rank == 0) call_fortran("mpi_bcast_", row, &eight, &bytes, &zero, &everybody, &error);
     }},
    // By what only extensions and other programs need
    {"persistent allgather", "MPIX_Allgather_init is not made in a job that keeps domains apart",
     [](void* row) {
       MPIX_Allgather_init(row, 8, MPI_BYTE, all.data(), 8, MPI_BYTE, world, MPI_INFO_NULL,
                           &request);
     }},
    {"persistent bcast", "MPIX_Bcast_init is not made",
     [](void* row) { MPIX_Bcast_init(row, 8, MPI_BYTE, 0, world, MPI_INFO_NULL, &request); }},
    {"neighbours", "MPI_Neighbor_allgather is not made",
     [](void* row) { MPI_Neighbor_allgather(row, 8, MPI_BYTE, all.data(), 8, MPI_BYTE, world); }},
    {"spawn", "MPI_Comm_spawn is not made",
     [](void*) {
       MPI_Comm_spawn("true", MPI_ARGV_NULL, 1, MPI_INFO_NULL, 0, world, &comm,
                      MPI_ERRCODES_IGNORE);
     }},
    {"port", "MPI_Open_port is not made",
     [](void*) {
       char port[MPI_MAX_PORT_NAME] = {};
       MPI_Open_port(MPI_INFO_NULL, port);
     }},
    {"publish", "MPI_Publish_name is not made",
     [](void* row) {
       const std::string name = "row" + std::to_string(byte_of(row));
       MPI_Publish_name(name.c_str(), MPI_INFO_NULL, "here");
     }},
    // By files
    {"file of all", "MPI_File_open on communicator \"MPI_COMM_WORLD\" would take 12 bytes",
     [](void*) { MPI_File_open(world, "leak", MPI_MODE_RDONLY, MPI_INFO_NULL, &file); }},
    {"file of one", "MPI_File_open would write \"leak\", which is no file of this run",
     [](void*) {
       MPI_File_open(MPI_COMM_SELF, "leak", MPI_MODE_CREATE | MPI_MODE_WRONLY, MPI_INFO_NULL,
                     &file);
     }},
    // Around MPI's functions as the program sees them: seen below
    {"around", "a message of 8 bytes on communicator \"MPI_COMM_WORLD\"",
     [](void* row) { send_as_mpi(row); }},
    {"around, in a thread", "a message of 8 bytes",
     [](void* row) { std::thread(send_as_mpi, row).join(); }},
    {"around, by a collective", "a message of 8 bytes",
     [](void* row) {
       of_mpi<decltype(MPI_Allgather)>("PMPI_Allgather")(row, 8, MPI_BYTE, all.data(), 8, MPI_BYTE,
                                                         world);
     }},
    {"around, with nothing but a tag", "a message of 0 bytes",
     [](void* row) {
       of_mpi<decltype(MPI_Send)>("PMPI_Send")(nullptr, 0, MPI_BYTE, next, byte_of(row), world);
     }},
    {"around, by a persistent message", "a message of 8 bytes",
     [](void* row) {
       of_mpi<decltype(MPI_Send_init)>("PMPI_Send_init")(row, 8, MPI_BYTE, next, 7, world,
                                                         &request);
     }},
    {"around, by shared memory", "a message of ",
     [](void* row) {
       void* base = nullptr;
       of_mpi<decltype(MPI_Win_allocate_shared)>("PMPI_Win_allocate_shared")(
           8, 1 + byte_of(row), MPI_INFO_NULL, world, &base, &window);
     }},
    {"around, by a megabyte of rows", "a message of 1048576 bytes",
     [](void*) {
       static std::vector<double> rows(1U << 17);
       of_mpi<decltype(MPI_Isend)>("PMPI_Isend")(rows.data(), static_cast<int>(rows.size()),
                                                 MPI_DOUBLE, next, 7, world, &request);
     }},
};

}  // namespace

const std::vector<Leak>& leaks() {
  MPI_Comm_rank(world, &rank);
  MPI_Comm_size(world, &size);
  next = (rank + 1) % size;
  all.resize(8U * static_cast<std::size_t>(size));
  bytes = MPI_Type_c2f(MPI_BYTE);
  everybody = MPI_Comm_c2f(world);
  return every_leak;
}
