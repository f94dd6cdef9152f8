// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/slurm.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/runtime/session.hpp"

namespace bailiwick {

namespace {

std::string first_label(const std::string& host) {
  return host.substr(0, host.find('.'));
}

bool is_plain(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace

std::string node_of_rank() {
  std::string host = node_name();
  const char* slurm = std::getenv("SLURMD_NODENAME");
  if (slurm == nullptr) return host;
  if (first_label(slurm) != first_label(host))
    throw Error(
        ExitCode::policy,
        "the machine is called {}, but SLURMD_NODENAME says {}: this rank's place is not known",
        host, slurm);
  return slurm;
}

std::map<std::string, std::vector<std::string>> parse_scontrol(const std::string& answer) {
  std::map<std::string, std::vector<std::string>> features;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string node;
    for (std::string word; words >> word;) {
      if (word.starts_with("NodeName=")) node = word.substr(9);
      if (!word.starts_with("ActiveFeatures=") || node.empty()) continue;
      std::istringstream list(word.substr(15));
      for (std::string feature; std::getline(list, feature, ',');)
        if (feature != "(null)") features[node].push_back(feature);
    }
  }
  return features;
}

std::map<std::string, std::vector<std::string>> slurm_features(
    const std::vector<std::string>& nodes) {
  for (const std::string& node : nodes)
    if (!is_plain(node)) throw Error(ExitCode::policy, "\"{}\" is no name of a node", node);
  const std::string command = "scontrol -o show node " + join(nodes, ",") + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::string answer;
  std::array<char, 4096> buffer{};
  while (pipe != nullptr) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe);
    if (got == 0) break;
    answer.append(buffer.data(), got);
  }
  if (pipe == nullptr || ::pclose(pipe) != 0)
    throw Error(ExitCode::policy,
                "the site goes by Slurm's features of nodes, but Slurm cannot be asked: {}: {}",
                command, answer.substr(0, answer.find('\n')));
  return parse_scontrol(answer);
}

}  // namespace bailiwick
