// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/guard.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/folder/facts.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/stages/influence/measures.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// An evaluation, as its chain has it.
struct SignedEvaluation {
  std::string path;
  Digest sha256;
  Json said;
  std::set<std::pair<std::string, Digest>> rows;  ///< domain, root of a partition
};

SignedEvaluation read_evaluation(const std::string& path, const std::vector<PublicKey>& keys,
                                 const ModelVersion& model) {
  const std::string chain =
      find_stage("evaluate").chain.file(fs::path(path).parent_path().string());
  if (!fs::exists(path)) throw Error(ExitCode::data, "{}: there is no such file", path);
  if (!fs::exists(chain))
    throw Error(ExitCode::integrity,
                "{}: nobody vouches for it: there is no {}; name an evaluation where `bailiwick "
                "evaluate` left it",
                path, chain);
  const std::string text = read_file(path);
  const std::vector<Statement> statements = read_statements(chain, keys);
  const Statement& end = statements.back();
  SignedEvaluation evaluation{path, sha256(text), parse_json(text, path), {}};
  if (!end.final_count || end.subject_sha256 != evaluation.sha256 ||
      end.subject_name != fs::path(path).filename())
    throw Error(ExitCode::integrity, "{}: {} does not end with it", path, chain);
  const Artefact* of = find_dependency(end, dependency::model);
  if (of == nullptr || of->sha256 != model.content)
    throw Error(ExitCode::data, "{}: is of another model than {} ({}): of {}", path, model.name,
                to_word(model.state), of == nullptr ? "none" : version_of(of->sha256));
  if (fact_holds(evaluation.said, "regional"))
    throw Error(ExitCode::data,
                "{}: was made with evaluate.regional: of domains' own models, which are not "
                "deployed",
                path);
  for (const UsedPartition& partition : partitions_of(end))
    evaluation.rows.emplace(partition.domain, partition.root);
  return evaluation;
}

void demand_same_rows(const SignedEvaluation& one, const SignedEvaluation& other) {
  const std::string split = fact_text(one.said, "split"), beside = fact_text(other.said, "split");
  if (split != beside)
    throw Error(ExitCode::data, "{}: is of split \"{}\", and {} of \"{}\"", one.path, split,
                other.path, beside);
  for (const auto& [with, without] : {std::pair(&one, &other), std::pair(&other, &one)})
    for (const auto& row : with->rows)
      if (!without->rows.contains(row))
        throw Error(ExitCode::data,
                    "{}: is of other rows than {}: of a partition of domain {} that this does not "
                    "have; evaluate both models on the same ones",
                    with->path, without->path, row.first);
}

std::vector<std::string> domains_of(const Json& evaluation) {
  std::vector<std::string> names;
  for (const auto& [name, metrics] : fact_list(evaluation, "domains").items())
    names.push_back(name);
  return names;
}

/// The measure in one of the two, of all rows or of a domain's; nothing where its rows do not
/// define it.
std::optional<double> measure_in(const SignedEvaluation& evaluation, const std::string& metric,
                                 const std::string& domain) {
  const Json& of = domain.empty() ? fact(evaluation.said, "overall")
                                  : fact(evaluation.said, "domains/" + domain);
  const auto found = of.is_object() ? of.find(metric) : of.end();
  if (found == of.end() || (!found->is_number() && !found->is_null()))
    throw Error(ExitCode::data, "{}: has no {}{}", evaluation.path, metric,
                domain.empty() ? "" : " of domain " + domain);
  return found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

}  // namespace

Json demand_no_worse(const PromotionGuard& guard, const ModelRegistry& registry,
                     const ModelVersion& candidate, const ModelVersion& in_use) {
  const std::optional<bool> more = more_is_better(guard.metric);
  if (!more)
    throw Error(ExitCode::usage,
                "--metric {}: is no measure of how good a model is{}; there are: {}", guard.metric,
                did_you_mean(guard.metric, names_of_measures()), join(names_of_measures()));
  std::vector<PublicKey> keys = load_public_keys(guard.keys);
  keys.insert(keys.end(), registry.keys.begin(), registry.keys.end());
  const SignedEvaluation now = read_evaluation(guard.evaluation, keys, candidate);
  const SignedEvaluation before = read_evaluation(guard.beside, keys, in_use);
  demand_same_rows(now, before);
  std::vector<std::string> parts = domains_of(now.said);
  if (parts != domains_of(before.said))
    throw Error(ExitCode::data,
                "{} and {}: only one of them has domains' own measures, or of other domains; "
                "evaluate both models with the same evaluate.per_domain",
                now.path, before.path);
  const std::size_t domains = parts.size();
  parts.insert(parts.begin(), "");
  std::vector<std::string> worse;
  for (const std::string& domain : parts) {
    const std::string whose = domain.empty() ? "overall" : "domain " + domain;
    const auto value = measure_in(now, guard.metric, domain);
    const auto than = measure_in(before, guard.metric, domain);
    if (value.has_value() != than.has_value() || (domain.empty() && !value))
      throw Error(ExitCode::data, "{}: {}: {} is not defined there, or in {}", now.path, whose,
                  guard.metric, before.path);
    if (!value) continue;
    const double loss = *more ? *than - *value : *value - *than;
    if (loss > guard.tolerance)
      worse.push_back(fmt::format("{}: {} {} instead of {}, worse by {}", whose, guard.metric,
                                  round_trip(*value), round_trip(*than), round_trip(loss)));
  }
  if (!worse.empty())
    throw Error(
        ExitCode::verdict,
        "{}: is worse than {}, which is in use, by more than {}, and was not promoted:\n  {}",
        candidate.name, in_use.name, round_trip(guard.tolerance), join(worse, "\n  "));
  return {{"metric", guard.metric},       {"more_is_better", *more},
          {"tolerance", guard.tolerance}, {"split", fact_text(now.said, "split")},
          {"domains", domains},           {"evaluation", now.sha256.hex()},
          {"beside", before.sha256.hex()}};
}

}  // namespace bailiwick
