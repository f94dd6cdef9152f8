// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Every leak is stopped. So that one program can try them all, the end of the job is an exception.

#include <mpi.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "lib/egress/meter.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/leaks.hpp"
#include "tests/support/world.hpp"

using namespace bailiwick;

namespace {

struct Ended {
  int code;
};

/// What `work` writes to stderr.
template <class Work>
std::string stderr_of(const Work& work) {
  std::fflush(stderr);
  std::FILE* file = std::tmpfile();
  const int kept = ::dup(2);
  ::dup2(::fileno(file), 2);
  work();
  std::fflush(stderr);
  ::dup2(kept, 2);
  ::close(kept);
  std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

}  // namespace

extern "C" int PMPI_Abort(MPI_Comm, int code) {
  throw Ended{code};
}

TEST_CASE("every leak is stopped before a byte of it leaves") {
  EgressMeter::instance().place({});
  CHECK(EgressMeter::instance().transport().measured);
  for (const Leak& leak : leaks()) {
    // An exception would end the thread's program, or leave half a window.
    if (leak.name == "around, in a thread" || leak.name == "around, by shared memory") continue;
    INFO(leak.name);
    double row = 57.125;
    int code = 0;
    const std::string said = stderr_of([&] {
      try {
        leak.run(&row);
      } catch (const Ended& ended) {
        code = ended.code;
      }
    });
    const bool root_only = leak.name.ends_with("bcast") || leak.name.ends_with("of a collective");
    if (root_only && !leak.name.starts_with("persistent") && test_world().rank() != 0) continue;
    CHECK(code == 7);
    CHECK(said.find("bailiwick: rank " + std::to_string(test_world().rank()) + ": " +
                    leak.stopped) == 0);
  }
}
