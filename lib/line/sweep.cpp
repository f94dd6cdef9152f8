// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/sweep.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "lib/config/sweep.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/run/finished_stage.hpp"
#include "lib/stages/influence/measures.hpp"

namespace bailiwick {

namespace {

struct Trial {
  Overrides settings;
  std::optional<double> value;  ///< of the metric; nothing: there is no model
};

std::string shown(const Overrides& settings) {
  std::vector<std::string> words;
  for (const auto& [key, value] : settings)
    words.push_back(fmt::format("{}={}", key, value));
  return join(words, " ");
}

class Sweeper {
 public:
  Sweeper(const LineConfig& line, Steps& steps, const std::string& sign_with, const Overrides& also,
          const std::function<std::string(const Overrides&)>& inputs)
      : line_(line),
        sweep_(*line.sweep),
        steps_(steps),
        sign_with_(sign_with),
        also_(also),
        inputs_(inputs) {}

  Overrides best() {
    std::vector<Sweep> over;
    for (const std::string& text : sweep_.over)
      over.push_back(parse_sweep(text));
    std::vector<Trial> trials;
    for (Overrides& settings : sweep_tasks(over))
      trials.push_back({std::move(settings), {}});
    if (!sweep_.halving) {
      rank(trials, {});
    } else {
      long long budget = sweep_.halving->from;
      for (bool last = false; !last; budget *= sweep_.halving->factor) {
        const auto factor = static_cast<std::size_t>(sweep_.halving->factor);
        last = trials.size() <= factor;
        rank(trials, {{sweep_.halving->key, std::to_string(budget)}});
        trials.resize((trials.size() + factor - 1) / factor);
      }
    }
    if (steps_.are_pending()) return {};
    if (!trials.front().value)
      throw Error(ExitCode::not_converged,
                  "{}: sweep: no combination has a model whose {} is known", line_.path,
                  sweep_.metric);
    say(fmt::format("sweep: {}", shown(trials.front().settings)));
    return with(trials.front().settings, also_);
  }

 private:
  /// Best first; those without a model last.
  void rank(std::vector<Trial>& trials, const Overrides& budget) {
    for (Trial& trial : trials)
      trial.value = try_out(with(trial.settings, budget));
    if (steps_.are_pending()) return;
    const bool more = more_is_better(sweep_.metric).value();
    std::ranges::stable_sort(trials, [&](const Trial& a, const Trial& b) {
      if (!a.value || !b.value) return a.value.has_value() && !b.value;
      return more ? *a.value > *b.value : *a.value < *b.value;
    });
    std::vector<std::vector<std::string>> lines{{"sweep: " + shown(budget), sweep_.metric}};
    for (const Trial& trial : trials)
      lines.push_back({shown(trial.settings), trial.value ? round_trip(*trial.value) : "-"});
    say(aligned(lines));
  }

  std::optional<double> try_out(const Overrides& settings) {
    const std::string inputs = inputs_(with(settings, also_)), title = "sweep " + shown(settings),
                      folder = line_.output + "/sweep/" + sha256(inputs).hex().substr(0, 12);
    const std::vector<std::string> set = set_words(with(settings, also_));
    std::vector<std::string> train = {"train", line_.run, "--output", folder, "--resume", "latest"},
                             evaluate = {"evaluate", line_.run, "--output",
                                         folder,     "--set",   "evaluate.split=" + sweep_.split};
    train.insert(train.end(), set.begin(), set.end());
    evaluate.insert(evaluate.end(), set.begin(), set.end());
    if (steps_.run({title, train, inputs, folder, true, {ExitCode::not_converged}}, true) != 0)
      return {};
    steps_.run({title, evaluate, inputs, folder + " evaluate", true}, true);
    if (steps_.are_pending()) return {};
    const Json overall = read_signed_result(folder, "evaluation", sign_with_).at("overall");
    const auto found = overall.find(sweep_.metric);
    if (found == overall.end())
      throw Error(ExitCode::config, "{}: sweep.metric: {}/evaluation.json has no {}; it has: {}",
                  line_.path, folder, sweep_.metric, names_in(overall));
    if (!found->is_number() || !std::isfinite(found->get<double>())) return {};
    return found->get<double>();
  }

  static Overrides with(Overrides settings, const Overrides& more) {
    settings.insert(settings.end(), more.begin(), more.end());
    return settings;
  }

  static std::string names_in(const Json& overall) {
    std::vector<std::string> names;
    for (const std::string& name : names_of_measures())
      if (overall.contains(name)) names.push_back(name);
    return join(names);
  }

  const LineConfig& line_;
  const LineSweep& sweep_;
  Steps& steps_;
  const std::string& sign_with_;
  const Overrides& also_;
  const std::function<std::string(const Overrides&)>& inputs_;
};

}  // namespace

std::vector<std::string> set_words(const Overrides& settings) {
  std::vector<std::string> words;
  for (const auto& [key, value] : settings)
    words.insert(words.end(), {"--set", fmt::format("{}={}", key, value)});
  return words;
}

Overrides best_settings(const LineConfig& line, Steps& steps, const std::string& sign_with,
                        const Overrides& also,
                        const std::function<std::string(const Overrides&)>& inputs) {
  return Sweeper(line, steps, sign_with, also, inputs).best();
}

}  // namespace bailiwick
