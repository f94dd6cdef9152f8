// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/checkpoint/writer.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/output_file.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

class Costs;

/// One job at a time writes into a folder. If the stage began there, waits until no other job goes
/// on with it: what is read after that stays so. Collective; the first rank holds the lock. Throws
/// ExitCode::data after five minutes.
std::unique_ptr<FileLock> lock_chain(const Communicator& world, const std::string& folder,
                                     const StageChain& chain);

/// Whether what stays with the d-th local domain has come to its end. Local.
bool is_home_finished(const Run& run, const StageChain& chain, std::size_t d);

/// This rank alone, for the records of what stays with the domains that it leads. Collective.
Communicator one_rank(const Run& run);

/// What a stage leaves in its output folder: resolved.yaml, inputs.json, the owners' signed
/// documents, its artefacts and their signed lineage, run.json. All members are collective; a
/// failure on one rank is everyone's.
class RunRecord {
 public:
  /// Makes the folder if need be and starts the lineage of the stage; `in_place`, goes on with the
  /// one that is there and has no end. Throws ExitCode::data if there is one and it should not
  /// be: nothing is ever overwritten. Throws ExitCode::config if a run with another config began
  /// it.
  RunRecord(Run& run, const StageChain& chain, bool in_place, std::unique_ptr<FileLock> lock = {});

  /// Of what stays with the d-th local domain, in its own folder, signed with its key and written
  /// by one rank: `own` holds that alone.
  RunRecord(Run& run, const StageChain& chain, const Communicator& own, std::size_t d,
            bool in_place);

  /// Publishes `<folder>/<name>` and signs a statement about it; `last` closes the chain.
  void publish(const io::Checkpoint& checkpoint, const std::string& name, bool last) {
    publish(checkpoint, name, {}, last);
  }
  /// The same of one of a training's checkpoints, which makes those of the names in `removed`
  /// superfluous: once its statement stands, they go.
  void publish(const io::Checkpoint& checkpoint, const std::string& name,
               const std::vector<std::string>& removed, bool last);
  /// The same by a thread of the first rank, beside what the ranks do next; nobody may call HDF5
  /// meanwhile. What fails is everyone's error at the next call of settle() or of any publish.
  void publish_later(io::Checkpoint checkpoint, const std::string& name,
                     const std::vector<std::string>& removed);
  /// Whether that is still under way, or the first rank says `busy`. Collective.
  bool is_writing(bool busy);
  /// Waits for it.
  void settle();

  /// A statement about a file that is there already.
  void publish_written(const std::string& name);
  /// From now on, whatever fails, what is here stays.
  void keep() { *kept_ = true; }

  /// The same for a file of text, written by the first rank.
  void publish_text(const std::string& text, const std::string& name, bool last);

  /// The first of a session: what it is to do (inputs.json, and of a training its signed intent),
  /// which all its statements name, and which policies allowed that (decisions_json), as the
  /// lineage's next statement.
  void begin_session();

  /// What crossed between domains until now (egress_report), as the lineage's next statement.
  void publish_egress();

  /// A file of text that no statement names.
  void write_text(const std::string& text, const std::string& name);

  /// Adds to the statements that follow.
  void add_dependency(Artefact artefact) { dependencies_.push_back(std::move(artefact)); }

  /// run.json: who, where, with what; `results` is put under its own key.
  void write_run_json(const Json& results);
  /// What a stage other than a training ends with: `text` for people, STEM.txt, which is printed
  /// too, run.json with `about`, the egress report, and the signed result.
  void publish_result(const Json& result, const std::string& text, const Json& about);

  /// The end of a training: run.json, the egress report, and last, so that where it is all is, the
  /// model. Rank 0 says where.
  void publish_model(const io::Checkpoint& model, Json results);

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  /// Statements of earlier sessions of this run, on the first rank: those it was resumed with.
  const std::vector<Statement>& earlier() const;

 private:
  void append(Statement statement, bool last);
  void append_here(Statement statement, bool last);
  void start(const std::string& key, bool in_place);
  void write_documents();
  void sign_intent(const Digest& inputs);
  void go_on();
  void forget_if_nothing_came(const std::vector<std::string>& made);
  bool make_way(const std::vector<Statement>& statements, bool in_place) const;
  bool may_go_on(const std::vector<Statement>& statements) const;

  Run& run_;
  const Communicator& comm_;
  const Communicator& writers_;
  const StageChain& stage_;
  std::string folder_;
  std::string domain_;  ///< whose own record it is; empty: the run's
  std::string invocation_, started_;
  std::string clock_;  ///< what the statement before says; what follows says no earlier
  int ranks_;
  Readers readers_ = Readers::umask;  ///< of models and checkpoints
  std::size_t session_ = 1;  ///< first rank only: how often this run was begun, this time included
  std::vector<Artefact> dependencies_;
  std::shared_ptr<FileLock> lock_;  ///< first rank only: one job at a time writes here
  /// First rank only: names of what this session wrote, for it to take away again.
  std::shared_ptr<std::set<std::string>> written_ = std::make_shared<std::set<std::string>>();
  std::shared_ptr<bool> kept_ = std::make_shared<bool>(false);
  /// First rank only: what this session signed of what it intends.
  std::shared_ptr<std::optional<Digest>> intent_ = std::make_shared<std::optional<Digest>>();
  std::shared_ptr<Costs> costs_;  ///< of the run's own record
  std::optional<Chain> chain_;    ///< first rank only
  bool later_ = false;            ///< something was given to publish_later()
  std::future<void> writing_;     ///< first rank only; after all that its thread uses
};

}  // namespace bailiwick
