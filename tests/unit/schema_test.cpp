// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/config/writer.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "tests/support/catch.hpp"

namespace bailiwick {

enum class Colour { red, green };
template <>
inline constexpr auto words<Colour> =
    std::to_array<std::pair<Colour, const char*>>({{Colour::red, "red"}, {Colour::green, "green"}});

struct Wheel {
  double radius = 0.5;
};
template <class Visitor>
void schema(Visitor& v, Wheel& wheel) {
  v.key("radius", wheel.radius, "In m.", positive, at_most(2));
}

struct Cart {
  std::string name, note;
  Colour colour = Colour::green;
  std::vector<Wheel> wheels;
  std::map<std::string, int> load;
  std::optional<std::vector<int>> seats;
  std::vector<std::string> owners;
  bool brake = true;
  int grip = 7;
  std::string key;
};
template <class Visitor>
void schema(Visitor& v, Cart& cart) {
  key_version(v);
  v.key("name", cart.name, "What it is called.", required, non_empty);
  v.key("note", cart.note, "For | people.", non_empty);
  v.key("colour", cart.colour, "Its colour.");
  v.key("wheels", cart.wheels, "What it rolls on.", required, non_empty);
  v.key("load", cart.load, "Kilograms of each thing.", at_least(1));
  v.key("seats", cart.seats, "Their numbers.", non_empty, at_least(0));
  v.either("owner", "owners", cart.owners, "Whose it is.", non_empty);
  v.key("brake", cart.brake, "It has one.");
  v.key("grip", cart.grip, "Of the brake.", only_if(cart.brake, "only used with brake: true"),
        at_least(1));
  v.section("lock", "What keeps it.", [&](auto& s) {
    s.key("key", cart.key, "Who opens it.", required, one_of("thumb", "code"));
  });
}

}  // namespace bailiwick

using namespace bailiwick;

namespace {

const std::string cart_yaml =
    "version: 1\nname: a\nnote: b\nwheels: [{radius: 1}]\nowner: me\nlock: {key: code}\n";

Cart read(const std::string& text) {
  Cart cart;
  read_yaml(text, "cart.yaml", cart);
  return cart;
}

std::string written(Cart cart) {
  YamlWriter writer;
  schema(writer, cart);
  return to_yaml(writer.node());
}

}  // namespace

TEST_CASE("a key that counts in some cases is refused and left out in the others") {
  CHECK(written(read(cart_yaml)).find("grip: 7") != std::string::npos);
  const std::string without = written(read(cart_yaml + "brake: false\n"));
  CHECK(without.find("grip") == std::string::npos);
  CHECK(written(read(without)) == without);
  CHECK_THROWS_WITH(read(cart_yaml + "brake: false\ngrip: 8\n"),
                    "cart.yaml:8:7: grip: only used with brake: true");
  CHECK_THROWS_WITH(read(cart_yaml + "brake: false\ncolor: red\n"),
                    Catch::Contains("allowed: version, name, note, colour, wheels, load, seats, "
                                    "owner, owners, brake, lock (did you mean \"colour\"?)"));
}

TEST_CASE("a schema is described as JSON Schema") {
  const OrderedJson cart = SchemaWriter::type_of(Cart());
  const OrderedJson& keys = cart.at("properties");
  CHECK(cart.at("additionalProperties") == false);
  CHECK(cart.at("required") == OrderedJson({"version", "name", "wheels", "lock"}));
  CHECK(cart.at("oneOf").dump() == R"([{"required":["owner"]},{"required":["owners"]}])");
  CHECK(keys.at("version").at("const") == 1);
  CHECK(keys.at("name").dump() == R"({"description":"What it is called.",)"
                                  R"("type":["string","number","boolean"],"minLength":1})");
  CHECK_FALSE(keys.at("note").contains("default"));  // an empty one must not be given
  CHECK(keys.at("colour").dump() ==
        R"({"description":"Its colour.","enum":["red","green"],"default":"green"})");
  const OrderedJson& wheels = keys.at("wheels");
  CHECK(wheels.at("minItems") == 1);
  const OrderedJson& radius = wheels.at("items").at("properties").at("radius");
  CHECK(radius.dump() == R"({"description":"In m.","type":"number","exclusiveMinimum":0,)"
                         R"("maximum":2,"default":0.5})");
  // Bounds are of what lists and maps hold.
  CHECK(keys.at("load").at("additionalProperties").dump() == R"({"type":"integer","minimum":1})");
  CHECK(keys.at("seats").at("items").at("minimum") == 0);
  CHECK_FALSE(keys.at("seats").contains("default"));
  CHECK(keys.at("owners").at("type") == "array");
  CHECK(keys.at("grip").at("description") == "Of the brake. Only used with brake: true.");
  CHECK(keys.at("grip").at("default") == 7);
  CHECK(keys.at("lock").at("properties").at("key").at("enum") == OrderedJson({"thumb", "code"}));
  CHECK(keys.at("lock").at("required").size() == 1);

  const OrderedJson document = OrderedJson::parse(to_json_schema(cart, "a cart"));
  CHECK(document.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(document.at("title") == "a cart");
}

TEST_CASE("what brings other keys excuses their absence") {
  SchemaWriter writer;
  Cart cart;
  schema(writer, cart);
  writer.may_include();
  const OrderedJson whole = writer.whole();
  CHECK_FALSE(whole.contains("required"));
  CHECK(whole.at("anyOf")[0].at("required").size() == 4);
  CHECK(whole.at("anyOf")[1].at("required") == OrderedJson::array({"include"}));
}

TEST_CASE("a schema is shown as tables") {
  CHECK(to_markdown(SchemaWriter::type_of(Cart())) == R"(| key | type | default | meaning |
|---|---|---|---|
| `version`* | `1` |  | Version of this format. |
| `name`* | text |  | What it is called. |
| `note` | text |  | For \| people. |
| `colour` | `red`, `green` | `green` | Its colour. |
| `wheels`* | list: section |  | What it rolls on. |
| `load` | by name: whole number, at least 1 |  | Kilograms of each thing. |
| `seats` | list: whole number, at least 0 |  | Their numbers. |
| `owner`* | text |  | Whose it is. |
| `owners`* | list: text |  | Several of these, in place of owner. |
| `brake` | true or false | `true` | It has one. |
| `grip` | whole number, at least 1 | `7` | Of the brake. Only used with brake: true. |
| `lock`* | section |  | What keeps it. |

### `wheels[]`

| key | type | default | meaning |
|---|---|---|---|
| `radius` | number, above 0, at most 2 | `0.5` | In m. |

### `lock`

| key | type | default | meaning |
|---|---|---|---|
| `key`* | `thumb`, `code` |  | Who opens it. |
)");
}
