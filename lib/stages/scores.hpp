// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/data/model_rows.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/model/metrics.hpp"
#include "lib/record/stated.hpp"

namespace bailiwick {

/// The model in the file `path`, which a run is to use, and whose lineage vouches for it
/// (stated_model). Collective. Throws ExitCode::integrity.
SavedModel open_model(Run& run, const std::string& path, std::span<const PublicKey> keys,
                      Digest* content);

/// The model of each local domain: `common`, which is in the file `path` and has that content, or
/// with evaluate.regional the domain's own, in regions/ beside that, of which the domain's lineage
/// says that it came from the common one. `contents`: if given, their digests. Collective. Throws
/// ExitCode::integrity.
std::vector<SavedModel> models_of_domains(Run& run, const SavedModel& common,
                                          const std::string& path, const Digest& content,
                                          std::span<const PublicKey> keys,
                                          std::vector<Digest>* contents = nullptr);

/// Columns of a saved model in the partitions of this run. Throws ExitCode::data if one is missing.
ModelColumns columns_of(const SavedModel& model, const Schema& schema, bool with_targets);

/// How the rows of each local domain are to be standardised before they are scored: with the
/// model's moments, or with those of the domain's own training rows. Collective.
std::vector<ColumnMoments> scoring_moments(Run& run, const SavedModel& model,
                                           const ModelColumns& columns, Standardisation how);

/// Linear predictors of the rows of one domain on this rank, and what predictions follow from them.
class Scores {
 public:
  Scores(const SavedModel& model, const kernels::RowBlocks& rows);

  /// x'theta of output k (a class but the first, or 0). Host values.
  double linear(std::size_t block, std::size_t row, std::size_t k = 0) const {
    return eta_(block, k, row);
  }
  /// The mean: identity, probability, rate or hazard ratio; multinomial: probability of every
  /// class.
  void predict(std::size_t block, std::size_t row, std::vector<double>& out) const;
  /// Names of what predict() gives.
  static std::vector<std::string> names(const SavedModel& model);

 private:
  kernels::Response response_;
  const kernels::FamilyMembers* family_;  ///< nullptr: classes, hazards
  std::size_t classes_;
  Kokkos::View<double***, Kokkos::LayoutRight, Kokkos::HostSpace> eta_;
};

}  // namespace bailiwick
