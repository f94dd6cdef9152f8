// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/config/reader.hpp"

namespace bailiwick {

/// Writes a struct by the schema that YamlReader reads it with, every default included.
class YamlWriter {
 public:
  YamlWriter() { node_.kind = YamlNode::Kind::map; }

  const YamlNode& node() const { return node_; }

  template <class T, class... Rules>
  void key(const std::string& name, T& value, const Rules&...) {
    add(name, write(value));
  }
  template <class T, class... Rules>
  void key(const std::string& name, std::optional<T>& value, const Rules&...) {
    if constexpr (Worded<std::optional<T>>)
      add(name, write(value));
    else if (value)
      add(name, write(*value));
  }
  template <class T, class... Rules>
  void either(const std::string&, const std::string& many, std::vector<T>& values,
              const Rules&...) {
    key(many, values);
  }
  template <class Keys>
  void section(const std::string& name, const Keys& keys, bool applies = true,
               const std::string& = "") {
    if (!applies) return;
    YamlWriter inner;
    keys(inner);
    add(name, inner.node_);
  }
  void may_include() {}
  void unused(const std::string&, const std::string&) {}
  void check(bool, const std::string&, const std::string&) {}
  template <class Problems>
  void judge(const Problems&) {}
  bool given(const std::string&) const { return true; }

 private:
  void add(const std::string& name, YamlNode value) {
    node_.entries.push_back({name, {}, std::move(value)});
  }

  static YamlNode scalar(const std::string& text, bool quoted) {
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.text = text;
    node.quoted = quoted;
    return node;
  }

  static YamlNode write(const std::string& value) { return scalar(value, true); }
  static YamlNode write(bool value) { return scalar(value ? "true" : "false", false); }
  static YamlNode write(double value) { return scalar(round_trip(value), false); }
  static YamlNode write(int value) { return scalar(std::to_string(value), false); }
  static YamlNode write(std::uint64_t value) { return scalar(std::to_string(value), false); }

  template <Worded T>
  static YamlNode write(const T& value) {
    return scalar(to_word(value), false);
  }
  template <class T>
  static YamlNode write(std::vector<T>& values) {
    YamlNode node;
    node.kind = YamlNode::Kind::list;
    for (T& value : values)
      node.items.push_back(write(value));
    return node;
  }
  template <class T>
  static YamlNode write(std::map<std::string, T>& values) {
    YamlNode node;
    node.kind = YamlNode::Kind::map;
    for (auto& [name, value] : values) {
      YamlEntry& entry = node.entries.emplace_back();
      entry.key = name;
      entry.value = write(value);
    }
    return node;
  }
  template <class T>
  requires(std::is_class_v<T> && !std::is_same_v<T, std::string> && !Worded<T>) static YamlNode
      write(T& value) {
    YamlWriter inner;
    schema(inner, value);
    return inner.node_;
  }

  YamlNode node_;
};

}  // namespace bailiwick
