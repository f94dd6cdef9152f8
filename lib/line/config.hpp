// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/config/include.hpp"
#include "lib/core/json_fwd.hpp"
#include "lib/core/words.hpp"

namespace bailiwick {

// What the members below mean stands in the schema (config.cpp), by their keys.

struct LineIngest {
  std::string config, increments;  ///< increments: pattern of files; empty: the config's own inputs
};

struct LineCheck {
  std::string by, sign_with, public_key;
};

struct LineDeploy {
  std::string registry, model, sign_with, metric;
  double tolerance = 0;
  bool onnx = false, rollback = false;
};

struct LineHalving {
  std::string key;
  int from = 1, factor = 3;
};

struct LineSweep {
  std::vector<std::string> over;
  std::string metric, split;
  std::optional<LineHalving> halving;
};

enum class Retrain { always, on_drift };
template <>
inline constexpr auto words<Retrain> = std::to_array<std::pair<Retrain, const char*>>(
    {{Retrain::always, "always"}, {Retrain::on_drift, "on_drift"}});

/// From files to a model in use: docs/line.md.
struct LineConfig {
  std::string path;
  std::string name, output, run, public_key, launcher;
  std::vector<LineIngest> ingest;
  std::vector<std::string> stations;
  Retrain retrain = Retrain::always;
  std::optional<LineSweep> sweep;
  std::optional<LineCheck> check_output;
  std::optional<LineDeploy> deploy;
};

/// Stations that are no stages.
inline constexpr const char* check_output_station = "check-output";
inline constexpr const char* deploy_station = "deploy";
inline constexpr const char* report_station = "report";
inline constexpr const char* sweep_station = "sweep";

/// As parse_run_config.
LineConfig parse_line_config(const std::string& text, const std::string& path);

/// What it may say, as JSON Schema.
OrderedJson line_schema();

}  // namespace bailiwick
