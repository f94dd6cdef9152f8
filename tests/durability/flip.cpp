// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Flips one byte after another of files that a run's lineage vouches for, and verifies each time:
//   flip FOLDER KEY COUNT SEED FILE...     COUNT flips at random places; 0: one at every byte
// A line on standard output for each flip that was not found, "FILE OFFSET XOR HOW", and a last one
// with the counts. HOW is unnoticed, or what must never be: bug, signal N, hang.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/verify/verify.hpp"

namespace {

using namespace bailiwick;

constexpr int found = 0, unnoticed = 1, bug = 2;
constexpr unsigned longest_seconds = 20;
constexpr rlim_t more_memory = rlim_t{1} << 30;  // than the program maps before it reads anything

/// Bytes of address space that this process has now.
rlim_t address_space() {
  unsigned long pages = 0;
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%lu", &pages) != 1) std::abort();
  std::fclose(file);
  return rlim_t{pages} * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

int verify_here(const std::string& folder, const VerifyOptions& options) {
  try {
    return verify_run(folder, options).holds() ? unnoticed : found;
  } catch (const Error& error) {
    return error.code() == ExitCode::bug ? bug : found;
  } catch (const std::exception&) {
    return bug;
  }
}

/// How `verify` ends in a child with bounded memory and time.
std::string verify_apart(const std::string& folder, const VerifyOptions& options, rlim_t memory) {
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    const rlimit limit{memory, memory};
    ::setrlimit(RLIMIT_AS, &limit);
    ::alarm(longest_seconds);
    ::_exit(verify_here(folder, options));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGALRM ? "hang" : fmt::format("signal {}", WTERMSIG(status));
  switch (WEXITSTATUS(status)) {
    case found:
      return "found";
    case unnoticed:
      return "unnoticed";
    default:
      return "bug";
  }
}

void xor_byte(const std::string& path, std::uint64_t offset, unsigned char mask) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  unsigned char byte = 0;
  const auto at = static_cast<off_t>(offset);
  if (file < 0 || ::pread(file, &byte, 1, at) != 1) std::abort();
  byte ^= mask;
  if (::pwrite(file, &byte, 1, at) != 1) std::abort();
  ::close(file);
}

struct Place {
  std::size_t file;
  std::uint64_t offset;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr, "usage: flip FOLDER KEY PARTITIONS COUNT SEED FILE...\n");
    return 2;
  }
  const std::string folder = argv[1];
  const VerifyOptions options{{argv[2]}, {}, {argv[3]}};
  const std::uint64_t count = parse_count(argv[4], "COUNT");
  std::mt19937_64 random(parse_count(argv[5], "SEED"));
  const std::vector<std::string> files(argv + 6, argv + argc);
  std::vector<std::uint64_t> sizes;
  for (const std::string& file : files)
    sizes.push_back(read_file(file).size());

  std::vector<Place> places;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t file = random() % files.size();
    places.push_back({file, random() % sizes[file]});
  }
  for (std::size_t file = 0; count == 0 && file < files.size(); ++file)
    for (std::uint64_t offset = 0; offset < sizes[file]; ++offset)
      places.push_back({file, offset});

  const rlim_t memory = address_space() + more_memory;
  if (verify_apart(folder, options, memory) != "unnoticed") {
    std::fprintf(stderr, "%s does not verify before anything is flipped\n", folder.c_str());
    return 1;
  }
  std::uint64_t noticed = 0;
  for (const Place& place : places) {
    const auto mask = static_cast<unsigned char>(1 + random() % 255);
    xor_byte(files[place.file], place.offset, mask);
    const std::string how = verify_apart(folder, options, memory);
    xor_byte(files[place.file], place.offset, mask);
    if (how == "found")
      ++noticed;
    else
      std::printf("%s %llu %u %s\n", files[place.file].c_str(),
                  static_cast<unsigned long long>(place.offset), unsigned{mask}, how.c_str());
  }
  std::printf("%llu flips, %llu found\n", static_cast<unsigned long long>(places.size()),
              static_cast<unsigned long long>(noticed));
  return verify_apart(folder, options, memory) == "unnoticed" ? 0 : 1;
}
