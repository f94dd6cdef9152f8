// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/data/model_rows.hpp"

#include <algorithm>
#include <optional>

#include "lib/core/error.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/data/minimums.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

ColumnSelection selection_of(const ModelConfig& model, const ModelColumns& columns) {
  ColumnSelection selection;
  selection.names = columns.names;
  if (columns.intercept) selection.intercept = 0;
  const bool network = model.kind->network;
  selection.centre = !model.kind->intercept || columns.intercept;
  selection.constant_says_nothing = network;
  return selection;
}

/// The least rows, but 0, that any stratum of the config has of a domain, or of one of its
/// partitions: strata that are cut finely enough would leave the sums to a few. Collective over the
/// domain.
std::uint64_t rows_of_least_stratum(const LoadedRows& domain, const ModelConfig& model,
                                    const ModelColumns& columns, std::size_t d, Sums& sums) {
  const bool each = model.strata == Strata::partition;
  const std::size_t strata = columns.count_strata();
  Aggregate rows(std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", strata * (each ? domain.partitions : 1), counts}}));
  std::size_t row = 0;
  for (std::size_t b = 0; b < domain.rows_of_block.size(); ++b)
    for (std::size_t end = row + domain.rows_of_block[b]; row < end; ++row)
      rows.words("rows")[(each ? domain.partition[b] * strata : 0) + domain.stratum[row]] += 1;
  sums.within_domain(d, rows);
  return smallest_group(rows);
}

}  // namespace

ModelRows load_model_rows(Run& run, const ModelConfig& model, const ModelColumns& columns,
                          const RowChoice& choice,
                          const std::function<RowChange(std::size_t d)>& change) {
  const std::string& split = choice.split;
  ModelRows rows;
  agree(run.world(), [&] {
    refuse_columns(run, columns, false);
    for (std::size_t d = 0; d < run.local().size(); ++d) {
      const LocalDomain& domain = run.local()[d];
      rows.domains.push_back(load_rows(domain, model, columns, choice, !has_minimum(run, domain),
                                       change ? change(d) : RowChange()));
    }
  });
  // Counts, summed like everything else: rows selected, events among them, and their trials if
  // there are any, or what rows stand for. Of the first, a policy asks for a minimum of its own
  // domain, before anything leaves.
  const bool others = columns.trials || model.counts_weights();
  const std::size_t counted = others ? 3 : 2;
  const auto layout =
      std::make_shared<const AggregateLayout>(std::vector<Stream>{{"rows", counted, counts}});
  const auto observations = [&](const Aggregate& sum) {
    return static_cast<std::uint64_t>(sum.words("rows")[others ? 2 : 0]);
  };
  std::vector<Aggregate> parts;
  std::optional<Error> refusal;
  std::vector<bool> has_rows;
  for (std::size_t d = 0; d < rows.domains.size(); ++d) {
    const std::int64_t all[] = {static_cast<std::int64_t>(rows.domains[d].selected),
                                static_cast<std::int64_t>(rows.domains[d].events),
                                static_cast<std::int64_t>(rows.domains[d].observations)};
    parts.emplace_back(layout).add_counts("rows", std::span(all).first(counted));
    Aggregate domain = parts.back();
    run.boundary().within_domain(d, domain);
    const auto selected = static_cast<std::uint64_t>(domain.words("rows")[0]);
    has_rows.push_back(selected > 0);
    rows.observations_in.push_back(observations(domain));
    const LocalDomain& local = run.local()[d];
    const bool too_fine = local.minimum_group_rows > 1 && !columns.strata.empty() &&
                          rows_of_least_stratum(rows.domains[d], model, columns, d,
                                                run.boundary()) < local.minimum_group_rows;
    if (too_fine && !refusal)
      refusal = Error(ExitCode::policy,
                      "domain {}: a stratum of model.cox.strata_by has fewer of its rows than the "
                      "{} that a policy asks for (minimum.group_rows, or without it minimum.rows): "
                      "stratify by fewer categories, or "
                      "have the owners merge rare levels at ingest",
                      local.admission.domain(), local.minimum_group_rows);
    // Without a minimum (1) a domain may have no rows of a split.
    if (!run.is_absent(local.index) && local.minimum_rows > 1 && selected < local.minimum_rows &&
        !refusal)
      refusal = Error(
          ExitCode::policy,
          "domain {}: fewer rows {} than the {} that {} policy asks for (minimum.{}rows)",
          local.admission.domain(),
          split.empty() ? "of non-zero weight" : "of split \"" + split + "\"", local.minimum_rows,
          local.minimum_rows > local.admission.minimum_rows() ? "a partner's" : "its",
          local.minimum_rows > local.admission.minimum_rows() ? "partner_" : "");
  }
  agree(run.world(), [&] {
    if (refusal) throw *refusal;
  });
  run.check_parties(has_rows, split);
  std::vector<std::uint64_t> held;
  for (const LoadedRows& domain : rows.domains)
    held.push_back(domain.selected);
  run.boundary().hold_rows(std::move(held));
  const Aggregate total = run.boundary().across_domains("rows", std::move(parts));
  rows.selected = static_cast<std::uint64_t>(total.words("rows")[0]);
  rows.events = static_cast<std::uint64_t>(total.words("rows")[1]);
  rows.observations = observations(total);
  if (rows.selected == 0)
    throw Error(ExitCode::data, "no row {}",
                (split.empty() ? "" : "of split \"" + split + "\" ") +
                    (choice.takes ? "in the partitions that are named" : "in any partition"));
  return rows;
}

std::vector<kernels::RowBlocks> blocks_of(const ModelRows& rows) {
  std::vector<kernels::RowBlocks> blocks;
  for (const LoadedRows& domain : rows.domains)
    blocks.push_back(domain.rows);
  return blocks;
}

ColumnMoments standardise_for_training(Run& run, const ModelConfig& model,
                                       const ModelColumns& columns, ModelRows& rows) {
  // What networks compute with is not sums of products: they take columns as they are.
  ColumnSelection selection = selection_of(model, columns);
  selection.powers_only = model.standardise == Standardisation::none && !model.kind->network;
  ColumnMoments pooled =
      pooled_moments(blocks_of(rows), rows.observations, selection, run.boundary());
  switch (model.standardise) {
    case Standardisation::pooled:
      standardise(rows, std::vector<ColumnMoments>(rows.domains.size(), pooled));
      break;
    case Standardisation::per_domain:
      standardise(rows, moments_of_domains(run, model, columns, rows));
      break;
    case Standardisation::none:
      if (model.kind->network) {
        pooled.centre.assign(columns.columns(), 0.0);
        pooled.scale.assign(columns.columns(), 1.0);
      } else {
        standardise(rows, std::vector<ColumnMoments>(rows.domains.size(), pooled));
      }
      break;
  }
  return pooled;
}

std::vector<ColumnMoments> moments_of_domains(Run& run, const ModelConfig& model,
                                              const ModelColumns& columns, const ModelRows& rows) {
  // A domain that fails must not keep its ranks from the sums of their other domains.
  std::vector<ColumnMoments> moments(rows.domains.size());
  std::optional<Error> failure;
  ColumnSelection selection = selection_of(model, columns);
  selection.constant_says_nothing = true;
  for (std::size_t d = 0; d < rows.domains.size(); ++d)
    try {
      moments[d] = domain_moments(rows.domains[d].rows, rows.observations_in[d], d, selection,
                                  run.boundary());
    } catch (const Error& error) {
      failure = Error(error.code(), "domain {}: {}", run.domains()[run.local()[d].index].name,
                      error.what());
    }
  agree(run.world(), [&] {
    if (failure) throw *failure;
  });
  return moments;
}

void standardise(ModelRows& rows, const std::vector<ColumnMoments>& moments) {
  for (std::size_t d = 0; d < rows.domains.size(); ++d)
    kernels::standardise(rows.domains[d].rows, moments[d].centre, moments[d].scale);
}

}  // namespace bailiwick
