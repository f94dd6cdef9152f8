// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/run_files.hpp"

#include <filesystem>

#include "lib/record/signed_documents.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

std::set<std::string> files_of_result(const RunFolder& folder, const StageRecord& record) {
  const StageChain& chain = record.stage->chain;
  std::set<std::string> files;
  const auto take = [&](const std::string& name) {
    if (fs::exists(fs::path(folder.path) / name)) files.insert(name);
  };
  const auto take_beside = [&](const std::string& name) {
    take(fs::path(record.prefix + name).lexically_normal().generic_string());
  };
  take(record.chain_name());
  take_beside(chain.resolved_config("."));
  for (std::size_t session = count_sessions(record.statements); session > 0; --session)
    take_beside(chain.session_file("inputs", session));
  for (const Statement& statement : standing(record.statements))
    if (chain.is_part == nullptr || !chain.is_part(statement.subject_name))
      take_beside(statement.subject_name);
  for (const Statement& statement : record.statements)
    for (const Artefact& used : statement.dependencies)
      if (const std::string document = document_of(used); !document.empty()) {
        take_beside(document);
        take(document);  // of a stage in a folder below, whose documents lie with the run's
      }
  if (chain.is_training()) take(intents_log.file);
  return files;
}

}  // namespace bailiwick
