// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <mpi.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bailiwick {

/// Measures what crosses between domains, whoever sends it: egress_pmpi.cpp puts it under every MPI
/// call of the process, ours and those of PETSc and HDF5. Beside it the ledger: what our own code
/// declares just before it sends. One a process, as MPI is. docs/egress.md has the rules. Not
/// thread-safe: MPI is called from the main thread alone.
///
/// A byte crosses if it goes to a rank that does not hold all domains that the sender holds. It is
/// counted where it leaves, once, however many ranks get it. Until place() every rank is a domain
/// of its own.
class EgressMeter {
 public:
  struct Call {
    std::string name, communicator;
    auto operator<=>(const Call&) const = default;
  };
  struct Count {
    std::uint64_t calls = 0, bytes = 0;
  };
  /// What was sent for one purpose.
  struct Entry {
    std::string purpose;
    std::uint64_t declared = 0, metered = 0;
    std::map<Call, Count> calls;  ///< only those that took bytes across
  };

  static EgressMeter& instance();

  /// From here on a call that takes undeclared bytes across does not happen: the job ends with
  /// ExitCode::integrity and a line that names the call. Throws ExitCode::integrity if MPI's calls
  /// do not come through the meter.
  void enforce();

  /// Which domains each rank of the world holds, ascending. Local; every rank gives the same.
  void place(std::vector<std::vector<std::size_t>> domains_of_rank);

  /// Whether what this rank sends on `comm` goes to a rank that does not hold all its domains; for
  /// intercommunicators, the other group.
  bool crosses(MPI_Comm comm);
  /// The same of one rank of `comm`, or of `window`.
  bool crosses(MPI_Comm comm, int rank);
  bool crosses(MPI_Win window, int rank);

  /// The ledger: the next call takes these bytes across, for the present purpose.
  void declare(std::uint64_t bytes);
  /// The meter: this call takes these bytes across.
  void meter(const char* call, MPI_Comm comm, std::uint64_t bytes);

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  friend class EgressPurpose;
  struct Reach;

  EgressMeter();
  Reach& reach_of(MPI_Comm comm);
  bool reaches(int world_rank) const;
  bool reaches(MPI_Group group, std::vector<char>* each) const;
  Entry& entry();

  std::vector<std::vector<std::size_t>> domains_of_rank_;
  int rank_ = -1;
  int generation_ = 0;  ///< of places: what is cached on communicators is older
  bool enforced_ = false;
  bool seen_ = false;  ///< a call came through
  std::string purpose_ = "start-up";
  std::uint64_t allowance_ = 0;  ///< declared and not yet metered
  std::vector<Entry> entries_;
};

/// What is sent while it lives is for this purpose.
class EgressPurpose {
 public:
  explicit EgressPurpose(std::string purpose);
  ~EgressPurpose();
  EgressPurpose(const EgressPurpose&) = delete;
  EgressPurpose& operator=(const EgressPurpose&) = delete;

 private:
  std::string before_;
};

}  // namespace bailiwick
