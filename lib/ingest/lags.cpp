// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/lags.hpp"

#include <algorithm>
#include <limits>

namespace bailiwick {

Lags::Lags(const IngestConfig& config) {
  for (std::size_t i = 0; i < config.columns.size(); ++i)
    if (config.columns[i].lag > 0) {
      lagged_.push_back(i);
      lags_.push_back(config.columns[i].lag);
      longest_ = std::max(longest_, lags_.back());
    }
  if (!any()) return;
  const auto unit =
      std::ranges::find(config.columns, IngestColumn::Role::unit, &IngestColumn::role);
  const auto order = std::ranges::find(config.columns, config.sorted_by, &IngestColumn::name);
  order_.emplace(*order, config, std::numeric_limits<double>::max());
  order_name_ = order->name;
  sources_ = {unit->source(), order->source()};
  for (const std::size_t column : lagged_) {
    sources_.push_back(config.columns[column].source());
    words_.push_back(config.columns[column].type == IngestColumn::Type::category);
  }
}

std::optional<Lags::Fault> Lags::next(
    const std::function<std::string_view(std::size_t, bool)>& text,
    std::vector<std::string_view>& before) {
  const std::string_view written = text(1, false);
  double at = 0;
  if (const auto fault = order_->read(written, at); fault != ColumnRule::Fault::none)
    return Fault{order_name_, order_->reason(fault), written, false};
  Past& past = past_[std::string(text(0, true))];
  if (!past.rows.empty() && !(at > past.at))
    return Fault{order_name_,
                 "not after the row of its unit before: sort the inputs by unit and this column "
                 "(sorted_by), so that lags are what was before",
                 written, true};
  past.at = at;
  if (past.rows.size() > longest_) past.rows.pop_front();
  std::vector<std::string> own;
  for (std::size_t k = 0; k < lags_.size(); ++k) {
    own.emplace_back(text(2 + k, words_[k]));
    before.push_back(past.rows.size() < lags_[k]
                         ? std::string_view()
                         : std::string_view(past.rows[past.rows.size() - lags_[k]][k]));
  }
  past.rows.push_back(std::move(own));
  return std::nullopt;
}

}  // namespace bailiwick
