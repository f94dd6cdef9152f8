// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/helper_thread.hpp"

#include <sched.h>

namespace bailiwick {

void leave_binding() {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    CPU_SET(cpu, &all);
  // Linux takes from these what the job's control group allows. Where it refuses, nothing is lost.
  static_cast<void>(::sched_setaffinity(0, sizeof all, &all));
}

}  // namespace bailiwick
