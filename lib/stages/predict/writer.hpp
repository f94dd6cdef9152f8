// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "io/prediction/prediction_file.hpp"
#include "lib/stages/predict/config.hpp"

// Files of predictions, one a partition (docs/predictions.md).
namespace bailiwick {

/// Of the name of one, after the partition's.
std::string prediction_ending(PredictionFormat format);
/// Whether a file is called like one.
bool is_prediction_name(std::string_view name);

/// Writes one, step by step, in constant memory. Members throw ExitCode::data; nothing stays of
/// what is not published.
class PredictionWriter {
 public:
  virtual ~PredictionWriter() = default;
  /// The next rows.
  virtual void write(const io::PredictedRows& rows) = 0;
  virtual void publish() = 0;
};

/// `rows_at_once`: of every write but the last.
std::unique_ptr<PredictionWriter> make_prediction_writer(PredictionFormat format,
                                                         const std::string& path,
                                                         io::PredictionLayout layout,
                                                         std::uint64_t rows_at_once);

}  // namespace bailiwick
