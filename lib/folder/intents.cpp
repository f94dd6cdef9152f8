// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/folder/intents.hpp"

#include <filesystem>
#include <set>

#include "lib/core/error.hpp"
#include "lib/folder/facts.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

IntentCount count_intents(const std::vector<LogEntry>& intents, const std::string& purpose) {
  IntentCount count;
  std::set<std::string> configs;
  std::set<Digest> seen;
  for (const LogEntry& intent : intents) {
    if (fact_text(intent.said, "purpose") != purpose || fact_holds(intent.said, "again")) continue;
    if (!seen.insert(intent.digest).second) continue;
    ++count.intents;
    configs.insert(fact_text(intent.said, "config"));
  }
  count.configs = configs.size();
  return count;
}

IntentCount count_intents_in(const std::string& root, const std::string& purpose) {
  if (!fs::is_directory(root)) throw Error(ExitCode::data, "--in {}: is no folder", root);
  std::vector<LogEntry> all;
  std::size_t folders = 0, unreadable = 0;
  for (const auto& entry :
       fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied)) {
    if (entry.path().filename() != intents_log.file || !entry.is_regular_file()) continue;
    try {
      const std::vector<LogEntry> here = read_log(entry.path().parent_path().string(), intents_log);
      if (count_intents(here, purpose).intents > 0) ++folders;
      all.insert(all.end(), here.begin(), here.end());
    } catch (const Error&) {
      ++unreadable;
    }
  }
  IntentCount count = count_intents(all, purpose);
  count.folders = folders;
  count.unreadable = unreadable;
  return count;
}

}  // namespace bailiwick
