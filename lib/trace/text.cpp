// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <map>
#include <set>

#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/trace/trace.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t problems_shown = 5;

std::string member_text(const Json& object, const char* key) {
  const auto member = object.find(key);
  if (member == object.end()) return "";
  return member->is_string() ? printable(member->get<std::string>()) : member->dump();
}

/// Writes the sections of one trace.
class Text {
 public:
  explicit Text(const Trace& trace) : trace_(trace), graph_(trace.graph) {}

  std::string write() {
    write_head();
    if (!trace_.back.sessions.empty()) {
      text_ += "\nWhat it was made of, from the last step to the first\n";
      for (const std::size_t session : trace_.back.sessions)
        write_session(graph_.sessions()[session], trace_.back, true);
    }
    if (!trace_.on.sessions.empty()) {
      text_ += "\nWhat was made of it\n";
      for (const std::size_t session : trace_.on.sessions)
        write_session(graph_.sessions()[session], trace_.on, false);
    } else if (trace_.back.sessions.empty()) {
      text_ += "\nNothing was made of it in the folders that were looked into.\n";
    }
    write_broken();
    write_end();
    return std::move(text_);
  }

 private:
  void line(const std::string& label, const std::string& rest) {
    text_ += fmt::format("  {:<10} {}\n", label, rest);
  }

  void write_head() {
    text_ += fmt::format("{}: {}", printable(trace_.path), trace_.what);
    if (trace_.items.size() == 1) {
      const Item& item = graph_.items()[trace_.items.front()];
      text_ += fmt::format("\n{} {}",
                           item.is_model()                    ? "content"
                           : item.kind == ItemKind::partition ? "root"
                                                              : "SHA-256",
                           item.digest.hex());
      for (const auto& [number, place] : item.made) {
        const TracedSession& session = graph_.sessions()[number];
        text_ +=
            "\nstated in " + printable(graph_.chain_of(session).at(session.made[place].statement));
      }
    }
    text_ += '\n';
    if (trace_.what == to_word(ItemKind::partition))
      text_ += "as its manifest says; nobody looked at the manifest's signature or at the rows\n";
    if (trace_.what == to_word(ItemKind::policy))
      text_ += "nobody looked at the policy's signature\n";
    if (trace_.row) write_row(*trace_.row);
  }

  void write_row(const RowPlace& row) {
    const Item& item = graph_.items()[row.partition];
    text_ += fmt::format("row {} is row {} of partition {} of domain {}, root {}\n", row.row,
                         row.row, printable(item.name), printable(item.domain), item.digest.hex());
    if (!row.manifest || row.manifest->manifest.block_rows == 0) {
      text_ +=
          "block not known: the partition's manifest was not found; name its folder with --in\n";
      return;
    }
    const PartitionManifest& manifest = row.manifest->manifest;
    const std::uint64_t block = row.row / manifest.block_rows;
    const std::uint64_t first = block * manifest.block_rows;
    text_ += fmt::format("it lies in block {} of {} (from 0; rows {} to {}), as {} says\n", block,
                         manifest.blocks(), first,
                         std::min(first + manifest.block_rows, manifest.rows) - 1,
                         printable(row.manifest->path));
  }

  void write_session(const TracedSession& session, const Walk& walk, bool whole) {
    const ReadChain& chain = graph_.chain_of(session);
    const Statement& statement = graph_.statement_of(session);
    const Statement& last = chain.statements[session.last].statement;
    text_ += fmt::format("\n{}{}  {}:{}-{}{}\n", statement.build_type,
                         chain.domain.empty() ? "" : " at domain " + printable(chain.domain),
                         printable(chain.path), chain.statements[session.first].line,
                         chain.statements[session.last].line,
                         chain.broken() ? "  THIS CHAIN DOES NOT HOLD" : "");
    line("run",
         fmt::format("{}, purpose {}, {} to {}", member_text(statement.external_parameters, "name"),
                     member_text(statement.external_parameters, "purpose"),
                     printable(statement.started), printable(last.finished)));
    line("session", printable(statement.invocation));
    write_signer(chain);
    write_made(session, walk);
    write_models(session);
    write_decisions(session);
    if (!whole) return;
    line("inputs", digest_of(session, ItemKind::inputs));
    std::string before = std::move(text_);
    text_.clear();
    write_surroundings(session, statement, walk);
    const auto [same, is_new] = surroundings_.try_emplace(text_, &session);
    before += is_new ? text_
                     : fmt::format("  {:<10} as of the session {} above\n", "the rest",
                                   printable(graph_.statement_of(*same->second).invocation));
    text_ = std::move(before);
  }

  void write_surroundings(const TracedSession& session, const Statement& statement,
                          const Walk& walk) {
    line("site", fmt::format("{}, {} ranks, {} domains", printable(statement.builder),
                             member_text(statement.internal_parameters, "ranks"),
                             member_text(statement.internal_parameters, "domains")));
    write_program(session, statement);
    line("config", fmt::format("{} {}", member_text(statement.external_parameters, "config"),
                               digest_of(session, ItemKind::config)));
    write_domains(session, walk);
    for (const std::string& problem : session.problems)
      line("NOTE", problem);
  }

  void write_signer(const ReadChain& chain) {
    const auto known = std::ranges::count_if(
        chain.statements, [](const ReadStatement& statement) { return statement.known; });
    line("signed", fmt::format("by key {}, {}", printable(chain.statements.front().key),
                               known == 0 ? "which was not given: not checked"
                               : static_cast<std::size_t>(known) == chain.statements.size()
                                   ? "checked"
                                   : fmt::format("{} of {} statements checked", known,
                                                 chain.statements.size())));
  }

  void write_made(const TracedSession& session, const Walk& walk) {
    const ReadChain& chain = graph_.chain_of(session);
    std::size_t gone = 0;
    for (const Product& product : session.made) {
      const Item& item = graph_.items()[product.item];
      if (!walk.items.contains(product.item)) continue;
      const FileState state = trace_.files.at({session.chain, product.statement});
      const bool asked = std::ranges::find(trace_.items, product.item) != trace_.items.end() &&
                         trace_.items.size() == 1;
      if (item.is_paper() && !asked && state != FileState::changed) continue;
      if (item.kind == ItemKind::checkpoint && !asked &&
          (state == FileState::removed || state == FileState::replaced)) {
        ++gone;
        continue;
      }
      const ReadStatement& read = chain.statements[product.statement];
      line("made", fmt::format("{}  {} {}, line {}, {}", printable(read.statement.subject_name),
                               item.is_model() ? "content" : "SHA-256", short_digest(item.digest),
                               read.line, to_word(state)));
    }
    if (gone > 0)
      line("", fmt::format("{} checkpoint{} removed since", gone, gone == 1 ? "" : "s"));
  }

  void write_models(const TracedSession& session) {
    for (const std::size_t used : session.used) {
      const Item& item = graph_.items()[used];
      if (!item.is_model()) continue;
      std::vector<std::string> from;
      for (const auto& [number, place] : item.made) {
        const TracedSession& maker = graph_.sessions()[number];
        from.push_back(printable(graph_.chain_of(maker).at(maker.made[place].statement)));
      }
      const std::string role = graph_.role_of(session, used);
      line(role == dependency::resumed_from   ? "resumed"
           : role == dependency::common_model ? "common"
                                              : "model",
           fmt::format("{}, {}", short_digest(item.digest),
                       from.empty() ? "made by no chain that was found; name its folder with --in"
                                    : join(from)));
    }
  }

  void write_decisions(const TracedSession& session) {
    const auto checked = [](const std::string& key, bool known) {
      return fmt::format("key {}, {}", printable(key).substr(0, 12),
                         known ? "checked" : "which was not given");
    };
    const ReadChain& chain = graph_.chain_of(session);
    for (std::size_t i = session.first; i <= session.last; ++i)
      for (const auto& [key, known] : chain.statements[i].countersigned)
        line("signed too",
             fmt::format("line {}, {}", chain.statements[i].line, checked(key, known)));
    for (const FoundDecision* decision : graph_.decisions_about(session))
      line(decision->word,
           fmt::format("{}, {}{}{}; {}; {}", printable(decision->about), printable(decision->time),
                       decision->by.empty() ? "" : " by " + printable(decision->by),
                       decision->reason.empty() ? "" : ": " + printable(decision->reason),
                       checked(decision->key, decision->known), printable(decision->at)));
  }

  void write_program(const TracedSession& session, const Statement& statement) {
    std::string version;
    for (const Artefact& artefact : statement.dependencies)
      if (artefact.name == dependency::binary)
        version = member_text(artefact.annotations, "version") + ", ";
    line("program",
         fmt::format("{}binary {}, commit {}, libraries {}", version,
                     digest_of(session, ItemKind::binary),
                     statement.source_commit.empty() ? "not known exactly"
                                                     : printable(statement.source_commit),
                     digest_of(session, ItemKind::libraries)));
  }

  std::string digest_of(const TracedSession& session, ItemKind kind) const {
    for (const std::size_t used : session.used)
      if (graph_.items()[used].kind == kind) return short_digest(graph_.items()[used].digest);
    return "-";
  }

  /// Owners, place and terms of a domain, in the last columns of its lines.
  std::vector<std::string> domain_line(const TracedSession& session, const std::string& domain,
                                       const Item* policy) const {
    std::vector<std::string> line(9, "-");
    if (!domain.empty()) line[0] = printable(domain);
    if (const auto facts = session.domains.find(domain); facts != session.domains.end()) {
      if (!facts->second.jurisdiction.empty()) line[1] = printable(facts->second.jurisdiction);
      if (facts->second.serial) line[6] = fmt::format("{}", *facts->second.serial);
      std::vector<std::string> owners;
      for (const std::string& owner : facts->second.owners)
        owners.push_back(printable(owner).substr(0, 12));
      if (!owners.empty()) line[8] = join(owners, "+");
    }
    if (policy == nullptr) return line;
    if (!policy->uid.empty()) line[5] = printable(policy->uid);
    line[7] = short_digest(policy->digest);
    return line;
  }

  void write_domains(const TracedSession& session, const Walk& walk) {
    std::vector<std::vector<std::string>> table{
        {"domain", "place", "partition", "rows", "root", "policy", "serial", "SHA-256", "owners"}};
    std::map<std::string, const Item*> policies;
    for (const std::size_t used : session.used)
      if (const Item& item = graph_.items()[used];
          item.kind == ItemKind::policy && graph_.matters(session, used, walk.items))
        policies[item.domain] = &item;
    std::set<std::string> met;
    for (const std::size_t used : session.used) {
      const Item& item = graph_.items()[used];
      if (item.kind != ItemKind::partition || !graph_.matters(session, used, walk.items)) continue;
      met.insert(item.domain);
      const auto policy = policies.find(item.domain);
      table.push_back(
          domain_line(session, item.domain, policy == policies.end() ? nullptr : policy->second));
      table.back()[2] = printable(item.name);
      if (item.rows) table.back()[3] = fmt::format("{}", *item.rows);
      table.back()[4] = short_digest(item.digest);
    }
    for (const auto& [domain, policy] : policies)  // version 1 does not say whose partitions are
      if (!met.contains(domain)) table.push_back(domain_line(session, domain, policy));
    if (table.size() == 1) return;
    const std::string lines = aligned(table);
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::size_t end = lines.find('\n', begin) + 1;
      text_ += "  " + lines.substr(begin, end - begin);
      begin = end;
    }
  }

  void write_broken() {
    if (trace_.broken_chains() > 0) text_ += "\nChains that do not hold\n";
    for (const std::size_t i : trace_.chains) {
      const ReadChain& chain = graph_.chains()[i];
      for (std::size_t j = 0; j < std::min(problems_shown, chain.problems.size()); ++j)
        text_ += fmt::format("  {}: {}\n", printable(chain.path), chain.problems[j]);
      if (chain.problems.size() > problems_shown)
        text_ += fmt::format("  {}: and {} more\n", printable(chain.path),
                             chain.problems.size() - problems_shown);
    }
    for (const std::string& log : graph_.found().broken)
      text_ += "\ndoes not hold: " + log + "\n";
    for (const std::string& unseen : graph_.found().unseen)
      text_ += "\nnot looked into: " + unseen + "\n";
  }

  void write_end() {
    text_ += "\nDigests in tables are cut to 12 digits; --format json has them whole.\n";
    if (const std::size_t broken = trace_.broken_chains(); broken > 0)
      text_ += fmt::format("{} of {} chains do not hold: believe nothing that rests on them.\n",
                           broken, trace_.chains.size());
    text_ += fmt::format(
        "{} statements are signed by a known key, {} by an unknown one{}\n", trace_.known,
        trace_.unknown,
        trace_.unknown == 0 ? "." : ", which nobody checked: give its public key with --key.");
  }

  const Trace& trace_;
  const Graph& graph_;
  std::string text_;
  std::map<std::string, const TracedSession*> surroundings_;  ///< that were written already
};

}  // namespace

std::string trace_text(const Trace& trace) {
  return Text(trace).write();
}

}  // namespace bailiwick
