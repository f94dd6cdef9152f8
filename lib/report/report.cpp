// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/report/report.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/failure.hpp"
#include "lib/core/names.hpp"
#include "lib/folder/facts.hpp"
#include "lib/report/markup/style.hpp"
#include "lib/report/sections.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

struct PageSection {
  const char* id;
  const char* title;
  Html (*make)(const ReportFacts& facts);
};

constexpr PageSection page_sections[] = {
    {"participants", "Who took part, under which terms", participants_section},
    {"model", "The model", model_section},
    {"training", "How it was trained", training_section},
    {"evaluation", "How good it is, for each owner", evaluation_section},
    {"explanation", "What the model makes of each feature", explanation_section},
    {"attribution", "What each owner made of the model", attribution_section},
    {"monitor", "Whether rows have changed", monitor_section},
    {"survival", "Survival curves", survival_section},
    {"description", "The columns", description_section},
    {"quality", "Whether the data are fit for it", quality_section},
    {"labels", "What the rows are", label_section},
    {"approval", "What was intended, and who approved", approval_section},
    {"egress", "What left", egress_section},
    {"comparison", "Beside another run", comparison_section},
    {"lineage", "Lineage", lineage_section},
    {"cost", "What it cost", cost_section},
    {"annex", "Annex: facts under the headings of others", annex_section}};

/// Findings without the folder before its files: it may be called otherwise tomorrow.
void verify_for_report(ReportFacts& facts, const VerifyOptions& options,
                       const std::string& itself) {
  const std::string& folder = facts.folder.path;
  try {
    facts.verification = verify_run(folder, options);
  } catch (const Error& error) {
    if (error.code() == ExitCode::config) throw;  // a key that cannot be read
    facts.failure = caught_error().what();
    return;
  }
  const auto shorten_path = [&](std::string& text) {
    for (std::size_t at; (at = text.find(folder + "/")) != std::string::npos;)
      text.erase(at, folder.size() + 1);
  };
  for (Finding& finding : facts.verification->findings)
    shorten_path(finding.what);
  std::erase_if(facts.verification->unsigned_files, [&](const std::string& name) {
    return name == "report.html" || name == "report.md" ||
           fs::weakly_canonical(fs::path(folder) / name) == fs::weakly_canonical(itself);
  });
}

}  // namespace

std::optional<bool> ReportFacts::verified() const {
  if (!failure.empty()) return false;
  if (!verification) return {};
  return std::ranges::all_of(verification->findings,
                             [](const Finding& finding) { return finding.holds; });
}

std::string report_page(const std::string& folder, const ReportOptions& options) {
  ReportFacts facts{read_run_folder(folder), {}, {}, {}, {}, {}, {}, {}};
  if (!options.against.empty()) facts.other = read_run_folder(options.against);
  for (const PublicKey& key : load_public_keys(options.verification.approver_keys))
    facts.approvers.insert(key.id());
  if (!options.verification.keys.empty())
    verify_for_report(facts, options.verification, options.itself);
  const StageRecord& main = facts.folder.main();
  if (!main.statements.empty())
    facts.ingests = read_ingests(folder, main.inputs, main.statements.back(), options.verification);
  if (!options.registry.empty())
    facts.registry = read_deployments(options.registry, facts.folder.model_digest);
  if (!options.in.empty())
    facts.elsewhere = count_intents_in(options.in, fact_text(main.inputs, "purpose"));
  const std::string said = fact_text(main.inputs, "name");
  const std::string name = said.empty() ? facts.folder.name : said;

  Html contents = "<li><a href=\"#summary\">Summary</a></li>\n", sections;
  for (const PageSection& section : page_sections) {
    const Html body = section.make(facts);
    if (body.empty()) continue;
    contents += html("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.title);
    sections += html(
        "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n"
        "{2}</section>\n",
        section.id, section.title, body);
  }
  const std::string version = fact_text(main.run, "version");
  const std::string finished = main.sessions.empty() ? "" : main.sessions.back().finished;
  return html(
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
             "'unsafe-inline'\">\n"
             "<title>{0}: report of a run</title>\n<style>\n{1}</style>\n</head>\n<body>\n"
             "<a class=\"skip\" href=\"#summary\">To the summary</a>\n"
             "<header><p class=\"kicker\">Report of a run of "
             "Bailiwick{2}{3}</p>\n<h1>{0}</h1></header>\n"
             "<main>\n<section id=\"summary\" aria-labelledby=\"summary-title\">\n"
             "<h2 id=\"summary-title\">Summary</h2>\n{4}</section>\n"
             "<nav aria-label=\"Contents\"><h2>Contents</h2><ol>\n{5}</ol></nav>\n{6}</main>\n"
             "<footer><p>Made by <code>bailiwick report</code> from what lies in the folder; for "
             "reading, and signed by nobody. What is signed, <code>bailiwick verify</code> "
             "checks.</p>"
             "</footer>\n</body>\n</html>\n",
             name, style_sheet(), version.empty() ? "" : " " + version,
             finished.empty() ? "" : ", last statement of " + finished, summary_section(facts),
             contents, sections)
      .markup();
}

}  // namespace bailiwick
