// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/homes.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/json.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/same_run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// Whether an earlier session, which did not come to its own end, left all that this one asks for.
bool is_home_done(const Run& run, const StageChain& chain, std::size_t d,
                  std::span<const Digest> models) {
  if (!is_home_finished(run, chain, d)) return false;
  const std::string folder = chain.home_of(run.config().output, run.name_of(d));
  const PublicKey key = PrivateKey::load(run.key_at_home(d)).public_key();
  const std::vector<Statement> statements = read_statements(chain.file(folder), {&key, 1});
  check_same_config(run, chain, folder, statements);
  if (models.empty()) return true;
  const Artefact* made_by = find_dependency(statements.back(), dependency::model);
  if (made_by == nullptr || made_by->sha256 != models[d])
    throw Error(ExitCode::data,
                "{}: holds predictions of another model; name another folder with --output",
                folder);
  return true;
}

}  // namespace

LocalDomain part_of(const LocalDomain& domain, std::size_t partition, std::uint64_t first,
                    std::uint64_t count) {
  LocalDomain part = domain;
  part.paths = {domain.paths[partition]};
  part.manifests = {domain.manifests[partition]};
  if (!domain.labels.empty()) part.labels = {domain.labels[partition]};
  part.blocks = {first, count};
  return part;
}

bool is_csv_name(std::string_view name) {
  return name.size() > 4 && name.ends_with(".csv") && name.find('/') == std::string_view::npos;
}

void check_homes(const Run& run, const StageChain& chain, std::span<const Digest> models) {
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < run.local().size(); ++d)
      if (run.decomposition().leads(d)) is_home_done(run, chain, d, models);
  });
}

HomeRecords open_homes(Run& run, const StageChain& chain, const Communicator& own,
                       std::span<const Digest> models) {
  HomeRecords homes(run.local().size());
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < homes.size(); ++d) {
      if (!run.boundary().leads(d)) continue;
      if (is_home_done(run, chain, d, models)) continue;
      homes[d] = std::make_unique<RunRecord>(run, chain, own, d, true);
      if (!models.empty())
        homes[d]->add_dependency({dependency::model, models[d], Json::object(), {}});
      homes[d]->begin_session();
    }
  });
  return homes;
}

void write_partitions(const Run& run, const StageChain& chain,
                      const std::function<std::vector<std::string>(
                          std::size_t d, std::size_t p, const std::string& path)>& write) {
  std::vector<std::string> written;
  try {
    agree(run.world(), [&] {
      for (std::size_t d = 0; d < run.local().size(); ++d) {
        const LocalDomain& domain = run.local()[d];
        const std::vector<int>& ranks = run.domains()[domain.index].ranks;
        const auto member =
            static_cast<std::size_t>(std::ranges::find(ranks, run.world().rank()) - ranks.begin());
        const std::string folder = chain.home_of(run.config().output, run.name_of(d));
        for (std::size_t p = member; p < domain.paths.size(); p += ranks.size())
          std::ranges::move(write(d, p, folder + "/" + domain.manifests[p].name),
                            std::back_inserter(written));
      }
    });
  } catch (...) {
    std::error_code ignored;
    for (const std::string& path : written)
      std::filesystem::remove(path, ignored);
    throw;
  }
}

void close_homes(const Run& run, const StageChain& chain, const HomeRecords& homes,
                 std::span<const char* const> endings,
                 const std::function<Json(std::size_t d)>& said) {
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < homes.size(); ++d) {
      if (!homes[d]) continue;
      Json result = said(d);
      for (const PartitionManifest& manifest : run.local()[d].manifests) {
        for (const char* ending : endings)
          homes[d]->publish_written(manifest.name + ending);
        result["files"][manifest.name + endings.front()] = {{"rows", manifest.rows}};
      }
      homes[d]->publish_text(result.dump(2) + "\n", chain.result, true);
    }
  });
}

}  // namespace bailiwick
