// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <cmath>

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/markup/charts.hpp"
#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

/// What a purpose of egress.json (docs/egress.md) is for, in the words of who asks what left.
const char* purpose_class(const std::string& purpose) {
  if (purpose.starts_with("round")) return "sums over owners, in rounds";
  if (purpose == "places and verdicts") return "places, names of partitions, verdicts of policies";
  if (purpose == "config") return "the config";
  if (purpose == "session keys of the masks") return "public keys of the masks";
  if (purpose.ends_with("within a domain")) return "within an owner, on a rank that holds several";
  return "running the job: agreement, names, communicators";
}

/// Names and bytes in the order in which they were first met.
struct Tally {
  std::vector<std::pair<std::string, double>> entries;
  double& operator[](const std::string& name) {
    const auto found = std::ranges::find(entries, name, &std::pair<std::string, double>::first);
    return found == entries.end() ? entries.emplace_back(name, 0).second : found->second;
  }
};

Tally bytes_by(const StageRecord& record, std::string (*name)(const std::string&)) {
  Tally tally;
  for (const Json& egress : record.egress)
    for (const Json& purpose : fact_list(egress, "purposes")) {
      const std::string what = name(fact_text(purpose, "purpose"));
      const double bytes = fact_number(purpose, "meter");
      if (!what.empty() && std::isfinite(bytes)) tally[what] += bytes;
    }
  return tally;
}

/// "round 4: score" or "rounds: score" -> "score"; empty for what is no round.
std::string round_name(const std::string& purpose) {
  const std::size_t colon = purpose.find(": ");
  return purpose.starts_with("round") && colon != std::string::npos ? purpose.substr(colon + 2)
                                                                    : "";
}

/// Owners -> sum -> what came of it.
Html flow_drawing(const StageRecord& main) {
  constexpr std::size_t most = 8;
  const Json& domains = fact_list(main.inputs, "domains");
  const std::size_t shown = domains.size() > most ? most - 1 : domains.size();
  const std::size_t boxes = domains.size() > most ? most : domains.size();
  const bool masked = fact_holds(main.inputs, "masked");
  const double height = std::max(150.0, 46 * static_cast<double>(boxes) + 30);
  Svg svg(
      drawing_width, height, "What crosses, and what does not",
      "Boxes for the owners' rows, which stay; arrows of sums of integers from each to their sum "
      "over owners; an arrow from there to the result.");
  const double middle = height / 2 + 10;
  svg.text({2, 14}, "rows stay with their owner", Anchor::start, "tick strong");
  double y = 24;
  for (std::size_t i = 0; i < boxes; ++i) {
    svg.box({2, y}, 230, 38, "owner");
    const double row = y + 24;
    if (i < shown) {
      const Json& domain = domains[i];
      svg.text({14, row}, shorten(fmt::format("{} ({})", fact_text(domain, "name"),
                                              fact_text(domain, "jurisdiction")),
                                  19));
      const double rows = rows_of_domain(main, fact_text(domain, "name"));
      svg.text({222, row}, std::isfinite(rows) ? count_text(rows) + " rows" : "", Anchor::end,
               "tick");
    } else {
      svg.text({14, row}, fmt::format("and {} more owners", domains.size() - shown));
    }
    svg.arrow({234, y + 19}, {418, middle + (y + 19 - middle) * 0.25});
    y += 46;
  }
  svg.text({330, 14}, masked ? "masked integer sums" : "integer sums", Anchor::middle,
           "tick strong");
  svg.box({420, middle - 36}, 200, 72, "sum");
  svg.text({520, middle - 14}, "sum over owners", Anchor::middle, "strong");
  svg.text({520, middle + 5}, "exact, of 64-bit integers", Anchor::middle, "tick");
  svg.text({520, middle + 22}, "known to all owners", Anchor::middle, "tick");
  svg.arrow({622, middle}, {698, middle});
  svg.box({700, middle - 36}, 198, 72, "result");
  svg.text({799, middle - 8}, main.stage->chain.result, Anchor::middle, "strong");
  svg.text({799, middle + 12}, main.finished ? "signed, with its lineage" : "not finished",
           Anchor::middle, "tick");
  return svg.finish();
}

Html rounds_table(const StageRecord& main) {
  const Tally bytes = bytes_by(main, round_name);
  if (bytes.entries.empty()) return "<p>No sum crossed: all rows lie with one owner.</p>\n";
  // run.json tells of the last session.
  const bool counted = main.egress.size() == 1 && !fact_list(main.run, "rounds").empty();
  std::vector<HtmlColumn> columns = {{"sum of"}, {"bytes", true}};
  if (counted)
    columns.insert(columns.begin() + 1, {{"rounds", true}, {"integers a domain sent", true}});
  HtmlTable table("Rounds, by what was summed", columns);
  const auto add = [&](const std::string& name, double rounds, double words, double crossed,
                       bool all) {
    if (counted)
      table.add({html_text(name), html_text(count_text(rounds)), html_text(count_text(words)),
                 html_text(count_text(crossed))},
                all);
    else
      table.add({html_text(name), html_text(count_text(crossed))}, all);
  };
  double all_rounds = 0, all_words = 0, all_bytes = 0;
  for (const auto& [name, crossed] : bytes.entries) {
    double rounds = 0, words = 0;
    for (const Json& line : fact_list(main.run, "rounds"))
      if (fact_text(line, "name") == name) {
        rounds += fact_number(line, "rounds");
        words += fact_number(line, "rounds") * fact_number(line, "words");
      }
    add(name, rounds, words, crossed, false);
    all_rounds += rounds;
    all_words += words;
    all_bytes += crossed;
  }
  add("all", all_rounds, all_words, all_bytes, true);
  Html page = table.finish();
  if (!counted) page += "<p class=\"note\">How many rounds: not collected of all sessions.</p>\n";
  return page;
}

Html meter_words(const StageRecord& main) {
  if (main.egress.empty())
    return "<p>Not collected: there is no egress report that can be read.</p>\n";
  Html page = is_meter_ledger(main)
                  ? html(
                        "<p>{} every byte that the meter in front of MPI saw cross between owners "
                        "was declared in the ledger before it was sent.</p>\n",
                        mark_html(Mark::good, "Meter and ledger are equal:"))
                  : html("<p>{} see <code>egress.json</code>.</p>\n",
                         mark_html(Mark::bad, "Meter and ledger differ or are not readable:"));
  const Json& last = main.egress.back();
  if (fact_holds(last, "transport/measured"))
    page += html(
        "<p>Below MPI {} messages of {} bytes were seen to ranks of other owners in the last "
        "session: what collectives hand on is counted there again.</p>\n",
        count_text(fact_number(last, "transport/messages")),
        count_text(fact_number(last, "transport/bytes")));
  else
    page += "<p>Below MPI: not collected with this MPI.</p>\n";
  return page;
}

Html stages_table(const RunFolder& folder) {
  HtmlTable table(
      "Bytes that crossed between owners, of each command that ran here",
      {{"command"}, {"sessions", true}, {"sums", true}, {"all bytes", true}, {"meter = ledger"}});
  for (const StageRecord& record : folder.stages) {
    double sums = record.egress.empty() ? undefined : 0;
    for (const auto& [name, bytes] : bytes_by(record, round_name).entries)
      sums += bytes;
    std::string where = record.prefix;
    if (where.ends_with('/')) where.pop_back();
    table.add({html("{}{}", record.stage->name(), where.empty() ? "" : " (" + where + ")"),
               html("{}", record.sessions.size()), html_text(count_text(sums)),
               html_text(count_text(crossed_bytes(record))),
               record.egress.empty()     ? Html("not collected")
               : is_meter_ledger(record) ? mark_html(Mark::good, "yes")
                                         : mark_html(Mark::bad, "no")});
  }
  return table.finish();
}

}  // namespace

Html egress_section(const ReportFacts& facts) {
  const StageRecord& main = facts.folder.main();
  Html page = flow_drawing(main);
  page += meter_words(main);
  const Tally classes = bytes_by(
      main, [](const std::string& purpose) { return std::string(purpose_class(purpose)); });
  std::vector<Bar> bars;
  for (const auto& [name, bytes] : classes.entries)
    bars.push_back({name, count_text(bytes) + " bytes", bytes});
  std::ranges::stable_sort(bars, std::greater(), &Bar::value);
  if (!bars.empty())
    page += bar_chart(
        {fmt::format("Bytes that crossed in {}, by what they were for", main.stage->name()),
         "A bar for each class of purposes; the same numbers stand beside the bars.", ""},
        bars);
  if (!main.egress.empty()) page += rounds_table(main);
  page += stages_table(facts.folder);
  page +=
      "<p class=\"note\">What is counted, and what the meter cannot see: docs/egress.md, "
      "docs/threat-model.md. Exact sums were released; no noise for differential privacy is "
      "added in this version.</p>\n";
  return page;
}

}  // namespace bailiwick
