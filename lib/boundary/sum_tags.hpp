// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/boundary/aggregate.hpp"
#include "lib/core/digest.hpp"
#include "lib/crypto/secret.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

/// What a record keeps of each domain's own sums, so that a second run can say which was the first
/// to differ: a tag for each stream in each step, which only the domain's key can make or test. Of
/// the same sums at the same parameters in the same step it is the same; of others it says nothing.
class SumTags {
 public:
  struct Step {
    std::string name;
    /// By "round: stream", one map a local domain: 32 bits in hexadecimal digits. Empty of a domain
    /// that another rank leads.
    std::vector<std::map<std::string, std::string>> tags;
  };

  /// Of `domains` local ones; `key(d)`: of one that this rank leads, asked for at the first end.
  SumTags(std::size_t domains, std::function<Secret(std::size_t d)> key);

  /// What the d-th local domain, which this rank leads, sends: `part`, computed at `at`.
  void add(std::size_t d, const std::string& round, const Digest& at, const Aggregate& part);
  /// What came since the last end is of this step.
  void end(const std::string& step);
  /// That it is of a step of which another session had a part: no tag is kept.
  void drop();

  const std::vector<Step>& steps() const { return steps_; }

 private:
  std::function<Secret(std::size_t d)> key_;
  std::vector<std::optional<Secret>> keys_;
  std::vector<std::map<std::string, Sha256>> sums_;  ///< of the present step
  std::vector<Step> steps_;
};

}  // namespace bailiwick
