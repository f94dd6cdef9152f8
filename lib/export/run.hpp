// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/trace/graph.hpp"

namespace bailiwick {

/// A file of an output folder, as it lies there.
struct RunFile {
  std::string name;  ///< relative to the folder
  std::string path;
  Digest sha256;
  std::uint64_t size = 0;
};

/// The output folder of a run, for those who have no Bailiwick. What stays with a domain, and what
/// an attempt left that did not finish, is not in it.
struct RunToExport {
  std::string folder;
  Graph graph;
  std::vector<std::size_t> sessions;                 ///< in the order of their times
  mutable std::map<std::string, RunFile> read = {};  ///< by name: hashed once

  /// What the session made and is still there.
  std::vector<std::pair<Product, RunFile>> products(const TracedSession& session) const;
  /// The config and the inputs of the session, where they are there as signed.
  std::vector<RunFile> documents(const TracedSession& session) const;
  RunFile file(const std::string& name) const;
  /// What owners and the site signed, and what people and programs signed about the run: without
  /// these nobody can verify it.
  std::vector<RunFile> papers() const;
  /// If somebody has withdrawn the model of the folder.
  std::optional<Approval> withdrawal() const;
  /// A policy that the session names by its digest: what its owner signed. Nothing: it is not
  /// there, or another.
  std::optional<Json> policy(const TracedSession& session, const Item& item) const;
  /// What an earlier session made of that content, where it is still there, and that session.
  std::optional<std::pair<std::size_t, RunFile>> made_before(std::size_t session,
                                                             std::size_t item) const;
  /// It was not killed before its egress report.
  bool ended(const TracedSession& session) const;
  /// In the folder, what a session's chain calls `name`.
  std::string placed(const TracedSession& session, const std::string& name) const;

  /// The final statement of the training; nullptr: there is none.
  const Statement* trained() const;
  /// model.h5 of the folder, as its training signed it. Throws ExitCode::data, or
  /// ExitCode::integrity if it is not.
  RunFile model() const;
  std::string name() const;     ///< of the run, as its config says
  std::string purpose() const;  ///< the same
  std::string finished() const;
  bool has_older_format() const;  ///< of a chain, which leaves more open (docs/lineage.md)
};

/// The program of a session, as its statements name it.
struct ExportedProgram {
  std::string version;  ///< "unknown": nobody said
  std::string sha256;   ///< likewise
};
ExportedProgram program_of(const Statement& statement);

/// The site of a statement as an IRI, also where an earlier release did not encode it, and its
/// name.
std::string site_iri(const Statement& statement);
std::string site_name(const Statement& statement);

/// UTC in the form that validators of others know.
std::string with_offset(const std::string& moment);

const char* media_type(const std::string& name);

/// Throws ExitCode::data if the folder holds no chain of a run, ExitCode::integrity if one does not
/// hold, if a file of it was changed, or, with `keys` (files), if another key signed.
RunToExport open_run_to_export(const std::string& folder, const std::vector<std::string>& keys);

}  // namespace bailiwick
