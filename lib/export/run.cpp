// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/export/run.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <tuple>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/iri.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/record/signed_documents.hpp"

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
    if (file_state(chain, i) == FileState::changed)
      throw Error(ExitCode::integrity,
                  "{}/{}: was changed after {} signed it, and is not exported; see `bailiwick "
                  "verify`",
                  chain.folder, statement.subject_name, chain.at(i));
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
  const auto found = read.find(name);
  if (found != read.end()) return found->second;
  const std::string path = folder + "/" + name;
  return read.emplace(name, RunFile{name, path, sha256_file(path), fs::file_size(path)})
      .first->second;
}

std::optional<Json> RunToExport::policy(const TracedSession& session, const Item& item) const {
  const std::string path =
      folder + "/" + placed(session, policy_document(item.domain, item.digest));
  if (!fs::exists(path)) return {};
  const Envelope envelope = envelope_from_json(read_file(path), path, ExitCode::data);
  if (sha256(envelope.payload) != item.digest) return {};
  return parse_document(envelope.payload, path);
}

std::optional<std::pair<std::size_t, RunFile>> RunToExport::made_before(std::size_t session,
                                                                        std::size_t item) const {
  const auto end = std::ranges::find(sessions, session);
  for (auto maker = std::make_reverse_iterator(end); maker != sessions.rend(); ++maker) {
    const auto made = products(graph.sessions()[*maker]);
    const auto last = std::find_if(made.rbegin(), made.rend(),
                                   [&](const auto& one) { return one.first.item == item; });
    if (last != made.rend()) return std::pair(*maker, last->second);
  }
  return {};
}

bool RunToExport::ended(const TracedSession& session) const {
  const ReadChain& chain = graph.chain_of(session);
  return chain.statements[session.last].statement.final_count.has_value() ||
         std::ranges::any_of(products(session), [&](const auto& product) {
           return graph.items()[product.first.item].kind == ItemKind::egress;
         });
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
    if (chain.fates[product.statement] == SubjectFate::stands && fs::exists(folder + "/" + name))
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

std::vector<RunFile> RunToExport::papers() const {
  std::vector<std::string> names;
  for (const SignedLog& log : all_logs)
    if (fs::exists(folder + "/" + log.file)) names.emplace_back(log.file);
  if (const fs::path documents = fs::path(folder) / documents_folder; fs::is_directory(documents))
    for (const auto& entry : fs::recursive_directory_iterator(documents))
      if (entry.is_regular_file() && !entry.is_symlink())
        names.push_back(entry.path().lexically_relative(folder).generic_string());
  std::ranges::sort(names);
  std::vector<RunFile> files;
  for (const std::string& name : names)
    files.push_back(file(name));
  return files;
}

std::optional<Approval> RunToExport::withdrawal() const {
  const Statement* statement = trained();
  if (statement == nullptr || !statement->subject_sha256) return {};
  return standing_withdrawal(read_approvals(folder), statement->subject_name,
                             *statement->subject_sha256);
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

bool RunToExport::has_older_format() const {
  return std::ranges::any_of(graph.chains(), [](const ReadChain& chain) {
    return chain.statements.front().statement.version < lineage_version;
  });
}

ExportedProgram program_of(const Statement& statement) {
  const Artefact* binary = find_dependency(statement, dependency::binary);
  if (binary == nullptr) return {"unknown", "unknown"};
  const std::string version = text_member(binary->annotations, "version");
  return {version.empty() ? "unknown" : version, binary->sha256.hex()};
}

std::string site_iri(const Statement& statement) {
  return percent_encoded(statement.builder, ":/%");
}

std::string site_name(const Statement& statement) {
  return percent_decoded(statement.builder.substr(statement.builder.rfind('/') + 1));
}

std::string with_offset(const std::string& moment) {
  return moment.ends_with('Z') ? moment.substr(0, moment.size() - 1) + "+00:00" : moment;
}

const char* media_type(const std::string& name) {
  constexpr std::pair<std::string_view, const char*> types[] = {{".h5", "application/x-hdf5"},
                                                                {".json", "application/json"},
                                                                {".jsonl", "application/jsonl"},
                                                                {".yaml", "application/yaml"},
                                                                {".csv", "text/csv"}};
  for (const auto& [end, type] : types)
    if (name.ends_with(end)) return type;
  return "application/octet-stream";
}

}  // namespace bailiwick
