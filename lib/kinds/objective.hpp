// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/glm/family.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/model/objective.hpp"

namespace bailiwick {

/// The likelihood of a model over standardised rows, with its penalty.
std::unique_ptr<Objective> make_objective(const ModelConfig& model, const ModelColumns& columns,
                                          const ModelRows& rows, Sums& sums);

/// The GLM family of a model kind other than Cox.
kernels::Family family_of(ModelKind kind);

/// Names of the parameters: the columns, or "class:column" for every class but the first.
std::vector<std::string> parameter_names(const ModelColumns& columns);

}  // namespace bailiwick
