// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// A program that has put its own MPI_Allreduce in front of the egress meter's gets no session.

#include <mpi.h>

#include <iostream>

#include "lib/core/error.hpp"
#include "lib/runtime/session.hpp"

extern "C" int MPI_Allreduce(const void* send, void* receive, int count, MPI_Datatype type,
                             MPI_Op op, MPI_Comm comm) {
  return PMPI_Allreduce(send, receive, count, type, op, comm);
}

int main(int argc, char** argv) {
  int result = 1;
  try {
    const bailiwick::Session session(argc, argv);
  } catch (const bailiwick::Error& error) {
    std::cout << error.what() << '\n';
    result = error.code() == bailiwick::ExitCode::integrity ? 0 : 1;
  }
  MPI_Finalize();
  return result;
}
