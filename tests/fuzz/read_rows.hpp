// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "io/partition/file.hpp"
#include "tests/fuzz/fuzz.hpp"

/// Reads all that a partition holds, as a reader does after the manifest's signature held.
inline void read_rows(const std::string& path) {
  using namespace bailiwick::io;
  const detail::PartitionFile file(path);
  const detail::Header& header = file.header();
  detail::root_digest(header, file.digests());
  detail::RawBlock block;
  RowBuffer rows;
  for (std::uint64_t b = 0; b < std::min<std::uint64_t>(header.blocks(), 64); ++b) {
    file.read(b, block);
    detail::block_digest(header, block);
    detail::decode(header, block, rows, path);
    require(rows.rows == header.rows_of(b) &&
            rows.features.size() + rows.codes.size() == rows.rows * header.schema.features.size() &&
            rows.codes.size() == rows.rows * header.schema.categories());
    // Whoever counts rows takes a code for an index.
    std::size_t category = 0;
    for (const bailiwick::Column& column : header.schema.features) {
      if (!column.is_category()) continue;
      for (std::size_t i = category; i < rows.codes.size(); i += header.schema.categories())
        require(rows.codes[i] < column.levels.size());
      ++category;
    }
  }
}
