// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/disclosure/output_check.hpp"

#include <algorithm>
#include <map>

#include "lib/core/file_lock.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/lineage/signed_log.hpp"
#include "lib/record/layout.hpp"
#include "lib/run/inputs.hpp"
#include "lib/verify/decisions.hpp"
#include "lib/verify/document_finder.hpp"
#include "lib/verify/verify.hpp"

namespace bailiwick {

namespace {

constexpr std::size_t most_examples = 20;  ///< of one rule in one artefact

/// Tables for reading and for programs repeat what is judged.
bool repeats(const RunFolder& folder, const std::string& file) {
  if (file == "run.json" || file == "model.txt" || file == "coefficients.csv" ||
      file == "report.html" || file == "report.md")
    return true;
  return std::ranges::any_of(folder.stages, [&](const StageRecord& record) {
    const StageChain& chain = record.stage->chain;
    return file == fmt::format("{}{}.run.json", record.prefix, chain.stage) ||
           file == fmt::format("{}{}.txt", record.prefix, chain.stem);
  });
}

/// Whoever ran it does not judge it.
void demand_other(const RunFolder& folder, const PublicKey& key) {
  for (const StageRecord& record : folder.stages)
    if (record.signer == key.id())
      throw Error(ExitCode::policy,
                  "{}: its {} was signed with this key; a second person checks outputs, with a key "
                  "of their own (bailiwick keygen)",
                  folder.path, record.stage->name());
}

Json check_json(const OutputCheck& check) {
  Json against = Json::array();
  for (std::size_t i = 0; i < std::min(most_examples, check.against.size()); ++i)
    against.push_back(check.against[i]);
  return {{"artefact", check.artefact},        {"rule", check.rule},
          {"verdict", to_word(check.verdict)}, {"looked_at", check.looked_at},
          {"against", check.against.size()},   {"examples", against}};
}

/// What was judged: each stage's result, as it is signed.
Json artefacts_of(const RunFolder& folder) {
  Json artefacts = Json::array();
  for (const StageRecord& record : folder.stages)
    if (record.finished && record.statements.back().subject_sha256)
      artefacts.push_back({{"file", record.result_name()},
                           {"sha256", record.statements.back().subject_sha256->hex()}});
  return artefacts;
}

/// Owners may ask for more than the checker does, in the policies that a stage was admitted by.
void raise_thresholds(const RunFolder& folder, const VerifyOptions& options,
                      DisclosureThresholds& thresholds) {
  DocumentFinder finder(folder.path, options);
  for (const StageRecord& record : folder.stages) {
    if (record.statements.empty() || record.inputs.is_null()) continue;
    finder.look_in(record.prefix);
    const Inputs inputs = inputs_from_json(record.inputs, record.chain_name());
    for (const auto& [domain, terms] :
         known_documents(inputs, record.statements.back(), finder).policies) {
      thresholds.count =
          std::max(thresholds.count, static_cast<double>(terms.policy.minimum_count));
      thresholds.freedom =
          std::max(thresholds.freedom, static_cast<double>(terms.policy.minimum_freedom));
    }
  }
}

}  // namespace

Json check_output(const OutputRequest& request) {
  VerifyOptions options = request.verification;
  options.checks_anew = true;
  const RunVerification verification =
      demand_verified(request.folder, options, "so nothing was judged");
  const RunFolder folder = read_run_folder(request.folder);
  if (!folder.unreadable.empty())
    throw Error(ExitCode::data, "{}: cannot be judged: {}", request.folder,
                join(folder.unreadable, "; "));
  const Json& said = folder.main().statements.back().external_parameters;
  if (const auto domain = said.find("domain"); domain != said.end())
    throw Error(
        ExitCode::data,
        "{}: is what a run left with domain {}, where it stays; name the run's output folder",
        request.folder, domain->get<std::string>());
  std::vector<std::string> others = verification.unsigned_files;
  std::erase_if(others, [&](const std::string& file) { return repeats(folder, file); });
  DisclosureThresholds thresholds = request.thresholds;
  raise_thresholds(folder, options, thresholds);
  const std::vector<OutputCheck> checks = check_outputs(folder, others, thresholds);
  Json list = Json::array();
  OutputVerdict worst = OutputVerdict::pass;
  for (const OutputCheck& check : checks) {
    list.push_back(check_json(check));
    worst = std::max(worst, check.verdict);
  }
  Json found = {{"thresholds", {{"count", thresholds.count}, {"freedom", thresholds.freedom}}},
                {"verdict", to_word(worst)},
                {"artefacts", artefacts_of(folder)},
                {"checks", list}};
  if (request.sign_with.empty()) return found;
  if (request.by.empty() || printable(request.by) != request.by)
    throw Error(ExitCode::usage, "--by: is to be one line of text, and not empty");
  found["by"] = request.by;
  const PrivateKey key = PrivateKey::load(request.sign_with);
  demand_other(folder, key.public_key());
  const StageRecord& main = folder.main();
  if (!main.finished || !main.statements.back().subject_sha256)
    throw Error(ExitCode::data, "{}: has not finished, so there is nothing to sign about",
                request.folder);
  const FileLock lock(training_chain.lock(request.folder), lock_patience_seconds);
  if (!lock.held())
    throw Error(ExitCode::data, "{}: a job is writing there{}", request.folder, lock.holder());
  const Digest head =
      append_to_log(request.folder, checks_log, main.prefix + main.stage->chain.result,
                    *main.statements.back().subject_sha256, found, key);
  found["head"] = head.hex();
  return found;
}

OutputVerdict verdict_on(const Json& found, const std::string& result, const std::string& chain) {
  OutputVerdict worst = OutputVerdict::pass;
  bool looked = false;
  for (const Json& check : found.at("checks")) {
    const auto artefact = check.at("artefact").get<std::string>();
    if (artefact != result && artefact != chain) continue;
    looked = looked || artefact == result;
    const auto verdict = from_word<OutputVerdict>(check.at("verdict").get<std::string>());
    worst = std::max(worst, verdict.value_or(OutputVerdict::fail));
  }
  return looked ? worst : std::max(worst, OutputVerdict::review);
}

std::string output_text(const Json& found) {
  std::string text;
  std::map<std::string, std::size_t> verdicts;
  for (const Json& check : found.at("checks")) {
    const auto verdict = check.at("verdict").get<std::string>();
    ++verdicts[verdict];
    text += fmt::format("{:<6}  {}: {}: {} of {} do not meet it\n", verdict,
                        check.at("artefact").get<std::string>(),
                        check.at("rule").get<std::string>(), check.at("against").get<std::size_t>(),
                        check.at("looked_at").get<std::size_t>());
    for (const Json& example : check.at("examples"))
      text += fmt::format("        {}\n", printable(example.get<std::string>()));
    if (check.at("against").get<std::size_t>() > check.at("examples").size())
      text += fmt::format("        and {} more\n",
                          check.at("against").get<std::size_t>() - check.at("examples").size());
  }
  return text + fmt::format("{} rules pass, {} want a look, {} fail\n", verdicts["pass"],
                            verdicts["review"], verdicts["fail"]);
}

}  // namespace bailiwick
