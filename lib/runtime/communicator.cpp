// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/communicator.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/egress/meter.hpp"
#include "lib/runtime/mpi_check.hpp"
#include "lib/runtime/watchdog.hpp"

namespace bailiwick {

namespace {

/// MPI counts are int; longer messages go in pieces.
constexpr std::size_t piece = std::size_t{1} << 30;

template <class Call>
void in_pieces(std::span<std::int64_t> words, const Call& call) {
  for (std::size_t done = 0; done < words.size(); done += piece) {
    const std::size_t count = std::min(piece, words.size() - done);
    call(words.data() + done, static_cast<int>(count));
  }
}

/// By what MPI's ranks agree to call a new communicator.
constexpr std::size_t number = sizeof(int);

/// Even a call without data tells that it was made.
std::size_t at_least_a_byte(std::size_t bytes) {
  return std::max<std::size_t>(bytes, 1);
}

/// The ledger's side of egress: every call below says first what it is about to send.
void declare(MPI_Comm comm, std::size_t bytes) {
  EgressMeter& meter = EgressMeter::instance();
  if (meter.crosses(comm)) meter.declare(bytes);
}

std::vector<int> offsets_of(const std::vector<int>& counts) {
  std::vector<int> offsets(counts.size(), 0);
  std::partial_sum(counts.begin(), counts.end() - 1, offsets.begin() + 1);
  return offsets;
}

std::size_t size_of(const std::vector<int>& counts) {
  std::size_t size = 0;
  for (const int count : counts)
    size += static_cast<std::size_t>(count);
  return size;
}

std::vector<std::string> parts(const std::string& all, const std::vector<int>& lengths,
                               const std::vector<int>& offsets) {
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < lengths.size(); ++r)
    texts.push_back(
        all.substr(static_cast<std::size_t>(offsets[r]), static_cast<std::size_t>(lengths[r])));
  return texts;
}

}  // namespace

Communicator::~Communicator() {
  if (comm_ == MPI_COMM_NULL) return;
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (!finalized) MPI_Comm_free(&comm_);
}

Communicator::Communicator(Communicator&& other) noexcept
    : comm_(std::exchange(other.comm_, MPI_COMM_NULL)) {}

Communicator& Communicator::operator=(Communicator&& other) noexcept {
  std::swap(comm_, other.comm_);
  return *this;
}

int Communicator::rank() const {
  int rank = 0;
  check(MPI_Comm_rank(comm_, &rank), "MPI_Comm_rank");
  return rank;
}

int Communicator::size() const {
  int size = 0;
  check(MPI_Comm_size(comm_, &size), "MPI_Comm_size");
  return size;
}

Communicator Communicator::duplicate(const std::string& name) const {
  MPI_Comm copy = MPI_COMM_NULL;
  declare(comm_, number);
  check(MPI_Comm_dup(comm_, &copy), "MPI_Comm_dup");
  check(MPI_Comm_set_name(copy, name.c_str()), "MPI_Comm_set_name");
  return Communicator(copy);
}

Communicator Communicator::split(int colour, int key, const std::string& name) const {
  const Watchdog::Waiting waiting("MPI_Comm_split");
  MPI_Comm part = MPI_COMM_NULL;
  declare(comm_, 2 * sizeof(int) + number);
  check(MPI_Comm_split(comm_, colour, key, &part), "MPI_Comm_split");
  if (part != MPI_COMM_NULL) check(MPI_Comm_set_name(part, name.c_str()), "MPI_Comm_set_name");
  return Communicator(part);
}

void Communicator::barrier() const {
  const Watchdog::Waiting waiting("MPI_Barrier");
  declare(comm_, 1);
  check(MPI_Barrier(comm_), "MPI_Barrier");
}

void Communicator::sum(std::span<std::int64_t> words) const {
  const Watchdog::Waiting waiting("MPI_Allreduce");
  declare(comm_, words.size_bytes());
  in_pieces(words, [&](std::int64_t* data, int count) {
    check(MPI_Allreduce(MPI_IN_PLACE, data, count, MPI_UINT64_T, MPI_SUM, comm_), "MPI_Allreduce");
  });
}

void Communicator::sum_to(int root, std::span<std::int64_t> words) const {
  const Watchdog::Waiting waiting("MPI_Reduce");
  const bool receives = rank() == root;
  if (!receives) declare(comm_, words.size_bytes());
  in_pieces(words, [&](std::int64_t* data, int count) {
    check(
        MPI_Reduce(receives ? MPI_IN_PLACE : data, data, count, MPI_UINT64_T, MPI_SUM, root, comm_),
        "MPI_Reduce");
  });
}

void Communicator::broadcast(int root, std::span<std::int64_t> words) const {
  const Watchdog::Waiting waiting("MPI_Bcast");
  if (rank() == root) declare(comm_, words.size_bytes());
  in_pieces(words, [&](std::int64_t* data, int count) {
    check(MPI_Bcast(data, count, MPI_INT64_T, root, comm_), "MPI_Bcast");
  });
}

std::string Communicator::broadcast(int root, const std::string& text) const {
  const Watchdog::Waiting waiting("MPI_Bcast");
  std::uint64_t length = text.size();
  if (rank() == root) declare(comm_, sizeof length + text.size());
  check(MPI_Bcast(&length, 1, MPI_UINT64_T, root, comm_), "MPI_Bcast");
  std::string copy = text;
  copy.resize(length);
  for (std::size_t done = 0; done < length; done += piece)
    check(MPI_Bcast(copy.data() + done, static_cast<int>(std::min(piece, length - done)), MPI_CHAR,
                    root, comm_),
          "MPI_Bcast");
  return copy;
}

std::vector<std::string> Communicator::gather(const std::string& text) const {
  const Watchdog::Waiting waiting("MPI_Allgather");
  const auto ranks = static_cast<std::size_t>(size());
  const int length = static_cast<int>(text.size());
  std::vector<int> lengths(ranks);
  declare(comm_, sizeof length + at_least_a_byte(text.size()));
  check(MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, comm_), "MPI_Allgather");
  const std::vector<int> offsets = offsets_of(lengths);
  std::string all(size_of(lengths), '\0');
  check(MPI_Allgatherv(text.data(), length, MPI_CHAR, all.data(), lengths.data(), offsets.data(),
                       MPI_CHAR, comm_),
        "MPI_Allgatherv");
  return parts(all, lengths, offsets);
}

std::vector<std::string> Communicator::gather_to(int root, const std::string& text) const {
  const Watchdog::Waiting waiting("MPI_Gather");
  const bool receives = rank() == root;
  const int length = static_cast<int>(text.size());
  std::vector<int> lengths(receives ? static_cast<std::size_t>(size()) : 0), offsets;
  if (!receives) declare(comm_, sizeof length + at_least_a_byte(text.size()));
  check(MPI_Gather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, root, comm_), "MPI_Gather");
  std::string all;
  if (receives) {
    offsets = offsets_of(lengths);
    all.resize(size_of(lengths));
  }
  check(MPI_Gatherv(text.data(), length, MPI_CHAR, all.data(), lengths.data(), offsets.data(),
                    MPI_CHAR, root, comm_),
        "MPI_Gatherv");
  return parts(all, lengths, offsets);
}

std::vector<double> Communicator::gather(std::span<const double> values) const {
  const Watchdog::Waiting waiting("MPI_Allgather");
  const int length = static_cast<int>(values.size());
  std::vector<int> lengths(static_cast<std::size_t>(size()));
  declare(comm_, sizeof length + at_least_a_byte(values.size_bytes()));
  check(MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, comm_), "MPI_Allgather");
  const std::vector<int> offsets = offsets_of(lengths);
  std::vector<double> all(size_of(lengths));
  check(MPI_Allgatherv(values.data(), length, MPI_DOUBLE, all.data(), lengths.data(),
                       offsets.data(), MPI_DOUBLE, comm_),
        "MPI_Allgatherv");
  return all;
}

}  // namespace bailiwick
