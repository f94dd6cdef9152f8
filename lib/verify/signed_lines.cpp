// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/signed_lines.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/failure.hpp"
#include "lib/core/input_file.hpp"
#include "lib/crypto/time_stamp.hpp"
#include "lib/lineage/signed_log.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

SignedLines signed_lines(const std::string& folder, const std::vector<VerifiedChain>& chains) {
  SignedLines lines;
  for (const VerifiedChain& chain : chains) {
    const std::vector<Statement>& statements = chain.found.statements;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      const auto digest = i + 1 < statements.size() ? statements[i + 1].previous : chain.found.head;
      if (digest)
        lines[*digest] = {fmt::format("{}:{}", chain.name(), i + 1), statements[i].finished};
    }
  }
  for (const SignedLog& log : all_logs)
    try {
      const std::vector<LogEntry> entries = read_log(folder, log);
      for (std::size_t i = 0; i < entries.size(); ++i)
        lines[entries[i].digest] = {fmt::format("{}:{}", log.file, i + 1), entries[i].time};
    } catch (const Error&) {  // a log that does not hold is a finding of its own, or nobody's
    }
  return lines;
}

std::vector<Finding> head_findings(const std::vector<std::string>& heads,
                                   const SignedLines& lines) {
  std::vector<Finding> findings;
  for (const std::string& head : heads) {
    const auto line = lines.find(Digest::from_hex(head));
    findings.push_back(
        {line != lines.end(),
         fmt::format("head {}: {}", head,
                     line != lines.end() ? line->second.name
                                         : "no line has it: a chain or log was cut at its end, or "
                                           "taken away")});
  }
  return findings;
}

bool is_time_stamp(const std::string& name) {
  return name.ends_with(".tsr");
}

std::vector<Finding> time_stamp_findings(const std::string& folder, const SignedLines& lines,
                                         const std::vector<std::string>& authorities,
                                         DocumentFinder& finder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && !entry.is_symlink() && is_time_stamp(entry.path().string()))
      names.push_back(entry.path().lexically_relative(folder).generic_string());
  std::ranges::sort(names);
  std::vector<Finding> findings;
  for (const std::string& name : names)
    try {
      const std::string der = read_file(fmt::format("{}/{}", folder, name), document::time_stamp);
      const TimeStamp stamp = TimeStamp::parse(der);
      const auto line = lines.find(stamp.sha256);
      const auto say = [&](bool holds, const std::string& what) {
        findings.push_back({holds, fmt::format("{}: {}", name, what)});
      };
      if (line == lines.end())
        say(false, "is about no line that is here: " + stamp.sha256.hex());
      else if (stamp.time < line->second.time)
        say(false, fmt::format("is of {}, and {} says that it was written on {}", stamp.time,
                               line->second.name, line->second.time));
      else if (authorities.empty())
        finder.miss(fmt::format("who says by {} that {} was there on {} (--time-authority)", name,
                                line->second.name, stamp.time));
      else if (const std::string why = time_stamp_problem(der, authorities); !why.empty())
        say(false, "is not signed by a time authority that was given: " + why);
      else
        say(true, fmt::format("{} was there on {}", line->second.name, stamp.time));
    } catch (const Error& error) {
      if (error.code() == ExitCode::config) throw;  // a certificate that cannot be read
      findings.push_back({false, fmt::format("{}: {}", name, error.what())});
    }
  return findings;
}

}  // namespace bailiwick
