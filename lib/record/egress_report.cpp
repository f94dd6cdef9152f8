// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/egress_report.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/egress/meter.hpp"
#include "lib/record/domain_tags.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// One rank's table, messages below MPI and tags, for the first rank to add up.
Json own_table(const Run& run) {
  const EgressMeter::Transport& sent = EgressMeter::instance().transport();
  Json table = Json::array();
  for (const EgressMeter::Entry& entry : EgressMeter::instance().entries()) {
    Json calls = Json::array();
    for (const auto& [call, count] : entry.calls)
      calls.push_back({call.name, call.communicator, count.calls, count.bytes});
    table.push_back({entry.purpose, entry.declared, entry.metered, calls});
  }
  return {table, {sent.measured, sent.messages, sent.bytes}, own_tags(run)};
}

struct Purpose {
  std::string name;
  std::uint64_t declared = 0, metered = 0;
  std::map<EgressMeter::Call, EgressMeter::Count> calls;
};

/// Adds one rank's table; purposes keep the order in which ranks first met them.
void add_table(const Json& table, std::vector<Purpose>& purposes) {
  for (const Json& line : table) {
    const auto name = line[0].get<std::string>();
    auto at = std::ranges::find_if(purposes, [&](const Purpose& p) { return p.name == name; });
    if (at == purposes.end()) at = purposes.insert(at, {name, 0, 0, {}});
    at->declared += line[1].get<std::uint64_t>();
    at->metered += line[2].get<std::uint64_t>();
    for (const Json& call : line[3]) {
      EgressMeter::Count& count = at->calls[{call[0], call[1]}];
      count.calls += call[2].get<std::uint64_t>();
      count.bytes += call[3].get<std::uint64_t>();
    }
  }
}

Json to_json(const Purpose& purpose) {
  Json calls = Json::array();
  for (const auto& [call, count] : purpose.calls)
    calls.push_back({{"call", call.name},
                     {"communicator", call.communicator},
                     {"calls", count.calls},
                     {"bytes", count.bytes}});
  return {{"purpose", purpose.name},
          {"ledger", purpose.declared},
          {"meter", purpose.metered},
          {"calls", calls}};
}

}  // namespace

std::string egress_report(const Run& run) {
  const Communicator& world = run.world();
  agree(world, [] {
    for (const EgressMeter::Entry& entry : EgressMeter::instance().entries())
      if (entry.declared != entry.metered)
        throw Error(ExitCode::integrity,
                    "egress: the meter saw {} bytes cross for \"{}\", the ledger has {}",
                    entry.metered, entry.purpose, entry.declared);
  });

  std::vector<std::string> tables;
  {
    const EgressPurpose purpose("egress report");
    tables = world.gather_to(0, own_table(run).dump());
  }
  if (!world.is_root()) return {};
  std::vector<Purpose> purposes;
  EgressMeter::Transport sent{true, 0, 0};
  std::vector<Json> tags;
  for (const std::string& text : tables) {
    const Json table = parse_json(text, "egress", ExitCode::bug);
    add_table(table[0], purposes);
    sent.measured = sent.measured && table[1][0].get<bool>();
    sent.messages += table[1][1].get<std::uint64_t>();
    sent.bytes += table[1][2].get<std::uint64_t>();
    tags.push_back(table[2]);
  }

  std::uint64_t ledger = 0, meter = 0;
  Json lines = Json::array();
  for (const Purpose& purpose : purposes) {
    ledger += purpose.declared;
    meter += purpose.metered;
    lines.push_back(to_json(purpose));
  }
  Json ranks = Json::array();
  std::vector<std::vector<std::string>> domains(static_cast<std::size_t>(world.size()));
  for (const DomainFacts& domain : run.domains())
    for (const int rank : domain.ranks)
      domains[static_cast<std::size_t>(rank)].push_back(domain.name);
  for (const auto& names : domains)
    ranks.push_back(names);
  const Json report = {
      {"format", "bailiwick-egress"},
      {"version", 3},
      {"domains of ranks", ranks},
      {"bytes",
       {{"ledger", ledger},
        {"meter", meter},
        {"difference", static_cast<std::int64_t>(meter - ledger)}}},
      {"transport",
       {{"measured", sent.measured}, {"messages", sent.messages}, {"bytes", sent.bytes}}},
      {"purposes", lines},
      {"tags", merge_tags(tags)}};
  return report.dump(2) + "\n";
}

}  // namespace bailiwick
