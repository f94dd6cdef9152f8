// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/trace/find.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "io/partition/partition.hpp"
#include "lib/core/error.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/names.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view manifest_end = ".manifest.json";

const StageChain* chain_named(const std::string& file) {
  for (const Stage* stage : all_stages())
    if (file == std::string(stage->chain.stem) + ".jsonl") return &stage->chain;
  return nullptr;
}

/// Walks over folders and collects what lies there.
class Search {
 public:
  explicit Search(std::span<const PublicKey> keys) : keys_(keys) {}

  void look_into(const fs::path& folder) {
    std::error_code error;
    const fs::path place = fs::canonical(folder, error);
    if (error || !seen_.insert(place).second) return;
    std::vector<fs::directory_entry> entries;
    for (auto entry = fs::directory_iterator(folder, error);
         !error && entry != fs::directory_iterator(); entry.increment(error))
      entries.push_back(*entry);
    if (error)
      found_.unseen.push_back(printable(fmt::format("{}: {}", folder.string(), error.message())));
    std::ranges::sort(entries);
    for (const fs::directory_entry& entry : entries) {
      std::error_code ignored;
      if (entry.is_directory(ignored)) {
        if (entry.is_symlink(ignored))
          links_.push_back(entry.path());
        else
          look_into(entry.path());
      } else {
        look_at(entry.path());
      }
    }
  }

  FoundRecords result() {
    for (const fs::path& link : links_) {
      std::error_code error;
      if (!seen_.contains(fs::canonical(link, error)))
        found_.unseen.push_back(
            printable(link.string() + ": is a link; name the folder that it leads to as well"));
    }
    std::ranges::sort(found_.chains, {}, &ReadChain::path);
    return std::move(found_);
  }

 private:
  void look_at(const fs::path& path) {
    const std::string name = path.filename().string();
    if (const StageChain* stage = chain_named(name))
      found_.chains.push_back(read_chain(path.string(), *stage, keys_));
    if (name == approvals_log.file) take(approvals_in, path);
    if (name == model_registry_log.file) take(deployments_in, path);
    if (!name.ends_with(manifest_end)) return;
    try {
      const PartitionManifest manifest = io::unverified_manifest(path.string());
      found_.partitions.emplace(manifest.root, FoundManifest{path.string(), manifest});
    } catch (...) {
      found_.unseen.push_back(printable(caught_error().what()));
    }
  }

  /// What that file and those below it tell.
  void take(std::vector<FoundDecision> (*read)(const std::string&, std::span<const PublicKey>),
            const fs::path& path) {
    try {
      for (FoundDecision& decision : read(path.parent_path().string(), keys_))
        found_.decisions.push_back(std::move(decision));
    } catch (...) {
      found_.broken.push_back(printable(caught_error().what()));
    }
  }

  std::span<const PublicKey> keys_;
  std::vector<fs::path> links_;  ///< that lead to folders
  std::set<fs::path> seen_;
  FoundRecords found_;
};

}  // namespace

bool holds_chain(const std::string& folder) {
  return std::ranges::any_of(
      all_stages(), [&](const Stage* stage) { return fs::exists(stage->chain.file(folder)); });
}

FoundRecords find_records(const std::vector<std::string>& folders,
                          std::span<const PublicKey> keys) {
  Search search(keys);
  for (const std::string& folder : folders) {
    if (!fs::is_directory(folder))
      throw Error(ExitCode::data, "{}: is no folder to look into", folder);
    search.look_into(fs::path(folder).lexically_normal());
  }
  return search.result();
}

}  // namespace bailiwick
