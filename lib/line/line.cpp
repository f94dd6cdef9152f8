// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/line.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "io/checkpoint/checkpoint.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/error.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/file_pattern.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/ingest/config.hpp"
#include "lib/line/check.hpp"
#include "lib/line/flywheel.hpp"
#include "lib/line/in_use.hpp"
#include "lib/line/ingested.hpp"
#include "lib/line/steps.hpp"
#include "lib/line/sweep.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/record/same_run.hpp"
#include "lib/record/set_aside.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/partition_files.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

class Line {
 public:
  Line(const LineConfig& line, bool dry) : line_(line), dry_(dry), steps_(line, dry) {}

  void run() {
    for (const LineIngest& one : line_.ingest)
      ingest(one);
    bool goes_on = !steps_.are_pending();
    if (goes_on) {
      find_rows();
      open_first();
      for (auto name = line_.stations.begin(); goes_on && name != line_.stations.end(); ++name)
        goes_on = station(*name);
      if (goes_on && !steps_.are_pending()) say(fmt::format("\n{}: {}", line_.name, folder_));
    }
    if (steps_.are_pending() && !goes_on) say("\nand all stations after that");
  }

 private:
  void ingest(const LineIngest& one) {
    if (one.increments.empty())
      return ingest(fs::path(one.config).filename().string(), {"ingest", one.config}, read(one));
    const std::vector<std::string> files = files_matching(one.increments);
    if (files.empty())
      say(fmt::format("ingest {}: no file is called so yet",
                      fs::proximate(one.increments).string()));
    for (const std::string& file : files) {
      const std::string increment = fs::path(file).stem().string();
      IngestConfig config = read(one);
      config.inputs = {file};
      as_increment(config, increment);
      ingest(increment, {"ingest", one.config, "--increment", increment, "--input", file}, config);
    }
  }

  static IngestConfig read(const LineIngest& one) {
    return parse_ingest_config(read_config(one.config));
  }

  void ingest(const std::string& name, const std::vector<std::string>& words,
              const IngestConfig& config) {
    const std::vector<std::string> sources = sources_of(config);
    if (is_ingested(config, sources))
      say(fmt::format("ingest {}: nothing new", name));
    else
      steps_.run({.title = "ingest " + name,
                  .words = words,
                  .inputs = join(sources, "\n"),
                  .place = config.output + " " + name,
                  .if_begun = if_begun(config, sources)});
  }

  /// What a killed ingest left of the same sources is made again; what was made of others stays.
  static std::vector<std::string> if_begun(const IngestConfig& config,
                                           const std::vector<std::string>& sources) {
    if (has_other_rows(config, sources)) return {};
    return {"--force"};
  }

  /// What the run's partitions are, once they are there.
  void find_rows() {
    for (const DomainConfig& domain : parsed({}).domains)
      for (const PartitionFile& file : partition_files(domain)) {
        const PartitionManifest manifest = io::unverified_manifest(io::manifest_path(file.path));
        partitions_[domain.name + "/" + manifest.name] = manifest.root;
        rows_ += "\n" + domain.name + " " + manifest.root.hex();
      }
  }

  RunConfig parsed(const Overrides& settings) const {
    return parse_run_config(read_config(line_.run), config_language(), settings);
  }

  /// The folder of the config as it stands; a sweep then chooses another.
  void open_first() {
    open_run({});
    const LineSweep sweep = line_.sweep.value_or(LineSweep());
    asked_ = sha256(given_by(run_, !run_.model.labels) + join(sweep.over, "\n") + sweep.metric +
                    sweep.split);
    // Labels are made before, and once.
    if (line_.sweep && run_.model.labels && !run_.model.labels->from)
      labelled_ = {{"model.labels.from", folder_}};
  }

  /// All that decides a training.
  std::string training_inputs(const RunConfig& run) const {
    // Labels that a model is trained on are made by the sections of other stages.
    return given_by(run, !run.model.labels) + version() + rows_;
  }

  /// The folder of a run is named by what decides its training.
  void open_run(Overrides settings) {
    settings_ = std::move(settings);
    run_ = parsed(settings_);
    inputs_ = training_inputs(run_);
    folder_ = line_.output + "/runs/" + sha256(inputs_).hex().substr(0, 12);
    run_.output = folder_;
  }

  /// Whether the line goes on.
  bool station(const std::string& name) {
    if (name == "monitor" && line_.deploy) return flywheel().monitor(partitions_);
    if (name == sweep_station) {
      return sweep();
    }
    if (name == check_output_station)
      check_output();
    else if (name == report_station)
      report();
    else if (name == deploy_station)
      flywheel().deploy();
    else
      stage(find_stage(name));
    return true;
  }

  /// What looked at the rows before does so again, beside the model that is chosen.
  bool sweep() {
    open_run(best_settings(
        line_, steps_, run_.sign_with, labelled_,
        [&](const Overrides& settings) { return training_inputs(parsed(settings)); }));
    if (steps_.are_pending()) return false;
    for (auto name = line_.stations.begin(); *name != sweep_station; ++name) {
      const bool of_other_rows = *name == "monitor" && line_.deploy;
      if (*name == report_station || of_other_rows || (*name == "label" && !labelled_.empty()))
        continue;
      station(*name);
    }
    return true;
  }

  Flywheel flywheel() { return {line_, steps_, run_, inputs_, asked_}; }

  void stage(const Stage& stage) {
    std::vector<std::string> words = {stage.name(), line_.run, "--output", folder_};
    if (stage.use.trains) words.insert(words.end(), {"--resume", "latest"});
    const std::vector<std::string> set = set_words(settings_);
    words.insert(words.end(), set.begin(), set.end());
    const Step step{stage.name(), words,
                    stage.use.trains ? inputs_ : inputs_ + given_by(run_, false),
                    folder_ + " " + stage.name(), true};
    if (!stage.use.trains && !dry_ && !steps_.knows(step)) make_way(stage);
    run(step);
  }

  void run(const Step& step) {
    steps_.run(step);
    done_ += Steps::key_of(step).hex();
  }

  /// What the stage made there with other sections of the config.
  void make_way(const Stage& stage) const {
    const std::string lineage = stage.chain.file(folder_);
    if (!fs::exists(lineage)) return;
    const PublicKey key = PrivateKey::load(run_.sign_with).public_key();
    if (!is_finished(lineage, {&key, 1})) return;  // the stage goes on with it, or makes way
    const std::vector<Statement> statements = read_statements(lineage, {&key, 1});
    if (!differences_from(run_, stage.chain, folder_, statements).empty())
      set_aside(folder_, stage.chain, false, statements, earlier_name);
  }

  void check_output() {
    // What of it may be used, and what may not, deploy knows.
    std::vector<ExitCode> also;
    if (std::ranges::find(line_.stations, deploy_station) != line_.stations.end())
      also.push_back(ExitCode::policy);
    run({check_output_station,
         {check_output_station, folder_, "--key", line_.public_key, "--by", line_.check_output->by,
          "--sign-with", line_.check_output->sign_with},
         inputs_ + done_,
         folder_ + " " + check_output_station,
         false,
         also});
  }

  void report() {
    // All that was tried for this purpose is counted.
    std::vector<std::string> words = {report_station,   folder_, "--key",
                                      line_.public_key, "--in",  line_.output};
    if (line_.check_output)
      words.insert(words.end(), {"--approver-key", line_.check_output->public_key});
    steps_.run({report_station, words, inputs_ + done_, folder_ + " " + report_station});
  }

  const LineConfig& line_;
  const bool dry_;
  Steps steps_;
  std::map<std::string, Digest> partitions_;  ///< their roots, by DOMAIN/NAME
  std::string rows_;                          ///< the same
  Overrides settings_;                        ///< of the config, as the sweep chose them
  Digest asked_;                              ///< what the configs say of the training
  RunConfig run_;
  std::string inputs_;  ///< what decides its training
  std::string folder_;  ///< of the run that the stations make or look at
  Overrides labelled_;  ///< by which a sweep finds the labels
  std::string done_;    ///< what decided the stations before this one
};

}  // namespace

void run_line(const LineConfig& line, bool dry) {
  check_line(line);
  if (dry) return Line(line, true).run();
  fs::create_directories(line.output);
  const FileLock lock(line.output + "/line.lock", lock_patience_seconds);
  if (!lock.held())
    throw Error(ExitCode::data, "{}: another line writes there{}", line.output, lock.holder());
  Line(line, false).run();
}

}  // namespace bailiwick
