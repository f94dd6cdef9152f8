// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/export/run.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/stage_chain.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Whether the run's own chain lies where one may: in the folder, or below it under a name.
bool is_of_run(const ReadChain& chain, const fs::path& folder) {
  if (!chain.domain.empty()) return false;
  const fs::path place = fs::path(chain.folder);
  if (place == folder) return true;
  return chain.stage->named != nullptr && place.parent_path() == folder / chain.stage->named;
}

/// No later statement is about the same name or removes it.
bool stands(const ReadChain& chain, std::size_t number) {
  const std::string& name = chain.statements[number].statement.subject_name;
  return std::none_of(chain.statements.begin() + static_cast<std::ptrdiff_t>(number) + 1,
                      chain.statements.end(), [&](const ReadStatement& later) {
                        return later.statement.subject_name == name ||
                               std::ranges::find(later.statement.removed, name) !=
                                   later.statement.removed.end();
                      });
}

/// Throws ExitCode::integrity unless the chain holds and the files that it is about are as signed.
void demand_as_signed(const ReadChain& chain, bool by_key) {
  if (chain.broken())
    throw Error(ExitCode::integrity, "{}: does not hold, and is not exported:\n{}", chain.path,
                join(chain.problems, "\n"));
  for (std::size_t i = 0; i < chain.statements.size(); ++i) {
    const Statement& statement = chain.statements[i].statement;
    if (by_key && !chain.statements[i].known)
      throw Error(ExitCode::integrity, "{}: is signed by key {}, which is none of those given",
                  chain.at(i), chain.statements[i].key);
    const fs::path name = fs::path(statement.subject_name).lexically_normal();
    if (name.empty() || name.is_absolute() || *name.begin() == "..")
      throw Error(ExitCode::integrity, "{}: names a file outside of the folder", chain.at(i));
    const std::string path = chain.folder + "/" + statement.subject_name;
    if (!stands(chain, i) || !fs::exists(path)) continue;
    if ((statement.subject_sha256 && sha256_file(path) != *statement.subject_sha256) ||
        (statement.subject_content && io::content_digest(path) != *statement.subject_content))
      throw Error(ExitCode::integrity,
                  "{}: was changed after {} signed it, and is not exported; see `bailiwick verify`",
                  path, chain.at(i));
  }
}

/// The same of the config and the inputs of a session, which statements name and are not about.
void demand_documents(const Graph& graph, const TracedSession& session) {
  if (session.changed) throw Error(ExitCode::integrity, "{}", join(session.problems, "\n"));
  const ReadChain& chain = graph.chain_of(session);
  const std::string path = chain.stage->resolved_config(chain.folder);
  for (const std::size_t used : session.used)
    if (const Item& item = graph.items()[used];
        item.kind == ItemKind::config && fs::exists(path) && sha256_file(path) != item.digest)
      throw Error(ExitCode::integrity, "{}: was changed after {} named it, and is not exported",
                  path, chain.at(session.first));
}

std::string text_member(const Json& object, const char* key) {
  const auto member = object.find(key);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

RunToExport open_run_to_export(const std::string& folder, const std::vector<std::string>& keys) {
  if (!fs::is_directory(folder) || !holds_chain(folder))
    throw Error(ExitCode::data, "{}: is not the output folder of a run", folder);
  const fs::path place = fs::canonical(folder);
  const std::vector<PublicKey> opened = load_public_keys(keys);
  FoundRecords found = find_records({place.string()}, opened);
  std::erase_if(found.chains, [&](const ReadChain& chain) { return !is_of_run(chain, place); });
  for (const ReadChain& chain : found.chains)
    demand_as_signed(chain, !keys.empty());
  RunToExport run{place.string(), Graph(std::move(found)), {}};
  for (std::size_t i = 0; i < run.graph.sessions().size(); ++i) {
    demand_documents(run.graph, run.graph.sessions()[i]);
    run.sessions.push_back(i);
  }
  std::ranges::stable_sort(run.sessions, {}, [&](std::size_t i) {
    const Statement& statement = run.graph.statement_of(run.graph.sessions()[i]);
    // Within one second: a model comes before what uses it.
    const bool uses_model = find_dependency(statement, dependency::model) != nullptr;
    return std::tuple(statement.started, statement.finished, uses_model);
  });
  if (run.sessions.empty())
    throw Error(ExitCode::data, "{}: holds what stays with a domain, and no run", folder);
  return run;
}

RunFile RunToExport::file(const std::string& name) const {
  const std::string path = folder + "/" + name;
  return {name, path, sha256_file(path), fs::file_size(path)};
}

std::string RunToExport::placed(const TracedSession& session, const std::string& name) const {
  return (fs::path(graph.chain_of(session).folder).lexically_relative(folder) / name)
      .lexically_normal()
      .generic_string();
}

std::vector<std::pair<Product, RunFile>> RunToExport::products(const TracedSession& session) const {
  std::vector<std::pair<Product, RunFile>> list;
  const ReadChain& chain = graph.chain_of(session);
  for (const Product& product : session.made) {
    const std::string name =
        placed(session, chain.statements[product.statement].statement.subject_name);
    if (stands(chain, product.statement) && fs::exists(folder + "/" + name))
      list.emplace_back(product, file(name));
  }
  return list;
}

std::vector<RunFile> RunToExport::documents(const TracedSession& session) const {
  const ReadChain& chain = graph.chain_of(session);
  std::vector<RunFile> list;
  // Which of several inputs is the session's is told by its digest.
  const std::size_t most = chain.statements.size();
  std::vector<std::string> names = {
      fs::path(chain.stage->resolved_config("")).relative_path().generic_string()};
  for (std::size_t i = 1; i <= most; ++i)
    names.push_back(chain.stage->session_file("inputs", i));
  for (const std::string& name : names) {
    const std::string place = placed(session, name);
    if (!fs::exists(folder + "/" + place)) continue;
    RunFile there = file(place);
    if (std::ranges::any_of(session.used, [&](std::size_t used) {
          const Item& item = graph.items()[used];
          return (item.kind == ItemKind::config || item.kind == ItemKind::inputs) &&
                 item.digest == there.sha256;
        }))
      list.push_back(std::move(there));
  }
  return list;
}

const Statement* RunToExport::trained() const {
  for (const ReadChain& chain : graph.chains())
    if (chain.stage->is_training() && chain.finished) return &chain.statements.back().statement;
  return nullptr;
}

RunFile RunToExport::model() const {
  const Statement* statement = trained();
  if (statement == nullptr)
    throw Error(ExitCode::data, "{}: holds no training that ended with a model", folder);
  if (!fs::exists(folder + "/" + statement->subject_name))
    throw Error(ExitCode::data, "{}/{}: is not there", folder, statement->subject_name);
  return file(statement->subject_name);
}

std::string RunToExport::name() const {
  return text_member(graph.statement_of(graph.sessions()[sessions.front()]).external_parameters,
                     "name");
}

std::string RunToExport::purpose() const {
  return text_member(graph.statement_of(graph.sessions()[sessions.front()]).external_parameters,
                     "purpose");
}

std::string RunToExport::finished() const {
  std::string last;
  for (const std::size_t number : sessions) {
    const TracedSession& session = graph.sessions()[number];
    last = std::max(last, graph.chain_of(session).statements[session.last].statement.finished);
  }
  return last;
}

}  // namespace bailiwick
