// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// What the egress meter adds to a call: MPI_Allreduce, which it sees, beside that of MPI's library,
// which it does not, in turns in the same run. For the first every rank is a domain of its own, so
// that every byte is counted; for the other all are of one, or it would be stopped below MPI.
// Usage: mpirun -np N benchmark_egress_meter [result.json]

#include <dlfcn.h>
#include <fmt/format.h>
#include <mpi.h>

#include <algorithm>
#include <fstream>
#include <vector>

#include "lib/egress/meter.hpp"
#include "lib/runtime/session.hpp"

using namespace bailiwick;

namespace {

template <class Call>
double seconds(const Communicator& world, int repeats, const Call& call) {
  world.barrier();
  const double start = MPI_Wtime();
  for (int i = 0; i < repeats; ++i)
    call();
  return (MPI_Wtime() - start) / repeats;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  Session session(argc, argv);
  const MPI_Comm world = session.world().handle();
  const auto plainly =
      reinterpret_cast<decltype(&MPI_Allreduce)>(::dlsym(RTLD_NEXT, "PMPI_Allreduce"));
  const std::vector<std::vector<std::size_t>> one_domain(
      static_cast<std::size_t>(session.world().size()), {0});
  std::string json;
  if (session.world().is_root())
    fmt::print("{:>10} {:>12} {:>12} {:>8}   ({} ranks)\n", "words", "plain us", "metered us",
               "ratio", session.world().size());
  for (const int words : {1, 64, 4791, 100000}) {
    std::vector<std::int64_t> data(static_cast<std::size_t>(words), 1);
    const int repeats = std::max(20, 200000 / (words + 50));
    std::vector<double> plain, metered;
    for (int turn = 0; turn < 15; ++turn) {
      EgressMeter::instance().place(one_domain);
      plain.push_back(seconds(session.world(), repeats, [&] {
        plainly(MPI_IN_PLACE, data.data(), words, MPI_UINT64_T, MPI_SUM, world);
      }));
      EgressMeter::instance().place({});
      EgressMeter::instance().declare(8U * static_cast<std::uint64_t>(words) *
                                      static_cast<std::uint64_t>(repeats));
      metered.push_back(seconds(session.world(), repeats, [&] {
        MPI_Allreduce(MPI_IN_PLACE, data.data(), words, MPI_UINT64_T, MPI_SUM, world);
      }));
    }
    const double without = median(plain), with = median(metered);
    if (!session.world().is_root()) continue;
    fmt::print("{:>10} {:>12.3f} {:>12.3f} {:>8.3f}\n", words, 1e6 * without, 1e6 * with,
               with / without);
    json += fmt::format(R"({}{{"words":{},"plain_s":{:.3e},"metered_s":{:.3e},"ratio":{:.4f}}})",
                        json.empty() ? "[" : ",", words, without, with, with / without);
  }
  if (session.world().is_root() && argc > 1) std::ofstream(argv[1]) << json << "]\n";
  return 0;
}
