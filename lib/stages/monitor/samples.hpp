// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/data/model_rows.hpp"
#include "lib/stages/evaluate_config.hpp"
#include "lib/stages/monitor/config.hpp"
#include "lib/stages/scores.hpp"

// The two samples that `monitor` compares (docs/monitor.md).
namespace bailiwick {

inline constexpr std::size_t reference_sample = 0, current_sample = 1;
inline constexpr std::array<const char*, 2> sample_names{"reference", "current"};

/// A column of the partitions, or a prediction.
struct MonitoredColumn {
  std::string name;
  const char* role;                 ///< "feature", "target", "prediction"
  std::vector<std::string> levels;  ///< of a category
  bool may_be_missing = false;      ///< of numbers
  std::optional<double> minimum, maximum;

  bool is_category() const { return !levels.empty(); }
};

/// This rank's rows of one of its domains.
struct SampleRows {
  std::vector<std::vector<double>> values;  ///< (column, row): a number, NaN if missing; or a code
  std::vector<std::string> clusters;        ///< name of each row's; none if rows are their own
  std::vector<std::vector<double>> groups;  ///< (category of monitor.groups, row): codes
};

/// Columns that the same rows have.
struct MonitoredTable {
  std::vector<MonitoredColumn> columns;
  std::array<std::vector<SampleRows>, 2> samples;  ///< [sample][local domain]
  std::array<std::uint64_t, 2> rows{};             ///< over all domains
};

/// What a model makes of the samples.
struct Predictions {
  std::vector<UsedModel> models;  ///< one a local domain
  MonitoredTable table;
  std::array<ModelRows, 2> rows;        ///< standardised
  std::vector<MonitoredColumn> groups;  ///< monitor.groups
};

/// Reads the samples that a config names. All members are collective over the world.
class Samples {
 public:
  /// `model`: whose features are compared, where the config names none; nullptr: all are. Throws
  /// ExitCode::config for splits, partitions or columns that do not exist, and for rows that would
  /// be in both samples.
  Samples(const Run& run, const SavedModel* model);

  /// What tells clusters of rows apart: "rows", "unit", or a column.
  const std::string& cluster() const { return cluster_; }
  bool clusters_rows() const { return cluster_ != cluster_of_rows; }

  /// Throws ExitCode::data if a sample is empty, ExitCode::policy if it is too small for an owner.
  MonitoredTable read_columns(Run& run) const;
  Predictions predict(Run& run, const UsedModel& used, const EvaluateConfig& how) const;

 private:
  /// Where a column of the schema lies in rows as they are read.
  struct Place {
    enum class In { numbers, codes, targets } in;
    std::size_t index;
    const Column* column;
  };

  std::vector<Place> all_places(const Schema& schema) const;
  void choose_columns(const Run& run, const SavedModel* model);
  void choose_cluster(const Schema& schema);
  void choose_groups(const Schema& schema);
  void check_choices(const Run& run) const;
  RowChoice choice(const Run& run, std::size_t sample) const;
  /// What one domain's rows are read into; `columns`: besides the names of clusters.
  RowChange reader(const LocalDomain& domain, const std::vector<Place>& columns,
                   SampleRows& rows) const;
  /// Rows of one sample as a model takes them, by the way giving `rows` what is above.
  ModelRows load(Run& run, std::size_t sample, const ModelConfig& model,
                 const ModelColumns& model_columns, const std::vector<Place>& columns,
                 std::vector<SampleRows>& rows) const;

  const MonitorConfig& how_;
  std::vector<Place> columns_;  ///< that are compared
  std::vector<Place> groups_;   ///< monitor.groups
  std::string cluster_;
  std::optional<Place> cluster_column_;
};

}  // namespace bailiwick
