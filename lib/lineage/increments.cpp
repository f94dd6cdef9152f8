// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/increments.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "lib/core/error.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/text.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view suffix = ".increments.jsonl";

/// Of its own file; `name` outlives it.
SignedLog log_of(const std::string& name) {
  return {name.c_str(), "https://bailiwick.dev/increment/v1"};
}

Increment increment_of(const LogEntry& entry, const fs::path& folder, const std::string& at) {
  const fs::path file = entry.subject;
  if (file.is_absolute() || std::ranges::find(file, "..") != file.end())
    throw Error(ExitCode::integrity, "{}: names a file outside its folder: {}", at, entry.subject);
  return {json_member<std::string>(entry.said, "increment", at, ExitCode::integrity),
          (folder / file).string(), entry.subject_sha256,
          json_member<std::uint64_t>(entry.said, "rows", at, ExitCode::integrity)};
}

}  // namespace

std::string increments_path(const std::string& folder, const std::string& partition) {
  return fmt::format("{}/{}{}", folder, partition, suffix);
}

bool names_increments(std::string_view text) {
  const std::size_t found = text.rfind(suffix);
  if (found == std::string_view::npos) return false;
  const std::string_view rest = text.substr(found + suffix.size());
  return rest.empty() || rest.front() == '@';
}

std::vector<Increment> read_increments(const std::string& text, std::span<const PublicKey> keys) {
  const std::size_t end = text.rfind(suffix) + suffix.size();
  const fs::path path = text.substr(0, end);
  const std::string name = path.filename().string(),
                    until = end < text.size() ? text.substr(end + 1) : "";
  if (end < text.size() && until.empty())
    throw Error(ExitCode::config,
                "{}: names no increment after the @: name the last one that is to count, or leave "
                "the @ out",
                text);
  if (!fs::exists(path))
    throw Error(ExitCode::data, "{}: is not there; ingest --increment writes it", path.string());
  const fs::path folder = path.parent_path();
  std::vector<Increment> increments;
  std::size_t line = 0;
  for (const LogEntry& entry : read_log(folder.empty() ? "." : folder.string(), log_of(name))) {
    const std::string at = fmt::format("{}:{}", path.string(), ++line);
    if (std::ranges::none_of(keys, [&](const PublicKey& key) { return key.id() == entry.signer; }))
      throw Error(ExitCode::integrity, "{}: is signed by {}, none of the owner's keys", at,
                  entry.signer);
    Increment increment = increment_of(entry, folder, at);
    const auto before = std::ranges::find(increments, increment.name, &Increment::name);
    if (before != increments.end())
      *before = std::move(increment);
    else
      increments.push_back(std::move(increment));
  }
  if (until.empty()) return increments;
  const auto last = std::ranges::find(increments, until, &Increment::name);
  if (last == increments.end()) {
    std::vector<std::string> names;
    for (const Increment& increment : increments)
      names.push_back(increment.name);
    throw Error(ExitCode::data, "{}: there is no increment \"{}\"; there are: {}{}", path.string(),
                until, join(names), did_you_mean(until, names));
  }
  increments.erase(last + 1, increments.end());
  return increments;
}

void add_increment(const std::string& path, const Increment& increment, const PrivateKey& key) {
  const fs::path folder = fs::path(path).parent_path();
  const std::string name = fs::path(path).filename().string();
  const FileLock lock((folder / ".increments.lock").string(), lock_patience_seconds);
  if (!lock.held())
    throw Error(ExitCode::data, "{}: another ingest writes there{}", path, lock.holder());
  append_to_log(folder.string(), log_of(name), fs::proximate(increment.path, folder).string(),
                increment.root, {{"increment", increment.name}, {"rows", increment.rows}}, key);
}

}  // namespace bailiwick
