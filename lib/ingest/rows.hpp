// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/csv/row_reader.hpp"
#include "io/partition/partition.hpp"
#include "lib/domain/schema.hpp"
#include "lib/ingest/column.hpp"
#include "lib/ingest/config.hpp"
#include "lib/ingest/lags.hpp"
#include "lib/ingest/lookup.hpp"

namespace bailiwick {

/// A number in [0, 1) from a seed and a row number alone: the top 53 bits of
/// splitmix64(splitmix64(seed) + row), Steele, Lea, Flood, OOPSLA 2014 (docs/ingest.md).
double split_position(std::uint64_t seed, std::uint64_t row);

/// Why a row is not kept. `column` is empty if the row as a whole is at fault.
struct Rejection {
  std::string column;
  std::string_view value;
  std::string reason;
  bool ends_all = false;  ///< every later row would be in doubt
};

/// All rules of an ingest: turns records of the CSV into rows of partitions.
class RowRules {
 public:
  /// Reads the lookup files. Throws ExitCode::config if rules contradict each other.
  explicit RowRules(const IngestConfig& config);

  const Schema& schema() const { return schema_; }

  /// Finds the columns in the header of the file that is read next. Throws ExitCode::data, naming
  /// `path`, if one is not there.
  void bind(std::vector<std::string> header, const std::string& path,
            const std::vector<io::RowReader::TypedColumn>& types = {});
  /// Columns of the bound header that the config does not name.
  std::vector<std::string> unused() const;

  /// Applies every rule to a record; `number` counts all rows from 0. On success the row is at
  /// the end of `partitions[partition()]`; otherwise the first rule it breaks is returned.
  std::optional<Rejection> read(const io::RowReader& record, std::uint64_t number,
                                std::vector<io::RowBuffer>& partitions);
  const std::vector<Lookup>& lookups() const { return lookups_; }
  std::size_t partition() const { return partition_; }

 private:
  struct Use {
    IngestColumn column;
    ColumnRule rule;
    bool words = rule.takes_words();
    std::size_t field = 0;  // in fields_
  };

  void add_column(IngestColumn column);
  std::string_view text_of(std::size_t field, bool words) const;
  std::optional<Rejection> read_fields();
  void append(io::RowBuffer& rows) const;

  const IngestConfig& config_;
  Schema schema_;
  std::vector<Use> uses_;
  std::vector<Lookup> lookups_;
  Lags lags_;
  std::vector<std::size_t> partition_of_value_;
  std::vector<double> split_ends_;    // hash split: cumulative shares
  std::vector<double> split_bounds_;  // split by value: the first beyond each, but the last

  std::vector<std::string> header_;       // of the file, then the lookups' columns
  bool typed_ = false;                    // the file: blanks are what they are
  std::size_t own_columns_ = 0;           // of the file
  std::string file_;                      // its name, for the column that asks for it
  std::vector<std::size_t> lookup_keys_;  // fields
  std::vector<std::size_t> lag_fields_;   // of Lags::sources()

  // the row at hand
  std::vector<std::string_view> fields_;
  const std::vector<bool>* quoted_ = nullptr;
  std::vector<double> features_, targets_;
  std::vector<std::uint16_t> codes_;
  double weight_ = 0;
  std::uint8_t split_ = 0;
  std::string id_, unit_;
  std::size_t partition_ = 0;
};

}  // namespace bailiwick
