// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/model_registry/signed_evaluation.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/folder/facts.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/stages/influence/measures.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

bool demand_more_is_better(const std::string& metric) {
  const std::optional<bool> more = more_is_better(metric);
  if (!more)
    throw Error(ExitCode::usage,
                "--metric {}: is no measure of how good a model is{}; there are: {}", metric,
                did_you_mean(metric, names_of_measures()), join(names_of_measures()));
  return *more;
}

std::vector<PublicKey> keys_of_evaluations(const ModelRegistry& registry,
                                           const std::vector<std::string>& files) {
  std::vector<PublicKey> keys = load_public_keys(files);
  keys.insert(keys.end(), registry.keys.begin(), registry.keys.end());
  return keys;
}

std::map<std::string, Digest> models_of(const SignedEvaluation& evaluation) {
  std::map<std::string, Digest> models;
  for (const auto& [domain, hex] : fact_list(evaluation.said, "models").items())
    models[domain] = Digest::from_hex(hex.get<std::string>());
  return models;
}

void demand_models(const SignedEvaluation& evaluation,
                   const std::map<std::string, Digest>& routes) {
  if (fact_holds(evaluation.said, "regional"))
    throw Error(ExitCode::data,
                "{}: was made with evaluate.regional, each domain by its own model; what is asked "
                "for is one of the model that all have",
                evaluation.path);
  if (models_of(evaluation) != routes)
    throw Error(
        ExitCode::data,
        "{}: rows of other domains are scored by their own models there (evaluate.routes) "
        "than the registry says; make it with --model REGISTRY/NAME, or of a candidate with "
        "--model FILE",
        evaluation.path);
}

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

}  // namespace bailiwick
