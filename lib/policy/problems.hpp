// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace bailiwick {

/// Something that a policy must not say, and the key of the YAML that says it ("valid.until").
struct PolicyProblem {
  std::string key, message;
};

/// Collects what is wrong, with the key that says it.
class PolicyProblems {
 public:
  void check(bool holds, const std::string& key, const std::string& message) {
    if (!holds) list_.push_back({key, message});
  }
  void distinct(const auto& items, const std::string& key) {
    for (auto item = items.begin(); item != items.end(); ++item)
      if (std::find(items.begin(), item, *item) != item)
        return check(false, key, "names one twice");
  }
  void purposes(const std::vector<std::string>& purposes, const std::string& key);
  void places(const std::vector<std::string>& codes, const std::string& key);
  void iris(const std::vector<std::string>& names, const std::string& key);
  void moment(const std::string& text, const std::string& key);
  /// The id of a key as keygen prints it, or nothing.
  void key_id(const std::string& id, const std::string& key);
  std::vector<PolicyProblem> take() { return std::move(list_); }

 private:
  std::vector<PolicyProblem> list_;
};

/// 64 hexadecimal digits in small letters.
bool is_key_id(const std::string& text);

}  // namespace bailiwick
