// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/kinds/saved_model.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

/// One session of a stage, as its statements have it.
struct StatedSession {
  std::string started, finished;
  double ranks = 0;
  std::size_t statements = 0;
  bool resumed = false;  ///< it took up a checkpoint
};

/// A stage that ran in the folder, or in evaluations/NAME/ there, and what it left as JSON; null
/// where there is none.
struct StageRecord {
  const Stage* stage = nullptr;
  std::string prefix;  ///< "" or "evaluations/NAME/"
  /// As its lineage has them: their signatures are verify_run()'s to judge.
  std::vector<Statement> statements;
  std::string signer;  ///< of the chain: a key's id
  std::vector<StatedSession> sessions;
  bool finished = false;
  Json inputs, decisions;    ///< of the last session
  std::vector<Json> egress;  ///< of each session that has a report
  Json run, result;          ///< run.json, STAGE.run.json; evaluation.json, …

  /// Of its chain and what that ends with, in the folder.
  std::string chain_name() const { return fmt::format("{}{}.jsonl", prefix, stage->chain.stem); }
  std::string result_name() const { return prefix + stage->chain.result; }
};

/// A coefficient as coefficients.csv has it.
struct ReportedCoefficient {
  std::string name;
  double estimate, error, statistic, p_value, lower, upper;
};

/// All of a run's output folder that people are told of. Rows, predictions and quarantine files are
/// not opened.
struct RunFolder {
  std::string path, name;  ///< the latter of the folder
  std::vector<StageRecord> stages;
  std::optional<SavedModel> model;
  std::string model_digest;  ///< of its content
  std::vector<ReportedCoefficient> coefficients;
  bool coefficients_agree = false;         ///< with model.h5, to the bit
  std::vector<std::string> summary_lines;  ///< of model.txt: what stands around its table
  /// (iteration, log-likelihood) of the checkpoints that lie there.
  std::map<int, double> checkpoints;
  std::vector<std::string> regions;     ///< domains that keep something at home, regions/NAME/
  std::vector<LogEntry> intents;        ///< trainings that were begun there
  std::vector<Approval> approvals;      ///< what people decided, the oldest first
  std::vector<LogEntry> checks;         ///< of outputs, by whom
  std::vector<LogEntry> releases;       ///< what left, and to whom
  std::vector<LogEntry> erasures;       ///< what models there no longer may know
  std::vector<std::string> unreadable;  ///< files that are there and could not be read, and why

  const StageRecord* find(const std::string& stage) const;
  /// The training or, without one, what else began first.
  const StageRecord& main() const { return stages.front(); }
};

/// Throws ExitCode::data if `path` is not the output folder of a run; what else cannot be read is
/// passed over and named.
RunFolder read_run_folder(const std::string& path);

}  // namespace bailiwick
