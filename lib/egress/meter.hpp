// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <mpi.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace bailiwick {

/// Measures what crosses between domains, whoever sends it: passage.hpp puts it under every
/// MPI call of the process, ours and those of PETSc and HDF5. Beside it the ledger: what our own
/// code declares just before it sends. Below MPI transport.cpp tells it of every message,
/// so that one of which no call was metered does not leave either. One a process, as MPI is.
/// docs/egress.md has the rules. Not thread-safe: MPI is called from the main thread alone.
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
  /// What may leave below MPI while a call is on its way: by none, only what MPI sends for its
  /// collectives, anything; or anything, of ranks that all hold the domains of this one.
  enum class Messages { none, of_collectives, any, at_home };
  /// What left below MPI for ranks of other domains since enforce().
  struct Transport {
    bool measured = false;
    std::uint64_t messages = 0, bytes = 0;
  };

  static EgressMeter& instance();

  /// From here on a call that takes undeclared bytes across does not happen: the job ends with
  /// ExitCode::integrity and a line that names the call. Throws ExitCode::integrity if MPI's calls
  /// do not come through the meter.
  void enforce();

  /// Which domains each rank of the world holds, ascending. Local; every rank gives the same.
  void place(std::vector<std::vector<std::size_t>> domains_of_rank);

  /// Whether what this rank sends on `comm` goes to a rank that does not hold all its domains, or
  /// may pass through one on its own side of an intercommunicator.
  bool crosses(MPI_Comm comm);
  /// The same of one rank of `comm`, or of `window`.
  bool crosses(MPI_Comm comm, int rank);
  bool crosses_by_window(MPI_Win window, int rank);
  bool reaches(int world_rank) const;

  /// The ledger: the next call takes these bytes across, for the present purpose.
  void declare(std::uint64_t bytes);
  /// The meter: this call takes these bytes across.
  void meter(const char* call, MPI_Comm comm, std::uint64_t bytes);
  void meter(const char* call, const std::string& communicator, std::uint64_t bytes);
  /// Ends the job: `call` is not to be made.
  [[noreturn]] void refuse(const std::string& call, const std::string& why);

  /// What may leave below MPI from here on; gives what could before.
  Messages let_pass(Messages messages) {
    last_ = nullptr;
    return std::exchange(passing_, messages);
  }
  /// Messages of calls that have ended may leave at any time from here on: they are counted only.
  void trust_transport() { transport_checked_ = false; }
  /// MPI is about to send a message.
  void see_message(MPI_Comm comm, int to, int tag, std::uint64_t bytes);
  const Transport& transport() const { return transport_; }

  /// The only files that MPI-IO may write.
  void will_write(const std::string& path) { files_.insert(path); }
  bool may_write(const std::string& path) const { return !enforced_ || files_.contains(path); }

  static std::string name_of(MPI_Comm comm);
  static int world_rank(MPI_Comm comm, int rank);
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  friend class EgressPurpose;
  struct Reach;

  EgressMeter();
  Reach& reach_of(MPI_Comm comm);
  bool reaches(MPI_Group group, std::vector<char>* each) const;
  Entry& entry();
  void look_below();

  std::vector<std::vector<std::size_t>> domains_of_rank_;
  int rank_ = -1;
  int generation_ = 0;  ///< of places: what is cached on communicators is older
  bool enforced_ = false;
  bool seen_ = false;  ///< a call came through
  std::string purpose_ = "start-up";
  std::uint64_t allowance_ = 0;  ///< declared and not yet metered
  std::vector<Entry> entries_;
  Messages passing_ = Messages::none;
  MPI_Comm last_comm_ = MPI_COMM_NULL;
  const Reach* last_ = nullptr;  ///< of last_comm_, while the call that asked for it is on its way
  Transport transport_;
  bool transport_checked_ = true;
  std::thread::id thread_;  ///< that calls MPI
  std::set<std::string> files_;
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
