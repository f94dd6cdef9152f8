// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/verify.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "io/checkpoint/checkpoint.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/signed_log.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/layout.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/inputs.hpp"
#include "lib/stages/stage.hpp"
#include "lib/verify/contents.hpp"
#include "lib/verify/coverage.hpp"
#include "lib/verify/decisions.hpp"
#include "lib/verify/document_finder.hpp"
#include "lib/verify/inputs.hpp"
#include "lib/verify/look.hpp"
#include "lib/verify/owners.hpp"
#include "lib/verify/registered_version.hpp"
#include "lib/verify/signed_lines.hpp"
#include "lib/verify/signed_logs.hpp"
#include "lib/verify/verified_chain.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Sessions of one run may have had another program, site or policies in force; then the last
/// counts. Rows and config must be the same in all.
Claims claims_of(const std::vector<Statement>& statements, Verification& result) {
  Claims claims;
  for (const Statement& statement : statements)
    for (const Artefact& artefact : statement.dependencies) {
      const auto [known, fresh] = claims.emplace(artefact.name, artefact);
      if (fresh || known->second.sha256 == artefact.sha256) continue;
      if (artefact.name == dependency::config || artefact.name.starts_with("partition/"))
        result.findings.push_back(
            {false, artefact.name + ": statements disagree about its digest"});
      known->second = artefact;
    }
  return claims;
}

/// The inputs of every session of a chain. One of format version 1 has none, but a config in the
/// language of that release.
void take_inputs(VerifiedChain& chain, const std::string& folder) {
  const std::vector<Statement>& statements = chain.found.statements;
  chain.inputs.resize(statements.size());
  if (chain.version() == 1) {
    const std::string path = chain.stage.resolved_config(folder);
    look(chain.found, path + ": domains", [&] {
      chain.inputs.back() = inputs_of_release_0_1(read_file(path), path);
      return true;
    });
    return;
  }
  std::size_t session = 0;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (i > 0 && statements[i].invocation == statements[i - 1].invocation) {
      chain.inputs[i] = chain.inputs[i - 1];
      continue;
    }
    const std::string name = chain.stage.session_file("inputs", ++session);
    const Artefact* stated = find_dependency(statements[i], dependency::inputs);
    if (stated == nullptr) continue;
    look(chain.found, name, [&] {
      const std::string path = fmt::format("{}/{}", folder, name), text = read_file(path);
      if (sha256(text) != stated->sha256) return false;
      chain.inputs[i] = inputs_from_json(parse_json(text, path), path);
      return true;
    });
  }
  // Sessions of a program that wrote none, which one of today went on with.
  for (std::size_t i = statements.size(); i-- > 1;)
    if (!chain.inputs[i - 1] && find_dependency(statements[i - 1], dependency::inputs) == nullptr)
      chain.inputs[i - 1] = chain.inputs[i];
  if (find_dependency(statements.back(), dependency::inputs) == nullptr)
    chain.say(false, chain.name() + ": names no inputs, so nobody can tell what it was to do");
}

/// The decisions of a session, its egress report and its model, as far as they are there: whether
/// they say what the inputs, the documents and each other do.
void verify_contents(VerifiedChain& chain, const std::string& folder,
                     const DocumentFinder& finder) {
  const std::vector<Statement>& statements = chain.found.statements;
  std::optional<Json> decisions;  // likewise
  for (std::size_t i = 0; i < statements.size(); ++i) {
    if (!chain.inputs[i]) continue;
    const Inputs& inputs = *chain.inputs[i];
    const std::string& name = statements[i].subject_name;
    const std::string path = (fs::path(folder) / name).string();
    const bool of_texts = name.ends_with(".json") && fs::exists(path);
    if (of_texts && name.find("decisions") != std::string::npos)
      look_for_problems(chain.found, name + ": policies", [&] {
        decisions.reset();
        decisions = parse_json(read_file(path), name);
        return decision_problems(
            {*decisions, name, statements[i], i ? &statements[i - 1] : nullptr}, inputs,
            known_documents(inputs, statements[i], finder));
      });
    else if (of_texts && name.find("egress") != std::string::npos)
      look_for_problems(chain.found, name + ": bytes", [&] {
        const bool crosses = find_stage(chain.stage.stage).use.crosses;
        return egress_problems(parse_json(read_file(path), name), name, decisions,
                               crosses && name.find('-') == std::string::npos);
      });
    else if (name == "model.h5" && fs::exists(path))
      look_for_problems(chain.found, name + ": config",
                        [&] { return model_problems(path, inputs.model); });
  }
}

/// The chain itself, the stage it speaks of, and the config beside it.
VerifiedChain verify_one(const std::string& folder, const std::string& prefix,
                         const StageChain& stage, std::span<const PublicKey> keys, int oldest,
                         DocumentFinder& finder) {
  VerifiedChain chain{stage, prefix, {}, {}, {}, {}};
  const std::string stem = stage.stem;
  chain.found =
      verify_chain(stage.file(folder), folder, keys, io::content_digest, OtherSignatures::any);
  const std::vector<Statement>& statements = chain.found.statements;
  if (statements.empty()) return chain;
  const Statement& first = statements.front();
  if (const int version = chain.version(); version == 1) {
    chain.say(oldest <= 1,
              fmt::format("{}.jsonl: format version 1, held to the rules of that version", stem));
  } else {
    chain.domain = first.external_parameters.value("domain", Json()).is_string()
                       ? first.external_parameters.at("domain").get<std::string>()
                       : "";
    chain.say(
        oldest <= version,
        fmt::format("{}.jsonl: format version {}, {}{}, signed by key {}", stem, version,
                    first.build_type, chain.domain.empty() ? "" : " of domain " + chain.domain,
                    first.internal_parameters.at("signer").get<std::string>()));
    std::ranges::move(check_stage(stage, chain.domain, statements),
                      std::back_inserter(chain.found.findings));
  }
  chain.claims = claims_of(statements, chain.found);
  const std::string config_path = stage.resolved_config(folder);
  look(chain.found, config_path,
       [&] { return claims_digest(chain.claims, dependency::config, sha256_file(config_path)); });
  take_inputs(chain, folder);
  if (chain.version() > 1) {
    for (std::size_t i = 0; i < statements.size(); ++i) {
      if (!chain.inputs[i]) continue;
      const std::string why = inputs_problem(statements[i], *chain.inputs[i],
                                             chain.inputs[i ? i - 1 : 0], stage.is_training());
      chain.say(why.empty(), fmt::format("{}.jsonl:{}: what its inputs ask for{}{}", stem, i + 1,
                                         why.empty() ? "" : ": ", why));
    }
    verify_contents(chain, folder, finder);
    if (stage.is_training() && chain.domain.empty()) {
      verify_intent(chain, folder);
      verify_registered_version(chain, folder, finder);
    }
  }
  verify_countersignatures(chain, finder);
  const std::string path = fmt::format("{}/{}", folder, stage.result);
  if (uses_model(stage, statements) && chain.version() > 1 && fs::exists(path))
    look(chain.found, std::string(stage.result) + ": model", [&] {
      const auto model = json_member<std::string>(parse_json(read_file(path), path), "model", path);
      return claims_digest(chain.claims, dependency::model, Digest::from_hex(model));
    });
  const Inputs* inputs = chain.last_inputs();
  if (find_stage(stage.stage).use.per_domain != nullptr && inputs != nullptr && fs::exists(path))
    look(chain.found, std::string(stage.result) + ": whose statistics it shows", [&] {
      const bool all = chain.version() == 1 || inputs->per_domain_statistics;
      return all || parse_json(read_file(path), path).value("domains", Json()).empty();
    });
  return chain;
}

/// The content of the model that a finished training ended with.
std::optional<Digest> model_of(const VerifiedChain& training) {
  const std::vector<Statement>& statements = training.found.statements;
  if (statements.empty() || !statements.back().final_count) return {};
  return statements.back().subject_content;
}

/// All chains of a folder are about the model of its training.
void tie_to_training(VerifiedChain& chain, const VerifiedChain& training) {
  if (chain.version() == 0) return;  // nothing of it holds
  if (training.version() > 1 && chain.version() == 1)
    chain.say(false, chain.name() + ": has format version 1, beside a training of a newer one");
  if (chain.version() == 1 || !uses_model(chain.stage, chain.found.statements)) return;
  const std::optional<Digest> model = model_of(training);
  const bool same = model && claims_digest(chain.claims, dependency::model, *model);
  chain.say(same, chain.name() + ": model" +
                      (same    ? ""
                       : model ? ": is about another model than the one that was trained here"
                               : ": the training here has not ended with a model"));
  const Inputs *own = chain.last_inputs(), *trained = training.last_inputs();
  if (training.version() > 1 && own != nullptr && trained != nullptr && own->kind != trained->kind)
    chain.say(false,
              fmt::format("{}: policies were asked for a model of kind {}, and it is of kind {}",
                          chain.name(), own->kind, trained->kind));
}

/// What stays with a domain belongs to this run: its config, its rows, its common model.
void tie_home(VerifiedChain& home, const VerifiedChain& chain) {
  if (home.version() == 0) return;
  const std::string what = home.name() + ": run";
  if (home.version() != chain.version())
    return home.say(false, what + ": has another format version than the run's own");
  const Inputs *own = home.last_inputs(), *run = chain.last_inputs();
  if (own == nullptr || run == nullptr || own->given != run->given)
    return home.say(false, what + ": was made with another config");
  for (const auto& [name, claim] : chain.claims)
    if (name.starts_with(dependency::partition_prefix) &&
        !claims_digest(home.claims, name, claim.sha256))
      return home.say(false, fmt::format("{}: was made with another {}", what, name));
  const std::optional<Digest> model = model_of(chain);
  if (model && model_of(home) && !claims_digest(home.claims, dependency::common_model, *model))
    return home.say(false, what + ": comes from another common model");
  home.say(true, what);
}

/// What stays with a domain: its lineage, under the domain's keys or one of `keys`. Nothing where
/// the keys are out of reach; then its files are nobody's.
std::optional<VerifiedChain> verify_home(const std::string& folder, const StageChain& stage,
                                         const DomainInputs& domain, std::vector<PublicKey> keys,
                                         int oldest, DocumentFinder& finder) {
  const std::string home = stage.home_of(folder, domain.name);
  const std::string prefix = stage.home_of("", domain.name) + "/";
  const std::vector<PublicKey> owners = finder.keys_of(domain);
  const bool reached = !owners.empty();
  // What stays with a domain may be signed by the operator, unless somebody knows the owner's key.
  if (finder.has_keys_of(domain)) keys.clear();
  keys.insert(keys.end(), owners.begin(), owners.end());
  VerifiedChain chain = verify_one(home, prefix, stage, keys, oldest, finder);
  if (chain.version() == 0 && !reached) return {};
  if (chain.version() > 1 && chain.domain != domain.name)
    chain.say(false, fmt::format("{}.jsonl: is not the lineage of this domain", stage.stem));
  for (Finding& finding : chain.found.findings)
    if (!finding.what.starts_with(folder)) finding.what.insert(0, prefix);
  return chain;
}

/// The chains that stay with domains, of what is in the run's own. `unreached`: their folders where
/// the keys are not there.
std::vector<VerifiedChain> verify_homes(const std::string& folder, const VerifiedChain& chain,
                                        const std::vector<PublicKey>& keys, int oldest,
                                        DocumentFinder& finder, std::set<std::string>& unreached) {
  std::vector<VerifiedChain> homes;
  const Inputs* inputs = chain.last_inputs();
  if (chain.stage.at_home == nullptr || inputs == nullptr || !chain.domain.empty()) return homes;
  for (const DomainInputs& domain : inputs->domains) {
    if (!fs::exists(chain.stage.file(chain.stage.home_of(folder, domain.name)))) continue;
    if (auto home = verify_home(folder, chain.stage, domain, keys, oldest, finder)) {
      tie_home(*home, chain);
      homes.push_back(*std::move(home));
    } else {
      unreached.insert(chain.stage.home_of("", domain.name));
    }
  }
  return homes;
}

/// Results, of which nobody may believe one without a statement. `version` of the lineage beside
/// them: in release 0.1 nobody signed predictions.
bool is_result(const std::string& name, const std::set<std::string>& unreached, int version) {
  const fs::path path(name);
  const std::string file = path.filename().string();
  return std::ranges::any_of(all_stages(), [&](const Stage* stage) {
    const StageChain& chain = stage->chain;
    const fs::path above = path.parent_path().parent_path();
    if (!path.has_parent_path() || (chain.named != nullptr && above == chain.named))
      return file == chain.result;
    if (chain.at_home == nullptr || above != chain.at_home) return false;
    const bool stays =
        chain.ends_at_home(file) || (version != 1 && !chain.parts_in_common && chain.is_part(file));
    return stays && !unreached.contains(path.parent_path().generic_string());
  });
}

/// A stage's chain in the run's folder, or in one below that has a name: evaluations/NAME/.
struct PlacedChain {
  std::string prefix;
  const StageChain* stage;
};

/// All that lie there, by their names.
std::vector<PlacedChain> chains_in(const std::string& folder, std::vector<Finding>& strangers) {
  std::vector<PlacedChain> chains;
  // `named`: which chains may lie in the folder; nullptr: all that are not named.
  const auto look_into = [&](const std::string& prefix, const StageChain* named) {
    for (const auto& entry : fs::directory_iterator(fs::path(folder) / prefix)) {
      if (entry.path().extension() != ".jsonl") continue;
      const std::string file = entry.path().filename().string();
      if (prefix.empty() && is_log(file)) continue;
      const std::string stem = entry.path().stem().string();
      const auto stage =
          std::ranges::find_if(all_stages(), [&](const Stage* s) { return s->chain.stem == stem; });
      if (stage != all_stages().end() && (named == nullptr || named == &(*stage)->chain))
        chains.push_back({prefix, &(*stage)->chain});
      else
        strangers.push_back({false, fmt::format("{}{}.jsonl: no stage has a chain of this name{}",
                                                prefix, stem, named == nullptr ? "" : " there")});
    }
  };
  look_into("", nullptr);
  for (const Stage* stage : all_stages()) {
    const char* const all = stage->chain.named;
    if (all == nullptr || !fs::is_directory(fs::path(folder) / all)) continue;
    for (const auto& entry : fs::directory_iterator(fs::path(folder) / all))
      if (entry.is_directory() && !entry.is_symlink())
        look_into(fmt::format("{}/{}/", all, entry.path().filename().string()), &stage->chain);
  }
  std::ranges::sort(chains, {}, [](const PlacedChain& chain) {
    return std::pair(std::string_view(chain.prefix), std::string_view(chain.stage->stem));
  });
  return chains;
}

}  // namespace

RunVerification verify_run(const std::string& folder, const VerifyOptions& options) {
  const std::vector<PublicKey> keys = load_public_keys(options.keys);
  DocumentFinder finder(folder, options);

  if (!fs::is_directory(folder))
    throw Error(ExitCode::data, "{}: is not the output folder of a run", folder);
  std::vector<Finding> strangers;
  const std::vector<PlacedChain> placed = chains_in(folder, strangers);
  const bool trained = std::ranges::any_of(placed, [](const PlacedChain& chain) {
    return chain.prefix.empty() && chain.stage->is_training();
  });
  if (placed.empty() || (!trained && fs::exists(folder + "/model.h5")))
    throw Error(ExitCode::integrity,
                "{}: holds no lineage.jsonl; is it the output folder of a run?", folder);

  std::vector<VerifiedChain> chains;
  SeenPartitions seen;
  for (const auto& [prefix, stage] : placed) {
    const std::string place = (fs::path(folder) / prefix).string();
    finder.look_in(prefix);
    VerifiedChain& chain =
        chains.emplace_back(verify_one(place, prefix, *stage, keys, options.oldest, finder));
    // What stays with a domain is no run's own, wherever somebody lays it.
    if (!chain.domain.empty() && fs::canonical(folder).filename() != chain.domain)
      chain.say(false, chain.name() + ": is what stays with domain " + chain.domain +
                           ", and does not lie in a folder of that name");
    for (Finding& finding : chain.found.findings)
      if (!finding.what.starts_with(folder)) finding.what.insert(0, prefix);
    verify_owners(chain, finder, seen);
  }
  std::set<std::string> domains;
  for (const VerifiedChain& chain : chains)
    if (const Inputs* inputs = chain.last_inputs())
      for (const DomainInputs& domain : inputs->domains)
        domains.insert(domain.name);
  if (!domains.empty()) finder.demand_known(domains);
  const auto training = std::ranges::find_if(
      chains, [](const VerifiedChain& chain) { return chain.stage.is_training(); });
  if (training != chains.end())
    for (VerifiedChain& chain : chains)
      if (&chain != &*training) tie_to_training(chain, *training);
  std::set<std::string> unreached;
  std::vector<VerifiedChain> homes;
  for (const VerifiedChain& chain : chains)
    std::ranges::move(verify_homes(folder, chain, keys, options.oldest, finder, unreached),
                      std::back_inserter(homes));
  std::ranges::move(homes, std::back_inserter(chains));

  RunVerification result;
  result.findings = strangers;
  result.owners = owners_of(chains, finder);
  look_at_approvals(folder, chains, finder, result);
  look_at_checks(folder, chains, options.checks_anew, finder, result);
  look_at_releases(folder, chains, finder, result);
  std::ranges::move(erasure_findings(folder, chains), std::back_inserter(result.findings));
  const int version = chains.front().version();
  const SignedLines lines = signed_lines(folder, chains);
  std::ranges::move(head_findings(options.heads, lines), std::back_inserter(result.findings));
  std::ranges::move(time_stamp_findings(folder, lines, options.time_authorities, finder),
                    std::back_inserter(result.findings));
  Coverage coverage(folder);
  for (VerifiedChain& chain : chains) {
    coverage.add(chain);
    if (chain.found.head) result.heads.emplace_back(printable(chain.name()), *chain.found.head);
    std::ranges::move(chain.found.findings, std::back_inserter(result.findings));
    std::ranges::move(chain.found.statements, std::back_inserter(result.statements));
  }
  for (const std::string& name : coverage.unsigned_files()) {
    result.unsigned_files.push_back(printable(name));
    if (is_result(name, unreached, version))
      result.findings.push_back({false, name + ": no statement speaks of it"});
  }
  for (Finding& finding : result.findings)
    finding.what = printable(finding.what);
  for (const std::string& what : finder.missed())
    result.missed.push_back(printable(what));
  return result;
}

RunVerification demand_verified(const std::string& folder, const VerifyOptions& options,
                                const char* therefore) {
  RunVerification found = verify_run(folder, options);
  const auto first = std::ranges::find(found.findings, false, &Finding::holds);
  if (first == found.findings.end()) return found;
  const auto others = std::count_if(std::next(first), found.findings.end(),
                                    [](const Finding& finding) { return !finding.holds; });
  throw Error(
      ExitCode::integrity, "{}: does not hold, {}:\n  {}{}", folder, therefore, first->what,
      others == 0 ? "" : fmt::format("\n  and {} more, which `bailiwick verify` lists", others));
}

}  // namespace bailiwick
