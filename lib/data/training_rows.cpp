// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/training_rows.hpp"

#include <cmath>

#include "lib/core/error.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/data/rare_groups.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// Rows of non-zero weight of each class, over all domains.
std::vector<double> count_classes(const std::vector<kernels::RowBlocks>& domains,
                                  const std::vector<std::string>& classes, Boundary& sums) {
  const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"rows", classes.size(), counts, std::make_shared<const std::vector<std::string>>(classes)}});
  std::vector<Aggregate> parts;
  for (const kernels::RowBlocks& domain : domains) {
    Aggregate& part = parts.emplace_back(layout);
    const RowSum rows(part, "rows");
    for_each_row(domain, part, [&](std::size_t, std::size_t, double y, double) {
      rows.count(static_cast<std::size_t>(y));
    });
  }
  return sum_groups("rows of each class", std::move(parts), sums).values("rows");
}

std::vector<double> balanced_weights(std::vector<double> rows,
                                     const std::vector<std::string>& classes) {
  double n = 0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k] == 0)
      throw Error(ExitCode::data, "model.balance_classes: no row has the target's category \"{}\"",
                  classes[k]);
    n += rows[k];
  }
  for (double& of_class : rows)
    of_class = n / (static_cast<double>(classes.size()) * of_class);
  return rows;
}

void check_classes(const kernels::RowBlocks& rows) {
  const auto y = host_copy(rows.y);
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r)
      if (y(b, 0, r) != std::floor(y(b, 0, r)))
        throw Error(ExitCode::data,
                    "the target is a proportion: class weights are for rows of one category or the "
                    "other");
}

void weigh_classes(Run& run, const ModelColumns& columns, ModelRows& rows) {
  const std::vector<kernels::RowBlocks> domains = blocks_of(rows);
  agree(run.world(), [&] {
    for (const kernels::RowBlocks& domain : domains)
      check_classes(domain);
  });
  const std::vector<double> of_class =
      columns.class_weights.empty()
          ? balanced_weights(count_classes(domains, columns.classes, run.boundary()),
                             columns.classes)
          : columns.class_weights;
  for (const kernels::RowBlocks& domain : domains) {
    const auto y = host_copy(domain.y);
    const auto weight = host_copy(domain.weight);
    for (std::size_t b = 0; b < domain.blocks(); ++b)
      for (std::size_t r = 0; r < domain.block_rows(); ++r)
        weight(b, r) *= of_class[static_cast<std::size_t>(y(b, 0, r))];
    Kokkos::deep_copy(domain.weight, weight);
  }
}

}  // namespace

ModelRows load_training_rows(Run& run, const ModelColumns& columns) {
  const RunConfig& config = run.config();
  ModelRows rows = load_model_rows(run, config.model, columns, config.train.split);
  refuse_rare_groups(run, columns, rows);
  if (!columns.classes.empty()) weigh_classes(run, columns, rows);
  return rows;
}

}  // namespace bailiwick
