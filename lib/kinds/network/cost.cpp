// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/network/cost.hpp"

#include "lib/core/json.hpp"
#include "lib/data/lanes.hpp"
#include "lib/egress/meter.hpp"
#include "lib/kinds/network/architecture.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

NetworkCost cost_of_network(const Run& run, const ModelColumns& columns) {
  const TrainConfig& train = run.config().train;
  const DescentConfig& descent = train.descent;
  const Architecture architecture = architecture_of(run.config().model.mlp, columns);
  const Lanes lanes(run);
  NetworkCost cost;
  cost.parameters = architecture.parameters();
  cost.federated = train.federated.has_value();
  cost.lanes_a_step = lanes.lanes_a_step();
  cost.rows_a_step = lanes.rows_a_step();
  cost.flops_a_step = architecture.flops_a_row() * static_cast<double>(cost.rows_a_step);
  cost.steps = lanes.steps_an_epoch(0);
  if (cost.federated && train.federated->local_steps)
    cost.steps = static_cast<std::uint64_t>(*train.federated->local_steps);

  if (const auto& privacy = run.config().privacy) {
    std::uint64_t rows = 0;
    for (const DomainFacts& domain : run.domains())
      rows += domain.rows_to_train();
    cost.by_chance = true;
    cost.rows_a_step = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(static_cast<double>(rows) * privacy->sample_rate));
    cost.steps = privacy->steps_an_epoch();
    cost.flops_a_step = architecture.flops_a_row() * static_cast<double>(cost.rows_a_step);
  }

  // The objects of a training, made and thrown away: they know best.
  const auto p = static_cast<double>(cost.parameters);
  const double moments = train.method == TrainMethod::adamw ? 2 : descent.momentum > 0 ? 1 : 0;
  const Network network(architecture, lanes.held_rows_a_step());
  const Batch batch(architecture.inputs(), columns.targets.size(), lanes.held_rows_a_step(),
                    lanes.held_blocks_a_step(), columns.embeddings.size());
  cost.state_bytes = 4 * p + 8 * p * (1 + moments);
  cost.sum_bytes = 8 * p * static_cast<double>(run.local().size()) * (cost.federated ? 3 : 1);
  cost.batch_bytes = static_cast<double>(network.bytes() + batch.bytes()) - 4 * p;

  const EgressPurpose purpose("attributes of manifests");
  const Json own{cost.state_bytes, cost.sum_bytes, cost.batch_bytes};
  for (const std::string& text : run.world().gather(own.dump())) {
    const Json other = parse_json(text, "cost", ExitCode::bug);
    if (other[0].get<double>() + other[1].get<double>() + other[2].get<double>() <= cost.bytes())
      continue;
    cost.state_bytes = other[0];
    cost.sum_bytes = other[1];
    cost.batch_bytes = other[2];
  }
  return cost;
}

}  // namespace bailiwick
