// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <dlfcn.h>

#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "lib/egress/meter.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace bailiwick;

namespace {

using Places = std::vector<std::vector<std::size_t>>;

EgressMeter& meter() {
  return EgressMeter::instance();
}
int rank() {
  return test_world().rank();
}
int ranks() {
  return test_world().size();
}

/// Ranks 0 and 1 hold domain 0, all others domain 1.
void place_two() {
  Places places(static_cast<std::size_t>(ranks()));
  for (std::size_t r = 0; r < places.size(); ++r)
    places[r] = {r < 2 ? std::size_t{0} : std::size_t{1}};
  meter().place(places);
}

std::uint64_t metered(const std::string& call) {
  std::uint64_t bytes = 0;
  for (const auto& entry : meter().entries())
    for (const auto& [key, count] : entry.calls)
      if (call.empty() || key.name == call) bytes += count.bytes;
  return bytes;
}

/// Runs a call that takes `bytes` across on this rank. More would end the job at once.
void expect(const std::string& call, std::uint64_t bytes, const std::function<void()>& run) {
  const EgressPurpose purpose("test");
  const std::uint64_t before = metered(call), all = metered("");
  meter().declare(bytes);
  run();
  INFO(call);
  CHECK(metered(call) - before == bytes);
  CHECK(metered("") - all == bytes);
  REQUIRE(bytes == metered("") - all);  // or the next call could use what is left
}

bool first() {
  return rank() < 2;
}
/// Ranks of the other domain.
std::uint64_t others() {
  return static_cast<std::uint64_t>(first() ? std::max(0, ranks() - 2) : 2);
}
std::uint64_t if_others(std::uint64_t bytes) {
  return others() > 0 ? bytes : 0;
}
/// A ring: does my message to the next rank cross?
int next() {
  return (rank() + 1) % ranks();
}
int before() {
  return (rank() + ranks() - 1) % ranks();
}
bool next_crosses() {
  return first() != (next() < 2);
}

std::vector<double> row{1, 2, 3, 4, 5, 6, 7, 8}, into(64);

}  // namespace

TEST_CASE("point to point") {
  place_two();
  const MPI_Comm world = test_world().handle();
  const std::uint64_t bytes = next_crosses() ? 24 + 4 : 0;  // and the tag
  const auto ring = [&](const std::string& name, const auto& send) {
    MPI_Request receive = MPI_REQUEST_NULL;
    MPI_Irecv(into.data(), 3, MPI_DOUBLE, before(), 1, world, &receive);
    test_world().barrier();  // ready sends need their receiver
    expect(name, bytes, send);
    MPI_Wait(&receive, MPI_STATUS_IGNORE);
  };
  std::vector<char> room(1000);
  MPI_Buffer_attach(room.data(), static_cast<int>(room.size()));
  using Send = int (*)(const void*, int, MPI_Datatype, int, int, MPI_Comm);
  for (const auto& [name, send] : {std::pair<const char*, Send>{"MPI_Send", MPI_Send},
                                   {"MPI_Bsend", MPI_Bsend},
                                   {"MPI_Rsend", MPI_Rsend},
                                   {"MPI_Ssend", MPI_Ssend}})
    ring(name, [&, call = send] { call(row.data(), 3, MPI_DOUBLE, next(), 1, world); });
  using Isend = int (*)(const void*, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request*);
  for (const auto& [name, send] : {std::pair<const char*, Isend>{"MPI_Isend", MPI_Isend},
                                   {"MPI_Ibsend", MPI_Ibsend},
                                   {"MPI_Irsend", MPI_Irsend},
                                   {"MPI_Issend", MPI_Issend}})
    ring(name, [&, call = send] {
      MPI_Request request = MPI_REQUEST_NULL;
      call(row.data(), 3, MPI_DOUBLE, next(), 1, world, &request);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
    });
  for (const auto& make : {MPI_Send_init, MPI_Bsend_init, MPI_Rsend_init, MPI_Ssend_init}) {
    MPI_Request request = MPI_REQUEST_NULL;
    expect("", 0, [&] { make(row.data(), 3, MPI_DOUBLE, next(), 1, world, &request); });
    for (int time = 0; time < 2; ++time) {
      ring("MPI_Start", [&] {
        MPI_Start(&request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
      });
      ring("MPI_Startall", [&] {
        MPI_Startall(1, &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
      });
    }
    MPI_Request_free(&request);
  }
  // The communicator of a persistent message may be gone when it starts.
  MPI_Comm copy = MPI_COMM_NULL;
  MPI_Request request = MPI_REQUEST_NULL;
  expect("MPI_Comm_dup", if_others(4), [&] { MPI_Comm_dup(world, &copy); });
  MPI_Send_init(row.data(), 3, MPI_DOUBLE, next(), 1, copy, &request);
  MPI_Request receive = MPI_REQUEST_NULL;
  MPI_Irecv(into.data(), 3, MPI_DOUBLE, before(), 1, copy, &receive);
  MPI_Comm_free(&copy);
  expect("MPI_Start", bytes, [&] {
    MPI_Start(&request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  });
  MPI_Wait(&receive, MPI_STATUS_IGNORE);
  MPI_Request_free(&request);
  void* detached = nullptr;
  int size = 0;
  MPI_Buffer_detach(&detached, &size);
  expect("MPI_Sendrecv", bytes, [&] {
    MPI_Sendrecv(row.data(), 3, MPI_DOUBLE, next(), 2, into.data(), 3, MPI_DOUBLE, before(), 2,
                 world, MPI_STATUS_IGNORE);
  });
  expect("MPI_Sendrecv_replace", bytes, [&] {
    MPI_Sendrecv_replace(into.data(), 3, MPI_DOUBLE, next(), 3, before(), 3, world,
                         MPI_STATUS_IGNORE);
  });
  expect("MPI_Send", 0, [&] { MPI_Send(row.data(), 3, MPI_DOUBLE, MPI_PROC_NULL, 1, world); });
}

TEST_CASE("collectives") {
  place_two();
  const MPI_Comm world = test_world().handle();
  const auto n = static_cast<std::size_t>(ranks());
  std::vector<int> ones(n, 1), offsets(n), sizes(n, 8);
  std::iota(offsets.begin(), offsets.end(), 0);
  std::vector<MPI_Datatype> types(n, MPI_DOUBLE);
  std::vector<double> out(n, 1.0);
  std::vector<int> byte_offsets(n);
  for (std::size_t r = 0; r < n; ++r)
    byte_offsets[r] = static_cast<int>(8 * r);
  const bool root = rank() == 0;
  const auto both = [&](const std::string& name, std::uint64_t bytes, const auto& call,
                        const auto& twin) {
    expect("MPI_" + name, bytes, call);
    MPI_Request request = MPI_REQUEST_NULL;
    const std::string lower =
        std::string(1, static_cast<char>(std::tolower(name[0]))) + name.substr(1);
    // Who tests for the end of it learns that this rank has called.
    expect("MPI_I" + lower, std::max(bytes, if_others(1)), [&] { twin(&request); });
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  };
#define BOTH(NAME, TWIN, BYTES, ...)                         \
  both(                                                      \
      #NAME, BYTES, [&] { MPI_##NAME(__VA_ARGS__, world); }, \
      [&](MPI_Request* r) { MPI_##TWIN(__VA_ARGS__, world, r); })
  BOTH(Bcast, Ibcast, root ? if_others(64) : 0, row.data(), 8, MPI_DOUBLE, 0);
  BOTH(Gather, Igather, root ? 0 : if_others(8), row.data(), 1, MPI_DOUBLE, into.data(), 1,
       MPI_DOUBLE, 0);
  BOTH(Gatherv, Igatherv, root ? 0 : if_others(8), row.data(), 1, MPI_DOUBLE, into.data(),
       ones.data(), offsets.data(), MPI_DOUBLE, 0);
  BOTH(Scatter, Iscatter, root ? 8 * others() : 0, out.data(), 1, MPI_DOUBLE, into.data(), 1,
       MPI_DOUBLE, 0);
  BOTH(Scatterv, Iscatterv, root ? 8 * others() : 0, out.data(), ones.data(), offsets.data(),
       MPI_DOUBLE, into.data(), 1, MPI_DOUBLE, 0);
  BOTH(Allgather, Iallgather, if_others(8), row.data(), 1, MPI_DOUBLE, into.data(), 1, MPI_DOUBLE);
  BOTH(Allgather, Iallgather, if_others(8), MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, into.data(), 1,
       MPI_DOUBLE);
  BOTH(Allgatherv, Iallgatherv, if_others(8), row.data(), 1, MPI_DOUBLE, into.data(), ones.data(),
       offsets.data(), MPI_DOUBLE);
  BOTH(Alltoall, Ialltoall, 8 * others(), out.data(), 1, MPI_DOUBLE, into.data(), 1, MPI_DOUBLE);
  BOTH(Alltoallv, Ialltoallv, 8 * others(), out.data(), ones.data(), offsets.data(), MPI_DOUBLE,
       into.data(), ones.data(), offsets.data(), MPI_DOUBLE);
  BOTH(Alltoallw, Ialltoallw, 8 * others(), out.data(), ones.data(), byte_offsets.data(),
       types.data(), into.data(), ones.data(), byte_offsets.data(), types.data());
  BOTH(Reduce, Ireduce, root ? 0 : if_others(24), row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM,
       0);
  BOTH(Allreduce, Iallreduce, if_others(24), row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM);
  BOTH(Scan, Iscan, if_others(24), row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM);
  BOTH(Exscan, Iexscan, if_others(24), row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM);
  BOTH(Reduce_scatter, Ireduce_scatter, if_others(8 * n), out.data(), into.data(), ones.data(),
       MPI_DOUBLE, MPI_SUM);
  BOTH(Reduce_scatter_block, Ireduce_scatter_block, if_others(8 * n), out.data(), into.data(), 1,
       MPI_DOUBLE, MPI_SUM);
#undef BOTH
  both(
      "Barrier", if_others(1), [&] { MPI_Barrier(world); },
      [&](MPI_Request* r) { MPI_Ibarrier(world, r); });
}

TEST_CASE("topologies") {
  place_two();
  MPI_Comm ring = MPI_COMM_NULL;
  const int size = ranks(), around = 1;
  expect("MPI_Cart_create", if_others(16),
         [&] { MPI_Cart_create(test_world().handle(), 1, &size, &around, 0, &ring); });
  MPI_Comm graph = MPI_COMM_NULL;
  const int to = next(), from = before();
  expect("MPI_Dist_graph_create_adjacent", if_others(24), [&] {
    MPI_Dist_graph_create_adjacent(ring, 1, &from, MPI_UNWEIGHTED, 1, &to, MPI_UNWEIGHTED,
                                   MPI_INFO_NULL, 0, &graph);
  });
  MPI_Comm_free(&graph);
  MPI_Comm part = MPI_COMM_NULL;
  const int remain = 1;
  expect("MPI_Cart_sub", if_others(8), [&] { MPI_Cart_sub(ring, &remain, &part); });
  MPI_Comm_free(&part);
  std::vector<int> index(static_cast<std::size_t>(size)), edges(index.size());
  for (int r = 0; r < size; ++r) {
    index[static_cast<std::size_t>(r)] = r + 1;
    edges[static_cast<std::size_t>(r)] = (r + 1) % size;
  }
  expect("MPI_Graph_create", if_others(8 + 8 * index.size()), [&] {
    MPI_Graph_create(test_world().handle(), size, index.data(), edges.data(), 0, &graph);
  });
  MPI_Comm_free(&graph);
  MPI_Comm_free(&ring);
}

TEST_CASE("one-sided") {
  if (ranks() == 1) return;  // Open MPI 4.1 has no window for one rank without shared memory
  place_two();
  std::vector<double> shared(8);
  MPI_Win window = MPI_WIN_NULL;
  const MPI_Comm world = test_world().handle();
  expect("MPI_Win_create", if_others(16),
         [&] { MPI_Win_create(shared.data(), 64, 8, MPI_INFO_NULL, world, &window); });
  MPI_Win_fence(0, window);
  const std::uint64_t bytes = next_crosses() ? 16 + 8 : 0;  // and the displacement
  expect("MPI_Put", bytes,
         [&] { MPI_Put(row.data(), 2, MPI_DOUBLE, next(), 0, 2, MPI_DOUBLE, window); });
  MPI_Win_fence(0, window);
  expect("MPI_Get", bytes,
         [&] { MPI_Get(into.data(), 2, MPI_DOUBLE, next(), 0, 2, MPI_DOUBLE, window); });
  MPI_Win_fence(0, window);
  expect("MPI_Accumulate", bytes, [&] {
    MPI_Accumulate(row.data(), 2, MPI_DOUBLE, next(), 0, 2, MPI_DOUBLE, MPI_SUM, window);
  });
  MPI_Win_fence(0, window);
  expect("MPI_Get_accumulate", next_crosses() ? 32 + 8 : 0, [&] {
    MPI_Get_accumulate(row.data(), 2, MPI_DOUBLE, into.data(), 2, MPI_DOUBLE, next(), 0, 2,
                       MPI_DOUBLE, MPI_SUM, window);
  });
  MPI_Win_fence(0, window);
  expect("MPI_Fetch_and_op", bytes, [&] {
    MPI_Fetch_and_op(row.data(), into.data(), MPI_DOUBLE, next(), 0, MPI_SUM, window);
  });
  MPI_Win_fence(0, window);
  MPI_Win_free(&window);
  double* base = nullptr;
  expect("MPI_Win_allocate_shared", if_others(64 + 16),
         [&] { MPI_Win_allocate_shared(64, 8, MPI_INFO_NULL, world, &base, &window); });
  MPI_Win_free(&window);
  expect("MPI_Win_allocate", if_others(64 + 16),
         [&] { MPI_Win_allocate(64, 8, MPI_INFO_NULL, world, &base, &window); });
  MPI_Win_free(&window);
  expect("MPI_Win_create_dynamic", if_others(16),
         [&] { MPI_Win_create_dynamic(MPI_INFO_NULL, world, &window); });
  MPI_Win_free(&window);
}

TEST_CASE("no new communicator fools the meter") {
  place_two();
  const MPI_Comm world = test_world().handle();
  std::vector<MPI_Comm> made;
  const auto make = [&](const char* name, std::uint64_t bytes, const auto& call) {
    MPI_Comm comm = MPI_COMM_NULL;
    expect(name, bytes, [&] { call(&comm); });
    made.push_back(comm);
  };
  make("MPI_Comm_dup", if_others(4), [&](MPI_Comm* c) { MPI_Comm_dup(world, c); });
  make("MPI_Comm_split", if_others(12), [&](MPI_Comm* c) { MPI_Comm_split(world, 0, -rank(), c); });
  make("MPI_Comm_split_type", if_others(12),
       [&](MPI_Comm* c) { MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, c); });
  const std::uint64_t members = 4 * static_cast<std::uint64_t>(ranks());
  make("MPI_Comm_create", if_others(members + 4), [&](MPI_Comm* c) {
    MPI_Group group = MPI_GROUP_NULL;
    MPI_Comm_group(world, &group);
    MPI_Comm_create(world, group, c);
    MPI_Group_free(&group);
  });
  make("MPI_Comm_create_group", if_others(members + 8), [&](MPI_Comm* c) {
    MPI_Group group = MPI_GROUP_NULL;
    MPI_Comm_group(world, &group);
    MPI_Comm_create_group(world, group, 1, c);
    MPI_Group_free(&group);
  });
  make("MPI_Comm_idup", if_others(4), [&](MPI_Comm* c) {
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Comm_idup(world, c, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  });
  for (MPI_Comm& comm : made) {
    expect("MPI_Allreduce", if_others(24),
           [&] { MPI_Allreduce(row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM, comm); });
    MPI_Comm_free(&comm);
  }
  // Within a domain nothing crosses, and a handle that MPI gives out again is looked at again.
  MPI_Comm home = MPI_COMM_NULL;
  expect("MPI_Comm_split", if_others(12),
         [&] { MPI_Comm_split(world, first() ? 0 : 1, 0, &home); });
  expect("MPI_Allreduce", 0,
         [&] { MPI_Allreduce(row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM, home); });
  if (ranks() > 2) {
    MPI_Comm between = MPI_COMM_NULL;
    const bool leads = rank() == (first() ? 0 : 2);
    int home_size = 0;
    MPI_Comm_size(home, &home_size);
    expect("MPI_Intercomm_create", leads ? 4 * (3 + static_cast<std::uint64_t>(home_size)) : 0,
           [&] { MPI_Intercomm_create(home, 0, world, first() ? 2 : 0, 9, &between); });
    expect("MPI_Allgather", 8,
           [&] { MPI_Allgather(row.data(), 1, MPI_DOUBLE, into.data(), 1, MPI_DOUBLE, between); });
    expect("MPI_Alltoall", 8 * others(),
           [&] { MPI_Alltoall(row.data(), 1, MPI_DOUBLE, into.data(), 1, MPI_DOUBLE, between); });
    expect("MPI_Bcast", rank() == 1 ? 24 : 0, [&] {
      MPI_Bcast(row.data(), 3, MPI_DOUBLE, first() ? (rank() == 1 ? MPI_ROOT : MPI_PROC_NULL) : 1,
                between);
    });
    MPI_Comm merged = MPI_COMM_NULL;
    expect("MPI_Intercomm_merge", 8, [&] { MPI_Intercomm_merge(between, first(), &merged); });
    expect("MPI_Allreduce", 24,
           [&] { MPI_Allreduce(row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM, merged); });
    MPI_Comm_free(&merged);
    MPI_Comm_free(&between);
  }
  MPI_Comm_free(&home);
}

TEST_CASE("profiling names and Fortran bindings are metered as well") {
  place_two();
  MPI_Comm world = test_world().handle();
  const std::uint64_t bytes = next_crosses() ? 8 + 4 : 0;
  expect("MPI_Sendrecv", bytes, [&] {
    PMPI_Sendrecv(row.data(), 1, MPI_DOUBLE, next(), 2, into.data(), 1, MPI_DOUBLE, before(), 2,
                  world, MPI_STATUS_IGNORE);
  });
  // Fortran's own functions end in a call under the profiling name.
  using Sendrecv = void (*)(void*, MPI_Fint*, MPI_Fint*, MPI_Fint*, MPI_Fint*, void*, MPI_Fint*,
                            MPI_Fint*, MPI_Fint*, MPI_Fint*, MPI_Fint*, MPI_Fint*, MPI_Fint*);
  const auto sendrecv = reinterpret_cast<Sendrecv>(dlsym(RTLD_DEFAULT, "mpi_sendrecv_"));
  if (sendrecv == nullptr) return;  // no library here brings them
  MPI_Fint one = 1, type = MPI_Type_c2f(MPI_DOUBLE), to = next(), from = before(), tag = 3,
           comm = MPI_Comm_c2f(world), error = 0;
  std::vector<MPI_Fint> status(16);
  expect("MPI_Sendrecv", bytes, [&] {
    sendrecv(row.data(), &one, &type, &to, &tag, into.data(), &one, &type, &from, &tag, &comm,
             status.data(), &error);
  });
}

TEST_CASE("who holds more domains may tell less") {
  // Rank 0 holds domains 0 and 1, the others domain 0 alone.
  Places places(static_cast<std::size_t>(ranks()), std::vector<std::size_t>{0});
  places[0] = {0, 1};
  meter().place(places);
  const MPI_Comm world = test_world().handle();
  expect("MPI_Bcast", rank() == 0 && ranks() > 1 ? 24 : 0,
         [&] { MPI_Bcast(row.data(), 3, MPI_DOUBLE, 0, world); });
  if (ranks() == 2) expect("MPI_Bcast", 0, [&] { MPI_Bcast(row.data(), 3, MPI_DOUBLE, 1, world); });
  // Before anybody is placed, everybody is a domain of its own.
  meter().place({});
  expect("MPI_Allreduce", ranks() > 1 ? 24 : 0,
         [&] { MPI_Allreduce(row.data(), into.data(), 3, MPI_DOUBLE, MPI_SUM, world); });
}

TEST_CASE("our own messages declare what they send") {
  place_two();
  const std::uint64_t crossed = metered("");
  std::uint64_t declared = 0;
  const auto total = [&] {
    std::uint64_t sum = 0;
    for (const auto& entry : meter().entries())
      sum += entry.declared;
    return sum;
  };
  declared = total();
  std::vector<std::int64_t> words(5, 1);
  test_world().sum(words);
  test_world().sum_to(0, words);
  test_world().broadcast(0, words);
  test_world().broadcast(0, std::string("text"));
  test_world().gather(std::string(static_cast<std::size_t>(rank()), 'x'));
  test_world().gather_to(0, "four");
  const std::vector<double> values(3, 0.5);
  test_world().gather(values);
  const Communicator part = test_world().split(rank() % 2, 0, "part");
  const Communicator copy = part.duplicate("copy");
  copy.sum(words);
  CHECK(total() - declared == metered("") - crossed);
  CHECK((ranks() < 3 || total() > declared));
}
