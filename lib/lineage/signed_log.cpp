// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/lineage/signed_log.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/statement.hpp"

namespace bailiwick {

namespace {

std::string path_of(const std::string& folder, const SignedLog& log) {
  return fmt::format("{}/{}", folder, log.file);
}

/// The lines with their newlines off. Throws if the last has none.
std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const std::string text = read_file(path, document::lineage);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos)
      throw Error(ExitCode::integrity, "{}: its last line has no end", path);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// The key that a payload names, before anybody believes the payload.
PublicKey key_named_by(const Json& statement, const std::string& at) {
  const auto predicate = json_member<Json>(statement, "predicate", at, ExitCode::integrity);
  const auto pem = json_member<std::string>(predicate, "publicKey", at, ExitCode::integrity);
  try {
    return PublicKey::from_pem(pem, at);
  } catch (const Error&) {
    throw Error(ExitCode::integrity, "{}: names no public key", at);
  }
}

LogEntry read_line(const std::string& line, const std::string& at, const SignedLog& log) {
  const Envelope envelope = envelope_from_json(line, at);
  if (to_json_line(envelope) != line)
    throw Error(ExitCode::integrity, "{}: is not written as Bailiwick writes it", at);
  const Json statement = parse_document(envelope.payload, at, ExitCode::integrity);
  const PublicKey key = key_named_by(statement, at);
  open_envelope(envelope, statement_type, {&key, 1}, at);
  demand_exact_signatures(envelope, key.id(), {&key, 1}, OtherSignatures::none, at);
  const auto text = [&](const Json& json, const char* member) {
    return json_member<std::string>(json, member, at, ExitCode::integrity);
  };
  if (text(statement, "_type") != in_toto_type || text(statement, "predicateType") != log.predicate)
    throw Error(ExitCode::integrity, "{}: is no statement of the kind {}", at, log.predicate);
  const auto subjects =
      json_member<std::vector<Json>>(statement, "subject", at, ExitCode::integrity);
  if (subjects.size() != 1) throw Error(ExitCode::integrity, "{}: is not about one thing", at);
  LogEntry entry;
  entry.subject = text(subjects[0], "name");
  const auto digests = json_member<Json>(subjects[0], "digest", at, ExitCode::integrity);
  entry.said = statement.at("predicate");
  try {
    entry.subject_sha256 = Digest::from_hex(text(digests, "sha256"));
  } catch (const Error&) {
    throw Error(ExitCode::integrity, "{}: names its subject by no SHA-256", at);
  }
  entry.time = text(entry.said, "time");
  if (!is_utc_second(entry.time))
    throw Error(ExitCode::integrity, "{}: its time is not written YYYY-MM-DDThh:mm:ssZ", at);
  entry.public_key = key.pem();
  entry.signer = key.id();
  entry.digest = sha256(envelope.payload);
  return entry;
}

/// What is left is what the signer said.
void take_out_own(LogEntry& entry) {
  for (const char* member : {"sequence", "previous", "publicKey", "time"})
    entry.said.erase(member);
}

std::vector<LogEntry> read_lines(const std::vector<std::string>& lines, const std::string& path,
                                 const SignedLog& log) {
  std::vector<LogEntry> entries;
  for (const std::string& line : lines) {
    const std::string at = fmt::format("{}:{}", path, entries.size() + 1);
    LogEntry entry = read_line(line, at, log);
    const Json previous = entries.empty() ? Json() : Json(entries.back().digest.hex());
    if (entry.said.value("sequence", Json()) != entries.size() ||
        entry.said.value("previous", Json("")) != previous)
      throw Error(ExitCode::integrity,
                  "{}: does not follow the line before: one was removed, replaced or moved", at);
    if (!entries.empty() && entry.time < entries.back().time)
      throw Error(ExitCode::integrity, "{}: its time goes back behind the line before", at);
    entries.push_back(std::move(entry));
  }
  for (LogEntry& entry : entries)
    take_out_own(entry);
  return entries;
}

}  // namespace

std::vector<LogEntry> read_log(const std::string& folder, const SignedLog& log) {
  const std::string path = path_of(folder, log);
  if (!std::filesystem::exists(path)) return {};
  return read_lines(lines_of(path), path, log);
}

std::vector<std::string> log_lines(const std::string& folder, const SignedLog& log) {
  const std::string path = path_of(folder, log);
  return std::filesystem::exists(path) ? lines_of(path) : std::vector<std::string>();
}

LogEntry read_log_line(const std::string& line, const std::string& at, const SignedLog& log) {
  LogEntry entry = read_line(line, at, log);
  take_out_own(entry);
  return entry;
}

Digest append_to_log(const std::string& folder, const SignedLog& log, const std::string& subject,
                     const Digest& subject_sha256, Json said, const PrivateKey& key) {
  const std::string path = path_of(folder, log);
  std::vector<std::string> lines;
  if (std::filesystem::exists(path)) lines = lines_of(path);
  const std::vector<LogEntry> before = read_lines(lines, path, log);
  said["sequence"] = before.size();
  said["previous"] = before.empty() ? Json() : Json(before.back().digest.hex());
  said["publicKey"] = key.public_key().pem();
  // Of a clock that was set back the line says the time before.
  said["time"] = before.empty() ? utc_now() : std::max(utc_now(), before.back().time);
  std::string payload;
  try {
    payload = Json{
        {"_type", in_toto_type},
        {"subject", {{{"name", subject}, {"digest", {{"sha256", subject_sha256.hex()}}}}}},
        {"predicateType", log.predicate},
        {"predicate",
         said}}.dump();
  } catch (const Json::exception&) {
    throw Error(ExitCode::usage, "{}: what was to be signed is not UTF-8", path);
  }
  const Digest digest = sha256(payload);
  lines.push_back(to_json_line(sign_envelope(statement_type, std::move(payload), key)));
  write_file_atomically(path, join(lines, "\n") + "\n");
  return digest;
}

void drop_last(const std::string& folder, const SignedLog& log, const Digest& digest) {
  const std::string path = path_of(folder, log);
  if (!std::filesystem::exists(path)) return;
  std::vector<std::string> lines = lines_of(path);
  const std::vector<LogEntry> entries = read_lines(lines, path, log);
  if (entries.empty() || entries.back().digest != digest) return;
  lines.pop_back();
  if (lines.empty())
    std::filesystem::remove(path);
  else
    write_file_atomically(path, join(lines, "\n") + "\n");
}

}  // namespace bailiwick
