// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Partitions that h5py wrote from docs/partition-format.md alone
// (tests/integration/h5py_partition.py).
#include <cstdlib>
#include <utility>

#include "io/partition/partition.hpp"
#include "tests/support/admission.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace bailiwick;

namespace {

std::string python() {
  const char* chosen = std::getenv("BAILIWICK_PYTHON");
  return chosen != nullptr ? chosen : "/usr/bin/python3";
}

bool has_h5py() {
  if (std::system((python() + " -c 'import h5py' 2>/dev/null").c_str()) == 0) return true;
  WARN("skipped: " << python() << " has no h5py; name one that has in BAILIWICK_PYTHON");
  return false;
}

int script(const std::string& arguments) {
  const char* source = std::getenv("BAILIWICK_SOURCE");
  const std::string root = source != nullptr ? source : ".";
  return std::system(
      (python() + " " + root + "/tests/integration/h5py_partition.py " + arguments + " >/dev/null")
          .c_str());
}

const PrivateKey& owner_key() {
  static const PrivateKey key = PrivateKey::generate();
  return key;
}

}  // namespace

TEST_CASE("What h5py writes is signed, read, and its digests agree with h5py's") {
  if (!has_h5py()) return;
  const testing::TemporaryFolder folder;
  const std::string path = folder / "clinic.h5";
  for (const std::string variant :
       {"", "--full", "--float32 --full", "--gzip --full", "--gzip --float32", "--rows 1 --full",
        "--units --full",
        "--block-rows 576460752303423488"}) {  // 2^59 rows of 33 bytes: more than 2^64
    INFO(variant);
    REQUIRE(script("write " + path + " " + variant) == 0);
    const PartitionManifest manifest = io::sign_partition(path, "Clinic", owner_key());
    CHECK(io::read_manifest(path, {owner_key().public_key()}) == manifest);
    CHECK(script("verify " + path) == 0);
    CHECK(io::sign_partition(path, "Clinic", owner_key()).root == manifest.root);
    CHECK(manifest.version == (variant.find("--units") != std::string::npos ? 3 : 2));
    const bool full = variant.find("--full") != std::string::npos;
    io::PartitionReader reader(testing::admit(manifest), manifest, path);
    std::size_t row = 0;
    reader.read_blocks(0, manifest.blocks(), [&](std::uint64_t, const io::RowBuffer& rows) {
      for (std::size_t i = 0; i < rows.rows; ++i, ++row) {
        const double r = static_cast<double>(row);
        CHECK(rows.features[3 * i + 1] == 10 * r + 1.5);
        CHECK(rows.codes[i] == row % 3);
        CHECK(rows.targets[i] == static_cast<double>(row % 2));
        if (manifest.version == 3) CHECK(rows.units[i] == "family " + std::to_string(row / 3));
        if (!full) continue;
        CHECK(rows.weights[i] == 1.0 / (r + 1.0));
        CHECK(rows.splits[i] == (row % 3 == 0));
        CHECK(rows.ids[i] == "p\u00e4tient-" + std::to_string(row));
      }
    });
    CHECK(row == manifest.rows);
  }
  CHECK(folder.files() == std::vector<std::string>{"clinic.h5", "clinic.manifest.json"});
}

TEST_CASE("Version 1 gives the rows of its twin of version 2, and is signed as it is") {
  if (!has_h5py()) return;
  const testing::TemporaryFolder folder;
  const std::string path = folder / "clinic.h5", older = folder / "older.h5";
  const auto read = [](const std::string& from, const PartitionManifest& manifest) {
    io::PartitionReader reader(testing::admit(manifest), manifest, from);
    std::vector<io::RowBuffer> blocks;
    reader.read_blocks(0, manifest.blocks(),
                       [&](std::uint64_t, const io::RowBuffer& rows) { blocks.push_back(rows); });
    return blocks;
  };
  for (const std::string variant : {"--full", "--float32"}) {
    REQUIRE(script("write " + path + " " + variant) == 0);
    REQUIRE(script("to-version-1 " + path + " " + older) == 0);
    const PartitionManifest manifest = io::sign_partition(path, "Clinic", owner_key());
    const PartitionManifest first = io::sign_partition(older, "Clinic", owner_key());
    CHECK(manifest.version == 2);
    CHECK(first.version == 1);
    CHECK(io::read_manifest(older, {owner_key().public_key()}) == first);
    CHECK(script("verify " + older) == 0);
    CHECK(first.schema.features[1].levels == std::vector<std::string>{"(none of these)", "b", "c"});
    const auto rows = read(path, manifest), gathered = read(older, first);
    REQUIRE(rows.size() == gathered.size());
    for (std::size_t b = 0; b < rows.size(); ++b) {
      CHECK(rows[b].features == gathered[b].features);
      CHECK(rows[b].codes == gathered[b].codes);
      CHECK(rows[b].targets == gathered[b].targets);
      CHECK(rows[b].ids == gathered[b].ids);
    }
  }
}

TEST_CASE("Every fault of a file is told with object, expected and found, and nothing is signed") {
  if (!has_h5py()) return;
  const testing::TemporaryFolder folder;
  REQUIRE(script("break " + folder.path()) == 0);
  const std::pair<std::string, std::string> faults[] = {
      {"no-format", "attribute \"format\" is missing"},
      {"other-format", "attribute \"format\": expected bailiwick-partition, found \"netcdf\""},
      {"version-5", "partition: version 5 is not supported; this program reads 1 to 4"},
      {"version-4-without-missing", "format version 4 without a feature of \"missing\": true"},
      {"missing-in-version-2", "features[2]: unknown member \"missing\""},
      {"missing-elsewhere", "row 70 (from 0), feature \"bmi\": is not a finite number"},
      {"missing-is-infinite", "row 70 (from 0), feature \"chol\": is not a finite number"},
      {"missing-category", "features[1]: \"missing\" of a category"},
      {"version-3-without-units", "/schema: format version 3 with \"units\": false"},
      {"units-in-version-2", "/schema: format version 2 with \"units\": true"},
      {"unit-empty", "row 199 (from 0), units: is empty: nobody can tell whom the row is about"},
      {"version-1-of-2", "/schema: features[1]: unknown member \"levels\""},
      {"version-text", "attribute \"version\": expected one integer, found variable-length string"},
      {"no-name", "attribute: \"name\" must be a name of letters, digits, \"-\", \"_\" and \".\" "},
      {"name-leads-out", "\"name\" must be a name of letters, digits"},
      {"name-is-a-folder", "\"name\" must be a name of letters, digits"},
      {"name-steers-terminal", "found \"clinic\\u{1b}]0;x\\u{7}\""},
      {"name-has-lines", "found \"clinic\\n10 of 10 signatures hold\""},
      {"schema-steers-terminal", "/schema: holds a control character: \"\\u{9b}2J\""},
      {"schema-has-lines",
       "/schema: features and targets: must be one line without control characters, found "
       "\"a\\nb\""},
      {"schema-turns-text", "/schema: holds a control character: \"\\u{202e}lohc\""},
      {"schema-deep", "/schema: lists and objects nested more than 64 deep"},
      {"external-link", "\"features\" is an external link; all that is read must lie in the file"},
      {"external-schema", "\"schema\" is an external link; all that is read must lie in the file"},
      {"soft-link", "\"features\" is a soft link; all that is read must lie in the file itself"},
      {"dangling-link", "\"weights\" is a soft link; all that is read must lie in the file itself"},
      {"virtual", "/features: is a virtual data set, whose values lie in others; all that"},
      {"virtual-inside", "/features: is a virtual data set, whose values lie in others; all that"},
      {"external-storage", "/features: has external storage: its values lie in other files; all"},
      {"external-splits", "/splits: has external storage: its values lie in other files; all that"},
      {"foreign-filter", "/features: needs the HDF5 filter 32000, which is not one of HDF5's own"},
      {"checksum-filter",
       "/features: is packed by the HDF5 filter 3; gzip (deflate) and shuffle may"},
      {"packing-filter", "/codes: is packed by the HDF5 filter 6; gzip (deflate) and shuffle may"},
      {"no-codes", "data set /codes is missing though the schema declares it"},
      {"codes-wide", "/codes: expected uint8, found uint16"},
      {"codes-narrow", "/codes: expected shape (200, 1), found (200, 2)"},
      {"code-of-no-level",
       "row 70 (from 0), feature \"ward\": is not the code of one of its 3 levels"},
      {"reference-of-no-level",
       "/schema: features[1]: \"reference\" must be one of the levels or null, found \"d\""},
      {"indicator-taken", "/schema: features and targets: \"ward_b\" occurs twice"},
      {"block-rows-0", "attribute \"block_rows\": expected an integer of at least 1, found 0"},
      {"block-rows-float", "attribute \"block_rows\": expected one integer, found float64 scalar"},
      {"unknown-attribute", "unknown attribute \"block_row\"; a partition may hold: format, "},
      {"unknown-object", "(did you mean \"features\"?)"},
      {"no-schema", "data set /schema is missing"},
      {"schema-numbers", "/schema: expected one string, found int64 (2)"},
      {"schema-not-json", "/schema: not valid JSON near byte 2"},
      {"no-features", "data set /features is missing though the schema declares it"},
      {"no-targets", "data set /targets is missing though the schema declares it"},
      {"undeclared-weights", "data set /weights is there though the schema declares none"},
      {"features-int", "/features: expected float32 or float64, found int32"},
      {"features-big-endian", "/features: expected float32 or float64, found float64 big-endian"},
      {"features-narrow",
       "/features: expected shape (rows, 3) with at least one row, found (200, 2)"},
      {"features-flat", "/features: expected shape (rows, 3) with at least one row, found (200)"},
      {"features-group", "cannot open data set /features: "},
      {"claims-rows",
       "/features: expected 1000000000000 times 24 bytes, found 0 bytes in the file"},
      {"claims-wide-rows", "/features: expected 200 times 80000 bytes, found 0 bytes in the file"},
      {"claims-schema", "/schema: expected 2000000000 times 1 bytes, found 0 bytes in the file"},
      {"no-rows", "expected shape (rows, 3) with at least one row, found (0, 3)"},
      {"targets-float32", "/targets: expected float64, found float32"},
      {"targets-short", "/targets: expected shape (200, 1), found (199, 1)"},
      {"nan", "row 70 (from 0), feature \"chol\": is not a finite number"},
      {"split-code",
       "row 7 (from 0), splits: a code without a name; the schema has 2 (train, test)"},
      {"target-code",
       "row 9 (from 0), target \"disease\": is not the code of one of its 2 categories"},
      {"target-half", "row 150 (from 0), target \"disease\": is not the code of one of its 2"},
      {"indicator-half",
       "row 70 (from 0), feature \"chol\": is neither 0 nor 1, but a level of \"cp\""},
      {"indicator-two",
       "row 71 (from 0), feature \"bmi\": is 1, and so is another level of \"cp\""},
      {"splits-bool", "/splits: expected uint8, found enumeration or boolean"},
      {"ids-variable", "/ids: expected fixed-length strings padded with NUL (h5py: dtype"},
      {"ids-latin1", "row 3 (from 0), ids: is not valid UTF-8"},
      {"ids-long", "/ids: expected strings of at most 4096 bytes, found string of 4097 bytes"},
      {"ids-claimed", "/ids: expected strings of at most 4096 bytes, found string of 300000000"},
      {"salt-alone", "salt without /digests; delete it and sign the partition again"},
      {"digests-alone", "/digests without salt; delete it and sign the partition again"},
      {"digests-short", "/digests: expected uint8 (4, 32), found uint8 (3, 32)"},
  };
  const std::size_t before = folder.files().size();
  CHECK(before == std::size(faults));
  for (const auto& [fault, text] : faults) {
    INFO(fault);
    const std::string path = folder / (fault + ".h5");
    try {
      io::sign_partition(path, "Clinic", owner_key());
      FAIL_CHECK("no error; expected: " << text);
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::data);
      CHECK_THAT(error.what(), Catch::Matchers::StartsWith(path + ": ") &&
                                   Catch::Matchers::ContainsSubstring(text));
    }
  }
  CHECK(folder.files().size() == before);
}
