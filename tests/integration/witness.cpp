// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// A library that tells the file BAILIWICK_WITNESS that it was loaded into a process, and at its end
// how large a core dump of that process could be: test_surroundings.py.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

namespace {

void tell(const char* what, unsigned long number) {
  const char* path = std::getenv("BAILIWICK_WITNESS");
  std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "a");
  if (file == nullptr) return;
  std::fprintf(file, "%s %lu\n", what, number);
  std::fclose(file);
}

struct Witness {
  Witness() { tell("loaded", 1); }
  ~Witness() {
    rlimit core{};
    if (::getrlimit(RLIMIT_CORE, &core) == 0) tell("core", core.rlim_cur);
  }
};

const Witness witness;

}  // namespace
