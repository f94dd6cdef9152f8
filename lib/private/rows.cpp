// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/private/rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "kokkos_kernels/glm/glm.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/data/clusters.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

bool has_range(const Column& column) {
  return column.minimum && column.maximum && *column.minimum < *column.maximum;
}

/// Rows that are left out: block, of this rank, and place in it.
using LeftOut = std::vector<std::pair<std::size_t, std::size_t>>;

/// Makes of a block that was read what no row's values can stop.
class Holder {
 public:
  Holder(const ModelConfig& model, const ModelColumns& columns, const Schema& schema)
      : schema_(schema) {
    for (const Column& column : schema.features)
      if (!column.is_category()) numbers_.push_back(&column);
    if (columns.exposure && columns.exposure->is_target) exposure_ = columns.exposure->index;
    if (columns.targets.empty()) return;
    target_ = columns.targets.front();
    const Column& target = schema.targets[*target_];
    if (model.kind->response(model) == kernels::Response::probability)
      low_ = 0, high_ = 1;
    else if (model.kind->response(model) == kernels::Response::classes)
      low_ = 0, high_ = static_cast<double>(columns.categories.size()) - 1;
    else if (has_range(target))
      low_ = *target.minimum, high_ = *target.maximum;
  }

  void hold(std::span<const std::size_t> chosen, io::RowBuffer& rows) {
    for (std::size_t i = 0; i < rows.features.size(); ++i)
      rows.features[i] = held(*numbers_[i % numbers_.size()], rows.features[i]);
    for (std::size_t i = 0; exposure_ && i < chosen.size(); ++i) {
      double& value = rows.targets[chosen[i] * schema_.targets.size() + *exposure_];
      value = held(schema_.targets[*exposure_], value);
    }
    for (std::size_t i = 0; target_ && i < chosen.size(); ++i) {
      double& value = rows.targets[chosen[i] * schema_.targets.size() + *target_];
      if (std::isnan(value)) {
        left_out_.emplace_back(block_, i);
        value = low_;
      }
      value = std::clamp(value, low_, high_);
    }
    ++block_;
  }

  const LeftOut& left_out() const { return left_out_; }

 private:
  /// What is missing by the schema, model.missing has a number for.
  static double held(const Column& column, double value) {
    if (!has_range(column)) return std::fabs(value) < 1e44 || column.missing ? value : 0;
    if (!std::isnan(value)) return std::clamp(value, *column.minimum, *column.maximum);
    return column.missing ? value : (*column.minimum + *column.maximum) / 2;
  }

  const Schema& schema_;
  std::optional<std::size_t> target_, exposure_;  ///< among the targets
  std::size_t block_ = 0;
  std::vector<const Column*> numbers_;
  double low_ = -1e44, high_ = 1e44;
  LeftOut left_out_;
};

/// Rows of a unit beyond its first so many, in the order of the domain's blocks. Collective over
/// the domain.
LeftOut rows_beyond(const ModelRows& rows, std::size_t d, std::uint64_t first_block,
                    const std::vector<std::uint32_t>& unit, std::uint64_t unit_rows, Sums& sums) {
  const LoadedRows& domain = rows.domains[d];
  std::vector<double> places;  // block, row, unit
  for (std::size_t b = 0; b < domain.rows_of_block.size(); ++b)
    for (std::size_t r = 0; r < domain.rows_of_block[b]; ++r) {
      places.push_back(static_cast<double>(first_block + b));
      places.push_back(static_cast<double>(r));
      places.push_back(unit[b * domain.rows.block_rows() + r]);
    }
  const std::vector<double> all = sums.gather_within_domain(d, places);
  std::vector<std::array<double, 3>> ordered;
  for (std::size_t i = 0; i < all.size(); i += 3)
    ordered.push_back({all[i], all[i + 1], all[i + 2]});
  std::ranges::sort(ordered);
  std::vector<std::uint64_t> count;
  LeftOut beyond;
  for (const auto& [block, row, of] : ordered) {
    const auto whose = static_cast<std::size_t>(of);
    count.resize(std::max(count.size(), whose + 1));
    const auto place = static_cast<std::uint64_t>(block);
    if (++count[whose] > unit_rows && place >= first_block &&
        place < first_block + domain.rows_of_block.size())
      beyond.emplace_back(place - first_block, static_cast<std::size_t>(row));
  }
  return beyond;
}

void leave_out(const LeftOut& rows, kernels::RowBlocks& blocks) {
  const auto weight = host_copy(blocks.weight);
  for (const auto& [block, row] : rows)
    weight(block, row) = 0;
  Kokkos::deep_copy(blocks.weight, weight);
}

}  // namespace

DeclaredScale declared_scale(const ModelConfig& model, const ModelColumns& columns,
                             const Schema& schema) {
  DeclaredScale scale;
  std::vector<std::string> without;
  if (columns.intercept) {
    scale.centre.push_back(0);
    scale.scale.push_back(1);
  }
  const bool centred = columns.intercept || model.kind->network;  // whose layers have their own
  for (const ModelFeature& feature : columns.features) {
    const Column& column = schema.features[feature.column];
    scale.centre.push_back(0);
    scale.scale.push_back(1);
    if (feature.level) continue;
    if (feature.derived)
      throw Error(ExitCode::config,
                  "privacy: model.features: \"{}\" is made of others, so nobody has declared its "
                  "range: have the owners ingest it as a column with minimum and maximum",
                  columns.derived[*feature.derived].name);
    if (!has_range(column)) {
      without.push_back(column.name);
      continue;
    }
    const double low = *column.minimum, high = *column.maximum;
    scale.centre.back() = centred ? low + (high - low) / 2 : 0;
    scale.scale.back() =
        1 / (centred ? (high - low) / 2 : std::max(std::fabs(low), std::fabs(high)));
  }
  const Column& target = schema.targets[columns.targets.front()];
  if (model.kind->response(model) == kernels::Response::mean) {
    if (!has_range(target)) {
      without.push_back(target.name);
    } else {
      const double low = *target.minimum, high = *target.maximum;
      scale.target_centre = centred ? low + (high - low) / 2 : 0;
      scale.target_half = centred ? (high - low) / 2 : std::max(std::fabs(low), std::fabs(high));
    }
  }
  if (columns.exposure) {
    const auto [is_target, index] = *columns.exposure;
    const Column& exposure = is_target ? schema.targets[index] : schema.features[index];
    if (!has_range(exposure) || !(*exposure.minimum > 0))
      throw Error(ExitCode::config,
                  "privacy: model.exposure: {} needs a declared range above 0, so that no row's "
                  "value ends a run: have the owners ingest it with minimum and maximum",
                  exposure.name);
  }
  if (!without.empty())
    throw Error(ExitCode::config,
                "privacy: {} no declared range, and the range of the rows would tell of single "
                "ones: have the owners ingest {} with minimum and maximum, or leave {} out of "
                "model.features",
                join(without) + (without.size() == 1 ? " has" : " have"),
                without.size() == 1 ? "it" : "them", without.size() == 1 ? "it" : "them");
  return scale;
}

std::vector<kernels::RowBlocks> load_private_rows(Run& run, const ModelConfig& model,
                                                  const ModelColumns& columns,
                                                  const DeclaredScale& scale,
                                                  const std::string& split,
                                                  std::uint64_t unit_rows) {
  ModelConfig any = model;  // whatever a row's target is, it ends nothing
  any.kind = &no_kind;
  any.cluster = Cluster::unit;
  any.exposure.clear();  // held to its range, above 0
  ModelColumns with_units = columns;
  with_units.units = run.schema().has_units;
  ModelRows rows;
  agree(run.world(), [&] {
    for (const LocalDomain& domain : run.local()) {
      Holder holder(model, columns, run.schema());
      LoadedRows& loaded = rows.domains.emplace_back(
          load_rows(domain, any, with_units, split, false,
                    [&](std::size_t, std::uint64_t, std::span<const std::size_t> chosen,
                        io::RowBuffer& buffer) { holder.hold(chosen, buffer); }));
      leave_out(holder.left_out(), loaded.rows);
    }
  });
  if (with_units.units) {
    const Clusters units = find_clusters(any, rows, run.boundary());
    for (std::size_t d = 0; d < rows.domains.size(); ++d)
      leave_out(rows_beyond(rows, d, run.local()[d].blocks.first, units.of_row[d], unit_rows,
                            run.boundary()),
                rows.domains[d].rows);
  }
  std::vector<kernels::RowBlocks> blocks;
  for (LoadedRows& domain : rows.domains) {
    kernels::standardise(domain.rows, scale.centre, scale.scale);
    if (scale.target_centre != 0 || scale.target_half != 1) {
      const auto y = host_copy(domain.rows.y);
      for (std::size_t i = 0; i < y.size(); ++i)
        y.data()[i] = (y.data()[i] - scale.target_centre) / scale.target_half;
      Kokkos::deep_copy(domain.rows.y, y);
    }
    blocks.push_back(std::move(domain.rows));
  }
  return blocks;
}

}  // namespace bailiwick
