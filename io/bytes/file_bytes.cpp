// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/bytes/file_bytes.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/core/helper_thread.hpp"
#include "lib/core/input_file.hpp"

namespace bailiwick::io {

namespace {

// So large that the other thread has long hashed them when the next ones are due.
constexpr std::size_t chunk_bytes = std::size_t{4} << 20;

}  // namespace

FileBytes::FileBytes(const std::string& path) : chunk_(chunk_bytes) {
  if (path != standard_input) {
    InputFile input(path);
    size_ = input.size();
    regular_ = true;
    file_ = input.release();
  }
}

FileBytes::~FileBytes() {
  if (regular_) ::close(file_);
}

std::size_t FileBytes::read_file(char* to, std::size_t room) {
  std::size_t done = 0;
  while (done < room) {
    const ssize_t got = ::read(file_, to + done, room - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Unreadable(std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

/// The next bytes of the file in place of those that were used up.
bool FileBytes::refill() {
  if (hashing_.valid()) hashing_.get();
  begin_ = end_ = 0;
  end_ = read_file(chunk_.data(), chunk_.size());
  bytes_read_ += end_;
  if (regular_ && bytes_read_ > size_)
    throw Unreadable("grows while it is read; has it been written to its end?");
  if (end_ == 0) return false;
  hashing_ = run_beside([this] { hash_.update(std::as_bytes(std::span(chunk_.data(), end_))); });
  return true;
}

std::size_t FileBytes::read(std::span<char> to) {
  if (!begun_) {
    refill();
    unpacker_ = unpacker_for({chunk_.data(), std::min(end_, magic_bytes)});
    begun_ = true;
  }
  if (unpacker_) return unpack(to);
  if (begin_ == end_ && !refill()) return 0;
  const std::size_t count = std::min(to.size(), end_ - begin_);
  std::memcpy(to.data(), chunk_.data() + begin_, count);
  begin_ += count;
  return count;
}

std::size_t FileBytes::unpack(std::span<char> to) {
  for (;;) {
    if (!within_ && !begins_again()) return 0;
    const bool more = begin_ < end_ || refill();
    const Unpacker::Step step = unpacker_->unpack(left(), to);
    begin_ += step.taken;
    within_ = !step.ended;
    if (step.made > 0) return step.made;
    if (within_ && !more)
      throw Unreadable(fmt::format("ends within {}; is it whole?", unpacker_->name()));
  }
}

/// Whether another packed stream stands behind the one that ended, as when files were joined.
bool FileBytes::begins_again() {
  // Of its first bytes some may be in the next chunk. Zeros are what tapes and xz fill up with.
  for (;;) {
    while (begin_ < end_ && chunk_[begin_] == '\0')
      ++begin_;
    if (begin_ < end_) break;
    if (!refill()) return false;
  }
  unpacker_->restart();
  return within_ = true;
}

Digest FileBytes::finish() {
  while (refill()) {
  }
  return hash_.finish();
}

}  // namespace bailiwick::io
