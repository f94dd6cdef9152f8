// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/stopwatch.hpp"
#include "lib/record/run_record.hpp"

namespace bailiwick {

/// Writes the checkpoints of a training and removes those that later ones make superfluous
/// (train.checkpoint). All members are collective over the ranks of the record.
class Checkpoints {
 public:
  /// `fingerprint` of the training (training_fingerprint).
  Checkpoints(RunRecord& record, const CheckpointConfig& config, std::string fingerprint);

  /// Publishes it as checkpoints/`name`; `at_once`, even where they are written asynchronously. Of
  /// `loss` the lowest are kept longer.
  void write(io::Checkpoint checkpoint, const std::string& name, double loss, bool at_once = false);
  /// Whether one that is due is to be made and given to write(). If not, it is left out: the last
  /// is still on its way to the disk, or they have already taken more than a hundredth of the time.
  bool ready();

  /// The end of a session before the end of its training: throws ExitCode::stopped, with `reason`.
  [[noreturn]] void stop(const std::string& reason);

 private:
  struct Kept {
    std::string name;
    double loss;
  };
  std::vector<std::string> superfluous();

  RunRecord& record_;
  CheckpointConfig config_;
  std::string fingerprint_;
  std::vector<Kept> kept_;  ///< oldest first
  bool written_ = false;    ///< one, in this session
  Stopwatch session_, this_one_;
  double spent_ = 0;  ///< seconds of the ranks on asynchronous ones
};

}  // namespace bailiwick
