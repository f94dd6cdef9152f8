// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/batch/batch_script.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "lib/boundary/decomposition.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

/// A job's part: the domains of a jurisdiction, or all.
struct Component {
  std::string jurisdiction;
  std::string constraint;  ///< Slurm's features; empty: any node
  std::vector<std::string> domains;
  std::uint64_t blocks = 0;
  std::uint64_t ranks = 0;
};

constexpr const char* head = R"sh(#!/bin/bash
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
#
)sh";

constexpr const char* common_options = R"sh(
# Each start may take so long; a training that is not done by then is requeued and goes on.
#SBATCH --time={time}
# Two minutes before that this script, not the ranks, gets SIGUSR1: they write a checkpoint and stop.
#SBATCH --signal=B:USR1@120
# The job may start again, after a node has died too, and then goes on writing the same log.
#SBATCH --requeue --open-mode=append --output={log}
)sh";

constexpr const char* mpirun = R"sh(
# Starts a command on every rank.
launch() {
  # Slurm keeps ranks within what they were given; Open MPI would put the threads of a rank on one core.
  exec ${LAUNCHER:-mpirun --bind-to none} "$@"
}
)sh";

constexpr const char* mpirun_het = R"sh(
nodes_of() { scontrol show hostnames "$1"; }

# Called back by mpirun as `on HOST COMMAND`: starts Open MPI's daemon on a node, as a step of its component.
if [ "${1:-}" = on ]; then
  host=$2; shift 2
  for ((k = 0; k < SLURM_HET_SIZE; k++)); do
    list=SLURM_JOB_NODELIST_HET_GROUP_$k
    nodes_of "${!list}" | grep -qxF -- "$host" && break
  done
  exec srun --het-group="$k" --nodelist="$host" --nodes=1 --ntasks=1 --overlap --cpu-bind=none --mpi=none \
    --input=none --quiet bash -c "$*"
fi

# Starts a command on every rank of all components as one MPI world. Open MPI's own support of Slurm sees
# the first component alone, so it is told the nodes, and starts its daemons through this script.
launch() {
  [ -z "${LAUNCHER:-}" ] || exec $LAUNCHER "$@"
  local hosts='' k list tasks part count counts i node
  for ((k = 0; k < SLURM_HET_SIZE; k++)); do
    list=SLURM_JOB_NODELIST_HET_GROUP_$k tasks=SLURM_TASKS_PER_NODE_HET_GROUP_$k
    counts=() i=0
    for part in ${!tasks//,/ }; do  # such as 2(x3),1: 2 on each of three nodes, 1 on the fourth
      count=1
      [[ $part != *x* ]] || { count=${part#*x}; count=${count%)}; }
      while ((count-- > 0)); do counts+=("${part%%(*}"); done
    done
    for node in $(nodes_of "${!list}"); do hosts+=,$node:${counts[i++]}; done
  done
  exec mpirun --mca ras ^slurm --mca plm rsh --mca plm_rsh_agent "bash $0 on" --mca plm_rsh_no_tree_spawn 1 \
    --host "${hosts#,}" --bind-to none "$@"
}
)sh";

constexpr const char* body = R"sh(
# Puts the job back into the queue and ends this start; but not a job that was cancelled, whose ranks end too.
# Of a heterogeneous job this is the leader's id: all its components start again.
again() {
  case $(squeue -h -o %T -j "$SLURM_JOB_ID") in
    RUNNING* | '')
      echo "start $((${SLURM_RESTART_COUNT:-0} + 1)) of job $SLURM_JOB_ID ended with $1: requeued"
      scontrol requeue "$SLURM_JOB_ID"
      ;;
  esac
  exit "$1"
}

# The same after the loss of a node or a rank, or for want of time to begin. Without a new checkpoint since
# this start, the fourth start is the last.
started=$EPOCHSECONDS
retry() {
  local checkpoint
  checkpoint=$(find "$output/checkpoints" -newermt "@$started" 2>/dev/null | head -n 1)
  if [ -n "$checkpoint" ] || [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then again "$1"; fi
  exit "$1"
}

running='' signalled=''
trap 'signalled=now; [ -z "$running" ] || kill -USR1 "$running"' USR1 TERM

# Runs a stage, and ends this start unless it succeeds.
stage() {
  local code
  [ -z "$signalled" ] || retry 75
  "$@" &
  running=$!
  wait "$running"
  code=$?
  # A signal ends the waiting, not the stage: its answer is still to come.
  while [ "$signalled" = now ]; do
    signalled=handed-on
    wait "$running"
    code=$?
  done
  running=
  case $code in
    0) return ;;
    75) again 75 ;;         # stopped on request, can go on
    [2-8]) exit "$code" ;;  # would only fail again: docs/exit-codes.md
    *) retry "$code" ;;     # the launcher's words for a lost node or rank; 70: MPI's within a rank
  esac
}

command -v "$bailiwick" >/dev/null || { echo "$bailiwick: no such program; set BAILIWICK" >&2; exit 2; }
[ $# -gt 0 ] || set -- train evaluate verify
for name; do
  case $name in
    train) stage launch "$bailiwick" train "$config" --output "$output" --resume latest "${options[@]}" ;;
    verify) stage "$bailiwick" verify "$output" --key "$key" --quiet{verify} ;;
    *) stage launch "$bailiwick" "$name" "$config" --output "$output" "${options[@]}" ;;
  esac
done
)sh";

/// For squeue and file names: letters, digits, "-", "_", ".".
std::string job_name(const std::string& name) {
  std::string plain;
  for (const char c : name)
    plain += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' ? c : '-';
  return plain;
}

/// Rows in other jurisdictions are not this node's to read, even to verify them.
std::string verify_words(const RunConfig& config, const BatchOptions& options) {
  std::set<std::string> folders;
  if (!options.heterogeneous)
    for (const DomainConfig& domain : config.domains)
      for (const std::string& path : domain.partitions)
        folders.insert(std::filesystem::path(path).parent_path().string());
  std::string words;
  for (const std::string& folder : folders)
    words += " --partitions " + shell_word(folder);
  return words;
}

std::string set_words(const Overrides& overrides) {
  std::string words;
  for (const auto& [key, value] : overrides)
    words += fmt::format("{}--set {}", words.empty() ? "" : " ",
                         shell_word(fmt::format("{}={}", key, value)));
  return words;
}

/// The features of the nodes that lie in a jurisdiction, as sbatch's --constraint.
std::string constraint_for(const Site& site, const std::string& jurisdiction) {
  std::vector<std::string> features;
  for (const auto& [feature, place] : site.slurm_features)
    if (lies_in(place, jurisdiction)) {
      if (job_name(feature) != feature)
        throw Error(ExitCode::config,
                    "site {}: \"{}\" is no feature that --constraint could name: letters, digits, "
                    "-, _ and . can be written",
                    site.name, feature);
      features.push_back(feature);
    }
  return join(features, "|");
}

std::vector<Component> components_of(const RunConfig& config, const Site& site,
                                     const std::vector<std::uint64_t>& blocks,
                                     const BatchOptions& options) {
  std::vector<Component> components;
  for (std::size_t i = 0; i < config.domains.size(); ++i) {
    const DomainConfig& domain = config.domains[i];
    auto found = std::ranges::find(components, domain.jurisdiction, &Component::jurisdiction);
    if (found == components.end()) {
      const std::string features = constraint_for(site, domain.jurisdiction);
      if (features.empty() && options.heterogeneous)
        throw Error(ExitCode::config,
                    "{}: no feature of Slurm in site.slurm_features lies in {}, the jurisdiction "
                    "of domain {}: a component cannot be sent there",
                    config.path, domain.jurisdiction, domain.name);
      found = components.insert(found, {domain.jurisdiction, features, {}, 0, 0});
    }
    found->domains.push_back(domain.name);
    found->blocks += blocks[i];
  }
  const std::uint64_t ranks = options.ranks == 0 ? config.domains.size() : options.ranks;
  if (!options.heterogeneous) {
    // Nodes of one jurisdiction can be asked for in one component.
    Component all{"", components.size() == 1 ? components.front().constraint : "", {}, 0, ranks};
    return {all};
  }
  if (ranks < components.size())
    throw Error(ExitCode::config, "--ranks {}: the domains lie in {} jurisdictions; each needs one",
                ranks, components.size());
  if (options.ranks == 0) {
    for (Component& component : components)
      component.ranks = component.domains.size();
    return components;
  }
  std::vector<DomainShape> shapes;
  const bool known =
      std::ranges::none_of(components, [](const Component& c) { return c.blocks == 0; });
  for (const Component& component : components)
    shapes.push_back(
        {component.jurisdiction, known ? component.blocks : component.domains.size(), {}});
  const auto dealt = deal_ranks(shapes, static_cast<int>(ranks));
  for (std::size_t k = 0; k < components.size(); ++k)
    components[k].ranks = dealt[k].size();
  return components;
}

std::string component_options(const Component& component, const BatchOptions& options) {
  std::string text;
  if (!component.domains.empty())
    text += fmt::format("\n# In {}: domain{} {}.", component.jurisdiction,
                        component.domains.size() == 1 ? "" : "s", join(component.domains));
  text += fmt::format("\n# Ranks, and threads of each.\n#SBATCH --ntasks={} --cpus-per-task={}\n",
                      component.ranks, options.threads);
  if (!component.constraint.empty())
    text += fmt::format(
        "# Nodes that the site declares to lie there, by Slurm's features of them.\n"
        "#SBATCH --constraint={}\n",
        component.constraint);
  for (const std::string& option : options.sbatch)
    text += fmt::format("#SBATCH {}\n", option);
  return text;
}

std::string array_options(std::size_t tasks) {
  return fmt::format("# A job of its own for each combination of values.\n#SBATCH --array=0-{}\n",
                     tasks - 1);
}

std::string sweep_cases(const std::vector<Overrides>& tasks) {
  std::string text =
      "\n# What each task of the array trains with, in a folder of its own.\n"
      "output=$output-sweep/$SLURM_ARRAY_TASK_ID\n"
      "case $SLURM_ARRAY_TASK_ID in\n";
  for (std::size_t i = 0; i < tasks.size(); ++i)
    text += fmt::format("  {}) options+=({}) ;;\n", i, set_words(tasks[i]));
  return text + "esac\n";
}

}  // namespace

std::string batch_script(const RunConfig& config, const Site& site,
                         const std::vector<std::uint64_t>& blocks, const BatchOptions& options) {
  const bool sweeps = !options.sweep.empty();
  if (sweeps && options.heterogeneous)
    throw Error(ExitCode::usage,
                "--sweep and --heterogeneous: Slurm has no arrays of heterogeneous jobs");
  const std::vector<Component> components = components_of(config, site, blocks, options);

  std::string text = head;
  text += fmt::format(
      "# {}: {} domain{}. Written by\n#   {}\n"
      "# Submit it with sbatch from the folder where that was typed. It trains, evaluates and "
      "verifies, or does\n# what is named behind it: {}, verify. "
      "Set in the environment, if need be:\n"
      "#   BAILIWICK  the program                   (default: bailiwick)\n"
      "#   LAUNCHER   what starts it on every rank  (default: mpirun; or, say, \"{}\")\n",
      job_name(config.name), config.domains.size(), config.domains.size() == 1 ? "" : "s",
      options.command, join(options.stages),
      options.heterogeneous ? fmt::format("srun --mpi=pmix --het-group=0-{}", components.size() - 1)
                            : "srun --mpi=pmix");
  text += fmt::format("\n# What squeue shows.\n#SBATCH --job-name={}", job_name(config.name));
  text += fmt::format(fmt::runtime(common_options), fmt::arg("time", options.time),
                      fmt::arg("log", sweeps ? "%x-%A_%a.log" : "%x-%j.log"));
  const std::vector<Overrides> tasks = sweep_tasks(options.sweep);
  if (sweeps) text += array_options(tasks.size());
  for (std::size_t k = 0; k < components.size(); ++k) {
    if (k > 0) text += "#SBATCH hetjob\n";
    text += component_options(components[k], options);
  }

  text += fmt::format(
      "\nset "
      "-u\nbailiwick=${{BAILIWICK:-bailiwick}}\nconfig={}\noutput={}\nkey={}\noptions=({})\n"
      "export OMP_NUM_THREADS=${{SLURM_CPUS_PER_TASK:-{}}}\n",
      shell_word(options.config), shell_word(config.output), shell_word(options.key),
      set_words(options.overrides), options.threads);
  if (sweeps) text += sweep_cases(tasks);
  text += options.heterogeneous ? mpirun_het : mpirun;
  std::string stages = body;
  const std::string mark = "{verify}";
  stages.replace(stages.find(mark), mark.size(), verify_words(config, options));
  return text + stages;
}

std::string chain_script(const RunConfig& config, const std::string& script,
                         const std::string& ingest, const BatchOptions& options) {
  const std::string name = job_name(config.name);
  std::string text = head;
  text += fmt::format(
      "# {}, as a chain of jobs: each waits until the one before has ended well, and is "
      "cancelled "
      "if it has not.\n# Written by\n#   {}\n# Start it with bash from the folder where that was "
      "typed.\n"
      "set -eu\nbailiwick=${{BAILIWICK:-bailiwick}}\nscript={}\n\n"
      "# submit STAGE OPTIONS...: its job waits for the job before it.\njob=\nsubmit() {{\n"
      "  local stage=$1; shift\n"
      "  job=$(sbatch --parsable --job-name=\"{}-$stage\" ${{job:+--dependency=afterok:$job "
      "--kill-on-invalid-dep=yes}} \"$@\")\n"
      "  job=${{job%%;*}}  # without the cluster's name\n  echo \"$stage $job\"\n}}\n",
      name, options.command, shell_word(script), name);
  std::string serial = fmt::format("serial=(--ntasks=1 --time={} --output=%x-%j.log", options.time);
  for (const std::string& option : options.sbatch)
    serial += " " + shell_word(option);
  text += "\n# Jobs of one process.\n" + serial + ")\n\n";
  if (!ingest.empty())
    // Only what an earlier start of the same job has written is overwritten.
    text += fmt::format(
        "submit ingest \"${{serial[@]}}\" --requeue --open-mode=append \\\n"
        "  --wrap \"exec $bailiwick \"{}\n",
        shell_word("ingest " + shell_word(ingest) + " ${SLURM_RESTART_COUNT:+--force}"));
  text += fmt::format(
      "submit train \"$script\" train\n"
      "submit evaluate \"$script\" evaluate\n"
      "submit verify \"${{serial[@]}}\" --wrap \"exec $bailiwick \"{}\n",
      shell_word(fmt::format("verify {} --key {} --quiet{}", shell_word(config.output),
                             shell_word(options.key), verify_words(config, options))));
  return text;
}

}  // namespace bailiwick
