// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace bailiwick {

/// Owns a communicator; frees it unless MPI is already finalised. Move-only. Every call is
/// collective over the communicator and throws ExitCode::bug with MPI's own text on failure.
class Communicator {
 public:
  Communicator() = default;
  /// Takes ownership.
  explicit Communicator(MPI_Comm comm) : comm_(comm) {}
  ~Communicator();
  Communicator(Communicator&& other) noexcept;
  Communicator& operator=(Communicator&& other) noexcept;

  MPI_Comm handle() const { return comm_; }
  int rank() const;
  int size() const;
  bool is_root() const { return rank() == 0; }

  /// `name` is what egress.json calls it.
  Communicator duplicate(const std::string& name) const;
  /// Ranks with the same colour; empty for MPI_UNDEFINED.
  Communicator split(int colour, int key, const std::string& name) const;

  void barrier() const;
  /// Adds words modulo 2^64, in place, on every rank.
  void sum(std::span<std::int64_t> words) const;
  /// The same, result on `root` only; others' words are unchanged.
  void sum_to(int root, std::span<std::int64_t> words) const;
  void broadcast(int root, std::span<std::int64_t> words) const;
  std::string broadcast(int root, const std::string& text) const;
  /// One text a rank, in rank order, on every rank.
  std::vector<std::string> gather(const std::string& text) const;
  /// The same, on `root` only; empty on the others.
  std::vector<std::string> gather_to(int root, const std::string& text) const;
  /// All ranks' words in rank order, on every rank.
  std::vector<double> gather(std::span<const double> values) const;

 private:
  MPI_Comm comm_ = MPI_COMM_NULL;
};

}  // namespace bailiwick
