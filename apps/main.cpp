// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>
#include <string>
#include <vector>

#include "apps/command.hpp"
#include "io/h5/library.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/names.hpp"
#include "lib/core/standard_streams.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/runtime/surroundings.hpp"

namespace bailiwick {
namespace {

std::vector<Command> all_commands() {
  std::vector<Command> commands = {
      {"keygen", "make a key pair for a data owner or an operator", command_keygen},
      {"ingest", "turn CSV files into signed partitions", command_ingest},
      {"policy", "sign, show or check an owner's terms of use", command_policy},
      {"registry", "what an owner's own folder says: the policy in force, what is withdrawn",
       command_registry},
      {"trust", "sign a list of owners who may share sums", command_trust},
      {"site", "sign or show a site's map of nodes to jurisdictions", command_site},
      {"inspect", "show what a partition, model, policy or lineage file says", command_inspect},
      {"check", "validate a config, show every domain's verdict; compute nothing", command_check}};
  for (const Stage* stage : all_stages())
    commands.push_back({stage->name(), stage->summary, [stage](const Arguments& arguments) {
                          return command_stage(*stage, arguments);
                        }});
  const Command after[] = {
      {"access-log", "show who asked for an owner's data, and what came of it", command_access_log},
      {"verify", "recompute everything the lineage of a run claims", command_verify},
      {"slurm", "write the batch script of a config", command_slurm},
      {"digest", "print the digest of a model's content", command_digest}};
  commands.insert(commands.end(), std::begin(after), std::end(after));
  return commands;
}

void print_help(const std::vector<Command>& commands) {
  std::cout << "Bailiwick trains models on data that may not leave its owner's jurisdiction.\n\n"
               "usage: bailiwick COMMAND ... [--help]\n       bailiwick --version\n\n";
  for (const Command& command : commands)
    std::cout << fmt::format("  {:<10} {}\n", command.name, command.summary);
  std::cout
      << fmt::format("\nStart check, {} under mpirun or srun for more than one rank.\n",
                     join(names_of_stages()))
      << "Exit codes: 0 ok, 2 usage, 3 config, 4 policy refused, 5 data or I/O, 6 not converged,\n"
         "            7 integrity, 70 bug, 75 stopped and resumable.\n";
}

int dispatch(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "--help";
  const std::vector<Command> commands = all_commands();
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(commands);
    return argc > 1 ? 0 : static_cast<int>(ExitCode::usage);
  }
  if (name == "--version") {
    std::cout << fmt::format("bailiwick {} ({})\n{}{}", version(), git_commit(), runtime_versions(),
                             io::library_version());
    return 0;
  }
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (name == command.name) {
      io::start_library();
      return command.run({argc, argv, std::vector<std::string>(argv + 2, argv + argc)});
    }
    names.push_back(command.name);
  }
  throw Error(ExitCode::usage, "unknown command \"{}\"{}; see bailiwick --help", name,
              did_you_mean(name, names));
}

}  // namespace
}  // namespace bailiwick

int main(int argc, char** argv) {
  using namespace bailiwick;
  clear_surroundings();
  try {
    prepare_standard_streams();
    const int code = dispatch(argc, argv);
    if (code == 0) check_standard_output();
    return code;
  } catch (...) {
    const Error error = caught_error();
    std::cerr << "bailiwick: " << printable_lines(error.what()) << '\n';
    return static_cast<int>(error.code());
  }
}
