// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "lib/core/names.hpp"
#include "lib/trace/trace.hpp"

namespace bailiwick {

namespace {

Json chain_json(const ReadChain& chain) {
  const auto known = std::ranges::count_if(
      chain.statements, [](const ReadStatement& statement) { return statement.known; });
  Json json = {{"path", printable(chain.path)},
               {"stage", chain.stage->stage},
               {"statements", chain.statements.size()},
               {"statements_of_known_keys", known},
               {"finished", chain.finished},
               {"holds", !chain.broken()},
               {"problems", chain.problems}};
  json["signer"] = chain.statements.empty() ? "" : printable(chain.statements.front().key);
  json["format_version"] =
      chain.statements.empty() ? 0 : chain.statements.front().statement.version;
  json["domain"] = printable(chain.domain);
  return json;
}

Json item_json(const Graph& graph, const Item& item) {
  Json json = {{"kind", to_word(item.kind)},
               {"digest", item.digest.hex()},
               {"digest_of", item.is_model()                    ? "content"
                             : item.kind == ItemKind::partition ? "rows"
                                                                : "bytes"},
               {"name", printable(item.name)}};
  if (!item.domain.empty()) json["domain"] = printable(item.domain);
  if (item.rows) json["rows"] = *item.rows;
  if (!item.uid.empty()) json["uid"] = printable(item.uid);
  if (const auto found = graph.found().partitions.find(item.digest);
      item.kind == ItemKind::partition && found != graph.found().partitions.end())
    json["manifest"] = printable(found->second.path);
  return json;
}

Json session_json(const Trace& trace, const TracedSession& session) {
  const Graph& graph = trace.graph;
  const ReadChain& chain = graph.chain_of(session);
  const Statement& first = graph.statement_of(session);
  Json made = Json::array();
  for (const Product& product : session.made) {
    const ReadStatement& read = chain.statements[product.statement];
    Json json = {{"item", product.item},
                 {"file", printable(read.statement.subject_name)},
                 {"line", read.line},
                 {"known_key", read.known}};
    if (read.statement.subject_sha256) json["sha256"] = read.statement.subject_sha256->hex();
    const auto state = trace.files.find({session.chain, product.statement});
    if (state != trace.files.end()) json["state"] = to_word(state->second);
    made.push_back(std::move(json));
  }
  Json countersigned = Json::array(), decisions = Json::array();
  for (std::size_t i = session.first; i <= session.last; ++i)
    for (const auto& [key, known] : chain.statements[i].countersigned)
      countersigned.push_back(
          {{"line", chain.statements[i].line}, {"key", printable(key)}, {"known_key", known}});
  for (const FoundDecision* decision : graph.decisions_about(session))
    decisions.push_back({{"word", decision->word},
                         {"about", printable(decision->about)},
                         {"time", printable(decision->time)},
                         {"by", printable(decision->by)},
                         {"reason", printable(decision->reason)},
                         {"at", printable(decision->at)},
                         {"key", decision->key},
                         {"known_key", decision->known}});
  Json domains = Json::object();
  for (const auto& [name, facts] : session.domains) {
    Json& domain = domains[printable(name)];
    domain = {{"jurisdiction", printable(facts.jurisdiction)}, {"owners", Json::array()}};
    for (const std::string& owner : facts.owners)
      domain["owners"].push_back(printable(owner));
    if (facts.serial) domain["policy_serial"] = *facts.serial;
  }
  Json models = Json::object();
  for (const std::size_t used : session.used)
    if (graph.items()[used].is_model()) models[std::to_string(used)] = graph.role_of(session, used);
  Json json = {
      {"chain", session.chain},
      {"models", models},
      {"lines", {chain.statements[session.first].line, chain.statements[session.last].line}},
      {"stage", printable(first.build_type)},
      {"invocation", printable(first.invocation)},
      {"started", printable(first.started)},
      {"finished", printable(chain.statements[session.last].statement.finished)},
      {"site", printable(first.builder)},
      {"commit", printable(first.source_commit)},
      {"parameters", first.external_parameters},
      {"ranks", first.internal_parameters.value("ranks", Json())},
      {"domains", domains},
      {"used", session.used},
      {"made", made},
      {"countersigned", countersigned},
      {"decisions", decisions},
      {"notes", session.problems}};
  if (session.run) json["run"] = *session.run;
  return json;
}

}  // namespace

Json trace_json(const Trace& trace) {
  const Graph& graph = trace.graph;
  Json json = {{"format", "bailiwick-trace"},
               {"version", 1},
               {"path", printable(trace.path)},
               {"what", trace.what},
               {"of", trace.items},
               {"made_of", trace.back.sessions},
               {"made_from_it", trace.on.sessions},
               {"holds", trace.holds()},
               {"statements", {{"known_key", trace.known}, {"unknown_key", trace.unknown}}},
               {"broken_logs", graph.found().broken},
               {"not_looked_into", graph.found().unseen}};
  // Numbers are those of the whole graph: what is not in the trace is not written.
  std::set<std::size_t> named(trace.items.begin(), trace.items.end());
  Json sessions = Json::object(), items = Json::object(), chains = Json::object();
  for (const auto* numbers : {&trace.back.sessions, &trace.on.sessions})
    for (const std::size_t number : *numbers) {
      const TracedSession& session = graph.sessions()[number];
      sessions[std::to_string(number)] = session_json(trace, session);
      named.insert(session.used.begin(), session.used.end());
      for (const Product& product : session.made)
        named.insert(product.item);
    }
  for (const std::size_t number : named)
    items[std::to_string(number)] = item_json(graph, graph.items()[number]);
  for (const std::size_t number : trace.chains)
    chains[std::to_string(number)] = chain_json(graph.chains()[number]);
  json["sessions"] = std::move(sessions);
  json["items"] = std::move(items);
  json["chains"] = std::move(chains);
  if (trace.row) {
    Json row = {{"row", trace.row->row}, {"partition", trace.row->partition}};
    if (trace.row->manifest && trace.row->manifest->manifest.block_rows > 0) {
      const PartitionManifest& manifest = trace.row->manifest->manifest;
      row["block"] = trace.row->row / manifest.block_rows;
      row["block_rows"] = manifest.block_rows;
      row["blocks"] = manifest.blocks();
      row["manifest"] = printable(trace.row->manifest->path);
    }
    json["row"] = std::move(row);
  }
  return json;
}

}  // namespace bailiwick
