// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/core/words.hpp"
#include "lib/trace/graph.hpp"

namespace bailiwick {

struct TraceRequest {
  std::string path;                  ///< a file, or the output folder of a run
  std::vector<std::string> folders;  ///< to look into, besides that of the path
  std::vector<std::string> keys;     ///< public keys, files
  std::optional<std::uint64_t> row;  ///< of a prediction file
};

/// Where a row of a prediction file lies.
struct RowPlace {
  std::uint64_t row = 0;
  std::size_t partition = 0;              ///< item
  std::optional<FoundManifest> manifest;  ///< tells how many rows a block has; nothing: not found
};

/// Where something comes from and what was made of it.
struct Trace {
  Graph graph;
  std::string path;
  std::string what;                ///< in words: "model", "partition", "output folder", …
  std::vector<std::size_t> items;  ///< the thing itself; nothing: no statement speaks of it
  Walk back, on;                   ///< on without the sessions of back
  std::set<std::size_t> chains;    ///< of these sessions, and all that do not hold
  std::map<std::pair<std::size_t, std::size_t>, FileState> files;  ///< by chain and statement
  std::optional<RowPlace> row;
  std::size_t known = 0, unknown = 0;  ///< statements of `chains`, by their key

  /// No chain is broken, no file was changed.
  bool holds() const;
  std::size_t broken_chains() const;
};

/// Throws ExitCode::usage if nothing says where to look, or for a row of what has none,
/// ExitCode::data for a path that is nothing to trace, ExitCode::integrity for an artefact that no
/// statement speaks of.
Trace trace(const TraceRequest& request);

std::string trace_text(const Trace& trace);
/// docs/trace.md.
Json trace_json(const Trace& trace);
std::string trace_svg(const Trace& trace);

/// Of a digest, what people compare at a glance.
inline std::string short_digest(const Digest& digest) {
  return digest.hex().substr(0, 12);
}

}  // namespace bailiwick
