// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/private/network_sums.hpp"

#include <algorithm>
#include <utility>

namespace bailiwick {

namespace {

constexpr std::size_t rows_at_once = 256;

}  // namespace

PrivateNetwork::PrivateNetwork(Architecture architecture, std::vector<kernels::NetworkRows> domains,
                               PrivateNetworkOptions options)
    : domains_(std::move(domains)),
      options_(options),
      network_(architecture, rows_at_once),
      batch_(architecture.inputs(), domains_.empty() ? 1 : domains_.front().y.extent(1),
             rows_at_once, 1, architecture.embeddings().size()),
      cut_(architecture, options.clip, rows_at_once),
      layout_(std::make_shared<const AggregateLayout>(
          std::vector<Stream>{{"gradient", architecture.parameters(), {2, cut_.exponent()}}})) {}

void PrivateNetwork::add(std::size_t d, std::span<const std::uint32_t> rows, std::uint64_t step,
                         Aggregate& part) {
  const StepOptions options{options_.loss, {}, options_.seed, step};
  for (std::size_t first = 0; first < rows.size(); first += rows_at_once) {
    const std::size_t count = std::min(rows_at_once, rows.size() - first);
    batch_.start();
    batch_.add(domains_[d], 0, rows.subspan(first, count), d);
    batch_.finish();
    network_.row_gradients(options, batch_, gradients_);
    cut_.add(gradients_, count, part.words("gradient").first(layout_->streams().front().size));
    part.normalise();
  }
}

}  // namespace bailiwick
