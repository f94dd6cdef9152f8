// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/trace/trace.hpp"

#include <algorithm>
#include <filesystem>

#include "io/checkpoint/checkpoint.hpp"
#include "io/h5/library.hpp"
#include "io/partition/partition.hpp"
#include "io/prediction/prediction_file.hpp"
#include "lib/core/error.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// What a path is, before any chain is asked.
struct Named {
  std::string what;
  std::optional<ItemKind> kind;  ///< found by this and the digest; nothing: by the file's bytes
  Digest digest;
  bool is_folder = false;
};

Named name_envelope(const std::string& path, const Envelope& envelope) {
  if (envelope.payload_type == policy_type)
    return {"policy", ItemKind::policy, sha256(envelope.payload)};
  if (envelope.payload_type == partition_manifest_type)
    return {"partition", ItemKind::partition, io::unverified_manifest(path).root};
  throw Error(ExitCode::data,
              "{}: is a signed document of type {}; partitions and policies are traced, and what "
              "chains speak of",
              path, printable(envelope.payload_type));
}

Named name_path(const std::string& path) {
  if (fs::is_directory(path)) {
    if (!holds_chain(path))
      throw Error(ExitCode::data,
                  "{}: holds no lineage.jsonl or other chain; name the output folder of a run, or "
                  "a file",
                  path);
    return {"output folder", {}, {}, true};
  }
  if (io::is_hdf5(path)) {
    const std::string manifest = io::manifest_path(path);
    if (fs::exists(manifest))
      return {"partition", ItemKind::partition, io::unverified_manifest(manifest).root};
    if (io::read_prediction_layout(path)) return {"file", {}, sha256_file(path)};
    return {"model", ItemKind::model, io::content_digest(path)};
  }
  if (path.ends_with(".json")) {
    const std::string text = read_file(path);
    if (Json::accept(text) && parse_json(text, path).contains("payloadType"))
      return name_envelope(path, envelope_from_json(text, path, ExitCode::data));
  }
  return {"file", {}, sha256_file(path)};
}

/// The output folder that a file lies in: the highest of those right above it that hold a chain.
std::optional<std::string> folder_of(const fs::path& path) {
  std::optional<std::string> folder;
  fs::path above = path;
  for (int i = 0; i < 3 && above.has_parent_path(); ++i) {
    above = above.parent_path();
    if (holds_chain(above.string())) folder = above.string();
  }
  return folder;
}

bool lies_below(const fs::path& path, const fs::path& folder) {
  const fs::path below = path.lexically_relative(folder);
  return !below.empty() && *below.begin() != "..";
}

/// Throws why no statement speaks of the file.
[[noreturn]] void refuse_unknown(const Graph& graph, const fs::path& path, const Named& named) {
  for (const ReadChain& chain : graph.chains())
    for (std::size_t i = chain.statements.size(); i-- > 0;) {
      const Statement& statement = chain.statements[i].statement;
      if (fs::path(chain.folder + "/" + statement.subject_name).lexically_normal() != path)
        continue;
      throw Error(ExitCode::integrity,
                  "{}: is not what {} signs under this name, but of digest {}: it was changed or "
                  "replaced since",
                  path.string(), chain.at(i), named.digest.hex());
    }
  throw Error(ExitCode::integrity,
              "{}: no statement of a chain that was found speaks of it (digest {}); name the "
              "folders where its run may lie with --in",
              path.string(), named.digest.hex());
}

bool has_row(const std::string& path, std::uint64_t row) {
  if (io::is_hdf5(path)) {
    const auto layout = io::read_prediction_layout(path);
    return layout && row < layout->rows;
  }
  return read_file(path, document::lineage).find(fmt::format("\n{},", row)) != std::string::npos;
}

RowPlace place_of_row(const Graph& graph, const Item& file, std::uint64_t row) {
  for (const auto& [number, place] : file.made) {
    const TracedSession& session = graph.sessions()[number];
    for (const std::size_t used : session.used) {
      const Item& item = graph.items()[used];
      if (item.kind != ItemKind::partition || !graph.goes_into(session, used, session.made[place]))
        continue;
      RowPlace found{row, used, {}};
      const auto manifest = graph.found().partitions.find(item.digest);
      if (manifest != graph.found().partitions.end()) found.manifest = manifest->second;
      return found;
    }
  }
  throw Error(ExitCode::data, "{}: its chain names no partition of this name", file.name);
}

/// What of the trace is counted, looked at and marked.
void complete(Trace& result) {
  const Graph& graph = result.graph;
  std::erase_if(result.on.sessions, [&](std::size_t session) {
    return std::ranges::find(result.back.sessions, session) != result.back.sessions.end();
  });
  for (const auto* sessions : {&result.back.sessions, &result.on.sessions})
    for (const std::size_t number : *sessions) {
      const TracedSession& session = graph.sessions()[number];
      result.chains.insert(session.chain);
      for (const Product& product : session.made)
        if (result.back.items.contains(product.item) || result.on.items.contains(product.item))
          result.files.try_emplace({session.chain, product.statement},
                                   file_state(graph.chain_of(session), product.statement));
    }
  for (std::size_t i = 0; i < graph.chains().size(); ++i)
    if (graph.chains()[i].broken()) result.chains.insert(i);
  for (const std::size_t i : result.chains)
    for (const ReadStatement& statement : graph.chains()[i].statements)
      ++(statement.known ? result.known : result.unknown);
}

}  // namespace

bool Trace::holds() const {
  for (const auto* sessions : {&back.sessions, &on.sessions})
    for (const std::size_t session : *sessions)
      if (graph.sessions()[session].changed) return false;
  return broken_chains() == 0 && graph.found().broken.empty() &&
         std::ranges::none_of(files,
                              [](const auto& file) { return file.second == FileState::changed; });
}

std::size_t Trace::broken_chains() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(chains, [&](std::size_t i) { return graph.chains()[i].broken(); }));
}

Trace trace(const TraceRequest& request) {
  if (!fs::exists(request.path))
    throw Error(ExitCode::data, "{}: there is no such file or folder", request.path);
  fs::path path = fs::canonical(request.path);
  if (path.extension() == ".jsonl") path = path.parent_path();  // a chain: all that lies there
  const Named named = name_path(path.string());
  const std::vector<PublicKey> keys = load_public_keys(request.keys);
  std::vector<std::string> folders = request.folders;
  if (named.is_folder)
    folders.push_back(path.string());
  else if (const auto own = folder_of(path))
    folders.push_back(*own);
  if (folders.empty())
    throw Error(ExitCode::usage,
                "{}: lies in no output folder of a run; say below which folders to look for runs "
                "with --in FOLDER",
                request.path);
  for (std::string& folder : folders)
    if (fs::is_directory(folder)) folder = fs::canonical(folder).string();

  Trace result{
      Graph(find_records(folders, keys)), path.string(), named.what, {}, {}, {}, {}, {}, {}};
  const auto& items = result.graph.items();
  if (named.is_folder) {
    for (std::size_t i = 0; i < items.size(); ++i)
      if (std::ranges::any_of(items[i].made, [&](const auto& made) {
            return lies_below(result.graph.chain_of(result.graph.sessions()[made.first]).path,
                              path);
          }))
        result.items.push_back(i);
  } else if (const auto found = named.kind ? result.graph.find(*named.kind, named.digest)
                                           : result.graph.find_file(named.digest)) {
    result.items.push_back(*found);
    result.what = to_word(items[*found].kind);
  } else if (named.kind == ItemKind::partition || named.kind == ItemKind::policy) {
    // Nothing was made of it: that is an answer.
  } else {
    refuse_unknown(result.graph, path, named);
  }
  if (request.row) {
    if (named.is_folder || result.items.empty() ||
        items[result.items.front()].kind != ItemKind::prediction_file)
      throw Error(ExitCode::usage,
                  "--row: {} is no prediction file, predictions/DOMAIN/NAME.csv or .hdf5",
                  request.path);
    if (!has_row(path.string(), *request.row))
      throw Error(ExitCode::data, "{}: has no line for row {}; rows are counted from 0",
                  path.string(), *request.row);
    const Item& file = items[result.items.front()];
    result.row = place_of_row(result.graph, file, *request.row);
  }
  result.back = walk_back(result.graph, result.items);
  std::vector<std::size_t> begin = result.items;
  if (named.is_folder)  // what was made there is no end of it
    std::erase_if(begin, [&](std::size_t i) { return !items[i].is_model(); });
  result.on = walk_on(result.graph, begin);
  complete(result);
  return result;
}

}  // namespace bailiwick
