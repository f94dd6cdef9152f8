// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/network_data.hpp"

#include <algorithm>

namespace bailiwick {

namespace {

std::vector<kernels::NetworkRows> to_network_rows(ModelRows& rows) {
  std::vector<kernels::NetworkRows> result;
  for (LoadedRows& domain : rows.domains) {
    result.push_back(kernels::network_rows(domain.rows, domain.rows_of_block));
    domain.rows = {};  // its memory goes before the next domain's comes
  }
  return result;
}

}  // namespace

NetworkData::NetworkData(Run& run, const ModelColumns& columns)
    : blocks_(run, run.config().train.split,
              static_cast<std::size_t>(run.config().train.descent.block_rows)) {
  const RunConfig& config = run.config();
  ModelRows rows = load_model_rows(run, config.model, columns, config.train.split);
  selected_ = rows.selected;
  std::vector<ColumnMoments> own;
  const std::string& split = config.train.descent.early_stopping.split;
  if (!split.empty() && config.model.standardise == Standardisation::per_domain)
    own = moments_of_domains(run, config.model, columns, rows);
  moments_ = standardise_for_training(run, config.model, columns, rows);
  training_ = to_network_rows(rows);
  for (std::size_t d = 0; d < training_.size(); ++d)
    training_[d].first_number = blocks_.local()[d].first_row;
  if (split.empty()) return;
  ModelRows others = load_model_rows(run, config.model, columns, split);
  if (own.empty()) own.assign(others.domains.size(), moments_);
  standardise(others, own);
  validation_ = to_network_rows(others);
}

void NetworkData::gather(const std::vector<std::size_t>& chosen, Batch& batch,
                         std::optional<std::size_t> only) const {
  const auto for_held = [&](const auto& f) {
    for (std::size_t d = 0; d < blocks_.local().size(); ++d) {
      if (only && *only != d) continue;
      const TrainingBlocks::Stretch& stretch = blocks_.local()[d];
      for (auto b = std::ranges::lower_bound(chosen, stretch.first);
           b != chosen.end() && *b < stretch.end(); ++b)
        f(d, stretch.blocks[*b - stretch.first]);
    }
  };
  std::size_t rows = 0;
  for_held([&](std::size_t, const RowRange& range) { rows += range.count; });
  batch.start(rows);
  for_held([&](std::size_t d, const RowRange& range) {
    batch.add(training_[d], range.first, range.count, d);
  });
  batch.finish();
}

}  // namespace bailiwick
