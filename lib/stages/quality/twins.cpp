// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/twins.hpp"

#include <algorithm>
#include <array>

#include "lib/crypto/sha256.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

/// Rows that are gathered at a time: a rank's memory does not grow with its domain.
constexpr std::uint64_t rows_at_a_time = std::uint64_t{1} << 22;

/// What a rank tells the others of a row. All are whole numbers below 2^53.
struct GatheredRow {
  double high, low;  ///< of the digest
  double place;      ///< among all rows of the domain
  double split;

  bool is_twin_of(const GatheredRow& other) const { return high == other.high && low == other.low; }
};
constexpr std::size_t row_numbers = 4;

std::array<double, 2> digest_numbers(const std::string& text) {
  const Digest digest = sha256(text);
  std::array<double, 2> numbers{};
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i)
      bits = bits << 8 | std::uint64_t{digest.bytes[8 * half + i]};
    numbers[half] = static_cast<double>(bits >> 12);
  }
  return numbers;
}

/// The place of this rank's first row among those of the domain, and how many these are.
std::array<std::uint64_t, 2> place_in_domain(Run& run, std::size_t d, std::size_t rows) {
  const double mine[] = {static_cast<double>(run.world().rank()), static_cast<double>(rows)};
  const std::vector<double> all = run.boundary().gather_within_domain(d, mine);
  std::array<std::uint64_t, 2> found{};
  bool before = true;
  for (std::size_t i = 0; i < all.size(); i += 2) {
    before = before && all[i] != mine[0];
    if (before) found[0] += static_cast<std::uint64_t>(all[i + 1]);
    found[1] += static_cast<std::uint64_t>(all[i + 1]);
  }
  return found;
}

}  // namespace

Twins find_twins(Run& run, std::size_t d, std::size_t rows,
                 const std::function<std::string(std::size_t row)>& text,
                 std::span<const std::uint8_t> splits) {
  const auto [first, all_rows] = place_in_domain(run, d, rows);
  std::vector<GatheredRow> own;
  for (std::size_t r = 0; r < rows; ++r) {
    const auto [high, low] = digest_numbers(text(r));
    own.push_back({high, low, static_cast<double>(first + r),
                   splits.empty() ? 0 : static_cast<double>(splits[r])});
  }
  Twins twins{std::vector<bool>(rows), std::vector<bool>(rows)};
  const auto passes = 1 + all_rows / rows_at_a_time;
  for (std::uint64_t pass = 0; pass < passes; ++pass) {
    std::vector<double> sent;
    for (const GatheredRow& row : own)
      if (static_cast<std::uint64_t>(row.high) % passes == pass)
        sent.insert(sent.end(), {row.high, row.low, row.place, row.split});
    const std::vector<double> numbers = run.boundary().gather_within_domain(d, sent);
    std::vector<GatheredRow> gathered;
    for (std::size_t i = 0; i < numbers.size(); i += row_numbers)
      gathered.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]});
    std::ranges::sort(gathered, {}, [](const GatheredRow& row) {
      return std::array{row.high, row.low, row.place};
    });
    for (auto begin = gathered.begin(); begin != gathered.end();) {
      const auto end = std::find_if_not(
          begin, gathered.end(), [&](const GatheredRow& row) { return row.is_twin_of(*begin); });
      const bool apart = std::any_of(
          begin, end, [&](const GatheredRow& row) { return row.split != begin->split; });
      for (auto row = begin; row != end; ++row) {
        const auto place = static_cast<std::uint64_t>(row->place);
        if (place < first || place >= first + rows) continue;
        twins.repeats[place - first] = row != begin;
        twins.elsewhere[place - first] = apart;
      }
      begin = end;
    }
  }
  return twins;
}

}  // namespace bailiwick
