// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/folder/run_folder.hpp"

#include <algorithm>
#include <filesystem>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/core/undefined.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/folder/facts.hpp"
#include "lib/kinds/model_file.hpp"
#include "lib/record/layout.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

class FolderReader {
 public:
  explicit FolderReader(RunFolder& folder) : folder_(folder) {}

  /// Does `read` if the file is there; what goes wrong is a fact like others.
  template <class Read>
  void with(const std::string& name, const Read& read) {
    const std::string path = folder_.path + "/" + name;
    if (!fs::exists(path)) return;
    try {
      // It may lead to what is nobody's to show, and nobody signs it.
      if (fs::is_symlink(path)) throw Error(ExitCode::data, "{}: is a link", path);
      read(path);
    } catch (...) {
      std::string why = caught_error().what();
      if (const auto at = why.find(folder_.path + "/"); at != std::string::npos)
        why.erase(at, folder_.path.size() + 1);
      folder_.unreadable.push_back(why.find(name) == std::string::npos ? name + ": " + why : why);
    }
  }

  Json json(const std::string& name) {
    Json read;
    with(name, [&](const std::string& path) {
      Json document = parse_json(read_file(path), path);
      if (!document.is_object()) throw Error(ExitCode::data, "{}: is no JSON object", path);
      read = std::move(document);
    });
    return read;
  }

  void read_logs() {
    with(intents_log.file, [&](auto&) { folder_.intents = read_log(folder_.path, intents_log); });
    with(approvals_log.file, [&](auto&) { folder_.approvals = read_approvals(folder_.path); });
    with(checks_log.file, [&](auto&) { folder_.checks = read_log(folder_.path, checks_log); });
    with(releases_log.file,
         [&](auto&) { folder_.releases = read_log(folder_.path, releases_log); });
    with(erasures_log.file,
         [&](auto&) { folder_.erasures = read_log(folder_.path, erasures_log); });
  }

  void read_stage(const Stage& stage, const std::string& prefix) {
    const StageChain& chain = stage.chain;
    const std::string name = fs::path(chain.file(".")).filename().string();
    if (!fs::exists(folder_.path + "/" + prefix + name)) return;
    StageRecord record;
    record.stage = &stage;
    record.prefix = prefix;
    with(prefix + name, [&](const std::string& path) { read_chain(path, record); });
    const std::size_t last = std::max<std::size_t>(1, record.sessions.size());
    record.inputs = json(prefix + chain.session_file("inputs", last));
    record.decisions = json(prefix + chain.session_file("decisions", last));
    for (std::size_t session = 1; session <= last; ++session)
      if (Json egress = json(prefix + chain.session_file("egress", session)); !egress.is_null())
        record.egress.push_back(std::move(egress));
    record.run =
        json(prefix + (chain.is_training() ? "run.json" : stage.name() + std::string(".run.json")));
    if (record.inputs.is_null() && !record.statements.empty()) {  // release 0.1 wrote none
      const Json& chosen = record.statements.back().external_parameters;
      record.inputs = {{"name", fact_text(chosen, "name")},
                       {"purpose", fact_text(chosen, "purpose")},
                       {"domains", fact_list(record.run, "domains")}};
    }
    if (std::string_view(chain.result).ends_with(".json"))
      record.result = json(prefix + chain.result);
    folder_.stages.push_back(std::move(record));
  }

  void read_model() {
    with("model.h5", [&](const std::string& path) {
      Digest content;
      folder_.model = model_from_checkpoint(io::read_checkpoint(path, &content), path);
      folder_.model_digest = content.hex();
    });
    with("coefficients.csv", [&](const std::string& path) { read_coefficients(path); });
    with("model.txt", [&](const std::string& path) { read_summary(path); });
  }

  void read_checkpoints() {
    const std::string folder = folder_.path + "/" + checkpoints_folder;
    if (!fs::is_directory(folder) || fs::is_symlink(fs::path(folder).parent_path())) return;
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = checkpoints_folder + entry.path().filename().string();
      if (!is_checkpoint_name(name)) continue;
      with(name, [&](const std::string& path) {
        const SavedModel model = model_from_checkpoint(io::read_checkpoint(path), path);
        folder_.checkpoints[model.iteration] = model.log_likelihood;
      });
    }
  }

 private:
  static void read_chain(const std::string& path, StageRecord& record) {
    const std::string text = read_file(path, document::lineage);
    if (text.empty()) throw Error(ExitCode::data, "{}: holds no statement", path);
    std::string invocation;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const Envelope envelope = envelope_from_json(text.substr(begin, end - begin), path);
      Statement statement =
          statement_from_json(parse_document(envelope.payload, path, ExitCode::integrity), path);
      begin = end + 1;
      if (!envelope.signatures.empty()) record.signer = envelope.signatures.front().key_id;
      if (record.sessions.empty() || statement.invocation != invocation) {
        invocation = statement.invocation;
        StatedSession session;
        session.started = statement.started;
        session.ranks = fact_number(statement.internal_parameters, "ranks");
        session.resumed = find_dependency(statement, dependency::resumed_from) != nullptr;
        record.sessions.push_back(session);
      }
      record.sessions.back().finished = statement.finished;
      ++record.sessions.back().statements;
      record.finished = statement.final_count.has_value();
      record.statements.push_back(std::move(statement));
    }
  }

  void read_coefficients(const std::string& path) {
    const std::string text = read_file(path);
    std::vector<ReportedCoefficient> read;
    for (std::size_t begin = text.find('\n') + 1; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      std::vector<double> numbers;  // the last six fields; a name may hold commas
      for (int i = 0; i < 6; ++i) {
        const std::size_t comma = line.rfind(',');
        if (comma == std::string::npos)
          throw Error(ExitCode::data, "{}: a line has fewer than 7 fields", path);
        numbers.insert(numbers.begin(), parse_number(line.substr(comma + 1)).value_or(undefined));
        line.resize(comma);
      }
      if (line.starts_with('"') && line.size() > 1) {  // RFC 4180
        std::string name;
        for (std::size_t i = 1; i + 1 < line.size(); ++i) {
          name += line[i];
          if (line[i] == '"') ++i;
        }
        line = name;
      }
      read.push_back(
          {line, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]});
    }
    folder_.coefficients = std::move(read);
    if (!folder_.model) return;
    const SavedModel& model = *folder_.model;
    std::vector<double> estimates, errors;
    for (const ReportedCoefficient& c : folder_.coefficients) {
      estimates.push_back(c.estimate);
      errors.push_back(c.error);
    }
    folder_.coefficients_agree = estimates == model.coefficients &&
                                 (model.standard_errors.empty() || errors == model.standard_errors);
  }

  void read_summary(const std::string& path) {
    const std::string text = read_file(path);
    constexpr std::size_t most = 200;
    int blanks = 0;  // the first line, a blank one, the table, a blank one, the rest
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      if (line.empty()) ++blanks;
      if (blanks != 1 && !line.empty() && folder_.summary_lines.size() < most)
        folder_.summary_lines.push_back(line);
    }
  }

  RunFolder& folder_;
};

/// Folders in a folder, by name; links are not followed.
std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder) || fs::is_symlink(folder)) return names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && !entry.is_symlink())
      names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace

const StageRecord* RunFolder::find(const std::string& stage) const {
  const auto found = std::ranges::find_if(
      stages, [&](const StageRecord& record) { return record.stage->name() == stage; });
  return found == stages.end() ? nullptr : &*found;
}

RunFolder read_run_folder(const std::string& path) {
  if (!fs::is_directory(path))
    throw Error(ExitCode::data, "{}: is not the output folder of a run", path);
  RunFolder folder;
  folder.path = fs::canonical(path).string();
  folder.name = fs::path(folder.path).filename().string();
  FolderReader reader(folder);
  for (const bool training : {true, false})
    for (const Stage* stage : all_stages())
      if (stage->chain.is_training() == training) {
        reader.read_stage(*stage, "");
        if (stage->chain.named == nullptr) continue;
        for (const std::string& name : folders_in(fs::path(folder.path) / stage->chain.named))
          reader.read_stage(*stage, fmt::format("{}/{}/", stage->chain.named, name));
      }
  folder.regions = folders_in(fs::path(folder.path) / training_chain.at_home);
  if (folder.stages.empty())
    throw Error(ExitCode::data, "{}: holds no lineage ({}); is it the output folder of a run?",
                path, fs::path(training_chain.file(".")).filename().string());
  reader.read_model();
  reader.read_logs();
  // They are large, and run.json tells of the last session.
  const StageRecord& main = folder.main();
  if (main.sessions.size() != 1 || fact(main.run, "results/progress").is_null())
    reader.read_checkpoints();
  std::ranges::sort(folder.unreadable);
  return folder;
}

}  // namespace bailiwick
