// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "lib/core/text.hpp"
#include "lib/folder/facts.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/report/markup/svg.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

Html findings_page(const ReportFacts& facts) {
  if (!facts.verified())
    return html(
        "<p>{}. What follows is what the statements say; nobody has looked at their "
        "signatures. With <code>--key OPERATOR.pub.pem</code> this section says what holds; "
        "<code>bailiwick verify</code> says it alone.</p>\n",
        mark_html(Mark::unknown, "Not verified: no key was given"));
  if (!facts.failure.empty())
    return html("<p>{}: {}</p>\n", mark_html(Mark::bad, "Does not hold"), facts.failure);
  constexpr std::size_t most = 1000;  // a statement for each of many checkpoints has several
  Html broken, holding;
  std::size_t bad = 0, good = 0;
  for (const Finding& finding : facts.verification->findings) {
    if (finding.holds && ++good > most) continue;
    if (!finding.holds) ++bad;
    (finding.holds ? holding : broken) += html(
        "<li>{} {}</li>\n",
        finding.holds ? mark_html(Mark::good, "holds:") : mark_html(Mark::bad, "does not hold:"),
        finding.what);
  }
  if (good > most)
    holding +=
        html("<li>and {} more, which <code>bailiwick verify</code> lists</li>\n", good - most);
  Html page = bad == 0
                  ? html(
                        "<p>{}: all {} findings of <code>verify</code> hold under the keys that "
                        "were given.</p>\n",
                        mark_html(Mark::good, "Verified"), good)
                  : html(
                        "<p>{}: {} of {} findings do not hold.</p>\n<ul class=\"findings\">\n{}"
                        "</ul>\n",
                        mark_html(Mark::bad, "NOT VERIFIED"), bad, bad + good, broken);
  if (good > 0)
    page += details_html(html("The {} findings that hold", good),
                         html("<ul class=\"findings\">\n{}</ul>\n", holding));
  if (!facts.verification->missed.empty())
    page += html("<p>Not looked at: {}.</p>\n", join(facts.verification->missed, "; "));
  if (!facts.verification->unsigned_files.empty())
    page += html("<p>No statement speaks of these, so nobody vouches for them: {}.</p>\n",
                 join(facts.verification->unsigned_files));
  HtmlTable heads(
      "Heads: keep them out of the operator's reach, to notice a chain that was written "
      "anew or cut off",
      {{"chain"}, {"digest of its last statement"}});
  for (const auto& [name, head] : facts.verification->heads)
    heads.add({html_text(name), html("<code>{}</code>", head.hex())});
  if (!heads.empty()) page += heads.finish();
  return page;
}

std::string digest_of(const Statement& statement) {
  return statement.subject_content  ? statement.subject_content->hex()
         : statement.subject_sha256 ? statement.subject_sha256->hex()
                                    : "";
}

/// Boxes below each other: a name, and the first digits of a digest.
void draw_boxes(Svg& svg, double x, double width, double middle,
                const std::vector<std::pair<std::string, std::string>>& boxes, const char* style) {
  double y = middle - 25 * static_cast<double>(boxes.size());
  for (const auto& [name, said] : boxes) {
    svg.box({x, y + 3}, width, 44, style);
    svg.text({x + 10, y + 21}, shorten(name, 24), Anchor::start, "strong");
    svg.text({x + 10, y + 38}, shorten(said, 27), Anchor::start, "tick");
    y += 50;
  }
}

std::size_t count_dependencies(const Statement& statement, const std::string& prefix) {
  return static_cast<std::size_t>(std::ranges::count_if(
      statement.dependencies,
      [&](const Artefact& artefact) { return artefact.name.starts_with(prefix); }));
}

std::string dependency_words(const Statement& statement, const char* name) {
  const Artefact* artefact = find_dependency(statement, name);
  return artefact == nullptr ? "not named" : shorten(artefact->sha256.hex(), 13);
}

Html chain_drawing(const RunFolder& folder) {
  const StageRecord& main = folder.main();
  if (main.statements.empty()) return {};
  const Statement& last = main.statements.back();
  const auto count = [&](const char* prefix, const char* one, const char* many) {
    const std::size_t n = count_dependencies(last, prefix);
    return fmt::format("{} {}", n, n == 1 ? one : many);
  };
  const std::vector<std::pair<std::string, std::string>> inputs = {
      {count(dependency::partition_prefix, "partition", "partitions"), "by the root of their rows"},
      {count("policy/", "policy", "policies"), "by their signed terms"},
      {"config", dependency_words(last, dependency::config)},
      {"program", dependency_words(last, dependency::binary)}};
  std::size_t checkpoints = 0;
  std::set<std::string> kept;
  for (const Statement& statement : main.statements)
    checkpoints += is_checkpoint_name(statement.subject_name) ? 1 : 0;
  for (const Statement& statement : standing(main.statements))
    if (is_checkpoint_name(statement.subject_name)) kept.insert(statement.subject_name);
  std::vector<std::pair<std::string, std::string>> uses;
  std::vector<bool> of_models;  // who is to have an arrow
  for (const StageRecord& record : folder.stages) {
    if (&record == &main || record.statements.empty()) continue;
    const bool of_model = record.stage->chain.names_model;
    uses.emplace_back(record.prefix.empty() ? record.stage->chain.result
                                            : record.prefix.substr(0, record.prefix.size() - 1),
                      !of_model         ? "not made of the model"
                      : record.finished ? shorten(digest_of(record.statements.back()), 13)
                                        : "not finished");
    of_models.push_back(of_model);
  }
  constexpr std::size_t most = 7;
  if (uses.size() > most) {
    const std::size_t more = uses.size() - most + 1;
    uses.resize(most - 1);
    uses.emplace_back(fmt::format("{} more", more), "see the annex");
  }
  const double tallest = static_cast<double>(std::max(inputs.size(), uses.size()));
  const double height = 50 * tallest + 10, middle = height / 2;
  Svg svg(drawing_width, height, "What was made of what",
          "Inputs to the left, then checkpoints, the result, and what used it.");
  draw_boxes(svg, 2, 205, middle, inputs, "owner");
  double y = middle - 25 * static_cast<double>(inputs.size()) + 25;
  for (std::size_t i = 0; i < inputs.size(); ++i, y += 50)
    svg.arrow({209, y}, {238, middle + (y - middle) * 0.1});
  const bool trained = main.stage->chain.is_training();
  const std::string result =
      main.finished ? shorten(digest_of(last), 13) : std::string("not finished");
  if (trained) {
    draw_boxes(svg, 240, 190, middle,
               {{fmt::format("{} checkpoints", checkpoints), fmt::format("{} kept", kept.size())}},
               "sum");
    svg.arrow({432, middle}, {458, middle});
    draw_boxes(svg, 460, 190, middle, {{main.stage->chain.result, result}}, "result");
  } else {
    draw_boxes(svg, 240, 410, middle, {{main.stage->chain.result, result}}, "result");
  }
  draw_boxes(svg, 690, 208, middle, uses, "owner");
  y = middle - 25 * static_cast<double>(uses.size()) + 25;
  for (std::size_t i = 0; i < uses.size(); ++i, y += 50)
    if (of_models[i]) svg.arrow({652, middle + (y - middle) * 0.1}, {688, y});
  return svg.finish();
}

Html chains_table(const RunFolder& folder) {
  HtmlTable table("Chains of signed statements",
                  {{"chain"}, {"statements", true}, {"sessions", true}, {"end"}, {"signed by"}});
  for (const StageRecord& record : folder.stages)
    table.add({html("{}{}.jsonl", record.prefix, record.stage->chain.stem),
               html("{}", record.statements.size()), html("{}", record.sessions.size()),
               record.finished ? Html("finished") : Html("not finished, or cut off"),
               html("<code>{}</code>", record.signer)});
  return table.finish();
}

}  // namespace

Html lineage_section(const ReportFacts& facts) {
  const RunFolder& folder = facts.folder;
  Html page = findings_page(facts);
  page += chain_drawing(folder);
  page += chains_table(folder);
  HtmlTable table("Digests: what was signed, and what went in",
                  {{"file or dependency"}, {"of the statements of"}, {"digest"}});
  for (const StageRecord& record : folder.stages) {
    if (record.statements.empty()) continue;
    const std::string of = record.prefix + record.stage->name();
    for (const Artefact& artefact : record.statements.back().dependencies)
      if (artefact.name != "chain/previous")
        table.add({html_text(artefact.name), html_text(of),
                   html("<code>{}</code>", artefact.sha256.hex())});
    for (const Statement& statement : standing(record.statements))
      table.add({html_text(statement.subject_name), html_text(of),
                 html("<code>{}</code>", digest_of(statement))});
  }
  page += details_html("All digests in full", table.finish());
  page +=
      "<p class=\"note\">What such a chain does not prove (that it was not cut off or written "
      "anew by its signer, that its clock was right): docs/lineage.md.</p>\n";
  return page;
}

}  // namespace bailiwick
