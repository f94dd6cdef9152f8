// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/set_aside.hpp"

#include <filesystem>
#include <iostream>
#include <regex>
#include <set>

#include "lib/core/output_file.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

void set_aside(const std::string& folder, const StageChain& stage, bool at_home,
               const std::vector<Statement>& statements, const char* as) {
  const auto path = [&](const std::string& name) { return folder + "/" + name; };
  std::string to;
  for (int i = 1; to.empty() || std::filesystem::exists(std::filesystem::symlink_status(path(to)));
       ++i)
    to = fmt::format("{}-{}", as, i);
  const auto name_of = [](const std::string& file) {
    return std::filesystem::path(file).filename().string();
  };
  const std::string lineage = name_of(stage.file(folder));
  // The result may be there already, if only its statement was missing.
  std::set<std::string> names{name_of(stage.resolved_config(folder)), stage.result};
  for (const char* result : stage.results_at_home)
    if (at_home && result != nullptr) names.insert(result);
  if (!stage.is_training() && !at_home)
    names.insert({fmt::format("{}.txt", stage.stem), fmt::format("{}.run.json", stage.stem)});
  if (stage.is_training())
    names.insert({"run.json", "model.txt", "coefficients.csv", "report.html", "report.md"});
  for (const Statement& statement : statements)
    names.insert(statement.subject_name);
  for (std::size_t session = 1; session <= count_sessions(statements); ++session)
    for (const char* name : {"inputs", "egress"})
      names.insert(stage.session_file(name, session));
  create_folders(path(to));
  for (const std::string& name : names) {
    const bool outside = name.starts_with('/') || name.find("..") != std::string::npos;
    if (outside || !std::filesystem::exists(path(name))) continue;
    const std::filesystem::path moved = std::filesystem::path(path(to)) / name;
    create_folders(moved.parent_path().string());
    std::filesystem::rename(path(name), moved);
  }
  if (stage.is_training() && !at_home && std::filesystem::exists(path(intents_log.file)))
    std::filesystem::copy_file(path(intents_log.file),
                               std::filesystem::path(path(to)) / intents_log.file);
  // Last: until it has gone, whoever comes next does the rest.
  std::filesystem::rename(path(lineage), std::filesystem::path(path(to)) / lineage);
  std::cout << fmt::format("{}: what an {} {} left there is in {} now\n", folder, as, stage.stage,
                           to);
}

void remove_temporaries(const std::string& folder, bool at_home) {
  static const std::regex ours(R"(.+\.(h5|json|jsonl|yaml|txt|html)\.tmp\.[0-9]+)"),
      with_rows(R"(.+\.(hdf5|csv)\.tmp\.[0-9]+)");
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (const std::string name = entry.path().filename().string();
        std::regex_match(name, ours) || (at_home && std::regex_match(name, with_rows)))
      std::filesystem::remove(entry.path());
}

}  // namespace bailiwick
