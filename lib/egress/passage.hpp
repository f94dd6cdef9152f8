// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// What the files share that put the egress meter in front of MPI: point_to_point.cpp,
// collectives.cpp, communicators.cpp, windows.cpp. Each of their functions
// stands under its own name and under its profiling name, so that neither a library that was built
// to profile nor the Fortran bindings, which call the profiling names, pass by.
// tests/mpi/mpi_calls.txt says of every function of MPI what becomes of it.

#include <mpi.h>

#include <cstdint>
#include <string>

#include "lib/egress/meter.hpp"

namespace bailiwick::egress {

/// MPI's own function of this name. The job ends if it is not in MPI's library.
void* find_in_mpi(const char* name);

std::uint64_t bytes_of(std::int64_t count, MPI_Datatype type);
std::int64_t sum_of(const int* counts, int size);
int rank_in(MPI_Comm comm);
/// Ranks that messages on `comm` can go to.
int receivers(MPI_Comm comm);

/// For some MPIs windows and communicators are of one type.
struct Window {
  MPI_Win handle;
};

/// A call on its way: says what it is charged, and lets its messages pass below MPI while it lives.
class Passage {
 public:
  /// Of a collective call.
  Passage(const char* call, MPI_Comm comm);
  /// Of a message to one rank, which tells its tag beside its bytes.
  Passage(const char* call, MPI_Comm comm, int rank, std::uint64_t bytes);
  /// Of a one-sided call, which tells its displacement beside its bytes.
  Passage(const char* call, Window window, int rank, std::uint64_t bytes);
  ~Passage();
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  /// What every rank gives to a collective that makes it, or a sum that it is in, known to others;
  /// a byte at least, as they learn that it was called.
  void all(std::uint64_t bytes);
  /// What only `root` gives.
  void from_root(int root, std::uint64_t bytes);
  /// What all but `root` give; on its way it may pass through any rank.
  void to_root(int root, std::uint64_t bytes);
  /// A share for each receiver.
  template <class Share>
  void each(const Share& share) {
    std::uint64_t bytes = 0;
    if (!crosses_) return;
    for (int r = 0; r < receivers(comm_); ++r)
      if (EgressMeter::instance().crosses(comm_, r)) bytes += share(r);
    all(bytes);
  }
  template <class Share>
  void root_to_each(int root, const Share& share) {
    if (is_root(root)) each(share);
  }
  /// The call ends before its messages do. Who asks whether it has ended learns that the others
  /// have called it, so it never crosses for less than a byte.
  void overlaps();
  /// Makes a communicator or a window, for which MPI sends messages of any kind.
  Passage& makes();

 private:
  bool is_root(int root) const;

  const char* call_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  bool crosses_, charged_ = false;
  EgressMeter::Messages before_ = EgressMeter::Messages::none;
};

}  // namespace bailiwick::egress

#define BAILIWICK_LIST(...) __VA_ARGS__
#define BAILIWICK_NEXT(NAME)                                                                    \
  ([] {                                                                                         \
    static const auto function =                                                                \
        reinterpret_cast<decltype(&MPI_##NAME)>(bailiwick::egress::find_in_mpi("PMPI_" #NAME)); \
    return function;                                                                            \
  }())
#define BAILIWICK_ALSO_PMPI(NAME) \
  decltype(MPI_##NAME) PMPI_##NAME __attribute__((alias("MPI_" #NAME)));

/// WRAP(name, parameters, arguments, what is done before, where CALL is the name).
#define BAILIWICK_WRAP(NAME, PARAMETERS, ARGUMENTS, ...)        \
  int MPI_##NAME(BAILIWICK_LIST PARAMETERS) {                   \
    [[maybe_unused]] constexpr const char* CALL = "MPI_" #NAME; \
    __VA_ARGS__;                                                \
    return BAILIWICK_NEXT(NAME)(BAILIWICK_LIST ARGUMENTS);      \
  }                                                             \
  BAILIWICK_ALSO_PMPI(NAME)
