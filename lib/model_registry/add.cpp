// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/add.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/model_registry/run_files.hpp"
#include "lib/record/layout.hpp"
#include "lib/release/bundle.hpp"
#include "lib/release/checked_run.hpp"
#include "lib/release/evidence.hpp"
#include "lib/release/gate.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// What of the output folder goes: the model, and its evaluations that may.
struct ModelParts {
  std::vector<Leaving> leaving;  ///< the model first
  std::vector<std::string> left_behind;

  const StageRecord& training() const { return *leaving.front().record; }
};

ModelParts parts_that_may_leave(ReleaseRequest request, const CheckedRun& run) {
  request.files = {training_chain.result};
  ModelParts parts{what_may_leave(request, run.folder, run.vouched), {}};
  for (const StageRecord& record : run.folder.stages) {
    if (std::string_view(record.stage->name()) != "evaluate" || !record.finished) continue;
    request.files = {record.result_name()};
    try {
      parts.leaving.push_back(what_may_leave(request, run.folder, run.vouched).front());
    } catch (const Error& error) {
      if (error.code() != ExitCode::policy) throw;
      std::string why = error.what();
      why.erase(0, why.find(record.result_name()));
      parts.left_behind.push_back(std::move(why));
    }
  }
  return parts;
}

void demand_no_reproduction(const CheckedRun& run, const StageRecord& training) {
  const Artefact* intent = find_dependency(training.statements.front(), dependency::intent);
  for (const LogEntry& said : run.folder.intents)
    if (intent != nullptr && said.digest == intent->sha256 && fact_holds(said.said, "again"))
      throw Error(ExitCode::policy,
                  "{}: was made by reproduce, to be compared; add the model of the run itself",
                  run.folder.path);
}

/// What a killed `add` left: a folder under a temporary name, or one of which no line speaks.
void clear_unfinished(const ModelHistory& history, const std::string& version) {
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(history.folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(".tmp.") != std::string::npos || name == version)
      unfinished.push_back(entry.path());
  }
  for (const fs::path& path : unfinished)
    fs::remove_all(path);
}

void copy_files(Bundle& bundle, const AddRequest& request, const RunFolder& folder,
                const ModelParts& parts) {
  for (const Leaving& part : parts.leaving) {
    const std::set<std::string> files = files_of_result(folder, *part.record);
    for (const std::string& name : files) {
      if (bundle.files().contains(name)) continue;
      const std::string from = folder.path + "/" + name;
      if (name == part.file)
        bundle.copy(from, name, part.sha256);
      else
        bundle.copy(from, name);
    }
  }
  for (const std::string& path : request.exports) {
    const std::string name = fs::path(path).filename().string();
    if (!is_file_name(name) || bundle.files().contains(exports_folder + name))
      throw Error(ExitCode::usage, "--export {}: {}", path,
                  is_file_name(name) ? "another of that name is given"
                                     : std::string("is to be ") + file_name_form);
    bundle.copy(path, exports_folder + name);
  }
}

/// Of people: the newest line about the model, if it approves it.
Json approval_of_model(const RunFolder& folder, const Leaving& model) {
  const auto last = last_approval(folder.approvals, model.file, model.sha256);
  if (!last || last->ruling != Ruling::approved) return {};
  return {{"digest", last->entry.digest.hex()},
          {"by", last->by},
          {"reason", last->reason},
          {"key", last->entry.signer},
          {"time", last->entry.time}};
}

std::string target_words(const ModelConfig& model) {
  return model.target.empty() ? join(std::vector{model.time, model.status}) : model.target;
}

Json said_of_model(const Bundle& bundle, const CheckedRun& run, const ModelParts& parts) {
  const StageRecord& training = parts.training();
  const ModelConfig& model = run.folder.model->config;
  Json files = Json::object();
  for (const auto& [name, file] : bundle.files())
    files[name] = file.sha256.hex();
  Json said = {{"files", std::move(files)},
               {"signer", training.signer},
               {"run",
                {{"name", fact_text(training.inputs, "name")},
                 {"purpose", fact_text(training.inputs, "purpose")},
                 {"kind", model.kind->name},
                 {"target", target_words(model)},
                 {"finished", training.statements.back().finished}}},
               {"check", check_json(run.folder.checks.back(), false)},
               {"accepted", approvals_json(parts.leaving)}};
  if (Json approval = approval_of_model(run.folder, parts.leaving.front()); !approval.is_null())
    said["approval"] = std::move(approval);
  return said;
}

}  // namespace

AddedModel add_model(const AddRequest& request) {
  const Decider decider(request.state);
  if (fs::is_directory(request.folder))
    demand_elsewhere(request.state.registry, request.folder, "--registry");
  ReleaseRequest asked;
  asked.folder = request.folder;
  asked.verification = request.verification;
  const CheckedRun run(asked, "so nothing is deployed");
  const ModelParts parts = parts_that_may_leave(asked, run);
  const Leaving& model = parts.leaving.front();
  demand_no_reproduction(run, parts.training());
  const Digest content = *parts.training().statements.back().subject_content;
  HeldName name(decider, request.state, true);
  AddedModel added{version_of(content), true, {}, {}, parts.left_behind};
  for (std::size_t i = 1; i < parts.leaving.size(); ++i)
    added.evaluations.push_back(parts.leaving[i].file);
  if (const ModelVersion* known = name.history().find(added.version)) {
    if (known->content != content)
      throw Error(ExitCode::data,
                  "{}: is another model, whose digest begins alike; add this one "
                  "under another name",
                  name.history().folder_of(*known));
    if (known->state == ModelState::withdrawn)
      throw Error(ExitCode::policy, "{}: was withdrawn there, for good",
                  name.history().folder_of(*known));
    check_version_files(name.history(), *known);
    added.is_new = false;
    added.head = name.history().changes[known->added].entry.digest;
    return added;
  }
  clear_unfinished(name.history(), added.version);
  Bundle bundle(fmt::format("{}/{}", name.history().folder, added.version));
  copy_files(bundle, request, run.folder, parts);
  bundle.publish();
  // Then the line: better a folder of which no line speaks, which nobody uses, than the reverse.
  added.head =
      name.append(content, model.sha256, ModelState::candidate, said_of_model(bundle, run, parts));
  return added;
}

}  // namespace bailiwick
