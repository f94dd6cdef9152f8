// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/review/review.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/file_lock.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/record/layout.hpp"
#include "lib/stages/stage.hpp"
#include "lib/verify/verify.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Keeps jobs that write there out, as these keep each other.
FileLock lock_folder(const std::string& folder) {
  return FileLock(training_chain.lock(folder), lock_patience_seconds);
}

void demand_held(const FileLock& lock, const std::string& folder) {
  if (!lock.held())
    throw Error(ExitCode::data, "{}: a job is writing there{}; wait until it has ended", folder,
                lock.holder());
}

constexpr const char* nothing_signed = "so nothing was signed";

/// The chain that ends with the file `subject`, by its name in the folder.
struct Ending {
  std::string chain;
  const StageChain* stage;
  std::string place;  ///< folder of the chain
};

Ending find_ending(const std::string& folder, const std::string& subject) {
  const fs::path file(subject);
  for (const Stage* stage : all_stages()) {
    if (file.filename() != stage->chain.result) continue;
    const fs::path above = file.parent_path();
    const bool named = stage->chain.named != nullptr && above.parent_path() == stage->chain.named;
    if (!above.empty() && !named) continue;
    const std::string place = (fs::path(folder) / above).lexically_normal().string();
    if (fs::exists(stage->chain.file(place)) && fs::exists(fs::path(folder) / file))
      return {(above / (std::string(stage->chain.stem) + ".jsonl")).generic_string(), &stage->chain,
              place};
  }
  throw Error(ExitCode::data,
              "{}: there is no {} there that a stage ended with; --of names one, such as model.h5, "
              "evaluation.json or intent",
              folder, subject);
}

std::string signer_of(const std::vector<Statement>& statements) {
  return statements.front().internal_parameters.value("signer", "");
}

/// Who began, trained or measured may withdraw it, and not approve or refuse it.
void demand_other(const std::string& signer, const PublicKey& key, Ruling ruling,
                  const std::string& subject) {
  if (ruling != Ruling::withdrawn && signer == key.id())
    throw Error(ExitCode::policy,
                "{}: its run was signed with this key; a second person decides, with a key of "
                "their own (bailiwick keygen)",
                subject);
}

/// Whoever withdrew a thing may approve it again, and nobody else.
void demand_not_withdrawn(const Review& review, const Approval& about, const PublicKey& key) {
  const auto withdrawal = standing_withdrawal(read_approvals(review.folder), about.entry.subject,
                                              about.entry.subject_sha256);
  if (withdrawal && withdrawal->entry.signer != key.id())
    throw Error(ExitCode::policy,
                "{}: only with key {} can it be approved again: with that it was {}",
                about.entry.subject, withdrawal->entry.signer, withdrawn_words(*withdrawal));
}

Approval about_intent(const Review& review, const PublicKey& key) {
  const std::vector<LogEntry> intents = read_log(review.folder, intents_log);
  if (intents.empty())
    throw Error(ExitCode::data, "{}: no training has begun there, so there is no intent",
                review.folder);
  demand_other(intents.back().signer, key, review.ruling, "the intent");
  Approval approval;
  approval.entry.subject = intent_subject;
  approval.entry.subject_sha256 = intents.back().digest;
  return approval;
}

Approval about_result(const Review& review, const PublicKey& key) {
  const std::string subject = review.subject.empty() ? training_chain.result : review.subject;
  const Ending ending = find_ending(review.folder, subject);
  const std::vector<PublicKey> keys = load_public_keys(review.verification.keys);
  const std::vector<Statement> statements = read_statements(ending.stage->file(ending.place), keys);
  demand_other(signer_of(statements), key, review.ruling, subject);
  if (const std::string training = training_chain.file(review.folder); fs::exists(training))
    demand_other(signer_of(read_statements(training, keys)), key, review.ruling, subject);
  for (const LogEntry& intent : read_log(review.folder, intents_log))
    demand_other(intent.signer, key, review.ruling, subject);
  if (review.ruling == Ruling::approved)
    demand_verified(review.folder, review.verification, nothing_signed);
  const Verification chain =
      verify_chain(ending.stage->file(ending.place), ending.place, keys, {}, OtherSignatures::any);
  if (!chain.head)
    throw Error(ExitCode::integrity, "{}: does not hold: {}", ending.chain, chain.failures());
  const std::vector<Statement> stand = standing(statements);
  const auto about =
      std::ranges::find(stand, std::string(ending.stage->result), &Statement::subject_name);
  if (about == stand.end() || !about->subject_sha256)
    throw Error(ExitCode::integrity, "{}: no statement is about {}", ending.chain, subject);
  // What was signed is withdrawn, whatever lies there now.
  if (review.ruling != Ruling::withdrawn &&
      sha256_file(review.folder + "/" + subject) != *about->subject_sha256)
    throw Error(ExitCode::integrity, "{}/{}: is not as it was signed", review.folder, subject);
  Approval approval;
  approval.entry.subject = subject;
  approval.entry.subject_sha256 = *about->subject_sha256;
  approval.chain = ending.chain;
  approval.head = chain.head->hex();
  return approval;
}

/// What stays with a domain is signed by the domain.
bool stays_at_home(const std::string& chain) {
  return std::ranges::any_of(all_stages(), [&](const Stage* stage) {
    const char* const home = stage->chain.at_home;
    return home != nullptr && chain.starts_with(std::string(home) + "/");
  });
}

}  // namespace

namespace {

/// The line of checks.jsonl whose findings are accepted must be there, and about the result.
void demand_check(const Review& review, const std::string& subject) {
  if (review.check.empty()) return;
  for (const LogEntry& check : read_log(review.folder, checks_log)) {
    if (check.digest.hex() != review.check) continue;
    const Json artefacts = check.said.value("artefacts", Json::array());
    if (std::ranges::any_of(
            artefacts, [&](const Json& artefact) { return artefact.value("file", "") == subject; }))
      return;
    throw Error(ExitCode::data, "{}/{}: that check did not judge {}", review.folder,
                checks_log.file, subject);
  }
  throw Error(ExitCode::data,
              "{}/{}: no line has the digest {}; `check-output --sign-with` prints it as head",
              review.folder, checks_log.file, review.check);
}

}  // namespace

void demand_one_line(const std::string& text, const char* what) {
  if (text.empty() || printable(text) != text)
    throw Error(ExitCode::usage, "{}: is to be one line of text, and not empty", what);
}

Digest append_review(const Review& review) {
  demand_one_line(review.by, "--by");
  demand_one_line(review.reason, "--reason");
  const PrivateKey key = PrivateKey::load(review.sign_with);
  if (!fs::is_directory(review.folder))
    throw Error(ExitCode::data, "{}: is not the output folder of a run", review.folder);
  const FileLock lock = lock_folder(review.folder);
  demand_held(lock, review.folder);
  Approval approval = review.subject == intent_subject ? about_intent(review, key.public_key())
                                                       : about_result(review, key.public_key());
  if (review.ruling == Ruling::approved) demand_not_withdrawn(review, approval, key.public_key());
  demand_check(review, approval.entry.subject);
  approval.check = review.check;
  approval.ruling = review.ruling;
  approval.by = review.by;
  approval.reason = review.reason;
  return append_approval(review.folder, approval, key);
}

std::vector<std::pair<std::string, Digest>> countersign(const std::string& folder,
                                                        const std::string& sign_with,
                                                        const VerifyOptions& options) {
  const PrivateKey key = PrivateKey::load(sign_with);
  const FileLock lock = lock_folder(folder);
  demand_held(lock, folder);
  const RunVerification found = demand_verified(folder, options, nothing_signed);
  const std::string id = key.public_key().id();
  if (!found.owners.contains(id))
    throw Error(ExitCode::policy,
                "{}: key {} is no owner's of this run; owners countersign, and others approve",
                sign_with, id);
  const std::vector<PublicKey> keys = load_public_keys(options.keys);
  std::vector<std::pair<std::string, Digest>> heads;
  for (const auto& [name, head] : found.heads)
    if (!stays_at_home(name) && is_finished(fmt::format("{}/{}", folder, name), keys))
      heads.emplace_back(name, head);
  for (const auto& [name, head] : heads)
    countersign_last(fmt::format("{}/{}", folder, name), key);
  if (heads.empty())
    throw Error(ExitCode::data,
                "{}: no chain there is finished, so there is nothing to countersign", folder);
  return heads;
}

}  // namespace bailiwick
