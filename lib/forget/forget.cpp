// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/forget/forget.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "lib/core/failure.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/approval.hpp"
#include "lib/record/layout.hpp"
#include "lib/review/review.hpp"
#include "lib/run/inputs.hpp"
#include "lib/trace/graph.hpp"
#include "lib/verify/verify.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// A finished training of one's own.
struct Training {
  std::string folder;
  std::vector<Statement> statements;
  std::vector<UsedPartition> partitions;

  const Statement& end() const { return statements.back(); }
};

Training finished_training(const std::string& folder, const VerifyOptions& options) {
  demand_verified(folder, options, "so it proves nothing");
  const std::string lineage = training_chain.file(folder);
  if (!fs::exists(lineage)) throw Error(ExitCode::data, "{}: holds no training", folder);
  std::vector<Statement> statements = read_statements(lineage, load_public_keys(options.keys));
  std::vector<UsedPartition> partitions = partitions_of(statements.back());
  return {folder, std::move(statements), std::move(partitions)};
}

/// A training that went on from what had seen the rows has not forgotten them.
void demand_from_the_start(const Training& training) {
  std::set<Digest> own;
  for (const Statement& statement : training.statements)
    if (statement.subject_content) own.insert(*statement.subject_content);
  for (const Statement& statement : training.statements)
    if (const Artefact* from = find_dependency(statement, dependency::resumed_from);
        from != nullptr && !own.contains(from->sha256))
      throw Error(
          ExitCode::data,
          "{}: went on from a checkpoint of another training, which may have seen the rows; "
          "train from the start",
          training.folder);
}

/// Those of `one` whose rows `other` has not, by their roots.
std::vector<UsedPartition> only_in(const Training& one, const Training& other) {
  std::vector<UsedPartition> only;
  for (const UsedPartition& partition : one.partitions)
    if (std::ranges::find(other.partitions, partition.root, &UsedPartition::root) ==
        other.partitions.end())
      only.push_back(partition);
  return only;
}

/// Why what is signed would say nothing, or nothing new.
void demand_new(const ForgetRequest& request, const Training& old, const Training& replacement) {
  const Digest model = *old.end().subject_content, instead = *replacement.end().subject_content;
  if (model == instead)
    throw Error(ExitCode::data,
                "{}: is the same model as {}, to the bit: whatever was ingested again, the rows "
                "are still there, or say nothing",
                request.replacement, request.folder);
  const std::vector<LogEntry> erasures = read_log(request.folder, erasures_log);
  for (std::size_t i = 0; i < erasures.size(); ++i)
    if (erasures[i].said.value("replacement", "") == instead.hex() &&
        erasures[i].subject_sha256 == *old.end().subject_sha256 &&
        erasures[i].said.value("not_withdrawn", Json::array()).empty())
      throw Error(ExitCode::data, "{}/{}: line {} says that already", request.folder,
                  erasures_log.file, i + 1);
  const std::vector<Approval> approvals = read_approvals(request.replacement);
  if (standing_withdrawal(approvals, training_chain.result, *replacement.end().subject_sha256))
    throw Error(ExitCode::policy, "{}: was withdrawn itself", request.replacement);
}

std::map<std::string, std::uint64_t> rows_by_domain(const std::vector<UsedPartition>& partitions) {
  std::map<std::string, std::uint64_t> rows;
  for (const UsedPartition& partition : partitions)
    rows[partition.domain] += partition.rows;
  return rows;
}

/// Owners whose rows have not become fewer: only they know whether some went.
Json doubts(const std::vector<UsedPartition>& gone, const std::vector<UsedPartition>& came) {
  Json domains = Json::array();
  const auto before = rows_by_domain(gone);
  for (const auto& [domain, rows] : rows_by_domain(came))
    if (const auto had = before.find(domain); had != before.end() && rows >= had->second)
      domains.push_back(domain);
  return domains;
}

Json to_json(const std::vector<UsedPartition>& partitions) {
  Json list = Json::array();
  for (const UsedPartition& partition : partitions)
    list.push_back({{"partition", partition.domain + "/" + partition.name},
                    {"root", partition.root.hex()},
                    {"rows", partition.rows > 0 ? Json(partition.rows) : Json()}});
  return list;
}

/// The output folder of the run that a chain belongs to: it may lie in regions/NAME/ there.
fs::path run_folder_of(const ReadChain& chain) {
  const fs::path folder = fs::path(chain.folder).lexically_normal();
  const fs::path home = folder.parent_path();
  const std::string above = home.filename().string();
  const StageChain& stage = *chain.stage;
  const bool below =
      (stage.at_home != nullptr && above == stage.at_home && !chain.domain.empty()) ||
      (stage.named != nullptr && above == stage.named);
  return below ? home.parent_path() : folder;
}

/// All that was made of the rows in the folders that were looked through.
class Affected {
 public:
  Affected(const ForgetRequest& request, const std::vector<UsedPartition>& gone)
      : request_(request),
        graph_(find_records(folders(request), load_public_keys(request.verification.keys))) {
    std::vector<std::size_t> items;
    for (const UsedPartition& partition : gone)
      if (const auto item = graph_.find(ItemKind::partition, partition.root))
        items.push_back(*item);
    const Walk on = walk_on(graph_, items);
    for (const std::size_t number : on.sessions) {
      const TracedSession& session = graph_.sessions()[number];
      const ReadChain& chain = graph_.chain_of(session);
      const fs::path run = run_folder_of(chain);
      runs_.insert(run.string());
      if (chain.stage->is_training() && chain.domain.empty()) trainings_.insert(run.string());
      add_whom(chain, session);
      for (const Product& product : session.made)
        if (on.items.contains(product.item)) add(chain, product);
    }
    for (const std::string& run : runs_)
      add_releases(run);
  }

  const std::set<std::string>& runs() const { return runs_; }
  /// Those of them that were trained on the rows.
  const std::set<std::string>& trainings() const { return trainings_; }

  void describe(Json& said) const {
    said["affected"] = files_;
    said["recipients"] = recipients_;
    said["released"] = released_;
    said["inform"] = Json::array();
    for (const auto& [domain, whom] : inform_)
      said["inform"].push_back({{"domain", domain}, {"whom", whom}});
    said["unseen"] = graph_.found().unseen;
    for (const std::string& what : unknown_)
      said["unseen"].push_back(what);
  }

  /// A folder by its name below the one that was given, as a record has no path of its maker's.
  std::string shown(const std::string& path) const {
    for (const std::string& root : folders(request_)) {
      const fs::path from = fs::weakly_canonical(root);
      const fs::path within = fs::weakly_canonical(path).lexically_relative(from);
      if (!within.empty() && *within.begin() != "..")
        return (within == "." ? from.filename() : from.filename() / within).generic_string();
    }
    return fs::path(path).filename().string();
  }

 private:
  static std::vector<std::string> folders(const ForgetRequest& request) {
    std::vector<std::string> all = request.folders;
    all.push_back(request.folder);
    all.push_back(request.replacement);
    return all;
  }

  void add(const ReadChain& chain, const Product& product) {
    const Item& item = graph_.items()[product.item];
    if (item.is_paper()) return;
    const Statement& statement = chain.statements[product.statement].statement;
    const fs::path file = fs::path(chain.folder) / statement.subject_name;
    files_.push_back({{"file", shown(file.string())},
                      {"kind", to_word(item.kind)},
                      {"digest", item.digest.hex()},
                      {"there", fs::exists(file)}});
  }

  /// What left such a folder, and to whom.
  void add_releases(const std::string& run) {
    try {
      for (const LogEntry& release : read_log(run, releases_log)) {
        Json files = Json::array();
        for (const Json& file : release.said.at("files"))
          if (file.at("kind") == "result") files.push_back(file.at("file"));
        const auto whom = release.said.at("recipients").get<std::vector<std::string>>();
        recipients_.insert(whom.begin(), whom.end());
        released_.push_back({{"folder", shown(run)},
                             {"time", release.time},
                             {"files", files},
                             {"recipients", whom}});
      }
    } catch (...) {
      unknown_.push_back(shown(run) + ": what was released is not known");
    }
  }

  /// Who was told of what came of it, as far as inputs and decisions say.
  void add_whom(const ReadChain& chain, const TracedSession& session) {
    try {
      const std::size_t number =
          1 + static_cast<std::size_t>(
                  std::ranges::count_if(graph_.sessions(), [&](const TracedSession& other) {
                    return other.chain == session.chain && other.first < session.first;
                  }));
      const std::string inputs = chain.folder + "/" + chain.stage->session_file("inputs", number);
      const Inputs read = inputs_from_json(parse_json(read_file(inputs), inputs), inputs);
      recipients_.insert(read.recipients.begin(), read.recipients.end());
      const std::string decisions =
          chain.folder + "/" + chain.stage->session_file("decisions", number);
      const Json decided = parse_json(read_file(decisions), decisions);
      for (const Json& domain : decided.at("domains"))
        if (const std::string whom = domain.at("duties").value("inform", ""); !whom.empty())
          inform_[domain.at("domain").get<std::string>()] = whom;
    } catch (...) {
      unknown_.push_back(shown(chain.path) + ": who was told is not known");
    }
  }

  const ForgetRequest& request_;
  Graph graph_;
  Json files_ = Json::array(), released_ = Json::array();
  std::set<std::string> runs_, trainings_, recipients_;
  std::vector<std::string> unknown_;
  std::map<std::string, std::string> inform_;
};

/// Every model that knew the rows is withdrawn where it lies, and every training that has not ended
/// with one.
void withdraw_models(const ForgetRequest& request, const Affected& affected, Json& said) {
  said["withdrawn"] = Json::array();
  said["not_withdrawn"] = Json::array();
  for (const std::string& run : affected.trainings()) {
    try {
      const bool ended =
          is_finished(training_chain.file(run), load_public_keys(request.verification.keys));
      append_review({run, ended ? "" : intent_subject, Ruling::withdrawn, request.by,
                     request.reason, request.sign_with, request.verification});
      said["withdrawn"].push_back(affected.shown(run));
    } catch (...) {
      said["not_withdrawn"].push_back(
          {{"folder", affected.shown(run)}, {"why", caught_error().what()}});
    }
  }
}

/// What else lies in these folders and may tell of the rows: tables, reports, exports.
Json unsigned_files(const ForgetRequest& request, const Affected& affected) {
  Json list = Json::array();
  for (const std::string& run : affected.runs())
    try {
      for (const std::string& file : verify_run(run, request.verification).unsigned_files)
        list.push_back(affected.shown(run) + "/" + file);
    } catch (...) {
      list.push_back(affected.shown(run) + ": cannot be looked through");
    }
  return list;
}

/// As run.json has them, which nobody signs.
Json seconds_of(const std::string& folder) {
  try {
    const std::string path = folder + "/run.json";
    return parse_json(read_file(path), path).at("results").at("seconds").at("total");
  } catch (...) {
    return {};
  }
}

}  // namespace

Json forget(const ForgetRequest& request) {
  demand_one_line(request.by, "--by");
  demand_one_line(request.reason, "--reason");
  const PrivateKey key = PrivateKey::load(request.sign_with);
  const Training old = finished_training(request.folder, request.verification);
  const Training replacement = finished_training(request.replacement, request.verification);
  demand_new(request, old, replacement);
  if (old.end().internal_parameters.value("signer", "") != key.public_key().id())
    throw Error(ExitCode::policy, "{}: was signed with another key; --sign-with takes that one",
                request.folder);
  demand_from_the_start(replacement);
  const std::vector<UsedPartition> gone = only_in(old, replacement);
  if (gone.empty())
    throw Error(ExitCode::data,
                "{}: was trained on all rows that {} knew; train without the domain, or on "
                "partitions that their owner ingested without the rows",
                request.replacement, request.folder);
  const Affected affected(request, gone);
  const std::vector<UsedPartition> came = only_in(replacement, old);
  Json said = {{"by", request.by},
               {"reason", request.reason},
               {"gone", to_json(gone)},
               {"came", to_json(came)},
               {"doubts", doubts(gone, came)},
               {"model", old.end().subject_content->hex()},
               {"replacement", replacement.end().subject_content->hex()}};
  affected.describe(said);
  said["unsigned"] = unsigned_files(request, affected);
  withdraw_models(request, affected, said);
  said["seconds"] = {{"model", seconds_of(old.folder)},
                     {"replacement", seconds_of(replacement.folder)}};
  const FileLock lock(training_chain.lock(request.folder), lock_patience_seconds);
  if (!lock.held())
    throw Error(ExitCode::data, "{}: a job is writing there{}", request.folder, lock.holder());
  const Digest head = append_to_log(request.folder, erasures_log, training_chain.result,
                                    *old.end().subject_sha256, said, key);
  said["head"] = head.hex();
  return said;
}

std::string forget_text(const Json& erasure) {
  std::string text;
  const auto partitions = [&](const char* member, const char* words) {
    for (const Json& one : erasure.at(member))
      text +=
          fmt::format("{}  {}, {} rows, root {}\n", words, one.at("partition").get<std::string>(),
                      one.at("rows").dump(), one.at("root").get<std::string>().substr(0, 12));
  };
  partitions("gone", "forgotten  ");
  partitions("came", "instead    ");
  for (const Json& domain : erasure.at("doubts"))
    text += fmt::format(
        "IN DOUBT     {} has no fewer rows than before: whether some went, only its owner knows\n",
        domain.get<std::string>());
  for (const Json& file : erasure.at("affected"))
    text += fmt::format("made of it   {} ({}{})\n", file.at("file").get<std::string>(),
                        file.at("kind").get<std::string>(),
                        file.at("there").get<bool>() ? "" : ", not there any more");
  for (const Json& file : erasure.at("unsigned"))
    text += fmt::format("beside it    {}\n", file.get<std::string>());
  for (const Json& folder : erasure.at("withdrawn"))
    text += fmt::format("withdrawn    what was trained in {}\n", folder.get<std::string>());
  for (const Json& folder : erasure.at("not_withdrawn"))
    text +=
        fmt::format("NOT WITHDRAWN  what was trained in {}: {}\n",
                    folder.at("folder").get<std::string>(), folder.at("why").get<std::string>());
  for (const Json& one : erasure.at("released"))
    text += fmt::format("released     from {} on {}: {}\n", one.at("folder").get<std::string>(),
                        one.at("time").get<std::string>(),
                        join(one.at("files").get<std::vector<std::string>>()));
  for (const Json& recipient : erasure.at("recipients"))
    text += fmt::format("to be told   {}, a recipient\n", recipient.get<std::string>());
  for (const Json& whom : erasure.at("inform"))
    text += fmt::format("to be told   {}, as the policy of {} asks\n",
                        whom.at("whom").get<std::string>(), whom.at("domain").get<std::string>());
  for (const Json& place : erasure.at("unseen"))
    text += fmt::format("not looked into  {}\n", place.get<std::string>());
  text += fmt::format("replacement  {}\n", erasure.at("replacement").get<std::string>());
  const Json& seconds = erasure.at("seconds");
  if (seconds.at("model").is_number() && seconds.at("replacement").is_number() &&
      seconds.at("model").get<double>() > 0)
    text +=
        fmt::format("it took      {:.2f} s, {:.2f} times the training before\n",
                    seconds.at("replacement").get<double>(),
                    seconds.at("replacement").get<double>() / seconds.at("model").get<double>());
  return text;
}

}  // namespace bailiwick
