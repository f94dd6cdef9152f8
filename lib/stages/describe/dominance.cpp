// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/describe/dominance.hpp"

#include <utility>

namespace bailiwick {

namespace {

constexpr double most_of_sum = 0.9, least_of_largest = 0.1;

}  // namespace

void Magnitudes::add(double value) {
  has_negative_ = has_negative_ || value < 0;
  if (value > largest_[1]) largest_[1] = value;
  if (largest_[1] > largest_[0]) std::swap(largest_[0], largest_[1]);
}

bool Magnitudes::two_make_most(double sum) const {
  return largest_[0] > 0 && largest_[0] + largest_[1] >= most_of_sum * sum;
}

bool Magnitudes::largest_is_told(double sum) const {
  return largest_[0] > 0 && sum - (largest_[0] + largest_[1]) < least_of_largest * largest_[0];
}

}  // namespace bailiwick
