// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Messages from rank to rank, metered and passed on.

#include <map>

#include "lib/egress/passage.hpp"

using bailiwick::EgressMeter;
using bailiwick::egress::bytes_of;
using bailiwick::egress::Passage;

namespace {

/// What each start of a persistent request sends. Its communicator may be gone by then.
struct Persistent {
  std::string communicator;
  int world_rank;
  std::uint64_t bytes;
};
std::map<MPI_Request, Persistent> persistent;

void keep(MPI_Request request, MPI_Comm comm, int rank, std::uint64_t bytes) {
  EgressMeter& meter = EgressMeter::instance();
  if (rank >= 0)
    persistent[request] = {meter.name_of(comm), meter.world_rank(comm, rank), bytes + sizeof(int)};
}

void meter_start(const char* call, MPI_Request request) {
  const auto found = persistent.find(request);
  if (found == persistent.end()) return;
  EgressMeter& meter = EgressMeter::instance();
  if (meter.reaches(found->second.world_rank))
    meter.meter(call, found->second.communicator, found->second.bytes);
}

bool replacing = false;  ///< Open MPI sends and receives under the profiling name to replace

}  // namespace

extern "C" {

#define BAILIWICK_SEND(NAME, TWIN, PERSISTENT)                                                     \
  BAILIWICK_WRAP(NAME,                                                                             \
                 (const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm), \
                 (data, count, type, to, tag, comm),                                               \
                 const Passage passage(CALL, comm, to, bytes_of(count, type)))                     \
  BAILIWICK_WRAP(TWIN,                                                                             \
                 (const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,  \
                  MPI_Request* request),                                                           \
                 (data, count, type, to, tag, comm, request),                                      \
                 const Passage passage(CALL, comm, to, bytes_of(count, type)))                     \
  int MPI_##PERSISTENT(const void* data, int count, MPI_Datatype type, int to, int tag,            \
                       MPI_Comm comm, MPI_Request* request) {                                      \
    EgressMeter& meter = EgressMeter::instance();                                                  \
    using Messages = EgressMeter::Messages;                                                        \
    const auto before =                                                                            \
        meter.let_pass(meter.crosses(comm, to) ? Messages::any : Messages::at_home);               \
    const int code = BAILIWICK_NEXT(PERSISTENT)(data, count, type, to, tag, comm, request);        \
    meter.let_pass(before);                                                                        \
    if (code == MPI_SUCCESS) keep(*request, comm, to, bytes_of(count, type));                      \
    return code;                                                                                   \
  }                                                                                                \
  BAILIWICK_ALSO_PMPI(PERSISTENT)

BAILIWICK_SEND(Send, Isend, Send_init)
BAILIWICK_SEND(Bsend, Ibsend, Bsend_init)
BAILIWICK_SEND(Ssend, Issend, Ssend_init)
BAILIWICK_SEND(Rsend, Irsend, Rsend_init)
#undef BAILIWICK_SEND

int MPI_Sendrecv(const void* data, int count, MPI_Datatype type, int to, int tag, void* into,
                 int room, MPI_Datatype into_type, int from, int from_tag, MPI_Comm comm,
                 MPI_Status* status) {
  const auto next = BAILIWICK_NEXT(Sendrecv);
  if (replacing)
    return next(data, count, type, to, tag, into, room, into_type, from, from_tag, comm, status);
  const Passage passage("MPI_Sendrecv", comm, to, bytes_of(count, type));
  return next(data, count, type, to, tag, into, room, into_type, from, from_tag, comm, status);
}
BAILIWICK_ALSO_PMPI(Sendrecv)

int MPI_Sendrecv_replace(void* data, int count, MPI_Datatype type, int to, int tag, int from,
                         int from_tag, MPI_Comm comm, MPI_Status* status) {
  const Passage passage("MPI_Sendrecv_replace", comm, to, bytes_of(count, type));
  replacing = true;
  const int code =
      BAILIWICK_NEXT(Sendrecv_replace)(data, count, type, to, tag, from, from_tag, comm, status);
  replacing = false;
  return code;
}
BAILIWICK_ALSO_PMPI(Sendrecv_replace)

BAILIWICK_WRAP(Start, (MPI_Request * request), (request), meter_start(CALL, *request))
BAILIWICK_WRAP(Startall, (int count, MPI_Request requests[]), (count, requests),
               for (int i = 0; i < count; ++i) meter_start(CALL, requests[i]))
BAILIWICK_WRAP(Request_free, (MPI_Request * request), (request), persistent.erase(*request))

}  // extern "C"
