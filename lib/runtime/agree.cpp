// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/agree.hpp"

#include <optional>

#include "lib/core/failure.hpp"
#include "lib/egress/meter.hpp"

namespace bailiwick {

void agree(const Communicator& comm, const std::function<void()>& work) {
  std::optional<Error> failure;
  try {
    work();
  } catch (...) {
    failure = caught_error();
  }

  const EgressPurpose purpose("agreement and errors");
  // One word a rank would do, but the lowest failing rank and the number of failures are both
  // wanted: failing ranks count in their own slot only when somebody failed.
  std::vector<std::int64_t> failed{failure ? 1 : 0};
  comm.sum(failed);
  if (failed[0] == 0) return;

  const int rank = comm.rank();
  std::vector<std::int64_t> slots(static_cast<std::size_t>(comm.size()), 0);
  if (failure) slots[static_cast<std::size_t>(rank)] = static_cast<int>(failure->code());
  comm.sum(slots);
  int first = 0;
  while (slots[static_cast<std::size_t>(first)] == 0)
    ++first;
  const std::string text = comm.broadcast(first, failure ? std::string(failure->what()) : "");
  const auto code = static_cast<ExitCode>(slots[static_cast<std::size_t>(first)]);
  if (failed[0] == comm.size()) throw Error(code, text);
  throw Error(code, "rank {}: {}", first, text);
}

}  // namespace bailiwick
