// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/csv/csv.hpp"

#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;
using Record = std::vector<std::string>;

namespace {

struct TemporaryFile {
  std::string path;

  explicit TemporaryFile(std::string_view bytes)
      : path((std::filesystem::temp_directory_path() /
              ("bailiwick-csv-" + std::to_string(::getpid()) + ".csv"))
                 .string()) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
};

std::vector<Record> read(const std::string& path, char delimiter = ',') {
  io::CsvReader reader(path, {.delimiter = delimiter});
  std::vector<Record> records;
  while (reader.next())
    records.emplace_back(reader.fields().begin(), reader.fields().end());
  return records;
}

std::vector<Record> parse(std::string_view bytes, char delimiter = ',') {
  return read(TemporaryFile(bytes).path, delimiter);
}

std::string message_of(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::data);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("Plain records, with LF, CRLF, no last line end, blank lines and a byte order mark") {
  const std::vector<Record> expected = {{"a", "bc", ""}, {"", "2", "3.5"}};
  CHECK(parse("a,bc,\n,2,3.5\n") == expected);
  CHECK(parse("a,bc,\r\n,2,3.5\r\n") == expected);
  CHECK(parse("\xEF\xBB\xBF"
              "a,bc,\n\n\r\n,2,3.5") == expected);
  CHECK(parse("a;bc;\n;2;3.5", ';') == expected);
  CHECK(parse("").empty());
  CHECK(parse("\xEF\xBB\xBF").empty());
  CHECK(parse("\n\n").empty());
}

TEST_CASE("Quoted fields hold delimiters, line ends and doubled quotes") {
  CHECK(parse("\"a,b\",\"c\"\"d\"\n\"e\r\nf\",\"\"\r\n") ==
        std::vector<Record>{{"a,b", "c\"d"}, {"e\r\nf", ""}});
  CHECK(parse("a,\"b\"") == std::vector<Record>{{"a", "b"}});
  CHECK(parse("\"\"\"\"\n") == std::vector<Record>{{"\""}});
  CHECK(parse("5\" pipe,a\"b\"\n") == std::vector<Record>{{"5\" pipe", "a\"b\""}});
}

TEST_CASE("Blanks stand around quotes, belong to what is quoted, and are ordinary where so told") {
  CHECK(parse("a, \"b,c\"\t,\" d \" \r\n 5\" x , y\n") ==
        std::vector<Record>{{"a", "b,c", " d "}, {" 5\" x ", " y"}});
  CHECK(parse("a\t \"b\"\t\"c\td\"\n", '\t') == std::vector<Record>{{"a", "b", "c\td"}});
  const TemporaryFile file("a, \"b\", c\n1,2,\" 3\"\n");
  io::CsvReader as_they_stand(file.path, {.trim = io::CsvFormat::Trim::none});
  REQUIRE(as_they_stand.next());
  CHECK(as_they_stand.fields() == std::vector<std::string_view>{"a", " \"b\"", " c"});
  CHECK(as_they_stand.quoted().empty());
  io::CsvReader reader(file.path);
  REQUIRE(reader.next());
  CHECK(reader.fields() == std::vector<std::string_view>{"a", "b", " c"});
  CHECK(reader.quoted() == std::vector<bool>{false, true, false});
  REQUIRE(reader.next());
  CHECK(reader.quoted() == std::vector<bool>{false, false, true});
}

TEST_CASE("Lines are counted as an editor counts them, and the row's text is kept") {
  const TemporaryFile file("h\n\"a\nb\",1\n\nc,2\r\n");
  io::CsvReader reader(file.path);
  REQUIRE(reader.next());
  CHECK(reader.line() == 1);
  REQUIRE(reader.next());
  CHECK(reader.line() == 2);
  CHECK(reader.text() == "\"a\nb\",1");
  REQUIRE(reader.next());
  CHECK(reader.line() == 5);
  CHECK(reader.text() == "c,2");
  CHECK_FALSE(reader.next());
}

TEST_CASE("Text after a closing quote is noticed, and only there") {
  const TemporaryFile file("\"a\"b,1\n\"a\",1\r\n");
  io::CsvReader reader(file.path);
  REQUIRE(reader.next());
  CHECK_FALSE(reader.well_quoted());
  CHECK(reader.fields().size() == 2);
  REQUIRE(reader.next());
  CHECK(reader.well_quoted());
}

TEST_CASE(
    "Other encodings become UTF-8, wherever a buffer ends, and what is not of them is an error") {
  const auto read_as = [](std::string_view bytes, const char* encoding) {
    const TemporaryFile file(bytes);
    io::CsvReader reader(file.path, {.encoding = encoding});
    std::vector<Record> records;
    while (reader.next())
      records.emplace_back(reader.fields().begin(), reader.fields().end());
    return records;
  };
  CHECK(read_as("gr\xf6\xdf"
                "e,\xa4\n",
                "ISO-8859-15") == std::vector<Record>{{"größe", "€"}});
  CHECK(read_as("\x80\n", "Windows-1252") == std::vector<Record>{{"€"}});
  const std::string utf16(
      "\xff\xfe"
      "a\0,\0\xe4\0\n\0",
      10);
  CHECK(read_as(utf16, "UTF-16") == std::vector<Record>{{"a", "ä"}});
  CHECK_THROWS_WITH(read_as(utf16.substr(0, 9), "UTF-16"), Catch::Contains("ends within"));
  CHECK_THROWS_WITH(read_as("a,b\n\x81\n", "Windows-1252"), Catch::Contains("0x81"));
  std::string bytes;
  std::vector<Record> expected;
  for (int i = 0; bytes.size() < (std::size_t{3} << 20); ++i) {
    bytes += std::string(static_cast<std::size_t>(i % 37), '\xe4') + "\n";
    if (i % 37 == 0) continue;  // blank
    expected.emplace_back(1);
    for (int k = 0; k < i % 37; ++k)
      expected.back()[0] += "ä";
  }
  CHECK(read_as(bytes, "ISO-8859-1") == expected);
}

TEST_CASE("Lines before the header, remarks and Excel's first line are skipped, and counted") {
  const TemporaryFile file("made by x\n\"open\nsep=;\n# a \"remark\nh;i\n1;2\n#\n3;\"#\"\n");
  io::CsvReader reader(file.path,
                       {.delimiter = ';', .skip_lines = 2, .comment = std::optional('#')});
  std::vector<Record> records;
  std::vector<std::uint64_t> lines;
  while (reader.next()) {
    records.emplace_back(reader.fields().begin(), reader.fields().end());
    lines.push_back(reader.line());
  }
  CHECK(records == std::vector<Record>{{"h", "i"}, {"1", "2"}, {"3", "#"}});
  CHECK(lines == std::vector<std::uint64_t>{5, 6, 8});
  const TemporaryFile other("sep=;\na;b\n");
  CHECK_THROWS_WITH(io::CsvReader(other.path).next(), Catch::Contains("set csv.delimiter"));
  const TemporaryFile short_one("a\n");
  CHECK_FALSE(io::CsvReader(short_one.path, {.skip_lines = 3}).next());
}

TEST_CASE("Records are the same wherever the buffer ends") {
  // Rows of many lengths, a third of them quoted, over several buffers of 1 MiB; one row of 3 MiB.
  std::string bytes;
  std::vector<Record> expected;
  for (std::size_t i = 0; bytes.size() < (std::size_t{5} << 20); ++i) {
    const std::string number = std::to_string(i);
    const std::string filler(i == 70000 ? std::size_t{3} << 20 : i % 41, 'x');
    expected.push_back({number, i % 3 == 0 ? filler + "\"\n," + number : filler});
    bytes += number + "," + (i % 3 == 0 ? csv_field(expected.back()[1]) : filler) +
             (i % 2 == 0 ? "\r\n" : "\n");
  }
  REQUIRE(expected.size() > 70000);
  CHECK(parse(bytes) == expected);

  const TemporaryFile file("");
  gzFile gz = gzopen(file.path.c_str(), "wb1");
  gzwrite(gz, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(gz);
  CHECK(read(file.path) == expected);

  std::filesystem::resize_file(file.path, std::filesystem::file_size(file.path) / 2);
  CHECK_THROWS_WITH(read(file.path), Catch::StartsWith(file.path + ": cannot read after line ") &&
                                         Catch::EndsWith(": ends within gzip; is it whole?"));
}

TEST_CASE("Files that cannot be read say where and why") {
  CHECK_THROWS_WITH(read("/no/such.csv"), "/no/such.csv: cannot open: No such file or directory");
  CHECK_THROWS_WITH(read("/"), "/: is a folder, not a file");
  CHECK_THROWS_WITH(read("/dev/zero"), "/dev/zero: is a device, not a regular file");
  CHECK_THROWS_WITH(read("/proc/self/status"),
                    Catch::EndsWith("grows while it is read; has it been written to its end?"));
  CHECK_THAT(message_of("a,b\n1,\"2\n3,4\n"),
             Catch::EndsWith(":2: a quote opened in this row is never closed"));
  CHECK_THAT(message_of("a\n\"" + std::string(std::size_t{17} << 20, 'x')),
             Catch::Contains(":2: this row is longer than 16 MiB"));
  CHECK_THAT(message_of(std::string("\xFF\xFE"
                                    "a\0",
                                    4)),
             Catch::Contains("UTF-16"));
}

TEST_CASE("Fields are quoted only when they must be") {
  CHECK(csv_field("plain text") == "plain text");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("say \"x\"\n") == "\"say \"\"x\"\"\n\"");
}
