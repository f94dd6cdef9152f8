// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/train/loop.hpp"

#include <iostream>

#include "lib/core/json.hpp"
#include "lib/core/stopwatch.hpp"
#include "lib/owner/access_log.hpp"
#include "lib/record/domain_tags.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/stop_signal.hpp"

namespace bailiwick {

namespace {
constexpr const char* reached_words = "it is as far as it was to go";
}

void train_by(Run& run, RunRecord& record, Checkpoints& checkpoints, const Restart& restart,
              const std::function<std::unique_ptr<Method>()>& make) {
  const Stopwatch total;
  const bool root = run.world().is_root();
  start_tags(run);
  SumTags& tags = *run.boundary().tags();
  const std::unique_ptr<Method> method = make();
  const double seconds_reading = total.seconds();
  take_up(run, restart, [&] { method->restore(restart); });
  bool whole = restart.path.empty();  // not a step of which another session had the beginning
  const auto end_step = [&](const std::string& name) {
    if (whole)
      tags.end(name);
    else
      tags.drop();
    whole = true;
  };
  if (whole) end_step("before the first step");
  const std::string headline = method->headline();
  if (root)
    std::cout << fmt::format("{}\n{}  {:>8}\n", headline, method->heading(), "seconds")
              << std::flush;

  const StopSignal::Deferred deferred;
  const Stopwatch solving;
  Json progress;
  method->run([&](const TrainingStep& step) {
    if (!step.line.empty()) {
      end_step(step.name);
      if (root)
        std::cout << fmt::format("{}  {:>8.2f}\n", step.line, solving.seconds()) << std::flush;
      run.outcome()->add_step(step.release);
      for (const auto& [name, number] : step.numbers)
        progress[name].push_back(number);
    }
    std::string stop = step.last ? "" : StopSignal::agreed(run.world());
    if (stop.empty() && step.name == run.config().until) stop = reached_words;
    if (!stop.empty() || (step.due && checkpoints.ready()))
      checkpoints.write(method->checkpoint(step), step.name + ".h5", step.loss, !stop.empty());
    if (!stop.empty()) checkpoints.stop(stop);
  });

  Json results;
  const io::Checkpoint model = method->finish(record, results);
  tags.end("after the last step");
  if (!progress.is_null()) results["progress"] = progress;
  results["seconds"]["total"] = total.seconds();
  results["seconds"]["reading"] = seconds_reading;
  results["seconds"]["solving"] = solving.seconds();
  record.publish_model(model, results);
}

}  // namespace bailiwick
