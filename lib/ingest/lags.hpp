// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/ingest/column.hpp"
#include "lib/ingest/config.hpp"

namespace bailiwick {

/// What rows of the same unit held before, for columns with a `lag` (docs/ingest.md, "Lags"). Takes
/// memory for so many rows of every unit as the longest lag has, of these columns alone.
class Lags {
 public:
  explicit Lags(const IngestConfig& config);

  bool any() const { return !lagged_.empty(); }
  /// The columns of the config with a lag, by their places there.
  const std::vector<std::size_t>& columns() const { return lagged_; }
  /// Columns of the inputs that next() asks for: the unit's, that which orders its rows, and of
  /// each lag in the order of columns().
  const std::vector<std::string>& sources() const { return sources_; }

  /// What the order's value of a row, or its place after its unit's last row, breaks.
  struct Fault {
    std::string column, reason;
    std::string_view value;
    bool out_of_order = false;  ///< so that nobody knows what was before
  };
  /// Of the next row of the inputs, whose fields `text(i, words)` gives, of sources()[i]: appends
  /// to `before` what each of columns() has, an empty word where the unit had no such row. These
  /// views hold until the next call.
  std::optional<Fault> next(const std::function<std::string_view(std::size_t, bool)>& text,
                            std::vector<std::string_view>& before);

 private:
  struct Past {
    double at = 0;
    std::deque<std::vector<std::string>> rows;  ///< the last, each with the values of all lags
  };

  std::vector<std::size_t> lagged_, lags_;
  std::vector<bool> words_;
  std::size_t longest_ = 0;
  std::vector<std::string> sources_;
  std::string order_name_;
  std::optional<ColumnRule> order_;
  std::unordered_map<std::string, Past> past_;
};

}  // namespace bailiwick
