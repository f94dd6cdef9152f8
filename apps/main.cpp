// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "io/h5/library.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/standard_streams.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/runtime/surroundings.hpp"

namespace bailiwick {
namespace {

int command_help(const Arguments& arguments);

std::vector<Command> all_commands() {
  std::vector<Command> commands = {
      {"keygen", "make a key pair for a data owner or an operator", command_keygen},
      {"ingest", "turn CSV files into signed partitions", command_ingest},
      {"policy",
       "sign, show or check an owner's terms of use",
       {},
       {{"sign", policy_sign},
        {"show", policy_show},
        {"check", policy_check},
        {"profile", policy_profile}}},
      {"registry",
       "what an owner's own folder says: the policy in force, what is withdrawn",
       {},
       {{"publish", registry_publish}, {"withdraw", registry_withdraw}}},
      {"budget",
       "what a run with noise costs, and what an owner's budget of privacy has left",
       {},
       {{"plan", budget_plan}, {"show", budget_show}}},
      {"trust", "sign a list of owners who may share sums", {}, {{"sign", trust_sign}}},
      {"site",
       "sign or show a site's map of nodes to jurisdictions",
       {},
       {{"sign", site_sign}, {"show", site_show}}},
      {"inspect", "show what a partition, model, policy or lineage file says", command_inspect},
      {"check", "validate a config, show every domain's verdict; compute nothing", command_check}};
  for (const Stage* stage : all_stages())
    commands.push_back({stage->name(), stage->summary, [stage](const Arguments& arguments) {
                          return command_stage(*stage, arguments);
                        }});
  const Command after[] = {
      {"access-log", "show who asked for an owner's data, and what came of it", command_access_log},
      {"owner", "an owner's page: who asked, what was released, what it cost, what is left",
       command_owner},
      {"verify", "recompute everything the lineage of a run claims", command_verify},
      {"check-output", "judge whether results may leave, by the rules of output checkers",
       command_check_output},
      {"approve", "sign, as a second person, that a result may be used", command_approve},
      {"refuse", "sign, as a second person, that it may not, and why", command_refuse},
      {"withdraw", "sign that a model is to be used no more, and why", command_withdraw},
      {"release", "pack what may leave, signed, or look at what was released", command_release},
      {"deploy",
       "say which version of a model is in use: add, promote, roll back, withdraw, show",
       {},
       {{"init", deploy_init},
        {"add", deploy_add},
        {"promote", deploy_promote},
        {"retire", deploy_retire},
        {"rollback", deploy_rollback},
        {"withdraw", deploy_withdraw},
        {"show", deploy_show}}},
      {"countersign", "add an owner's signature to the end of a run's lineage",
       command_countersign},
      {"report", "write one page about all that a run left, for people", command_report},
      {"reproduce", "run a finished run again and compare every artefact", command_reproduce},
      {"trace", "show what an artefact was made of, and what was made of it", command_trace},
      {"forget", "sign that a model was replaced by one without some rows", command_forget},
      {"export", "describe a run for other programs: run crate, model signature, model card",
       command_export},
      {"compare", "show two runs side by side: config, data, coefficients, measures, cost",
       command_compare},
      {"lrtest", "test whether what one model has more than another says something",
       command_lrtest},
      {"wald", "test whether several coefficients of a model are all 0", command_wald},
      {"meta", "pool models that were each fitted on rows of their own", command_meta},
      {"line", "run all stations from files to a model in use, of which anything changed",
       command_line},
      {"slurm", "write the batch script of a config", command_slurm},
      {"digest", "print the digest of a model's content", command_digest},
      {"schema", "print every key of a YAML file: for editors, or as tables", command_schema},
      {"help", "print this, or what one command takes", command_help}};
  commands.insert(commands.end(), std::begin(after), std::end(after));
  return commands;
}

constexpr std::pair<ExitCode, const char*> exit_codes[] = {
    {ExitCode::ok, "ok"},
    {ExitCode::usage, "usage"},
    {ExitCode::config, "config"},
    {ExitCode::policy, "policy refused"},
    {ExitCode::data, "data or I/O"},
    {ExitCode::not_converged, "not converged"},
    {ExitCode::integrity, "integrity"},
    {ExitCode::verdict, "verdict"},
    {ExitCode::bug, "bug"},
    {ExitCode::stopped, "stopped, resumable"}};

void print_help(const std::vector<Command>& commands) {
  std::cout << "Bailiwick trains models on data that may not leave its owner's jurisdiction.\n\n"
               "usage: bailiwick COMMAND ... [--help]\n       bailiwick --version\n\n";
  for (const Command& command : commands)
    std::cout << fmt::format("  {:<10} {}\n", command.name, command.summary);
  std::cout << fmt::format("\nStart check, {} under mpirun or srun for more than one rank.\n",
                           join(names_of_stages()))
            << "Exit codes:\n";
  for (const auto& [code, meaning] : exit_codes)
    std::cout << fmt::format("   {:>3}  {}\n", static_cast<int>(code), meaning);
}

int run(const Command& command, const Arguments& arguments) {
  if (command.parts.empty()) return command.run(arguments);
  const std::vector<std::string>& words = arguments.words;
  const std::string what = words.empty() ? "--help" : words.front();
  std::vector<std::string> names;
  for (const Part& part : command.parts) {
    if (what == part.name) return part.run({words.begin() + 1, words.end()});
    names.emplace_back(part.name);
  }
  if (what == "--help" || what == "-h") {
    std::cout << fmt::format("usage: bailiwick {} {} ... [--help]\n", command.name,
                             join(names, "|"));
    return 0;
  }
  const std::string last = names.back();
  names.pop_back();
  throw Error(ExitCode::usage, "unknown command \"{} {}\"; there {} {}", command.name, what,
              names.empty() ? "is" : "are", names.empty() ? last : join(names) + " and " + last);
}

const Command& find_command(const std::vector<Command>& commands, const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands) {
    if (name == command.name) return command;
    names.push_back(command.name);
  }
  throw Error(ExitCode::usage, "unknown command \"{}\"{}; see bailiwick --help", name,
              did_you_mean(name, names));
}

/// What a command says of itself to --help.
OrderedJson describe(const Command& command, Arguments arguments) {
  OrderedJson described = {{"name", command.name}, {"summary", command.summary}};
  const auto ask = [&](OrderedJson& whose, std::vector<std::string> words) {
    words.insert(words.end(), help_as_json.begin(), help_as_json.end());
    std::ostringstream said;
    const std::unique_ptr<std::streambuf, void (*)(std::streambuf*)> out(
        std::cout.rdbuf(said.rdbuf()), [](std::streambuf* back) { std::cout.rdbuf(back); });
    run(command, {arguments.argc, arguments.argv, words});
    whose.update(OrderedJson::parse(said.str()));
  };
  if (command.parts.empty()) ask(described, {});
  for (const Part& part : command.parts)
    ask(described["commands"].emplace_back(OrderedJson{{"name", part.name}}), {part.name});
  return described;
}

int command_help(const Arguments& arguments) {
  Options options("help [COMMAND...] [options]",
                  "Says which commands there are, or what one of them takes: help policy sign.",
                  "README.md");
  options.add()("json", "as JSON: commands with their options, and the exit codes");
  if (!options.parse(arguments.words)) return 0;
  const std::vector<Command> commands = all_commands();
  std::vector<std::string> words = options.list("COMMAND");
  const Command* asked = words.empty() ? nullptr : &find_command(commands, words.front());
  if (options.has("json")) {
    OrderedJson all;
    for (const Command& command : commands)
      if (asked == nullptr || asked == &command)
        all["commands"].push_back(describe(command, arguments));
    for (const auto& [code, meaning] : exit_codes)
      all["exit_codes"].push_back({{"code", static_cast<int>(code)}, {"meaning", meaning}});
    std::cout << all.dump(2) << '\n';
  } else if (asked == nullptr) {
    print_help(commands);
  } else {
    words.erase(words.begin());
    words.emplace_back("--help");
    return run(*asked, {arguments.argc, arguments.argv, words});
  }
  return 0;
}

int dispatch(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "--help";
  const std::vector<Command> commands = all_commands();
  if (name == "--help" || name == "-h") {
    print_help(commands);
    return argc > 1 ? 0 : static_cast<int>(ExitCode::usage);
  }
  if (name == "--version") {
    std::cout << fmt::format("bailiwick {} ({})\n{}{}", version(), git_commit(), runtime_versions(),
                             io::library_version());
    return 0;
  }
  const Command& command = find_command(commands, name);
  io::start_library();
  return run(command, {argc, argv, std::vector<std::string>(argv + 2, argv + argc)});
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
