// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/data/load_rows.hpp"
#include "lib/model/standardisation.hpp"

namespace bailiwick {

class Run;

/// The rows of all of this rank's domains, as a model sees them.
struct ModelRows {
  std::vector<LoadedRows> domains;             ///< one a local domain
  std::uint64_t selected = 0;                  ///< over all domains
  std::uint64_t events = 0;                    ///< Cox: of these, with status 1
  std::uint64_t observations = 0;              ///< over all domains: trials, or one a row
  std::vector<std::uint64_t> observations_in;  ///< of them, in each local domain, on all its ranks
};

/// Reads the rows of the choice of every local domain. Collective: a failure on one rank
/// is everyone's. Throws ExitCode::data if no domain has such a row. `change(d)`: what the
/// d-th local domain's rows are to be taken for, if anything.
ModelRows load_model_rows(Run& run, const ModelConfig& model, const ModelColumns& columns,
                          const RowChoice& choice,
                          const std::function<RowChange(std::size_t d)>& change = {});

/// The blocks of each local domain.
std::vector<kernels::RowBlocks> blocks_of(const ModelRows& rows);

/// Standardises the rows as `how` says and returns what a model must keep to treat other rows
/// alike: the pooled moments, or those that change nothing for `none`. Collective.
ColumnMoments standardise_for_training(Run& run, const ModelConfig& model,
                                       const ModelColumns& columns, ModelRows& rows);

/// Every local domain's own moments. Collective over each domain.
std::vector<ColumnMoments> moments_of_domains(Run& run, const ModelConfig& model,
                                              const ModelColumns& columns, const ModelRows& rows);

/// Standardises the rows of each local domain with its entry of `moments`.
void standardise(ModelRows& rows, const std::vector<ColumnMoments>& moments);

}  // namespace bailiwick
