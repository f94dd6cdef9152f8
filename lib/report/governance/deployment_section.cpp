// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/measures.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace {

Html state_html(ModelState state) {
  return mark_html(state == ModelState::deployed    ? Mark::good
                   : state == ModelState::withdrawn ? Mark::bad
                                                    : Mark::unknown,
                   to_word(state));
}

}  // namespace

Html deployment_html(const ReportFacts& facts) {
  if (!facts.registry) return {};
  const Deployments& registry = *facts.registry;
  if (!registry.failure.empty())
    return html("<p class=\"warning\">The registry of models: {}</p>\n", registry.failure);
  HtmlTable table("What became of the model in the registry, the newest last",
                  {{"when"}, {"name"}, {"version"}, {"became"}, {"by"}, {"why"}, {"key"}});
  for (const ModelHistory& history : registry.histories) {
    const std::string& version = version_of_digest(history, facts.folder.model_digest).name;
    for (const ModelStateChange& change : history.changes)
      if (change.version == version || change.retires == version)
        table.add({html_text(change.entry.time), html_text(history.name), html_text(version),
                   state_html(change.version == version ? change.state : ModelState::retired),
                   html_text(change.by), html_text(change.why), digest_html(change.entry.signer)});
  }
  if (table.empty()) return "<p>No name of the registry has this model.</p>\n";
  return html(
      "{}<p class=\"note\">Each line holds under a key that <code>registry.json</code> "
      "names, which key {} began.</p>\n",
      table.finish(), digest_html(registry.key));
}

Html deployment_words(const ReportFacts& facts) {
  if (!facts.registry) return {};
  if (!facts.registry->failure.empty())
    return mark_html(Mark::bad, "the registry of models does not hold");
  Html words;
  for (const ModelHistory& history : facts.registry->histories) {
    const ModelVersion& version = version_of_digest(history, facts.folder.model_digest);
    words +=
        html("{}{} as <b>{}</b> since {}", words.empty() ? "" : "; ", state_html(version.state),
             history.name, history.changes[version.last].entry.time);
  }
  return words.empty() ? Html("no name of the registry has this model.") : html("{}.", words);
}

}  // namespace bailiwick
