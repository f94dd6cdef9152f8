// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/config/reader.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

/// A struct with a schema.
template <class T>
concept Sectioned =
    std::is_class_v<T> && !std::is_same_v<T, std::string> && !Worded<T> && !requires(T t) {
  t.begin();
}
&&!requires(T t) {
  t.has_value();
};

/// What of a struct is written: all, defaults included; what is not as in one that nobody has
/// touched; or what of that decides bits. The last two are the same whatever keys with defaults a
/// later release learns.
enum class Written { all, given, decisive };

/// Writes a struct by the schema that YamlReader reads it with.
class YamlWriter {
 public:
  /// Writes all; paths as they are seen from `folder`, if one is given: no other says where that
  /// lies.
  explicit YamlWriter(std::string folder = {}) : folder_(std::move(folder)) {
    node_.kind = YamlNode::Kind::map;
  }

  const YamlNode& node() const { return node_; }

  template <class T>
  static YamlNode write_struct(T& value, Written written) {
    T untouched{};
    return write_struct(value, untouched, written);
  }

  template <class T, class... Rules>
  void key(const std::string& name, T& value, const char*, const Rules&... rules) {
    if (is_left_out(rules...)) return;
    if (written_ == Written::all) return add(name, placed<Rules...>(write(value)));
    T* const untouched = counterpart(value);
    if constexpr (Sectioned<T>) {
      YamlNode node = untouched ? write_struct(value, *untouched, written_) : write(value);
      if (!node.entries.empty()) add(name, std::move(node));
    } else {
      YamlNode node = placed<Rules...>(write(value));
      if (!untouched || to_yaml(node) != to_yaml(write(*untouched))) add(name, std::move(node));
    }
  }
  template <class T, class... Rules>
  void key(const std::string& name, std::optional<T>& value, const char*, const Rules&... rules) {
    if (is_left_out(rules...)) return;
    if constexpr (Worded<std::optional<T>>) {
      const auto* const untouched = written_ == Written::all ? nullptr : counterpart(value);
      if (!untouched || *untouched != value) add(name, write(value));
    } else if (value) {
      add(name, placed<Rules...>(write(*value)));
    }
  }
  template <class T, class... Rules>
  void either(const std::string&, const std::string& many, std::vector<T>& values,
              const char* sentence, const Rules&... rules) {
    key(many, values, sentence, rules...);
  }
  template <class Keys, class... Rules>
  void section(const std::string& name, const char*, const Keys& keys, const Rules&... rules) {
    if (is_left_out(rules...)) return;
    YamlWriter inner(folder_);
    inner.written_ = written_;
    inner.object_ = object_;
    inner.untouched_ = untouched_;
    inner.size_ = size_;
    keys(inner);
    if (written_ == Written::all || !inner.node_.entries.empty()) add(name, inner.node_);
  }
  void may_include() {}
  void may_be_for(const char*) {}
  void check(bool, const std::string&, const std::string&) {}
  template <class Problems>
  void judge(const Problems&) {}
  bool given(const std::string&) const { return true; }

 private:
  template <class... Rules>
  bool is_left_out(const Rules&... rules) const {
    return exclusion(rules...) != nullptr ||
           (written_ == Written::decisive && decides_no_bit<Rules...>);
  }

  template <class T>
  static YamlNode write_struct(T& value, T& untouched, Written written) {
    YamlWriter inner;
    inner.written_ = written;
    inner.object_ = reinterpret_cast<char*>(&value);
    inner.untouched_ = reinterpret_cast<char*>(&untouched);
    inner.size_ = sizeof(T);
    schema(inner, value);
    return inner.node_;
  }

  /// The same member of the untouched object; nullptr where `value` is no member.
  template <class T>
  T* counterpart(T& value) const {
    const auto place = reinterpret_cast<std::uintptr_t>(&value);
    const auto first = reinterpret_cast<std::uintptr_t>(object_);
    if (place < first || place + sizeof(T) > first + size_) return nullptr;
    return reinterpret_cast<T*>(untouched_ + (place - first));
  }

  /// A path decides bits by the name of its file alone.
  template <class... Rules>
  YamlNode placed(YamlNode node) const {
    if constexpr ((std::is_same_v<Rules, IsPath> || ...)) place(node);
    return node;
  }
  void place(YamlNode& node) const {
    for (YamlNode& item : node.items)
      place(item);
    const std::filesystem::path path = node.text;
    if (!path.is_absolute()) return;
    if (written_ == Written::decisive)
      node.text = path.filename().string();
    else if (!folder_.empty())
      node.text = path.lexically_proximate(folder_).string();
  }

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
  static YamlNode write(char value) { return scalar(std::string(1, value), true); }
  static YamlNode write(bool value) { return scalar(value ? "true" : "false", false); }
  YamlNode write(double value) const {
    std::string text = round_trip(value);
    // To readers of YAML 1.1, 1e-10 is a text. What names a run stays as it was.
    const std::size_t exponent = text.find('e');
    if (written_ == Written::all && exponent != std::string::npos && text.find('.') > exponent)
      text.insert(exponent, ".0");
    return scalar(text, false);
  }
  static YamlNode write(int value) { return scalar(std::to_string(value), false); }
  static YamlNode write(std::uint64_t value) { return scalar(std::to_string(value), false); }

  template <Worded T>
  static YamlNode write(const T& value) {
    return scalar(to_word(value), false);
  }
  template <class T>
  YamlNode write(std::vector<T>& values) const {
    YamlNode node;
    node.kind = YamlNode::Kind::list;
    for (T& value : values)
      node.items.push_back(write(value));
    return node;
  }
  template <class T>
  YamlNode write(std::map<std::string, T>& values) const {
    YamlNode node;
    node.kind = YamlNode::Kind::map;
    for (auto& [name, value] : values) {
      YamlEntry& entry = node.entries.emplace_back();
      entry.key = name;
      entry.value = write(value);
    }
    return node;
  }
  template <Sectioned T>
  YamlNode write(T& value) const {
    if (written_ != Written::all) return write_struct(value, written_);
    YamlWriter inner(folder_);
    schema(inner, value);
    return inner.node_;
  }

  YamlNode node_;
  std::string folder_;
  Written written_ = Written::all;
  char *object_ = nullptr, *untouched_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace bailiwick
