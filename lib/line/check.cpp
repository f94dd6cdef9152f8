// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/check.hpp"

#include <filesystem>
#include <vector>

#include "lib/config/sweep.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/lineage/model_states.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

class Check {
 public:
  explicit Check(const LineConfig& line) : line_(line) {}

  void all() {
    files();
    throw_if_any();
    keys();
    throw_if_any();
  }

 private:
  void files() {
    demand("run", line_.run);
    demand("public_key", line_.public_key);
    for (const LineIngest& one : line_.ingest)
      demand("ingest", one.config);
    if (line_.check_output) {
      demand("check_output.sign_with", line_.check_output->sign_with);
      demand("check_output.public_key", line_.check_output->public_key);
    }
    if (!line_.deploy) return;
    demand("deploy.registry", line_.deploy->registry + "/" + model_registry_log.file,
           "; `bailiwick deploy init` makes one");
    if (!line_.deploy->sign_with.empty()) demand("deploy.sign_with", line_.deploy->sign_with);
  }

  void keys() {
    const ConfigFiles files = read_config(line_.run);
    const RunConfig run = parse_run_config(files, config_language());
    sweep(files);
    if (!std::filesystem::exists(run.sign_with))
      return add("run",
                 fmt::format("{}: lineage.sign_with: {} is not there", line_.run, run.sign_with));
    const PublicKey operators = PrivateKey::load(run.sign_with).public_key();
    demand_pair("public_key", line_.public_key, operators, run.sign_with);
    if (line_.check_output)
      demand_pair("check_output.public_key", line_.check_output->public_key,
                  PrivateKey::load(line_.check_output->sign_with).public_key(),
                  line_.check_output->sign_with);
    if (!line_.deploy || line_.deploy->sign_with.empty()) return;
    const ModelRegistry registry = read_model_registry(line_.deploy->registry);
    const PublicKey decides = PrivateKey::load(line_.deploy->sign_with).public_key();
    if (!registry.knows(decides.id()))
      add("deploy.sign_with", fmt::format("{} is none of the keys that may decide in {}",
                                          line_.deploy->sign_with, line_.deploy->registry));
    else if (decides.id() == operators.id() && !registry.alone)
      add("deploy.sign_with",
          fmt::format("{} is the operator's key too; another person than who trains promotes, "
                      "unless the registry was begun with --alone",
                      line_.deploy->sign_with));
  }

  /// What of its combinations the run's config refuses.
  void sweep(const ConfigFiles& files) const {
    if (!line_.sweep) return;
    std::vector<Sweep> over;
    for (const std::string& text : line_.sweep->over)
      over.push_back(parse_sweep(text));
    for (const Overrides& settings : sweep_tasks(over))
      parse_run_config(files, config_language(), settings);
  }

  void demand(const char* key, const std::string& path, const char* hint = "") {
    if (!std::filesystem::exists(path)) add(key, fmt::format("{} is not there{}", path, hint));
  }

  void demand_pair(const char* key, const std::string& path, const PublicKey& of,
                   const std::string& private_key) {
    if (PublicKey::load(path).id() != of.id())
      add(key, fmt::format("{} is not the public key of {}", path, private_key));
  }

  void add(const char* key, const std::string& what) {
    problems_.push_back(fmt::format("{}: {}: {}", line_.path, key, what));
  }

  void throw_if_any() const {
    if (!problems_.empty()) throw Error(ExitCode::config, "{}", join(problems_, "\n"));
  }

  const LineConfig& line_;
  std::vector<std::string> problems_;
};

}  // namespace

void check_line(const LineConfig& line) {
  Check(line).all();
}

}  // namespace bailiwick
