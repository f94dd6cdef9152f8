// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Storage and memory that fail when told to, for LD_PRELOAD; nothing of it is in the product.
//   SHIM_PATH   only calls on paths that hold this word count; required
//   SHIM_RANK   only this rank of Open MPI; otherwise any
//   SHIM_CALL   only this call (open, read, write, sync, rename, mkdir, unlink, truncate, new);
//   otherwise
//               any but new
//   SHIM_NTH    the n-th such call fails, from 1
//   SHIM_HOW    the errno as a number, or "short": half of the bytes; new always throws bad_alloc
//   SHIM_LASTS  "yes": and all such calls after it
//   SHIM_TRACE  file to which each call that counts appends "RANK N CALL PATH" (for new, the number
//   of calls
//               at the end), and the failure "RANK N CALL PATH fails"
// Calls of operator new count from the first other call that does: before it, nothing of ours runs.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

struct Settings {
  const char* path = setting("SHIM_PATH");
  const char* call = setting("SHIM_CALL");
  const char* trace = setting("SHIM_TRACE");
  const char* rank = setting("OMPI_COMM_WORLD_RANK");
  long nth = std::atol(setting("SHIM_NTH"));
  bool lasts = std::strcmp(setting("SHIM_LASTS"), "yes") == 0;
  bool shortened = std::strcmp(setting("SHIM_HOW"), "short") == 0;
  int error = std::atoi(setting("SHIM_HOW"));
  bool memory = std::strcmp(call, "new") == 0;
  bool ours = *path != '\0' && (*setting("SHIM_RANK") == '\0' ||
                                std::strcmp(setting("SHIM_RANK"), *rank ? rank : "0") == 0);
};

const Settings& settings() {
  static const Settings all;
  return all;
}

std::atomic<bool> begun = false;
std::atomic<long> calls = 0;
thread_local bool inside = false;

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

void trace(long n, const char* call, const char* path, const char* end) {
  if (*settings().trace == '\0') return;
  static const auto real_open = next<int(const char*, int, ...)>("open");
  static const auto real_write = next<ssize_t(int, const void*, size_t)>("write");
  char line[4400];
  const int length = std::snprintf(line, sizeof line, "%s %ld %s %s%s\n",
                                   *settings().rank ? settings().rank : "0", n, call, path, end);
  const int file = real_open(settings().trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return;
  real_write(file, line, static_cast<size_t>(length));
  ::close(file);
}

/// Counts a call; true if it is to fail.
bool strikes(const char* call, const char* path) {
  const Settings& s = settings();
  if (inside || !s.ours || path == nullptr || std::strstr(path, s.path) == nullptr) return false;
  begun = true;
  if (s.memory || (*s.call != '\0' && std::strcmp(s.call, call) != 0)) return false;
  inside = true;
  const int kept = errno;
  const long n = ++calls;
  const bool fails = s.nth > 0 && (n == s.nth || (s.lasts && n > s.nth));
  if (fails || s.nth == 0) trace(n, call, path, fails ? " fails" : "");
  errno = kept;
  inside = false;
  return fails;
}

bool strikes(const char* call, int file) {
  if (inside || !settings().ours) return false;
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const int kept = errno;
  const ssize_t length = ::readlink(link, path, sizeof path - 1);
  errno = kept;
  if (length < 0) return false;
  path[length] = '\0';
  return strikes(call, path);
}

int fail() {
  errno = settings().error == 0 ? EIO : settings().error;
  return -1;
}

/// Data of `size` bytes go through: all, half of them, or none and an error.
template <class Transfer>
ssize_t moved(const char* call, int file, size_t size, const Transfer& transfer) {
  if (!strikes(call, file)) return transfer(size);
  if (settings().shortened) return transfer(size > 1 ? size / 2 : size);
  return fail();
}

mode_t mode_of(int flags, va_list& rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(rest, int)) : 0;
}

void* fresh(size_t size, size_t alignment) {
  if (begun && settings().memory && !inside) {
    const long n = ++calls;
    if (n == settings().nth || (settings().lasts && settings().nth > 0 && n > settings().nth)) {
      inside = true;
      trace(n, "new", "memory", " fails");
      inside = false;
      throw std::bad_alloc();
    }
  }
  void* const memory =
      alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__
          ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
          : std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

/// Tells at the end how many calls of operator new there were.
struct Last {
  ~Last() {
    inside = true;
    if (begun && settings().memory && settings().nth == 0) trace(calls, "new", "memory", "");
  }
} last;

}  // namespace

extern "C" {

#define BAILIWICK_OPEN(NAME)                                          \
  int NAME(const char* path, int flags, ...) {                        \
    static const auto real = next<int(const char*, int, ...)>(#NAME); \
    va_list rest;                                                     \
    va_start(rest, flags);                                            \
    const mode_t mode = mode_of(flags, rest);                         \
    va_end(rest);                                                     \
    return strikes("open", path) ? fail() : real(path, flags, mode);  \
  }
#define BAILIWICK_OPENAT(NAME)                                               \
  int NAME(int folder, const char* path, int flags, ...) {                   \
    static const auto real = next<int(int, const char*, int, ...)>(#NAME);   \
    va_list rest;                                                            \
    va_start(rest, flags);                                                   \
    const mode_t mode = mode_of(flags, rest);                                \
    va_end(rest);                                                            \
    return strikes("open", path) ? fail() : real(folder, path, flags, mode); \
  }
#define BAILIWICK_FOPEN(NAME)                                                                \
  FILE* NAME(const char* path, const char* mode) {                                           \
    static const auto real = next<FILE*(const char*, const char*)>(#NAME);                   \
    return strikes("open", path) ? (fail(), static_cast<FILE*>(nullptr)) : real(path, mode); \
  }
// What follows a descriptor and a buffer differs; half a transfer has half the size.
#define BAILIWICK_MOVE(NAME, CALL, BUFFER)                                               \
  ssize_t NAME(int file, BUFFER data, size_t size) {                                     \
    static const auto real = next<ssize_t(int, BUFFER, size_t)>(#NAME);                  \
    return moved(CALL, file, size, [&](size_t part) { return real(file, data, part); }); \
  }
#define BAILIWICK_MOVE_AT(NAME, CALL, BUFFER)                                                \
  ssize_t NAME(int file, BUFFER data, size_t size, off_t at) {                               \
    static const auto real = next<ssize_t(int, BUFFER, size_t, off_t)>(#NAME);               \
    return moved(CALL, file, size, [&](size_t part) { return real(file, data, part, at); }); \
  }
#define BAILIWICK_MOVE_PARTS_AT(NAME, CALL)                                                   \
  ssize_t NAME(int file, const iovec* parts, int count, off_t at) {                           \
    static const auto real = next<ssize_t(int, const iovec*, int, off_t)>(#NAME);             \
    return moved(CALL, file, static_cast<size_t>(count),                                      \
                 [&](size_t some) { return real(file, parts, static_cast<int>(some), at); }); \
  }
#define BAILIWICK_MOVE_PARTS(NAME, CALL)                                                  \
  ssize_t NAME(int file, const iovec* parts, int count) {                                 \
    static const auto real = next<ssize_t(int, const iovec*, int)>(#NAME);                \
    return moved(CALL, file, static_cast<size_t>(count),                                  \
                 [&](size_t some) { return real(file, parts, static_cast<int>(some)); }); \
  }

BAILIWICK_OPEN(open)
BAILIWICK_OPEN(open64)
BAILIWICK_OPENAT(openat)
BAILIWICK_OPENAT(openat64)
BAILIWICK_FOPEN(fopen)
BAILIWICK_FOPEN(fopen64)
BAILIWICK_MOVE(read, "read", void*)
BAILIWICK_MOVE(write, "write", const void*)
BAILIWICK_MOVE_AT(pread, "read", void*)
BAILIWICK_MOVE_AT(pread64, "read", void*)
BAILIWICK_MOVE_AT(pwrite, "write", const void*)
BAILIWICK_MOVE_AT(pwrite64, "write", const void*)
BAILIWICK_MOVE_PARTS(readv, "read")
BAILIWICK_MOVE_PARTS(writev, "write")
BAILIWICK_MOVE_PARTS_AT(preadv, "read")
BAILIWICK_MOVE_PARTS_AT(preadv64, "read")
BAILIWICK_MOVE_PARTS_AT(pwritev, "write")
BAILIWICK_MOVE_PARTS_AT(pwritev64, "write")

// The names that _FORTIFY_SOURCE gives them in Debian's libraries.
int __open_2(const char* path, int flags) {
  static const auto real = next<int(const char*, int)>("__open_2");
  return strikes("open", path) ? fail() : real(path, flags);
}
int __open64_2(const char* path, int flags) {
  static const auto real = next<int(const char*, int)>("__open64_2");
  return strikes("open", path) ? fail() : real(path, flags);
}
ssize_t __read_chk(int file, void* data, size_t size, size_t room) {
  static const auto real = next<ssize_t(int, void*, size_t, size_t)>("__read_chk");
  return moved("read", file, size, [&](size_t part) { return real(file, data, part, room); });
}
ssize_t __pread64_chk(int file, void* data, size_t size, off_t at, size_t room) {
  static const auto real = next<ssize_t(int, void*, size_t, off_t, size_t)>("__pread64_chk");
  return moved("read", file, size, [&](size_t part) { return real(file, data, part, at, room); });
}

int fsync(int file) {
  static const auto real = next<int(int)>("fsync");
  return strikes("sync", file) ? fail() : real(file);
}
int fdatasync(int file) {
  static const auto real = next<int(int)>("fdatasync");
  return strikes("sync", file) ? fail() : real(file);
}
// A stream's writes happen inside libc, where no shim reaches them; short ones it completes itself.
int fflush(FILE* file) {
  static const auto real = next<int(FILE*)>("fflush");
  const bool fails = file != nullptr && strikes("write", ::fileno(file)) && !settings().shortened;
  return fails ? fail() : real(file);
}
size_t fwrite(const void* data, size_t size, size_t count, FILE* file) {
  static const auto real = next<size_t(const void*, size_t, size_t, FILE*)>("fwrite");
  const bool fails = strikes("write", ::fileno(file)) && !settings().shortened;
  return fails ? (fail(), size_t{0}) : real(data, size, count, file);
}
int rename(const char* from, const char* to) {
  static const auto real = next<int(const char*, const char*)>("rename");
  return strikes("rename", to) ? fail() : real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  static const auto real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
  return strikes("rename", to) ? fail() : real(from_folder, from, to_folder, to, flags);
}
int mkdir(const char* path, mode_t mode) {
  static const auto real = next<int(const char*, mode_t)>("mkdir");
  return strikes("mkdir", path) ? fail() : real(path, mode);
}
int unlink(const char* path) {
  static const auto real = next<int(const char*)>("unlink");
  return strikes("unlink", path) ? fail() : real(path);
}
int remove(const char* path) {
  static const auto real = next<int(const char*)>("remove");
  return strikes("unlink", path) ? fail() : real(path);
}
int ftruncate(int file, off_t size) {
  static const auto real = next<int(int, off_t)>("ftruncate");
  return strikes("truncate", file) ? fail() : real(file, size);
}
int ftruncate64(int file, off_t size) {
  static const auto real = next<int(int, off_t)>("ftruncate64");
  return strikes("truncate", file) ? fail() : real(file, size);
}

}  // extern "C"

void* operator new(std::size_t size) {
  return fresh(size, 0);
}
void* operator new[](std::size_t size) {
  return fresh(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return fresh(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return fresh(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
