// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace bailiwick {

/// Times that differ only by how they were computed are one time, as R's survival has it by default
/// (timefix; Therneau, vignette "Roundoff error and tied times"): neighbours no more than
/// sqrt(2^-52) of the mean of all different times apart. Of its two rules that is the one in which
/// units say nothing.
class NearTies {
 public:
  /// Of all times that are compared with each other, in any order.
  explicit NearTies(std::vector<double> times) : times_(std::move(times)) {
    std::sort(times_.begin(), times_.end());
    times_.erase(std::unique(times_.begin(), times_.end()), times_.end());
    double sum = 0;
    for (const double time : times_)
      sum += time;
    const double tolerance = 0x1p-26 * (sum / static_cast<double>(times_.size()));
    for (std::size_t i = 0; i < times_.size(); ++i)
      firsts_.push_back(i > 0 && times_[i] - times_[i - 1] <= tolerance ? firsts_.back()
                                                                        : times_[i]);
  }

  /// The first of those that are one with `time`, which must be among them.
  double first_of(double time) const {
    const auto at = std::lower_bound(times_.begin(), times_.end(), time);
    return firsts_[static_cast<std::size_t>(at - times_.begin())];
  }

 private:
  std::vector<double> times_, firsts_;  ///< ascending; of each the first of its kind
};

}  // namespace bailiwick
