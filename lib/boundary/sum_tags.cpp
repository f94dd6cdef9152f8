// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/sum_tags.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>

#include "lib/crypto/key_agreement.hpp"

namespace bailiwick {

namespace {

/// A gradient is hashed in every step, so at the speed of memory: each word in one of eight lanes,
/// times an odd number, which loses nothing, so one word that differs makes another lane. No secret
/// is kept by this, but by the key.
std::array<std::uint64_t, 8> fold(std::span<const std::int64_t> words) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
  std::array<std::uint64_t, 8> lanes{};
  std::size_t i = 0;
  for (; i + lanes.size() <= words.size(); i += lanes.size())
    for (std::size_t lane = 0; lane < lanes.size(); ++lane)
      lanes[lane] = (lanes[lane] + static_cast<std::uint64_t>(words[i + lane])) * odd;
  for (std::size_t lane = 0; i < words.size(); ++i, ++lane)
    lanes[lane] = (lanes[lane] + static_cast<std::uint64_t>(words[i])) * odd;
  return lanes;
}

}  // namespace

SumTags::SumTags(std::size_t domains, std::function<Secret(std::size_t d)> key)
    : key_(std::move(key)), keys_(domains), sums_(domains) {}

void SumTags::add(std::size_t d, const std::string& round, const Digest& at,
                  const Aggregate& part) {
  // The first word is that of what could not be represented, which no stream has.
  const auto saturated = static_cast<std::uint64_t>(part.saturated());
  for (const Stream& stream : part.layout().streams()) {
    const auto lanes = fold(part.words(stream.name));
    sums_[d][round + ": " + stream.name]
        .update(std::as_bytes(std::span(at.bytes)))
        .update(std::as_bytes(std::span(&saturated, 1)))
        .update(std::as_bytes(std::span(lanes)));
  }
}

void SumTags::end(const std::string& step) {
  Step ended{step, std::vector<std::map<std::string, std::string>>(keys_.size())};
  for (std::size_t d = 0; d < keys_.size(); ++d) {
    if (!keys_[d] && !sums_[d].empty()) keys_[d] = key_(d);
    for (auto& [sum, hash] : sums_[d]) {
      const Digest what = sha256(fmt::format("{}\n{}\n{}", step, sum, hash.finish().hex()));
      const Secret tag = hkdf_expand(*keys_[d], what.hex());
      Digest shown;
      for (std::size_t i = 0; i < shown.bytes.size(); ++i)
        shown.bytes[i] = std::to_integer<std::uint8_t>(tag.bytes()[i]);
      ended.tags[d][sum] = shown.hex().substr(0, 8);
    }
  }
  steps_.push_back(std::move(ended));
  drop();
}

void SumTags::drop() {
  for (auto& sums : sums_)
    sums.clear();
}

}  // namespace bailiwick
