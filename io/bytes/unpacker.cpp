// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/bytes/unpacker.hpp"

#include <bzlib.h>
#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>

namespace bailiwick::io {

namespace {

using Step = Unpacker::Step;

constexpr const char* damaged = "its packed bytes are damaged";

/// What zlib and bzip2 take at once.
unsigned room(std::size_t bytes) {
  return static_cast<unsigned>(std::min<std::size_t>(bytes, std::numeric_limits<unsigned>::max()));
}

void check_begun(bool begun) {
  if (!begun) throw std::bad_alloc();
}

class Gzip final : public Unpacker {
 public:
  // 15: any window; 16: with gzip's own head and check.
  Gzip() { check_begun(inflateInit2(&stream_, 15 + 16) == Z_OK); }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  const char* name() const override { return "gzip"; }
  void restart() override { inflateReset(&stream_); }

  Step unpack(std::span<const char> from, std::span<char> to) override {
    // zlib promises not to write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
    stream_.avail_in = room(from.size());
    stream_.next_out = reinterpret_cast<Bytef*>(to.data());
    stream_.avail_out = room(to.size());
    const unsigned given = stream_.avail_in, free = stream_.avail_out;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      throw Unreadable(
          fmt::format("{}: {}", damaged, stream_.msg ? stream_.msg : "inflate failed"));
    return {given - stream_.avail_in, free - stream_.avail_out, status == Z_STREAM_END};
  }

 private:
  z_stream stream_{};
};

class Bzip2 final : public Unpacker {
 public:
  Bzip2() { begin(); }
  ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }
  Bzip2(const Bzip2&) = delete;
  Bzip2& operator=(const Bzip2&) = delete;

  const char* name() const override { return "bzip2"; }
  void restart() override {
    BZ2_bzDecompressEnd(&stream_);
    begin();
  }

  Step unpack(std::span<const char> from, std::span<char> to) override {
    stream_.next_in = const_cast<char*>(from.data());  // only read
    stream_.avail_in = room(from.size());
    stream_.next_out = to.data();
    stream_.avail_out = room(to.size());
    const unsigned given = stream_.avail_in, free = stream_.avail_out;
    const int status = BZ2_bzDecompress(&stream_);
    if (status == BZ_MEM_ERROR) throw std::bad_alloc();
    if (status != BZ_OK && status != BZ_STREAM_END) throw Unreadable(damaged);
    return {given - stream_.avail_in, free - stream_.avail_out, status == BZ_STREAM_END};
  }

 private:
  void begin() {
    stream_ = {};
    check_begun(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK);
  }

  bz_stream stream_{};
};

class Xz final : public Unpacker {
 public:
  Xz() { restart(); }
  ~Xz() override { lzma_end(&stream_); }
  Xz(const Xz&) = delete;
  Xz& operator=(const Xz&) = delete;

  const char* name() const override { return "xz"; }
  void restart() override {
    // Without a decoder anew, a stream takes what memory the former one had.
    check_begun(lzma_stream_decoder(&stream_, most_memory, 0) == LZMA_OK);
  }

  Step unpack(std::span<const char> from, std::span<char> to) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(from.data());
    stream_.avail_in = from.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(to.data());
    stream_.avail_out = to.size();
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    if (status == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (status == LZMA_MEMLIMIT_ERROR)
      throw Unreadable(fmt::format(
          "needs more than {} MiB to be unpacked; pack it with xz -9 or less", most_memory >> 20));
    if (status != LZMA_OK && status != LZMA_STREAM_END && status != LZMA_BUF_ERROR)
      throw Unreadable(damaged);
    return {from.size() - stream_.avail_in, to.size() - stream_.avail_out,
            status == LZMA_STREAM_END};
  }

 private:
  static constexpr std::uint64_t most_memory = std::uint64_t{256} << 20;
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

class Zstd final : public Unpacker {
 public:
  Zstd() : stream_(ZSTD_createDStream()) { check_begun(stream_ != nullptr); }
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  const char* name() const override { return "zstd"; }
  void restart() override {}  // it goes on by itself

  Step unpack(std::span<const char> from, std::span<char> to) override {
    ZSTD_inBuffer in{from.data(), from.size(), 0};
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    const std::size_t status = ZSTD_decompressStream(stream_, &out, &in);
    if (ZSTD_isError(status) != 0)
      throw Unreadable(fmt::format("{}: {}", damaged, ZSTD_getErrorName(status)));
    return {in.pos, out.pos, status == 0};
  }

 private:
  ZSTD_DStream* stream_;
};

bool is_bzip2(std::string_view head) {
  using namespace std::string_view_literals;
  // A word of text may begin with BZh; none goes on with the head of a block, or of the end.
  return head.size() >= 10 && head.starts_with("BZh") && head[3] >= '1' && head[3] <= '9' &&
         (head.substr(4, 6) == "\x31\x41\x59\x26\x53\x59"sv ||
          head.substr(4, 6) == "\x17\x72\x45\x38\x50\x90"sv);
}

bool is_zstd(std::string_view head) {
  using namespace std::string_view_literals;
  // The second is of a frame to be skipped, with which parallel packers begin.
  return head.starts_with("\x28\xB5\x2F\xFD"sv) ||
         (head.size() >= 4 && (head[0] & 0xF0) == 0x50 && head.substr(1, 3) == "\x2A\x4D\x18"sv);
}

}  // namespace

std::unique_ptr<Unpacker> unpacker_for(std::string_view head) {
  using namespace std::string_view_literals;
  if (head.starts_with("\x1F\x8B"sv)) return std::make_unique<Gzip>();
  if (head.starts_with("\xFD"
                       "7zXZ\0"sv))
    return std::make_unique<Xz>();
  if (is_bzip2(head)) return std::make_unique<Bzip2>();
  if (is_zstd(head)) return std::make_unique<Zstd>();
  return nullptr;
}

}  // namespace bailiwick::io
