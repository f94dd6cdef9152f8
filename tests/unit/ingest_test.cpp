// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/ingest/ingest.hpp"
#include "lib/ingest/date.hpp"

#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "io/partition/partition.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/ingest/report.hpp"
#include "lib/ingest/rows.hpp"
#include "tests/support/admission.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/stride.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;
namespace fs = std::filesystem;
using Role = IngestColumn::Role;
using Type = IngestColumn::Type;
using Missing = IngestColumn::Missing;
using Numbers = std::vector<double>;
using Words = std::vector<std::string>;

namespace {

IngestColumn column(std::string name, Role role, Type type = Type::number) {
  IngestColumn column;
  column.name = std::move(name);
  column.role = role;
  column.type = type;
  return column;
}

/// A folder with a key, and a config whose output lies in it.
struct Job {
  testing::TemporaryFolder folder;
  IngestConfig config;

  Job() {
    PrivateKey::generate().save(key());
    config.path = "test.yaml";
    config.output = path("out");
    config.inputs = {path("data.csv")};
    config.partitions = {{"only", "owner", {}, key()}};
  }

  std::string path(const std::string& name) const { return folder / name; }
  std::string key() const { return path("key.pem"); }
  std::string output(const std::string& name) const { return path("out/" + name); }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  IngestReport run(std::string_view csv, bool force = false) const {
    write("data.csv", csv);
    return ingest(config, force);
  }
  std::string failure(std::string_view csv, ExitCode code) const {
    try {
      run(csv);
    } catch (const Error& error) {
      CHECK(error.code() == code);
      CHECK((!fs::exists(config.output) || left_behind().empty()));
      return error.what();
    }
    return "no error";
  }
  /// Besides the rows that a failed ingest shows.
  Words left_behind() const {
    Words files;
    for (const auto& entry : fs::directory_iterator(config.output))
      if (entry.path().filename() != "quarantine.failed.csv")
        files.push_back(entry.path().string());
    return files;
  }
  Words quarantine() const {
    Words lines;
    std::ifstream file(output("quarantine.csv"));
    for (std::string line; std::getline(file, line);)
      lines.push_back(line);
    return lines;
  }
};

struct Contents {
  PartitionManifest manifest;
  io::RowBuffer rows;
};

Contents read(const Job& job, const std::string& name) {
  const std::string path = job.output(name + ".h5");
  Contents contents;
  contents.manifest = io::read_manifest(path, {PrivateKey::load(job.key()).public_key()});
  const Admission admission = testing::admit(contents.manifest);
  io::PartitionReader reader(admission, contents.manifest, path);
  reader.read_blocks(0, contents.manifest.blocks(), [&](std::uint64_t, const io::RowBuffer& rows) {
    const auto extend = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    contents.rows.rows += rows.rows;
    extend(contents.rows.features, rows.features);
    extend(contents.rows.targets, rows.targets);
    extend(contents.rows.weights, rows.weights);
    extend(contents.rows.splits, rows.splits);
    extend(contents.rows.codes, rows.codes);
    extend(contents.rows.ids, rows.ids);
    extend(contents.rows.units, rows.units);
  });
  return contents;
}

Words names(const std::vector<Column>& columns) {
  Words words;
  for (const Column& column : columns)
    words.push_back(column.name);
  return words;
}

}  // namespace

TEST_CASE("Every role and type ends where it should") {
  Job job;
  auto date = column("seen", Role::feature, Type::date);
  date.date_format = "%d.%m.%Y";
  auto colour = column("colour", Role::feature, Type::category);
  colour.levels = {"red", "green", "blue"};
  colour.map = {{"grün", "green"}, {"", "blue"}};
  auto grade = column("grade", Role::target, Type::category);
  grade.levels = {"low", "high"};
  auto age = column("age", Role::feature, Type::integer);
  age.as = "years";
  age.minimum = 0;
  age.maximum = 120;
  auto fold = column("fold", Role::split);
  fold.levels = {"train", "test"};
  job.config.columns = {column("patient", Role::id),
                        age,
                        column("dose", Role::feature),
                        date,
                        colour,
                        grade,
                        column("sick", Role::target, Type::boolean),
                        column("w", Role::weight),
                        fold};
  const IngestReport report = job.run(
      "sick,patient,age,dose,seen,colour,grade,w,fold,note\n"
      "yes, a 1 ,30,1.5,02.01.1970,red,high,1,train,\n"
      "0,b,+63.0,-2e-3,31.12.1969,grün,low,0.5,test,\"x,\ny\"\n"
      "TRUE,c,0,.5,01.03.2024,,low,2,train,\n");
  CHECK(report.rows_read == 3);
  CHECK(report.rows_quarantined() == 0);
  CHECK(report.unused == Words{"note"});
  CHECK(report.partitions[0].split_rows == std::vector<std::uint64_t>{2, 1});

  const Contents got = read(job, "only");
  const Schema& schema = got.manifest.schema;
  CHECK(names(schema.features) == Words{"years", "dose", "seen", "colour"});
  CHECK(schema.features[0].maximum == 120.0);
  CHECK(schema.features[3].levels == colour.levels);
  CHECK(schema.features[3].reference == std::size_t{0});
  CHECK(names(schema.targets) == Words{"grade", "sick"});
  CHECK(schema.targets[0].categories == grade.levels);
  CHECK(schema.splits == Words{"train", "test"});
  CHECK(got.rows.features == Numbers{30, 1.5, 1,     //
                                     63, -2e-3, -1,  //
                                     0, .5, 19783});
  CHECK(got.rows.codes == std::vector<std::uint16_t>{0, 1, 2});
  CHECK(got.rows.targets == Numbers{1, 1, 0, 0, 0, 1});
  CHECK(got.rows.weights == Numbers{1, 0.5, 2});
  CHECK(got.rows.splits == std::vector<std::uint8_t>{0, 1, 0});
  CHECK(got.rows.ids == Words{"a 1", "b", "c"});
  CHECK(job.quarantine() == Words{"file,line,column,value,reason,row"});
}

TEST_CASE("A row that breaks a rule is quarantined with its reason, and nothing is lost") {
  Job job;
  auto age = column("age", Role::feature, Type::integer);
  age.minimum = 0;
  age.maximum = 120;
  auto sex = column("sex", Role::feature, Type::category);
  sex.levels = {"m", "f"};
  auto day = column("day", Role::feature, Type::date);
  auto fold = column("fold", Role::split);
  fold.levels = {"a"};
  job.config.columns = {column("site", Role::domain),
                        age,
                        sex,
                        day,
                        column("x", Role::feature),
                        column("y", Role::target, Type::boolean),
                        column("w", Role::weight),
                        fold};
  job.config.partitions = {{"one", "o", {"1", "2"}, job.key()}, {"two", "o", {"3"}, job.key()}};
  const std::string good = "2,50,m,2024-02-29,1,0,1,a\n";
  const IngestReport report = job.run("site,age,sex,day,x,y,w,fold\n" + good +
                                      "3,50,m,2024-02-29,1,0,1,a\n"
                                      "9,50,m,2024-02-29,1,0,1,a\n"
                                      "1,NA,m,2024-02-29,1,0,1,a\n"
                                      "1,50.5,m,2024-02-29,1,0,1,a\n"
                                      "1,121,m,2024-02-29,1,0,1,a\n"
                                      "1,-1,m,2024-02-29,1,0,1,a\n"
                                      "1,50,d,2024-02-29,1,0,1,a\n"
                                      "1,50,m,2023-02-29,1,0,1,a\n"
                                      "1,50,m,2024-02-29 x,1,0,1,a\n"
                                      "1,50,m,2024-02-29,1.5.1,0,1,a\n"
                                      "1,50,m,2024-02-29,nan,0,1,a\n"
                                      "1,50,m,2024-02-29,1e999,0,1,a\n"
                                      "1,50,m,2024-02-29,1,2,1,a\n"
                                      "1,50,m,2024-02-29,1,0,-1,a\n"
                                      "1,50,m,2024-02-29,1,0,1,b\n"
                                      "1,50,m,2024-02-29,1,0,1\n"
                                      "1,50,m,2024-02-29,1,0,1,\"a\"x\n");
  CHECK(report.rows_read == 18);
  CHECK(report.rows_kept() == 2);
  CHECK(report.rows_quarantined() == 16);
  const std::string in = job.path("data.csv") + ",";
  CHECK(job.quarantine() ==
        Words{"file,line,column,value,reason,row",
              in + "4,site,9,value of no partition,\"9,50,m,2024-02-29,1,0,1,a\"",
              in + "5,age,NA,missing value,\"1,NA,m,2024-02-29,1,0,1,a\"",
              in + "6,age,50.5,not an integer,\"1,50.5,m,2024-02-29,1,0,1,a\"",
              in + "7,age,121,out of range 0 .. 120,\"1,121,m,2024-02-29,1,0,1,a\"",
              in + "8,age,-1,out of range 0 .. 120,\"1,-1,m,2024-02-29,1,0,1,a\"",
              in + "9,sex,d,unknown category,\"1,50,d,2024-02-29,1,0,1,a\"",
              in + "10,day,2023-02-29,not a date like %Y-%m-%d,\"1,50,m,2023-02-29,1,0,1,a\"",
              in + "11,day,2024-02-29 x,not a date like %Y-%m-%d,\"1,50,m,2024-02-29 x,1,0,1,a\"",
              in + "12,x,1.5.1,not a number,\"1,50,m,2024-02-29,1.5.1,0,1,a\"",
              in + "13,x,nan,not a number,\"1,50,m,2024-02-29,nan,0,1,a\"",
              in + "14,x,1e999,too large to be stored,\"1,50,m,2024-02-29,1e999,0,1,a\"",
              in + "15,y,2,not true or false,\"1,50,m,2024-02-29,1,2,1,a\"",
              in + "16,w,-1,less than 0,\"1,50,m,2024-02-29,1,0,-1,a\"",
              in + "17,fold,b,unknown split,\"1,50,m,2024-02-29,1,0,1,b\"",
              in + "18,,,\"7 fields, not 8\",\"1,50,m,2024-02-29,1,0,1\"",
              in + "19,,,text after a closing quote,\"1,50,m,2024-02-29,1,0,1,\"\"a\"\"x\""});
  REQUIRE(report.quarantined.size() == 13);
  CHECK(report.quarantined[0].rows == 2);
  CHECK(report.quarantined[0].first == job.path("data.csv") + ":7");
  CHECK((fs::status(job.output("quarantine.csv")).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  const std::string text = to_text(report);
  CHECK_THAT(text, Catch::StartsWith("18 rows read: 2 kept, 16 quarantined\n"));
  CHECK_THAT(text, Catch::Contains("  one        o         1  1  " + job.output("one.h5") + "\n"));
  CHECK_THAT(text, Catch::Contains("not a date like %Y-%m-%d"));
}

TEST_CASE("An id that is no UTF-8 is quarantined, not handed on") {
  Job job;
  job.config.columns = {column("id", Role::id), column("x", Role::feature)};
  const IngestReport report = job.run("id,x\np\xc3\xa4tient,1\np\xe4tient,2\n");
  CHECK(read(job, "only").rows.ids == Words{"p\xc3\xa4tient"});
  REQUIRE(report.quarantined.size() == 1);
  CHECK(report.quarantined[0].reason == "not valid UTF-8");
  CHECK(report.quarantined[0].first == job.path("data.csv") + ":3");
}

TEST_CASE("Blanks never leave quoted words, nor stay with numbers") {
  Job job;
  auto ward = column("ward", Role::feature, Type::category);
  ward.levels = {"a", " a ", "b"};
  job.config.columns = {column("id", Role::id), ward, column("age", Role::feature),
                        column("y", Role::target, Type::boolean)};
  const std::string csv =
      " id , ward,age, y\n x1 , a ,\" 63\", 1.0 \n\" x2\",\" a \",\t64,0.0\nx3, \"b\" ,65, no\n";
  CHECK(job.run(csv).rows_kept() == 3);
  CHECK(read(job, "only").rows.codes == std::vector<std::uint16_t>{0, 1, 2});
  CHECK(read(job, "only").rows.ids == Words{"x1", " x2", "x3"});
  CHECK(read(job, "only").rows.features == Numbers{63, 64, 65});
  CHECK(read(job, "only").rows.targets == Numbers{1, 0, 0});
  job.config.csv.trim = io::CsvFormat::Trim::all;
  job.run(csv, true);
  CHECK(read(job, "only").rows.codes == std::vector<std::uint16_t>{0, 0, 2});
  CHECK(read(job, "only").rows.ids == Words{"x1", "x2", "x3"});
  job.config.csv.trim = io::CsvFormat::Trim::none;
  CHECK(job.run(csv, true).rows_kept() == 2);  // of the third, the quotes belong to the word
  CHECK(read(job, "only").rows.codes == std::vector<std::uint16_t>{1, 1});
  CHECK(read(job, "only").rows.ids == Words{" x1 ", " x2"});
}

TEST_CASE("Blanks around the words of a lookup are as those of the inputs") {
  Job job;
  auto region = column("region", Role::feature, Type::category);
  region.levels = {"n", " s"};
  job.config.columns = {region};
  job.config.lookups = {{job.path("clinics.csv"), "clinic", "", {"region"}}};
  job.write("clinics.csv", "clinic, region\n 1 , n\n2,\" s\"\n");
  CHECK(job.run("clinic\n1 \n\t2\n").rows_kept() == 2);
  CHECK(read(job, "only").rows.codes == std::vector<std::uint16_t>{0, 1});
}

TEST_CASE("Missing values: own words, a constant instead, a category of their own") {
  Job job;
  auto constant = column("x", Role::feature);
  constant.missing = Missing::value;
  constant.missing_value = -9;
  auto category = column("c", Role::feature, Type::category);
  category.levels = {"a", "unknown"};
  category.map = {{".", "unknown"}};
  job.config.missing = {".", "n/a"};
  job.config.columns = {constant, category};
  job.run("x,c\n., a\n n/a ,.\n1,.\n");
  CHECK(read(job, "only").rows.features == Numbers{-9, -9, 1});
  CHECK(read(job, "only").rows.codes == std::vector<std::uint16_t>{0, 1, 1});
}

TEST_CASE("Several inputs are one: columns in any order, gz or not, no header") {
  Job job;
  job.config.columns = {column("a", Role::feature), column("b", Role::target)};
  job.config.inputs.push_back(job.path("more.csv"));
  job.write("more.csv", "b;c;a\n4;0;3\n");
  job.config.csv.delimiter = ';';
  CHECK(job.run("a;b\n1;2\n").rows_kept() == 2);
  CHECK(read(job, "only").rows.features == Numbers{1, 3});
  CHECK(read(job, "only").rows.targets == Numbers{2, 4});

  job.config.inputs.pop_back();
  job.config.header = false;
  job.config.column_names = {"b", "a"};
  CHECK(job.run("1;2\n", true).rows_kept() == 1);
  CHECK(read(job, "only").rows.features == Numbers{2});
}

TEST_CASE("However a file is written, it gives the same partition") {
  Job job;
  auto sex = column("Geschlecht", Role::feature, Type::category);
  sex.levels = {"weiblich", "m\xc3\xa4nnlich"};
  job.config.columns = {sex, column("Kosten", Role::feature), column("y", Role::target)};
  const auto rows = [&](const std::string& csv) {
    job.run(csv, true);
    const io::RowBuffer read_back = read(job, "only").rows;
    return std::tuple(read_back.codes, read_back.features, read_back.targets);
  };
  const auto plain = rows("Geschlecht,Kosten,y\nweiblich,1234.5,-1\nm\xc3\xa4nnlich,1000000,.25\n");
  job.config.csv = {
      .delimiter = ';', .encoding = "ISO-8859-1", .skip_lines = 1, .comment = std::optional('#')};
  job.config.numbers = {.decimal = ',', .thousands = '.'};
  CHECK(rows("Auszug\nGeschlecht;Kosten;y\r\nweiblich;1.234,5;-1\r\n# m\xe4n\r\n"
             "m\xe4nnlich;1.000.000;,25\r\n") == plain);
  job.config.csv = {.delimiter = ';', .encoding = "Windows-1252"};
  CHECK(rows("sep=;\nGeschlecht;Kosten;y\nweiblich;1234,5;-1\nm\xe4nnlich;1000000;2,5e-1\n") ==
        plain);
}

TEST_CASE("Thousands stand between groups of three digits, or it is no number") {
  Job job;
  job.config.csv.delimiter = ';';
  job.config.numbers = {.decimal = ',', .thousands = '.'};
  job.config.columns = {column("x", Role::feature)};
  const IngestReport report = job.run(
      "x\n1.234\n-12.345,5\n1234,5\n0,5\n1.23\n1.2345\n1234.567\n1,5.000\n.500\n1..234\n1,2,3\n");
  CHECK(read(job, "only").rows.features == Numbers{1234, -12345.5, 1234.5, 0.5});
  CHECK(report.rows_quarantined() == 7);
  job.config.numbers = {.decimal = '.', .thousands = ','};
  job.run("x\n1,234.5\n12,34\n", true);
  CHECK(read(job, "only").rows.features == Numbers{1234.5});
}

TEST_CASE("A date is read whole, or it is none; a time of day is a fraction") {
  const auto days = [](const char* text, const char* format) {
    return DateFormat(format).read(text);
  };
  CHECK(days("2024-03-01", "%Y-%m-%d") == 19783.0);
  CHECK(days("2024-3-1", "%F") == 19783.0);
  CHECK(days("1.3.2024", "%d.%m.%Y") == 19783.0);
  CHECK(days("01-Mar-2024", "%d-%b-%Y") == 19783.0);
  CHECK(days("1 march 2024", "%d %b %Y") == 19783.0);
  CHECK(days("20240301", "%Y%m%d") == 19783.0);
  CHECK(days("24-03-01", "%y-%m-%d") == 19783.0);
  CHECK(days("2024-03-01T12:00:00Z", "%FT%TZ") == 19783.5);
  CHECK(days("2024-03-01 06:00", "%Y-%m-%d %H:%M") == 19783.25);
  CHECK(days("2024-03-01T00:00:13.5Z", "%FT%TZ") == 19783 + 13.5 / 86400);
  CHECK(days("2024-03-01T06:00:00.000Z", "%FT%T.000Z") == 19783.25);
  CHECK_FALSE(days("2024-03-01T06:00:00.Z", "%FT%TZ").has_value());
  for (const char* text : {"24-03-01", "2024-03-01 12:30", "2024-02-30", "2023-02-29", "2024-03",
                           "2024-03-01x", "12024-03-01", "2024-003-01", " 2024-03-01", ""})
    CHECK_FALSE(days(text, "%Y-%m-%d").has_value());
  CHECK_FALSE(days("2024311", "%Y%m%d").has_value());
  CHECK_FALSE(days("2024-03-01 24:00", "%F %H:%M").has_value());
  for (const char* format : {"%Y-%m-%d", "%d.%m.%y", "%b %d %Y %T", "100%% %F"})
    CHECK(DateFormat(format).problem().empty());
  for (const char* format : {"%Q", "%d/%m", "%j", "%Y-%m-%d %Y", "%m %b %d %Y", "%Y-%m-%d %", ""})
    CHECK_FALSE(DateFormat(format).problem().empty());
}

TEST_CASE("Dates have a range, of which the last day is whole") {
  Job job;
  auto day = column("d", Role::feature, Type::date);
  day.date_format = "%d.%m.%Y %H:%M";
  day.earliest = "2024-03-01";
  day.latest = "2024-03-31";
  job.config.columns = {day};
  CHECK(job.run("d\n29.2.2024 23:59\n1.3.2024 00:00\n31.3.2024 23:59\n1.4.2024 00:00\n")
            .rows_kept() == 2);
  CHECK(job.quarantine()[1] == job.path("data.csv") +
                                   ",2,d,29.2.2024 23:59,"
                                   "out of range 2024-03-01 .. 2024-03-31,29.2.2024 23:59");
  CHECK(job.quarantine().size() == 3);
  CHECK(read(job, "only").manifest.schema.features[0].minimum == 19783.0);
  CHECK(read(job, "only").manifest.schema.features[0].maximum == 19814.0);
  job.config.columns[0].earliest.clear();
  job.run("d\n1.1.1900 00:00\n1.4.2024 00:00\n", true);
  CHECK_THAT(job.quarantine()[1], Catch::Contains(",after 2024-03-31,"));
}

TEST_CASE("One column of the inputs may be several, and a map may say what all others are") {
  Job job;
  auto kind = column("class", Role::target, Type::category);
  kind.levels = {"normal", "dos", "probe"};
  auto attack = column("attack", Role::target, Type::boolean);
  attack.from = "class";
  attack.map = {{"normal", "no"}};
  attack.others = "yes";
  job.config.columns = {column("x", Role::feature), kind, attack};
  const IngestReport report = job.run("x,class\n1,normal\n2,dos\n3,probe\n4,NA\n");
  CHECK(report.rows_kept() == 3);
  CHECK(report.unused.empty());
  CHECK(read(job, "only").rows.targets == Numbers{0, 0, 1, 1, 2, 1});
  job.config.columns = {column("x", Role::feature), attack};
  job.run("x,class\n1,normal\n4,NA\n", true);
  CHECK_THAT(job.quarantine()[1], Catch::Contains(",attack,NA,missing value,"));
}

TEST_CASE("The name of its file can be a column of each input") {
  Job job;
  auto year = column("year", Role::feature, Type::integer);
  year.from = "file";
  year.map = {{"data.csv", "2023"}, {"more.csv", "2024"}};
  job.config.file_column = "file";
  job.config.columns = {column("x", Role::feature), year};
  job.config.inputs.push_back(job.path("more.csv"));
  job.write("more.csv", "x\n3\n");
  CHECK(job.run("x\n1\n2\n").rows_kept() == 3);
  CHECK(read(job, "only").rows.features == Numbers{1, 2023, 2, 2023, 3, 2024});
  CHECK_THROWS_WITH(job.run("x,file\n1,2\n", true),
                    Catch::EndsWith("two columns are called \"file\""));
}

TEST_CASE("What cannot be stored as it is goes to quarantine") {
  Job job;
  job.config.columns = {column("id", Role::id), column("n", Role::feature, Type::integer)};
  const IngestReport report =
      job.run("id,n\na,9007199254740991\nb,9007199254740993\n" + std::string(65, 'c') + ",1\n");
  CHECK(read(job, "only").rows.ids == Words{"a"});
  REQUIRE(report.quarantined.size() == 2);
  job.config.id_bytes = 65;
  CHECK(job.run("id,n\n" + std::string(65, 'c') + ",1\n", true).rows_kept() == 1);
}

TEST_CASE("Rows of one unit go to one split, wherever they stand") {
  Job job;
  job.config.columns = {column("who", Role::unit), column("n", Role::feature)};
  job.config.hash_split = {{"test", 0.5}, {"train", 0.5}};
  std::string csv = "who,n\n", backwards = "who,n\n";
  for (int i = 0; i < 400; ++i) {
    csv += fmt::format("p{},{}\n", i % 57, i);
    backwards += fmt::format("p{},{}\n", (399 - i) % 57, 399 - i);
  }
  std::map<std::string, std::set<int>> splits;
  for (const std::string& text : {csv, backwards}) {
    job.run(text, true);
    const auto written = read(job, "only");
    REQUIRE(written.rows.units.size() == 400);
    for (std::size_t i = 0; i < 400; ++i)
      splits[written.rows.units[i]].insert(written.rows.splits[i]);
  }
  std::set<int> both;
  CHECK(splits.size() == 57);
  for (const auto& [unit, of_unit] : splits) {
    CHECK(of_unit.size() == 1);
    both.insert(of_unit.begin(), of_unit.end());
  }
  CHECK(both.size() == 2);
  job.run("who,n\n p1 ,1\n\" p1 \",2\np1,3\n", true);  // words, as ids are
  CHECK(read(job, "only").rows.units == Words{"p1", " p1 ", "p1"});
  const IngestReport report = job.run("who,n\np1,1\n,2\n", true);
  CHECK(report.quarantined.size() == 1);  // whom that row is about nobody knows
}

TEST_CASE("Rows that all broke a rule can be looked at, with advice, and block nothing") {
  Job job;
  job.config.columns = {column("x", Role::feature)};
  job.config.csv.delimiter = ';';
  const auto error = [&](const std::string& csv) {
    try {
      job.run(csv);
    } catch (const Error& refused) {
      return std::string(refused.what());
    }
    return std::string();
  };
  CHECK_THAT(error("x\n1,5\n2,5\n"),
             Catch::Contains("x: not a number (\"1,5\"), first at") &&
                 Catch::Contains("set csv.decimal: \",\"") &&
                 Catch::Contains("all of them: " + job.output("quarantine.failed.csv")));
  CHECK_THAT(error("x\n\xe4\n"), Catch::Contains("set csv.encoding"));
  CHECK_THAT(error("gr\xf6\xdf"
                   "e\n1\n"),
             Catch::Contains("set csv.encoding"));
  CHECK(fs::exists(job.output("quarantine.failed.csv")));
  CHECK(job.run("x\n1.5\n").rows_kept() == 1);
  CHECK_FALSE(fs::exists(job.output("quarantine.failed.csv")));
}

TEST_CASE("More rows than may be quarantined are none that may be kept") {
  Job job;
  job.config.columns = {column("x", Role::feature)};
  const std::string csv = "x\n1\n2\n3\nbad\n";
  job.config.quarantine_at_most = 0.25;
  const std::string text = to_text(job.run(csv));
  CHECK_THAT(text, Catch::Contains("More than one row in twenty"));
  fs::remove_all(job.config.output);
  job.config.quarantine_at_most = 0.29;  // of which a double is a little less
  std::string more = "x\n";
  for (int i = 0; i < 100; ++i)
    more += i < 29 ? "bad\n" : "1\n";
  CHECK(job.run(more).rows_kept() == 71);
  fs::remove_all(job.config.output);
  job.config.quarantine_at_most = 0.2;
  CHECK_THAT(job.failure(csv, ExitCode::data),
             Catch::Contains("1 of the 4 rows broke a rule; quarantine_at_most is 0.2") &&
                 Catch::Contains("x: not a number (\"bad\")") &&
                 Catch::Contains("quarantine.failed.csv"));
  CHECK_FALSE(fs::exists(job.output("only.h5")));
}

TEST_CASE("A lookup adds columns; rows it does not know are quarantined") {
  Job job;
  auto fold = column("fold", Role::split);
  fold.levels = {"train", "test"};
  job.config.columns = {column("x", Role::feature), column("centre", Role::domain), fold};
  job.config.lookups = {{job.path("folds.csv"), "pid", "patient", {"fold", "centre"}}};
  job.config.partitions = {{"a", "o", {"A"}, job.key()}, {"b", "o", {"B"}, job.key()}};
  job.write("folds.csv", "pid,centre,fold\np1,A,train\np2,B,test\np3,A,test\n");
  const std::string csv = "patient,x\np3,3\np1,1\np9,9\np2,2\n";
  const IngestReport report = job.run(csv);
  CHECK(report.rows_quarantined() == 1);
  CHECK(report.quarantined[0].reason == "not in " + job.path("folds.csv"));
  CHECK(report.quarantined[0].column == "patient");
  CHECK(report.unused.empty());
  CHECK(read(job, "a").rows.features == Numbers{3, 1});
  CHECK(read(job, "a").rows.splits == std::vector<std::uint8_t>{1, 0});
  CHECK(read(job, "b").rows.features == Numbers{2});

  fs::remove_all(job.config.output);
  job.write("folds.csv", "pid,centre,fold\np1,A,train\np1,B,test\n");
  CHECK_THAT(job.failure(csv, ExitCode::data),
             Catch::EndsWith("folds.csv:3: pid \"p1\" occurs twice"));
  job.write("folds.csv", "pid,centre,fold\np1,A\n");
  CHECK_THAT(job.failure(csv, ExitCode::data), Catch::Contains("folds.csv:2: 2 fields"));
  job.write("folds.csv", "pid,fold\n");
  CHECK_THAT(job.failure(csv, ExitCode::data), Catch::Contains("folds.csv: no column \"centre\""));
}

TEST_CASE("Rows are split by a date or a number, whose last value belongs to its split") {
  Job job;
  auto when = column("when", Role::split, Type::date);
  when.from = "day";
  when.until = {{"train", "1970-01-03"}, {"later", "1970-01-05"}};
  when.rest = "test";
  when.date_format = "%F %T";
  job.config.columns = {column("x", Role::feature), when};
  job.run(
      "day,x\n1970-01-06 00:00:00,1\n1969-01-01 12:00:00,2\n1970-01-03 23:59:59,3\n"
      "1970-01-04 00:00:00,4\n1970-01-05 23:59:59,5\n,6\n");
  CHECK(read(job, "only").manifest.schema.splits == Words{"train", "later", "test"});
  CHECK(read(job, "only").rows.splits == std::vector<std::uint8_t>{2, 0, 0, 1, 1});
  CHECK(job.quarantine().size() == 2);

  fs::remove_all(job.config.output);
  auto wave = column("wave", Role::split);
  wave.until = {{"train", "2.5"}};
  wave.rest = "test";
  job.config.columns = {column("x", Role::feature), wave};
  job.run("wave,x\n2.5,1\n2.5000000000000004,2\n-7,3\n");
  CHECK(read(job, "only").rows.splits == std::vector<std::uint8_t>{0, 1, 0});
}

TEST_CASE("The hash split depends on seed and row number alone") {
  // Published outputs of splitmix64: the first of seed 0, and the first of seed 1234567.
  constexpr std::uint64_t zero = 16294208416658607535U, first = 6457827717110365317U;
  CHECK(split_position(0, 1234567 - zero) == static_cast<double>(first >> 11) * 0x1p-53);
  Job job;
  job.config.columns = {column("x", Role::feature)};
  job.config.hash_split = {{"test", 0.25}, {"train", 0.75}};
  job.config.split_seed = 7;
  std::string csv = "x\n", holes = csv;
  for (int i = 0; i < 4000; ++i) {
    csv += std::to_string(i) + "\n";
    holes += i % 10 == 0 ? "bad\n" : std::to_string(i) + "\n";
  }
  const IngestReport report = job.run(csv);
  CHECK(report.splits == Words{"test", "train"});
  // Binomial(4000, 1/4): five standard deviations are 137 rows.
  CHECK(report.partitions[0].split_rows[0] > 863);
  CHECK(report.partitions[0].split_rows[0] < 1137);
  const auto all = read(job, "only").rows;
  job.run(holes, true);
  const auto fewer = read(job, "only").rows;
  REQUIRE(fewer.rows == 3600);
  bool same = true;
  for (std::size_t i = 0; i < fewer.rows; ++i)
    same = same && fewer.splits[i] == all.splits[static_cast<std::size_t>(fewer.features[i])];
  CHECK(same);
}

TEST_CASE("float32 partitions refuse numbers that float32 cannot hold") {
  Job job;
  job.config.precision = "float32";
  job.config.columns = {column("x", Role::feature), column("y", Role::target)};
  const IngestReport report = job.run("x,y\n1,1e39\n1e39,1\n");
  CHECK(report.rows_kept() == 1);
  CHECK(report.quarantined[0].reason == "too large to be stored");
}

TEST_CASE("Numbers beyond float64 say which way, whatever range is declared") {
  Job job;
  job.config.columns = {column("x", Role::feature), column("y", Role::target)};
  job.config.columns[0].minimum = 0;
  job.run("x,y\n1,1\n1e999,1\n1e-400,1\n1,-1e-400\n1,-1e999\n-1,1\n1,4e-320\n");
  Words reasons;
  for (const std::string& line : job.quarantine())
    reasons.push_back(line.substr(0, line.find(",\"")).substr(job.path("data.csv").size() + 1));
  reasons.erase(reasons.begin());
  CHECK(reasons == Words{"3,x,1e999,too large to be stored", "4,x,1e-400,too near 0 to be stored",
                         "5,y,-1e-400,too near 0 to be stored", "6,y,-1e999,too large to be stored",
                         "7,x,-1,less than 0"});
}

TEST_CASE("A header that is no header does not print the file") {
  Job job;
  job.config.columns = {column("age", Role::feature)};
  const std::string data = job.path("data.csv");
  const std::string cr = data +
                         ": its header holds a carriage return (CR) that ends no line; if its "
                         "lines end with CR alone, convert it: tr '\\r' '\\n' < " +
                         data + " > NEW";
  CHECK(job.failure("sex,bmi\r1,2\r", ExitCode::data) == cr);
  CHECK(job.failure("age,bmi\r1,2\r\n3,4\n", ExitCode::data) == cr);  // though "age" is there
  CHECK(job.run("age,\"b\r\nmi\"\r\n1,2\r\n").rows_kept() == 1);
  fs::remove_all(job.config.output);

  std::string header = std::string(39, 'a') + "\u00e9tude";
  for (int i = 1; i < 40; ++i)
    header += fmt::format(",c{}", i);
  const std::string message = job.failure(header + "\n", ExitCode::data);
  CHECK_THAT(message, Catch::StartsWith(data + ": no column \"age\"; it has: " +
                                        std::string(39, 'a') + "..., c1, c2"));
  CHECK_THAT(message, Catch::Contains(", c29 and 10 more"));

  job.write("folds.csv", "pid,fold\rp1,train\r");
  job.config.lookups = {{job.path("folds.csv"), "pid", "", {"fold"}}};
  CHECK_THAT(job.failure("age,pid\n1,p1\n", ExitCode::data),
             Catch::StartsWith(job.path("folds.csv") + ": its header holds a carriage return"));
}

TEST_CASE("What exists is not overwritten unless asked, and failures leave nothing behind") {
  Job job;
  job.config.columns = {column("x", Role::feature)};
  job.run("x\n1\n");
  CHECK_THROWS_WITH(job.run("x\n2\n"),
                    Catch::Contains("exists already") && Catch::Contains("--force"));
  CHECK(read(job, "only").rows.features == Numbers{1});
  CHECK_THROWS(job.run("x\nbad\n", true));
  CHECK(read(job, "only").rows.features == Numbers{1});
  CHECK(job.run("x\n2\n3\n", true).rows_kept() == 2);
  CHECK(read(job, "only").rows.features == Numbers{2, 3});
  Words files;
  for (const auto& entry : fs::directory_iterator(job.config.output))
    files.push_back(entry.path().filename().string());
  std::sort(files.begin(), files.end());
  CHECK(files == Words{"only.h5", "only.ingest.json", "only.manifest.json", "quarantine.csv"});
}

TEST_CASE("Data that cannot be ingested: what is wrong, where, what to do") {
  Job job;
  job.config.columns = {column("age", Role::feature)};
  const std::string data = job.path("data.csv");
  CHECK(job.failure("sex,aeg\n1,2\n", ExitCode::data) ==
        data + ": no column \"age\" (did you mean \"aeg\"?); it has: sex, aeg");
  job.config.columns = {column("age", Role::feature), column("x", Role::feature),
                        column("sax", Role::target)};
  CHECK(job.failure("sex,aeg\n1,2\n", ExitCode::data) ==
        data +
            ": no column \"age\" (did you mean \"aeg\"?), \"x\" (did you mean \"sex\"?), \"sax\" "
            "(did you mean \"sex\"?); "
            "it has: sex, aeg");
  job.config.columns = {column("age", Role::feature)};
  CHECK(job.failure("age,age\n1,2\n", ExitCode::data) == data + ": two columns are called \"age\"");
  CHECK(job.failure("", ExitCode::data) == data + ": is empty: there is no header");
  CHECK(job.failure("age\n", ExitCode::data) == data + ": no rows");
  CHECK(job.failure("age\nx\ny\n", ExitCode::data) ==
        data +
            ": every one of the 2 rows broke a rule; most often: age: not a number (\"x\"), first "
            "at " +
            data + ":2; all of them: " + job.output("quarantine.failed.csv"));
  CHECK_THAT(job.failure("age\n1\n\"2\n", ExitCode::data), Catch::Contains(":3: a quote"));
  job.config.columns.push_back(column("site", Role::domain));
  job.config.partitions = {{"one", "o", {"1"}, job.key()}, {"two", "o", {"2"}, job.key()}};
  CHECK(job.failure("age,site\n1,1\n", ExitCode::data) ==
        "test.yaml: partition \"two\" got no rows; its values are: 2");
  job.config.partitions[1].key = job.path("none.pem");
  CHECK_THAT(job.failure("age,site\n1,1\n", ExitCode::config),
             Catch::Contains("there is no key") &&
                 Catch::EndsWith("bailiwick keygen " + job.path("none")));
  job.config.inputs = {job.path("absent.csv")};
  job.config.partitions.pop_back();
  CHECK_THAT(job.failure("", ExitCode::data), Catch::EndsWith("No such file or directory"));
}

TEST_CASE("Rules that contradict each other are errors of the config") {
  Job job;
  const auto problem = [&](std::vector<IngestColumn> columns) {
    job.config.columns = std::move(columns);
    return job.failure("x,y\n1,1\n", ExitCode::config);
  };
  const auto x = column("x", Role::feature), y = column("y", Role::target);
  CHECK_THAT(problem({y}), Catch::Contains("no column has the role feature"));
  CHECK_THAT(problem({x, x}), Catch::Contains("would be called \"x\""));
  CHECK_THAT(problem({x, column("y", Role::weight), column("x", Role::weight)}),
             Catch::Contains("at most one column each"));
  auto c = column("x", Role::feature, Type::category);
  CHECK_THAT(problem({c}), Catch::Contains("needs its levels"));
  c.levels = {"a", "NA"};
  CHECK_THAT(problem({c}), Catch::Contains("\"NA\" is also a word for missing"));
  c.levels = {"a", "a"};
  CHECK_THAT(problem({c}), Catch::Contains("\"a\" twice"));
  c.levels = {"alpha", "beta"};
  c.reference = "bet";
  CHECK_THAT(problem({c}), Catch::Contains("did you mean \"beta\""));
  c.reference = "none";
  CHECK_THAT(problem({c, column("x_beta", Role::feature)}),
             Catch::Contains("would be called \"x_beta\""));
  job.config.hash_split = {{"a", 0.5}, {"b", 0.4}};
  CHECK_THAT(problem({x}), Catch::Contains("add up to 1"));
  job.config.hash_split.clear();
  job.config.partitions.push_back({"two", "o", {}, job.key()});
  CHECK_THAT(problem({x}), Catch::Contains("several partitions need a column"));
}

TEST_CASE("Every example's ingest is valid, and the lung data give the four regions") {
  const char* source = std::getenv("BAILIWICK_SOURCE");
  const fs::path root = source ? source : ".";
  const auto parse = [](const fs::path& path) {
    return parse_ingest_config(read_file(path.string()), path.string());
  };
  std::size_t examples = 0;
  for (const auto& example : fs::directory_iterator(root / "configs")) {
    const fs::path path = example.path() / "ingest.yaml";
    if (!fs::exists(path)) continue;
    ++examples;
    const IngestConfig config = parse(path);
    if (config.lookups.empty()) CHECK_NOTHROW(RowRules(config));
  }
  CHECK(examples >= 4);

  Job job;
  IngestConfig config = parse(root / "configs/lung/ingest.yaml");
  config.output = job.config.output;
  for (IngestPartition& partition : config.partitions)
    partition.key = job.key();
  const IngestReport report = ingest(config);
  CHECK(report.rows_read == 228);
  std::vector<std::uint64_t> rows;
  for (const auto& partition : report.partitions)
    rows.push_back(partition.rows);
  CHECK(rows == std::vector<std::uint64_t>{56, 57, 57, 55});
  CHECK(report.rows_quarantined() == 3);
  CHECK(report.unused == Words{"pat.karno", "meal.cal", "wt.loss"});
  const Contents north = read(job, "north");
  CHECK(names(north.manifest.schema.features) == Words{"age", "sex", "ph.ecog", "ph.karno"});
  // The first row: 3,306,2,74,1,1,90,100,1175,NA
  CHECK(Numbers(north.rows.features.begin(), north.rows.features.begin() + 3) ==
        Numbers{74, 1, 90});
  CHECK(north.rows.codes[0] == 0);
  CHECK(Numbers(north.rows.targets.begin(), north.rows.targets.begin() + 2) == Numbers{306, 1});
}

TEST_CASE("Lookups are written in YAML") {
  const IngestConfig config = parse_ingest_config(
      "version: 1\n"
      "input: a.csv\n"
      "lookups:\n"
      "  - {file: b.csv, key: pid, input_key: patient, columns: [fold]}\n"
      "columns:\n"
      "  x: {role: feature}\n"
      "output: out\n"
      "partitions:\n"
      "  - {name: p, owner: o, sign_with: k.pem}\n",
      "/configs/x.yaml");
  REQUIRE(config.lookups.size() == 1);
  CHECK(config.lookups[0].path == "/configs/b.csv");
  CHECK(config.lookups[0].key == "pid");
  CHECK(config.lookups[0].input_key == "patient");
  CHECK(config.lookups[0].columns == Words{"fold"});
}

TEST_CASE("Progress is told, and memory does not grow with the file") {
  Job job;
  job.config.columns = {column("a", Role::feature), column("b", Role::target)};
  std::string part;
  constexpr std::uint64_t lines = sanitized ? 20000 : 100000;
  for (std::uint64_t i = 0; i < lines; ++i)
    part += "0.123456789,1\n";
  std::ofstream file(job.path("data.csv"), std::ios::binary);
  file << "a,b\n";
  for (int i = 0; i < 5; ++i)
    file << part;
  file.close();
  const auto peak = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  IngestProgress last;
  std::size_t calls = 0;
  ingest(job.config);  // so that one-time allocations are behind
  const auto before = peak();
  for (const char* copy : {"b.csv", "c.csv", "d.csv"}) {
    fs::copy_file(job.path("data.csv"), job.path(copy));
    job.config.inputs.push_back(job.path(copy));
  }
  const IngestReport report = ingest(job.config, true, [&](const IngestProgress& progress) {
    CHECK(progress.rows >= last.rows);
    CHECK(progress.bytes >= last.bytes);
    last = progress;
    ++calls;
  });
  CHECK(report.rows_kept() == 20 * lines);
  CHECK(calls >= 20 * lines / 65536);
  CHECK(last.rows == 20 * lines);
  CHECK(last.bytes == last.total_bytes);
  CHECK(last.bytes == 4 * fs::file_size(job.path("data.csv")));
  // 28 MB of text, 32 MB of rows. The sanitizers keep freed memory for a while.
  CHECK((sanitized || peak() - before < 8 * 1024));
}
