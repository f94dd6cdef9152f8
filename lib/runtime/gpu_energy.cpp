// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/gpu_energy.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <memory>

namespace bailiwick {

namespace {

/// What of NVML's functions is used; all give 0 if they succeed.
constexpr int not_permitted = 4;  // NVML_ERROR_NO_PERMISSION
using Device = void*;

struct Close {
  void operator()(void* library) const { ::dlclose(library); }
};

template <class Function>
Function* find(void* library, const char* name) {
  return reinterpret_cast<Function*>(::dlsym(library, name));
}

}  // namespace

GpuCounters::GpuCounters(const std::string& sys, const std::string& library) : library_(library) {
  std::error_code ignored;
  if (std::filesystem::exists(sys + "/module/nvidia", ignored)) millijoules_ = read();
}

/// The library is closed again: between two looks nothing of it runs in this process.
std::vector<std::uint64_t> GpuCounters::read() {
  const std::unique_ptr<void, Close> library(::dlopen(library_.c_str(), RTLD_NOW | RTLD_LOCAL));
  const auto fail = [&](int code) {
    gap_ = code == not_permitted ? EnergyGap::not_permitted : EnergyGap::no_counter;
    return std::vector<std::uint64_t>();
  };
  if (!library) return fail(0);
  auto* const init = find<int()>(library.get(), "nvmlInit_v2");
  auto* const shutdown = find<int()>(library.get(), "nvmlShutdown");
  auto* const count = find<int(unsigned*)>(library.get(), "nvmlDeviceGetCount_v2");
  auto* const handle = find<int(unsigned, Device*)>(library.get(), "nvmlDeviceGetHandleByIndex_v2");
  auto* const energy =
      find<int(Device, unsigned long long*)>(library.get(), "nvmlDeviceGetTotalEnergyConsumption");
  if (!init || !shutdown || !count || !handle || !energy) return fail(0);
  if (const int code = init(); code != 0) return fail(code);
  unsigned gpus = 0;
  int code = count(&gpus);
  std::vector<std::uint64_t> all;
  for (unsigned i = 0; i < gpus && code == 0; ++i) {
    Device device = nullptr;
    unsigned long long millijoules = 0;
    code = handle(i, &device);
    if (code == 0) code = energy(device, &millijoules);
    all.push_back(millijoules);
  }
  shutdown();
  return code == 0 ? all : fail(code);
}

std::optional<double> GpuCounters::joules() {
  if (millijoules_.empty()) return {};
  const std::vector<std::uint64_t> now = read();
  double sum = 0;
  if (gap_ == EnergyGap::none && now.size() != millijoules_.size()) gap_ = EnergyGap::vanished;
  for (std::size_t i = 0; i < now.size() && gap_ == EnergyGap::none; ++i) {
    if (now[i] < millijoules_[i]) gap_ = EnergyGap::went_back;
    sum += static_cast<double>(now[i] - millijoules_[i]) / 1000;
  }
  if (gap_ != EnergyGap::none) return {};
  return sum;
}

}  // namespace bailiwick
