// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <vector>

#include "lib/kinds/kind.hpp"
#include "lib/model/response.hpp"

namespace bailiwick {

/// One for each of kernels::Families, in their order: a GLM of one linear predictor.
std::vector<const Kind*> glm_kinds();

/// Of a model whose kind is one of these. Throws ExitCode::bug of another.
kernels::Family family_of(const ModelConfig& model);

/// The multinomial logistic model: a linear predictor for each category but the first.
const Kind& multinomial_kind();

/// Throws ExitCode::data, naming them, for categories of the target that no row has.
void check_categories(const ResponseTotals& totals, const ModelColumns& columns);

}  // namespace bailiwick
