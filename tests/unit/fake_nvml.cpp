// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// As much of NVML as is used, with the counters that the variable FAKE_NVML names: "5000 7000", or
// "error CODE".

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::vector<unsigned long long> counters;

}  // namespace

extern "C" {

int nvmlInit_v2() {
  const char* const said = std::getenv("FAKE_NVML");
  std::istringstream words(said == nullptr ? "" : said);
  if (words.str().starts_with("error ")) return std::stoi(words.str().substr(6));
  counters.clear();
  for (unsigned long long counter = 0; words >> counter;)
    counters.push_back(counter);
  return 0;
}

int nvmlShutdown() {
  return 0;
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = static_cast<unsigned>(counters.size());
  return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = &counters.at(index);
  return 0;
}

int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  *millijoules = *static_cast<unsigned long long*>(device);
  return 0;
}
}
