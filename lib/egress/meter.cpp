// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/egress/meter.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/core/error.hpp"

// Everything here calls MPI by its profiling names, or it would meter itself.

namespace bailiwick {

/// What is known of a communicator, kept on it as an attribute: it dies with the communicator, and
/// a copy or part of one starts without.
struct EgressMeter::Reach {
  int generation = -1;
  bool any = false;
  std::vector<char> each;  ///< by rank of the group that gets what is sent
};

namespace {

int reach_key = MPI_KEYVAL_INVALID;

MPI_Group group_of_receivers(MPI_Comm comm) {
  int inter = 0;
  MPI_Group group = MPI_GROUP_NULL;
  PMPI_Comm_test_inter(comm, &inter);
  if (inter)
    PMPI_Comm_remote_group(comm, &group);
  else
    PMPI_Comm_group(comm, &group);
  return group;
}

}  // namespace

EgressMeter::EgressMeter() {
  PMPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  PMPI_Comm_create_keyval(
      MPI_COMM_NULL_COPY_FN,
      [](MPI_Comm, int, void* reach, void*) {
        delete static_cast<Reach*>(reach);
        return MPI_SUCCESS;
      },
      &reach_key, nullptr);
}

EgressMeter& EgressMeter::instance() {
  static EgressMeter meter;
  return meter;
}

void EgressMeter::enforce() {
  // A call of ours must arrive here, and libraries must find the same functions, one of each file.
  seen_ = false;
  int word = 0;
  MPI_Allreduce(MPI_IN_PLACE, &word, 1, MPI_INT, MPI_SUM, MPI_COMM_SELF);
  const auto found = [](const char* name) { return dlsym(RTLD_DEFAULT, name); };
  const std::pair<const char*, void*> functions[] = {
      {"MPI_Send", reinterpret_cast<void*>(&MPI_Send)},
      {"MPI_Comm_split", reinterpret_cast<void*>(&MPI_Comm_split)},
      {"MPI_Put", reinterpret_cast<void*>(&MPI_Put)},
      {"MPI_Comm_spawn", reinterpret_cast<void*>(&MPI_Comm_spawn)},
      {"MPI_Allreduce", found("PMPI_Allreduce")}};
  const bool ours = std::ranges::all_of(functions, [&](const auto& function) {
    return found(function.first) == function.second &&
           found(("P" + std::string(function.first)).c_str()) == function.second;
  });
  if (!seen_ || !ours)
    throw Error(
        ExitCode::integrity,
        "MPI's calls do not come through the egress meter: this program was linked without it, or "
        "another library has put itself in front");
  thread_ = std::this_thread::get_id();
  look_below();
  enforced_ = true;
}

void EgressMeter::place(std::vector<std::vector<std::size_t>> domains_of_rank) {
  domains_of_rank_ = std::move(domains_of_rank);
  ++generation_;
}

bool EgressMeter::reaches(int world_rank) const {
  if (world_rank == rank_) return false;
  // A process that was not there at the start belongs to nobody.
  const auto ranks = static_cast<int>(domains_of_rank_.size());
  if (world_rank < 0 || world_rank >= ranks || rank_ >= ranks) return true;
  return !std::ranges::includes(domains_of_rank_[static_cast<std::size_t>(world_rank)],
                                domains_of_rank_[static_cast<std::size_t>(rank_)]);
}

bool EgressMeter::reaches(MPI_Group group, std::vector<char>* each) const {
  MPI_Group world = MPI_GROUP_NULL;
  int size = 0;
  PMPI_Comm_group(MPI_COMM_WORLD, &world);
  PMPI_Group_size(group, &size);
  std::vector<int> ranks(static_cast<std::size_t>(size)), in_world(ranks.size());
  for (int r = 0; r < size; ++r)
    ranks[static_cast<std::size_t>(r)] = r;
  PMPI_Group_translate_ranks(group, size, ranks.data(), world, in_world.data());
  PMPI_Group_free(&world);
  each->clear();
  for (const int rank : in_world)
    each->push_back(reaches(rank) ? 1 : 0);
  return std::ranges::find(*each, 1) != each->end();
}

EgressMeter::Reach& EgressMeter::reach_of(MPI_Comm comm) {
  void* kept = nullptr;
  int found = 0;
  PMPI_Comm_get_attr(comm, reach_key, &kept, &found);
  auto* reach = static_cast<Reach*>(kept);
  if (!found) {
    reach = new Reach;  // the attribute's destructor frees it
    PMPI_Comm_set_attr(comm, reach_key, reach);
  }
  if (reach->generation != generation_) {
    MPI_Group own = MPI_GROUP_NULL, receivers = group_of_receivers(comm);
    PMPI_Comm_group(comm, &own);
    const bool own_side = reaches(own, &reach->each);
    reach->any = reaches(receivers, &reach->each) || own_side;
    reach->generation = generation_;
    PMPI_Group_free(&own);
    PMPI_Group_free(&receivers);
  }
  return *reach;
}

bool EgressMeter::crosses(MPI_Comm comm) {
  seen_ = true;
  return comm != MPI_COMM_NULL && reach_of(comm).any;
}

bool EgressMeter::crosses(MPI_Comm comm, int rank) {
  if (comm == MPI_COMM_NULL || rank < 0) return false;  // MPI_PROC_NULL and wrong arguments
  const bool last = last_ != nullptr && last_comm_ == comm;
  const Reach& reach = last ? *last_ : reach_of(comm);
  if (passing_ == Messages::of_collectives) {  // which ends before the communicator can
    last_comm_ = comm;
    last_ = &reach;
  }
  return static_cast<std::size_t>(rank) < reach.each.size() &&
         reach.each[static_cast<std::size_t>(rank)] != 0;
}

bool EgressMeter::crosses_by_window(MPI_Win window, int rank) {
  if (rank < 0) return false;
  MPI_Group group = MPI_GROUP_NULL;
  if (PMPI_Win_get_group(window, &group) != MPI_SUCCESS) return true;
  std::vector<char> each;
  reaches(group, &each);
  PMPI_Group_free(&group);
  return static_cast<std::size_t>(rank) >= each.size() || each[static_cast<std::size_t>(rank)] != 0;
}

EgressMeter::Entry& EgressMeter::entry() {
  const auto found =
      std::ranges::find_if(entries_, [&](const Entry& e) { return e.purpose == purpose_; });
  if (found != entries_.end()) return *found;
  return entries_.emplace_back(Entry{purpose_, 0, 0, {}});
}

void EgressMeter::declare(std::uint64_t bytes) {
  if (bytes == 0) return;
  entry().declared += bytes;
  allowance_ += bytes;
}

void EgressMeter::meter(const char* call, MPI_Comm comm, std::uint64_t bytes) {
  if (bytes > 0) meter(call, name_of(comm), bytes);
}

void EgressMeter::meter(const char* call, const std::string& communicator, std::uint64_t bytes) {
  if (enforced_ && bytes > allowance_)
    refuse(fmt::format("{} on communicator \"{}\"", call, communicator),
           fmt::format("would take {} bytes to another domain that the egress ledger does not name "
                       "({}); nothing was sent",
                       bytes - allowance_, purpose_));
  allowance_ -= std::min(bytes, allowance_);
  Entry& e = entry();
  e.metered += bytes;
  Count& count = e.calls[{call, communicator}];
  ++count.calls;
  count.bytes += bytes;
}

void EgressMeter::refuse(const std::string& call, const std::string& why) {
  std::fprintf(stderr, "bailiwick: rank %d: %s %s, and the job ends\n", rank_, call.c_str(),
               why.c_str());
  std::fflush(stderr);
  PMPI_Abort(MPI_COMM_WORLD, static_cast<int>(ExitCode::integrity));
  std::_Exit(static_cast<int>(ExitCode::integrity));  // nobody comes back from here
}

void refuse_mpi_call(const char* name) {
  EgressMeter::instance().refuse(
      name, "is not made in a job that keeps domains apart (docs/egress.md); nothing was sent");
}

std::string EgressMeter::name_of(MPI_Comm comm) {
  char name[MPI_MAX_OBJECT_NAME] = "";
  int length = 0, size = 0;
  if (comm != MPI_COMM_NULL) {
    PMPI_Comm_get_name(comm, name, &length);
    PMPI_Comm_size(comm, &size);
  }
  return length > 0 ? std::string(name) : "unnamed, of " + std::to_string(size) + " ranks";
}

int EgressMeter::world_rank(MPI_Comm comm, int rank) {
  MPI_Group world = MPI_GROUP_NULL, group = group_of_receivers(comm);
  int in_world = MPI_UNDEFINED;
  PMPI_Comm_group(MPI_COMM_WORLD, &world);
  PMPI_Group_translate_ranks(group, 1, &rank, world, &in_world);
  PMPI_Group_free(&world);
  PMPI_Group_free(&group);
  return in_world;
}

EgressPurpose::EgressPurpose(std::string purpose)
    : before_(std::exchange(EgressMeter::instance().purpose_, std::move(purpose))) {}

EgressPurpose::~EgressPurpose() {
  EgressMeter::instance().purpose_ = std::move(before_);
}

}  // namespace bailiwick
