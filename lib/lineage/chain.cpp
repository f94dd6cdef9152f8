// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/chain.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace {

using Check = Finding::Check;

/// Walks over a lineage file and collects findings.
class Verifier {
 public:
  Verifier(const std::string& path, std::span<const PublicKey> keys, OtherSignatures others)
      : name_(std::filesystem::path(path).filename().string()), keys_(keys), others_(others) {
    std::string_view text = storage_ = read_file(path, document::lineage);
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      lines_.emplace_back(text.substr(0, end));
      if (end == std::string_view::npos) {
        add(Check::other, name_ + ": last line", "has no newline: the end was cut off");
        break;
      }
      text.remove_prefix(end + 1);
    }
    if (lines_.empty()) add(Check::other, name_, "holds no statement");
  }

  /// Envelope and signature of each line, until one cannot be opened.
  void open() {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      Check check = Check::envelope;
      try {
        const Envelope envelope = envelope_from_json(lines_[i], at(i));
        // The one form we write: no byte of the file is free to change, not even white space.
        if (to_json_line(envelope) != lines_[i])
          throw Error(ExitCode::integrity, "{}: is not written as Bailiwick writes it", at(i));
        add(check, at(i) + ": envelope", "");
        check = Check::signature;
        const std::string payload = open_envelope(envelope, statement_type, keys_, at(i));
        add(check, at(i) + ": signature", "");
        check = Check::statement;
        Statement statement =
            statement_from_json(parse_document(payload, at(i), ExitCode::integrity), at(i));
        check_version(i, statement, envelope);
        result_.statements.push_back(std::move(statement));
        remember_others(envelope, at(i));
        digests_.push_back(sha256(payload));
      } catch (const Error& error) {
        std::string why = error.what();
        if (why.starts_with(at(i) + ": ")) why.erase(0, at(i).size() + 2);
        add(check, at(i), why);
        if (i + 1 < lines_.size())
          add(Check::other, fmt::format("{}: lines {} to {}", name_, i + 2, lines_.size()),
              "not checked, because of the line before");
        return;
      }
    }
  }

  void check_subjects(const std::filesystem::path& folder, const ContentOf& content_of) {
    std::set<std::uint64_t> stand;
    std::set<std::string> there;
    for (const Statement& statement : standing(result_.statements)) {
      stand.insert(statement.sequence);
      there.insert(statement.subject_name);
    }
    for (std::size_t i = 0; i < opened(); ++i) {
      const Statement& statement = result_.statements[i];
      const std::string what = fmt::format("{}: {}: ", at(i), statement.subject_name);
      if (stand.contains(statement.sequence))
        add(Check::subject, what + (statement.subject_sha256 ? "file digest" : "content digest"),
            subject_problem(statement, folder, content_of));
      else if (statement.version > 1 && !there.contains(statement.subject_name) &&
               is_there(folder / statement.subject_name))
        add(Check::subject, what + "removed",
            "a later statement says that it was, and a file lies there");
      else
        add(Check::subject, what + "replaced or removed, as a later statement says", "");
    }
  }

  void check_links() {
    for (std::size_t i = 0; i < opened(); ++i) {
      add(Check::link, at(i) + ": link", link_problem(i));
      const std::uint64_t sequence = result_.statements[i].sequence;
      add(Check::sequence, at(i) + ": sequence",
          sequence == i ? "" : fmt::format("is statement {} of its chain, not {}", sequence, i));
    }
  }

  /// Only if all lines could be opened: otherwise nothing is known about the end.
  void check_end() {
    if (lines_.empty() || opened() < lines_.size()) return;
    for (std::size_t i = 0; i < opened(); ++i) {
      const auto count = result_.statements[i].final_count;
      if (!count) continue;
      const bool last = i + 1 == opened();
      add(Check::count, at(i) + ": count",
          *count != opened()
              ? fmt::format("the chain was finished with {} statements; there are {}", *count,
                            opened())
          : last ? ""
                 : "says that it is the last statement, and others follow");
    }
    add(Check::finished, name_ + ": final statement",
        result_.statements.back().final_count
            ? ""
            : "chain has no final statement: the run did not finish or the end was cut off");
  }

  Verification without_subjects() {
    open();
    check_links();
    check_end();
    return result();
  }

  Verification result() {
    if (!digests_.empty()) result_.head = digests_.back();
    return std::move(result_);
  }
  std::vector<std::string> lines() const { return {lines_.begin(), lines_.end()}; }

 private:
  void remember_others(const Envelope& envelope, const std::string& line) {
    for (const Envelope::Signature& signature : envelope.signatures)
      if (std::ranges::find(keys_, signature.key_id, &PublicKey::id) == keys_.end())
        result_.countersignatures.push_back(
            {line, signature.key_id, signature.bytes, envelope.payload});
  }

  /// What a version of the format asks of a line beside its statement's own members.
  void check_version(std::size_t i, const Statement& statement, const Envelope& envelope) const {
    const auto refuse = [&](const std::string& why) {
      throw Error(ExitCode::integrity, "{}: {}", at(i), why);
    };
    if (i > 0 && statement.version != result_.statements.front().version)
      refuse(fmt::format("is of format version {}, and the chain began with version {}",
                         statement.version, result_.statements.front().version));
    if (statement.version == 1) return;
    const Json& parameters = statement.internal_parameters;
    const auto signer = parameters.find("signer");
    if (signer == parameters.end() || !signer->is_string())
      refuse("internalParameters does not name the signer");
    if (i > 0 && *signer != result_.statements.front().internal_parameters.at("signer"))
      refuse("has another signer than the chain's first statement");
    demand_exact_signatures(envelope, signer->get<std::string>(), keys_, others_, at(i));
  }

  /// Also a link that leads nowhere.
  static bool is_there(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
  }

  std::size_t opened() const { return digests_.size(); }
  std::string at(std::size_t i) const { return fmt::format("{}:{}", name_, i + 1); }
  void add(Check check, std::string what, const std::string& why) {
    if (!why.empty()) what += ": " + why;
    result_.findings.push_back({why.empty(), std::move(what), check});
  }

  static std::string subject_problem(const Statement& statement,
                                     const std::filesystem::path& folder,
                                     const ContentOf& content_of) {
    const std::filesystem::path name(statement.subject_name);
    if (name.empty() || name.is_absolute() || *name.lexically_normal().begin() == "..")
      return "the name leads out of the output folder";
    const std::string path = (folder / name).string();
    try {
      if (const auto& signed_one = statement.subject_sha256)
        if (const Digest found = sha256_file(path); found != *signed_one)
          return fmt::format("the file has SHA-256 {}, signed was {}", found.hex(),
                             signed_one->hex());
      if (!content_of) return statement.subject_sha256 ? "" : "cannot be read here";
      if (const auto& signed_one = statement.subject_content)
        if (const Digest found = content_of(path); found != *signed_one)
          return fmt::format("the content digest is {}, signed was {}", found.hex(),
                             signed_one->hex());
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  std::string link_problem(std::size_t i) const {
    const auto& previous = result_.statements[i].previous;
    if (i == 0)
      return previous ? "names a statement before it: the beginning was removed or reordered" : "";
    const auto line_of = [&](const Digest& digest, std::size_t end) -> std::size_t {
      const auto last = digests_.begin() + static_cast<std::ptrdiff_t>(end);
      const auto found = std::find(digests_.begin(), last, digest);
      return found == last ? 0 : static_cast<std::size_t>(found - digests_.begin()) + 1;
    };
    if (const std::size_t line = line_of(digests_[i], i); line != 0)
      return fmt::format("repeats the statement of line {}", line);
    if (!previous) return "begins a chain, but is not the first line";
    if (*previous == digests_[i - 1]) return "";
    if (const std::size_t line = line_of(*previous, opened()); line != 0)
      return fmt::format("follows line {}, not line {}: lines were reordered or inserted", line, i);
    return "follows a statement that is not in this file: one was removed or replaced";
  }

  std::string name_;
  std::string storage_;
  std::span<const PublicKey> keys_;
  OtherSignatures others_;
  std::vector<std::string_view> lines_;
  std::vector<Digest> digests_;
  Verification result_;
};

}  // namespace

Chain Chain::create(std::string path, PrivateKey key) {
  if (std::filesystem::exists(path))
    throw Error(ExitCode::data, "{}: exists; a lineage is never overwritten: choose another folder",
                path);
  return Chain(std::move(path), std::move(key));
}

Chain Chain::resume(std::string path, PrivateKey key) {
  const std::vector<PublicKey> keys = {key.public_key()};
  Verifier verifier(path, keys, OtherSignatures::any);
  Chain chain(std::move(path), std::move(key));
  chain.lines_ = verifier.lines();
  Verification found = verifier.without_subjects();
  if (!found.holds_so_far())
    throw Error(ExitCode::integrity, "{}: cannot be resumed:\n{}", chain.path_, found.failures());
  if (found.holds())
    throw Error(ExitCode::integrity, "{}: cannot be resumed: the run is finished", chain.path_);
  if (const int version = found.statements.front().version; version != lineage_version)
    throw Error(ExitCode::data,
                "{}: was begun by an earlier release, in format version {}: finish it with that "
                "release, or begin anew in another folder",
                chain.path_, version);
  chain.head_ = found.head;
  chain.resumed_ = std::move(found.statements);
  return chain;
}

std::vector<Statement> read_statements(const std::string& path, std::span<const PublicKey> keys) {
  Verification found = Verifier(path, keys, OtherSignatures::any).without_subjects();
  if (!found.holds_so_far())
    throw Error(ExitCode::integrity, "{}: does not hold:\n{}", path, found.failures());
  return std::move(found.statements);
}

Digest Chain::append(Statement statement) {
  ensure(!finished_, "nothing follows the final statement of a chain");
  statement.sequence = lines_.size();
  statement.previous = head_;
  if (statement.final_count) statement.final_count = lines_.size() + 1;
  statement.internal_parameters["signer"] = key_.public_key().id();

  std::string payload;
  try {
    payload = to_json(statement).dump();
  } catch (const Json::exception&) {
    throw Error(ExitCode::data, "{}: a statement holds text that is not UTF-8", path_);
  }
  const Digest digest = sha256(payload);
  lines_.push_back(to_json_line(sign_envelope(statement_type, std::move(payload), key_)));
  try {
    write_file_atomically(path_, join(lines_, "\n") + "\n");
  } catch (...) {
    lines_.pop_back();
    throw;
  }
  head_ = digest;
  finished_ = statement.final_count.has_value();
  return digest;
}

bool is_finished(const std::string& path, std::span<const PublicKey> keys) {
  return std::filesystem::exists(path) && read_statements(path, keys).back().final_count;
}

void countersign_last(const std::string& path, const PrivateKey& key) {
  const std::string text = read_file(path, document::lineage);
  const std::size_t before = text.rfind('\n', text.size() - 2);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  Envelope envelope = envelope_from_json(text.substr(begin, text.size() - begin - 1), path);
  if (std::ranges::find(envelope.signatures, key.public_key().id(), &Envelope::Signature::key_id) !=
      envelope.signatures.end())
    return;
  add_signature(envelope, key);
  std::sort(envelope.signatures.begin() + 1, envelope.signatures.end(),
            [](const auto& a, const auto& b) { return a.key_id < b.key_id; });
  write_file_atomically(path, text.substr(0, begin) + to_json_line(envelope) + "\n");
}

std::vector<SubjectFate> subject_fates(const std::vector<Statement>& statements) {
  std::map<std::string, SubjectFate> later;
  std::vector<SubjectFate> fates(statements.size(), SubjectFate::stands);
  for (std::size_t i = statements.size(); i-- > 0;) {
    if (const auto found = later.find(statements[i].subject_name); found != later.end())
      fates[i] = found->second;
    later[statements[i].subject_name] = SubjectFate::replaced;
    for (const std::string& name : statements[i].removed)
      later[name] = SubjectFate::removed;
  }
  return fates;
}

std::vector<Statement> standing(const std::vector<Statement>& statements) {
  const std::vector<SubjectFate> fates = subject_fates(statements);
  std::vector<Statement> list;
  for (std::size_t i = 0; i < statements.size(); ++i)
    if (fates[i] == SubjectFate::stands) list.push_back(statements[i]);
  return list;
}

bool Verification::holds() const {
  return !findings.empty() &&
         std::all_of(findings.begin(), findings.end(), [](const Finding& f) { return f.holds; });
}

bool Verification::holds_so_far() const {
  return !findings.empty() && std::all_of(findings.begin(), findings.end(), [](const Finding& f) {
    return f.holds || f.check == Check::finished;
  });
}

std::string Verification::failures() const {
  std::vector<std::string> lines;
  for (const Finding& finding : findings)
    if (!finding.holds) lines.push_back(finding.what);
  return join(lines, "\n");
}

Verification verify_chain(const std::string& path, const std::string& folder,
                          std::span<const PublicKey> keys, const ContentOf& content_of,
                          OtherSignatures others) {
  Verifier verifier(path, keys, others);
  verifier.open();
  verifier.check_subjects(folder, content_of);
  verifier.check_links();
  verifier.check_end();
  return verifier.result();
}

}  // namespace bailiwick
