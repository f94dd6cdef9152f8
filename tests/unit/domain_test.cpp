// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/domain/site.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

Schema heart_schema() {
  Schema schema;
  Column age{.name = "age", .unit = "a", .description = "age at entry"};
  age.minimum = 18;
  age.maximum = 110;
  schema.features = {age, {.name = "cp", .levels = {"0", "1", "2"}, .reference = 1}};
  schema.targets = {{.name = "disease", .categories = {"no", "yes"}}};
  schema.splits = {"train", "test"};
  schema.has_ids = true;
  return schema;
}

PartitionManifest heart_manifest() {
  PartitionManifest manifest;
  manifest.name = "heart-cleveland";
  manifest.owner = "Cleveland Clinic";
  manifest.created = "2026-11-21T00:00:00Z";
  manifest.rows = 303;
  manifest.block_rows = 64;
  manifest.precision = "float32";
  manifest.schema = heart_schema();
  manifest.root.bytes.fill(0xab);
  manifest.split_rows = {{40, 41, 42, 43, 30}, {24, 23, 22, 21, 17}};
  return manifest;
}

template <class Work>
void check_throws(ExitCode code, const std::string& text, Work&& work) {
  try {
    work();
    FAIL_CHECK("no error; expected: " << text);
  } catch (const Error& error) {
    CHECK(error.code() == code);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring(text));
  }
}

void check_schema_error(const char* json, const std::string& text) {
  check_throws(ExitCode::data, text, [&] { schema_from_json(Json::parse(json), "x", 2); });
}

void check_manifest_error(const char* member, const Json& value, const std::string& text) {
  Json json = to_json(heart_manifest());
  if (value.is_discarded())
    json.erase(member);
  else
    json[member] = value;
  check_throws(ExitCode::data, text, [&] { manifest_from_json(json, "m.json"); });
}

}  // namespace

TEST_CASE("A schema and a manifest survive JSON") {
  CHECK(schema_from_json(Json::parse(to_json(heart_schema()).dump()), "x", 2) == heart_schema());
  CHECK(manifest_from_json(Json::parse(to_json(heart_manifest()).dump()), "x") == heart_manifest());
  CHECK(heart_manifest().blocks() == 5);
}

TEST_CASE("Numbers that may be missing make a schema of version 4, with units or without") {
  Schema schema = heart_schema();
  schema.features[0].missing = true;
  for (const bool units : {false, true}) {
    schema.has_units = units;
    CHECK(schema.version() == 4);
    CHECK(schema_from_json(Json::parse(to_json(schema).dump()), "x", 4) == schema);
    check_throws(ExitCode::data, "unknown member \"missing\"",
                 [&] { schema_from_json(to_json(schema), "x", units ? 3 : 2); });
    CHECK_THAT(describe_difference(heart_schema(), schema),
               Catch::Matchers::ContainsSubstring("\"missing\":true"));
  }
  CHECK(schema.features[0].may_be_missing());
  CHECK(Column{.name = "ward", .levels = {"a", missing_level}}.missing_code() == std::size_t{1});
  check_throws(ExitCode::data, "format version 4 without a feature of \"missing\": true",
               [] { schema_from_json(to_json(heart_schema()), "x", 4); });
}

TEST_CASE("What a short schema leaves out is absent") {
  const Schema schema =
      schema_from_json(Json::parse(R"({"features":[{"name":"a"}],"targets":[]})"), "x", 2);
  CHECK_FALSE(schema.has_weights);
  CHECK_FALSE(schema.has_ids);
  CHECK(schema.splits.empty());
}

TEST_CASE("Schema errors name the place and the remedy") {
  check_schema_error("[]", "x: not a JSON object");
  check_schema_error(R"({"targets":[]})", "x: \"features\" must be an array of columns");
  check_schema_error(R"({"features":[],"targets":[]})", "x: no features");
  check_schema_error(R"({"features":[{"nam":"a"}],"targets":[]})",
                     "x: features[0]: unknown member \"nam\"; allowed: name, unit, description, "
                     "minimum, maximum, levels, reference (did you mean \"name\"?)");
  check_schema_error(R"({"features":[{"name":1}],"targets":[]})", "\"name\" is missing or has");
  check_schema_error(R"({"features":[{"name":""}],"targets":[]})", "empty name");
  check_schema_error(R"({"features":[{"name":"a"}],"targets":[{"name":"a"}]})",
                     "x: features and targets: \"a\" occurs twice");
  check_schema_error(R"({"features":[{"name":"a","categories":["b"]}],"targets":[]})",
                     "unknown member \"categories\"");
  check_schema_error(R"({"features":[{"name":"a","minimum":"0"}],"targets":[]})",
                     "\"minimum\" must be a number");
  check_schema_error(R"({"features":[{"name":"a","minimum":2,"maximum":1}],"targets":[]})",
                     "minimum 2 is above maximum 1");
  check_schema_error(R"({"features":[{"name":"a"}],"targets":[],"splits":["x","x"]})",
                     "splits: \"x\" occurs twice");
  check_schema_error(R"({"features":[{"name":"a"}],"targets":[],"weights":1})",
                     "\"weights\" is missing or has the wrong type");
  check_schema_error(R"({"features":[{"name":"a"}],"targets":[],"weigths":true})",
                     "(did you mean \"weights\"?)");
}

TEST_CASE("A category has levels and a reference, and its indicators have names of their own") {
  const auto read = [](const std::string& category) {
    return schema_from_json(
        Json::parse(R"({"features":[{"name":"ward",)" + category + R"(}],"targets":[]})"), "x", 2);
  };
  CHECK(read(R"("levels":["a","b"])").features[0].reference == std::size_t{0});
  CHECK(read(R"("levels":["a","b"],"reference":"b")").features[0].reference == std::size_t{1});
  CHECK_FALSE(read(R"("levels":["a","b"],"reference":null)").features[0].reference);
  CHECK(read(R"("levels":["a","b"])").features[0].indicator(1) == "ward_b");
  CHECK(to_json(read(R"("levels":["a"],"reference":null)"))["features"][0]["reference"].is_null());
  const auto refused = [](const std::string& features, const std::string& text) {
    check_schema_error((R"({"features":[)" + features + R"(],"targets":[]})").c_str(), text);
  };
  refused(R"({"name":"w","levels":["a","a"]})", "x: features[0].levels: \"a\" occurs twice");
  refused(R"({"name":"w","levels":[""]})", "x: features[0].levels: empty name");
  refused(R"({"name":"w","levels":[]})", "\"levels\" of a feature without levels");
  refused(R"({"name":"w","reference":"a"})", "\"reference\" of a feature without levels");
  refused(R"({"name":"w","levels":["a"],"reference":"b"})",
          "\"reference\" must be one of the levels or null, found \"b\"");
  refused(R"({"name":"w","levels":["a"],"maximum":1})", "a category has levels and no range");
  refused(R"({"name":"w","levels":["a"]},{"name":"w_a"})",
          "x: features and targets: \"w_a\" occurs twice");
  refused(R"({"name":"w","source":"v","level":"a"})", "unknown member \"level\"");
  std::string many = R"({"name":"w","levels":["0")";
  for (std::size_t i = 1; i <= most_levels; ++i)
    many += ",\"" + std::to_string(i) + "\"";
  refused(many + "]}", "x: features[0]: 65535 levels; at most 65534 are possible");
}

TEST_CASE("Indicators of version 1 are gathered to categories, and written as they were read") {
  const Json json = Json::parse(
      R"({"features":[{"name":"w_b","source":"ward","level":"b","unit":"1"},{"name":"age"},
         {"name":"w_c","source":"ward","level":"c","maximum":1.0}],"targets":[]})");
  const Schema schema = schema_from_json(json, "x", 1);
  CHECK(schema.version() == 1);
  REQUIRE(schema.features.size() == 2);
  CHECK(schema.categories() == 1);
  const Column& ward = schema.features[0];
  CHECK(ward.name == "ward");
  CHECK(ward.levels == std::vector<std::string>{"(none of these)", "b", "c"});
  CHECK(ward.reference == std::size_t{0});
  CHECK(ward.indicator(2) == "w_c");
  CHECK(to_json(schema)["features"] == json["features"]);
  CHECK(schema_from_json(to_json(schema), "x", 1) == schema);
  CHECK(schema_from_json(Json::parse(R"({"features":[{"name":"a"}],"targets":[]})"), "x", 1) ==
        schema_from_json(Json::parse(R"({"features":[{"name":"a"}],"targets":[]})"), "x", 2));
  CHECK_THAT(describe_difference(schema, heart_schema()),
             Catch::Matchers::StartsWith(
                 "categories are indicators (format version 1) here and codes there; ingest both"));
}

TEST_CASE("Differences of schemas are told in words") {
  const Schema ours = heart_schema();
  CHECK(describe_difference(ours, ours).empty());
  Schema theirs = ours;
  theirs.features[1].name = "cp_3";
  theirs.has_weights = true;
  CHECK(describe_difference(ours, theirs) ==
        "feature 2 is \"cp\" here and \"cp_3\" there; weights only there");
  theirs = ours;
  theirs.features[0].unit = "months";
  CHECK_THAT(describe_difference(ours, theirs),
             Catch::Matchers::ContainsSubstring("feature \"age\" is {") &&
                 Catch::Matchers::ContainsSubstring("\"unit\":\"months\""));
  theirs = ours;
  theirs.features[1].levels.push_back("3");
  CHECK(describe_difference(ours, theirs) == "\"cp\" has the level \"3\" only there");
  CHECK(describe_difference(theirs, ours) == "\"cp\" has the level \"3\" only here");
  theirs.features[1].levels = {"0", "2", "1"};
  CHECK(describe_difference(ours, theirs) == "level 2 of \"cp\" is \"1\" here and \"2\" there");
  theirs = ours;
  theirs.features[1].reference = std::nullopt;
  CHECK(describe_difference(ours, theirs) ==
        "the reference of \"cp\" is \"1\" here and none there");
  theirs = ours;
  theirs.targets.clear();
  theirs.splits = {"test", "train"};
  CHECK(describe_difference(ours, theirs) ==
        "1 targets here and 0 there; splits are [train, test] here and [test, train] there");
}

TEST_CASE("Manifest errors name the member") {
  const Json absent(Json::value_t::discarded);
  check_manifest_error("rows", absent, "\"rows\" must be an integer of at least 1, found nothing");
  check_manifest_error("rows", 0, "\"rows\" must be an integer of at least 1, found 0");
  check_manifest_error("rows", -3, "found -3");
  check_manifest_error("block_rows", 1.5, "found 1.5");
  check_manifest_error("format", "other", "\"format\" must be \"bailiwick-partition-manifest\"");
  check_manifest_error("version", 5,
                       "m.json: version 5 is not supported; this program reads 1 to 4");
  check_manifest_error("version", 3, "format version 3 with \"units\": false");
  check_manifest_error("precision", "float16", "\"precision\" must be float32 or float64");
  check_manifest_error("owner", "", "\"owner\" is empty");
  for (const char* name : {"../x", "..", ".hidden", "a/b", "a b", "/etc/x"})
    check_manifest_error("name", name, "\"name\" must be");
  for (const char* member : {"name", "owner", "created"})
    check_manifest_error(member, "a\x1b[2J",
                         "one line without control characters, found \"a\\u{1b}");
  check_manifest_error("owner", "a\nb", "must be one line without control characters, found");
  check_manifest_error("root", "abcd", "\"root\": not a SHA-256");
  const std::string counts = "\"split_rows\" does not tell for each split and block";
  check_manifest_error("split_rows", Json::parse("[[40,41,42,43,30]]"), counts);
  check_manifest_error("split_rows", Json::parse("[[64,64,64,64],[0,0,0,0]]"), counts);
  check_manifest_error("split_rows", Json::parse("[[40,41,42,43,30],[24,23,22,21,16]]"), counts);
  check_manifest_error("row", 1, "unknown member \"row\"");
}

TEST_CASE("A place lies in an area that is it or holds it") {
  CHECK(lies_in("US-NC", "US"));
  CHECK(lies_in("US-NC", "US-NC"));
  CHECK_FALSE(lies_in("US", "US-NC"));
  CHECK_FALSE(lies_in("US-NC", "US-N"));
  CHECK_FALSE(lies_in("DE", "US"));
  CHECK_FALSE(lies_in("", "US"));
  CHECK_FALSE(lies_in("", ""));
  CHECK_FALSE(lies_in("US", ""));
  CHECK(may_lie_within("US-NC", "US"));
  CHECK(may_lie_within("US", "US-NC"));
  CHECK_FALSE(may_lie_within("US-NC", "US-N"));
  CHECK_FALSE(may_lie_within("", "US-NC"));
}

TEST_CASE("Jurisdictions have the form of ISO 3166") {
  for (const char* good : {"DE", "US-NC", "ES-M", "GB-ENG", "AT-9"})
    CHECK_NOTHROW(check_jurisdiction(good, "x"));
  for (const char* bad : {"", "D", "de", "DEU", "US-", "US-nc", "US_NC", "US-NCAR", "1E", "UK",
                          "EU", "XX", "ZZ-1", "XK"})
    check_throws(ExitCode::config, "run.yaml:3:5: \"" + std::string(bad) + "\" is not an ISO 3166",
                 [&] { check_jurisdiction(bad, "run.yaml:3:5"); });
  const std::string form = "an ISO 3166 code such as DE or US-NC";
  CHECK(jurisdiction_form("UK") == form + " (did you mean \"GB\"?)");
  CHECK(jurisdiction_form("UK-SCT") == form + " (did you mean \"GB-SCT\"?)");
  CHECK(jurisdiction_form("el") == form + " (did you mean \"GR\"?)");
  CHECK(jurisdiction_form("us-nc") == form + " (did you mean \"US-NC\"?)");
  CHECK(jurisdiction_form("EU") == form + " (name the member states)");
  CHECK(jurisdiction_form("Germany") == form);
}

TEST_CASE("A node lies in one place, by its name and by Slurm's features") {
  Site site{"leonardo", {{"de*", "DE"}}, {{"germany", "DE"}, {"france", "FR"}}, {}};
  CHECK(site.place_of("n1", {"gpu", "france"}) == "FR");
  CHECK(site.place_of("de1", {"germany"}) == "DE");
  CHECK(site.place_of("n1", {"gpu"}).empty());
  check_throws(ExitCode::policy,
               "node de1 lies in DE by \"de*\" and in FR by Slurm's feature france",
               [&] { site.place_of("de1", {"france"}); });
  check_throws(ExitCode::policy,
               "in DE by Slurm's feature germany and in FR by Slurm's feature france", [&] {
                 site.place_of("n1", {"germany", "france"});
               });

  CHECK(site_from_json(to_json(site), "s.json") == site);
  CHECK_FALSE(to_json(site).contains("slurm"));
  site.slurm = {"/opt/slurm/23.11/bin/scontrol", std::nullopt};
  CHECK(site_from_json(to_json(site), "s.json") == site);
  for (const auto& [pointer, value] : {std::pair<const char*, Json>{"/version", 2},
                                       {"/extra", 1},
                                       {"/nodes/0/match", ""},
                                       {"/nodes/0/jurisdiction", "Germany"},
                                       {"/slurm_features/france", "fr"},
                                       {"/slurm/scontrol", "scontrol"},
                                       {"/slurm/scontrol", "/bin/a\nb"},
                                       {"/slurm/conf", "../slurm.conf"},
                                       {"/slurm/path", "/bin"},
                                       {"/slurm", Json::array({1})},
                                       {"/name", ""},
                                       {"/nodes", 1},
                                       {"/slurm_features", Json::array({1})}}) {
    Json json = to_json(site);
    json[Json::json_pointer(pointer)] = value;
    check_throws(ExitCode::policy, "s.json: ", [&] { site_from_json(json, "s.json"); });
  }
}

TEST_CASE("A site tells where a node lies") {
  const Site site{
      "leonardo", {{"de*", "DE"}, {"de-07", "DE"}, {"*.fr.*", "FR"}, {"x*y*z", "IT"}}, {}, {}};
  CHECK(site.place_of("de-07") == "DE");
  CHECK(site.place_of("de") == "DE");
  CHECK(site.place_of("n1.fr.example") == "FR");
  CHECK(site.place_of("n1.fr").empty());
  CHECK(site.place_of("xyyzz") == "IT");
  CHECK(site.place_of("xyzy").empty());
  CHECK(site.place_of("").empty());
  check_throws(ExitCode::policy,
               "site leonardo: node de1.fr.x lies in DE by \"de*\" and in FR by \"*.fr.*\"",
               [&] { site.place_of("de1.fr.x"); });
}
