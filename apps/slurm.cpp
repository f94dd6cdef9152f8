// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>
#include <iostream>
#include <regex>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/batch/batch_script.hpp"
#include "lib/core/error.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/run/places.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

/// What asked for the script, without what only asks to write it again.
std::string command_line(const std::vector<std::string>& words) {
  std::string line = "bailiwick slurm";
  for (const std::string& word : words) {
    if (word.find('\n') != std::string::npos)
      throw Error(ExitCode::usage, "{}: has more than one line", shell_word(word));
    if (word != "--force") line += " " + shell_word(word);
  }
  return line;
}

/// A path of the config as it would be typed here: relative, if it lies under this folder and the
/// config's own was typed so.
std::string typed(const std::string& path, const std::string& config) {
  const std::filesystem::path absolute = std::filesystem::absolute(path).lexically_normal();
  const std::string relative =
      absolute.lexically_relative(std::filesystem::current_path()).string();
  const bool within = !relative.empty() && !relative.starts_with("..");
  return within && std::filesystem::path(config).is_relative() ? relative : absolute.string();
}

/// Where keygen puts the public half of a private key.
std::string public_half(const std::string& path) {
  const std::filesystem::path key(path);
  return (key.parent_path() / key.stem()).string() + ".pub.pem";
}

void add_slurm_options(Options& options) {
  options.add()("output", po::value<std::string>(),
                "the script to write (default: to the terminal)");
  options.add()("chain", po::value<std::string>(),
                "write a second script that submits train, evaluate and verify as jobs that wait "
                "for one another");
  options.add()("ingest", po::value<std::string>(),
                "config of an ingest that the chain begins with");
  options.add()("heterogeneous",
                "one component a jurisdiction, on nodes with the features that the site declares "
                "to lie there");
  options.add()("sweep", po::value<std::vector<std::string>>(),
                "KEY=VALUE,VALUE...: a job array over these values; given again, over all "
                "combinations");
  options.add()("time", po::value<std::string>()->default_value("01:00:00"),
                "limit of one start of the job");
  options.add()("ranks", po::value<std::string>(), "ranks in all (default: one a domain)");
  options.add()("threads", po::value<std::string>()->default_value("1"), "threads of a rank");
  options.add()("account", po::value<std::string>(), "Slurm's account");
  options.add()("partition", po::value<std::string>(), "Slurm's partition");
  options.add()("sbatch", po::value<std::vector<std::string>>(),
                "any other option of sbatch, e.g. --sbatch=--mem-per-cpu=2G; may be given again");
  options.add()("set", po::value<std::vector<std::string>>(),
                "KEY=VALUE: override a key of the config, here and in the job");
  options.add()("key", po::value<std::string>(),
                "public key to verify the lineage by (default: .pub.pem beside lineage.sign_with)");
  options.add()("force", "overwrite existing scripts");
}

std::uint64_t positive(const Options& options, const std::string& name) {
  const std::uint64_t count = parse_count(options.text(name), "--" + name);
  if (count == 0 || count > 1000000)
    throw Error(ExitCode::usage, "--{} {}: at least 1, at most 1000000", name, count);
  return count;
}

BatchOptions read_options(const Options& options, const std::vector<std::string>& words) {
  BatchOptions batch;
  batch.stages = names_of_stages();
  batch.command = command_line(words);
  batch.config = options.text("CONFIG");
  batch.time = options.text("time");
  // sbatch would take the rest of the line for more options.
  if (!std::regex_match(batch.time, std::regex("[0-9:-]+")))
    throw Error(ExitCode::usage, "--time {}: write [days-]hours:minutes:seconds", batch.time);
  if (options.has("ranks")) batch.ranks = positive(options, "ranks");
  batch.threads = positive(options, "threads");
  batch.heterogeneous = options.has("heterogeneous");
  for (const char* name : {"account", "partition"})
    if (options.has(name)) batch.sbatch.push_back(fmt::format("--{}={}", name, options.text(name)));
  for (const std::string& option : options.list("sbatch"))
    batch.sbatch.push_back(option);
  for (const std::string& option : batch.sbatch)
    if (!option.starts_with("-"))
      throw Error(ExitCode::usage, "--sbatch {}: write an option of sbatch, e.g. --mem-per-cpu=2G",
                  option);
  batch.overrides = options.assignments("set");
  for (const std::string& text : options.list("sweep"))
    batch.sweep.push_back(parse_sweep(text));
  return batch;
}

void write_new(const std::string& path, const std::string& text, bool force) {
  if (is_taken(path) && !force)
    throw Error(ExitCode::data, "{}: exists already; pass --force to replace it", path);
  create_folders(std::filesystem::path(path).parent_path().string());
  write_file_atomically(path, text);
}

}  // namespace

int command_slurm(const Arguments& arguments) {
  Options options("slurm CONFIG [options]",
                  "Writes the sbatch script that trains, evaluates and verifies a config, goes on "
                  "from the newest\n"
                  "checkpoint after the time limit or the loss of a node, and asks for nodes where "
                  "the rows may be\n"
                  "computed on. Opens no partition; submits nothing; needs no MPI.",
                  "docs/slurm.md");
  add_slurm_options(options);
  if (!options.parse(arguments.words)) return 0;
  BatchOptions batch = read_options(options, arguments.words);
  if (options.has("chain") && (!options.has("output") || !batch.sweep.empty()))
    throw Error(ExitCode::usage,
                "--chain: needs --output, and takes no --sweep, whose tasks train, "
                "evaluate and verify one by one");
  if (options.has("ingest") && !options.has("chain"))
    throw Error(ExitCode::usage, "--ingest: is the first job of a --chain");

  ConfigFiles files;
  try {
    files = read_config(batch.config);
  } catch (const Error& error) {
    throw Error(ExitCode::config, error.what());
  }
  RunConfig config = parse_run_config(files, config_language(), batch.overrides);
  // A task that could not start is found here, not in the queue.
  for (Overrides task : sweep_tasks(batch.sweep)) {
    task.insert(task.begin(), batch.overrides.begin(), batch.overrides.end());
    parse_run_config(files, config_language(), task);
  }
  batch.key =
      options.has("key") ? options.text("key") : typed(public_half(config.sign_with), batch.config);
  config.output = typed(config.output, batch.config);
  for (DomainConfig& domain : config.domains)
    for (std::string& path : domain.partitions)
      path = typed(path, batch.config);
  std::vector<std::uint64_t> blocks;
  for (const DomainConfig& domain : config.domains)
    blocks.push_back(visible_blocks(domain));
  const std::string script = batch_script(config, open_site(config.site).site, blocks, batch);
  if (!options.has("output")) {
    std::cout << script;
    return 0;
  }
  const std::string output = options.text("output");
  write_new(output, script, options.has("force"));
  std::string submit = "sbatch " + shell_word(output);
  if (options.has("chain")) {
    const std::string chain = options.text("chain");
    write_new(chain, chain_script(config, output, options.text("ingest"), batch),
              options.has("force"));
    submit = "bash " + shell_word(chain);
  }
  std::cout << fmt::format("written  {}\nsubmit   {}\n", output, submit);
  return 0;
}

}  // namespace bailiwick
