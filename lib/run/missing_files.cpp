// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/missing_files.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "io/partition/partition.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/increments.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/runtime/communicator.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

namespace {

struct Missing {
  std::vector<std::string> keys, signed_files;  ///< what each is, and its path
};

Missing missing_of(const DomainConfig& domain) {
  Missing missing;
  const auto look = [&](const char* key, const std::string& path, std::vector<std::string>& to) {
    std::error_code ignored;  // what cannot be looked at says so when it is opened
    if (!std::filesystem::exists(path, ignored) && !ignored)
      to.push_back(fmt::format("domain {}: {}: {}", domain.name, key, path));
  };
  for (const std::string& key : domain.keys)
    look("public_key", key, missing.keys);
  if (domain.private_key) look("private_key", *domain.private_key, missing.keys);
  look("policy", domain.policy, missing.signed_files);
  for (const std::string& path : domain.partitions)
    if (!names_increments(path) && path.find_first_of("*?[") == std::string::npos)
      for (const std::string& file : {path, io::manifest_path(path)})
        look("partitions", file, missing.signed_files);
  return missing;
}

}  // namespace

void demand_files(const Communicator& world, const RunConfig& config,
                  std::span<const std::size_t> domains) {
  Missing missing;
  for (const std::size_t d : domains) {
    const Missing of_domain = missing_of(config.domains[d]);
    std::ranges::copy(of_domain.keys, std::back_inserter(missing.keys));
    std::ranges::copy(of_domain.signed_files, std::back_inserter(missing.signed_files));
  }
  const EgressPurpose purpose("agreement and errors");
  std::int64_t count = static_cast<std::int64_t>(missing.keys.size() + missing.signed_files.size());
  world.sum({&count, 1});
  if (count == 0) return;
  if (world.is_root() && !std::filesystem::exists(config.sign_with))
    missing.keys.insert(missing.keys.begin(), "lineage.sign_with: " + config.sign_with);
  const Json own = {
      {"node", node_name()}, {"keys", missing.keys}, {"signed", missing.signed_files}};
  std::vector<std::string> nodes, lines;
  ExitCode code = ExitCode::data;
  std::vector<Json> all;
  for (const std::string& text : world.gather(own.dump())) {
    all.push_back(parse_json(text, "missing files", ExitCode::bug));
    nodes.push_back(all.back().at("node").get<std::string>());
  }
  const bool one_node = std::ranges::count(nodes, nodes.front()) == std::ssize(nodes);
  for (const Json& of_rank : all)
    for (const char* kind : {"keys", "signed"})
      for (const Json& what : of_rank.at(kind)) {
        if (kind == std::string("keys")) code = ExitCode::config;
        std::string line = what.get<std::string>();
        if (!one_node) line += fmt::format(" (on {})", of_rank.at("node").get<std::string>());
        if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
      }
  throw Error(code, "{}: files that it names are not there:\n  {}", config.path,
              join(lines, "\n  "));
}

}  // namespace bailiwick
