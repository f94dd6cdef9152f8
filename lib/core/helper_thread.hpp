// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace bailiwick {

/// Moves the calling thread to cores that the job has and the main thread is not bound to, if there
/// are any. MPI binds a rank, and with it every thread that it starts, to one core; a helper there
/// would only take its time.
void leave_cores_of_main_thread();

/// Does `work` in a thread beside this one; where no thread can be had, get() does it.
template <class Work>
auto run_beside(Work work) {
  return std::async([work = std::move(work), caller = std::this_thread::get_id()]() mutable {
    if (std::this_thread::get_id() != caller) leave_cores_of_main_thread();
    return std::invoke(work);
  });
}

}  // namespace bailiwick
