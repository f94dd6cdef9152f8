// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/checkpoints.hpp"
#include "lib/record/layout.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "lib/core/text.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/record/restart.hpp"
#include "lib/runtime/watchdog.hpp"

namespace bailiwick {

namespace {

/// Of a checkpoint of an earlier session; one that cannot be read is nobody's best.
double loss_of(const std::string& path) {
  try {
    const io::Checkpoint checkpoint = io::read_checkpoint(path);
    return std::strtod(checkpoint.attributes.at("loss").c_str(), nullptr);
  } catch (const std::exception&) {
    return std::numeric_limits<double>::infinity();
  }
}

}  // namespace

Checkpoints::Checkpoints(RunRecord& record, const CheckpointConfig& config, std::string fingerprint)
    : record_(record), config_(config), fingerprint_(std::move(fingerprint)) {
  for (const Statement& statement : standing(record.earlier()))
    if (const std::string& name = statement.subject_name; name.starts_with(checkpoints_folder))
      kept_.push_back({name, config.keep_best > 0 ? loss_of(record.path(name)) : 0});
}

std::vector<std::string> Checkpoints::superfluous() {
  const auto last = static_cast<std::size_t>(config_.keep_last);
  if (last == 0 || kept_.size() <= last) return {};
  std::vector<double> losses;
  for (const Kept& kept : kept_)
    losses.push_back(kept.loss);
  std::sort(losses.begin(), losses.end());
  auto best = static_cast<std::size_t>(config_.keep_best);
  const double limit = best > 0 ? losses[std::min(best, losses.size()) - 1] : 0;
  std::vector<std::string> names;
  std::vector<Kept> stay;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const bool good = best > 0 && kept_[i].loss <= limit;
    if (good) --best;  // of equals the oldest
    if (good || kept_.size() - i <= last)
      stay.push_back(kept_[i]);
    else
      names.push_back(kept_[i].name);
  }
  kept_ = stay;
  return names;
}

bool Checkpoints::ready() {
  if (!config_.asynchronous) return true;
  constexpr double most = 1.0 / 100;
  if (record_.is_writing(spent_ > most * session_.seconds())) return false;
  this_one_ = Stopwatch();
  return true;
}

void Checkpoints::write(io::Checkpoint checkpoint, const std::string& name, double loss,
                        bool at_once) {
  checkpoint.attributes["training"] = fingerprint_;
  checkpoint.attributes["loss"] = round_trip(loss);
  const std::string path = checkpoints_folder + name;
  std::erase_if(kept_, [&](const Kept& kept) { return kept.name == path; });
  kept_.push_back({path, loss});
  if (config_.asynchronous && !at_once) {
    if (written_) Watchdog::saved();  // the one before
    record_.publish_later(std::move(checkpoint), path, superfluous());
    spent_ += this_one_.seconds();
  } else {
    record_.publish(checkpoint, path, superfluous(), false);
    Watchdog::saved();
  }
  written_ = true;
}

void Checkpoints::stop(const std::string& reason) {
  record_.publish_egress();
  throw Error(ExitCode::stopped, "stopped: {}; {} is on disk, go on with --resume latest", reason,
              record_.path(kept_.back().name));
}

}  // namespace bailiwick
