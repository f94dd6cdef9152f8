// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/reproduce/reproduce.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/record/layout.hpp"
#include "lib/reproduce/compare.hpp"
#include "lib/reproduce/plan.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/verify/document_finder.hpp"
#include "lib/verify/verify.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

void demand_checkpoint(const char* option, const std::string& path) {
  if (path.empty() || fs::exists(path)) return;
  std::vector<std::string> there;
  if (const fs::path folder = fs::path(path).parent_path(); fs::is_directory(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      there.push_back(entry.path().filename().string());
  std::ranges::sort(there);
  throw Error(ExitCode::usage, "{} {}: there is no such checkpoint; there are {}", option, path,
              there.empty() ? "none" : join(there));
}

/// Chains of the folder, and the digests of their last statements.
using Heads = std::vector<std::pair<std::string, Digest>>;

/// Throws the first finding that is not as it was signed.
Heads demand_verified(const ReproduceOptions& options) {
  RunVerification verified = verify_run(options.folder, options.verification);
  const auto broken = std::ranges::find(verified.findings, false, &Finding::holds);
  if (broken != verified.findings.end())
    throw Error(ExitCode::integrity, "{}: is not as it was signed: {}", options.folder,
                printable(broken->what));
  return std::move(verified.heads);
}

/// Said first: another program may well compute other bits.
std::string other_program(const std::vector<RecordedStage>& stages) {
  const Digest program = sha256_file("/proc/self/exe");
  for (const RecordedStage& recorded : stages) {
    const Statement& last = recorded.statements.back();
    const Artefact* binary = find_dependency(last, dependency::binary);
    if (binary != nullptr && binary->sha256 == program) continue;
    const std::string commit =
        last.source_commit.empty() ? "a commit that is not known" : "commit " + last.source_commit;
    return fmt::format("the program is another file: {} ran one of {}, this one is of {}",
                       recorded.stage->name(), commit, git_commit());
  }
  return "";
}

/// That it reproduces says nothing of whether it may be used.
std::string withdrawal_of(const std::string& folder) {
  const std::string model = folder + "/" + training_chain.result;
  if (!fs::exists(model)) return "";
  const auto withdrawal =
      standing_withdrawal(read_approvals(folder), training_chain.result, sha256_file(model));
  return withdrawal ? fmt::format("the model was {}\n", withdrawn_words(*withdrawal)) : "";
}

/// What the root found out, for every rank. Nothing is written yet.
Json plan_of(const std::vector<RecordedStage>& stages, const ReproduceOptions& options, int ranks) {
  DocumentFinder finder(options.folder, options.verification);
  Json plan = Json::array();
  for (const RecordedStage& recorded : stages) {
    const std::string path = recorded.stage->chain.resolved_config(recorded.place(options.folder)),
                      text = read_file(path);
    const RunConfig config = recorded_config(recorded, path, text);
    if (config.privacy && recorded.inputs.privacy && !has_private_keys(config))
      throw Error(ExitCode::usage,
                  "it crossed with noise, which came of the owners' secrets: only where all their "
                  "private keys lie, as the config has them, can the same be drawn again");
    if (config.privacy && recorded.inputs.privacy && !options.from.empty())
      throw Error(ExitCode::usage,
                  "--from: it crossed with noise, which is drawn again from the first round on");
    if (ranks > 1 && !has_private_keys(config))
      throw Error(ExitCode::usage,
                  "more than one process masks what crosses between them, and the owners' private "
                  "keys are not here: start it on one, which holds all rows");
    plan.push_back({{"stage", recorded.stage->name()},
                    {"prefix", recorded.prefix},
                    {"path", path},
                    {"config", text},
                    {"files", find_files(recorded, finder)},
                    {"reservations", reservations_of(recorded, options.folder)}});
  }
  return plan;
}

void run_again(Session& session, const Json& step, const ReproduceOptions& options) {
  const Stage& stage = find_stage(step.at("stage"));
  RunConfig config = parse_run_config(step.at("config").get<std::string>(),
                                      step.at("path").get<std::string>(), config_language());
  use_files(config, step.at("files"), session.world().size() > 1);
  config.again = true;
  config.reservations = step.at("reservations").get<std::map<std::string, std::string>>();
  config.output = options.output + "/" + step.at("prefix").get<std::string>();
  if (config.output.ends_with('/')) config.output.pop_back();
  config.sign_with = options.sign_with;
  config.train.checkpoint.every = 1;
  config.train.checkpoint.keep_last = 0;  // all: each is compared
  StageOptions how;
  how.model_keys = options.verification.keys;  // of what it went on from, or was held against
  if (stage.chain.is_training()) how.resume = options.from;
  if (stage.chain.names_model) how.model = options.output + "/model.h5";
  if (session.world().is_root())
    std::cout << fmt::format("\n{} again\n", stage.name()) << std::flush;
  const fs::path to(options.to);
  const std::string reached = config.output + "/" + checkpoints_folder + to.filename().string();
  if (stage.chain.is_training()) config.until = to.stem().string();
  try {
    stage.run(stage, session, std::move(config), how);
  } catch (const Error& error) {                    // which all ranks throw
    if (error.code() == ExitCode::verdict) return;  // on a result that is there to compare
    if (error.code() != ExitCode::stopped) throw;
    if (!to.empty() && fs::exists(reached)) return;
    throw Error(
        error.code(), "stopped before its end; begin it anew, with another --output{}",
        stage.chain.is_training() ? ", and with --from a checkpoint of the run if need be" : "");
  }
}

/// A SLSA verification summary (https://slsa.dev/spec/v1.2/verification_summary) of this
/// comparison.
Json summary(const RecordedStage& first, const Heads& heads, const ReproduceOptions& options,
             const Comparison& found) {
  Json subjects = Json::array(), attestations = Json::array();
  for (const auto& [name, digest] : found.equal)
    subjects.push_back({{"name", name}, {"digest", {{"sha256", digest.hex()}}}});
  for (const auto& [name, head] : heads)
    attestations.push_back({{"uri", name}, {"digest", {{"sha256", head.hex()}}}});
  const bool same = !found.difference && found.missing.empty() && found.sums.difference.empty();
  Json predicate = {
      {"verifier",
       {{"id", "https://bailiwick.dev/verifiers/reproduce"},
        {"version", {{"bailiwick", version()}}}}},
      {"timeVerified", utc_now()},
      {"resourceUri", "urn:uuid:" + first.statements.back().invocation},
      {"policy",
       {{"uri", "https://bailiwick.dev/reproduce/v1"},
        {"digest",
         {{"sha256",
           find_dependency(first.statements.back(), dependency::inputs)->sha256.hex()}}}}},
      {"inputAttestations", attestations},
      {"verificationResult", same ? "PASSED" : "FAILED"},
      {"verifiedLevels", same ? Json{"BAILIWICK_REPRODUCED"} : Json::array()}};
  if (!options.from.empty())
    predicate["bailiwick_from"] = fs::path(options.from).filename().string();
  if (!options.to.empty()) predicate["bailiwick_to"] = fs::path(options.to).filename().string();
  if (found.difference) predicate["bailiwick_difference"] = *found.difference;
  if (!found.missing.empty()) predicate["bailiwick_missing"] = found.missing;
  if (!found.sums.difference.empty())
    predicate["bailiwick_sums_difference"] = found.sums.difference;
  return {{"_type", in_toto_type},
          {"subject", subjects},
          {"predicateType", "https://slsa.dev/verification_summary/v1"},
          {"predicate", predicate}};
}

std::string span_words(const ReproduceOptions& options) {
  std::string words;
  if (!options.from.empty()) words += " after " + fs::path(options.from).filename().string();
  if (!options.to.empty()) words += " up to " + fs::path(options.to).filename().string();
  return words;
}

/// The training or, without one, what else began first.
const RecordedStage& main_of(const std::vector<RecordedStage>& stages) {
  const auto training = std::ranges::find_if(
      stages, [](const RecordedStage& recorded) { return recorded.stage->chain.is_training(); });
  return training == stages.end() ? stages.front() : *training;
}

/// Whether what differs was computed from other sums already, as far as tags tell.
std::string about_sums(const ComparedSums& sums) {
  if (!sums.difference.empty())
    return "; of what domains sent, the first that differs is in " + sums.difference;
  if (sums.compared == 0) return "";
  return fmt::format(
      "; all {} sums that domains sent are as the record tags them: what was made of them differs",
      sums.compared);
}

void conclude(const std::vector<RecordedStage>& stages, const Heads& heads,
              const ReproduceOptions& options, const std::string& program) {
  const PrivateKey key = PrivateKey::load(options.sign_with);
  const std::vector<PublicKey> keys = load_public_keys(options.verification.keys);
  Comparison found;
  for (const RecordedStage& recorded : stages)
    compare_stage(recorded, options.folder, keys, options.output, key.public_key(), found);
  if (options.in_part()) found.missing.clear();  // what came before and after was not asked for
  const std::string path = options.output + "/reproduction.json";
  write_file_atomically(
      path, to_json_line(sign_envelope(
                statement_type, summary(main_of(stages), heads, options, found).dump(), key)) +
                "\n");
  std::cout << "\nsummary  " << path << '\n';
  const std::string before = program.empty() ? "" : program + "; ";
  if (found.difference)
    throw Error(ExitCode::integrity, "not reproduced: {}the first difference is in {}{}", before,
                *found.difference, found.in_training ? about_sums(found.sums) : "");
  if (!found.sums.difference.empty())
    throw Error(ExitCode::integrity, "not reproduced: {}the artefacts are the same{}", before,
                about_sums(found.sums));
  if (!found.missing.empty())
    throw Error(ExitCode::integrity, "not reproduced: {}the second run did not make {}", before,
                join(found.missing));
  std::cout << fmt::format("reproduced: the same bits in {} of {}{}\n",
                           found.equal.size() == 1
                               ? "the one artefact"
                               : fmt::format("all {} artefacts", found.equal.size()),
                           options.folder, span_words(options));
}

}  // namespace

void reproduce(Session& session, const ReproduceOptions& options) {
  const Communicator& world = session.world();
  std::vector<RecordedStage> stages;
  Heads heads;
  std::string text, program;
  const auto on_root = [&](const std::function<void()>& work) {
    const EgressPurpose purpose("config");
    agree(world, [&] {
      if (world.is_root()) work();
    });
  };
  on_root([&] {
    if (is_taken(options.output))
      throw Error(ExitCode::data, "{}: is there already; --output names a new folder",
                  options.output);
    if (!fs::path(options.output).lexically_relative(options.folder).empty() &&
        *fs::path(options.output).lexically_relative(options.folder).begin() != "..")
      throw Error(ExitCode::usage, "--output {}: lies in the folder that is reproduced",
                  options.output);
    demand_checkpoint("--from", options.from);
    demand_checkpoint("--to", options.to);
    if (!options.from.empty() && !options.to.empty() && !(options.from < options.to))
      throw Error(ExitCode::usage, "--to {}: does not come after --from", options.to);
    PrivateKey::load(options.sign_with);
    stages = recorded_stages(options.folder, load_public_keys(options.verification.keys));
    if (options.in_part())
      std::erase_if(stages, [](const RecordedStage& recorded) {
        return !recorded.stage->chain.is_training();
      });
    const bool trained = std::ranges::any_of(
        stages, [](const RecordedStage& recorded) { return recorded.stage->chain.is_training(); });
    for (const RecordedStage& recorded : stages)
      if (uses_model(recorded.stage->chain, recorded.statements) && !trained)
        throw Error(ExitCode::data,
                    "{}: {} used a model that was not trained there; reproduce the folder of its "
                    "training",
                    options.folder, recorded.stage->name());
    Json plan = plan_of(stages, options, world.size());
    heads = demand_verified(options);
    program = other_program(stages);
    if (!program.empty()) std::cout << program << '\n' << std::flush;
    std::cout << withdrawal_of(options.folder) << std::flush;
    for (Json& step : plan)
      write_keys(step["files"],
                 fmt::format("{}/keys/{}{}", options.output, step["prefix"].get<std::string>(),
                             step["stage"].get<std::string>()));
    text = plan.dump();
  });
  {
    const EgressPurpose purpose("config");
    text = world.broadcast(0, text);
  }
  for (const Json& step : parse_json(text, "plan", ExitCode::bug))
    run_again(session, step, options);
  on_root([&] { conclude(stages, heads, options, program); });
}

}  // namespace bailiwick
