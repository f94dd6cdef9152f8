// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "io/bytes/file_bytes.hpp"
#include "io/csv/csv.hpp"
#include "lib/core/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;

namespace {

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  std::string copy = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string bzip2(const std::string& bytes) {
  std::string packed(bytes.size() + bytes.size() / 50 + 600, '\0'), copy = bytes;
  auto size = static_cast<unsigned>(packed.size());
  REQUIRE(BZ2_bzBuffToBuffCompress(packed.data(), &size, copy.data(),
                                   static_cast<unsigned>(copy.size()), 1, 0, 0) == BZ_OK);
  packed.resize(size);
  return packed;
}

std::string xz(const std::string& bytes) {
  std::string packed(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                  reinterpret_cast<std::uint8_t*>(packed.data()), &size,
                                  packed.size()) == LZMA_OK);
  packed.resize(size);
  return packed;
}

std::string zstd(const std::string& bytes) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);  // as the command does
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), bytes.data(), bytes.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

struct Packer {
  const char* name;
  std::string (*pack)(const std::string&);
};
constexpr Packer packers[] = {{"gzip", gzip}, {"bzip2", bzip2}, {"xz", xz}, {"zstd", zstd}};

/// A table of about `size` bytes that packs to a third.
std::string table(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes = "a,b\n";
  while (bytes.size() < size)
    bytes += std::to_string(random() % 1000000) + "," + std::to_string(random() % 10) + "\n";
  return bytes;
}

struct File {
  testing::TemporaryFolder folder;
  std::string path = folder / "table.csv";  // what packed it is told by its bytes alone

  std::string read(const std::string& bytes) const {
    std::ofstream(path, std::ios::binary) << bytes;
    io::CsvReader reader(path);
    std::string text;
    while (reader.next())
      text.append(reader.text()) += '\n';
    CHECK(reader.bytes_read() == bytes.size());
    CHECK(reader.finish() == sha256(bytes));
    return text;
  }
  std::string error(const std::string& bytes) const {
    try {
      read(bytes);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::data);
      return error.what();
    }
    return "no error";
  }
};

}  // namespace

TEST_CASE("A packed file is read as what it holds, whatever it is called") {
  const File file;
  const std::string text = table(std::size_t{5} << 20), more = "1,2\n";
  CHECK(file.read(text) == text);
  for (const Packer& packer : packers) {
    INFO(packer.name);
    const std::string packed = packer.pack(text);
    CHECK(file.read(packed) == text);
    CHECK(file.read(packed + packer.pack(more)) == text + more);
    CHECK(file.read(packed + std::string(1024, '\0')) == text);
    CHECK(file.read(packer.pack("")).empty());
  }
  CHECK(file.read("BZh1,BZh2\n1,2\n") == "BZh1,BZh2\n1,2\n");  // names of columns
  CHECK(file.read("P,K\n").starts_with("P,K"));
}

TEST_CASE("A packed file that was cut, damaged or written to is an error") {
  const File file;
  const std::string text = table(std::size_t{sanitized ? 1 : 3} << 20);
  for (const Packer& packer : packers) {
    INFO(packer.name);
    const std::string packed = packer.pack(text);
    for (std::size_t i = 1; i < 8; ++i)
      CHECK_THAT(file.error(packed.substr(0, packed.size() * i / 8)),
                 Catch::StartsWith(file.path + ": cannot read") &&
                     Catch::EndsWith(std::string("ends within ") + packer.name + "; is it whole?"));
    CHECK_THAT(file.error(packed.substr(0, packed.size() - 1)), Catch::Contains("ends within"));
    for (std::size_t i = 1; i < 8; ++i) {
      std::string flipped = packed;
      flipped[packed.size() * i / 8] ^= 4;
      CHECK_THAT(file.error(flipped), Catch::Contains(": cannot read"));
    }
    CHECK_THAT(file.error(packed + "more, which is no packed stream"),
               Catch::Contains("packed bytes are damaged"));
  }
}

TEST_CASE("What is no text says what it is") {
  const File file;
  CHECK_THAT(
      file.error("PK\x03\x04 xl/workbook.xml"),
      Catch::EndsWith(": is no text but a ZIP archive, as .xlsx and .ods files are: save its "
                      "table as CSV"));
  CHECK_THAT(file.error("\xD0\xCF\x11\xE0\n"), Catch::Contains("Microsoft Office"));
}
