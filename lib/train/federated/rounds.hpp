// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <memory>

#include "lib/data/model_rows.hpp"
#include "lib/train/loop.hpp"

namespace bailiwick {

/// Rounds of local training of a network in each domain, between which sums of what changed cross.
/// `in_place`: goes on with what stays with the domains in the output folder. Collective.
std::unique_ptr<Method> make_federated(Run& run, const ModelColumns& columns, bool in_place);

}  // namespace bailiwick
