// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/line/config.hpp"
#include "lib/line/in_use.hpp"
#include "lib/line/steps.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// What a line does about the model that is in use: looks whether it still fits, rolls it back,
/// puts another in its place.
class Flywheel {
 public:
  /// `run`: with the folder of the run as its output; `inputs`: all that decides its training;
  /// `asked`: what of it the configs say.
  Flywheel(const LineConfig& line, Steps& steps, const RunConfig& run, const std::string& inputs,
           const Digest& asked)
      : line_(line), steps_(steps), run_(run), inputs_(inputs), asked_(asked) {}

  /// Rows that the model in use has not seen, beside those that it has; `partitions`: roots of all,
  /// by DOMAIN/NAME. Whether the line goes on.
  bool monitor(const std::map<std::string, Digest>& partitions);
  /// The model of the run as a candidate, and into use if it is not worse than the one that is.
  void deploy();

 private:
  int look_at(const UsedVersion& version, const std::vector<std::string>& seen,
              const std::vector<std::string>& since, const std::string& folder);
  void roll_back(const UsedVersion& version, const std::vector<std::string>& seen,
                 const std::vector<std::string>& since, const std::string& found);
  void promote(const std::string& candidate);
  bool asks_another(const UsedVersion& version) const;
  std::string folder_for(const char* what, const std::string& inputs) const;
  std::string stage_inputs(const std::string& version) const;

  const LineConfig& line_;
  Steps& steps_;
  const RunConfig& run_;
  const std::string& inputs_;
  const Digest& asked_;
};

}  // namespace bailiwick
