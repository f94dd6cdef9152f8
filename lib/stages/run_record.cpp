// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/run_record.hpp"

#include <filesystem>
#include <iostream>

#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/random.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/egress_meter.hpp"
#include "lib/stages/egress_report.hpp"

namespace bailiwick {

std::string resolved_config_path(const std::string& folder, const std::string& stem) {
  return folder + (stem == "lineage" ? "/resolved.yaml" : "/" + stem + ".resolved.yaml");
}

RunRecord::RunRecord(Run& run, std::string command, std::string stem)
    : run_(run),
      comm_(run.world()),
      writers_(run.writers()),
      folder_(run.config().output),
      command_(std::move(command)),
      stem_(std::move(stem)),
      started_(utc_now()),
      dependencies_(run.dependencies()) {
  start(run.config().operator_key);
}

RunRecord::RunRecord(Run& run, const Communicator& own, std::string folder, const std::string& key)
    : run_(run),
      comm_(own),
      writers_(own),
      folder_(std::move(folder)),
      command_("train"),
      stem_("lineage"),
      started_(utc_now()),
      dependencies_(run.dependencies()) {
  start(key);
}

void RunRecord::start(const std::string& key_file) {
  agree(comm_, [&] {
    if (!comm_.is_root()) return;
    if (std::filesystem::exists(path(stem_ + ".jsonl")))
      throw Error(
          ExitCode::data,
          "{}: holds the lineage of an earlier {}; name another folder with --output, or remove it",
          folder_, command_);
    if (command_ == "train" && std::filesystem::exists(path("model.h5")))
      throw Error(ExitCode::data,
                  "{}: holds a model already, without its lineage; name another folder with "
                  "--output, or remove it",
                  folder_);
    create_folders(command_ == "train" ? folder_ + "/checkpoints" : folder_);
    const PrivateKey key = PrivateKey::load(key_file);
    write_file_atomically(resolved_config_path(folder_, stem_), resolved_yaml(run_.config()));
    invocation_ = new_uuid();
    chain_.emplace(Chain::create(path(stem_ + ".jsonl"), key));
  });
}

void RunRecord::append(const std::string& name, const io::Published& published, bool has_content,
                       bool last) {
  agree(comm_, [&] {
    if (!chain_) return;
    Statement statement;
    statement.subject_name = name;
    statement.subject_sha256 = published.file;
    if (has_content) statement.subject_content = published.content;
    statement.build_type = command_;
    statement.external_parameters = {
        {"config", std::filesystem::path(run_.config().path).filename().string()},
        {"name", run_.config().name},
        {"purpose", run_.config().purpose}};
    statement.internal_parameters = {{"ranks", run_.world().size()},
                                     {"domains", run_.domains().size()}};
    statement.dependencies = dependencies_;
    if (!git_commit().ends_with("-dirty") && git_commit() != "unknown")
      statement.source_commit = git_commit();
    statement.invocation = invocation_;
    statement.started = started_;
    statement.finished = utc_now();
    statement.builder = "https://bailiwick.dev/site/" + run_.site().name;
    if (last) statement.final_count = chain_->size() + 1;
    try {
      chain_->append(std::move(statement));
    } catch (...) {  // what no statement vouches for keeps no name
      std::error_code ignored;
      std::filesystem::remove(path(name), ignored);
      throw;
    }
  });
}

io::Published RunRecord::publish(const io::Checkpoint& checkpoint, const std::string& name,
                                 bool last) {
  const io::Published published = io::publish_checkpoint(comm_, writers_, checkpoint, path(name));
  append(name, published, true, last);
  return published;
}

void RunRecord::publish_text(const std::string& text, const std::string& name, bool last) {
  write_text(text, name);
  append(name, {sha256(text), {}}, false, last);
}

void RunRecord::publish_egress() {
  publish_text(egress_report(run_), command_ == "train" ? "egress.json" : command_ + ".egress.json",
               false);
}

void RunRecord::write_text(const std::string& text, const std::string& name) {
  agree(comm_, [&] {
    if (comm_.is_root()) write_file_atomically(path(name), text);
  });
}

void RunRecord::publish_model(const io::Checkpoint& model, Json results) {
  const std::string digest = model.digest().hex();
  results["digest"] = digest;
  write_run_json(results);
  publish_egress();
  publish(model, "model.h5", true);
  if (comm_.is_root())
    std::cout << fmt::format("\nmodel   {}\ndigest  {}\n", path("model.h5"), digest);
}

void RunRecord::write_run_json(const Json& results) {
  const EgressPurpose purpose("names of nodes");
  Json nodes = Json::array();
  for (const std::string& node : run_.world().gather(node_name()))
    nodes.push_back(node);
  Json rounds = Json::array();
  for (const LedgerLine& line : run_.boundary().ledger())
    rounds.push_back({{"round", line.round},
                      {"rounds", line.rounds},
                      {"name", line.name},
                      {"words", line.words},
                      {"domains", line.domains}});
  Json domains = Json::array();
  for (const DomainFacts& domain : run_.domains())
    domains.push_back({{"name", domain.name},
                       {"jurisdiction", domain.jurisdiction},
                       {"rows", domain.rows()},
                       {"ranks", domain.ranks},
                       {"policy", domain.policy.hex()}});
  const Json record = {{"command", command_},
                       {"name", run_.config().name},
                       {"invocation", invocation_},
                       {"started", started_},
                       {"finished", utc_now()},
                       {"version", version()},
                       {"gitCommit", git_commit()},
                       {"libraries", runtime_versions()},
                       {"nodes", nodes},
                       {"domains", domains},
                       {"config", run_.config_digest().hex()},
                       {"rounds", rounds},
                       {"results", results}};
  write_text(record.dump(2) + "\n", command_ == "train" ? "run.json" : command_ + ".run.json");
}

}  // namespace bailiwick
