// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bailiwick::io {

/// What a file of predictions holds beside their values (docs/predictions.md).
struct PredictionLayout {
  std::uint64_t rows = 0;            ///< of the partition
  std::vector<std::string> columns;  ///< names of what the model says of a row
  std::uint64_t id_bytes = 0;        ///< room for one; 0: rows have none
  std::vector<std::string> splits;   ///< names of the codes; empty: rows are not split
};

/// What a model says of consecutive rows.
struct PredictedRows {
  std::uint64_t first = 0;           ///< number of the first of them in the partition
  std::vector<std::string> ids;      ///< one a row, or none
  std::vector<std::uint8_t> splits;  ///< codes, likewise
  /// One vector a column, one number a row; NaN: not predicted. The first is always there.
  std::vector<std::vector<double>> columns;

  std::size_t rows() const { return columns.front().size(); }
};

/// An HDF5 file of predictions, written in constant memory under a temporary name. Equal content
/// has equal bytes. Members throw ExitCode::data. Destroyed before publish(), it leaves nothing.
class PredictionFile {
 public:
  /// `rows_at_once`: of every write but the last, which is a chunk of the file.
  PredictionFile(std::string path, PredictionLayout layout, std::uint64_t rows_at_once);
  ~PredictionFile();

  void write(const PredictedRows& rows);
  /// Syncs it to disk and gives it its name. All rows were written.
  void publish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Of an HDF5 file; nothing if it holds no predictions. Throws ExitCode::data if it is malformed.
std::optional<PredictionLayout> read_prediction_layout(const std::string& path);

}  // namespace bailiwick::io
