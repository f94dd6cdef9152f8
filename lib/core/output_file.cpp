// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <set>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

/// That are open at a time.
constexpr std::size_t most_files = 64;

std::string folder_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

}  // namespace

OutputFile::OutputFile(std::string path, Readers readers)
    : path_(std::move(path)), temporary_(fmt::format("{}.tmp.{}", path_, ::getpid())) {
  ::unlink(temporary_.c_str());  // one that a killed process left would keep its mode
  file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                 mode_for(readers));
  if (file_ < 0) fail("write");
}

OutputFile::~OutputFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(temporary_.c_str());
}

void OutputFile::fail(const char* action) const {
  throw Error(ExitCode::data, "{}: cannot {}: {}", path_, action, std::strerror(errno));
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::publish() {
  sync();
  give_name();
  sync_folder(folder_of(path_));
}

void OutputFile::start_sync() {
  ::sync_file_range(file_, 0, 0, SYNC_FILE_RANGE_WRITE);  // sync() tells of what failed
}

void OutputFile::sync() {
  if (::fsync(file_) != 0) fail("sync");
}

void OutputFile::give_name() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename");
  ::close(file_);
  file_ = -1;
}

void write_file_atomically(const std::string& path, std::string_view bytes, Readers readers) {
  OutputFile file(path, readers);
  file.write(bytes);
  file.publish();
}

void write_files_atomically(const std::map<std::string, std::string>& texts) {
  for (auto next = texts.begin(); next != texts.end();) {
    std::deque<OutputFile> files;
    std::set<std::string> folders;
    for (; next != texts.end() && files.size() < most_files; ++next) {
      files.emplace_back(next->first).write(next->second);
      files.back().start_sync();
      folders.insert(folder_of(next->first));
    }
    std::ranges::for_each(files, &OutputFile::sync);
    std::ranges::for_each(files, &OutputFile::give_name);
    std::ranges::for_each(folders, sync_folder);
  }
}

void sync_folder(const std::string& path) {
  const int directory =
      ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

void publish_folder(const std::string& temporary, const std::string& path) {
  sync_folder(temporary);
  int done = ::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  // Network file systems may not know of it. Then an empty folder could be replaced, and no other.
  if (done != 0 && (errno == EINVAL || errno == ENOSYS) && !is_taken(path))
    done = ::rename(temporary.c_str(), path.c_str());
  if (done != 0)
    throw Error(ExitCode::data, "{}: cannot rename to it: {}", path, std::strerror(errno));
  sync_folder(folder_of(path));
}

void create_folders(const std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Error(ExitCode::data, "{}: cannot make the folder: {}", path, error.message());
}

bool is_taken(const std::string& path) {
  return std::filesystem::symlink_status(path).type() != std::filesystem::file_type::not_found;
}

}  // namespace bailiwick
