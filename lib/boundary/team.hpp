// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lib/boundary/aggregate.hpp"
#include "lib/core/range.hpp"
#include "lib/runtime/shared_memory.hpp"

namespace bailiwick {

/// The ranks of one domain, all on one node, that train one network together: each has words of its
/// own for sums, which all can read, and all have one copy of the parameters. Made by Boundary.
class Team {
 public:
  /// `domain`: null for a domain of one rank. Collective over it.
  Team(const Communicator* domain, std::size_t words, std::size_t floats)
      : words_(words), floats_(floats) {
    const std::size_t bytes = words * sizeof(std::int64_t);
    if (domain != nullptr)
      memory_.emplace(*domain, bytes + (domain->is_root() ? floats * sizeof(float) : 0));
    else
      alone_.resize(bytes + floats * sizeof(float));
  }

  int size() const { return memory_ ? memory_->size() : 1; }
  int rank() const { return memory_ ? memory_->rank() : 0; }
  /// Room for an aggregate's words as they cross, of one member.
  std::span<std::int64_t> words(int member) {
    return {reinterpret_cast<std::int64_t*>(segment(member)), words_};
  }
  /// The parameters, one copy for all.
  std::span<float> floats() {
    return {reinterpret_cast<float*>(segment(0) + words_ * sizeof(std::int64_t)), floats_};
  }
  /// This rank's share of so many things, in the order of ranks.
  Range share(std::size_t things) const {
    const auto members = static_cast<std::size_t>(size());
    const auto member = static_cast<std::size_t>(rank());
    return {things * member / members, things * (member + 1) / members};
  }
  /// What members wrote before, all read after. Collective over the domain.
  void meet() const {
    if (memory_) memory_->meet();
  }
  /// The first member's words become the sum of all members'. Collective over the domain.
  void sum() {
    meet();
    const auto [begin, end] = share(words_);
    const std::span<std::int64_t> to = words(0);
    for (int member = 1; member < size(); ++member) {
      const std::span<const std::int64_t> from = words(member);
      for (std::size_t i = begin; i < end; ++i)
        to[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(to[i]) +
                                          static_cast<std::uint64_t>(from[i]));
    }
    meet();
  }

 private:
  std::byte* segment(int member) {
    return memory_ ? memory_->segment(member).data() : alone_.data();
  }

  std::size_t words_, floats_;
  std::optional<SharedMemory> memory_;
  std::vector<std::byte> alone_;
};

}  // namespace bailiwick
