// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <optional>

#include "io/partition/file.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/envelope.hpp"
#include "tests/support/admission.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
using io::PartitionReader;
using io::PartitionWriter;
using io::RowBuffer;
using testing::TemporaryFolder;

namespace {

const PrivateKey& owner_key() {
  static const PrivateKey key = PrivateKey::generate();
  return key;
}

Schema full_schema() {
  Schema schema;
  schema.features = {{.name = "age"},
                     {.name = "chol"},
                     {.name = "ward", .levels = {"a", "b", "c"}, .reference = 1},
                     {.name = "bmi"}};
  schema.targets = {{.name = "time"}, {.name = "status", .categories = {"alive", "dead"}}};
  schema.has_weights = true;
  schema.has_ids = schema.has_units = true;
  schema.splits = {"train", "test"};
  return schema;
}

/// Values that no two rows share, and that float32 holds exactly.
RowBuffer make_rows(const Schema& schema, std::size_t first, std::size_t count) {
  RowBuffer rows;
  rows.rows = count;
  for (std::size_t r = first; r < first + count; ++r) {
    for (std::size_t j = 0; j < schema.features.size(); ++j)
      if (const std::size_t levels = schema.features[j].levels.size(); levels > 0)
        rows.codes.push_back(static_cast<std::uint16_t>((r + r / 3) % levels));
      else
        rows.features.push_back(0.25 + static_cast<double>(100 * r + j));
    for (std::size_t j = 0; j < schema.targets.size(); ++j)
      rows.targets.push_back(schema.targets[j].categories.empty()
                                 ? 1e-3 * static_cast<double>(10 * r + j)
                                 : static_cast<double>(r % 2));
    if (schema.has_weights) rows.weights.push_back(1.0 / static_cast<double>(r + 3));
    if (!schema.splits.empty()) rows.splits.push_back(r % 3 == 0);
    if (schema.has_ids) rows.ids.push_back("patient-" + std::to_string(r));
    if (schema.has_units) rows.units.push_back("family-" + std::to_string(r / 3));
  }
  return rows;
}

void check_equal(const RowBuffer& a, const RowBuffer& b) {
  CHECK(a.rows == b.rows);
  CHECK(a.features == b.features);
  CHECK(a.codes == b.codes);
  CHECK(a.targets == b.targets);
  CHECK(a.weights == b.weights);
  CHECK(a.splits == b.splits);
  CHECK(a.ids == b.ids);
  CHECK(a.units == b.units);
}

PartitionWriter::Options options(const std::string& precision = "float64") {
  return {.name = "heart", .owner = "Clinic", .block_rows = 16, .precision = precision};
}

PartitionManifest write(const std::string& path, const Schema& schema = full_schema(),
                        const std::string& precision = "float64", std::size_t count = 41) {
  PartitionWriter writer(path, schema, options(precision));
  for (std::size_t first = 0; first < count; first += 7)
    writer.append(make_rows(schema, first, std::min<std::size_t>(7, count - first)));
  return writer.finish(owner_key());
}

PartitionManifest manifest_of(const std::string& path) {
  return io::read_manifest(path, {owner_key().public_key()});
}

PartitionReader open(const std::string& path, const PartitionManifest& manifest) {
  return PartitionReader(testing::admit(manifest), manifest, path);
}

std::vector<RowBuffer> read_all(const std::string& path, const PartitionManifest& manifest) {
  PartitionReader reader = open(path, manifest);
  std::vector<RowBuffer> blocks;
  reader.read_blocks(0, manifest.blocks(), [&](std::uint64_t block, const RowBuffer& rows) {
    CHECK(block == blocks.size());
    blocks.push_back(rows);
  });
  return blocks;
}

struct Chunk {
  std::size_t begin, size;
  bool packed;
};

/// Where a block of a data set lies in the file.
Chunk chunk_of(const std::string& path, const std::string& part, hsize_t block) {
  const io::h5::File file = io::h5::open_to_read(path);
  const io::h5::Dataset dataset = io::h5::open_dataset(file, part, path);
  const io::h5::Properties creation(H5Dget_create_plist(dataset));
  hsize_t offset[2] = {};
  unsigned mask = 0;
  haddr_t begin = 0;
  hsize_t size = 0;
  const io::h5::Space space(H5Dget_space(dataset));
  REQUIRE(H5Dget_chunk_info(dataset, space, block, offset, &mask, &begin, &size) >= 0);
  return {begin, size, H5Pget_nfilters(creation) > 0};
}

/// Another code in the first category of a row.
void change_code(const std::string& path, hsize_t row) {
  const io::h5::File file(H5Fopen(path.c_str(), H5F_ACC_RDWR, io::h5::file_access()));
  const io::h5::Dataset dataset = io::h5::open_dataset(file, "codes", path);
  const io::h5::Space to(H5Dget_space(dataset)), from = io::h5::simple_space({1, 1}, path);
  const hsize_t start[2] = {row, 0}, count[2] = {1, 1};
  std::uint8_t code = 0;
  REQUIRE(H5Sselect_hyperslab(to, H5S_SELECT_SET, start, nullptr, count, nullptr) >= 0);
  REQUIRE(H5Dread(dataset, H5T_STD_U8LE, from, to, H5P_DEFAULT, &code) >= 0);
  code = code == 0 ? 1 : 0;
  REQUIRE(H5Dwrite(dataset, H5T_STD_U8LE, from, to, H5P_DEFAULT, &code) >= 0);
}

template <class Work>
std::optional<Error> error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

template <class Work>
void check_throws(ExitCode code, const std::string& text, Work&& work) {
  const auto error = error_of(std::forward<Work>(work));
  if (!error) {
    FAIL_CHECK("no error; expected: " << text);
    return;
  }
  CHECK(error->code() == code);
  CHECK_THAT(error->what(), Catch::Matchers::ContainsSubstring(text));
}

void overwrite(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("What is written is read, in every precision and with every part or none") {
  const TemporaryFolder folder;
  const std::string path = folder / "heart.h5";
  Schema bare;
  bare.features = {{.name = "x"}};
  // 300 levels take two bytes; without numbers there is no /features.
  Column wide{.name = "job", .levels = {}, .reference = std::nullopt};
  for (int level = 0; level < 300; ++level)
    wide.levels.push_back(std::to_string(level));
  Schema codes;
  codes.features = {{.name = "ward", .levels = {"a", "b"}, .reference = 0}, wide};
  for (const Schema& schema : {full_schema(), bare, codes})
    for (const std::string precision : {"float64", "float32"})
      for (const std::size_t count : {1, 15, 16, 17, 48}) {
        const PartitionManifest written = write(path, schema, precision, count);
        const PartitionManifest manifest = manifest_of(path);
        CHECK(manifest == written);
        CHECK(manifest.rows == count);
        CHECK(manifest.blocks() == (count + 15) / 16);
        CHECK(manifest.precision == (schema == codes ? "float64" : precision));
        PartitionReader reader = open(path, manifest);
        RowBuffer rows;
        for (std::uint64_t b = 0; b < manifest.blocks(); ++b) {
          reader.read_block(b, rows);
          check_equal(rows, make_rows(schema, 16 * b, std::min<std::size_t>(16, count - 16 * b)));
        }
        CHECK(read_all(path, manifest).size() == manifest.blocks());
        CHECK(folder.files() == std::vector<std::string>{"heart.h5", "heart.manifest.json"});
      }
}

TEST_CASE("Runs of many blocks are read in order, and any part of them") {
  const TemporaryFolder folder;
  const std::string path = folder / "wide.h5";
  Schema schema = full_schema();
  for (int j = 0; j < 997; ++j)
    schema.features.push_back({.name = "x" + std::to_string(j)});
  const PartitionManifest manifest = write(path, schema, "float64", 700);
  PartitionReader reader = open(path, manifest);
  for (const auto& [first, count] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 44}, {0, 0}, {43, 1}, {5, 30}}) {
    std::uint64_t next = first;
    reader.read_blocks(first, count, [&](std::uint64_t block, const RowBuffer& rows) {
      CHECK(block == next++);
      CHECK(rows.features[0] == 0.25 + 100.0 * 16 * static_cast<double>(block));
    });
    CHECK(next == first + count);
  }
  CHECK_THROWS_AS(reader.read_blocks(44, 1, {}), Error);
  CHECK_THROWS_AS(reader.read_blocks(0, 45, {}), Error);
  CHECK_THROWS_AS(
      reader.read_blocks(0, 44, [](auto, const auto&) { throw std::runtime_error("enough"); }),
      std::runtime_error);
}

TEST_CASE("A writer that does not finish leaves nothing") {
  const TemporaryFolder folder;
  {
    PartitionWriter writer(folder / "x.h5", full_schema(), options());
    writer.append(make_rows(full_schema(), 0, 100));
    CHECK(folder.files().size() == 1);
  }
  CHECK(folder.files().empty());
  check_throws(ExitCode::data, "x.h5: a partition needs at least one row", [&] {
    PartitionWriter(folder / "x.h5", full_schema(), options()).finish(owner_key());
  });
  CHECK(folder.files().empty());
}

TEST_CASE("A value that cannot be stored names row and column") {
  const TemporaryFolder folder;
  const auto append = [&](const std::string& precision, auto change) {
    PartitionWriter writer(folder / "x.h5", full_schema(), options(precision));
    writer.append(make_rows(full_schema(), 0, 20));
    RowBuffer rows = make_rows(full_schema(), 20, 20);
    change(rows);
    writer.append(rows);
  };
  check_throws(ExitCode::data, "x.h5: row 22 (from 0), feature \"chol\": is not a finite",
               [&] { append("float64", [](RowBuffer& rows) { rows.features[7] = NAN; }); });
  check_throws(ExitCode::data, "row 35 (from 0), target \"status\": is not a finite",
               [&] { append("float32", [](RowBuffer& rows) { rows.targets[31] = -INFINITY; }); });
  check_throws(ExitCode::data, "row 20 (from 0), feature \"bmi\": does not fit float32",
               [&] { append("float32", [](RowBuffer& rows) { rows.features[2] = 1e300; }); });
  check_throws(ExitCode::data,
               "row 24 (from 0), feature \"ward\": is not the code of one of its 3 levels",
               [&] { append("float64", [](RowBuffer& rows) { rows.codes[4] = 3; }); });
  check_throws(ExitCode::data, "row 39 (from 0), weights: is not a finite",
               [&] { append("float64", [](RowBuffer& rows) { rows.weights[19] = INFINITY; }); });
  check_throws(ExitCode::data,
               "row 21 (from 0), splits: a code without a name; the schema has 2 (train, test)",
               [&] { append("float64", [](RowBuffer& rows) { rows.splits[1] = 2; }); });
  check_throws(ExitCode::data, "row 20 (from 0), ids: an id may have 64 bytes", [&] {
    append("float64", [](RowBuffer& rows) { rows.ids[0] = std::string(65, 'x'); });
  });
  CHECK(folder.files().empty());
}

TEST_CASE("Impossible options are refused") {
  const TemporaryFolder folder;
  const auto make = [&](auto change, Schema schema = full_schema()) {
    PartitionWriter::Options o = options();
    change(o);
    PartitionWriter(folder / "x.h5", std::move(schema), o);
  };
  check_throws(ExitCode::data, "must be a name of letters",
               [&] { make([](auto& o) { o.name = ""; }); });
  check_throws(ExitCode::data, "needs an owner", [&] { make([](auto& o) { o.owner = ""; }); });
  check_throws(ExitCode::data, "block_rows", [&] { make([](auto& o) { o.block_rows = 0; }); });
  check_throws(ExitCode::data, "id_bytes must be 1 to 4096",
               [&] { make([](auto& o) { o.id_bytes = 4097; }); });
  check_throws(ExitCode::data, "a block of 4 GiB or more",
               [&] { make([](auto& o) { o.block_rows = 1u << 30; }); });
  check_throws(ExitCode::data, "precision must be float32 or float64, found \"half\"",
               [&] { make([](auto& o) { o.precision = "half"; }); });
  Schema twice = full_schema();
  twice.features[1].name = "age";
  check_throws(ExitCode::data, "\"age\" occurs twice", [&] { make([](auto&) {}, twice); });
  twice.features[1].name = "\xff";
  check_throws(ExitCode::data, "not valid UTF-8", [&] { make([](auto&) {}, twice); });
  check_throws(ExitCode::data, "cannot create: No such file or directory",
               [&] { PartitionWriter(folder / "absent/x.h5", full_schema(), options()); });
  CHECK(folder.files().empty());
}

TEST_CASE("A disk that fills ends in an error that says so, and leaves nothing") {
  const auto fill = [](const std::string& path) {
    PartitionWriter writer(path, full_schema(), options());
    for (int i = 0; i < 200; ++i)
      writer.append(make_rows(full_schema(), 0, 160));
    writer.finish(owner_key());
  };
  const TemporaryFolder folder;
  SECTION("a limit on the size of files, which anybody may set") {
    const auto before = ::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit low{100000, limit.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &low);
    const auto error = error_of([&] { fill(folder / "x.h5"); });
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, before);
    REQUIRE(error);
    CHECK(error->code() == ExitCode::data);
    CHECK_THAT(error->what(), Catch::Matchers::ContainsSubstring("x.h5: cannot write block") &&
                                  Catch::Matchers::ContainsSubstring(": File too large"));
    CHECK(folder.files().empty());
  }
  SECTION("a full file system, which only root can make") {
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=100k") != 0) {
      WARN("skipped: cannot mount a small file system");
      return;
    }
    const auto error = error_of([&] { fill(folder / "x.h5"); });
    const auto left = folder.files();
    ::umount(folder.path().c_str());
    REQUIRE(error);
    CHECK(error->code() == ExitCode::data);
    CHECK_THAT(error->what(), Catch::Matchers::ContainsSubstring("x.h5: cannot write block") &&
                                  Catch::Matchers::ContainsSubstring(": No space left on device"));
    CHECK(left.empty());
  }
}

TEST_CASE("A manifest must be there, signed by a known key, and say what it must") {
  const TemporaryFolder folder;
  const std::string path = folder / "heart.h5", beside = folder / "heart.manifest.json";
  CHECK(io::manifest_path(path) == beside);
  CHECK(io::manifest_path("a.b/c.d") == "a.b/c.d.manifest.json");
  check_throws(ExitCode::data, "heart.h5: no such partition", [&] { manifest_of(path); });
  write(path);
  std::filesystem::rename(beside, folder / "elsewhere.json");
  check_throws(ExitCode::data, "heart.manifest.json: no such manifest; its owner must sign",
               [&] { manifest_of(path); });
  std::filesystem::rename(folder / "elsewhere.json", beside);
  check_throws(ExitCode::integrity, "heart.manifest.json",
               [&] { io::read_manifest(path, {PrivateKey::generate().public_key()}); });
  const auto publish = [&](const std::string& type, const std::string& payload) {
    overwrite(beside, to_json_line(sign_envelope(type, payload, owner_key())));
  };
  publish("text/plain", to_json(manifest_of(path)).dump());
  check_throws(ExitCode::integrity, "heart.manifest.json", [&] { manifest_of(path); });
  publish(partition_manifest_type, R"({"format":"x"})");
  check_throws(ExitCode::integrity, "heart.manifest.json: \"format\" must be",
               [&] { manifest_of(path); });
  overwrite(beside, "{");
  check_throws(ExitCode::integrity, "heart.manifest.json", [&] { manifest_of(path); });
}

TEST_CASE("Rows are read only with an admission that covers them") {
  const TemporaryFolder folder;
  const PartitionManifest ours = write(folder / "a.h5"), other = write(folder / "b.h5");
  CHECK(ours.root != other.root);  // equal rows, but each file has its own salt
  check_throws(ExitCode::policy, "does not cover partition heart",
               [&] { PartitionReader(testing::admit(other), ours, folder / "a.h5"); });
}

TEST_CASE("A file that disagrees with its manifest is not opened") {
  const TemporaryFolder folder;
  const std::string path = folder / "heart.h5";
  const PartitionManifest manifest = write(path);
  const auto check_differs = [&](const std::string& text, auto change) {
    PartitionManifest changed = manifest;
    change(changed);
    check_throws(ExitCode::integrity, text, [&] { open(path, changed); });
  };
  check_differs("the name is heart in the file and lung in its manifest",
                [](auto& m) { m.name = "lung"; });
  check_differs("the number of rows is 41 in the file and 40", [](auto& m) { m.rows = 40; });
  check_differs("block_rows is 16 in the file and 8", [](auto& m) { m.block_rows = 8; });
  check_differs("the precision is float64 in the file and float32",
                [](auto& m) { m.precision = "float32"; });
  check_differs("feature 1 is \"age\" here and \"sex\" there",
                [](auto& m) { m.schema.features[0].name = "sex"; });
  check_differs("the root digest is", [](auto& m) { m.root.bytes[5] ^= 1; });
  const PartitionManifest other = write(folder / "other.h5");
  check_throws(ExitCode::integrity, "the root digest is",
               [&] { open(folder / "other.h5", manifest); });
}

TEST_CASE("A missing, foreign or truncated file ends in a clear error") {
  const TemporaryFolder folder;
  const std::string path = folder / "heart.h5";
  const PartitionManifest manifest = write(path);
  const std::string bytes = read_file(path);
  check_throws(ExitCode::data, "none.h5: cannot open: No such file or directory",
               [&] { open(folder / "none.h5", manifest); });
  overwrite(path, "age,chol\n1,2\n");
  const auto foreign = "heart.h5: is not an HDF5 file, or has lost its beginning";
  check_throws(ExitCode::data, foreign, [&] { open(path, manifest); });
  for (std::size_t size = 0; size < bytes.size(); size += 997) {
    overwrite(path, bytes.substr(0, size));
    check_throws(ExitCode::data, size == 0 ? foreign : "heart.h5: cannot open: ", [&] {
      read_all(path, manifest);
    });
  }
}

TEST_CASE("A flipped bit is found wherever rows or digests lie, and never changes a row") {
  const TemporaryFolder folder;
  const std::string path = folder / "heart.h5";
  for (const std::string precision : {"float64", "float32"}) {
    const PartitionManifest manifest = write(path, full_schema(), precision);
    const std::vector<RowBuffer> rows = read_all(path, manifest);
    const std::string bytes = read_file(path);
    const auto put = [&](std::size_t position, char byte) {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      file.seekp(static_cast<std::streamoff>(position)).put(byte);
    };
    const auto try_flip = [&](std::size_t position) {
      put(position, static_cast<char>(bytes[position] ^ (1 << position % 8)));
      const auto error = error_of([&] {
        const std::vector<RowBuffer> found = read_all(path, manifest);
        REQUIRE(found.size() == rows.size());
        for (std::size_t b = 0; b < rows.size(); ++b)
          check_equal(found[b], rows[b]);
      });
      put(position, bytes[position]);
      return error;
    };
    // Where HDF5 put each block; what is packed may have spare bits that nobody reads.
    for (const char* part : io::detail::part_names)
      for (const std::size_t b : {0, 2}) {
        const auto [begin, stored, packed] = chunk_of(path, part, b);
        const std::size_t size = packed ? stored : stored * rows[b].rows / 16;
        std::size_t found = 0;
        for (std::size_t position = begin; position < begin + size; position += stride) {
          const auto error = try_flip(position);
          if (!error && packed) continue;
          REQUIRE(error);
          ++found;
          const std::string text = "block " + std::to_string(b) + " (rows " +
                                   std::to_string(16 * b) + " to " +
                                   std::to_string(b == 2 ? 40 : 15) + ") does not match";
          const std::string broken =
              "read block " + std::to_string(b) + " of /" + std::string(part);
          CHECK_THAT(error->what(), Catch::Matchers::ContainsSubstring(text) ||
                                        Catch::Matchers::ContainsSubstring(broken));
        }
        CHECK(stride * (found + 8) >= size);
      }
    const std::string schema = to_json(full_schema()).dump();
    const std::size_t at = bytes.find(schema);
    REQUIRE(at != std::string::npos);
    for (std::size_t i = 0; i < schema.size(); i += stride)
      CHECK(try_flip(at + i));
    for (std::size_t position = 0; position < bytes.size(); position += 37 * stride)
      if (const auto error = try_flip(position)) {
        const bool expected =
            error->code() == ExitCode::integrity || error->code() == ExitCode::data;
        CHECK(expected);
      }
  }
}

TEST_CASE("Signing anew keeps the rows; signing changed rows is refused") {
  const TemporaryFolder folder;
  const std::string path = folder / "heart.h5";
  const PartitionManifest first = write(path);
  const std::string bytes = read_file(path);
  const PrivateKey key = PrivateKey::generate();
  const PartitionManifest second = io::sign_partition(path, "New owner", key);
  CHECK(second.root == first.root);
  CHECK(second.owner == "New owner");
  CHECK(read_file(path) == bytes);
  CHECK(io::read_manifest(path, {key.public_key()}) == second);
  check_throws(ExitCode::data, "needs an owner", [&] { io::sign_partition(path, "", key); });

  change_code(path, 20);
  check_throws(ExitCode::integrity, "block 1 differs from the digest in the file",
               [&] { io::sign_partition(path, "Clinic", owner_key()); });
  CHECK(folder.files() == std::vector<std::string>{"heart.h5", "heart.manifest.json"});
}
