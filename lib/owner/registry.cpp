// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/owner/registry.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

namespace {

template <class Each>
void for_each_line(const std::string& path, const Each& each) {
  if (!std::filesystem::exists(path)) return;
  std::istringstream lines(read_file(path, document::access_log));
  for (std::string line; std::getline(lines, line);)
    each(parse_document(line, path));
}

}  // namespace

RegistryFacts Registry::look(std::span<const PublicKey> keys) const {
  RegistryFacts facts;
  try {
    if (!std::filesystem::is_directory(folder_))
      throw Error(ExitCode::policy, "there is no such folder on this node");
    const std::string path = current_policy();
    const std::string payload = open_envelope(
        envelope_from_json(read_file(path, document::policy), path), policy_type, keys, path);
    facts.current = sha256(payload).hex();
    facts.serial = policy_from_odrl(parse_document(payload, path), path).serial;
    for (const Json& line : withdrawals())
      facts.withdrawn.push_back(
          Digest::from_hex(json_member<std::string>(line, "sha256", withdrawn())).hex());
    for_each_line(access_log(), [&](const Json& line) {
      if (line.is_object() && line.contains("serial") && line.value("admitted", Json()) == true)
        facts.highest_serial = std::max(facts.highest_serial,
                                        json_member<std::uint64_t>(line, "serial", access_log()));
    });
  } catch (const Error& error) {
    facts.problem = error.what();
  }
  return facts;
}

std::vector<Json> Registry::withdrawals() const {
  std::vector<Json> lines;
  for_each_line(withdrawn(), [&](const Json& line) { lines.push_back(line); });
  return lines;
}

void Registry::publish(const std::string& signed_policy, const Policy& policy,
                       std::span<const PublicKey> keys) const {
  create_folders(folder_);
  if (std::filesystem::exists(current_policy())) {
    const RegistryFacts facts = look(keys);
    if (!facts.problem.empty()) throw Error(ExitCode::policy, "{}", facts.problem);
    if (facts.serial >= policy.serial)
      throw Error(ExitCode::policy,
                  "{}: serial {} is in force; a new version of the terms has a higher one than {}",
                  current_policy(), facts.serial, policy.serial);
  }
  write_file_atomically(current_policy(), signed_policy);
}

void Registry::withdraw(const Digest& what, const std::string& reason) const {
  if (!std::filesystem::exists(current_policy()))
    throw Error(ExitCode::data,
                "{}: there is no such file, so {} is no registry; publish a policy there first",
                current_policy(), folder_);
  const std::string before = std::filesystem::exists(withdrawn())
                                 ? read_file(withdrawn(), document::access_log)
                                 : std::string();
  const Json line = {{"sha256", what.hex()}, {"time", utc_now()}, {"reason", reason}};
  write_file_atomically(withdrawn(), before + line.dump() + "\n");
}

}  // namespace bailiwick
