// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "lib/core/input_file.hpp"
#include "lib/core/iri.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/base64.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/random.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/stages/stage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/signature.hpp"
#include "tests/support/stride.hpp"

namespace fs = std::filesystem;
using namespace bailiwick;
using namespace bailiwick::testing;
using Check = Finding::Check;

namespace {

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

template <class Action>
std::string refusal(ExitCode code, Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "nothing was refused";
}

Statement make_statement(const std::string& name, std::string_view bytes) {
  Statement s;
  s.subject_name = name;
  s.subject_sha256 = sha256(bytes);
  s.subject_content = sha256("content of " + name);
  s.build_type = "train";
  s.external_parameters = {{"command", "train"}, {"config", "run.yaml"}, {"seed", "42"}};
  s.internal_parameters = {{"ranks", 64}, {"domains", 2}};
  s.dependencies = {{"config", sha256("config"), Json::object()},
                    {"partition/DE", sha256("DE"), {{"rows", 120000}}, "urn:bailiwick:domain:DE"}};
  s.source_commit = std::string(40, 'a');
  s.invocation = "0b0fd1a2-6a7c-4a52-9e39-2f4ad5ad6cb1";
  s.started = "2026-11-20T10:00:00Z";
  s.finished = "2026-11-20T10:00:07Z";
  s.builder = "https://example.org/bailiwick/cluster-x";
  s.byproducts = {{"egress.json", sha256("egress"), Json::object()}};
  return s;
}

/// An output folder with files and their chain.
struct Output {
  fs::path folder = fs::temp_directory_path() / ("bailiwick-lineage-" + new_uuid());
  PrivateKey key = PrivateKey::generate();
  std::vector<PublicKey> keys = {key.public_key()};
  std::string path = (folder / "lineage.jsonl").string();

  explicit Output(int statements, bool finish = true) {
    fs::create_directories(folder / "checkpoints");
    if (statements == 0) return;
    Chain chain = Chain::create(path, key);
    for (int i = 0; i < statements; ++i)
      append(chain, i, finish && i + 1 == statements);
  }
  ~Output() { fs::remove_all(folder); }

  void append(Chain& chain, int i, bool last) const {
    const std::string name = fmt::format("checkpoints/step-{}.h5", i);
    write(name, fmt::format("model {}", i));
    Statement s = make_statement(name, fmt::format("model {}", i));
    if (last) s.final_count = 0;  // the chain knows the number
    chain.append(s);
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
      result.push_back(line);
    return result;
  }
  void set_lines(const std::vector<std::string>& lines) const {
    write("lineage.jsonl", lines.empty() ? "" : join(lines, "\n") + "\n");
  }
  Verification verify() const { return verify_chain(path, folder.string(), keys); }
};

/// The checks that failed, without repetition, in order.
std::vector<Check> failed(const Verification& verification) {
  std::vector<Check> checks;
  for (const Finding& finding : verification.findings)
    if (!finding.holds && (checks.empty() || checks.back() != finding.check))
      checks.push_back(finding.check);
  return checks;
}

}  // namespace

TEST_CASE("a statement has the members of in-toto and SLSA", "[lineage]") {
  Statement s = make_statement("checkpoints/step-7.h5", "model");
  s.sequence = 7;
  s.previous = sha256("payload before");
  s.final_count = 8;
  std::string text = R"({
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "checkpoints/step-7.h5",
                 "digest": {"sha256": "<model>", "bailiwickModelV2": "<content of checkpoints/step-7.h5>"},
                 "annotations": {"count": 8}}],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {
      "buildDefinition": {
        "buildType": "https://bailiwick.dev/buildtypes/train/v2",
        "externalParameters": {"command": "train", "config": "run.yaml", "seed": "42"},
        "internalParameters": {"domains": 2, "ranks": 64},
        "resolvedDependencies": [
          {"name": "chain/previous", "digest": {"sha256": "<payload before>"},
           "mediaType": "application/vnd.in-toto.provenance+dsse", "annotations": {"seq": 6}},
          {"name": "config", "digest": {"sha256": "<config>"}},
          {"name": "partition/DE", "uri": "urn:bailiwick:domain:DE", "digest": {"sha256": "<DE>"},
           "annotations": {"rows": 120000}},
          {"name": "source", "digest": {"gitCommit": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}]},
      "runDetails": {
        "builder": {"id": "https://example.org/bailiwick/cluster-x"},
        "metadata": {"invocationId": "0b0fd1a2-6a7c-4a52-9e39-2f4ad5ad6cb1",
                     "startedOn": "2026-11-20T10:00:00Z", "finishedOn": "2026-11-20T10:00:07Z"},
        "byproducts": [{"name": "egress.json", "digest": {"sha256": "<egress>"}}]}}})";
  for (std::size_t at; (at = text.find('<')) != std::string::npos;) {  // <x> stands for x's digest
    const std::size_t size = text.find('>', at) + 1 - at;
    text.replace(at, size, sha256(text.substr(at + 1, size - 2)).hex());
  }
  Json expected = Json::parse(text);
  CHECK(to_json(s) == expected);
  CHECK(to_json(statement_from_json(expected, "s")) == expected);
  Json& build_type = expected["predicate"]["buildDefinition"]["buildType"];
  build_type = "https://bailiwick.dev/buildtypes/train/v1";
  CHECK(statement_from_json(expected, "s").version == 1);
  CHECK(to_json(statement_from_json(expected, "s")) == expected);
  build_type = "https://bailiwick.dev/buildtypes/train/v3";
  CHECK(contains(refusal(ExitCode::integrity, [&] { statement_from_json(expected, "s"); }),
                 "written by a newer Bailiwick?"));

  s.sequence = 0;
  s.previous.reset();
  s.final_count.reset();
  const Json first = to_json(s);
  CHECK(first["predicate"]["buildDefinition"]["resolvedDependencies"][0]["name"] == "config");
  CHECK_FALSE(first["subject"][0].contains("annotations"));
  CHECK(to_json(statement_from_json(first, "s")) == first);
}

TEST_CASE("unknown members of a statement are passed over, missing ones are not", "[lineage]") {
  Statement s = make_statement("model.h5", "model");
  s.sequence = 1;
  s.previous = sha256("before");
  const Json json = to_json(s);

  Json more = json;
  more["new"] = more["predicate"]["new"] = more["subject"][0]["new"] = {{"any", "thing"}};
  more["predicate"]["runDetails"]["metadata"]["new"] = 1;
  more["predicate"]["buildDefinition"]["resolvedDependencies"].push_back(
      {{"uri", "git+https://example.org/x"}, {"digest", {{"gitCommit", "abc"}}}});
  CHECK(to_json(statement_from_json(more, "s")) == json);

  for (const char* pointer : {"/_type",
                              "/predicateType",
                              "/subject",
                              "/predicate",
                              "/subject/0/name",
                              "/subject/0/digest",
                              "/predicate/buildDefinition",
                              "/predicate/buildDefinition/buildType",
                              "/predicate/buildDefinition/externalParameters",
                              "/predicate/buildDefinition/resolvedDependencies/0/digest",
                              "/predicate/buildDefinition/resolvedDependencies/0/digest/sha256",
                              "/predicate/buildDefinition/resolvedDependencies/0/annotations",
                              "/predicate/buildDefinition/resolvedDependencies/0/annotations/seq",
                              "/predicate/buildDefinition/resolvedDependencies/1/digest",
                              "/predicate/runDetails",
                              "/predicate/runDetails/builder",
                              "/predicate/runDetails/builder/id",
                              "/predicate/runDetails/metadata",
                              "/predicate/runDetails/metadata/invocationId",
                              "/predicate/runDetails/metadata/startedOn",
                              "/predicate/runDetails/metadata/finishedOn",
                              "/predicate/runDetails/byproducts/0/digest/sha256"}) {
    CAPTURE(pointer);
    const Json::json_pointer at(pointer);
    Json less = json;
    const auto remove = [&] { less[at.parent_pointer()].erase(at.back()); };
    remove();
    CHECK(contains(refusal(ExitCode::integrity, [&] { statement_from_json(less, "line 3"); }),
                   "line 3: statement"));
    for (const Json& wrong : {Json(), Json(-1), Json(2.5), Json("text"), Json::array({1})}) {
      CAPTURE(wrong.dump());
      Json changed = json;
      changed[at] = wrong;
      if (json[at].is_string() && wrong.is_string() && at.back() != "_type" &&
          at.back() != "predicateType" && at.back() != "sha256" && at.back() != "buildType")
        CHECK_NOTHROW(statement_from_json(changed, "s"));
      else
        CHECK_THROWS_AS(statement_from_json(changed, "s"), Error);
    }
  }
  const auto refused = [&](const char* pointer, const Json& value) {
    Json changed = json;
    changed[Json::json_pointer(pointer)] = value;
    return refusal(ExitCode::integrity, [&] { statement_from_json(changed, "s"); });
  };
  const Json subject = json["subject"][0];
  for (const char* name : {"sha256", "bailiwickModelV2"}) {  // one of the two is enough
    Json one = json, none = json;
    one["subject"][0]["digest"].erase(name);
    CHECK(to_json(statement_from_json(one, "s")) == one);
    none["subject"][0]["digest"] = {{"sha512", "of something else"}};
    CHECK_THROWS_AS(statement_from_json(none, "s"), Error);
    CHECK(contains(refused((std::string("/subject/0/digest/") + name).c_str(), "text"),
                   "s: statement"));
  }
  CHECK(contains(refused("/subject", {subject, subject}), "has 2 subjects"));
  CHECK(contains(refused("/subject/0/digest/sha256", std::string(64, 'A')), "lower-case"));
  CHECK(contains(refused("/predicate/buildDefinition/buildType", "https://other.org/v1"),
                 "bailiwick.dev/buildtypes/TYPE/v1"));
  const Json link = json["predicate"]["buildDefinition"]["resolvedDependencies"][0];
  CHECK(contains(refused("/predicate/buildDefinition/resolvedDependencies", {link, link}),
                 "is a second link"));
}

TEST_CASE("a chain that nobody touched holds", "[lineage]") {
  const int count = GENERATE(1, 2, 4);
  const Output output(count);
  const Verification v = output.verify();
  CAPTURE(v.failures());
  CHECK(v.holds());
  CHECK(v.holds_so_far());
  CHECK(v.failures().empty());
  REQUIRE(v.statements.size() == static_cast<std::size_t>(count));
  CHECK_FALSE(v.statements.front().previous);
  CHECK(v.statements.back().final_count == static_cast<std::uint64_t>(count));
  for (int i = 0; i < count; ++i)
    CHECK(v.statements[static_cast<std::size_t>(i)].sequence == static_cast<std::uint64_t>(i));

  // The link is over the payload's bytes as stored.
  const std::vector<std::string> lines = output.lines();
  for (std::size_t i = 1; i < lines.size(); ++i)
    CHECK(v.statements[i].previous == sha256(envelope_from_json(lines[i - 1], "line").payload));
  CHECK(v.head == sha256(envelope_from_json(lines.back(), "line").payload));
}

TEST_CASE("chains are created once, resumed while unfinished, and end", "[lineage]") {
  Output output(2, false);
  CHECK(contains(refusal(ExitCode::data, [&] { Chain::create(output.path, output.key); }),
                 "never overwritten"));
  CHECK(contains(
      refusal(ExitCode::integrity, [&] { Chain::resume(output.path, PrivateKey::generate()); }),
      "none of the trusted ones"));
  CHECK_THROWS_AS(Chain::resume(output.path + "x", output.key), Error);
  {
    Chain chain = Chain::resume(output.path, output.key);
    CHECK(chain.size() == 2);
    output.append(chain, 2, false);
    output.append(chain, 3, true);
    CHECK(contains(refusal(ExitCode::bug, [&] { output.append(chain, 4, false); }), "final"));
  }
  CHECK(output.verify().failures().empty());
  CHECK(output.lines().size() == 4);
  CHECK(contains(refusal(ExitCode::integrity, [&] { Chain::resume(output.path, output.key); }),
                 "the run is finished"));

  std::vector<std::string> lines = output.lines();
  lines.erase(lines.begin() + 1);
  lines.pop_back();
  output.set_lines(lines);
  CHECK(contains(refusal(ExitCode::integrity, [&] { Chain::resume(output.path, output.key); }),
                 "cannot be resumed:\nlineage.jsonl:2: link"));
}

TEST_CASE("a file may go, or be written again, once a statement says so", "[lineage]") {
  Output output(3, false);  // checkpoints/step-0.h5 to step-2.h5
  Chain chain = Chain::resume(output.path, output.key);
  Statement statement = chain.resumed().at(2);
  statement.removed = {"checkpoints/step-0.h5"};
  output.write("checkpoints/step-2.h5", "the same step, by a later session");
  statement.subject_sha256 = sha256("the same step, by a later session");
  chain.append(statement);
  const auto names = [&] {
    std::vector<std::string> list;
    const PublicKey key = output.key.public_key();
    for (const Statement& standing_one : standing(read_statements(output.path, {&key, 1})))
      list.push_back(standing_one.subject_name);
    return list;
  };
  CHECK(names() == std::vector<std::string>{"checkpoints/step-1.h5", "checkpoints/step-2.h5"});

  const std::string step_0 = (output.folder / "checkpoints/step-0.h5").string();
  CHECK(contains(output.verify().failures(), "step-0.h5: removed: a later statement says"));
  fs::remove(step_0);
  CHECK(output.verify().holds_so_far());
  fs::create_symlink("nowhere", step_0);  // nothing may lie under that name, not even a link
  CHECK(contains(output.verify().failures(), "step-0.h5: removed: a later statement says"));
  fs::remove(step_0);
  std::filesystem::remove(output.folder / "checkpoints/step-1.h5");
  CHECK(contains(output.verify().failures(), "checkpoints/step-1.h5"));
  output.write("checkpoints/step-2.h5", "changed");
  CHECK(
      contains(output.verify().failures(), "lineage.jsonl:4: checkpoints/step-2.h5: file digest"));

  // What was removed and is there again must be as its newest statement says.
  output.write("checkpoints/step-0.h5", "changed");
  statement = chain.resumed().at(0);
  chain.append(statement);
  CHECK(names().back() == "checkpoints/step-0.h5");
  CHECK(
      contains(output.verify().failures(), "lineage.jsonl:5: checkpoints/step-0.h5: file digest"));
}

TEST_CASE("a failed append leaves the chain as it was", "[lineage]") {
  Output output(0);
  Chain chain = Chain::create(output.path, output.key);
  output.append(chain, 0, false);
  CHECK(contains(refusal(ExitCode::data, [&] { chain.append(make_statement("\xff", "x")); }),
                 "not UTF-8"));
  fs::rename(output.folder, output.folder.string() + ".away");
  CHECK_THROWS_AS(chain.append(make_statement("x", "x")), Error);
  fs::rename(output.folder.string() + ".away", output.folder);
  output.append(chain, 1, true);
  CHECK(output.verify().failures().empty());
}

TEST_CASE("no byte of a chain or of its subjects can change unnoticed", "[lineage]") {
  const Output output(4);
  REQUIRE(output.verify().holds());
  const std::string bytes = read_file(output.path);
  const auto holds = [&] {
    try {
      return output.verify().holds();
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::integrity);
      return false;
    }
  };
  for (std::size_t i = 0; i < bytes.size(); i += stride) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1 << i % 8);
    output.write("lineage.jsonl", changed);
    if (holds()) FAIL_CHECK("changed bit " << i % 8 << " of byte " << i << " was not noticed");
    // The same bits in base64's other alphabet, and white space for white space.
    const std::size_t same = std::string_view("+/\n").find(bytes[i]);
    if (same == std::string_view::npos) continue;
    changed[i] = "-_ "[same];
    output.write("lineage.jsonl", changed);
    if (holds()) FAIL_CHECK("another spelling of byte " << i << " was not noticed");
  }
  for (const char* inserted : {" ", "\n", "\r", "\xef\xbb\xbf"}) {
    output.write("lineage.jsonl", inserted + bytes);
    CHECK_FALSE(holds());
    output.write("lineage.jsonl", bytes + inserted);
    CHECK_FALSE(holds());
  }
  output.write("lineage.jsonl", bytes);
  const std::string model = "model 2";
  for (std::size_t i = 0; i < model.size(); ++i) {
    std::string changed = model;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    output.write("checkpoints/step-2.h5", changed);
    CHECK(failed(output.verify()) == std::vector{Check::subject});
  }
  output.write("checkpoints/step-2.h5", model);
  CHECK(holds());
}

TEST_CASE("no truncation of a chain passes for the whole", "[lineage]") {
  const Output output(3);
  const std::string bytes = read_file(output.path);
  for (std::size_t size = 0; size < bytes.size(); size += stride) {
    output.write("lineage.jsonl", bytes.substr(0, size));
    const Verification v = output.verify();
    if (v.holds()) FAIL_CHECK("a file of " << size << " bytes of " << bytes.size() << " passes");
    // At the end of a line it is what a stopped run leaves behind; within one it is damage.
    if (v.holds_so_far() != (size > 0 && bytes[size - 1] == '\n')) FAIL_CHECK("wrong at " << size);
  }
  output.write("lineage.jsonl", bytes.substr(0, bytes.size() - 1));
  CHECK(output.verify().failures() ==
        "lineage.jsonl: last line: has no newline: the end was cut off");
  output.write("lineage.jsonl", "");
  CHECK(output.verify().failures() == "lineage.jsonl: holds no statement");
}

TEST_CASE("each way of tampering has its own message", "[lineage]") {
  const Output output(4);
  std::vector<std::string> lines = output.lines();
  const auto message = [&](std::vector<Check> expected) {
    output.set_lines(lines);
    const Verification v = output.verify();
    CHECK_FALSE(v.holds());
    CHECK(failed(v) == expected);
    return v.failures();
  };
  const auto stops = [&](std::vector<Check> expected) {
    const std::string text = message(std::move(expected));
    CHECK_FALSE(output.verify().holds_so_far());
    return text;
  };

  SECTION("a line removed") {
    lines.erase(lines.begin() + 1);
    CHECK(contains(stops({Check::link, Check::sequence, Check::count}),
                   "lineage.jsonl:2: link: follows a statement that is not in this file"));
  }
  SECTION("the first line removed") {
    lines.erase(lines.begin());
    CHECK(contains(stops({Check::link, Check::sequence, Check::count}),
                   "lineage.jsonl:1: link: names a statement before it: the beginning"));
  }
  SECTION("the last line removed") {
    lines.pop_back();
    CHECK(message({Check::finished}) ==
          "lineage.jsonl: final statement: chain has no final statement: the run did not finish or "
          "the end was cut off");
    CHECK(output.verify().holds_so_far());
  }
  SECTION("two lines swapped") {
    std::swap(lines[1], lines[2]);
    CHECK(contains(stops({Check::link, Check::sequence, Check::link, Check::sequence, Check::link}),
                   "lineage.jsonl:2: link: follows line 3, not line 1: lines were reordered"));
  }
  SECTION("a line repeated") {
    lines.insert(lines.begin() + 2, lines[1]);
    CHECK(contains(stops({Check::link, Check::sequence, Check::count}),
                   "lineage.jsonl:3: link: repeats the statement of line 2"));
  }
  SECTION("the last line repeated") {
    lines.push_back(lines.back());
    CHECK(
        contains(stops({Check::link, Check::sequence, Check::count}),
                 "lineage.jsonl:4: count: the chain was finished with 4 statements; there are 5"));
  }
  SECTION("the first line put elsewhere") {
    std::rotate(lines.begin(), lines.begin() + 1, lines.end());
    CHECK(contains(stops({Check::link, Check::sequence, Check::link, Check::sequence, Check::count,
                          Check::finished}),
                   "lineage.jsonl:4: link: begins a chain, but is not the first line"));
  }
  SECTION("a subject's file swapped") {
    fs::copy_file(output.folder / "checkpoints/step-0.h5", output.folder / "checkpoints/step-3.h5",
                  fs::copy_options::overwrite_existing);
    CHECK(contains(stops({Check::subject}),
                   "lineage.jsonl:4: checkpoints/step-3.h5: file digest: the file has SHA-256 " +
                       sha256("model 0").hex() + ", signed was " + sha256("model 3").hex()));
  }
  SECTION("a subject that is named by its content") {
    const auto verified = [&](const ContentOf& content_of) {
      return verify_chain(output.path, output.folder.string(), output.keys, content_of);
    };
    const auto right = [](const std::string& path) {
      return sha256("content of checkpoints/" + fs::path(path).filename().string());
    };
    CHECK(verified(right).holds());
    const Verification wrong = verified([](const std::string&) { return sha256("another"); });
    CHECK(contains(wrong.failures(),
                   "lineage.jsonl:1: checkpoints/step-0.h5: file digest: the content digest is " +
                       sha256("another").hex() + ", signed was "));
    CHECK(contains(verified([](const std::string& path) -> Digest {
                     throw Error(ExitCode::data, "{}: is no model", path);
                   }).failures(),
                   "step-0.h5: is no model"));
  }
  SECTION("a subject's file removed") {
    fs::remove(output.folder / "checkpoints/step-1.h5");
    CHECK(contains(stops({Check::subject}), "step-1.h5: cannot open"));
  }
  SECTION("a line signed by another key") {
    const PrivateKey other = PrivateKey::generate();
    lines[2] = to_json_line(
        sign_envelope(statement_type, envelope_from_json(lines[2], "line").payload, other));
    const std::string text = stops({Check::signature, Check::other});
    CHECK(contains(text, "lineage.jsonl:3: signed by key " + other.public_key().id()));
    CHECK(contains(text, "lineage.jsonl: lines 4 to 4: not checked"));
    CHECK(output.verify().statements.size() == 2);
  }
  SECTION("a payload changed under its signature") {
    Envelope envelope = envelope_from_json(lines[1], "line");
    envelope.payload.replace(envelope.payload.find("\"seed\":\"42\""), 11, "\"seed\":\"43\"");
    lines[1] = to_json_line(envelope);
    CHECK(contains(stops({Check::signature, Check::other}), "changed after it was signed"));
  }
  SECTION("a line from the chain of another run") {
    const Output other(4);
    lines[2] = other.lines()[2];
    CHECK(contains(stops({Check::signature, Check::other}), "none of the trusted ones"));
  }
  SECTION("a signed payload that is no statement") {
    for (const auto& [payload, why] : {std::pair{"{}", "has no member \"_type\""},
                                       {"[[[", "not valid JSON"},
                                       {"1e999", "number"}}) {
      lines[3] = to_json_line(sign_envelope(statement_type, payload, output.key));
      CHECK(contains(stops({Check::statement}), why));
    }
    lines[3] = to_json_line(sign_envelope("text/plain", "{}", output.key));
    CHECK(contains(stops({Check::signature}), "its type is \"text/plain\""));
  }
  SECTION("lines after the final one, and names that lead out of the folder") {
    const Envelope last = envelope_from_json(lines.back(), "line");
    for (const char* name : {"../outside", "/etc/hostname", "a/../../b", ""}) {
      Statement s = make_statement(name, "x");
      s.internal_parameters["signer"] = output.keys[0].id();
      s.sequence = 4;
      s.previous = sha256(last.payload);
      lines.resize(4);
      lines.push_back(to_json_line(sign_envelope(statement_type, to_json(s).dump(), output.key)));
      CHECK(contains(stops({Check::subject, Check::count, Check::finished}), "leads out of"));
    }
  }
  SECTION("a count that is wrong") {
    Statement s =
        statement_from_json(Json::parse(envelope_from_json(lines[3], "line").payload), "s");
    s.final_count = 3;
    lines[3] = to_json_line(sign_envelope(statement_type, to_json(s).dump(), output.key));
    CHECK(contains(stops({Check::count}), "finished with 3 statements; there are 4"));
  }
  SECTION("wrong keys") {
    const std::vector<PublicKey> other = {PrivateKey::generate().public_key()};
    const Verification v = verify_chain(output.path, output.folder.string(), other);
    CHECK(failed(v) == std::vector{Check::signature, Check::other});
    CHECK(contains(v.failures(), "none of the trusted ones (" + other[0].id()));
    CHECK(contains(verify_chain(output.path, output.folder.string(), {}).failures(),
                   "no key was given"));
  }
  SECTION("no file") {
    fs::remove(output.path);
    CHECK(contains(refusal(ExitCode::data, [&] { output.verify(); }), "cannot open"));
  }
}

TEST_CASE("owners may countersign", "[lineage]") {
  const Output output(2);
  const PrivateKey owner = PrivateKey::generate();
  std::vector<std::string> lines = output.lines();
  Envelope envelope = envelope_from_json(lines[1], "line");
  add_signature(envelope, owner);
  const auto failures = [&](const std::vector<PublicKey>& keys) {
    lines[1] = to_json_line(envelope);
    output.set_lines(lines);
    return verify_chain(output.path, output.folder.string(), keys).failures();
  };
  const std::vector<PublicKey> both = {output.keys[0], owner.public_key()};
  CHECK(failures(both).empty());
  // Without the owner's key nobody can tell whether that is a signature; the program goes on.
  CHECK(contains(failures(output.keys),
                 "is also signed by key " + owner.public_key().id() + ", which was not given"));
  CHECK(read_statements(output.path, output.keys).size() == 2);
  // The owner's word does not stand for the operator's.
  CHECK(contains(failures({owner.public_key()}), "none of the trusted"));
  std::swap(envelope.signatures[0], envelope.signatures[1]);
  CHECK(contains(failures(both), "its first signature is by key " + owner.public_key().id()));
  std::swap(envelope.signatures[0], envelope.signatures[1]);
  envelope.signatures[1].bytes = owner.sign("another head");
  CHECK(contains(failures(both),
                 "the signature by key " + owner.public_key().id() + " does not hold"));
}

TEST_CASE("signatures are exactly those that were made", "[lineage]") {
  const Output output(2);
  std::vector<std::string> lines = output.lines();
  const Envelope line = envelope_from_json(lines[1], "line");
  const std::string sig = line.signatures[0].bytes;
  const auto failures = [&](const Envelope& envelope) {
    lines[1] = to_json_line(envelope);
    output.set_lines(lines);
    CHECK_FALSE(output.verify().holds());
    return output.verify().failures();
  };
  Envelope changed = line;
  changed.signatures[0].bytes = malleated(sig);
  CHECK(output.keys[0].verifies(pre_authentication_encoding(line.payload_type, line.payload),
                                changed.signatures[0].bytes));
  CHECK(contains(failures(changed), "is not in the form that is signed"));
  CHECK_THROWS_AS(read_statements(output.path, output.keys), Error);  // whoever reads it
  changed = line;
  changed.signatures.push_back(line.signatures[0]);
  CHECK(contains(failures(changed), "two of its signatures name the key"));
  changed.signatures[1].bytes = output.key.sign("something else");
  CHECK(contains(failures(changed), "two of its signatures name the key"));
  changed.signatures[1] = {std::string(64, '0'), "junk"};
  CHECK(contains(failures(changed), "is not in the form that is signed"));
  changed.signatures[1] = {std::string(64, '0'), sig};
  CHECK(contains(failures(changed), "is also signed by key 000"));
  std::swap(changed.signatures[0], changed.signatures[1]);
  CHECK(contains(failures(changed), "its first signature is by key 000"));
}

TEST_CASE("format version 1 goes by its own rules, and a chain has one version", "[lineage]") {
  const Output output(0);
  const auto line = [&](int version, std::uint64_t sequence, const std::string& before) {
    Statement s = make_statement("checkpoints/step-0.h5", "model 0");
    s.version = version;
    s.sequence = sequence;
    if (sequence > 0) s.previous = sha256(envelope_from_json(before, "line").payload);
    if (version > 1) s.internal_parameters["signer"] = output.keys[0].id();
    return to_json_line(sign_envelope(statement_type, to_json(s).dump(), output.key));
  };
  output.write("checkpoints/step-0.h5", "model 0");
  const std::string first = line(1, 0, "");
  Envelope loose = envelope_from_json(line(1, 1, first), "line");
  loose.signatures[0].bytes = malleated(loose.signatures[0].bytes);
  loose.signatures.push_back({std::string(64, '0'), "junk"});
  output.set_lines({first, to_json_line(loose)});
  CHECK(output.verify().holds_so_far());
  CHECK(contains(refusal(ExitCode::data, [&] { Chain::resume(output.path, output.key); }),
                 "was begun by an earlier release, in format version 1"));
  for (const int version : {1, 2}) {
    const std::string begin = line(version, 0, "");
    output.set_lines({begin, line(3 - version, 1, begin)});
    CHECK(contains(output.verify().failures(),
                   fmt::format("is of format version {}, and the chain began with version {}",
                               3 - version, version)));
  }
}

TEST_CASE("every statement names the one signer of its chain", "[lineage]") {
  const Output output(1);
  const PrivateKey other = PrivateKey::generate();
  const std::vector<PublicKey> both = {output.keys[0], other.public_key()};
  const auto failures = [&](const Json& signer, const PrivateKey& key) {
    Statement s = make_statement("checkpoints/step-1.h5", "model 1");
    output.write("checkpoints/step-1.h5", "model 1");
    s.sequence = 1;
    s.previous = sha256(envelope_from_json(output.lines()[0], "line").payload);
    if (!signer.is_null()) s.internal_parameters["signer"] = signer;
    const std::vector<std::string> before = output.lines();
    output.set_lines(
        {before[0], to_json_line(sign_envelope(statement_type, to_json(s).dump(), key))});
    const std::string text = verify_chain(output.path, output.folder.string(), both).failures();
    output.set_lines(before);
    return text;
  };
  CHECK(contains(failures({}, output.key), "does not name the signer"));
  CHECK(contains(failures(7, output.key), "does not name the signer"));
  CHECK(
      contains(failures(other.public_key().id(), other), "another signer than the chain's first"));
  CHECK(contains(failures(output.keys[0].id(), other), "and the signer it names is"));
}

namespace {

/// What a training of format version 2 leaves that was stopped once: two sessions.
std::vector<Statement> two_sessions() {
  std::vector<Statement> chain;
  for (const auto& [session, name] :
       std::vector<std::pair<int, std::string>>{{1, "decisions.json"},
                                                {1, "checkpoints/step-1.h5"},
                                                {1, "checkpoints/step-2.h5"},
                                                {1, "egress.json"},
                                                {2, "decisions-2.json"},
                                                {2, "checkpoints/step-3.h5"},
                                                {2, "egress-2.json"},
                                                {2, "model.h5"}}) {
    Statement s = make_statement(name, name);
    if (name.ends_with(".json")) s.subject_content.reset();
    if (name.starts_with("checkpoints/")) s.subject_sha256.reset();
    s.external_parameters = {{"config", "run.yaml"}, {"name", "a run"}, {"purpose", "research"}};
    s.dependencies = {{"config", sha256("config")},
                      {"binary", sha256("binary")},
                      {"policy/DE", sha256("policy")},
                      {"partition/DE/clinic", sha256("DE"), {{"rows", 120000}}}};
    if (session == 2)
      s.dependencies.push_back({"resumed from", sha256("content of checkpoints/step-2.h5")});
    s.invocation = fmt::format("session {}", session);
    s.started = fmt::format("2026-11-20T1{}:00:00Z", session);
    s.finished = fmt::format("2026-11-20T1{}:00:0{}Z", session, chain.size());
    if (name == "checkpoints/step-3.h5") s.removed = {"checkpoints/step-1.h5"};
    if (name == "model.h5") s.final_count = 8;
    chain.push_back(s);
  }
  return chain;
}

/// The findings that do not hold, one a line.
std::string stage_failures(const std::vector<Statement>& chain, const std::string& stage = "train",
                           const std::string& domain = "") {
  Verification found;
  found.findings = check_stage(find_stage(stage).chain, domain, chain);
  CHECK(found.findings.size() >= 1);
  return found.failures();
}

}  // namespace

TEST_CASE("a site's name is percent-encoded in its IRI, and once was not", "[lineage]") {
  CHECK(builder_of("north-1") == "https://bailiwick.dev/site/north-1");
  CHECK(builder_of("a b/\u00e9%") == "https://bailiwick.dev/site/a%20b%2F%C3%A9%25");
  CHECK(percent_decoded("a%20b%2F%C3%A9%25%4%zz") == "a b/\u00e9%%4%zz");
  CHECK(is_builder_of("https://bailiwick.dev/site/a%20b", "a b"));
  CHECK(is_builder_of("https://bailiwick.dev/site/a b", "a b"));
  CHECK_FALSE(is_builder_of("https://bailiwick.dev/site/a%20b", "ab"));
}

TEST_CASE("of a subject the next statement about it counts", "[lineage]") {
  std::vector<Statement> statements(5);
  const char* names[] = {"a", "b", "a", "c", "b"};
  for (std::size_t i = 0; i < statements.size(); ++i)
    statements[i].subject_name = names[i];
  statements[3].removed = {"a", "b"};
  using enum SubjectFate;
  CHECK(subject_fates(statements) == std::vector{replaced, removed, removed, stands, stands});
  CHECK(standing(statements).size() == 2);
}

TEST_CASE("statements say what their stage declares", "[lineage]") {
  CHECK(stage_failures(two_sessions()).empty());
  using Forgery = std::function<void(std::vector<Statement>&)>;
  const std::pair<const char*, Forgery> forgeries[] = {
      {":2: stage: buildType is \"evaluate\"", [](auto& c) { c[1].build_type = "evaluate"; }},
      {":8: stage: does not name its config",
       [](auto& c) {
         for (Statement& s : c)
           s.dependencies.erase(s.dependencies.begin());
       }},
      {":1: stage: does not name its binary",
       [](auto& c) {
         for (Statement& s : c)
           s.dependencies.erase(s.dependencies.begin() + 1);
       }},
      {":3: stage: dependencies differ within a session",
       [](auto& c) { c[2].dependencies[3].sha256 = sha256("other rows"); }},
      {":7: stage: dependencies differ within a session",
       [](auto& c) { c[6].dependencies.pop_back(); }},
      {":4: stage: names config twice",
       [](auto& c) { c[3].dependencies.push_back(c[3].dependencies[0]); }},
      {":1: stage: names a model, and uses none",
       [](auto& c) {
         for (Statement& s : c)
           s.dependencies.push_back({"model", sha256("model")});
       }},
      {":5: stage: is resumed from something that no statement before it is about",
       [](auto& c) {
         for (std::size_t i = 4; i < 8; ++i)
           c[i].dependencies.back().sha256 = sha256("a forged checkpoint");
       }},
      {":1: stage: externalParameters lacks purpose",
       [](auto& c) {
         for (Statement& s : c)
           s.external_parameters.erase("purpose");
       }},
      {":2: stage: externalParameters differ",
       [](auto& c) { c[1].external_parameters["purpose"] = "profit"; }},
      {":1: stage: externalParameters holds more than config, name, purpose",
       [](auto& c) {
         for (Statement& s : c)
           s.external_parameters["approved"] = "yes";
       }},
      {":1: stage: internalParameters lacks ranks",
       [](auto& c) {
         for (Statement& s : c)
           s.internal_parameters["ranks"] = 0;
       }},
      {":8: stage: finished before it started",
       [](auto& c) { c[7].finished = "2026-11-20T11:59:59Z"; }},
      {":3: stage: its times go back behind", [](auto& c) { c[2].finished = c[2].started; }},
      {":5: stage: its times go back behind",
       [](auto& c) {
         for (std::size_t i = 4; i < 8; ++i)
           c[i].started = "2026-11-20T11:00:01Z";
       }},
      {":6: stage: started at another time than its session",
       [](auto& c) { c[5].started = "2026-11-20T12:00:01Z"; }},
      {":1: stage: its times are no moments written",
       [](auto& c) { c[0].finished = "2026-11-20T11:00:00+01:00"; }},
      {":1: stage: its times are no moments written",
       [](auto& c) { c[0].finished = "2026-02-29T11:00:00Z"; }},
      {":2: stage: names binary by zeros",
       [](auto& c) {
         for (Artefact& artefact : c[1].dependencies)
           if (artefact.name == dependency::binary) artefact.sha256 = {};
       }},
      {":2: stage: builder differs within a session",
       [](auto& c) { c[1].builder = "https://elsewhere.example"; }},
      {":2: stage: source differs within a session",
       [](auto& c) { c[1].source_commit = std::string(40, 'b'); }},
      {":8: stage: goes on with a session after another began",
       [](auto& c) { c[7].invocation = c[0].invocation; }},
      {":2: stage: a session begins with its decisions-2.json",
       [](auto& c) { c[1].invocation = "another"; }},
      {":1: stage: a session begins with its decisions.json", [](auto& c) { c.erase(c.begin()); }},
      {":7: stage: the egress report must come before it", [](auto& c) { c.erase(c.begin() + 6); }},
      {":7: stage: something follows the egress report of its session",
       [](auto& c) { c[6] = c[5], std::swap(c[5], c[6]), c[5].subject_name = "egress-2.json"; }},
      {":3: stage: notes.txt is no artefact of this stage",
       [](auto& c) { c[2].subject_name = "notes.txt"; }},
      {":3: stage: checkpoints/../model.h5 is no artefact of this stage",
       [](auto& c) { c[2].subject_name = "checkpoints/../model.h5"; }},
      {":8: stage: the final statement is about model.h5",
       [](auto& c) { c[7].final_count.reset(); }},
      {":7: stage: the final statement is about model.h5", [](auto& c) { c[6].final_count = 7; }},
      {":8: stage: models are named by both digests", [](auto& c) { c[7].subject_sha256.reset(); }},
      {":2: stage: models are named by both digests",
       [](auto& c) { c[1].subject_sha256 = sha256("its bytes"); }},
      {":6: stage: removes decisions.json, which is no earlier checkpoint",
       [](auto& c) { c[5].removed = {"decisions.json"}; }},
      {":6: stage: removes checkpoints/step-3.h5, which is no earlier checkpoint",
       [](auto& c) { c[5].removed = {"checkpoints/step-3.h5"}; }},
  };
  for (const auto& [why, forge] : forgeries) {
    std::vector<Statement> chain = two_sessions();
    forge(chain);
    CAPTURE(why);
    CHECK(contains(stage_failures(chain), std::string("lineage.jsonl") + why));
  }
  std::vector<Statement> long_name = two_sessions();
  long_name[2].subject_name = "checkpoints/" + std::string(2000000, 'a') + "/.h5";
  long_name[3].started = std::string(2000000, '0');
  CHECK(stage_failures(long_name).size() > 2000000);
  CHECK(contains(stage_failures(two_sessions(), "evaluate"), "the chain is of \"evaluate\""));
}

TEST_CASE("a domain's own lineage says whose it is and what it came from", "[lineage]") {
  const auto region = [] {
    std::vector<Statement> chain = two_sessions();
    chain.erase(chain.begin() + 6);  // a domain's own has no egress report
    chain.erase(chain.begin() + 3);
    chain.back().dependencies.push_back({"common model", sha256("common")});
    for (Statement& s : chain)
      s.external_parameters["domain"] = "DE";
    return chain;
  };
  CHECK(stage_failures(region(), "train", "DE").empty());
  CHECK(contains(stage_failures(region(), "train", "FR"), "is of another domain"));
  CHECK(contains(stage_failures(region()), "externalParameters holds more"));
  CHECK(contains(stage_failures(two_sessions(), "train", "DE"), "lacks domain"));
  std::vector<Statement> chain = region();
  chain.back().dependencies.pop_back();
  CHECK(contains(stage_failures(chain, "train", "DE"), "names the common model"));
  chain = region();
  chain.back().subject_name = "state.h5";
  CHECK(stage_failures(chain, "train", "DE").empty());
  CHECK(contains(stage_failures(chain, "evaluate", "DE"), "nothing of this stage stays"));
}

TEST_CASE("the recipe in docs/lineage.md finds what we find", "[lineage][referee]") {
  const char* source = std::getenv("BAILIWICK_SOURCE");
  if (std::system("openssl version >/dev/null 2>&1 && jq --version >/dev/null 2>&1") != 0 ||
      source == nullptr) {
    WARN("no openssl or jq program, or BAILIWICK_SOURCE is not set: skipped");
    return;
  }
  const std::string page = read_file(std::string(source) + "/docs/lineage.md");
  const std::size_t begin = page.find("```sh\n") + 6;
  /// What a training leaves: decisions, two checkpoints of which one is removed, egress, model.
  struct Training : Output {
    Training() : Output(0) {
      write("resolved.yaml", "config");
      write("inputs.json", "inputs");
      Chain chain = Chain::create(path, key);
      for (const char* name : {"decisions.json", "checkpoints/step-1.h5", "checkpoints/step-2.h5",
                               "egress.json", "model.h5"}) {
        write(name, name);
        Statement s = make_statement(name, name);
        s.dependencies.push_back({"inputs", sha256("inputs")});
        s.dependencies.push_back({"binary", sha256("binary")});
        if (std::string(name) == "checkpoints/step-2.h5") s.removed = {"checkpoints/step-1.h5"};
        if (std::string(name) == "model.h5") s.final_count = 0;
        chain.append(s);
      }
      fs::remove(folder / "checkpoints/step-1.h5");
    }
  };
  const Training output;
  output.write("audit.sh", page.substr(begin, page.find("```", begin) - begin));
  output.write("operator.pub.pem", output.keys[0].pem());
  const auto audit = [&] {
    const int status = std::system(
        ("cd " + output.folder.string() + " && sh audit.sh operator.pub.pem > audit.log 2>&1")
            .c_str());
    const std::string log = read_file((output.folder / "audit.log").string());
    return std::pair(status == 0, log);
  };
  const std::vector<std::string> lines = output.lines();

  const auto [good, log] = audit();
  CAPTURE(log);
  CHECK(good);
  CHECK(contains(log, "5 statements hold; the head is " + output.verify().head->hex()));

  const auto refused = [&](std::vector<std::string> changed, const char* why) {
    output.set_lines(changed);
    const auto [holds, text] = audit();
    output.set_lines(lines);
    CHECK_FALSE(holds);
    CHECK(contains(text, why));
  };
  const auto with = [&](const Envelope& envelope) {
    std::vector<std::string> changed = lines;
    changed[1] = to_json_line(envelope);
    return changed;
  };
  const Envelope line = envelope_from_json(lines[1], "line");
  Envelope changed = line;
  changed.payload[100] = static_cast<char>(changed.payload[100] ^ 1);
  refused(with(changed), "line 1: signature does not hold");
  changed = line;
  changed.signatures[0].bytes = malleated(changed.signatures[0].bytes);
  refused(with(changed), "line 1: signature is not in its one form");
  changed.signatures = {line.signatures[0], {std::string(64, '0'), "junk"}};
  refused(with(changed), "line 1: is signed by others too");
  refused({lines[0], lines[2], lines[3], lines[4]}, "line 1: does not follow the line before");
  refused({lines[1], lines[2], lines[3], lines[4]}, "line 0: does not follow the line before");
  refused({lines[0], lines[1], lines[2], lines[3]}, "the run did not finish, or the end was cut");
  output.write("egress.json", "another report");
  refused(lines, "line 3: egress.json was changed");
  output.write("egress.json", "egress.json");
  output.write("checkpoints/step-1.h5", "planted");
  refused(lines, "line 1: checkpoints/step-1.h5 was removed, and a file lies there");
  fs::remove(output.folder / "checkpoints/step-1.h5");
  CHECK(audit().first);

  // The operator, with its key, lets the whole chain say something else.
  const std::pair<const char*, std::function<void(Statement&)>> forgeries[] = {
      {"another stage", [](Statement& s) { s.build_type = "evaluate"; }},
      {"finished before it started", [](Statement& s) { s.finished = "2026-11-20T09:00:00Z"; }},
      {"no program", [](Statement& s) { s.dependencies.pop_back(); }},
      {"another config", [](Statement& s) { s.dependencies[0].sha256 = sha256("x"); }},
      {"other inputs",
       [](Statement& s) { s.dependencies[s.dependencies.size() - 2].sha256 = sha256("x"); }},
      {"other rows", [](Statement& s) { s.dependencies[1].sha256 = sha256(s.subject_name); }}};
  for (const auto& [what, forge] : forgeries) {
    CAPTURE(what);
    const std::vector<Statement> statements = read_statements(output.path, output.keys);
    fs::remove(output.path);
    Chain chain = Chain::create(output.path, output.key);
    for (Statement s : statements) {
      forge(s);
      chain.append(s);
    }
    const auto [holds, text] = audit();
    output.set_lines(lines);
    CHECK_FALSE(holds);
    CHECK(contains(text, "the statements do not say what a training declares"));
  }
}
