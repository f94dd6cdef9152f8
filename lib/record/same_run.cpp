// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/same_run.hpp"

#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

std::vector<std::string> differences_from(const RunConfig& config, const StageChain& chain,
                                          const std::string& folder,
                                          const std::vector<Statement>& statements) {
  const bool training = chain.is_training();
  const auto differ = [&](const std::string& given, const std::string& name,
                          const std::string& purpose) {
    std::vector<std::string> all = differences(given, given_by(config, training));
    const auto compare = [&](const char* key, const std::string& before, const std::string& now) {
      if (before != now) all.push_back(fmt::format("{}: was {}, now {}", key, before, now));
    };
    compare("name", name, config.name);
    compare("purpose", purpose, config.purpose);
    return all;
  };
  const Artefact* stated = find_dependency(statements.back(), dependency::inputs);
  if (stated == nullptr) {  // no program of today wrote that
    const std::string path = chain.resolved_config(folder);
    const RunConfig began = parse_run_config(read_file(path), path, language_of(config));
    return differ(given_by(began, training), began.name, began.purpose);
  }
  const std::string path = folder + "/" + chain.session_file("inputs", count_sessions(statements));
  const std::string text = read_file(path);
  if (sha256(text) != stated->sha256)
    throw Error(ExitCode::integrity, "{}: was changed after it was signed", path);
  const Inputs began = inputs_from_json(parse_json(text, path), path);
  return differ(began.given, began.name, began.purpose);
}

std::vector<std::string> changed_rows(const Run& run, const Statement& statement) {
  std::vector<std::string> changed;
  for (const Artefact& now : run.common_dependencies()) {
    const Artefact* before = find_dependency(statement, now.name);
    if (before != nullptr && before->sha256 != now.sha256 &&
        (now.name.starts_with(dependency::partition_prefix) || now.name == dependency::labels))
      changed.push_back(now.name);
  }
  return changed;
}

void check_same_config(const Run& run, const StageChain& chain, const std::string& folder,
                       const std::vector<Statement>& statements) {
  const std::vector<std::string> found = differences_from(run.config(), chain, folder, statements);
  if (!found.empty())
    throw Error(ExitCode::config,
                "{}: the run there began with another config ({}); go on with the same{}, or name "
                "another folder with --output{}",
                chain.resolved_config(folder), join(found, "; "),
                chain.resumes ? "" : fmt::format(", remove {}.jsonl there", chain.stem),
                chain.names_model ? " and the model with --model" : "");
  const std::vector<std::string> changed = changed_rows(run, statements.back());
  if (!changed.empty())
    throw Error(ExitCode::data,
                "{}: the run there began with other rows of {}; name another folder with --output",
                chain.file(folder), join(changed));
}

}  // namespace bailiwick
