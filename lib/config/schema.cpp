// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/schema.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

OrderedJson SchemaWriter::list_of(const OrderedJson& item) {
  return {{"type", "array"}, {"items", item}};
}

OrderedJson SchemaWriter::need(const std::string& name) {
  return {{"required", OrderedJson::array({name})}};
}

void SchemaWriter::add(const std::string& name, const OrderedJson& node,
                       const std::string& sentence, bool needed, const OnlyIf* condition) {
  OrderedJson& described = node_["properties"][name] = {{"description", sentence}};
  described.update(node);
  if (condition != nullptr) {
    std::string when = condition->condition;
    when.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(when.front())));
    described["description"] = sentence + " " + when + ".";
  } else if (needed) {
    needs_["required"].push_back(name);
  }
}

// Unless it is empty and must not be.
void SchemaWriter::set_default(OrderedJson& node, const YamlNode& value) {
  const auto to_json = [](const YamlNode& scalar) {
    return scalar.quoted || !OrderedJson::accept(scalar.text) ? OrderedJson(scalar.text)
                                                              : OrderedJson::parse(scalar.text);
  };
  const bool filled = node.contains("minItems") || node.contains("minLength");
  if (value.kind == YamlNode::Kind::scalar && !(filled && value.text.empty()))
    node["default"] = to_json(value);
  if (value.kind != YamlNode::Kind::list || (filled && value.items.empty())) return;
  node["default"] = OrderedJson::array();
  for (const YamlNode& item : value.items)
    node["default"].push_back(to_json(item));
}

// Of lists and maps, what is in them has bounds.
void SchemaWriter::bound(OrderedJson& node, const char* keyword, double value) {
  for (const char* inner : {"items", "additionalProperties"})
    if (node.contains(inner)) return bound(node[inner], keyword, value);
  node[keyword] = OrderedJson::parse(round_trip(value));
}

void SchemaWriter::may_include() {
  const OrderedJson path = type_of(std::string());
  elsewhere("include", {{"anyOf", {path, list_of(path)}}},
            "Files that hold other sections of this config; paths in them are from their folder.");
}

void SchemaWriter::may_be_for(const std::string& sentence) {
  const OrderedJson own = {{"type", "object"}, {"additionalProperties", node_}};
  elsewhere("for", {{"anyOf", {list_of({{"type", "string"}}), own}}}, sentence);
}

void SchemaWriter::elsewhere(const std::string& name, const OrderedJson& node,
                             const std::string& sentence) {
  add(name, node, sentence);
  elsewhere_ = name;
}

OrderedJson SchemaWriter::whole() const {
  OrderedJson whole = node_;
  if (elsewhere_.empty())
    whole.update(needs_);
  else
    whole["anyOf"] = {needs_, need(elsewhere_)};
  return whole;
}

std::string to_json_schema(const OrderedJson& config, const std::string& title) {
  OrderedJson document = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                          {"title", title}};
  document.update(config);
  return document.dump(2) + "\n";
}

namespace {

std::string type_in_words(const OrderedJson& node) {
  std::vector<std::string> parts;
  for (const OrderedJson& word : node.value("enum", OrderedJson::array()))
    parts.push_back(fmt::format("`{}`", std::string(word)));
  if (!parts.empty()) return join(parts);
  if (node.contains("properties")) return "section";
  if (node.contains("anyOf"))
    return type_in_words(node["anyOf"][0]) + ", or " + type_in_words(node["anyOf"][1]);
  if (node.contains("items")) return "list: " + type_in_words(node["items"]);
  if (node.contains("additionalProperties"))
    return "by name: " + type_in_words(node["additionalProperties"]);
  if (node.contains("const")) return fmt::format("`{}`", node["const"].dump());
  parts.emplace_back(node["type"] == "boolean"   ? "true or false"
                     : node["type"] == "integer" ? "whole number"
                     : node["type"] == "number"  ? "number"
                                                 : "text");
  for (const auto& [bound, words] :
       {std::pair("minimum", "at least "), std::pair("exclusiveMinimum", "above "),
        std::pair("maximum", "at most "), std::pair("exclusiveMaximum", "below ")})
    if (node.contains(bound)) parts.push_back(words + node[bound].dump());
  return join(parts);
}

void append_tables(const OrderedJson& section, const std::string& path, std::string& out) {
  const OrderedJson& needs = section.contains("anyOf") ? section["anyOf"][0] : section;
  std::vector<std::string> needed = needs.value("required", std::vector<std::string>());
  for (const OrderedJson& choice : needs.value("oneOf", OrderedJson::array()))
    needed.push_back(choice["required"][0]);
  out += "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& [name, node] : section["properties"].items()) {
    const OrderedJson usual = node.value("default", OrderedJson());
    const bool plain = usual.is_string() && !std::string(usual).empty();
    std::string meaning = node["description"];
    for (std::size_t at = meaning.find('|'); at != meaning.npos; at = meaning.find('|', at + 2))
      meaning.insert(at, "\\");
    out += fmt::format(
        "| `{}`{} | {} | {} | {} |\n", name, std::ranges::count(needed, name) > 0 ? "*" : "",
        type_in_words(node),
        usual.is_null() ? "" : "`" + (plain ? std::string(usual) : usual.dump()) + "`", meaning);
  }
  for (const auto& [name, node] : section["properties"].items()) {
    const OrderedJson& item = node.contains("items") ? node["items"] : node;
    const bool by_name = !item.contains("properties") && item.contains("additionalProperties");
    const OrderedJson& inner = by_name ? item["additionalProperties"] : item;
    if (!inner.contains("properties")) continue;
    const std::string place = path + name +
                              (node.contains("items") ? "[]"
                               : by_name              ? ".NAME"
                                                      : "");
    out += fmt::format("\n### `{}`\n\n", place);
    append_tables(inner, place + ".", out);
  }
}

}  // namespace

std::string to_markdown(const OrderedJson& config) {
  std::string out;
  append_tables(config, "", out);
  return out;
}

}  // namespace bailiwick
