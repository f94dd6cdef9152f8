// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/line.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "io/checkpoint/checkpoint.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/file_pattern.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/ingest/config.hpp"
#include "lib/ingest/provenance.hpp"
#include "lib/line/child.hpp"
#include "lib/line/memory.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/run/inputs.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

constexpr const char* program = "/proc/self/exe";

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

/// With paths as one would type them here.
std::string shown(std::vector<std::string> words) {
  for (std::string& word : words)
    if (const fs::path path = word; path.is_absolute()) word = fs::proximate(path).string();
  return join(words, " ");
}

std::string yaml_list(const std::vector<std::string>& texts) {
  return Json(texts).dump();
}

/// Digests of all files that an ingest reads, in the order in which its record names them.
std::vector<std::string> sources_of(const IngestConfig& config) {
  std::vector<std::string> digests;
  for (const ConfigFile& file : config.files)
    digests.push_back(sha256(file.text).hex());
  for (const std::string& file : files_named(config.inputs))
    digests.push_back(sha256_file(file).hex());
  for (const IngestLookup& lookup : config.lookups)
    digests.push_back(sha256_file(lookup.path).hex());
  return digests;
}

/// Whether its partitions are there, and made of these files, as their records say.
bool is_ingested(const IngestConfig& config) {
  const std::vector<std::string> sources = sources_of(config);
  return std::ranges::all_of(config.partitions, [&](const IngestPartition& partition) {
    const std::string path = config.output + "/" + partition.name + ".h5",
                      record = provenance_path(path);
    if (!fs::exists(path) || !fs::exists(record)) return false;
    const Json said = parse_json(envelope_from_json(read_file(record), record).payload, record);
    std::vector<std::string> digests;
    for (const char* kind : {"config", "inputs", "lookups"})
      for (const Json& file : said.at(kind))
        digests.push_back(file.at("sha256").get<std::string>());
    return digests == sources &&
           said.at("root") == io::unverified_manifest(io::manifest_path(path)).root.hex();
  });
}

/// Of a model that is in use: its name, and the partitions that it was trained on.
struct Version {
  std::string name;
  std::set<std::string> partitions;
};

class Line {
 public:
  Line(const LineConfig& line, bool dry)
      : line_(line), dry_(dry), memory_(line.output + "/line.json") {}

  void run() {
    for (const LineIngest& one : line_.ingest)
      ingest(one);
    if (pending_) {
      std::cout << "\nand all stations after that\n";
      return;
    }
    open_run();
    for (const std::string& name : line_.stations)
      if (!station(name)) return;
    if (!pending_) std::cout << fmt::format("\n{}: {}\n", line_.name, folder_) << std::flush;
  }

 private:
  /// Its exit code, of now or of when it was done. `words`: of the command, without the program.
  /// `inputs`: all that decides it. A code but 0 and `also` ends the line.
  int step(const std::string& title, std::vector<std::string> words, const std::string& inputs,
           bool on_all_ranks, std::optional<ExitCode> also = {}) {
    const Digest key = sha256(join(words, "\n") + "\n" + inputs);
    if (const auto code = memory_.find(key)) {
      std::cout << fmt::format("{}: nothing new\n", title) << std::flush;
      return *code;
    }
    std::cout << fmt::format("\n== {}: bailiwick {}\n", title, shown(words)) << std::flush;
    if (dry_) {
      pending_ = true;
      return 0;
    }
    // What it left when it was killed is of the same inputs, and nothing was made of it.
    if (words.front() == "ingest" && memory_.has_begun(key)) words.emplace_back("--force");
    memory_.begin(key, title);
    words.insert(words.begin(), program_path());
    if (on_all_ranks) {
      const std::vector<std::string> launcher = words_of(line_.launcher);
      words.insert(words.begin(), launcher.begin(), launcher.end());
    }
    const int code = run_command(words);
    if (was_stopped())
      throw Error(ExitCode::stopped, "stopped at {}; the same command goes on from there", title);
    if (code != 0 && (!also || code != static_cast<int>(*also)))
      throw Error(code < 128 ? static_cast<ExitCode>(code) : ExitCode::bug,
                  "{} ended with {}; the same command goes on from there", title, code);
    memory_.end(key, code);
    return code;
  }

  static std::string program_path() { return fs::read_symlink(program).string(); }

  void ingest(const LineIngest& one) {
    const std::string name = fs::path(one.config).filename().string();
    if (one.increments.empty()) return ingest("ingest " + name, {"ingest", one.config}, read(one));
    for (const std::string& file : files_named({one.increments})) {
      const std::string increment = fs::path(file).stem().string();
      IngestConfig config = read(one);
      config.inputs = {file};
      as_increment(config, increment);
      ingest("ingest " + increment,
             {"ingest", one.config, "--increment", increment, "--input", file}, config);
    }
  }

  static IngestConfig read(const LineIngest& one) {
    return parse_ingest_config(read_config(one.config));
  }

  void ingest(const std::string& title, const std::vector<std::string>& words,
              const IngestConfig& config) {
    const std::string sources = join(sources_of(config), "\n");
    if (is_ingested(config))  // by whomever
      std::cout << fmt::format("{}: nothing new\n", title) << std::flush;
    else
      step(title, words, sources, false);
  }

  /// Once its partitions are there. What decides a training names its folder.
  void open_run() {
    run_ = parse_run_config(read_config(line_.run), config_language());
    inputs_ = given_by(run_, true) + version();
    for (DomainConfig& domain : run_.domains)
      for (const std::string& file : files_named(domain.partitions)) {
        const PartitionManifest manifest = io::unverified_manifest(io::manifest_path(file));
        partitions_.push_back(manifest.name);
        inputs_ += "\n" + domain.name + " " + manifest.root.hex();
      }
    folder_ = line_.output + "/runs/" + sha256(inputs_).hex().substr(0, 12);
  }

  /// Whether the line goes on.
  bool station(const std::string& name) {
    if (name == "monitor" && line_.deploy && !monitor()) return false;
    if (name == check_output_station)
      step(name,
           {name, folder_, "--key", line_.public_key, "--by", line_.check_output->by, "--sign-with",
            line_.check_output->sign_with},
           inputs_ + done_, false,
           // What of it may be used, and what may not, deploy knows.
           has(deploy_station) ? std::optional(ExitCode::policy) : std::nullopt);
    else if (name == report_station)
      report();
    else if (name == deploy_station)
      deploy();
    else if (name != "monitor" || !line_.deploy)
      stage(name);
    done_ += " " + name;
    return true;
  }

  void stage(const std::string& name) {
    std::vector<std::string> words = {name, line_.run, "--output", folder_};
    if (name == "train") words.insert(words.end(), {"--resume", "latest"});
    step(name, words, inputs_ + given_by(run_, false), true);
  }

  void report() {
    std::vector<std::string> words = {report_station, folder_, "--key", line_.public_key};
    if (line_.check_output)
      words.insert(words.end(), {"--approver-key", line_.check_output->public_key});
    step(report_station, words, inputs_ + done_, false);
  }

  bool has(const std::string& station) const {
    return std::ranges::find(line_.stations, station) != line_.stations.end();
  }

  /// The version of the model that is in use; nothing before there is one.
  std::optional<Version> in_use() const {
    const LineDeploy& deploy = *line_.deploy;
    if (!fs::exists(deploy.registry + "/" + model_registry_log.file)) return {};
    const ModelHistory history =
        read_model_history(read_model_registry(deploy.registry), deploy.model);
    const ModelVersion* version = history.deployed();
    if (version == nullptr) return {};
    const std::string path = history.folder_of(*version) + "/inputs.json";
    const Inputs inputs = inputs_from_json(parse_json(read_file(path), path), path);
    Version found{version->name, {}};
    for (const DomainInputs& domain : inputs.domains)
      found.partitions.insert(domain.partitions.begin(), domain.partitions.end());
    return found;
  }

  std::string model_in_registry() const {
    return line_.deploy->registry + "/" + line_.deploy->model;
  }

  /// Rows that the model in use has not seen, beside those that it has. Whether the line goes on.
  bool monitor() {
    const std::optional<Version> version = in_use();
    if (!version) {
      std::cout << "monitor: no model is in use yet\n" << std::flush;
      return true;
    }
    const std::set<std::string> monitored = memory_.monitored(version->name);
    std::vector<std::string> seen, since;
    for (const std::string& name : partitions_)
      if (!monitored.contains(name))
        (version->partitions.contains(name) ? seen : since).push_back(name);
    int code = 0;
    if (since.empty() || seen.empty()) {
      std::cout << fmt::format("monitor: no new rows for {}\n", version->name) << std::flush;
    } else {
      const std::string inputs = inputs_ + given_by(run_, false) + version->name;
      code = step("monitor",
                  {"monitor", line_.run, "--output",
                   line_.output + "/monitor/" + sha256(inputs).hex().substr(0, 12), "--model",
                   model_in_registry(), "--set", "monitor.reference.partitions=" + yaml_list(seen),
                   "--set", "monitor.current.partitions=" + yaml_list(since)},
                  inputs, true, ExitCode::verdict);
      if (code == 0 && !pending_) memory_.add_monitored(version->name, since);
    }
    if (code != 0 || line_.retrain == Retrain::always || pending_) return true;
    std::cout << fmt::format("\n{}: version {} stays in use\n", line_.name, version->name)
              << std::flush;
    return false;
  }

  void deploy() {
    const LineDeploy& deploy = *line_.deploy;
    std::vector<std::string> add = {"deploy",
                                    "add",
                                    folder_,
                                    "--registry",
                                    deploy.registry,
                                    "--name",
                                    deploy.model,
                                    "--sign-with",
                                    run_.sign_with,
                                    "--key",
                                    line_.public_key,
                                    "--approver-key",
                                    line_.check_output->public_key};
    if (deploy.onnx) {
      step("export", {"export", folder_, "--format", "onnx", "--key", line_.public_key}, inputs_,
           false);
      add.insert(add.end(), {"--export", folder_ + "/model.onnx"});
    }
    step("deploy add", add, inputs_, false);
    if (pending_) return;
    const std::string candidate = version_of(model_content());
    const std::optional<Version> version = in_use();
    if (version && version->name == candidate) return;
    std::vector<std::string> promote = {"deploy", "promote", deploy.model + "@" + candidate,
                                        "--registry", deploy.registry};
    if (version && !deploy.metric.empty()) {
      const std::string inputs = inputs_ + given_by(run_, false) + version->name;
      const std::string beside = line_.output + "/beside/" + sha256(inputs).hex().substr(0, 12);
      step("evaluate " + version->name,
           {"evaluate", line_.run, "--output", beside, "--model", model_in_registry()}, inputs,
           true);
      promote.insert(promote.end(),
                     {"--evaluation", folder_ + "/evaluation.json", "--beside",
                      beside + "/evaluation.json", "--metric", deploy.metric, "--tolerance",
                      round_trip(deploy.tolerance), "--key", line_.public_key});
    }
    if (deploy.sign_with.empty()) {
      std::cout << fmt::format("\nnow somebody who may decide: bailiwick {} --sign-with KEY\n",
                               shown(promote))
                << std::flush;
      return;
    }
    promote.insert(promote.end(), {"--sign-with", deploy.sign_with, "--why", "line " + line_.name});
    step("deploy promote", promote, inputs_ + (version ? version->name : ""), false);
  }

  Digest model_content() const {
    Digest content;
    io::read_checkpoint(folder_ + "/model.h5", &content);
    return content;
  }

  const LineConfig& line_;
  const bool dry_;
  LineMemory memory_;
  RunConfig run_;
  std::vector<std::string> partitions_;  ///< their names
  std::string folder_;                   ///< of the run that the stations make or look at
  std::string inputs_;                   ///< what decides its training
  std::string done_;                     ///< stations before this one
  bool pending_ = false;                 ///< of a dry run: something would be done
};

}  // namespace

namespace {

/// Before anything is done: what a station far down the line would stumble over.
void check_files(const LineConfig& line) {
  std::vector<std::string> missing;
  const auto demand = [&](const char* key, const std::string& path, const char* hint = "") {
    if (!fs::exists(path))
      missing.push_back(fmt::format("{}: {}: {} is not there{}", line.path, key, path, hint));
  };
  demand("run", line.run);
  demand("public_key", line.public_key);
  for (const LineIngest& one : line.ingest)
    demand("ingest", one.config);
  if (line.check_output) {
    demand("check_output.sign_with", line.check_output->sign_with);
    demand("check_output.public_key", line.check_output->public_key);
  }
  if (line.deploy) {
    demand("deploy.registry", line.deploy->registry + "/" + model_registry_log.file,
           "; `bailiwick deploy init` makes one");
    if (!line.deploy->sign_with.empty()) demand("deploy.sign_with", line.deploy->sign_with);
  }
  if (!missing.empty()) throw Error(ExitCode::config, "{}", join(missing, "\n"));
}

}  // namespace

void run_line(const LineConfig& line, bool dry) {
  check_files(line);
  fs::create_directories(line.output);
  const FileLock lock(line.output + "/line.lock", lock_patience_seconds);
  if (!lock.held())
    throw Error(ExitCode::data, "{}: another line writes there{}", line.output, lock.holder());
  Line(line, dry).run();
}

}  // namespace bailiwick
