// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/energy.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/core/helper_thread.hpp"
#include "lib/runtime/gpu_energy.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// What a file of sysfs holds, or why not.
struct Reading {
  std::string text;
  EnergyGap gap = EnergyGap::none;
};

Reading read_sysfs(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char buffer[256];
  const ssize_t length = file < 0 ? -1 : ::read(file, buffer, sizeof buffer);
  const int error = errno;
  if (file >= 0) ::close(file);
  if (length >= 0) return {std::string(buffer, static_cast<std::size_t>(length))};
  return {"", error == EACCES || error == EPERM ? EnergyGap::not_permitted
              : error == ENOENT                 ? EnergyGap::vanished
                                                : EnergyGap::no_number};
}

bool is_rapl_zone(const std::string& name) {
  constexpr std::string_view begin = "intel-rapl:";
  return name.starts_with(begin) && name.size() > begin.size() &&
         name.find_first_not_of("0123456789:", begin.size()) == std::string::npos;
}

}  // namespace

class EnergyMeter::Counters {
 public:
  Counters(const std::string& sys, double period, const std::string& nvml) : gpus_(sys, nvml) {
    const fs::path cray = fs::path(sys) / "cray/pm_counters";
    std::error_code ignored;
    if (fs::exists(cray / "energy", ignored))
      find_cray(cray);
    else
      find_rapl(fs::path(sys) / "class/powercap");
    for (Counter& counter : counters_) {
      const Number now = read_number(counter.file);
      counter.last = now.value;
      counter.gap = now.gap;
    }
    if (source_ == EnergySource::rapl && period > 0)
      thread_ = std::jthread([this, period](const std::stop_token& stop) {
        leave_cores_of_main_thread();
        std::unique_lock lock(mutex_);
        while (!woken_.wait_for(lock, stop, std::chrono::duration<double>(period),
                                [&] { return stop.stop_requested(); }))
          look_all();
      });
  }

  void look() {
    const std::lock_guard lock(mutex_);
    look_all();
  }

  NodeEnergy finish() {
    const std::lock_guard lock(mutex_);
    look_all();
    NodeEnergy energy;
    energy.source = source_;
    const bool cray = source_ == EnergySource::pm_counters;
    if (source_ == EnergySource::none) energy.gap = EnergyGap::no_counter;
    // The counters are written ten times a second, each time with another freshness.
    if (cray) {
      const Number now = read_number(freshness_);
      if (fresh_.gap == EnergyGap::none && now.gap == EnergyGap::none && now.value == fresh_.value)
        energy.gap = EnergyGap::stale;
    }
    double joules = 0, dram = 0;
    EnergyGap dram_gap = EnergyGap::no_counter;
    for (const Counter& counter : counters_) {
      const double counted = static_cast<double>(counter.sum) / (cray ? 1 : 1e6);
      energy.wraps += counter.wraps;
      if (counter.is_dram) {
        if (dram_gap == EnergyGap::no_counter || counter.gap != EnergyGap::none)
          dram_gap = counter.gap;
        dram += counted;
        continue;
      }
      joules += counted;
      if (counter.gap != EnergyGap::none)
        energy.gap = counter.gap;
      else if (!cray && counter.sum == 0 && energy.gap == EnergyGap::none)
        energy.gap = EnergyGap::stale;  // a processor that used nothing: nobody keeps its counter
    }
    if (energy.gap == EnergyGap::none) energy.joules = joules;
    if (dram_gap == EnergyGap::none && dram > 0) energy.dram_joules = dram;
    energy.gpus = gpus_.gpus();
    energy.gpu_joules = gpus_.joules();
    energy.gpu_gap = gpus_.gap();
    return energy;
  }

 private:
  /// The number that a file begins with: "123 J 1700000000 us" is 123.
  struct Number {
    std::uint64_t value = 0;
    EnergyGap gap = EnergyGap::none;
  };

  static Number read_number(const fs::path& path) {
    const Reading reading = read_sysfs(path);
    if (reading.gap != EnergyGap::none) return {0, reading.gap};
    Number found;
    const char* const end = reading.text.data() + reading.text.size();
    const auto [rest, error] = std::from_chars(reading.text.data(), end, found.value);
    if (error != std::errc() || (rest != end && *rest != ' ' && *rest != '\n'))
      found.gap = EnergyGap::no_number;
    return found;
  }

  /// One counter, and what it counted since it was found.
  struct Counter {
    fs::path file;
    bool is_dram = false;
    std::uint64_t range = 0;  ///< it begins again at 0 after this; 0: not known
    std::uint64_t last = 0, sum = 0, wraps = 0;
    EnergyGap gap = EnergyGap::none;

    void look() {
      if (gap != EnergyGap::none) return;
      const Number now = read_number(file);
      gap = now.gap;
      if (gap != EnergyGap::none) return;
      if (now.value >= last) {
        sum += now.value - last;
      } else if (last <= range) {
        sum += range - last + now.value;
        ++wraps;
      } else {
        gap = EnergyGap::went_back;
      }
      last = now.value;
    }
  };

  void find_cray(const fs::path& folder) {
    source_ = EnergySource::pm_counters;
    counters_.push_back({folder / "energy"});
    freshness_ = folder / "freshness";
    fresh_ = read_number(freshness_);
  }

  /// Packages and their memory alone: psys holds the packages again, and these their cores.
  void find_rapl(const fs::path& folder) {
    std::vector<fs::path> zones;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error);
         !error && entry != fs::directory_iterator(); entry.increment(error))
      if (is_rapl_zone(entry->path().filename().string())) zones.push_back(entry->path());
    std::ranges::sort(zones);
    for (const fs::path& zone : zones) {
      const std::string name = read_sysfs(zone / "name").text;
      const bool dram = name.starts_with("dram");
      if (!dram && !name.starts_with("package")) continue;
      if (!dram) source_ = EnergySource::rapl;
      counters_.push_back(
          {zone / "energy_uj", dram, read_number(zone / "max_energy_range_uj").value});
    }
  }

  void look_all() {
    for (Counter& counter : counters_)
      counter.look();
  }

  EnergySource source_ = EnergySource::none;
  GpuCounters gpus_;
  std::vector<Counter> counters_;
  fs::path freshness_;
  Number fresh_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;  ///< last: ends before what it looks at
};

EnergyMeter::EnergyMeter(const std::string& sys, double period, const std::string& nvml)
    : counters_(std::make_unique<Counters>(sys, period, nvml)) {}

EnergyMeter::~EnergyMeter() = default;

void EnergyMeter::look() {
  counters_->look();
}

NodeEnergy EnergyMeter::finish() {
  return counters_->finish();
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace bailiwick
