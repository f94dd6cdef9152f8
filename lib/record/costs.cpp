// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/record/costs.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/core/undefined.hpp"
#include "lib/run/config/section.hpp"

namespace bailiwick {

template <class Visitor>
void schema(Visitor& v, EnergyModelConfig& model) {
  v.key("watts_per_core", model.watts_per_core,
        "Power of a core that works; times the seconds of processor time of all ranks.", no_bits,
        required, positive);
}

template <class Visitor>
void schema(Visitor& v, EnergyConfig& energy) {
  v.key("model", energy.model, "An estimate beside what is measured; none unless it is given.",
        no_bits);
  v.key("grid_intensity", energy.grid_intensity,
        "Grams of CO2e of a kilowatt-hour, by jurisdiction: CH, or CH-ZH.", no_bits, at_least(0));
  for (const auto& [place, grams] : energy.grid_intensity)
    v.check(a_jurisdiction(place).empty(), "grid_intensity", a_jurisdiction(place));
  v.key("embodied_per_node_hour", energy.embodied_per_node_hour,
        "Grams of CO2e of making a node, by the hour of its life.", no_bits, at_least(0));
}

constexpr SectionType energy_section = section_type<EnergyConfig>();

namespace {

constexpr double joules_per_kwh = 3.6e6;

/// What a rank tells of its node.
struct RankCosts {
  bool has_meter = false;
  NodeEnergy energy;
  double processor = 0;

  static constexpr std::size_t words = 10;
  std::vector<double> packed() const {
    return {has_meter ? 1.0 : 0.0,
            static_cast<double>(energy.source),
            energy.joules.value_or(undefined),
            energy.dram_joules.value_or(undefined),
            static_cast<double>(energy.gap),
            static_cast<double>(energy.wraps),
            static_cast<double>(energy.gpus),
            energy.gpu_joules.value_or(undefined),
            static_cast<double>(energy.gpu_gap),
            processor};
  }
  static RankCosts unpacked(const double* words) {
    const auto known = [](double value) {
      return std::isfinite(value) ? std::optional(value) : std::nullopt;
    };
    return {words[0] != 0,
            {static_cast<EnergySource>(static_cast<int>(words[1])), known(words[2]),
             known(words[3]), static_cast<EnergyGap>(static_cast<int>(words[4])),
             static_cast<std::uint64_t>(words[5]), static_cast<std::uint64_t>(words[6]),
             known(words[7]), static_cast<EnergyGap>(static_cast<int>(words[8]))},
            words[9]};
  }
};

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

/// Of the jurisdiction, or of the country that it is a part of.
std::optional<double> intensity_of(const EnergyConfig& config, const std::string& place) {
  for (const std::string& name : {place, place.substr(0, place.find('-'))})
    if (const auto found = config.grid_intensity.find(name); found != config.grid_intensity.end())
      return found->second;
  return {};
}

/// A sum that is not known if a part is not.
struct Total {
  std::optional<double> sum = 0;
  void add(const std::optional<double>& part) {
    sum = sum && part ? std::optional(*sum + *part) : std::nullopt;
  }
};

/// One way to know the energy: all nodes' joules, the grams of these, and SCI = (O + M) per R.
struct Account {
  Total joules, grams;

  void add(const std::optional<double>& used, const std::optional<double>& intensity) {
    joules.add(used);
    grams.add(used && intensity ? std::optional(*used / joules_per_kwh * *intensity)
                                : std::nullopt);
  }
  Json json(const std::optional<double>& embodied, const std::optional<double>& rows) const {
    Json sci;
    if (grams.sum && rows && *rows > 0) sci = (*grams.sum + embodied.value_or(0)) / (*rows / 1000);
    return {{"joules", or_null(joules.sum)},
            {"grams_co2e", or_null(grams.sum)},
            {"sci", sci},
            {"sci_is_of", embodied ? "operation and embodied" : "operation alone"}};
  }
};

}  // namespace

Costs::Costs(const Run& run) : run_(run) {
  const std::vector<RankPlace>& places = run.places();
  const auto mine = static_cast<std::size_t>(run.world().rank());
  bool first = true;
  for (std::size_t rank = 0; rank < mine; ++rank)
    first = first && places[rank].node != places[mine].node;
  if (first) meter_.emplace();
}

Json Costs::json(std::optional<double> rows) {
  RankCosts mine;
  mine.has_meter = meter_.has_value();
  if (meter_) mine.energy = meter_->finish();
  mine.processor = processor_seconds() - processor_;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  const std::vector<double> all = run_.world().gather(mine.packed());

  const auto& config = run_.config().section<EnergyConfig>();
  const std::vector<RankPlace>& places = run_.places();
  Json nodes = Json::array();
  Account measured, modelled;
  for (std::size_t first = 0; first < places.size(); ++first) {
    const RankCosts node = RankCosts::unpacked(&all[first * RankCosts::words]);
    if (!node.has_meter) continue;
    double processor = 0;
    std::size_t ranks = 0;
    for (std::size_t rank = first; rank < places.size(); ++rank)
      if (places[rank].node == places[first].node) {
        processor += RankCosts::unpacked(&all[rank * RankCosts::words]).processor;
        ++ranks;
      }
    const NodeEnergy& energy = node.energy;
    const std::optional<double> intensity = intensity_of(config, places[first].place);
    std::optional<double> used = energy.joules, estimate;
    if (used && energy.dram_joules) *used += *energy.dram_joules;
    // What a part of is not known is not known; the counters of a whole node have its GPUs.
    if (used && energy.source != EnergySource::pm_counters && energy.gpu_gap != EnergyGap::none)
      used.reset();
    if (used && energy.source != EnergySource::pm_counters && energy.gpu_joules)
      *used += *energy.gpu_joules;
    if (config.model) estimate = config.model->watts_per_core * processor;
    measured.add(used, intensity);
    modelled.add(estimate, intensity);
    Json said = {
        {"node", places[first].node},
        {"jurisdiction", places[first].place},
        {"ranks", ranks},
        {"source", energy.source == EnergySource::none ? Json() : Json(to_word(energy.source))},
        {"joules", or_null(energy.joules)},
        {"dram_joules", or_null(energy.dram_joules)},
        {"wraps", energy.wraps},
        {"processor_seconds", processor},
        {"modelled_joules", or_null(estimate)},
        {"grid_intensity", or_null(intensity)}};
    if (energy.gap != EnergyGap::none) said["reason"] = to_word(energy.gap);
    if (energy.gpus > 0 || energy.gpu_gap != EnergyGap::none) {
      said["gpus"] = energy.gpus;
      said["gpu_joules"] = or_null(energy.gpu_joules);
    }
    if (energy.gpu_gap != EnergyGap::none)
      said["gpu_reason"] = fmt::format("NVML: {}", to_word(energy.gpu_gap));
    nodes.push_back(std::move(said));
  }
  std::optional<double> embodied;
  if (config.embodied_per_node_hour)
    embodied = *config.embodied_per_node_hour * static_cast<double>(nodes.size()) * seconds / 3600;
  return {{"seconds", seconds},
          {"nodes", nodes},
          {"measured", measured.json(embodied, rows)},
          {"modelled", config.model ? modelled.json(embodied, rows) : Json()},
          {"embodied_grams_co2e", or_null(embodied)},
          {"functional_unit", "1000 rows"},
          {"rows", or_null(rows)}};
}

}  // namespace bailiwick
