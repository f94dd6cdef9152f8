// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "lib/config/rules.hpp"
#include "lib/config/writer.hpp"
#include "lib/core/json.hpp"
#include "lib/core/words.hpp"

namespace bailiwick {

/// Describes a struct that nobody has touched by the schema that YamlReader reads it with, as JSON
/// Schema (draft 2020-12). That accepts all that the reader does, and more: what holds between keys
/// is said in words alone.
class SchemaWriter {
 public:
  template <class T, class... Rules>
  void key(const std::string& name, T& value, const char* sentence, const Rules&... rules) {
    OrderedJson node = type_of(value);
    (limit(node, rules), ...);
    constexpr bool needed = (std::is_same_v<Rules, Required> || ...);
    if constexpr (!needed && !Sectioned<T>) {
      YamlWriter writer;
      writer.key(name, value, sentence);
      for (const YamlEntry& entry : writer.node().entries)
        set_default(node, entry.value);
    }
    add(name, remarked<Rules...>(node), sentence, needed, condition_of(rules...));
  }
  /// Once in a struct.
  template <class T, class... Rules>
  void either(const std::string& one, const std::string& many, std::vector<T>& values,
              const char* sentence, const Rules&... rules) {
    OrderedJson list = type_of(values);
    (limit(list, rules), ...);
    add(one, remarked<Rules...>(list["items"]), sentence);
    add(many, remarked<Rules...>(list), "Several of these, in place of " + one + ".");
    needs_["oneOf"] = {need(one), need(many)};
  }
  template <class T>
  void named(const std::string& name, std::vector<T>&, std::string T::*, const char* sentence) {
    add(name, type_of(std::map<std::string, T>()), sentence, true);
  }
  template <class Keys, class... Rules>
  void section(const std::string& name, const char* sentence, const Keys& keys,
               const Rules&... rules) {
    SchemaWriter inner;
    keys(inner);
    add(name, remarked<Rules...>(inner.whole()), sentence, !inner.needs_.empty(),
        condition_of(rules...));
  }
  void may_include();
  /// The section may stand for several, each of which has keys of its own (copies.hpp).
  void may_be_for(const std::string& sentence);
  void check(bool, const std::string&, const std::string&) {}
  template <class Problems>
  void judge(const Problems&) {}
  bool given(const std::string&) const { return false; }

  OrderedJson whole() const;

  static OrderedJson list_of(const OrderedJson& item);
  /// Of struct, list, map, text, number or truth.
  template <class T>
  static OrderedJson type_of(T value) {
    if constexpr (Worded<T>) {
      OrderedJson node;
      for (const auto& known : words<T>)
        node["enum"].push_back(known.second);
      return node;
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, char>) {
      // Read as a text, 2026 and true are texts too.
      return {{"type", {"string", "number", "boolean"}}};
    } else if constexpr (std::is_arithmetic_v<T>) {
      if (std::is_unsigned_v<T> && !std::is_same_v<T, bool>)
        return {{"type", "integer"}, {"minimum", 0}};
      return {{"type", std::is_same_v<T, bool> ? "boolean"
                       : std::is_integral_v<T> ? "integer"
                                               : "number"}};
    } else if constexpr (Sectioned<T>) {
      SchemaWriter inner;
      schema(inner, value);
      return inner.whole();
    } else if constexpr (requires { typename T::mapped_type; }) {
      return {{"type", "object"}, {"additionalProperties", type_of(typename T::mapped_type())}};
    } else if constexpr (requires { value.has_value(); }) {
      return type_of(typename T::value_type());
    } else {
      return list_of(type_of(typename T::value_type()));
    }
  }

 private:
  template <class... Rules>
  static OrderedJson remarked(OrderedJson node) {
    if (decides_no_bit<Rules...>) node["$comment"] = "Decides no bit of what comes out.";
    return node;
  }
  static OrderedJson need(const std::string& name);
  void add(const std::string& name, const OrderedJson& node, const std::string& sentence,
           bool needed = false, const OnlyIf* condition = nullptr);
  static void set_default(OrderedJson& node, const YamlNode& value);
  static void bound(OrderedJson& node, const char* keyword, double value);

  template <class Rule>
  static void limit(OrderedJson& node, const Rule& rule) {
    if constexpr (requires { rule.minimum; }) bound(node, "minimum", rule.minimum);
    if constexpr (requires { rule.maximum; }) bound(node, "maximum", rule.maximum);
    if constexpr (requires { rule.exclusive_minimum; })
      bound(node, "exclusiveMinimum", rule.exclusive_minimum);
    if constexpr (requires { rule.exclusive_maximum; })
      bound(node, "exclusiveMaximum", rule.exclusive_maximum);
    if constexpr (std::is_same_v<Rule, IsVersion>) node["const"] = rule.version;
    if constexpr (std::is_same_v<Rule, NonEmpty>)
      node[node["type"] == "array" ? "minItems" : "minLength"] = 1;
    if constexpr (std::is_same_v<Rule, OneOf>) {
      node = {{"enum", rule.words}};
      for (const std::string& word : rule.elsewhere)
        node["enum"].push_back(word);
    }
  }

  OrderedJson node_ = {{"type", {"object", "null"}},  // all keys may be commented out
                       {"additionalProperties", false},
                       {"properties", OrderedJson::object()}};
  /// A key that brings others, so that with it none must be given here.
  void elsewhere(const std::string& name, const OrderedJson& node, const std::string& sentence);

  OrderedJson needs_ = OrderedJson::object();  ///< "required", "oneOf"
  std::string elsewhere_;
};

/// What a config says of itself that type_of() or whole() describes, for an editor.
std::string to_json_schema(const OrderedJson& config, const std::string& title);
/// The same as a table of keys for each section.
std::string to_markdown(const OrderedJson& config);

}  // namespace bailiwick
