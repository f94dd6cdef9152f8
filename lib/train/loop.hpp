// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/record/checkpoints.hpp"
#include "lib/record/restart.hpp"

namespace bailiwick {

/// What a method has just done.
struct TrainingStep {
  std::string name;  ///< of a checkpoint after it: "epoch-000003"
  std::string line;  ///< of the table; empty: nothing that a line is printed for has ended
  /// Its numbers but the time, by name, for run.json.
  std::vector<std::pair<const char*, double>> numbers = {};
  std::string release;  ///< what of it everybody now knows, for access logs: "loss of epoch 3"
  double loss = 0;      ///< by which good checkpoints are told
  bool due = false;     ///< train.checkpoint asks for one
  bool last = false;    ///< of the training
};

/// How a model is trained, from the start or from a checkpoint to the end: a solver, descent,
/// federated rounds. Time, signals, the table, checkpoints and model.h5 are the loop's. All members
/// but restore() are collective.
class Method {
 public:
  virtual ~Method() = default;
  /// The line above the table, and its heading without the column of seconds.
  virtual std::string headline() const = 0;
  virtual std::string heading() const = 0;
  /// Goes on from a checkpoint. Local. Throws ExitCode::data if it does not fit.
  virtual void restore(const Restart& restart) = 0;
  /// Trains to the end; `after` each step, which may throw.
  virtual void run(const std::function<void(const TrainingStep&)>& after) = 0;
  /// All that the next steps depend on. What stays with domains is written first.
  virtual io::Checkpoint checkpoint(const TrainingStep& step) = 0;
  /// The model, once it is trained, and what else comes of it; adds to the results of run.json.
  virtual io::Checkpoint finish(RunRecord& record, Json& results) = 0;
};

/// From `restart` to the model in `record`; `make` reads the rows. Collective. Throws
/// ExitCode::stopped, with a checkpoint on disk, when it is asked to stop.
void train_by(Run& run, RunRecord& record, Checkpoints& checkpoints, const Restart& restart,
              const std::function<std::unique_ptr<Method>()>& make);

}  // namespace bailiwick
