// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/contents.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/json.hpp"

namespace bailiwick {

namespace {

/// For each rank of a session's decisions, the names of its domains in the order of the config.
Json domains_of_ranks(const Json& decisions, const std::string& what) {
  std::vector<std::vector<std::string>> holds(json_member<Json>(decisions, "ranks", what).size());
  for (const Json& domain : json_member<Json>(decisions, "domains", what))
    for (const auto rank : json_member<std::vector<std::size_t>>(domain, "ranks", what))
      if (rank < holds.size())
        holds[rank].push_back(json_member<std::string>(domain, "domain", what));
  return holds;
}

bool is_round(const std::string& purpose) {
  return purpose.starts_with("round ") || purpose.starts_with("rounds: ");
}

/// A whole number, and no other that a conversion would make one.
std::uint64_t count(const Json& object, const char* key, const std::string& what) {
  const Json value = json_member<Json>(object, key, what);
  if (!value.is_number_unsigned())
    throw Error(ExitCode::data, "{}: \"{}\" is no whole number", what, key);
  return value.get<std::uint64_t>();
}

/// What the report says was sent for one purpose.
struct Sent {
  std::string purpose;
  std::uint64_t ledger = 0, meter = 0, calls = 0;
};

Sent sent_for(const Json& line, const std::string& what) {
  Sent sent{json_member<std::string>(line, "purpose", what), count(line, "ledger", what),
            count(line, "meter", what), 0};
  for (const Json& call : json_member<Json>(line, "calls", what))
    sent.calls += count(call, "bytes", what);
  return sent;
}

/// What a model says of its embeddings, as a config says it.
Json embedding_lengths(const Json& model, const std::string& what) {
  std::map<std::string, int> lengths;
  if (model.contains("embeddings"))
    for (const Json& category : model.at("embeddings"))
      lengths[json_member<std::string>(category, "category", what)] =
          json_member<int>(category, "dimension", what);
  return lengths;
}

/// Whether a model's features can be those that a config lists: each entry is a feature, or a
/// category, which stands for levels that are called after it; what levels there are only the
/// partitions say. So do they for patterns, what is left out, and what is made of columns.
bool stand_for(const std::vector<std::string>& listed, const std::vector<std::string>& features) {
  if (std::ranges::any_of(listed, [](const std::string& entry) { return entry.starts_with('-'); }))
    return true;
  std::set<std::size_t> ends = {0};  // so many features may the entries so far stand for
  for (const std::string& entry : listed) {
    std::set<std::size_t> next;
    for (const std::size_t begin : ends) {
      if (begin < features.size() && features[begin] == entry) next.insert(begin + 1);
      const bool open = entry.find_first_of("(*:^[ ") != entry.npos;
      for (std::size_t i = begin;
           i < features.size() && (open || features[i].starts_with(entry + "_")); ++i)
        next.insert(i + 1);
    }
    ends = std::move(next);
  }
  return ends.contains(features.size());
}

}  // namespace

std::vector<std::string> egress_problems(const Json& report, const std::string& what,
                                         const std::optional<Json>& decisions, bool whole) {
  std::vector<std::string> wrong;
  const auto demand = [&](bool holds, const std::string& why) {
    if (!holds) wrong.push_back(why);
  };
  const auto format = json_member<std::string>(report, "format", what);
  const int version = json_member<int>(report, "version", what);
  demand(format == "bailiwick-egress" && (version == 2 || version == 3),
         "is no egress report of version 2 or 3");
  Sent all;
  std::set<std::string> purposes;
  bool rounds = false;
  for (const Json& line : json_member<Json>(report, "purposes", what)) {
    const Sent sent = sent_for(line, what);
    demand(sent.ledger == sent.meter && sent.meter == sent.calls,
           fmt::format("\"{}\": ledger, meter and calls differ", sent.purpose));
    demand(purposes.insert(sent.purpose).second, fmt::format("has \"{}\" twice", sent.purpose));
    rounds = rounds || (is_round(sent.purpose) && sent.meter > 0);
    all.ledger += sent.ledger;
    all.meter += sent.meter;
  }
  const Json bytes = json_member<Json>(report, "bytes", what);
  demand(count(bytes, "difference", what) == 0 && count(bytes, "ledger", what) == all.ledger &&
             count(bytes, "meter", what) == all.meter,
         "its bytes are not the sums of its purposes, or differ");
  const Json transport = json_member<Json>(report, "transport", what);
  json_member<bool>(transport, "measured", what);
  for (const char* key : {"messages", "bytes"})
    count(transport, key, what);
  const Json holds = json_member<Json>(report, "domains of ranks", what);
  demand(!decisions || holds == domains_of_ranks(*decisions, what),
         "its domains of ranks are not those of the decisions");
  if (version >= 3) {
    std::set<Json> domains;
    for (const Json& rank : holds)
      domains.insert(rank.begin(), rank.end());
    for (const Json& step : json_member<Json>(report, "tags", what))
      for (const Json& tags : json_member<Json>(step, "sums", what))
        for (const auto& tag : tags.items())
          demand(domains.contains(tag.key()), "has tags of a domain that is none");
  }
  const bool apart = std::ranges::any_of(holds, [&](const Json& rank) { return rank != holds[0]; });
  demand(!apart || !whole || rounds, "domains lie on different ranks, and no round crossed");
  return wrong;
}

namespace {

/// Of a model, what its config may leave to the partitions (model_asked).
const std::set<std::string> may_be_left_open = {"columns",  "categories", "derived",
                                                "features", "imputed",    "target"};

}  // namespace

std::vector<std::string> model_problems(const std::string& path, const Json& asked) {
  const auto attributes = io::read_checkpoint_attributes(path);
  const auto described = attributes.find("model");
  if (described == attributes.end()) throw Error(ExitCode::data, "{}: is no model", path);
  const Json model = parse_document(described->second, path);
  json_member<std::string>(asked, "kind", "model of inputs.json");
  std::vector<std::string> wrong;
  for (const auto& known : model.items())
    if (!asked.contains(known.key()) && !may_be_left_open.contains(known.key()))
      wrong.push_back(fmt::format("the inputs do not say what {} was to be", known.key()));
  for (const auto& [key, wanted] : asked.items()) {
    Json said = json_member<Json>(model, key, path);
    if (key == "features" &&
        stand_for(json_member<std::vector<std::string>>(asked, "features", path),
                  json_member<std::vector<std::string>>(model, "features", path)))
      continue;
    if (key == "mlp") said["embeddings"] = embedding_lengths(said, path);
    if (said != wanted)
      wrong.push_back(
          fmt::format("{} is {}, and the config's {}", key, said.dump(), wanted.dump()));
  }
  return wrong;
}

}  // namespace bailiwick
