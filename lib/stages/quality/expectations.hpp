// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/runtime/communicator.hpp"
#include "lib/stages/quality/examined.hpp"
#include "lib/stages/quality/findings.hpp"
#include "lib/stages/quality/plan.hpp"

// What an earlier quality.json says, as what is expected of these rows (docs/quality.md).
namespace bailiwick {

/// The earlier result, as it was signed.
struct ExpectedQuality {
  Json result;
  Digest digest;  ///< of its bytes
};

/// Collective. Throws ExitCode::integrity unless the lineage beside the file, signed with one of
/// these keys, is about its bytes; ExitCode::data if it is no result of quality.
ExpectedQuality read_expected(const Communicator& world, const StageChain& chain,
                              const std::string& path, std::span<const PublicKey> keys);

/// Adds to the plan that shares of rows are those of the earlier result, `quality.expect_within`
/// more or less: of rows without a value, of levels, of rows up to each of its quantiles. A level
/// that had no rows must have none. Returns what is to be said of columns that only one of both
/// has.
std::vector<QualityFinding> expect_quality(QualityPlan& plan, const QualityConfig& how,
                                           const Json& expected, const TableColumns& columns,
                                           std::span<const ExaminedRows> rows);

}  // namespace bailiwick
