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

/// Leaves the core to any other thread that wants it, for good.
void give_way();

enum class Priority { normal, idle };

/// Does `work` in a thread beside this one; where no thread can be had, get() does it. Of priority
/// `idle` only while the cores have nothing else to do: whoever needs it soon must be able to help.
template <class Work>
auto run_beside(Work work, Priority priority = Priority::normal) {
  return std::async(
      [work = std::move(work), caller = std::this_thread::get_id(), priority]() mutable {
        if (std::this_thread::get_id() != caller) {
          leave_cores_of_main_thread();
          if (priority == Priority::idle) give_way();
        }
        return std::invoke(work);
      });
}

}  // namespace bailiwick
