// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/decomposition.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/egress/meter.hpp"

namespace bailiwick {

namespace {

/// Deals the ranks `free` to the domains `open`.
void deal_group(const std::vector<DomainShape>& domains, std::vector<std::size_t> open,
                const std::vector<int>& free, std::vector<std::vector<int>>& dealt) {
  if (free.size() >= open.size()) {
    // One rank each, then every further rank to the domain with most blocks a rank.
    std::vector<std::size_t> share(open.size(), 1);
    for (std::size_t extra = open.size(); extra < free.size(); ++extra) {
      std::size_t neediest = 0;
      for (std::size_t k = 1; k < open.size(); ++k)
        if (domains[open[k]].blocks * share[neediest] > domains[open[neediest]].blocks * share[k])
          neediest = k;
      ++share[neediest];
    }
    auto next = free.begin();
    for (std::size_t k = 0; k < open.size(); ++k) {
      dealt[open[k]].assign(next, next + static_cast<std::ptrdiff_t>(share[k]));
      next += static_cast<std::ptrdiff_t>(share[k]);
    }
    return;
  }

  // Fewer ranks than domains: the largest first, each to the rank with least so far.
  std::vector<std::uint64_t> load(free.size(), 0);
  std::stable_sort(open.begin(), open.end(), [&](std::size_t a, std::size_t b) {
    return domains[a].blocks > domains[b].blocks;
  });
  for (const std::size_t i : open) {
    const auto least = std::min_element(load.begin(), load.end()) - load.begin();
    load[static_cast<std::size_t>(least)] += std::max<std::uint64_t>(1, domains[i].blocks);
    dealt[i] = {free[static_cast<std::size_t>(least)]};
  }
}

std::vector<std::vector<int>> deal(const std::vector<DomainShape>& domains, int ranks) {
  const std::size_t n = domains.size();
  std::vector<std::vector<int>> dealt(n);
  std::vector<int> all(static_cast<std::size_t>(ranks));
  std::iota(all.begin(), all.end(), 0);
  // Homes with the domains that are dealt ranks there, fewest ranks first.
  std::map<std::pair<std::size_t, std::vector<int>>, std::vector<std::size_t>> open;
  for (std::size_t i = 0; i < n; ++i) {
    for (const int rank : domains[i].ranks)
      if (rank < 0 || rank >= ranks)
        throw Error(ExitCode::config, "domain {}: rank {} does not exist; the job has {} rank{}",
                    domains[i].name, rank, ranks, ranks == 1 ? "" : "s");
    dealt[i] = domains[i].ranks;
    if (!dealt[i].empty()) continue;
    const std::vector<int>& home = domains[i].home.empty() ? all : domains[i].home;
    open[{home.size(), home}].push_back(i);
  }

  std::vector<bool> taken(static_cast<std::size_t>(ranks), false);
  const auto take = [&](const std::vector<int>& list) {
    for (const int rank : list)
      taken[static_cast<std::size_t>(rank)] = true;
  };
  for (const auto& list : dealt)
    take(list);
  for (const auto& [home, group] : open) {
    std::vector<int> free;
    for (const int rank : home.second)
      if (!taken[static_cast<std::size_t>(rank)]) free.push_back(rank);
    if (free.empty()) free = home.second;
    deal_group(domains, group, free, dealt);
    take(free);
  }
  return dealt;
}

}  // namespace

std::vector<std::vector<int>> deal_ranks(const std::vector<DomainShape>& domains, int ranks) {
  std::vector<std::vector<int>> dealt = deal(domains, ranks);
  std::vector<bool> busy(static_cast<std::size_t>(ranks), false);
  for (const auto& list : dealt)
    for (const int rank : list)
      busy[static_cast<std::size_t>(rank)] = true;
  const auto idle = std::find(busy.begin(), busy.end(), false) - busy.begin();
  if (idle < ranks)
    throw Error(ExitCode::config,
                "rank {} holds no domain; name it under a domain's `ranks`, or start fewer ranks",
                idle);
  return dealt;
}

BlockRange share_blocks(std::uint64_t blocks, int members, int index) {
  const auto m = static_cast<std::uint64_t>(members);
  const auto i = static_cast<std::uint64_t>(index);
  const std::uint64_t first = blocks * i / m;
  return {first, blocks * (i + 1) / m - first};
}

DomainDecomposition::DomainDecomposition(const Communicator& world,
                                         std::vector<DomainShape> domains)
    : shapes_(std::move(domains)),
      ranks_(deal_ranks(shapes_, world.size())),
      world_(world.duplicate("boundary")),
      rank_(world.rank()) {
  // Every rank walks the domains in the same order, so creating and using the communicators of
  // overlapping domains cannot deadlock.
  bool leads_any = false;
  for (std::size_t i = 0; i < shapes_.size(); ++i) {
    const auto position = std::find(ranks_[i].begin(), ranks_[i].end(), rank_);
    const bool member = position != ranks_[i].end();
    const int index = static_cast<int>(position - ranks_[i].begin());
    Communicator comm = ranks_[i].size() > 1 ? world.split(member ? 0 : MPI_UNDEFINED, index,
                                                           "domain " + shapes_[i].name)
                                             : Communicator();
    if (!member) continue;
    local_.push_back(i);
    blocks_.push_back(share_blocks(shapes_[i].blocks, static_cast<int>(ranks_[i].size()), index));
    domain_comms_.push_back(std::move(comm));
    leads_any = leads_any || index == 0;
  }
  std::vector<bool> leading(static_cast<std::size_t>(world.size()), false);
  for (const auto& list : ranks_)
    leading[static_cast<std::size_t>(list.front())] = true;
  first_leader_ =
      static_cast<int>(std::find(leading.begin(), leading.end(), true) - leading.begin());
  all_lead_ = std::find(leading.begin(), leading.end(), false) == leading.end();
  leaders_ = world.split(leads_any ? 0 : MPI_UNDEFINED, rank_, "leaders");

  std::vector<std::vector<std::size_t>> domains_of_rank(static_cast<std::size_t>(world.size()));
  for (std::size_t i = 0; i < ranks_.size(); ++i)
    for (const int rank : ranks_[i])
      domains_of_rank[static_cast<std::size_t>(rank)].push_back(i);
  const bool beside_root = domains_of_rank[static_cast<std::size_t>(rank_)] == domains_of_rank[0];
  writers_ = world.split(beside_root ? 0 : MPI_UNDEFINED, rank_, "writers");
  EgressMeter::instance().place(std::move(domains_of_rank));
}

void DomainDecomposition::distribute(std::span<std::int64_t> words) const {
  if (!all_lead_) world_.broadcast(first_leader_, words);
}

bool DomainDecomposition::leads(std::size_t d) const {
  return ranks_[local_[d]].front() == rank_;
}

}  // namespace bailiwick
