// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/trace/read_chain.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// Reads the lines of one chain.
class Reader {
 public:
  Reader(ReadChain& chain, std::span<const PublicKey> keys) : chain_(chain), keys_(keys) {}

  void read() {
    std::string text;
    try {
      text = read_file(chain_.path, document::lineage);
    } catch (...) {
      return add(caught_error().what());
    }
    if (text.empty()) return add("holds no statement");
    std::string_view rest = text;
    while (!rest.empty()) {
      ++line_;
      const std::size_t end = rest.find('\n');
      read_line(rest.substr(0, end));
      if (end == std::string_view::npos) {
        say("has no newline: the end was cut off");
        break;
      }
      rest.remove_prefix(end + 1);
    }
    check_whole();
  }

 private:
  void add(const std::string& what) { chain_.problems.push_back(printable(what)); }
  void say(const std::string& why) { add(fmt::format("line {}: {}", line_, why)); }

  void read_line(std::string_view line) {
    std::optional<Digest> digest;
    try {
      const Envelope envelope = envelope_from_json(line, "envelope");
      if (to_json_line(envelope) != line) say("is not written as Bailiwick writes it");
      digest = sha256(envelope.payload);
      if (envelope.payload_type != statement_type) say("is not a statement");
      ReadStatement read;
      read.line = line_;
      read.statement = statement_from_json(
          parse_document(envelope.payload, "statement", ExitCode::integrity), "statement");
      check_signatures(envelope, read);
      check_place(read.statement);
      chain_.statements.push_back(std::move(read));
    } catch (...) {
      say(caught_error().what());
      whole_ = false;
    }
    previous_ = digest;
  }

  bool is_given(const std::string& id) const {
    return std::ranges::any_of(keys_, [&](const PublicKey& key) { return key.id() == id; });
  }

  /// Signatures by keys that were given must hold; of the others only their form can be seen.
  void check_signatures(const Envelope& envelope, ReadStatement& read) {
    const Statement& statement = read.statement;
    try {
      if (envelope.signatures.empty()) throw Error(ExitCode::integrity, "is not signed");
      read.key = envelope.signatures.front().key_id;
      if (std::ranges::any_of(envelope.signatures,
                              [&](const auto& signature) { return is_given(signature.key_id); }))
        open_envelope(envelope, statement_type, keys_, "envelope");
      if (statement.version > 1) {
        const auto signer = json_member<std::string>(statement.internal_parameters, "signer",
                                                     "internalParameters", ExitCode::integrity);
        if (is_given(signer)) {
          demand_exact_signatures(envelope, signer, keys_, OtherSignatures::any, "envelope");
        } else if (signer != read.key) {
          say(fmt::format("is signed by key {}, and names {} as its signer", read.key, signer));
        }
        if (!chain_.statements.empty() && chain_.statements.front().key != read.key)
          say("has another signer than the chain's first statement");
      }
      if (!std::ranges::all_of(
              envelope.signatures,
              [](const auto& signature) { return is_canonical_signature(signature.bytes); }) &&
          statement.version > 1)
        say("has a signature that is not in the form that is signed");
      read.known = is_given(read.key);
      for (const auto& signature : envelope.signatures)
        if (signature.key_id != read.key)
          read.countersigned.emplace_back(signature.key_id, is_given(signature.key_id));
    } catch (const Error& error) {
      say(error.what());
    }
  }

  void check_place(const Statement& statement) {
    if (statement.sequence != next_)  // after one that is missing the others are no news
      say(fmt::format("is statement {} of its chain, not {}", statement.sequence + 1, next_ + 1));
    next_ = statement.sequence + 1;
    if (line_ == 1 ? statement.previous.has_value() : !previous_ || statement.previous != previous_)
      say("does not follow the line before: lines were removed, reordered or replaced");
    if (chain_.finished) say("follows the final statement");
    if (!statement.final_count) return;
    chain_.finished = true;
    if (*statement.final_count != line_)
      say(fmt::format("the chain was finished with {} statements", *statement.final_count));
  }

  /// What statements declare of themselves and of each other, where all could be read.
  void check_whole() {
    if (chain_.statements.empty()) return;
    std::vector<Statement> statements;
    for (const ReadStatement& read : chain_.statements)
      statements.push_back(read.statement);
    chain_.fates = subject_fates(statements);
    const Statement& first = statements.front();
    const auto domain = first.external_parameters.find("domain");
    if (domain != first.external_parameters.end() && domain->is_string())
      chain_.domain = domain->get<std::string>();
    for (const Statement& statement : statements)
      if (statement.version != first.version)
        return add("holds statements of several format versions");
    if (!whole_ || first.version == 1) return;
    for (const Finding& finding : check_stage(*chain_.stage, chain_.domain, statements))
      if (!finding.holds) add(finding.what);
  }

  ReadChain& chain_;
  std::span<const PublicKey> keys_;
  std::size_t line_ = 0;
  std::uint64_t next_ = 0;  ///< the number that a statement should have
  bool whole_ = true;
  std::optional<Digest> previous_;
};

}  // namespace

std::string ReadChain::at(std::size_t statement) const {
  return fmt::format("{}:{}", path, statements.at(statement).line);
}

ReadChain read_chain(const std::string& path, const StageChain& stage,
                     std::span<const PublicKey> keys) {
  ReadChain chain;
  chain.path = path;
  chain.folder = fs::path(path).parent_path().string();
  chain.stage = &stage;
  Reader(chain, keys).read();
  return chain;
}

FileState file_state(const ReadChain& chain, std::size_t number) {
  if (chain.fates[number] == SubjectFate::replaced) return FileState::replaced;
  if (chain.fates[number] == SubjectFate::removed) return FileState::removed;
  const Statement& statement = chain.statements[number].statement;
  const fs::path below = fs::path(statement.subject_name).lexically_normal();
  if (below.empty() || below.is_absolute() || *below.begin() == "..") return FileState::changed;
  const std::string path = chain.folder + "/" + statement.subject_name;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return FileState::not_there;
  try {
    const bool same =
        (!statement.subject_sha256 || sha256_file(path) == *statement.subject_sha256) &&
        (!statement.subject_content || io::content_digest(path) == *statement.subject_content);
    return same ? FileState::as_signed : FileState::changed;
  } catch (...) {
    return FileState::changed;
  }
}

}  // namespace bailiwick
