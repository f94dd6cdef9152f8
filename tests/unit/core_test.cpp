// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <system_error>

#include "lib/core/digest.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/file_lock.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace bailiwick;

TEST_CASE("a digest reads back from its hexadecimal text") {
  Digest digest;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i)
    digest.bytes[i] = static_cast<std::uint8_t>(7 * i);
  CHECK(Digest::from_hex(digest.hex()) == digest);
  CHECK_THROWS_AS(Digest::from_hex("12"), Error);
  CHECK_THROWS_AS(Digest::from_hex(std::string(64, 'g')), Error);
}

TEST_CASE("typos find their word") {
  const std::vector<std::string> words{"newton", "lbfgs", "newton-krylov"};
  CHECK(nearest("newtn", words) == "newton");
  CHECK_FALSE(nearest("adamw", words));
  CHECK(did_you_mean("lbfsg", words) == " (did you mean \"lbfgs\"?)");
}

TEST_CASE("numbers for people and for files") {
  CHECK(with_thousands(1402639) == "1,402,639");
  CHECK(with_thousands(-999) == "-999");
  CHECK(with_thousands(1000) == "1,000");
  CHECK(std::stod(round_trip(0.1)) == 0.1);
  CHECK(round_trip(0.1) == "0.1");
}

TEST_CASE("durations are read as Slurm writes them") {
  CHECK(parse_duration("02:30:05", "x") == 9005);
  CHECK(parse_duration("100:00:00", "x") == 360000);
  CHECK(parse_duration("1-02:03:04", "x") == 93784);
  CHECK(parse_duration("0:0:5", "x") == 5);
  CHECK(parse_duration("0", "x") == 0);
  for (const char* text :
       {"",         ":",        "::",     "1:",       ":1",          "1:2:3:4",   "1h",
        "-1",       "1.5",      "300",    "90:00",    "00:99:99",    "00:00:60",  "00:60:00",
        "00",       "1-",       "1-2",    "1-24:0:0", "1-2:3",       "-1:00:00",  "1:-1:00",
        "0:000:00", "1--1:0:0", "1:2:3 ", "1 minute", "1000000:0:0", "1-1-1:0:0", "5 minutes"})
    CHECK_THROWS_WITH(
        parse_duration(text, "--wall-time"),
        fmt::format(
            "--wall-time: \"{}\" is not a time as HH:MM:SS or D-HH:MM:SS, e.g. 00:05:00 for "
            "5 minutes",
            text));
}

TEST_CASE("files are written whole or not at all") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("bailiwick-core-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "x.txt").string();
  write_file_atomically(path, "one");
  write_file_atomically(path, "two");
  CHECK(read_file(path) == "two");
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  std::filesystem::remove_all(folder);
  try {
    write_file_atomically(path, "three");
    FAIL("wrote into a folder that is gone");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::data);
    CHECK(std::string(error.what()) == path + ": cannot write: No such file or directory");
  }
  CHECK_THROWS_WITH(read_file("/nowhere/x"), "/nowhere/x: cannot open: No such file or directory");
  CHECK_THROWS_WITH(read_file("/tmp"), "/tmp: is a folder, not a file");
  // A read that fails once the file is open: this one has nothing at address 0.
  CHECK_THROWS_WITH(read_file("/proc/self/mem"), "/proc/self/mem: cannot read: Input/output error");
}

TEST_CASE("many files are written whole, and what fails leaves none half written") {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("bailiwick-core-many-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "a");
  std::filesystem::create_directories(folder / "b");
  std::map<std::string, std::string> texts;
  for (int i = 0; i < 150; ++i)
    texts[folder / (i % 2 == 0 ? "a" : "b") / std::to_string(i)] = std::to_string(i);
  write_files_atomically(texts);
  for (const auto& [path, text] : texts)
    CHECK(read_file(path) == text);
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "a"), {}) == 75);
  std::filesystem::remove_all(folder / "b");
  CHECK_THROWS_WITH(
      write_files_atomically({{folder / "a" / "0", "another"}, {folder / "b" / "1", "1"}}),
      (folder / "b" / "1").string() + ": cannot write: No such file or directory");
  CHECK(read_file((folder / "a" / "0").string()) == "0");
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "a"), {}) == 75);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a folder takes a name that nothing has") {
  const testing::TemporaryFolder folder;
  const std::string made = folder / "made", there = folder / "there";
  create_folders(made);
  create_folders(there);
  CHECK_THROWS_WITH(publish_folder(made, there), there + ": cannot rename to it: File exists");
  std::filesystem::remove(there);
  std::filesystem::create_symlink("nowhere", there);
  CHECK_THROWS(publish_folder(made, there));
  std::filesystem::remove(there);
  publish_folder(made, there);
  CHECK(std::filesystem::is_directory(there));
  CHECK_FALSE(is_taken(made));
}

TEST_CASE("a lock is one holder's at a time") {
  const testing::TemporaryFolder folder;
  const std::string path = folder / ".lock";
  {
    const FileLock first(path, 0);
    CHECK(first.held());
    CHECK_FALSE(FileLock(path, 0).held());
    CHECK(read_file(path).starts_with("process "));
  }
  CHECK(read_file(path).empty());
  CHECK(FileLock(path, 0).held());
  CHECK_THROWS_WITH(FileLock(folder / "absent/.lock", 0),
                    Catch::Matchers::EndsWith("absent/.lock: cannot open for writing: No such file "
                                              "or directory"));
}

TEST_CASE("a lock writes into no file of another's") {
  const testing::TemporaryFolder folder;
  const std::string precious = folder / "precious", lock = folder / ".lock";
  std::ofstream(precious) << "precious";
  const auto refuses = [&](const char* why) {
    CHECK_THROWS_WITH(FileLock(lock, 0), lock + ": " + why +
                                             "; it was left as it is: find out who put it there, "
                                             "and delete it");
    CHECK(read_file(precious) == "precious");
    std::filesystem::remove(lock);
  };
  std::filesystem::create_symlink(precious, lock);
  refuses("is a symbolic link");
  std::filesystem::create_symlink(folder / "nowhere", lock);
  refuses("is a symbolic link");
  CHECK_FALSE(std::filesystem::exists(folder / "nowhere"));
  std::filesystem::create_hard_link(precious, lock);
  refuses("holds what no lock does");
  REQUIRE(::mkfifo(lock.c_str(), 0600) == 0);
  refuses("is not a regular file");
  std::ofstream(lock) << "process 17 on node3";  // of one that was killed
  CHECK(FileLock(lock, 0).held());
}

TEST_CASE("whatever is caught has a code and words") {
  const auto caught = [](const auto& work) {
    try {
      work();
    } catch (...) {
      return caught_error();
    }
    return Error(ExitCode::ok, "nothing was thrown");
  };
  const Error own = caught([] { throw Error(ExitCode::policy, "refused"); });
  CHECK(own.code() == ExitCode::policy);
  CHECK(own.what() == std::string("refused"));
  const Error memory = caught([] { throw std::bad_alloc(); });
  CHECK(memory.code() == ExitCode::data);
  CHECK(std::string(memory.what()).starts_with("out of memory"));
  const Error storage = caught([] { static_cast<void>(std::filesystem::file_size("/nowhere/x")); });
  CHECK(storage.code() == ExitCode::data);
  CHECK(storage.what() == std::string("/nowhere/x: cannot be reached: No such file or directory"));
  CHECK(caught([] { throw std::system_error(EAGAIN, std::generic_category()); }).code() ==
        ExitCode::data);
  CHECK(caught([] { throw std::out_of_range("at"); }).code() == ExitCode::bug);
}

TEST_CASE("a JSON document has one reading") {
  CHECK(parse_json(R"({"a": {"b": 1}, "b": [{"b": 1}, {"b": 2}]})", "x").size() == 2);
  CHECK_THROWS_WITH(parse_json(R"({"a": 1, "b": 2, "a": 3})", "x"), "x: member \"a\" occurs twice");
  CHECK_THROWS_WITH(parse_json(R"({"a": {"b": [{"c": {}, "\u0063": 1}]}})", "x"),
                    "x: member \"c\" occurs twice");
  CHECK_THROWS_WITH(parse_json(R"({"a": 1, )", "x"), "x: not valid JSON near byte 10");
  CHECK_THROWS_WITH(parse_json(R"({"a": 1} {})", "x"), "x: not valid JSON near byte 10");
  CHECK_THROWS_WITH(parse_json(R"({"a": 1e999})", "x"), "x: a number is too large for JSON");
  try {
    parse_json(R"({"a": 1, "a": 1})", "x", ExitCode::integrity);
    FAIL("took the same member twice");
  } catch (const Error& error) {
    CHECK(error.code() == ExitCode::integrity);
  }
}

TEST_CASE("JSON nested too deep is refused before anything walks it") {
  const auto lists = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  std::string objects = "1";
  for (int i = 0; i < 65; ++i)
    objects = R"({"a":)" + objects + "}";
  CHECK_NOTHROW(parse_json(lists(64), "x"));
  for (const std::string& text : {lists(65), lists(100'000), std::string(100'000, '['), objects,
                                  R"({"a": [1, {"b": )" + lists(63) + "}]}"})
    CHECK_THROWS_WITH(parse_json(text, "x"), "x: lists and objects nested more than 64 deep");
}

TEST_CASE("a long list of objects is read as fast as it is long") {
  std::string text = "[{}";
  for (int i = 1; i < 1'000'000; ++i)
    text += ",{}";
  CHECK(parse_json(text + "]", "x").size() == 1'000'000);  // or it would not end
}

TEST_CASE("nothing stands behind a JSON document, or before it") {
  using namespace std::string_literals;
  CHECK(parse_json("{}\n", "x") == Json::object());
  for (const std::string& text :
       {"{}\0"s, "{}\0{\"more\": 1}"s, "{\"a\": \"\0\"}"s, "\xEF\xBB\xBF{}"s, "{}{}"s})
    CHECK_THROWS_AS(parse_json(text, "x"), Error);
}

TEST_CASE("a foreign document has no text that steers a terminal") {
  CHECK_NOTHROW(parse_document(R"({"größe": "两 lines\nand a\ttab", "n": [1, null]})", "x"));
  for (const char* text :
       {R"({"a": "\u001b[2J"})", R"({"\u001b[2J": 1})", R"(["\u009b2J"])", R"([{"a": ["\u007f"]}])",
        R"(["\u202elohc"])", R"(["\u0000"])", R"(["a\rb"])"})
    CHECK_THROWS_WITH(parse_document(text, "x"), Catch::Contains("x: holds a control character"));
}

TEST_CASE("UTF-8 is told from other bytes") {
  for (const char* text : {"", "p\xc3\xa4tient", "a\n\x1b", "\xF0\x9F\x98\x80"})
    CHECK(is_utf8(text));
  for (const char* text : {"p\xe4tient", "\xc3", "\xc0\x80", "\xed\xa0\x80"})
    CHECK_FALSE(is_utf8(text));
}

TEST_CASE("what is not printable is written as what it is") {
  CHECK(printable("größe 两 \xF0\x9F\x98\x80") == "größe 两 \xF0\x9F\x98\x80");
  CHECK(printable("a\x1b[2J\nb\tc\x7f\xc2\x9b") == "a\\u{1b}[2J\\nb\\tc\\u{7f}\\u{9b}");
  CHECK(printable_lines("a\nb\r") == "a\nb\\u{d}");
  // Bytes that are no UTF-8: alone, cut off, too long a form, half of a pair, too large.
  CHECK(printable("\x9b\xc3") == "\\x9b\\xc3");
  CHECK(printable("\xc0\x9b") == "\\xc0\\x9b");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  for (const char* text : {"", "größe", "a b"})
    CHECK(is_printable(text));
  for (const char* text : {"a\nb", "\x1b", "\xe2\x80\xae", "\xe2\x80\xa8", "\xff"})
    CHECK_FALSE(is_printable(text));
}

TEST_CASE("names of files lead nowhere else") {
  for (const char* name : {"clinic", "a.b", "A-1_2.h5"})
    CHECK(is_file_name(name));
  CHECK(is_file_name(std::string(200, 'a')));
  CHECK_FALSE(is_file_name(std::string(201, 'a')));
  for (const char* name : {"", ".", "..", ".a", "a/b", "../x", "a b", "a\nb", "ä", "a\\b"})
    CHECK_FALSE(is_file_name(name));
}

TEST_CASE("a document is a regular file of a stated size") {
  const testing::TemporaryFolder folder;
  const std::string pipe = folder / "pipe", file = folder / "file", large = folder / "large";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_file(pipe), pipe + ": is a pipe, not a regular file");
  std::filesystem::create_symlink(pipe, folder / "link");
  CHECK_THROWS_WITH(read_file(folder / "link"), folder / "link: is a pipe, not a regular file");
  CHECK_THROWS_WITH(read_file("/dev/zero"), "/dev/zero: is a device, not a regular file");
  CHECK_THROWS_WITH(read_file("/dev/tty0"), Catch::Contains("/dev/tty0: "));

  constexpr Document small{"a note", 10'000};
  write_file_atomically(file, std::string(10'000, 'a'));
  CHECK(read_file(file, small).size() == 10'000);
  write_file_atomically(file, std::string(10'001, 'a'));
  CHECK_THROWS_WITH(read_file(file, small),
                    file + ": has 10001 bytes or more; a note may have 10000 at most");
  std::filesystem::resize_file(file, std::uintmax_t{1} << 42);  // of holes: no memory is asked for
  CHECK_THROWS_WITH(read_file(file), Catch::Contains("a JSON file may have 67108864 at most"));
  // They say that they are empty.
  CHECK(read_file("/proc/self/status").starts_with("Name:"));
  constexpr Document tiny{"a note", 100};
  CHECK_THROWS_WITH(read_file("/proc/self/status", tiny), Catch::Contains("may have 100 at most"));
}

TEST_CASE("a broken promise is a bug") {
  CHECK_NOTHROW(ensure(true, "x"));
  CHECK_THROWS_WITH(ensure(false, "order"),
                    "internal error: order does not hold; please report this");
}
