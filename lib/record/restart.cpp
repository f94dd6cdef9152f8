// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/restart.hpp"
#include "lib/record/layout.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <sstream>

#include "io/partition/partition.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/deployed.hpp"
#include "lib/record/run_record.hpp"
#include "lib/record/same_run.hpp"
#include "lib/record/stated.hpp"
#include "lib/run/partition_files.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// What the attribute "training" begins with. In v2 the digest was of a text with every default,
/// which nobody can make again once a key is new; before, of one without the domains.
constexpr const char* fingerprint_form = "v3:";
constexpr const char* fingerprint_with_defaults = "v2:";

io::Checkpoint read_as_stated(const std::string& folder, const Statement& statement,
                              Digest* content) {
  const std::string path = folder + "/" + statement.subject_name;
  io::Checkpoint checkpoint = io::read_checkpoint(path, content);
  if (*content != statement.subject_content)
    throw Error(ExitCode::integrity, "{}: the content digest is {}, signed was {}", path,
                content->hex(),
                statement.subject_content ? statement.subject_content->hex() : "none");
  return checkpoint;
}

/// `same`: its lineage, which is gone on with, says that config and rows are the same.
void check_training(const io::Checkpoint& checkpoint, const std::string& fingerprint,
                    const std::string& path, bool same) {
  const auto found = checkpoint.attributes.find("training");
  const bool earlier =
      found != checkpoint.attributes.end() && !found->second.starts_with(fingerprint_form);
  const bool has_defaults = earlier && found->second.starts_with(fingerprint_with_defaults);
  if (has_defaults && same) return;
  if (earlier)
    throw Error(ExitCode::data, "{}: a checkpoint of an earlier release, {}", path,
                has_defaults ? "which goes on where it began alone: --resume latest in its own "
                               "folder"
                             : "which does not say which domain has which rows: end that training "
                               "with that release, or begin anew");
  if (found == checkpoint.attributes.end() || found->second != fingerprint)
    throw Error(ExitCode::data,
                "{}: not a checkpoint of this training: another config, other rows, or a final "
                "model",
                path);
}

/// Whether a statement names the partitions of the run, and no others.
bool same_rows(const Statement& statement, const Run& run) {
  const auto rows = [](const std::vector<Artefact>& inputs) {
    std::map<std::string, Digest> roots;
    for (const Artefact& input : inputs)
      if (input.name.starts_with(dependency::partition_prefix)) roots[input.name] = input.sha256;
    return roots;
  };
  return rows(statement.dependencies) == rows(run.common_dependencies());
}

/// Whether the partitions of the config that this rank can see are those that were stated, one a
/// line with its root. Whoever cannot see them leaves it to others.
bool are_as_stated(const RunConfig& config, const std::string& stated) {
  if (stated.empty()) return true;
  for (const DomainConfig& domain : config.domains)
    try {
      for (const PartitionFile& file : partition_files(domain)) {
        const PartitionManifest manifest = io::unverified_manifest(io::manifest_path(file.path));
        const std::string line =
            dependency::partition(domain.name, manifest.name) + " " + manifest.root.hex() + "\n";
        if (stated.find(line) == stated.npos) return false;
      }
    } catch (const Error&) {  // which the run would tell
      continue;
    }
  return true;
}

/// Throws ExitCode::integrity unless what a finished stage left with each domain is as it was
/// signed. Folders may lie where few ranks see them: the first that does looks. Collective.
void check_homes(const Communicator& world, const RunConfig& config, const StageChain& chain,
                 const std::string& what) {
  std::string seen;
  for (const DomainConfig& domain : config.domains)
    seen +=
        std::filesystem::exists(chain.file(chain.home_of(config.output, domain.name))) ? '1' : '0';
  const std::vector<std::string> all = world.gather(seen);
  agree(world, [&] {
    for (std::size_t d = 0; d < config.domains.size(); ++d) {
      const auto sees = [d](const std::string& of_rank) { return of_rank[d] == '1'; };
      const auto first = std::ranges::find_if(all, sees) - all.begin();
      const std::string folder = chain.home_of(config.output, config.domains[d].name);
      if (first == world.size() && !chain.is_training())
        throw Error(ExitCode::integrity, "{}: the {} there is finished, but {} is not there",
                    config.output, what, chain.file(folder));
      if (first != world.rank()) continue;
      std::vector<PublicKey> keys{PrivateKey::load(config.sign_with).public_key()};
      for (const std::string& key : config.domains[d].keys)
        keys.push_back(PublicKey::load(key));
      const Verification found =
          verify_chain(chain.file(folder), folder, keys, io::content_digest, OtherSignatures::any);
      if (!found.holds())
        throw Error(ExitCode::integrity, "{}: the {} there is finished, but:\n{}", folder, what,
                    found.failures());
    }
  });
}

/// The first failure of `work` on any rank, the same text on all; empty: it succeeded everywhere.
template <class Work>
std::string failure_of(const Communicator& world, const Work& work) {
  try {
    agree(world, work);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

std::string training_fingerprint(const Run& run, const std::vector<std::string>& columns) {
  RunConfig same = run.config();
  same.domains.clear();
  for (Section& section : same.sections)
    section.value = section.type->make();
  same.train.max_iterations = 1;
  if (same.train.federated) same.train.federated->rounds = 1;
  const Schedule::Kind schedule = same.train.descent.schedule.kind;
  if (schedule != Schedule::Kind::linear &&
      schedule != Schedule::Kind::cosine)  // those end where the training does
    same.train.descent.epochs = 1;
  std::string text = decisive_yaml(same) + join(columns, ",");
  for (const DomainFacts& domain : run.domains()) {
    text += "\n" + domain.name;
    for (const DomainFacts::Partition& partition : domain.partitions)
      text += " " + partition.root.hex();
  }
  return fingerprint_form + sha256(text).hex();
}

bool is_done(const Communicator& world, const RunConfig& config, const StageChain& chain,
             const std::string& model) {
  const EgressPurpose purpose("config");
  const std::string what = chain.is_training() ? "training" : chain.stem;
  std::int64_t done = 0;
  std::string stated;  // the partitions that it was made of
  agree(world, [&] {
    const std::string path = chain.file(config.output);
    if (!world.is_root() || !std::filesystem::exists(path)) return;
    const PublicKey key = PrivateKey::load(config.sign_with).public_key();
    if (!is_finished(path, {&key, 1}) ||
        !differences_from(config, chain, config.output, read_statements(path, {&key, 1})).empty())
      return;
    const Verification found =
        verify_chain(path, config.output, {&key, 1}, io::content_digest, OtherSignatures::any);
    if (!found.holds())
      throw Error(ExitCode::integrity, "{}: the {} there is finished, but:\n{}", config.output,
                  what, found.failures());
    done = 1;
    if (!model.empty() && std::filesystem::exists(model)) {
      const std::string home = std::filesystem::absolute(model).parent_path().string();
      if (const auto withdrawal =
              standing_withdrawal(read_approvals(home), training_chain.result, sha256_file(model)))
        throw Error(ExitCode::policy, "{}: was {}", model, withdrawn_words(*withdrawal));
      check_registered(home, model);
    }
    for (const Artefact& artefact : found.statements.back().dependencies)
      if (artefact.name == dependency::model && artefact.sha256 != io::content_digest(model))
        done = 0;
      else if (artefact.name.starts_with(dependency::partition_prefix))
        stated += artefact.name + " " + artefact.sha256.hex() + "\n";
  });
  stated = world.broadcast(0, stated);
  const std::vector<std::string> as_stated =
      world.gather(are_as_stated(config, stated) ? "" : "no");
  if (world.is_root() && std::ranges::count(as_stated, "no") > 0) done = 0;
  world.broadcast(0, {&done, 1});
  if (done != 0 && chain.at_home != nullptr) check_homes(world, config, chain, what);
  if (done != 0 && world.is_root())
    std::cout << fmt::format("{}: the {} there is finished already\n", config.output, what);
  return done != 0;
}

io::Checkpoint read_stated(const std::string& folder, const std::string& name,
                           const std::string& key) {
  const PublicKey signer = PrivateKey::load(key).public_key();
  Digest content;
  for (const Statement& statement :
       standing(read_statements(training_chain.file(folder), {&signer, 1})))
    if (statement.subject_name == name) return read_as_stated(folder, statement, &content);
  throw Error(ExitCode::integrity, "{}: no statement speaks of {}", training_chain.file(folder),
              name);
}

Restart find_restart(const Run& run, const std::string& from, const std::vector<std::string>& keys,
                     const std::string& fingerprint, const RegionalCheck& regional) {
  const Communicator& world = run.world();
  Restart restart;
  if (from.empty()) return restart;
  if (from != resume_latest) {
    const Digest signed_one = stated_content(run, from, model_keys(run, keys));
    agree(world, [&] {
      restart.checkpoint = io::read_checkpoint(from, &restart.content);
      demand_stated(signed_one, from, restart.content);
      check_training(restart.checkpoint, fingerprint, from, false);
      if (regional) regional(from);
    });
    restart.path = from;
    return restart;
  }

  const EgressPurpose purpose("checkpoints");
  const std::string& folder = run.config().output;
  std::vector<Statement> candidates;  // of the first rank
  std::string names;
  agree(world, [&] {
    if (!world.is_root() || !std::filesystem::exists(training_chain.file(folder))) return;
    const PublicKey key = PrivateKey::load(run.config().sign_with).public_key();
    const std::vector<Statement> all = read_statements(training_chain.file(folder), {&key, 1});
    check_same_config(run, training_chain, folder, all);
    candidates = standing(all);
    if (!candidates.empty()) check_not_withdrawn({folder, candidates.front(), candidates}, folder);
    std::erase_if(candidates, [](const Statement& statement) {
      return !statement.subject_name.starts_with(checkpoints_folder);
    });
    std::reverse(candidates.begin(), candidates.end());  // the newest first
    for (const Statement& statement : candidates)
      names.append(statement.subject_name).append(1, '\n');
    names.append(1, '\n');  // there is a lineage to go on with
  });
  names = world.broadcast(0, names);
  restart.in_place = !names.empty();
  std::size_t i = 0;
  std::istringstream lines(names);
  for (std::string name; std::getline(lines, name) && !name.empty();) {
    const std::string path = fmt::format("{}/{}", folder, name);
    const std::string failure = failure_of(world, [&] {
      restart.checkpoint = world.is_root() ? read_as_stated(folder, candidates[i], &restart.content)
                                           : io::read_checkpoint(path, &restart.content);
      check_training(restart.checkpoint, fingerprint, path,
                     !world.is_root() || same_rows(candidates[i], run));
      if (regional) regional(path);
    });
    const std::string content = world.broadcast(0, restart.content.hex());
    agree(world, [&] {
      if (failure.empty() && restart.content.hex() != content)
        throw Error(ExitCode::data, "{}: is another file on {} than on the first node", path,
                    node_name());
    });
    ++i;
    if (failure.empty()) {
      restart.path = path;
      break;
    }
    if (world.is_root()) std::cout << "passed over " << failure << '\n';
    restart.checkpoint = {};
  }
  if (world.is_root() && restart.in_place)
    std::cout << (restart.path.empty()
                      ? folder + ": no checkpoint there can be used: from the start\n"
                      : "goes on from " + restart.path + '\n')
              << std::flush;
  return restart;
}

void take_up(const Run& run, const Restart& restart, const std::function<void()>& work) {
  if (restart.path.empty()) return;
  agree(run.world(), [&] {
    try {
      work();
    } catch (const Error& error) {
      const std::string what = error.what();
      if (what.starts_with(restart.path)) throw;
      throw Error(error.code(), "{}: {}", restart.path, what);
    }
  });
}

}  // namespace bailiwick
