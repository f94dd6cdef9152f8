// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/network/predictor.hpp"
#include "lib/run/inputs.hpp"

#include <cmath>

namespace bailiwick {

Architecture architecture_of(const SavedModel& model) {
  return architecture_of(model.config.mlp, model.names.size(), model.embeddings,
                         model.categories.size());
}

Predictor network_predictor(const SavedModel& model, const kernels::RowBlocks& rows) {
  const Architecture architecture = architecture_of(model);
  // Padding is scored too: it is little, and nobody looks at it.
  const std::vector<std::size_t> all(rows.blocks(), rows.block_rows());
  const kernels::NetworkRows inputs = network_rows(rows, all, model.embeddings);
  const std::size_t outputs = architecture.outputs(), given = outputs > 1 ? outputs - 1 : 1;
  const std::size_t block_rows = rows.block_rows();
  const double mean = model.target_mean, deviation = model.target_deviation;
  Predictor eta("outputs", rows.blocks(), given, block_rows);
  Network network(architecture, block_rows);
  network.set_parameters(model.parameters);
  Batch batch(architecture.inputs(), inputs.y.extent(1), block_rows, 1, model.embeddings.size());
  for (std::size_t b = 0; b < rows.blocks(); ++b) {
    batch.start();
    batch.add(inputs, b * block_rows, block_rows, 0);
    batch.finish();
    const float* const z = network.outputs(batch);
    Kokkos::parallel_for(
        "outputs", Kokkos::RangePolicy<kernels::Execution>(0, block_rows),
        KOKKOS_LAMBDA(const std::size_t r) {
          for (std::size_t k = 0; k < given; ++k)
            eta(b, k, r) = outputs > 1 ? double{z[r * outputs + k + 1]} - z[r * outputs]
                                       : ::fma(deviation, double{z[r]}, mean);
        });
  }
  Kokkos::fence();
  return eta;
}

}  // namespace bailiwick
