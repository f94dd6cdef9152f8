// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Messages seen once more, below MPI's functions: whatever Open MPI sends, whoever asked for it and
// by whatever name, goes through the table of functions of its point-to-point layer, "mca_pml".
// Ours are put into it, so that a message which no metered call explains does not leave.

#include <dlfcn.h>

#include <array>
#include <span>
#include <string_view>

#include "lib/core/error.hpp"
#include "lib/egress/passage.hpp"

namespace bailiwick {

namespace {

using Send = int (*)(const void*, std::size_t, MPI_Datatype, int, int, int, MPI_Comm);
using Isend = int (*)(const void*, std::size_t, MPI_Datatype, int, int, int, MPI_Comm,
                      MPI_Request*);

Send next_send = nullptr;
Isend next_isend = nullptr, next_isend_init = nullptr;
bool heard = false;

void see(std::size_t count, MPI_Datatype type, int to, int tag, MPI_Comm comm) {
  heard = true;
  EgressMeter::instance().see_message(comm, to, tag,
                                      egress::bytes_of(static_cast<std::int64_t>(count), type));
}

int send(const void* data, std::size_t count, MPI_Datatype type, int to, int tag, int mode,
         MPI_Comm comm) {
  see(count, type, to, tag, comm);
  return next_send(data, count, type, to, tag, mode, comm);
}

int isend(const void* data, std::size_t count, MPI_Datatype type, int to, int tag, int mode,
          MPI_Comm comm, MPI_Request* request) {
  see(count, type, to, tag, comm);
  return next_isend(data, count, type, to, tag, mode, comm, request);
}

/// A persistent message is seen where it is made.
int isend_init(const void* data, std::size_t count, MPI_Datatype type, int to, int tag, int mode,
               MPI_Comm comm, MPI_Request* request) {
  see(count, type, to, tag, comm);
  return next_isend_init(data, count, type, to, tag, mode, comm, request);
}

/// The entry of the table that holds a function whose name ends so; no declaration of the table is
/// installed with Open MPI, and another MPI has none.
void** entry_of(std::string_view ending) {
  constexpr std::size_t entries = 12;  // those up to the last of ours, in Open MPI 1.3 to 5.0
  auto* table = static_cast<void**>(dlsym(RTLD_DEFAULT, "mca_pml"));
  if (table == nullptr) return nullptr;
  for (void*& entry : std::span(table, entries)) {
    Dl_info info{};
    if (entry != nullptr && dladdr(entry, &info) != 0 && info.dli_sname != nullptr &&
        info.dli_saddr == entry && std::string_view(info.dli_sname).starts_with("mca_pml_") &&
        std::string_view(info.dli_sname).ends_with(ending))
      return &entry;
  }
  return nullptr;
}

}  // namespace

void EgressMeter::look_below() {
  const std::array<void**, 3> entries{entry_of("_send"), entry_of("_isend"),
                                      entry_of("_isend_init")};
  for (void** entry : entries)
    if (entry == nullptr) return;
  next_send = reinterpret_cast<Send>(*entries[0]);
  next_isend = reinterpret_cast<Isend>(*entries[1]);
  next_isend_init = reinterpret_cast<Isend>(*entries[2]);
  *entries[0] = reinterpret_cast<void*>(&send);
  *entries[1] = reinterpret_cast<void*>(&isend);
  *entries[2] = reinterpret_cast<void*>(&isend_init);
  char sent = 0, received = 0;
  MPI_Sendrecv(&sent, 1, MPI_CHAR, 0, 0, &received, 1, MPI_CHAR, 0, 0, MPI_COMM_SELF,
               MPI_STATUS_IGNORE);
  transport_.measured = heard;
}

void EgressMeter::see_message(MPI_Comm comm, int to, int tag, std::uint64_t bytes) {
  // While a communicator is made, not even MPI may be asked about it.
  if (passing_ != Messages::at_home && passing_ != Messages::any && !crosses(comm, to)) return;
  if (passing_ == Messages::at_home) return;
  // Open MPI gives messages of collectives negative tags.
  const bool explained =
      passing_ == Messages::any || (passing_ == Messages::of_collectives && tag < 0);
  ++transport_.messages;
  transport_.bytes += bytes;
  if (!enforced_ || !transport_checked_ || (explained && std::this_thread::get_id() == thread_))
    return;
  refuse(fmt::format("a message of {} bytes on communicator \"{}\"", bytes, name_of(comm)),
         "to a rank of another domain was about to leave by a way around MPI's functions, where "
         "the egress meter stands; it was not sent");
}

}  // namespace bailiwick
