// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/trace/graph.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/run/inputs.hpp"

namespace bailiwick {

namespace {

/// Models and checkpoints are the same by their content, whatever a statement calls them.
int digest_family(ItemKind kind) {
  return static_cast<int>(kind == ItemKind::checkpoint ? ItemKind::model : kind);
}

ItemKind kind_of_file(const StageChain& stage, const std::string& name) {
  if (name.ends_with(".h5"))
    return is_checkpoint_name(name) ? ItemKind::checkpoint : ItemKind::model;
  if (stage.is_part != nullptr && stage.is_part(name)) return ItemKind::prediction_file;
  if (name == stage.result || stage.ends_at_home(name)) return ItemKind::result;
  return name.find("egress") != std::string::npos ? ItemKind::egress : ItemKind::decisions;
}

std::string stem_of(const std::string& name) {
  return std::filesystem::path(name).stem().string();
}

/// A text that a statement of the session vouches for.
Json signed_text(const std::string& path, const Digest& digest) {
  const std::string text = read_file(path);
  if (sha256(text) != digest)
    throw Error(ExitCode::integrity, "{}: was changed after it was signed", path);
  return parse_document(text, path);
}

}  // namespace

std::size_t Graph::item(ItemKind kind, const Digest& digest, const std::string& name) {
  const auto [found, is_new] = by_digest_.try_emplace({digest_family(kind), digest}, items_.size());
  if (is_new) {
    Item made;
    made.kind = kind;
    made.digest = digest;
    made.name = name;
    items_.push_back(std::move(made));
  } else if (Item& there = items_[found->second]; there.is_model() && there.made.empty()) {
    // Who uses a model does not say whether it was a checkpoint; who made it does.
    there.kind = kind;
    there.name = name;
  }
  return found->second;
}

void Graph::add_dependency(TracedSession& session, const Artefact& artefact) {
  const std::string& name = artefact.name;
  const auto rest_after = [&](std::string_view prefix) -> std::optional<std::string> {
    if (!name.starts_with(prefix)) return {};
    return name.substr(prefix.size());
  };
  std::optional<ItemKind> kind;
  std::string shown = name, domain;
  if (const auto rest = rest_after(dependency::partition_prefix)) {
    kind = ItemKind::partition;
    const std::size_t slash = rest->find('/');  // version 1 names no domain
    if (slash != std::string::npos) domain = rest->substr(0, slash);
    shown = slash == std::string::npos ? *rest : rest->substr(slash + 1);
  } else if (const auto owner = rest_after("policy/")) {
    kind = ItemKind::policy;
    domain = *owner;
  }
  const std::pair<const char*, ItemKind> others[] = {
      {dependency::config, ItemKind::config},      {dependency::inputs, ItemKind::inputs},
      {dependency::binary, ItemKind::binary},      {dependency::libraries, ItemKind::libraries},
      {dependency::site, ItemKind::site},          {dependency::model, ItemKind::model},
      {dependency::resumed_from, ItemKind::model}, {dependency::common_model, ItemKind::model},
      {dependency::labels, ItemKind::result}};
  for (const auto& [word, of] : others)
    if (name == word) kind = of;
  if (!kind) return;
  const std::size_t number = item(*kind, artefact.sha256, shown);
  Item& used = items_[number];
  if (used.domain.empty()) used.domain = domain;
  if (const auto rows = artefact.annotations.find("rows");
      rows != artefact.annotations.end() && rows->is_number_unsigned())
    used.rows = rows->get<std::uint64_t>();
  if (const auto uid = artefact.annotations.find("uid");
      uid != artefact.annotations.end() && uid->is_string())
    used.uid = uid->get<std::string>();
  if (std::ranges::find(session.used, number) == session.used.end()) session.used.push_back(number);
}

void Graph::add_product(TracedSession& session, std::size_t number, std::size_t statement) {
  const ReadChain& chain = found_.chains[session.chain];
  const Statement& s = chain.statements[statement].statement;
  const ItemKind kind = kind_of_file(*chain.stage, s.subject_name);
  const bool by_content = s.subject_content.has_value();
  const std::size_t made =
      item(kind, by_content ? *s.subject_content : *s.subject_sha256, s.subject_name);
  if (s.subject_sha256) by_file_.try_emplace(*s.subject_sha256, made);
  items_[made].made.emplace_back(number, session.made.size());
  session.made.push_back({made, statement});
}

/// Owners, serials and jurisdictions out of what the session's statements sign.
void Graph::take_facts(TracedSession& session, std::size_t session_in_chain) {
  const ReadChain& chain = found_.chains[session.chain];
  const auto say = [&] {
    const Error error = caught_error();
    session.problems.push_back(printable(error.what()));
    if (error.code() == ExitCode::integrity) session.changed = true;
  };
  const auto path_of = [&](const std::string& name) { return chain.folder + "/" + name; };
  for (const Product& product : session.made) {
    const Statement& s = chain.statements[product.statement].statement;
    if (items_[product.item].kind != ItemKind::decisions || !s.subject_sha256) continue;
    try {
      const std::string path = path_of(s.subject_name);
      const Json decisions = signed_text(path, *s.subject_sha256);
      for (const Json& domain : json_member<Json>(decisions, "domains", path)) {
        SessionDomain& facts = session.domains[json_member<std::string>(domain, "domain", path)];
        if (domain.contains("owners"))
          facts.owners = json_member<std::vector<std::string>>(domain, "owners", path);
        const Json policy = json_member<Json>(domain, "policy", path);
        if (policy.contains("serial"))
          facts.serial = json_member<std::uint64_t>(policy, "serial", path);
      }
    } catch (...) {
      say();
    }
  }
  for (const std::size_t used : session.used) {
    if (items_[used].kind != ItemKind::inputs) continue;
    try {
      const std::string path = chain.stage->session_file("inputs", session_in_chain);
      const Inputs inputs =
          inputs_from_json(signed_text(path_of(path), items_[used].digest), path_of(path));
      for (const DomainInputs& domain : inputs.domains)
        session.domains[domain.name].jurisdiction = domain.jurisdiction;
    } catch (...) {
      say();
    }
  }
}

void Graph::add_session(std::size_t chain, std::size_t first, std::size_t last) {
  TracedSession session;
  session.chain = chain;
  session.first = first;
  session.last = last;
  const std::vector<ReadStatement>& statements = found_.chains[chain].statements;
  for (std::size_t i = first; i <= last; ++i) {
    for (const Artefact& artefact : statements[i].statement.dependencies)
      add_dependency(session, artefact);
    add_product(session, sessions_.size(), i);
  }
  for (const std::size_t used : session.used)
    items_[used].used_by.push_back(sessions_.size());
  sessions_.push_back(std::move(session));
}

/// What stays with the domains was made in the session of the run's chain that went on with it.
void Graph::tie_homes() {
  namespace fs = std::filesystem;
  for (TracedSession& home : sessions_) {
    const ReadChain& own = chain_of(home);
    if (own.domain.empty()) continue;
    const fs::path run = fs::path(own.folder).parent_path().parent_path();
    const Statement& begin = statement_of(home);
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
      const ReadChain& chain = chain_of(sessions_[i]);
      const Statement& other = statement_of(sessions_[i]);
      if (!chain.domain.empty() || chain.stage != own.stage || chain.folder != run ||
          other.started > begin.finished ||
          begin.started > chain.statements[sessions_[i].last].statement.finished)
        continue;
      if (!home.run || other.started == begin.started) home.run = i;
    }
  }
}

Graph::Graph(FoundRecords found) : found_(std::move(found)) {
  for (std::size_t c = 0; c < found_.chains.size(); ++c) {
    const std::vector<ReadStatement>& statements = found_.chains[c].statements;
    std::size_t count = 0;
    for (std::size_t first = 0; first < statements.size();) {
      std::size_t last = first;
      while (last + 1 < statements.size() &&
             statements[last + 1].statement.invocation == statements[first].statement.invocation)
        ++last;
      add_session(c, first, last);
      take_facts(sessions_.back(), ++count);
      first = last + 1;
    }
  }
  tie_homes();
}

std::optional<std::size_t> Graph::find(ItemKind kind, const Digest& digest) const {
  const auto found = by_digest_.find({digest_family(kind), digest});
  if (found == by_digest_.end()) return {};
  return found->second;
}

std::optional<std::size_t> Graph::find_file(const Digest& sha256) const {
  const auto found = by_file_.find(sha256);
  if (found == by_file_.end()) return {};
  return found->second;
}

std::string Graph::role_of(const TracedSession& session, std::size_t used) const {
  const ReadChain& chain = chain_of(session);
  for (std::size_t i = session.first; i <= session.last; ++i)
    for (const Artefact& artefact : chain.statements[i].statement.dependencies)
      for (const char* role :
           {dependency::model, dependency::resumed_from, dependency::common_model})
        if (artefact.name == role && artefact.sha256 == items_[used].digest) return role;
  return "";
}

std::vector<const FoundDecision*> Graph::decisions_about(const TracedSession& session) const {
  std::vector<const FoundDecision*> decisions;
  const std::vector<ReadStatement>& all = chain_of(session).statements;
  for (const FoundDecision& decision : found_.decisions)
    for (std::size_t i = session.first; i <= session.last; ++i)
      if (decision.is_about(all[i].statement)) {
        decisions.push_back(&decision);
        break;
      }
  return decisions;
}

bool Graph::goes_into(const TracedSession& session, std::size_t used,
                      const Product& product) const {
  const Item& input = items_[used];
  const ReadChain& chain = chain_of(session);
  if (chain.domain.empty() || chain.stage->parts_in_common) return true;
  if (input.kind == ItemKind::policy) return input.domain == chain.domain;
  if (input.kind != ItemKind::partition) return true;
  return input.domain == chain.domain &&
         (items_[product.item].kind != ItemKind::prediction_file ||
          input.name == stem_of(chain.statements[product.statement].statement.subject_name));
}

bool Graph::matters(const TracedSession& session, std::size_t used,
                    const std::set<std::size_t>& items) const {
  return items.contains(used) && std::ranges::any_of(session.made, [&](const Product& product) {
           return items.contains(product.item) && goes_into(session, used, product);
         });
}

namespace {

/// How many steps through models led to each session of the walk.
std::map<std::size_t, std::size_t> depths_of(const Graph& graph, const Walk& walk) {
  std::map<std::size_t, std::size_t> depths;
  for (const std::size_t session : walk.sessions)
    depths[session] = 0;
  // Equal models may have been made in a circle, which no depth ends.
  for (std::size_t round = 0; round < depths.size(); ++round)
    for (auto& [number, depth] : depths)
      for (const std::size_t used : graph.sessions()[number].used)
        for (const auto& [maker, place] : graph.items()[used].made)
          if (const auto found = depths.find(maker); found != depths.end() && maker != number)
            depth = std::clamp(found->second + 1, depth, walk.sessions.size());
  return depths;
}

}  // namespace

Walk walk_back(const Graph& graph, const std::vector<std::size_t>& items) {
  Walk walk;
  std::vector<std::size_t> next = items;
  walk.items.insert(items.begin(), items.end());
  for (std::size_t i = 0; i < next.size(); ++i)
    for (const auto& [number, place] : graph.items()[next[i]].made) {
      const TracedSession& session = graph.sessions()[number];
      if (std::ranges::find(walk.sessions, number) == walk.sessions.end())
        walk.sessions.push_back(number);
      for (const std::size_t used : session.used)
        if (graph.goes_into(session, used, session.made[place]) && walk.items.insert(used).second)
          next.push_back(used);
    }
  const auto depths = depths_of(graph, walk);
  std::ranges::stable_sort(walk.sessions, std::ranges::greater(),
                           [&](std::size_t i) { return depths.at(i); });
  return walk;
}

Walk walk_on(const Graph& graph, const std::vector<std::size_t>& items) {
  Walk walk;
  std::vector<std::size_t> next = items;
  walk.items.insert(items.begin(), items.end());
  for (std::size_t i = 0; i < next.size(); ++i)
    for (const std::size_t number : graph.items()[next[i]].used_by) {
      const TracedSession& session = graph.sessions()[number];
      bool reached = false;
      for (const Product& product : session.made) {
        if (!graph.goes_into(session, next[i], product)) continue;
        reached = true;
        if (walk.items.insert(product.item).second) next.push_back(product.item);
      }
      if (reached && std::ranges::find(walk.sessions, number) == walk.sessions.end())
        walk.sessions.push_back(number);
    }
  const auto depths = depths_of(graph, walk);
  std::ranges::stable_sort(walk.sessions, {}, [&](std::size_t i) { return depths.at(i); });
  return walk;
}

}  // namespace bailiwick
