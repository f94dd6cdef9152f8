// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <boost/program_options.hpp>

#include <string>
#include <utility>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/stage.hpp"
#include "lib/verify/options.hpp"

namespace bailiwick {

namespace po = boost::program_options;

/// What `help --json` asks each command: nothing else happens then.
inline const std::vector<std::string> help_as_json = {"--help", "--json"};

/// Parses the words after a subcommand. `usage` is its first help line, e.g. "digest MODEL"; its
/// upper-case words after the name are the positional arguments, bracketed ones optional, one
/// ending in "..." repeatable. `page` says more.
class Options {
 public:
  Options(std::string usage, std::string about, std::string page);

  /// Adds an option; see boost::program_options.
  po::options_description_easy_init add() { return options_.add_options(); }

  /// Returns false if --help was asked for and printed, also as JSON (help_as_json). Throws
  /// ExitCode::usage.
  bool parse(const std::vector<std::string>& words);

  bool has(const std::string& name) const { return values_.count(name) > 0; }
  std::string text(const std::string& name) const;
  std::vector<std::string> list(const std::string& name) const;
  /// Of a repeatable KEY=VALUE option. Throws ExitCode::usage.
  std::vector<std::pair<std::string, std::string>> assignments(const std::string& name) const;

 private:
  OrderedJson described() const;

  std::string usage_, about_, page_;
  po::options_description options_{"Options"};
  po::options_description hidden_;
  po::positional_options_description positional_;
  std::vector<std::string> required_;
  po::variables_map values_;
};

/// --owner-key and --partitions, of commands that verify the folder of a run; --key is their own.
void add_verification(Options& options);
/// What these say, and --key.
VerifyOptions verification_asked(const Options& options);

/// The stage that --stage names. Throws ExitCode::usage.
const Stage& stage_asked(const std::string& name);

}  // namespace bailiwick
