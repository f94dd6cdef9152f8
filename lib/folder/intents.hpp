// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

/// Trainings that were begun for a purpose.
struct IntentCount {
  std::size_t intents = 0, configs = 0, folders = 0;
  std::size_t unreadable = 0;  ///< files that do not hold, or may not be read
};

/// Of these lines; those of `reproduce` do not count.
IntentCount count_intents(const std::vector<LogEntry>& intents, const std::string& purpose);

/// Of all output folders at or below `root`, each line once.
IntentCount count_intents_in(const std::string& root, const std::string& purpose);

}  // namespace bailiwick
