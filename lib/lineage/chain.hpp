// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/crypto/envelope.hpp"
#include "lib/lineage/statement.hpp"

namespace bailiwick {

/// Appends signed statements to a lineage file, one DSSE envelope a line, linking each to the one
/// before. The file is replaced atomically at every append. Not collective: one rank holds it.
class Chain {
 public:
  /// Starts a new chain. Throws ExitCode::data if the file exists.
  static Chain create(std::string path, PrivateKey key);
  /// Goes on with the chain of a run that was stopped, signed by the same key. Throws
  /// ExitCode::integrity if it does not hold or is finished, ExitCode::data if its format is an
  /// older one; does not look at the subjects' files.
  static Chain resume(std::string path, PrivateKey key);

  /// Sets sequence, previous, signer and the value of final_count if there is one; signs, writes.
  /// Returns the digest of the payload. Nothing may follow a statement with a final_count.
  Digest append(Statement statement);
  std::size_t size() const { return lines_.size(); }
  /// Those that were there when the chain was resumed.
  const std::vector<Statement>& resumed() const { return resumed_; }

 private:
  Chain(std::string path, PrivateKey key) : path_(std::move(path)), key_(std::move(key)) {}
  std::string path_;
  PrivateKey key_;
  std::vector<std::string> lines_;
  std::vector<Statement> resumed_;
  std::optional<Digest> head_;
  bool finished_ = false;
};

/// One thing that a verifier looked at.
struct Finding {
  enum class Check {
    envelope,
    signature,
    statement,
    subject,
    link,
    sequence,
    count,
    finished,
    stage,
    other
  };
  bool holds = false;
  /// What was looked at and, if it does not hold, why not: "lineage.jsonl:3: link: follows …".
  std::string what;
  Check check = Check::other;
};

/// A signature beside the signer's, by a key that verify_chain() was not given.
struct Countersignature {
  std::string line;  ///< "lineage.jsonl:7"
  std::string key_id, bytes;
  std::string payload;
};

struct Verification {
  std::vector<Finding> findings;
  std::vector<Statement> statements;  ///< those whose signature holds, from the first on
  std::optional<Digest> head;         ///< of the last of these; compare with one kept elsewhere
  std::vector<Countersignature> countersignatures;  ///< with OtherSignatures::any

  /// Everything that was written is as it was written, up to a final statement.
  bool holds() const;
  /// As holds(), but the final statement may be missing: the run did not finish, or the end was cut
  /// off. Nobody can tell these two apart from the file.
  bool holds_so_far() const;
  /// The findings that do not hold, one a line.
  std::string failures() const;
};

/// The statements of a lineage file, in order, of which envelopes, signatures, links and sequence
/// hold; the end may be missing. Does not look at the subjects' files, nor at countersignatures by
/// other keys. Throws ExitCode::integrity.
std::vector<Statement> read_statements(const std::string& path, std::span<const PublicKey> keys);

/// Whether there is such a file and it has its final statement. Throws as read_statements().
bool is_finished(const std::string& path, std::span<const PublicKey> keys);

/// Adds a signature to the last line of a lineage file, in its place among the countersignatures;
/// nothing if the key has signed it. The file is replaced atomically. Whether the chain holds, the
/// caller has seen.
void countersign_last(const std::string& path, const PrivateKey& key);

/// What the later statements of a chain left of the subject of one.
enum class SubjectFate { stands, replaced, removed };
/// Of each statement; that of the next statement that is about it.
std::vector<SubjectFate> subject_fates(const std::vector<Statement>& statements);
/// Those whose subject stands, in their order.
std::vector<Statement> standing(const std::vector<Statement>& statements);

/// The content digest of a file, or an error.
using ContentOf = std::function<Digest(const std::string& path)>;

/// Recomputes everything a lineage file claims, in order: envelope, signature by one of `keys`,
/// digests of each subject in `folder`, link, sequence, count. Checks nothing beyond the first
/// statement that cannot be opened. Throws ExitCode::data only if `path` cannot be read. Without
/// `content_of`, a subject that is named by its content alone does not hold. `others`: what of
/// countersignatures by keys that are not among `keys`.
Verification verify_chain(const std::string& path, const std::string& folder,
                          std::span<const PublicKey> keys, const ContentOf& content_of = {},
                          OtherSignatures others = OtherSignatures::none);

}  // namespace bailiwick
