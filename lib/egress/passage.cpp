// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/egress/passage.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace bailiwick::egress {

void* find_in_mpi(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);
  Dl_info info{};
  std::string_view library;
  if (found != nullptr && dladdr(found, &info) != 0 && info.dli_fname != nullptr)
    library = info.dli_fname;
  library.remove_prefix(std::min(library.rfind('/') + 1, library.size()));
  if (!library.starts_with("libmpi"))
    EgressMeter::instance().refuse(
        std::string(name) + " of MPI's library",
        "is hidden by \"" + std::string(library) + "\", which put itself in front");
  return found;
}

std::uint64_t bytes_of(std::int64_t count, MPI_Datatype type) {
  int size = 0;
  if (count <= 0 || type == MPI_DATATYPE_NULL) return 0;
  PMPI_Type_size(type, &size);
  return static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(size);
}

std::int64_t sum_of(const int* counts, int size) {
  std::int64_t sum = 0;
  for (int i = 0; i < size; ++i)
    sum += counts[i];
  return sum;
}

int rank_in(MPI_Comm comm) {
  int rank = 0;
  PMPI_Comm_rank(comm, &rank);
  return rank;
}

namespace {

bool intercommunicator(MPI_Comm comm) {
  int inter = 0;
  PMPI_Comm_test_inter(comm, &inter);
  return inter != 0;
}

}  // namespace

int receivers(MPI_Comm comm) {
  int size = 0;
  if (intercommunicator(comm))
    PMPI_Comm_remote_size(comm, &size);
  else
    PMPI_Comm_size(comm, &size);
  return size;
}

using Messages = EgressMeter::Messages;

Passage::Passage(const char* call, MPI_Comm comm)
    : call_(call),
      comm_(comm),
      crosses_(EgressMeter::instance().crosses(comm)),
      before_(EgressMeter::instance().let_pass(Messages::of_collectives)) {}

Passage::Passage(const char* call, MPI_Comm comm, int rank, std::uint64_t bytes)
    : call_(call), comm_(comm), crosses_(EgressMeter::instance().crosses(comm, rank)) {
  all(bytes + sizeof(int));
  before_ = EgressMeter::instance().let_pass(crosses_ ? Messages::any : Messages::at_home);
}

Passage::Passage(const char* call, Window window, int rank, std::uint64_t bytes)
    : call_(call), crosses_(EgressMeter::instance().crosses_by_window(window.handle, rank)) {
  all(bytes + sizeof(MPI_Aint));
  before_ = EgressMeter::instance().let_pass(crosses_ ? Messages::any : Messages::at_home);
}

Passage::~Passage() {
  EgressMeter::instance().let_pass(before_);
}

void Passage::all(std::uint64_t bytes) {
  if (!crosses_) return;
  EgressMeter::instance().meter(call_, comm_, std::max<std::uint64_t>(bytes, 1));
  charged_ = true;
}

void Passage::overlaps() {
  if (!crosses_) return;
  if (!charged_) all(1);
  EgressMeter::instance().trust_transport();
}

bool Passage::is_root(int root) const {
  return intercommunicator(comm_) ? root == MPI_ROOT : root == rank_in(comm_);
}

void Passage::from_root(int root, std::uint64_t bytes) {
  if (crosses_ && is_root(root)) all(bytes);
}

void Passage::to_root(int root, std::uint64_t bytes) {
  if (crosses_ && (intercommunicator(comm_) ? root >= 0 : root != rank_in(comm_))) all(bytes);
}

Passage& Passage::makes() {
  EgressMeter::instance().let_pass(crosses_ ? Messages::any : Messages::at_home);
  return *this;
}

}  // namespace bailiwick::egress
