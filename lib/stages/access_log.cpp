// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/access_log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace {

struct Summary {
  std::uint64_t lines = 0, admitted = 0;
  Digest last{};  ///< of the last line, without its newline
};

Summary read_chain(const std::string& path, const std::string& text, const Digest& policy) {
  Summary summary;
  const auto broken = [&](const char* why) {
    throw Error(ExitCode::integrity, "{}: line {}: {}; the access log was changed", path,
                summary.lines + 1, why);
  };
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) broken("it does not end");
    const std::string line = text.substr(begin, end - begin);
    const Json entry = parse_json(line, path);
    const Json previous = summary.lines == 0 ? Json() : Json(summary.last.hex());
    if (!entry.is_object() || entry.value("previous", Json("")) != previous)
      broken("it does not follow from the line before");
    if (entry.value("policy", "") == policy.hex() && entry.value("admitted", false))
      ++summary.admitted;
    summary.last = sha256(line);
    ++summary.lines;
    begin = end + 1;
  }
  return summary;
}

/// Closes, and so unlocks.
class LockedFile {
 public:
  explicit LockedFile(const std::string& path)
      : path_(path), file_(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ < 0 || ::flock(file_, LOCK_EX) != 0) fail("open");
  }
  ~LockedFile() {
    if (file_ >= 0) ::close(file_);
  }
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;

  void append(const std::string& line) const {
    std::size_t done = 0;
    while (done < line.size()) {
      const ssize_t written = ::write(file_, line.data() + done, line.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) break;
      done += static_cast<std::size_t>(written);
    }
    if (done == line.size() && ::fsync(file_) == 0) return;
    const int why = errno;
    if (done > 0) {  // half a line would break the chain
      const off_t end = ::lseek(file_, 0, SEEK_END);
      if (::ftruncate(file_, end - static_cast<off_t>(done)) != 0)
        fail("undo a half written line of");
    }
    errno = why;
    fail("append to");
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw Error(ExitCode::data, "{}: cannot {} the access log: {}", path_, what,
                std::strerror(errno));
  }

  const std::string& path_;
  int file_;
};

}  // namespace

std::uint64_t AccessLog::admitted(const Digest& policy) const {
  if (!std::filesystem::exists(path_)) return 0;
  return read_chain(path_, read_file(path_, document::access_log), policy).admitted;
}

void AccessLog::append(Json decision, const Digest& policy, bool admitted,
                       std::uint64_t limit) const {
  create_folders(std::filesystem::path(path_).parent_path().string());
  const LockedFile file(path_);
  const Summary before = read_chain(path_, read_file(path_, document::access_log), policy);
  if (admitted && limit > 0 && before.admitted >= limit)
    throw Error(
        ExitCode::policy,
        "refused, and nothing was read:\n  {}: another run has just used up the {} that the "
        "policy allows",
        path_, limit);
  decision["policy"] = policy.hex();
  decision["admitted"] = admitted;
  decision["previous"] = before.lines == 0 ? Json() : Json(before.last.hex());
  file.append(decision.dump() + "\n");
}

}  // namespace bailiwick
