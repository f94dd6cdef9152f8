// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/owner/access_log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/sha256.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/folder.hpp"

using namespace bailiwick;
using Catch::Matchers::ContainsSubstring;

namespace {

const Digest policy = sha256("terms"), other = sha256("other terms");

struct Book {
  testing::TemporaryFolder folder;
  std::string path = folder / "access.jsonl";
  AccessLog log{path, 0};

  Digest ask(const Digest& of = policy, bool admitted = true, std::uint64_t limit = 0) const {
    return log.append({{"run", "r"}, {"purpose", "dpv:ScientificResearch"}}, of, admitted, limit);
  }
  void end(const Digest& request, const char* outcome, Json released = Json::array()) const {
    log.append_outcome(request, {{"outcome", outcome}, {"released", std::move(released)}});
  }
  std::string broken() const { return log.read().broken; }
};

/// The log with `from` replaced, and every digest computed anew: what only a head kept elsewhere
/// can show.
std::string rewritten(const std::string& text, const std::string& from, const std::string& to) {
  std::string result, previous;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    Json entry = parse_json(text.substr(begin, end - begin), "line");
    if (!previous.empty()) entry["previous"] = sha256(previous).hex();
    previous = entry.dump();
    if (const std::size_t at = previous.find(from); at != std::string::npos)
      previous.replace(at, from.size(), to);
    result += previous + "\n";
    begin = end + 1;
  }
  return result;
}

}  // namespace

TEST_CASE("a run counts unless a policy refused it later on, before anything was released") {
  const Book book;
  CHECK(book.log.admitted(policy) == 0);
  const Digest killed = book.ask();
  CHECK(book.log.admitted(policy) == 1);
  book.ask(policy, false);
  book.ask(other);
  CHECK(book.log.admitted(policy) == 1);
  const Digest refused = book.ask();
  CHECK(book.log.admitted(policy) == 2);
  book.end(refused, "refused");
  CHECK(book.log.admitted(policy) == 1);
  for (const char* outcome : {"finished", "failed", "stopped"}) {
    const std::uint64_t before = book.log.admitted(policy);
    book.end(book.ask(), outcome);
    CHECK(book.log.admitted(policy) == before + 1);
  }
  // Whoever lets a run be refused after its checkpoints has had them.
  const std::uint64_t before = book.log.admitted(policy);
  book.end(book.ask(), "refused", Json::array({{{"name", "checkpoints/step-1.h5"}, {"steps", 1}}}));
  CHECK(book.log.admitted(policy) == before + 1);
  CHECK_THROWS_WITH(book.ask(policy, true, before + 1),
                    ContainsSubstring("another run has just used up the"));
  book.end(killed, "finished");  // it was slow
  CHECK(book.broken().empty());
  struct stat status = {};
  REQUIRE(::stat(book.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("refusals that tell which numbers too few owners are in are free three times") {
  const Book book;
  for (std::uint64_t i = 1; i <= refusals_that_are_free + 2; ++i) {
    book.end(book.ask(), "refused");
    CHECK(book.log.admitted(policy) ==
          (i > refusals_that_are_free ? i - refusals_that_are_free : 0));
  }
  book.log.append_outcome(book.ask(),
                          {{"outcome", "failed"}, {"read", false}, {"released", Json::array()}});
  CHECK(book.log.admitted(policy) == 2);
  book.log.append_outcome(book.ask(),
                          {{"outcome", "failed"}, {"read", true}, {"released", Json::array()}});
  CHECK(book.log.admitted(policy) == 3);
}

TEST_CASE("an outcome is that of one admitted run, once") {
  const Book book;
  const Digest first = book.ask(), refused = book.ask(policy, false);
  const std::string before = read_file(book.path);
  book.end(first, "refused");
  CHECK(book.broken().empty());
  SECTION("twice") {
    book.end(first, "refused");
  }
  SECTION("of a request that was refused") {
    book.end(refused, "refused");
  }
  SECTION("of a line that is not there") {
    book.end(sha256("another log's"), "refused");
  }
  CHECK(book.broken() ==
        "line 4: it tells the outcome of no run that was admitted and is still open");
  CHECK_THROWS_WITH(book.ask(), ContainsSubstring("the access log was changed"));
}

TEST_CASE("lines of version 1 are read, and count") {
  const Book book;
  const std::string first =
      R"({"admitted":true,"policy":")" + policy.hex() + R"(","previous":null})";
  const std::string second = R"({"admitted":true,"policy":")" + policy.hex() + R"(","previous":")" +
                             sha256(first).hex() + "\"}";
  write_file_atomically(book.path, first + "\n" + second + "\n");
  CHECK(book.log.admitted(policy) == 2);
  book.end(book.ask(), "finished");
  CHECK(book.log.admitted(policy) == 3);
  CHECK(book.log.read().lines.size() == 4);
}

TEST_CASE("a log that was changed is refused, and says at which line") {
  const Book book;
  book.end(book.ask(), "finished");
  book.ask();
  const std::string good = read_file(book.path);
  const auto after = [&](const std::string& text) {
    write_file_atomically(book.path, text);
    return book.broken();
  };
  const std::string first = good.substr(0, good.find('\n') + 1);
  CHECK(after(good.substr(0, good.size() - 1)) == "line 3: it does not end");
  CHECK(after(good + "{}\n") == "line 4: it does not follow from the line before");
  CHECK(after(good.substr(first.size())) == "line 1: it does not follow from the line before");
  CHECK(after("not json\n") == "line 1: it is not JSON");
  CHECK(after("[1]\n") == "line 1: it is not a JSON object");
  CHECK(after("{\"previous\": null, \"policy\": 3, \"admitted\": true}\n") ==
        "line 1: it does not say which policy decided, and what");
  CHECK(after("{\"previous\": null, \"version\": 3}\n") ==
        "line 1: its version is 3, and this program knows 1 and 2");
  CHECK(after("{\"previous\": null, \"version\": 2, \"event\": \"holiday\"}\n") ==
        "line 1: it is neither a request nor an outcome");
  CHECK(after(rewritten(good, "finished", "refused")).empty());  // docs/access-log.md says so
  CHECK(book.log.admitted(policy) == 1);
  CHECK(after(good).empty());
}

TEST_CASE("a log that another job holds, or that is no file, is not waited for for ever") {
  const Book book;
  book.ask();
  const int holder = ::open(book.path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(holder, LOCK_EX) == 0);
  const std::string before = read_file(book.path);
  CHECK_THROWS_WITH(
      book.ask(),
      ContainsSubstring("another job has held the access log for 0 s; nothing was written"));
  ::close(holder);
  CHECK(read_file(book.path) == before);
  const std::string pipe = book.folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(AccessLog(pipe, 0).append(Json::object(), policy, true, 0),
                    ContainsSubstring("pipe: is not a regular file, as every access log must be"));
}

TEST_CASE("a line says who asked, and an outcome what was released") {
  const Book book;
  AccessOutcome outcome;
  Json request = {{"run", "caf\xc3\xa9 \xff"}};
  request.update(access_identity("0123"));
  // A log that is gone does not keep the others from being told.
  outcome.add_request(AccessLog(book.folder / "absent/gone.jsonl", 0), policy);
  outcome.add_request(book.log, book.log.append(request, policy, true, 0));
  CHECK_FALSE(outcome.released_anything());
  outcome.add_step("checkpoints/step-000001.h5");
  outcome.add_step("checkpoints/step-000002.h5");
  CHECK(outcome.released_anything());
  outcome.add_release({{"name", "model.h5"}, {"content", policy.hex()}});
  CHECK_THROWS_WITH(outcome.write(ExitCode::not_converged, "too few iterations"),
                    ContainsSubstring("gone.jsonl: cannot open the access log"));
  const AccessChain chain = book.log.read();
  REQUIRE(chain.lines.size() == 2);
  const Json& asked = chain.lines[0].entry;
  CHECK(asked["version"] == 2);
  CHECK(asked["key"] == "0123");
  CHECK(asked["user"]["id"] == ::geteuid());
  const Json& end = chain.lines[1].entry;
  CHECK(end["request"] == chain.lines[0].digest.hex());
  CHECK(end["outcome"] == "failed");
  CHECK(end["exit_code"] == 6);
  CHECK(end["released"] == Json::array({{{"name", "model.h5"}, {"content", policy.hex()}},
                                        {{"name", "checkpoints/step-000002.h5"}, {"steps", 2}}}));
}
