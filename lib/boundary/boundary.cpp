// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/boundary.hpp"

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

namespace {

bool has_peers(const Communicator& comm) {
  return comm.handle() != MPI_COMM_NULL;
}

}  // namespace

void Boundary::within_domain(std::size_t d, Aggregate& aggregate) {
  // A domain of one rank has no communicator: its rank already holds the sum.
  aggregate.normalise();
  if (has_peers(decomposition_.domain_comms_[d]))
    decomposition_.domain_comms_[d].sum(aggregate.words());
  aggregate.normalise();
}

std::vector<double> Boundary::gather_within_domain(std::size_t d, std::span<const double> values) {
  if (!has_peers(decomposition_.domain_comms_[d])) return {values.begin(), values.end()};
  return decomposition_.domain_comms_[d].gather(values);
}

Aggregate Boundary::across_domains(const std::string& round, std::vector<Aggregate> parts) {
  ensure(parts.size() == local_domains(), "one part for each local domain");
  const std::shared_ptr<const AggregateLayout> layout = parts.front().layout_pointer();

  Aggregate total(layout);
  for (std::size_t d = 0; d < parts.size(); ++d) {
    const Communicator& comm = decomposition_.domain_comms_[d];
    parts[d].normalise();
    if (has_peers(comm)) comm.sum_to(0, parts[d].words());
    if (!leads(d)) continue;
    // Limbs are carried before they leave: they then tell the domain's sum and nothing of its
    // blocks.
    parts[d].normalise();
    total.add(parts[d]);
  }
  if (has_peers(decomposition_.leaders_)) decomposition_.leaders_.sum(total.words());
  decomposition_.distribute(total.words());
  total.normalise();
  ledger_.push_back({ledger_.size(), round, layout->words(), decomposition_.domains()});
  return total;
}

std::vector<std::string> Boundary::release(const std::string& round,
                                           const std::vector<std::string>& texts) {
  ensure(texts.size() == local_domains(), "one text for each local domain");
  Json led = Json::object();
  for (std::size_t d = 0; d < texts.size(); ++d)
    if (leads(d)) led[std::to_string(decomposition_.local_domains()[d])] = texts[d];
  std::vector<std::string> released(decomposition_.domains());
  std::size_t bytes = 0;
  for (const std::string& text : decomposition_.world_.gather(led.dump())) {
    const Json entries = parse_json(text, round, ExitCode::bug);
    for (const auto& [index, value] : entries.items()) {
      released[std::stoul(index)] = value.get<std::string>();
      bytes += value.get_ref<const std::string&>().size();
    }
  }
  ledger_.push_back({ledger_.size(), round, (bytes + 7) / 8, decomposition_.domains()});
  return released;
}

}  // namespace bailiwick
