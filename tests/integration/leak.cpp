// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// A leak to plant with LD_PRELOAD: after HDF5 has read rows, 8 bytes of them go to another rank of
// the world, in the way of tests/support/leaks.cpp that LEAK names.

#include <dlfcn.h>
#include <hdf5.h>
#include <mpi.h>

#include <cstdlib>

#include "tests/support/leaks.hpp"

extern "C" herr_t H5Dread(hid_t dataset, hid_t memory_type, hid_t memory, hid_t file_space,
                          hid_t transfer, void* buffer) {
  using Read = herr_t (*)(hid_t, hid_t, hid_t, hid_t, hid_t, void*);
  static const auto read = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "H5Dread"));
  const herr_t result = read(dataset, memory_type, memory, file_space, transfer, buffer);
  static bool leaked = false;
  const bool floats = H5Tget_class(memory_type) == H5T_FLOAT;
  int started = 0;
  MPI_Initialized(&started);
  const char* how = std::getenv("LEAK");
  if (result >= 0 && floats && started && !leaked && how) {
    leaked = true;
    for (const Leak& leak : leaks())
      if (leak.name == how) leak.run(buffer);
  }
  return result;
}
