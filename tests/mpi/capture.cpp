// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/mpi/capture.hpp"

#include <dlfcn.h>
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

// Below the egress meter, which is in front of MPI: the last place where a message can be seen.
extern "C" int PMPI_Allreduce(const void* send, void* receive, int count, MPI_Datatype type,
                              MPI_Op op, MPI_Comm comm) {
  if (capturing) {
    const auto* words = static_cast<const std::int64_t*>(send == MPI_IN_PLACE ? receive : send);
    if (type == MPI_UINT64_T) captured.emplace_back(words, words + count);
  }
  using Call = int (*)(const void*, void*, int, MPI_Datatype, MPI_Op, MPI_Comm);
  static const auto next = reinterpret_cast<Call>(dlsym(RTLD_NEXT, "PMPI_Allreduce"));
  return next(send, receive, count, type, op, comm);
}
