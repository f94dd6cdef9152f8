// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/private/unit_sampler.hpp"

#include <fmt/format.h>

#include <utility>

#include "lib/core/error.hpp"
#include "lib/crypto/key_agreement.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/privacy/keyed_words.hpp"

namespace bailiwick {

UnitSampler::UnitSampler(Secret key, std::uint64_t sampled, std::uint64_t first_block,
                         const kernels::RowBlocks& rows)
    : key_(std::move(key)),
      sampled_(sampled),
      first_block_(first_block),
      block_rows_(rows.block_rows()) {
  ensure(rows.blocks() * block_rows_ <= UINT32_MAX, "a rank holds fewer than 2^32 rows");
  const auto weight = host_copy(rows.weight);
  counts_.resize(weight.size());
  for (std::size_t i = 0; i < counts_.size(); ++i)
    counts_[i] = weight.data()[i] != 0;
}

const std::vector<std::uint32_t>& UnitSampler::draw(std::uint64_t step) {
  drawn_.clear();
  for (std::size_t first = 0; first < counts_.size(); first += block_rows_) {
    KeyedWords words(hkdf_expand(
        key_, fmt::format("step {} block {}", step, first_block_ + first / block_rows_)));
    // One for every place, whatever lies there.
    for (std::size_t i = first; i < first + block_rows_; ++i)
      if (words.half() < sampled_ && counts_[i]) drawn_.push_back(static_cast<std::uint32_t>(i));
  }
  return drawn_;
}

}  // namespace bailiwick
