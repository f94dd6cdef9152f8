// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/output_file.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/stages/stage.hpp"

#include <filesystem>

#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/statement.hpp"
#include "tests/fuzz/scratch_file.hpp"

using namespace bailiwick;

/// Removed at the end.
struct Folder {
  std::string path = ScratchFile::folder() + "/bailiwick-fuzz-XXXXXX";
  Folder() { require(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// As it is, the input is no chain of ours. With its lines signed as statements, and the digests
/// put in that a signer would put in, what is verified goes deep.
void look_at(const std::string& input) {
  static const PrivateKey key = PrivateKey::generate();
  static const PublicKey trusted = key.public_key();
  static const Folder folder;
  static const std::string file_digest = [] {
    write_file_atomically(folder.path + "/model.h5", "a model");
    return sha256("a model").hex();
  }();
  const std::string path = folder.path + "/lineage.jsonl";

  write_file_atomically(path, input);
  require(!verify_chain(path, folder.path, {&trusted, 1}).holds());

  std::string signed_lines, previous(64, '0');
  for (std::size_t begin = 0; begin < input.size();) {
    const std::size_t end = std::min(input.find('\n', begin), input.size());
    std::string payload = replaced(input.substr(begin, end - begin), "@previous@", previous);
    payload = replaced(replaced(payload, "@file@", file_digest), "@signer@", trusted.id());
    signed_lines += to_json_line(sign_envelope(statement_type, payload, key)) + "\n";
    previous = sha256(payload).hex();
    begin = end + 1;
  }
  write_file_atomically(path, signed_lines);
  const Verification found = verify_chain(path, folder.path, {&trusted, 1});
  require(!found.findings.empty());
  require(!check_stage(find_stage("train").chain, "", found.statements).empty() ||
          found.statements.empty());
  if (found.holds())
    for (const Statement& statement : found.statements)
      require(statement_from_json(to_json(statement), "again").subject_name ==
              statement.subject_name);
}
