// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// A leak to plant with LD_PRELOAD: after HDF5 has read rows, 8 bytes of them go to the next rank of
// the world, in the way that LEAK names. The egress meter must not let them.

#include <dlfcn.h>
#include <hdf5.h>
#include <mpi.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace {

void leak(const std::string& how, void* row) {
  int rank = 0, size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const int next = (rank + 1) % size;
  char into[8] = {};
  MPI_Request request = MPI_REQUEST_NULL;
  MPI_Comm comm = MPI_COMM_NULL;
  if (how == "send") {
    MPI_Isend(row, 8, MPI_BYTE, next, 77, MPI_COMM_WORLD, &request);
  } else if (how == "persistent") {
    MPI_Send_init(row, 1, MPI_DOUBLE, next, 77, MPI_COMM_WORLD, &request);
    MPI_Start(&request);
  } else if (how == "allgather") {
    MPI_Iallgather(row, 8, MPI_BYTE, std::malloc(8U * static_cast<std::size_t>(size)), 8, MPI_BYTE,
                   MPI_COMM_WORLD, &request);
  } else if (how == "duplicate") {
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Sendrecv(row, 8, MPI_BYTE, next, 77, into, 8, MPI_BYTE, MPI_ANY_SOURCE, 77, comm,
                 MPI_STATUS_IGNORE);
  } else if (how == "colour") {
    int value = 0;
    std::memcpy(&value, row, sizeof value);
    MPI_Comm_split(MPI_COMM_WORLD, value & 0xff, 0, &comm);
  } else if (how == "window") {
    MPI_Win window = MPI_WIN_NULL;
    MPI_Win_create(into, 8, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &window);
    MPI_Win_fence(0, window);
    MPI_Put(row, 8, MPI_BYTE, next, 0, 8, MPI_BYTE, window);
    MPI_Win_fence(0, window);
  }
}

}  // namespace

extern "C" herr_t H5Dread(hid_t dataset, hid_t memory_type, hid_t memory, hid_t file,
                          hid_t transfer, void* buffer) {
  using Read = herr_t (*)(hid_t, hid_t, hid_t, hid_t, hid_t, void*);
  static const auto read = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "H5Dread"));
  const herr_t result = read(dataset, memory_type, memory, file, transfer, buffer);
  static bool leaked = false;
  const bool floats = H5Tget_class(memory_type) == H5T_FLOAT;
  int started = 0;
  MPI_Initialized(&started);
  const char* how = std::getenv("LEAK");
  if (result >= 0 && floats && started && !leaked && how) {
    leaked = true;
    leak(how, buffer);
  }
  return result;
}
