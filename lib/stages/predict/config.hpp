// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <utility>

#include "lib/run/config/section.hpp"

namespace bailiwick {

enum class PredictionFormat { csv, hdf5 };
template <>
inline constexpr auto words<PredictionFormat> =
    std::to_array<std::pair<PredictionFormat, const char*>>({{PredictionFormat::csv, "csv"},
                                                             {PredictionFormat::hdf5, "hdf5"}});

/// The section `predict` of the config. How a model is used on rows stands in `evaluate`.
struct PredictConfig {
  static constexpr const char* section = "predict";
  static constexpr const char* sentence = "What predict writes.";

  PredictionFormat format = PredictionFormat::csv;
  double interval = 0;
};

template <class Visitor>
void schema(Visitor& v, PredictConfig& predict) {
  v.key("format", predict.format, "Of the file of each partition (docs/predictions.md).");
  v.key("interval", predict.interval,
        "Confidence of an interval about each prediction, such as 0.95; 0: none is told.",
        a_fraction);
}

}  // namespace bailiwick
