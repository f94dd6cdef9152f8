// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/run_record.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <set>

#include "lib/core/helper_thread.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/random.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/signed_log.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/owner/access_log.hpp"
#include "lib/record/costs.hpp"
#include "lib/record/decisions.hpp"
#include "lib/record/egress_report.hpp"
#include "lib/record/intent.hpp"
#include "lib/record/layout.hpp"
#include "lib/record/same_run.hpp"
#include "lib/record/set_aside.hpp"
#include "lib/record/signed_documents.hpp"
#include "lib/run/inputs.hpp"
#include "lib/run/libraries.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/surroundings.hpp"
#include "lib/runtime/watchdog.hpp"

namespace bailiwick {

namespace {

std::unique_ptr<FileLock> lock_of(const std::string& folder, const StageChain& chain) {
  // File systems may notice only after minutes that a node is gone, and its lock with it.
  auto lock = std::make_unique<FileLock>(chain.lock(folder), lock_patience_seconds);
  if (!lock->held())
    throw Error(ExitCode::data, "{}: another job is writing there{}; wait until it has ended",
                folder, lock->holder());
  return lock;
}

/// Whether there is something to go on from in an unfinished chain.
bool has_parts(const StageChain& chain, const std::vector<Statement>& statements) {
  return std::ranges::any_of(standing(statements), [&](const Statement& statement) {
    return chain.is_part != nullptr && chain.is_part(statement.subject_name);
  });
}

/// The folder and those above it that are still to be made, the innermost first.
std::vector<std::string> missing_folders(const std::string& folder) {
  std::vector<std::string> missing;
  std::filesystem::path path = folder;
  for (; !path.empty() && !std::filesystem::exists(path); path = path.parent_path())
    missing.push_back(path.string());
  return missing;
}

}  // namespace

std::unique_ptr<FileLock> lock_chain(const Communicator& world, const std::string& folder,
                                     const StageChain& chain) {
  std::unique_ptr<FileLock> lock;
  agree(world, [&] {
    if (world.is_root() && std::filesystem::exists(chain.file(folder)))
      lock = lock_of(folder, chain);
  });
  return lock;
}

bool is_home_finished(const Run& run, const StageChain& chain, std::size_t d) {
  const PublicKey key = PrivateKey::load(run.key_at_home(d)).public_key();
  return is_finished(chain.file(chain.home_of(run.config().output, run.name_of(d))), {&key, 1});
}

Communicator one_rank(const Run& run) {
  const EgressPurpose purpose("communicators");
  return run.world().split(run.world().rank(), 0, "one rank");
}

RunRecord::RunRecord(Run& run, const StageChain& chain, bool in_place,
                     std::unique_ptr<FileLock> lock)
    : run_(run),
      comm_(run.world()),
      writers_(run.writers()),
      stage_(chain),
      folder_(run.config().output),
      started_(run.started()),
      ranks_(run.world().size()),
      dependencies_(run.dependencies()),
      lock_(std::move(lock)),
      costs_(std::make_shared<Costs>(run)) {
  start(run.config().sign_with, in_place);
}

RunRecord::RunRecord(Run& run, const StageChain& chain, const Communicator& own, std::size_t d,
                     bool in_place)
    : run_(run),
      comm_(own),
      writers_(own),
      stage_(chain),
      folder_(chain.home_of(run.config().output, run.name_of(d))),
      domain_(run.name_of(d)),
      started_(run.started()),
      ranks_(run.world().size()),
      readers_(Readers::owner),
      dependencies_(run.dependencies()) {
  start(run.key_at_home(d), in_place);
}

void RunRecord::start(const std::string& key_file, bool in_place) {
  agree(comm_, [&] {
    if (!comm_.is_root()) return;
    std::vector<std::string> made = missing_folders(folder_);
    // Another domain's rank may have made the folder above at this moment; the last one leaving
    // takes it away.
    if (!domain_.empty() && made.size() == 1)
      made.push_back(std::filesystem::path(folder_).parent_path().string());
    create_folders(folder_);
    if (!lock_) lock_ = lock_of(folder_, stage_);
    const std::string lineage = stage_.file(folder_);
    PrivateKey key = PrivateKey::load(key_file);
    bool exists = std::filesystem::exists(lineage);
    const PublicKey signer = key.public_key();
    if (exists) try {
        const bool finished = is_finished(lineage, {&signer, 1});
        in_place = in_place && !finished;
        exists = finished || !make_way(read_statements(lineage, {&signer, 1}), in_place);
      } catch (const Error&) {  // whoever does not go on with it need not know what it is
        if (in_place) throw;
      }
    if (exists && !in_place)
      throw Error(ExitCode::data,
                  "{}: holds the lineage of an earlier {}; name another folder with --output{}, or "
                  "remove {}{}",
                  folder_, stage_.stage, stage_.names_model ? " and the model with --model" : "",
                  stage_.resumes ? "it" : lineage,
                  stage_.resumes ? "; an interrupted training goes on with --resume latest" : "");
    if (stage_.resumes && !exists && std::filesystem::exists(path("model.h5")))
      throw Error(ExitCode::data,
                  "{}: holds a model already, without its lineage; name another folder with "
                  "--output, or remove it",
                  folder_);
    if (stage_.resumes) create_folders(path(checkpoints_folder));
    if (stage_.resumes || !domain_.empty()) remove_temporaries(folder_, !domain_.empty());
    if (stage_.resumes) remove_temporaries(path(checkpoints_folder), false);
    invocation_ = new_uuid();
    if (exists) {
      chain_.emplace(Chain::resume(lineage, std::move(key)));
      return go_on();
    }
    forget_if_nothing_came(made);
    written_->insert({lineage, stage_.resolved_config(folder_)});
    write_file_atomically(stage_.resolved_config(folder_),
                          resolved_yaml(run_.config(), run_.config().output));
    chain_.emplace(Chain::create(lineage, std::move(key)));
  });
}

/// A run that is refused or fails before anything was released leaves no trace here: the next try
/// finds the folder as this one did.
void RunRecord::forget_if_nothing_came(const std::vector<std::string>& made) {
  const auto forget = [folder = folder_, chain = stage_.file(folder_),
                       lock_name = stage_.lock(folder_), made, written = written_, kept = kept_,
                       intent = intent_, lock = lock_,
                       outcome = run_.outcome()](ExitCode code, const std::string&) {
    if (code == ExitCode::ok || code == ExitCode::stopped || *kept || outcome->released_anything())
      return;
    std::error_code ignored;
    // Another rank may end the job at any moment: a chain without its files would be in the way.
    if (written->contains(chain)) std::filesystem::remove(chain, ignored);
    for (const std::string& path : std::vector(written->rbegin(), written->rend()))
      std::filesystem::remove(path, ignored);  // folders after their files
    std::filesystem::remove(folder + "/" + checkpoints_folder, ignored);
    if (*intent) drop_last(folder, intents_log, **intent);  // it learned nothing
    if (made.empty()) return;                               // others may wait for the lock
    std::filesystem::remove(lock_name, ignored);
    for (const std::string& path : made)
      std::filesystem::remove(path, ignored);  // if it is empty
  };
  run_.session().at_end(forget);
}

/// Sets an unfinished chain aside for who wants something else, or has nothing to go on from. Who
/// may have forgotten to say --resume is asked.
bool RunRecord::make_way(const std::vector<Statement>& statements, bool in_place) const {
  const bool anew = may_go_on(statements) ? !in_place && !has_parts(stage_, statements)
                                          : !in_place || !stage_.resumes;
  if (anew) set_aside(folder_, stage_, !domain_.empty(), statements);
  return anew;
}

/// Whether an unfinished chain is of the same config and rows.
bool RunRecord::may_go_on(const std::vector<Statement>& statements) const {
  return !statements.empty() &&
         differences_from(run_.config(), stage_, folder_, statements).empty() &&
         changed_rows(run_, statements.back()).empty();
}

void RunRecord::go_on() {
  check_same_config(run_, stage_, folder_, chain_->resumed());
  // All sessions name the config as the first one wrote it.
  const Artefact* began = find_dependency(chain_->resumed().back(), dependency::config);
  const std::string config = stage_.resolved_config(folder_);
  if (began == nullptr || sha256_file(config) != began->sha256)
    throw Error(ExitCode::integrity, "{}: was changed after it was signed", config);
  for (Artefact& input : dependencies_)
    if (input.name == dependency::config) input.sha256 = began->sha256;
  std::set<std::string> removed;
  for (const Statement& statement : chain_->resumed())
    removed.insert(statement.removed.begin(), statement.removed.end());
  session_ += count_sessions(chain_->resumed());
  clock_ = chain_->resumed().back().finished;
  started_ = std::max(started_, clock_);
  // Whoever was killed may not have come to it.
  for (const Statement& statement : standing(chain_->resumed()))
    removed.erase(statement.subject_name);
  for (const std::string& name : removed)
    if (name.starts_with(checkpoints_folder) && name.find("..") == std::string::npos)
      std::filesystem::remove(path(name));
}

const std::vector<Statement>& RunRecord::earlier() const {
  static const std::vector<Statement> none;
  return chain_ ? chain_->resumed() : none;
}

void RunRecord::append(Statement statement, bool last) {
  agree(comm_, [&] {
    if (chain_) append_here(std::move(statement), last);
  });
}

void RunRecord::append_here(Statement statement, bool last) {
  const std::string name = statement.subject_name;
  statement.build_type = stage_.stage;
  statement.external_parameters = {
      {"config", std::filesystem::path(run_.config().path).filename().string()},
      {"name", run_.config().name},
      {"purpose", run_.config().purpose}};
  // Nobody may say another name of the file later.
  if (!earlier().empty())
    statement.external_parameters["config"] = earlier().front().external_parameters.at("config");
  if (!domain_.empty()) statement.external_parameters["domain"] = domain_;
  statement.internal_parameters = {{"ranks", ranks_}, {"domains", run_.domains().size()}};
  statement.dependencies = dependencies_;
  if (!git_commit().ends_with("-dirty") && git_commit() != "unknown")
    statement.source_commit = git_commit();
  statement.invocation = invocation_;
  statement.started = started_;
  // Of a clock that was set back the statements say the time before.
  clock_ = std::max({clock_, started_, utc_now()});
  statement.finished = clock_;
  statement.builder = builder_of(run_.site().name);
  if (last) statement.final_count = chain_->size() + 1;
  const std::vector<std::string> removed = statement.removed;
  std::error_code ignored;
  try {
    // What is released is named by its bytes too, so that any sha256sum can check it. Checkpoints
    // are not: one core hashes slower than disks write.
    if (!statement.subject_sha256 && !name.starts_with(checkpoints_folder))
      statement.subject_sha256 = sha256_file(path(name));
    chain_->append(std::move(statement));
  } catch (...) {  // what no statement vouches for keeps no name
    std::filesystem::remove(path(name), ignored);
    throw;
  }
  for (const std::string& old : removed)
    std::filesystem::remove(path(old), ignored);  // one that stays does no harm
}

namespace {

Statement about(const std::string& name, const Digest& content,
                const std::vector<std::string>& removed) {
  Statement statement;
  statement.subject_name = name;
  statement.subject_content = content;
  statement.removed = removed;
  return statement;
}

}  // namespace

void RunRecord::publish(const io::Checkpoint& checkpoint, const std::string& name,
                        const std::vector<std::string>& removed, bool last) {
  settle();
  const Digest content = io::publish_checkpoint(comm_, writers_, checkpoint, path(name), readers_);
  append(about(name, content, removed), last);
  if (!domain_.empty()) return;  // it has not left
  if (last)
    run_.outcome()->add_release({{"name", name}, {"content", content.hex()}});
  else
    run_.outcome()->add_step(name);
}

void RunRecord::publish_later(io::Checkpoint checkpoint, const std::string& name,
                              const std::vector<std::string>& removed) {
  settle();
  later_ = true;
  run_.outcome()->add_step(name);
  if (!chain_) return;
  writing_ = run_beside([this, checkpoint = std::move(checkpoint), name, removed] {
    append_here(about(name, io::publish_checkpoint(checkpoint, path(name), readers_), removed),
                false);
  });
}

bool RunRecord::is_writing(bool busy) {
  if (!later_) return false;
  const EgressPurpose purpose("checkpoints");
  std::int64_t writing = busy || (writing_.valid() && writing_.wait_for(std::chrono::seconds(0)) !=
                                                          std::future_status::ready);
  if (comm_.size() > 1) comm_.broadcast(0, {&writing, 1});
  return writing != 0;
}

void RunRecord::settle() {
  if (!later_) return;
  agree(comm_, [&] {
    if (writing_.valid()) writing_.get();
  });
}

void RunRecord::publish_text(const std::string& text, const std::string& name, bool last) {
  settle();
  write_text(text, name);
  Statement statement;
  statement.subject_name = name;
  statement.subject_sha256 = sha256(text);
  append(std::move(statement), last);
  if (last && domain_.empty())
    run_.outcome()->add_release({{"name", name}, {"sha256", sha256(text).hex()}});
}

void RunRecord::publish_written(const std::string& name) {
  Statement statement;
  statement.subject_name = name;  // append_here() hashes the file
  append(std::move(statement), false);
}

void RunRecord::begin_session() {
  settle();
  if (domain_.empty()) write_documents();
  const std::string text = to_json(run_.inputs()).dump(2) + "\n";
  write_text(text, stage_.session_file("inputs", session_));
  add_dependency({dependency::inputs, sha256(text), Json::object(), {}});
  if (stage_.is_training() && domain_.empty()) sign_intent(sha256(text));
  publish_text(decisions_json(run_), stage_.session_file("decisions", session_), false);
}

/// One intent a run, however many sessions it takes. It stays once anything was released.
void RunRecord::sign_intent(const Digest& inputs) {
  agree(comm_, [&] {
    if (!chain_) return;
    if (!earlier().empty()) {
      if (const Artefact* intent = find_dependency(earlier().front(), dependency::intent)) {
        demand_same_aim(folder_, *intent, run_.config());
        dependencies_.push_back(*intent);
      }
      return;
    }
    *intent_ = append_to_log(folder_, intents_log, stage_.session_file("inputs", session_), inputs,
                             intent_json(run_.config(), run_.inputs(), invocation_),
                             PrivateKey::load(run_.config().sign_with));
    dependencies_.push_back({dependency::intent, **intent_, Json::object(), {}});
  });
}

void RunRecord::write_documents() {
  const std::map<std::string, std::string> documents = gather_documents(run_);
  agree(comm_, [&] {
    std::map<std::string, std::string> texts;
    for (const auto& [name, text] : documents) {
      const std::string file = path(name);
      const std::string folder = std::filesystem::path(file).parent_path().string();
      if (!std::filesystem::exists(file)) {
        for (const std::string& missing : missing_folders(folder))
          written_->insert(missing);
        written_->insert(file);
      } else if (read_file(file) == text) {
        continue;  // of an earlier stage
      }
      create_folders(folder);
      texts[file] = text;
    }
    write_files_atomically(texts);
  });
}

void RunRecord::publish_egress() {
  publish_text(egress_report(run_), stage_.session_file("egress", session_), false);
}

void RunRecord::write_text(const std::string& text, const std::string& name) {
  agree(comm_, [&] {
    if (!comm_.is_root()) return;
    written_->insert(path(name));
    write_file_atomically(path(name), text, domain_.empty() ? Readers::umask : Readers::owner);
  });
}

void RunRecord::publish_result(const Json& result, const std::string& text, const Json& about) {
  write_text(text, std::string(stage_.stem) + ".txt");
  write_run_json(about);
  publish_egress();
  publish_text(result.dump(2) + "\n", stage_.result, true);
  if (comm_.is_root()) std::cout << text << "written  " << path(stage_.result) << '\n';
}

void RunRecord::publish_model(const io::Checkpoint& model, Json results) {
  const std::string digest = model.digest().hex();
  results["digest"] = digest;
  write_run_json(results);
  publish_egress();
  publish(model, "model.h5", true);
  if (!comm_.is_root()) return;
  std::cout << fmt::format("\nmodel   {}\ndigest  {}\n", path("model.h5"), digest);
  for (const DomainFacts& domain : run_.domains())
    if (const std::string words = duties_in_words(domain.duties); !words.empty())
      std::cout << fmt::format("duties of {}: {}\n", domain.name, printable(words));
}

void RunRecord::write_run_json(const Json& results) {
  const EgressPurpose purpose("names of nodes");
  const double mine[] = {Watchdog::waited()};
  const std::vector<double> waited = run_.world().gather(mine);
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
  // An evaluation has its rows among what it measures.
  const Json rows =
      results.value("rows", results.value("overall", Json::object()).value("rows", Json()));
  const Json costs =
      costs_->json(rows.is_number() ? std::optional(rows.get<double>()) : std::nullopt);
  const Libraries& libraries = libraries_at_start();
  Json others = Json::array();
  const std::vector<std::string> digests = run_.world().gather(libraries.digest.hex());
  for (std::size_t rank = 0; rank < digests.size(); ++rank)
    if (digests[rank] != digests.front()) others.push_back(rank);
  const Json record = {{"command", stage_.stage},
                       {"name", run_.config().name},
                       {"invocation", invocation_},
                       {"started", started_},
                       {"finished", utc_now()},
                       {"version", version()},
                       {"gitCommit", git_commit()},
                       {"libraries", runtime_versions()},
                       {"librariesLoaded", libraries.list},
                       {"librariesLoadedLater", libraries_since()},
                       {"ranksWithOtherLibraries", others},
                       {"environment", telling_variables()},
                       {"environmentCleared", cleared_variables()},
                       {"nodes", nodes},
                       {"secondsWaiting", waited},
                       {"costs", costs},
                       {"domains", domains},
                       {"config", run_.config_digest().hex()},
                       {"rounds", rounds},
                       {"results", results}};
  write_text(record.dump(2) + "\n",
             stage_.is_training() ? "run.json" : fmt::format("{}.run.json", stage_.stage));
}

}  // namespace bailiwick
