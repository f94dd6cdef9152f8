// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>

#include "lib/core/json_fwd.hpp"
#include "lib/domain/schema.hpp"
#include "lib/stages/describe/columns.hpp"
#include "lib/stages/quality/divisions.hpp"
#include "lib/stages/quality/plan.hpp"

// quality.json, and the same for people (docs/quality.md).
namespace bailiwick {

/// What was counted of all rows, or of a domain's, `rows` in all. Null: withheld.
Json counts_json(const QualityPlan& plan, const TableColumns& columns, const Schema& schema,
                 const Counts& told, std::uint64_t rows);

/// What people read: a table of the columns, findings, what to do about them.
std::string quality_text(const Json& result);

}  // namespace bailiwick
