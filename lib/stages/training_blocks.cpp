// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/training_blocks.hpp"

#include <algorithm>

#include "lib/core/text.hpp"
#include "lib/runtime/egress_meter.hpp"

namespace bailiwick {

namespace {

/// Rows of the split in every block of a domain, partition after partition.
std::vector<std::uint64_t> rows_of_blocks(const LocalDomain& domain, const std::string& split) {
  std::vector<std::uint64_t> rows;
  for (const PartitionManifest& manifest : domain.manifests) {
    const auto& names = manifest.schema.splits;
    const auto code = static_cast<std::size_t>(std::ranges::find(names, split) - names.begin());
    for (std::uint64_t b = 0; b < manifest.blocks(); ++b)
      rows.push_back(split.empty()
                         ? std::min(manifest.block_rows, manifest.rows - b * manifest.block_rows)
                         : manifest.split_rows.at(code)[b]);
  }
  return rows;
}

}  // namespace

TrainingBlocks::TrainingBlocks(const Run& run, const std::string& split, std::size_t block_rows) {
  const auto cut = [&](std::uint64_t rows) { return (rows + block_rows - 1) / block_rows; };
  // Each domain's blocks and rows, from the rank that leads it.
  Json own = Json::array();
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    if (!run.decomposition().leads(d)) continue;
    std::uint64_t blocks = 0, rows = 0;
    for (const std::uint64_t n : rows_of_blocks(run.local()[d], split)) {
      blocks += cut(n);
      rows += n;
    }
    own.push_back({run.local()[d].index, blocks, rows});
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> of_domain(run.domains().size());
  const EgressPurpose purpose("attributes of manifests");
  for (const std::string& text : run.world().gather(own.dump()))
    for (const Json& entry : parse_json(text, "manifests", ExitCode::bug))
      of_domain[entry[0].get<std::size_t>()] = {entry[1], entry[2]};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> before{{0, 0}};
  for (const auto& [blocks, rows] : of_domain) {
    of_domain_.push_back({before.back().first, blocks});
    before.emplace_back(before.back().first + blocks, before.back().second + rows);
  }
  size_ = before.back().first;

  for (const LocalDomain& domain : run.local()) {
    Stretch& stretch = local_.emplace_back();
    stretch.first = before[domain.index].first;
    stretch.first_row = before[domain.index].second;
    const std::vector<std::uint64_t> rows = rows_of_blocks(domain, split);
    for (std::uint64_t b = 0; b < domain.blocks.first; ++b) {
      stretch.first += cut(rows[b]);
      stretch.first_row += rows[b];
    }
    std::size_t held = 0;
    for (std::uint64_t b = domain.blocks.first; b < domain.blocks.first + domain.blocks.count; ++b)
      for (std::uint64_t done = 0; done < rows[b]; done += block_rows) {
        const std::size_t count = std::min<std::uint64_t>(block_rows, rows[b] - done);
        stretch.blocks.push_back({held, count});
        held += count;
      }
  }
}

}  // namespace bailiwick
