// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

// Rows of one domain that are equal, wherever its ranks hold them (docs/quality.md).
namespace bailiwick {

class Run;

/// Of each of this rank's rows.
struct Twins {
  std::vector<bool> repeats;    ///< an earlier row of the domain is equal
  std::vector<bool> elsewhere;  ///< an equal row of the domain stands in another split
};

/// Rows are equal if their texts are: what goes from rank to rank of the domain is 104 bits of the
/// SHA-256 of each. `splits`: of each row, or empty. Collective over the d-th local domain.
Twins find_twins(Run& run, std::size_t d, std::size_t rows,
                 const std::function<std::string(std::size_t row)>& text,
                 std::span<const std::uint8_t> splits);

}  // namespace bailiwick
