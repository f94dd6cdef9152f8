// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/network/data.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/data/training_rows.hpp"
#include "lib/kinds/network/architecture.hpp"
#include "lib/model/magnitude.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

/// Weights times `factor`.
std::vector<kernels::NetworkRows> to_network_rows(ModelRows& rows, const ModelColumns& columns,
                                                  double factor) {
  std::vector<kernels::NetworkRows> result;
  for (LoadedRows& domain : rows.domains) {
    if (factor != 1) kernels::scale_weights(domain.rows, factor);
    result.push_back(network_rows(domain.rows, domain.rows_of_block, columns.embeddings));
    domain.rows = {};  // its memory goes before the next domain's comes
  }
  return result;
}

std::optional<std::string> split_to_stop_by(const Run& run) {
  const std::string& split = run.config().train.descent.early_stopping.split;
  return split.empty() ? std::nullopt : std::optional(split);
}

}  // namespace

NetworkData::NetworkData(Run& run, const ModelColumns& columns)
    : NetworkData(run, columns, split_to_stop_by(run)) {}

NetworkData::NetworkData(Run& run, const ModelColumns& columns,
                         const std::optional<std::string>& split)
    : lanes_(run),
      block_rows_(static_cast<std::size_t>(run.config().train.descent.block_rows)),
      targets_(columns.targets.size()) {
  const RunConfig& config = run.config();
  const std::uint64_t seed = config.train.descent.seed;
  for (std::size_t d = 0; d < run.local().size(); ++d)
    run.hold(d, lanes_.blocks(d));
  ModelRows rows = load_training_rows(run, columns);
  selected_ = rows.selected;
  std::vector<ColumnMoments> own;
  if (split && config.model.standardise == Standardisation::per_domain)
    own = moments_of_domains(run, config.model, columns, rows);
  moments_ = standardise_for_training(run, config.model, columns, rows);
  // A loss is a mean, so a factor common to all weights says nothing.
  const double factor = std::ldexp(1.0, -excess_power(moments_.mean_weight()));
  training_ = to_network_rows(rows, columns, factor);
  for (std::size_t d = 0; d < training_.size(); ++d) {
    std::vector<HeldLane>& orders = orders_.emplace_back();
    std::size_t first = 0;
    for (const Lane& lane : lanes_.local()[d]) {
      if (first == 0) training_[d].first_number = lane.number;
      const std::uint64_t steps = lanes_.steps_an_epoch(run.local()[d].index);
      orders.push_back({first, RowOrder(lane.rows, lane.number, steps, seed)});
      first += lane.rows;
    }
  }
  gathered_.resize(training_.size());
  for (const kernels::NetworkRows& domain : training_) {
    const auto weight = host_copy(domain.weight);
    std::vector<bool>& weighs = weighs_.emplace_back(weight.extent(0));
    for (std::size_t r = 0; r < weighs.size(); ++r)
      weighs[r] = weight(r) != 0;
    if (std::ranges::find(weighs, false) == weighs.end()) weighs.clear();
  }
  if (config.model.kind->response(config.model) == kernels::Response::mean &&
      config.model.mlp.standardise_target)
    standardise_target(run);
  if (!split) return;
  ModelRows others = load_model_rows(run, config.model, columns, *split);
  if (own.empty()) own.assign(others.domains.size(), moments_);
  standardise(others, own);
  validation_ = to_network_rows(others, columns, factor);
  for (const LoadedRows& domain : others.domains) {
    validation_rows_.push_back(static_cast<std::int64_t>(domain.selected));
    std::vector<Range>& pieces = pieces_.emplace_back();
    std::size_t first = 0;
    for (const std::size_t count : domain.rows_of_block) {
      for (std::size_t begin = 0; begin < count; begin += block_rows_)
        pieces.push_back({first + begin, first + std::min(begin + block_rows_, count)});
      first += count;
    }
  }
  for (kernels::NetworkRows& domain : validation_)
    kernels::standardise_target(domain, target_mean_, 1 / target_deviation_);
}

/// As features: mean, then squares about it (pooled_moments).
void NetworkData::standardise_target(Run& run) {
  const auto sum = [&](const char* round, double centre, bool squares) {
    const auto layout = std::make_shared<const AggregateLayout>(
        std::vector<Stream>{{"weight", 1, any_size}, {"sum", 1, any_size}});
    std::vector<Aggregate> parts;
    for (const kernels::NetworkRows& rows : training_) {
      Aggregate& part = parts.emplace_back(layout);
      const RowSum weights(part, "weight"), values(part, "sum");
      const auto y = host_copy(rows.y);
      const auto weight = host_copy(rows.weight);
      for (std::size_t r = 0; r < weight.extent(0); ++r) {
        const double offset = y(r, 0) - centre;
        weights.add(weight(r));
        values.add(weight(r) * (squares ? offset * offset : offset));
        if (r % rows_between_carries == 0) part.normalise();
      }
    }
    const Aggregate total = run.boundary().across_domains(round, std::move(parts));
    return std::pair{total.value("weight"), total.value("sum")};
  };
  const auto [weight, total] = sum("mean of the target", 0, false);
  target_mean_ = total / weight;
  const auto [again, squares] = sum("deviation of the target", target_mean_, true);
  const double divisor = weight - weight / static_cast<double>(selected_);
  if (!(squares > 0) || selected_ <= 1)
    throw Error(ExitCode::data, "the target is constant: nothing is to be learnt of it");
  target_deviation_ = std::sqrt(squares / divisor);
  for (kernels::NetworkRows& rows : training_)
    kernels::standardise_target(rows, target_mean_, 1 / target_deviation_);
}

void NetworkData::describe(SavedModel& model) const {
  model.mean = moments_.centre;
  model.scale = moments_.scale;
  model.rows = moments_.rows;
  model.target_mean = target_mean_;
  model.target_deviation = target_deviation_;
}

std::size_t NetworkData::most_rows() const {
  return std::max(lanes_.held_rows_a_step(), pieces_.empty() ? 0 : block_rows_);
}

Batch NetworkData::empty_batch(const Architecture& architecture) const {
  return {architecture.inputs(), targets_, most_rows(),
          std::max<std::size_t>(lanes_.held_blocks_a_step(), 1), architecture.embeddings().size()};
}

void NetworkData::gather(std::uint64_t step, Batch& batch, std::optional<std::size_t> only) {
  batch.start();
  for (std::size_t d = 0; d < orders_.size(); ++d) {
    if (only && *only != d) continue;
    gathered_[d] = 0;
    for (HeldLane& lane : orders_[d]) {
      const std::span<const std::uint32_t> rows = lane.order.rows_of(step);
      gathered_[d] += weighs_[d].empty() ? static_cast<std::int64_t>(rows.size())
                                         : std::ranges::count_if(rows, [&](std::uint32_t row) {
                                             return weighs_[d][lane.first + row];
                                           });
      const std::size_t blocks = (rows.size() + block_rows_ - 1) / block_rows_;
      for (std::size_t b = 0; b < blocks; ++b) {
        const std::size_t begin = rows.size() * b / blocks, end = rows.size() * (b + 1) / blocks;
        batch.add(training_[d], lane.first, rows.subspan(begin, end - begin), d);
      }
    }
  }
  batch.finish();
}

}  // namespace bailiwick
