// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/slurm.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/runtime/command.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

namespace {

/// Folders that the system's administrators fill. PATH is the user's to change.
constexpr auto folders = std::to_array<const char*>(
    {"/usr/bin", "/bin", "/usr/local/bin", "/opt/slurm/bin", "/usr/local/slurm/bin"});

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ExitCode::policy,
              "the site goes by Slurm's features of nodes, but Slurm cannot be asked: {}",
              printable(why));
}

std::string find_scontrol() {
  std::string looked;
  for (const char* folder : folders) {
    std::string path = std::string(folder) + "/scontrol";
    if (std::filesystem::exists(path)) return path;
    looked += (looked.empty() ? "" : ", ") + std::string(folder);
  }
  refuse(fmt::format("there is no scontrol in {}; the site can name it (slurm.scontrol)", looked));
}

}  // namespace

bool is_same_node(const std::string& slurm, const std::string& host) {
  return slurm == host || slurm.starts_with(host + ".") || host.starts_with(slurm + ".");
}

std::string node_of_rank() {
  std::string host = node_name();
  const char* slurm = std::getenv("SLURMD_NODENAME");
  if (slurm != nullptr && !is_same_node(slurm, host))
    throw Error(
        ExitCode::policy,
        "the machine is called {}, but SLURMD_NODENAME says {}: this rank's place is not known",
        host, printable(slurm));
  return host;
}

std::vector<SlurmNode> parse_scontrol(const std::string& answer) {
  std::vector<SlurmNode> nodes;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("NodeName=")) continue;
    SlurmNode& node = nodes.emplace_back();
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      if (word.starts_with("NodeName=")) node.name = word.substr(9);
      if (word.starts_with("NodeHostName=")) node.host = word.substr(13);
      if (!word.starts_with("ActiveFeatures=")) continue;
      std::istringstream list(word.substr(15));
      for (std::string feature; std::getline(list, feature, ',');)
        if (feature != "(null)") node.features.push_back(feature);
    }
  }
  return nodes;
}

std::map<std::string, std::vector<std::string>> slurm_features(
    const std::vector<std::string>& hosts, const std::string& scontrol, const std::string& conf) {
  Command command;
  command.words = {scontrol.empty() ? find_scontrol() : scontrol, "--all", "-o", "show", "node"};
  command.variables = {"LC_ALL=C"};
  if (!conf.empty()) {
    if (!std::filesystem::exists(conf)) refuse(conf + ": there is no such file");
    command.variables.push_back("SLURM_CONF=" + conf);
  }
  const CommandResult result = run_command(command);
  if (!result.problem.empty()) refuse(command.words.front() + ": " + result.problem);
  const std::vector<SlurmNode> nodes = parse_scontrol(result.output);
  std::map<std::string, std::vector<std::string>> features;
  for (const std::string& host : hosts)
    for (const SlurmNode& node : nodes)
      // Of several that say to be this host all count: they must agree on its place.
      if (is_same_node(node.host.empty() ? node.name : node.host, host))
        features[host].insert(features[host].end(), node.features.begin(), node.features.end());
  return features;
}

}  // namespace bailiwick
