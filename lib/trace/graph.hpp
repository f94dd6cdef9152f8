// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/core/words.hpp"
#include "lib/trace/find.hpp"

namespace bailiwick {

/// What statements speak of.
enum class ItemKind {
  partition,
  policy,
  config,
  inputs,
  binary,
  libraries,
  site,
  model,
  checkpoint,
  prediction_file,
  result,  ///< evaluation.json, prediction.json, description.json, survival.json, …
  decisions,
  egress,
};
template <>
inline constexpr std::array words<ItemKind>{std::pair{ItemKind::partition, "partition"},
                                            std::pair{ItemKind::policy, "policy"},
                                            std::pair{ItemKind::config, "config"},
                                            std::pair{ItemKind::inputs, "inputs"},
                                            std::pair{ItemKind::binary, "binary"},
                                            std::pair{ItemKind::libraries, "libraries"},
                                            std::pair{ItemKind::site, "site"},
                                            std::pair{ItemKind::model, "model"},
                                            std::pair{ItemKind::checkpoint, "checkpoint"},
                                            std::pair{ItemKind::prediction_file, "prediction file"},
                                            std::pair{ItemKind::result, "result"},
                                            std::pair{ItemKind::decisions, "decisions"},
                                            std::pair{ItemKind::egress, "egress report"}};

/// Something that one or several statements name by the same digest.
struct Item {
  ItemKind kind = ItemKind::result;
  Digest digest;                      ///< content of models and checkpoints, root of partitions
  std::string name;                   ///< as the first statement calls it
  std::string domain;                 ///< of partitions and policies
  std::optional<std::uint64_t> rows;  ///< of partitions
  std::string uid;                    ///< of policies
  std::vector<std::pair<std::size_t, std::size_t>> made;  ///< session, and which of its products
  std::vector<std::size_t> used_by;                       ///< sessions

  bool is_model() const { return kind == ItemKind::model || kind == ItemKind::checkpoint; }
  /// decisions.json and the like: signed, and used by nothing.
  bool is_paper() const { return kind == ItemKind::decisions || kind == ItemKind::egress; }
};

/// A file that a statement is about.
struct Product {
  std::size_t item = 0;
  std::size_t statement = 0;  ///< in its chain
};

/// What a session's decisions and inputs say of a domain.
struct SessionDomain {
  std::string jurisdiction;
  std::vector<std::string> owners;  ///< key ids
  std::optional<std::uint64_t> serial;
};

/// A session of a chain.
struct TracedSession {
  std::size_t chain = 0;
  std::size_t first = 0, last = 0;  ///< statements
  std::vector<std::size_t> used;    ///< items, in the order of the dependencies
  std::vector<Product> made;
  std::map<std::string, SessionDomain> domains;
  std::vector<std::string> problems;  ///< why facts are missing
  bool changed = false;               ///< because a text was changed after it was signed
  /// What stays with a domain: the session of the run's own chain beside it, where there is one.
  std::optional<std::size_t> run;
};

/// All that chains say: sessions, what they used and what they made.
class Graph {
 public:
  explicit Graph(FoundRecords found);

  const std::vector<ReadChain>& chains() const { return found_.chains; }
  const FoundRecords& found() const { return found_; }
  const std::vector<TracedSession>& sessions() const { return sessions_; }
  const std::vector<Item>& items() const { return items_; }
  const ReadChain& chain_of(const TracedSession& session) const {
    return found_.chains[session.chain];
  }
  const Statement& statement_of(const TracedSession& session) const {
    return chain_of(session).statements[session.first].statement;
  }
  /// The item of that digest, where a statement names one: of a model its content.
  std::optional<std::size_t> find(ItemKind kind, const Digest& digest) const;
  /// Of a file's bytes, whatever it is.
  std::optional<std::size_t> find_file(const Digest& sha256) const;
  /// As what the session used a model: "model", "resumed from" or "common model".
  std::string role_of(const TracedSession& session, std::size_t used) const;
  /// What people signed about what the session made, or was to do.
  std::vector<const FoundDecision*> decisions_about(const TracedSession& session) const;
  /// Whether what the session used went into that product: a prediction file is made of its own
  /// domain's partition alone.
  bool goes_into(const TracedSession& session, std::size_t used, const Product& product) const;
  /// Whether it went into something that the session made and that is one of `items`.
  bool matters(const TracedSession& session, std::size_t used,
               const std::set<std::size_t>& items) const;

 private:
  std::size_t item(ItemKind kind, const Digest& digest, const std::string& name);
  void add_session(std::size_t chain, std::size_t first, std::size_t last);
  void add_dependency(TracedSession& session, const Artefact& artefact);
  void add_product(TracedSession& session, std::size_t number, std::size_t statement);
  void take_facts(TracedSession& session, std::size_t session_in_chain);
  void tie_homes();

  FoundRecords found_;
  std::vector<TracedSession> sessions_;
  std::vector<Item> items_;
  std::map<std::pair<int, Digest>, std::size_t> by_digest_;
  std::map<Digest, std::size_t> by_file_;
};

/// Sessions, what comes first in the walk first, and the items on the way.
struct Walk {
  std::vector<std::size_t> sessions;
  std::set<std::size_t> items;
};
/// What the items were made of, and what that was made of, and so on.
Walk walk_back(const Graph& graph, const std::vector<std::size_t>& items);
/// What was made of the items, and what was made of that, and so on.
Walk walk_on(const Graph& graph, const std::vector<std::size_t>& items);

}  // namespace bailiwick
