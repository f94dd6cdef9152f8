// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/record/run_record.hpp"

// What stages write of single rows, partition by partition: it stays with its domain.
namespace bailiwick {

/// What stays with the domains that this rank leads: their records, one a local domain; nullptr
/// where another rank leads, or an earlier session came to the end of it.
using HomeRecords = std::vector<std::unique_ptr<RunRecord>>;

/// Blocks that are read at a time: what bounds the memory.
inline constexpr std::uint64_t blocks_at_once = 1024;

/// The rows of one partition of a domain, `count` blocks from its first one on.
LocalDomain part_of(const LocalDomain& domain, std::size_t partition, std::uint64_t first,
                    std::uint64_t count);

/// StageChain::is_part of such stages.
bool is_csv_name(std::string_view name);

/// Throws ExitCode::data if an earlier session left with a domain that this rank leads what is not
/// of these models (one a local domain; none: the stage uses none), ExitCode::config if it is of
/// another config. Collective.
void check_homes(const Run& run, const StageChain& chain, std::span<const Digest> models);

/// Opens what check_homes() has seen. `own`: one_rank(). Collective.
HomeRecords open_homes(Run& run, const StageChain& chain, const Communicator& own,
                       std::span<const Digest> models);

/// Has each partition's files written by one of the domain's ranks: `write(d, p, path)`, where
/// `path` lacks an ending, returns those that it wrote. Where any fails, none leaves what nobody
/// would sign. Collective.
void write_partitions(const Run& run, const StageChain& chain,
                      const std::function<std::vector<std::string>(
                          std::size_t d, std::size_t p, const std::string& path)>& write);

/// Once all of a domain's files are written, by whichever of its ranks: states those of each
/// partition, by these endings, and at last what `said(d)` says, with the rows of each first file.
/// Collective.
void close_homes(const Run& run, const StageChain& chain, const HomeRecords& homes,
                 std::span<const char* const> endings,
                 const std::function<Json(std::size_t d)>& said);

}  // namespace bailiwick
