// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/runtime/communicator.hpp"

namespace bailiwick {

/// What the decomposition needs to know of a domain.
struct DomainShape {
  std::string name;
  std::uint64_t blocks = 0;    ///< of all its partitions, in order
  std::vector<int> ranks;      ///< asked for explicitly; empty: dealt
  std::vector<int> home = {};  ///< dealt from these alone, ascending; empty: from all
};

/// Consecutive blocks of a domain, counted over its partitions in order.
struct BlockRange {
  std::uint64_t first = 0, count = 0;
};

/// Which ranks hold which domains. Domains of one home share its ranks: with at least as many ranks
/// as domains every domain has ranks of its own, shared out by blocks; with fewer, a rank holds
/// several whole domains. Ranks asked for explicitly, or dealt to a home of fewer ranks that lies
/// inside, are left alone while there are others. Throws ExitCode::config for a rank that does not
/// exist or holds nothing. Pure.
std::vector<std::vector<int>> deal_ranks(const std::vector<DomainShape>& domains, int ranks);

/// The share of member `index` of `members` in `blocks`: contiguous, sizes differing by at most
/// one.
BlockRange share_blocks(std::uint64_t blocks, int members, int index);

/// Splits the world into one communicator a domain and one of the leaders (the first rank of each
/// domain), and tells the egress meter who holds what. Only Boundary can use these communicators.
class DomainDecomposition {
 public:
  /// Collective over `world`. Throws ExitCode::config on every rank if explicit ranks are
  /// impossible.
  DomainDecomposition(const Communicator& world, std::vector<DomainShape> domains);

  std::size_t domains() const { return shapes_.size(); }
  const std::string& name(std::size_t domain) const { return shapes_[domain].name; }
  const std::vector<int>& ranks_of(std::size_t domain) const { return ranks_[domain]; }

  /// Domains this rank belongs to, ascending.
  const std::vector<std::size_t>& local_domains() const { return local_; }
  /// This rank's blocks of its d-th domain.
  BlockRange local_blocks(std::size_t d) const { return blocks_[d]; }
  /// True if this rank leads its d-th domain.
  bool leads(std::size_t d) const;

  /// The ranks that hold the same domains as the first rank, which write files together: what HDF5
  /// and MPI-IO exchange then stays at home. Empty on the others.
  const Communicator& writers() const { return writers_; }

 private:
  friend class Boundary;
  /// From the first leader to the ranks that lead nothing. Collective over the world.
  void distribute(std::span<std::int64_t> words) const;

  std::vector<DomainShape> shapes_;
  std::vector<std::vector<int>> ranks_;
  std::vector<std::size_t> local_;
  std::vector<BlockRange> blocks_;
  std::vector<Communicator> domain_comms_;  ///< one a local domain
  Communicator writers_;
  Communicator leaders_;  ///< empty on ranks that lead nothing
  Communicator world_;
  int rank_ = 0;
  int first_leader_ = 0;
  bool all_lead_ = false;  ///< every rank leads a domain: leaders_ is the world
};

}  // namespace bailiwick
