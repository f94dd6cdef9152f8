// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/helper_thread.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace bailiwick {

void leave_cores_of_main_thread() {
  cpu_set_t main, others;
  CPU_ZERO(&main);
  CPU_ZERO(&others);
  if (::sched_getaffinity(::getpid(), sizeof main, &main) != 0) return;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (!CPU_ISSET(cpu, &main)) CPU_SET(cpu, &others);
  // Of these Linux takes what the job's control group allows, and refuses if that is none.
  static_cast<void>(::sched_setaffinity(0, sizeof others, &others));
}

void give_way() {
  // Linux keeps this number for each thread; to raise it is always allowed.
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, 19));
}

}  // namespace bailiwick
