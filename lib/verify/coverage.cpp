// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/coverage.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/lineage/signed_log.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/signed_documents.hpp"
#include "lib/verify/signed_lines.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

void Coverage::add(const VerifiedChain& chain) {
  if (chain.version() == 0) return;
  for (const Statement& statement : standing(chain.found.statements))
    covered_.insert(chain.prefix + statement.subject_name);
  covered_.insert(chain.name());
  const auto here = [&](const std::string& path) {
    return fs::path(chain.prefix + path).lexically_normal().generic_string();
  };
  covered_.insert(here(chain.stage.resolved_config(".")));
  for (std::size_t session = count_sessions(chain.found.statements); session > 0; --session)
    covered_.insert(here(chain.stage.session_file("inputs", session)));
  empty_.insert(here(chain.stage.lock(".")));
  for (const Statement& statement : chain.found.statements)
    for (const Artefact& artefact : statement.dependencies)
      if (const std::string document = document_of(artefact); !document.empty())
        covered_.insert(here(document));
}

std::vector<std::string> Coverage::unsigned_files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    if (!entry.is_symlink() && entry.is_directory()) continue;
    const std::string name = entry.path().lexically_relative(folder_).generic_string();
    if (entry.is_regular_file() &&
        (covered_.contains(name) || is_log(name) || is_time_stamp(name) ||
         (empty_.contains(name) && entry.file_size() == 0)))
      continue;
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace bailiwick
