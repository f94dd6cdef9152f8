// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/finished_stage.hpp"

#include <filesystem>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

FinishedStage::FinishedStage(std::string folder, const char* stem, const PublicKey& key,
                             const std::string& advice)
    : folder_(std::move(folder)) {
  const std::string chain = path(std::string(stem) + ".jsonl");
  if (!std::filesystem::exists(chain))
    throw Error(ExitCode::data, "{}: is not there: {}", chain, advice);
  statements_ = read_statements(chain, {&key, 1});
  if (statements_.empty() || !statements_.back().final_count)
    throw Error(ExitCode::data, "{}: has no end: {}", chain, advice);
}

Digest FinishedStage::digest_of(const std::string& name) const {
  for (const Statement& statement : standing(statements_))
    if (statement.subject_name == name && statement.subject_sha256)
      return *statement.subject_sha256;
  throw Error(ExitCode::integrity, "{}: no statement of the lineage beside it speaks of it",
              path(name));
}

std::string FinishedStage::read(const std::string& name) const {
  std::string bytes = read_file(path(name));
  demand(name, sha256(bytes));
  return bytes;
}

void FinishedStage::demand(const std::string& name, const Digest& digest) const {
  if (digest != digest_of(name))
    throw Error(ExitCode::integrity, "{}: was changed after it was signed", path(name));
}

void FinishedStage::demand_rows_of(const std::string& domain,
                                   const PartitionManifest& manifest) const {
  if (made_of(dependency::partition(domain, manifest.name)) != manifest.root)
    throw Error(ExitCode::data,
                "{}: was not made of the rows that partition {} has: make it again, into another "
                "folder",
                folder_, manifest.name);
}

Digest FinishedStage::made_of(const std::string& name) const {
  const Artefact* found = find_dependency(statements_.back(), name);
  return found == nullptr ? Digest() : found->sha256;
}

std::map<std::string, Digest> FinishedStage::partitions() const {
  std::map<std::string, Digest> roots;
  for (const UsedPartition& used : partitions_of(statements_.back()))
    roots[fmt::format("{}/{}", used.domain, used.name)] = used.root;
  return roots;
}

Json read_signed_result(const std::string& folder, const std::string& stem,
                        const std::string& sign_with) {
  const FinishedStage stage(folder, stem.c_str(), PrivateKey::load(sign_with).public_key(),
                            "the stage has not come to its end");
  const std::string name = stem + ".json";
  return parse_json(stage.read(name), stage.path(name));
}

}  // namespace bailiwick
