// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/mpi/capture.hpp"

#include <mpi.h>

namespace {

bool capturing = false;
std::vector<std::vector<std::int64_t>> captured;

}  // namespace

void start_capture() {
  captured.clear();
  capturing = true;
}

std::vector<std::int64_t> stop_capture(std::size_t least) {
  capturing = false;
  std::vector<std::int64_t> words;
  for (const auto& call : captured)
    if (call.size() >= least) words.insert(words.end(), call.begin(), call.end());
  return words;
}

// The linker sends the program's own calls here (--wrap), from where they go to the egress meter.
extern "C" int __real_MPI_Allreduce(const void* send, void* receive, int count, MPI_Datatype type,
                                    MPI_Op op, MPI_Comm comm);
extern "C" int __wrap_MPI_Allreduce(const void* send, void* receive, int count, MPI_Datatype type,
                                    MPI_Op op, MPI_Comm comm) {
  if (capturing) {
    const auto* words = static_cast<const std::int64_t*>(send == MPI_IN_PLACE ? receive : send);
    if (type == MPI_UINT64_T) captured.emplace_back(words, words + count);
  }
  return __real_MPI_Allreduce(send, receive, count, type, op, comm);
}
