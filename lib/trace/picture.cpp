// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/trace/picture.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t most_partitions = 4, most_files = 3;

/// Makes the boxes of one trace.
class PictureMaker {
 public:
  explicit PictureMaker(const Trace& trace) : trace_(trace), graph_(trace.graph) {}

  Picture make() {
    for (const auto* sessions : {&trace_.back.sessions, &trace_.on.sessions})
      for (const std::size_t number : *sessions)
        traced_.insert(number);
    for (const std::size_t number : traced_)
      for (const std::size_t used : graph_.sessions()[number].used)
        used_.insert(used);
    for (const std::size_t number : traced_)
      add_session(number);
    for (const std::size_t number : traced_)
      add_made(number);
    for (const std::size_t number : traced_)
      add_used(number);
    if (traced_.empty())
      for (const std::size_t item : trace_.items)
        box_of_item(item);
    return std::move(picture_);
  }

 private:
  static bool is_data(const Item& item) {
    return item.kind == ItemKind::partition || item.kind == ItemKind::policy;
  }
  bool is_asked(std::size_t item) const {
    return trace_.items.size() == 1 && trace_.items.front() == item;
  }
  bool is_on_the_way(std::size_t item) const {
    return trace_.back.items.contains(item) || trace_.on.items.contains(item);
  }

  bool is_on_its_way(const TracedSession& session, std::size_t used) const {
    return graph_.matters(session, used, trace_.back.items) ||
           graph_.matters(session, used, trace_.on.items);
  }

  std::size_t add(PictureBox box) {
    picture_.boxes.push_back(std::move(box));
    return picture_.boxes.size() - 1;
  }
  void join_boxes(std::size_t from, std::size_t to) {
    if (from != to && edges_.insert({from, to}).second) picture_.edges.push_back({from, to});
  }

  std::string looks(const char* what, const ReadChain& chain) const {
    const bool known = std::ranges::all_of(chain.statements, &ReadStatement::known);
    return std::string(what) + (chain.broken() ? " broken" : known ? "" : " unchecked");
  }

  /// The session itself, or that of the run, with which what stays with a domain was made.
  std::size_t drawn(std::size_t number) const {
    const auto run = graph_.sessions()[number].run;
    return run && traced_.contains(*run) ? *run : number;
  }

  void add_session(std::size_t number) {
    const TracedSession& session = graph_.sessions()[number];
    const ReadChain& chain = graph_.chain_of(session);
    const Statement& statement = graph_.statement_of(session);
    if (drawn(number) != number) return;
    const auto name = statement.external_parameters.find("name");
    const std::string run = name != statement.external_parameters.end() && name->is_string()
                                ? name->get<std::string>()
                                : "";
    sessions_[number] =
        add({looks("session", chain),
             {statement.build_type + (chain.domain.empty() ? "" : " at " + chain.domain), run,
              statement.started, "session " + statement.invocation.substr(0, 8)},
             fmt::format("{} {} {}, signed by key {}", chain.path, statement.build_type,
                         statement.invocation, chain.statements.front().key)});
  }

  std::size_t box_of_item(std::size_t number) {
    const auto [found, is_new] = items_.try_emplace(number, 0);
    if (!is_new) return found->second;
    const Item& item = graph_.items()[number];
    found->second =
        add({std::string(is_data(item) ? "data" : "result") + (is_asked(number) ? " asked" : ""),
             {to_word(item.kind), item.name, short_digest(item.digest)},
             item.digest.hex()});
    if (item.is_model()) picture_.boxes.back().lines.push_back("made by no chain found");
    return found->second;
  }

  void add_made(std::size_t number) {
    const TracedSession& session = graph_.sessions()[number];
    const std::size_t box = sessions_.at(drawn(number));
    std::vector<const Product*> together, alone;
    for (const Product& product : session.made) {
      const Item& item = graph_.items()[product.item];
      if (item.is_paper() || !is_on_the_way(product.item)) continue;
      const FileState state = trace_.files.at({session.chain, product.statement});
      const bool named = is_asked(product.item) || used_.contains(product.item);
      if (!named && (state == FileState::removed || state == FileState::replaced)) continue;
      const bool one_of_many =
          item.kind == ItemKind::checkpoint || !graph_.chain_of(session).domain.empty();
      (one_of_many && !named && state == FileState::as_signed ? together : alone)
          .push_back(&product);
    }
    for (const Product* product : alone)
      join_boxes(box, box_of_product(session, *product));
    if (!together.empty()) join_boxes(box, add(box_of_many(session, together)));
  }

  /// Checkpoints, or what stays with a domain: the last of them by name.
  PictureBox box_of_many(const TracedSession& session,
                         const std::vector<const Product*>& products) const {
    const ReadChain& chain = graph_.chain_of(session);
    PictureBox box{looks("result", chain),
                   {chain.domain.empty() ? fmt::format("checkpoints: {}", products.size())
                                         : "stays with " + chain.domain},
                   chain.folder};
    const std::size_t first = products.size() - std::min(products.size(), most_files);
    if (first > 0) box.lines.push_back(fmt::format("and {} more", first));
    for (std::size_t i = first; i < products.size(); ++i)
      box.lines.push_back(
          std::filesystem::path(statement_name(session, *products[i])).filename().string() + " " +
          short_digest(graph_.items()[products[i]->item].digest));
    return box;
  }

  std::string statement_name(const TracedSession& session, const Product& product) const {
    return graph_.chain_of(session).statements[product.statement].statement.subject_name;
  }

  std::size_t box_of_product(const TracedSession& session, const Product& product) {
    const ReadChain& chain = graph_.chain_of(session);
    const FileState state = trace_.files.at({session.chain, product.statement});
    const std::string folder = std::filesystem::path(chain.folder).filename().string();
    const std::string name = statement_name(session, product);
    const auto [found, is_new] = items_.try_emplace(product.item, 0);
    if (is_new) {
      const Item& item = graph_.items()[product.item];
      found->second = add({looks("result", chain) + (is_asked(product.item) ? " asked" : ""),
                           {name, "in " + folder, short_digest(item.digest)},
                           fmt::format("{}/{} {}, {}", chain.folder, name, item.digest.hex(),
                                       chain.at(product.statement))});
    }
    if (is_new)
      for (const std::string& word : decided(session, product))
        picture_.boxes[found->second].lines.push_back(word);
    if (PictureBox& box = picture_.boxes[found->second]; state != FileState::as_signed) {
      if (is_new) box.lines.push_back(to_word(state));
      if (state == FileState::changed) box.looks += " broken";
    }
    return found->second;
  }

  /// The newest of what people decided about it, and of what became of it in each registry.
  std::vector<std::string> decided(const TracedSession& session, const Product& product) const {
    const Statement& statement = graph_.chain_of(session).statements[product.statement].statement;
    std::map<std::string, std::string> newest;
    for (const FoundDecision* decision : graph_.decisions_about(session))
      if (decision->about != intent_subject && decision->is_about(statement))
        newest[decision->at.substr(0, decision->at.rfind(':'))] =
            decision->word + (decision->by.empty() ? "" : " by " + decision->by);
    std::vector<std::string> words;
    for (const auto& [log, word] : newest)
      words.push_back(word);
    return words;
  }

  /// What a domain brought into a session: its partitions under its policy.
  void add_used(std::size_t number) {
    const TracedSession& session = graph_.sessions()[number];
    const std::size_t box = sessions_.at(drawn(number));
    std::map<std::string, std::vector<std::size_t>> domains;
    for (const std::size_t used : session.used) {
      const Item& item = graph_.items()[used];
      // The common model that a domain's own comes with was made in the same session.
      const bool beside = std::ranges::any_of(
          item.made, [&](const auto& made) { return drawn(made.first) == drawn(number); });
      if (item.is_model() && !beside) join_boxes(box_of_item(used), box);
      if (is_data(item) && is_on_its_way(session, used)) domains[item.domain].push_back(used);
    }
    for (auto& [domain, of] : domains) {
      if (std::ranges::none_of(
              of, [&](std::size_t i) { return graph_.items()[i].kind == ItemKind::partition; }) &&
          !std::ranges::any_of(of, [&](std::size_t i) { return is_asked(i); }))
        continue;
      const auto [found, is_new] = domains_.try_emplace(of, 0);
      if (is_new) found->second = add_domain(session, domain, of);
      join_boxes(found->second, box);
    }
  }

  std::size_t add_domain(const TracedSession& session, const std::string& domain,
                         const std::vector<std::size_t>& of) {
    PictureBox box{"data", {domain}, "domain " + domain};
    if (const auto facts = session.domains.find(domain);
        facts != session.domains.end() && !facts->second.jurisdiction.empty())
      box.lines.front() += ", " + facts->second.jurisdiction;
    std::size_t partitions = 0;
    std::string policy;
    for (const std::size_t number : of) {
      const Item& item = graph_.items()[number];
      box.title += fmt::format(", {} {} {}", to_word(item.kind),
                               item.uid.empty() ? item.name : item.uid, item.digest.hex());
      if (is_asked(number)) box.looks = "data asked";
      if (item.kind == ItemKind::policy) {
        policy = "policy " + short_digest(item.digest);
      } else if (++partitions <= most_partitions) {
        box.lines.push_back(item.name + (item.rows ? fmt::format(": {} rows", *item.rows) : ""));
        box.lines.push_back("root " + short_digest(item.digest));
      }
    }
    if (partitions > most_partitions)
      box.lines.push_back(fmt::format("and {} partitions more", partitions - most_partitions));
    if (!policy.empty()) box.lines.push_back(policy);
    return add(std::move(box));
  }

  const Trace& trace_;
  const Graph& graph_;
  Picture picture_;
  std::set<std::size_t> traced_, used_;
  std::map<std::size_t, std::size_t> sessions_, items_;  ///< boxes
  std::map<std::vector<std::size_t>, std::size_t> domains_;
  std::set<std::pair<std::size_t, std::size_t>> edges_;
};

}  // namespace

Picture picture_of(const Trace& trace) {
  return PictureMaker(trace).make();
}

}  // namespace bailiwick
