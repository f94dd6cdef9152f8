// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/homes.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>

#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/same_run.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// The statements of an earlier session of the same run, made by the same; none: there is nothing
/// to go on from.
std::vector<Statement> earlier_at_home(const Run& run, const StageChain& chain, std::size_t d,
                                       const Artefact* made_by) {
  const std::string folder = chain.home_of(run.config().output, run.name_of(d));
  if (!std::filesystem::exists(chain.file(folder))) return {};
  const PublicKey key = PrivateKey::load(run.key_at_home(d)).public_key();
  std::vector<Statement> statements = read_statements(chain.file(folder), {&key, 1});
  if (statements.empty()) return {};
  if (statements.back().final_count)
    check_same_config(run, chain, folder, statements);
  else if (!differences_from(run.config(), chain, folder, statements).empty() ||
           !changed_rows(run, statements.back()).empty())
    return {};  // which is set aside
  if (made_by == nullptr) return statements;
  const Artefact* before = find_dependency(statements.back(), made_by->name);
  if (before == nullptr || before->sha256 != made_by->sha256)
    throw Error(ExitCode::data,
                "{}: holds {} that are of another {}; name another folder with --output", folder,
                chain.at_home, made_by->name == dependency::model ? "model" : chain.result);
  return statements;
}

}  // namespace

LocalDomain part_of(const LocalDomain& domain, std::size_t partition, BlockRange blocks) {
  LocalDomain part = domain;
  part.paths = {domain.paths[partition]};
  part.manifests = {domain.manifests[partition]};
  if (!domain.labels.empty()) part.labels = {domain.labels[partition]};
  part.blocks = blocks;
  return part;
}

void Homes::check(const Run& run, const StageChain& chain, std::span<const Artefact> made_by) {
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < run.local().size(); ++d)
      if (run.decomposition().leads(d))
        earlier_at_home(run, chain, d, made_by.empty() ? nullptr : &made_by[d]);
  });
}

Homes::Homes(Run& run, const StageChain& chain, std::vector<Artefact> made_by,
             std::vector<std::string> endings)
    : run_(run), chain_(chain), endings_(std::move(endings)), own_(one_rank(run)) {
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < made_by.size(); ++d) {
      if (!run.decomposition().leads(d)) continue;
      const std::vector<Statement> earlier = earlier_at_home(run, chain, d, &made_by[d]);
      Home& home = led_[d];
      if (earlier.empty() || !earlier.back().final_count) {
        home.record = std::make_unique<RunRecord>(run, chain, own_, d, true);
        home.record->add_dependency(std::move(made_by[d]));
        home.record->begin_session();
      }
      drop_others(d, earlier);
    }
  });
}

std::string Homes::folder(std::size_t d) const {
  return chain_.home_of(run_.config().output, run_.name_of(d));
}

bool Homes::is_whole(std::size_t d, const PartitionManifest& manifest) const {
  return std::ranges::all_of(endings_, [&](const std::string& ending) {
    return std::filesystem::exists(folder(d) + "/" + manifest.name + ending);
  });
}

/// Files that no statement vouches for, or not as they are, are made again.
void Homes::drop_others(std::size_t d, const std::vector<Statement>& earlier) {
  std::map<std::string, Digest> signed_files;
  for (const Statement& statement : standing(earlier))
    if (statement.subject_sha256) signed_files[statement.subject_name] = *statement.subject_sha256;
  const auto is_signed = [&](const std::string& name) {
    const auto found = signed_files.find(name);
    return found != signed_files.end() && sha256_file(folder(d) + "/" + name) == found->second;
  };
  for (const PartitionManifest& manifest : run_.local()[d].manifests)
    if (is_whole(d, manifest) && std::ranges::all_of(endings_, [&](const std::string& ending) {
          return is_signed(manifest.name + ending);
        }))
      led_[d].stated.insert(manifest.name);
    else
      for (const std::string& ending : endings_)
        std::filesystem::remove(folder(d) + "/" + manifest.name + ending);
}

void Homes::write_own(const Write& write) {
  for (std::size_t d = 0; d < run_.local().size(); ++d) {
    const LocalDomain& domain = run_.local()[d];
    const std::vector<int>& ranks = run_.domains()[domain.index].ranks;
    const auto member =
        static_cast<std::size_t>(std::ranges::find(ranks, run_.world().rank()) - ranks.begin());
    for (std::size_t p = member; p < domain.paths.size(); p += ranks.size()) {
      if (!is_whole(d, domain.manifests[p]))
        write(d, p, folder(d) + "/" + domain.manifests[p].name);
      state(d);
    }
  }
}

void Homes::write(RunRecord& record, const Write& write) {
  std::exception_ptr failure;
  try {
    agree(run_.world(), [&] { write_own(write); });
  } catch (...) {
    failure = std::current_exception();
  }
  try {
    agree(run_.world(), [&] {  // what the domain's other ranks wrote
      for (std::size_t d = 0; d < run_.local().size(); ++d)
        state(d);
    });
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  const std::int64_t stated = count_stated();
  if (stated > 0) record.keep();
  if (!failure) return;
  if (stated > 0 && run_.world().is_root())
    std::cout << fmt::format(
        "{} partitions are done and stay; the same command goes on with the rest\n", stated);
  std::rethrow_exception(failure);
}

/// States the partitions whose files have come to their names since the last call. Nothing on a
/// rank that does not lead the domain. Not collective.
void Homes::state(std::size_t d) {
  const auto home = led_.find(d);
  if (home == led_.end() || !home->second.record) return;
  for (const PartitionManifest& manifest : run_.local()[d].manifests) {
    if (home->second.stated.contains(manifest.name) || !is_whole(d, manifest)) continue;
    for (const std::string& ending : endings_)
      home->second.record->publish_written(manifest.name + ending);
    home->second.record->keep();  // for the next session to go on from
    home->second.stated.insert(manifest.name);
  }
}

/// Partitions, over all domains, whose files are stated. Collective.
std::int64_t Homes::count_stated() const {
  std::int64_t count = 0;
  for (const auto& [d, home] : led_)
    count += static_cast<std::int64_t>(home.stated.size());
  const EgressPurpose purpose("agreement and errors");
  run_.world().sum({&count, 1});
  return count;
}

void Homes::close(const std::function<Json(std::size_t d)>& said) {
  agree(run_.world(), [&] {
    for (const auto& [d, home] : led_) {
      if (!home.record) continue;
      Json result = said(d);
      result["files"] = Json::object();
      for (const PartitionManifest& manifest : run_.local()[d].manifests)
        result["files"][manifest.name + endings_.front()] = {{"rows", manifest.rows}};
      home.record->publish_text(result.dump(2) + "\n", chain_.result, true);
    }
  });
}

}  // namespace bailiwick
