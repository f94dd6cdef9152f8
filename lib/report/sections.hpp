// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/folder/deployments.hpp"
#include "lib/folder/intents.hpp"
#include "lib/folder/run_folder.hpp"
#include "lib/report/markup/html.hpp"
#include "lib/verify/ingests.hpp"
#include "lib/verify/verify.hpp"

// What each section of a report holds; its heading is the page's. An empty one is left out.
namespace bailiwick {

/// What a report is made of.
struct ReportFacts {
  RunFolder folder;
  /// With keys: what verify_run() found. Of its unsigned files, the report itself is none.
  std::optional<RunVerification> verification;
  std::string failure;  ///< why there are no findings, where keys were given
  /// Trainings of the same purpose in other folders, where some were named.
  std::optional<IntentCount> elsewhere;
  std::optional<RunFolder> other;       ///< to stand beside it
  std::set<std::string> approvers;      ///< ids of keys whose holders may approve
  std::vector<IngestFacts> ingests;     ///< of the partitions that were found
  std::optional<Deployments> registry;  ///< of models, where one was named

  /// Nothing: nobody gave a key.
  std::optional<bool> verified() const;
};

Html summary_section(const ReportFacts& facts);
Html participants_section(const ReportFacts& facts);
Html model_section(const ReportFacts& facts);
Html training_section(const ReportFacts& facts);
Html evaluation_section(const ReportFacts& facts);
Html explanation_section(const ReportFacts& facts);
Html attribution_section(const ReportFacts& facts);
Html monitor_section(const ReportFacts& facts);
Html survival_section(const ReportFacts& facts);
Html description_section(const ReportFacts& facts);
Html quality_section(const ReportFacts& facts);
Html label_section(const ReportFacts& facts);
Html approval_section(const ReportFacts& facts);
/// Who approved it, in a line.
/// For the summary.
Html approval_words(const ReportFacts& facts);
Html intent_words(const ReportFacts& facts);
Html output_check_words(const ReportFacts& facts);
Html quarantine_html(const ReportFacts& facts);
Html deployment_html(const ReportFacts& facts);
/// Whether the model is in use, in a line; empty: no registry was named.
Html deployment_words(const ReportFacts& facts);
Html egress_section(const ReportFacts& facts);
Html comparison_section(const ReportFacts& facts);
Html lineage_section(const ReportFacts& facts);
Html cost_section(const ReportFacts& facts);
Html annex_section(const ReportFacts& facts);

}  // namespace bailiwick
