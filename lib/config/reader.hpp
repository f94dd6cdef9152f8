// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/config/copies.hpp"
#include "lib/config/include.hpp"
#include "lib/config/rules.hpp"
#include "lib/config/yaml.hpp"
#include "lib/core/words.hpp"

namespace bailiwick {

/// What the readers of all sections of one config share.
struct YamlReading {
  YamlProblems& problems;
  int malformed = 0;  ///< values that could not be read
};

/// Fills a struct from a map of YAML by the struct's schema, a function
/// `template <class Visitor> void schema(Visitor&, Struct&)` that names every key once, with a
/// sentence on what it means. The same schema drives YamlWriter and SchemaWriter.
class YamlReader {
 public:
  /// `mark`: where a missing key is missed.
  YamlReader(const YamlNode& node, std::string path, YamlMark mark, YamlReading& reading)
      : node_(node),
        path_(std::move(path)),
        mark_(std::move(mark)),
        reading_(reading),
        problems_(reading.problems),
        malformed_before_(reading.malformed) {}

  /// A key, where its value goes, what it means, and what must hold of it. A key that is not given
  /// leaves `value`.
  template <class T, class... Rules>
  void key(const std::string& name, T& value, const char*, const Rules&... rules) {
    if (const OnlyIf* out = exclusion(rules...)) return unused(name, out->reason);
    names_.push_back(name);
    const YamlEntry* entry = find(node_, name);
    (look_for_former(rules, name, true, entry), ...);
    if (entry != nullptr) {
      const Place at{entry->value, join_keys(path_, entry->key), place_of(*entry)};
      if (read(at, value)) (apply(at, value, rules), ...);
    } else if ((std::is_same_v<Rules, Required> || ...)) {
      missing(name);
    }
  }

  /// A list that may be given as one value under `one` or as a list under `many`; one of them must.
  template <class T, class... Rules>
  void either(const std::string& one, const std::string& many, std::vector<T>& values,
              const char* sentence, const Rules&... rules) {
    names_.push_back(one);
    const YamlEntry* entry = find(node_, one);
    (look_for_former(rules, one, false, entry), ...);
    if (entry == nullptr) return key(many, values, sentence, required, rules...);
    check(!given(many), many, "give either \"" + one + "\" or \"" + many + "\", not both");
    names_.push_back(many);
    if (entry->value.kind == YamlNode::Kind::list) {
      add_problem(one, "is one; several go under \"" + many + "\"");
      ++reading_.malformed;
      return;
    }
    YamlNode list;
    list.kind = YamlNode::Kind::list;
    list.items.push_back(entry->value);
    const Place at{list, join_keys(path_, entry->key), place_of(*entry)};
    if (read(at, values)) (apply(at, values, rules), ...);
  }

  /// A map from names to structs, as a list in the order of the file; `name` is the struct's member
  /// that takes the key.
  template <class T>
  void named(const std::string& key_name, std::vector<T>& values, std::string T::*name,
             const char*) {
    names_.push_back(key_name);
    const YamlEntry* entry = find(node_, key_name);
    if (entry == nullptr) return missing(key_name);
    const std::string path = join_keys(path_, key_name);
    if (!expect(Place{entry->value, path, place_of(*entry)}, YamlNode::Kind::map, "a section"))
      return;
    for (const YamlEntry& member : entry->value.entries) {
      T& value = values.emplace_back();
      value.*name = member.key;
      read(Place{member.value, join_keys(path, member.key), place_of(member)}, value);
    }
  }

  /// Keys grouped under a name without a struct of their own.
  template <class Keys, class... Rules>
  void section(const std::string& name, const char*, const Keys& keys, const Rules&... rules) {
    if (const OnlyIf* out = exclusion(rules...)) return unused(name, out->reason);
    names_.push_back(name);
    static const YamlNode nothing;
    const YamlEntry* entry = find(node_, name);
    const std::string path = join_keys(path_, name);
    if (entry != nullptr && !expect_section(Place{entry->value, path, place_of(*entry)})) return;
    YamlReader inner(entry == nullptr ? nothing : entry->value, path,
                     entry == nullptr ? mark_ : entry->mark, reading_);
    keys(inner);
    inner.finish();
  }

  /// The file may include others: merge_config has taken them in by now.
  void may_include() {
    names_.push_back("include");
    if (given("include")) add_problem("include", "stands in a file, not on the command line");
  }

  /// `for` made copies of such a section before it is read.
  void may_be_for(const char*) {}

  /// Something that must hold between keys, said of key `name` (dots and list indices allowed). Not
  /// said if a value here could not be read, since it would rest on a default.
  void check(bool holds, const std::string& name, const std::string& message);
  bool given(const std::string& name) const { return find(node_, name) != nullptr; }

  /// What rules that stand elsewhere say of keys, each with a `key` (as of check) and a `message`.
  /// Left out of keys of which something was said before: these could not be read, or are missing.
  template <class Problem>
  void judge(const std::vector<Problem>& verdict) {
    std::vector<const Problem*> added;
    for (const Problem& problem : verdict)
      if (!has_problem(problem.key)) added.push_back(&problem);
    for (const Problem* problem : added)
      add_problem(problem->key, problem->message);
  }

  /// Reports the keys that the schema did not name.
  void finish();

 private:
  struct Place {
    const YamlNode& node;
    std::string path;
    YamlMark mark;
  };

  // Sections begin at their own first key, and a null nowhere: point at the key above.
  static YamlMark place_of(const YamlEntry& entry) {
    const bool plain =
        entry.value.kind == YamlNode::Kind::scalar || entry.value.kind == YamlNode::Kind::list;
    return plain || !entry.value.mark.option.empty() ? entry.value.mark : entry.mark;
  }

  // `entry`, if not given by its name of today, by its name in an earlier release.
  void look_for_former(const Formerly& former, const std::string& name, bool list,
                       const YamlEntry*& entry);
  template <class Rule>
  void look_for_former(const Rule&, const std::string&, bool, const YamlEntry*&) {}

  void unused(const std::string& name, const std::string& reason) {
    if (!given(name)) return;
    names_.push_back(name);
    check(false, name, reason);
  }
  bool has_problem(const std::string& name) const;
  void add_problem(const std::string& name, const std::string& message);
  void missing(const std::string& name);
  bool wrong(const Place& at, const std::string& expected);
  bool expect(const Place& at, YamlNode::Kind kind, const std::string& expected);
  bool expect_section(const Place& at);
  void resolve(const Place& at, std::string& path);

  bool read(const Place& at, std::string& value);
  bool read(const Place& at, bool& value);
  bool read(const Place& at, char& value);
  bool read(const Place& at, double& value);
  bool read(const Place& at, int& value);
  bool read(const Place& at, std::uint64_t& value);

  template <Worded T>
  bool read(const Place& at, T& value) {
    std::string text;
    if (!read(at, text)) return false;
    OneOf allowed;
    for (const auto& [candidate, word] : words<T>) {
      allowed.words.push_back(word);
      if (word == text) {
        value = candidate;
        return true;
      }
    }
    problems_.add(at.mark, at.path, allowed(text));
    ++reading_.malformed;
    return false;
  }

  template <class T>
  requires(!Worded<std::optional<T>>) bool read(const Place& at, std::optional<T>& value) {
    T found{};
    if (!read(at, found)) return false;
    value = std::move(found);
    return true;
  }

  template <class T>
  bool read(const Place& at, std::vector<T>& values) {
    if (!expect(at, YamlNode::Kind::list, "a list")) return false;
    values.assign(at.node.items.size(), T{});
    bool all = true;
    for (std::size_t i = 0; i < values.size(); ++i)
      all = read(item(at, i), values[i]) && all;
    return all;
  }

  template <class T>
  bool read(const Place& at, std::map<std::string, T>& values) {
    if (!expect(at, YamlNode::Kind::map, "a section")) return false;
    bool all = true;
    for (const YamlEntry& entry : at.node.entries)
      all = read(Place{entry.value, join_keys(at.path, entry.key), place_of(entry)},
                 values[entry.key]) &&
            all;
    return all;
  }

  template <class T>
  requires(std::is_class_v<T> && !Worded<T>) bool read(const Place& at, T& value) {
    if (!expect_section(at)) return false;
    YamlReader inner(at.node, at.path, at.mark, reading_);
    schema(inner, value);
    inner.finish();
    return true;
  }

  static Place item(const Place& at, std::size_t index) {
    const YamlNode& node = at.node.items[index];
    return {node, join_keys(at.path, std::to_string(index)), node.mark};
  }

  template <class T, class Rule>
  void apply(const Place& at, T& value, const Rule& rule) {
    if constexpr (SaysNothingOfValues<Rule>) {
      return;
    } else if constexpr (std::is_same_v<Rule, IsPath> && std::is_same_v<T, std::string>) {
      if (!rule.or_input || value != "-") resolve(at, value);
    } else if constexpr (std::is_invocable_v<const Rule&, const T&>) {
      if (const std::string problem = rule(value); !problem.empty())
        problems_.add(at.mark, at.path, problem);
    } else {
      apply_to_items(at, value, rule);
    }
  }
  template <class T, class Rule>
  void apply_to_items(const Place& at, std::vector<T>& values, const Rule& rule) {
    for (std::size_t i = 0; i < values.size(); ++i)
      apply(item(at, i), values[i], rule);
  }
  template <class T, class Rule>
  void apply_to_items(const Place& at, std::optional<T>& value, const Rule& rule) {
    if (value) apply(at, *value, rule);
  }
  template <class T, class Rule>
  void apply_to_items(const Place& at, std::map<std::string, T>& values, const Rule& rule) {
    for (const YamlEntry& entry : at.node.entries)
      apply(Place{entry.value, join_keys(at.path, entry.key), place_of(entry)}, values[entry.key],
            rule);
  }

  const YamlNode& node_;
  std::string path_;
  YamlMark mark_;
  YamlReading& reading_;
  YamlProblems& problems_;
  const int malformed_before_;
  std::vector<std::string> names_, former_names_;
};

/// Reads a whole document into `config`.
template <class Config>
void read_yaml(const YamlNode& root, YamlProblems& problems, Config& config) {
  if (root.kind != YamlNode::Kind::map) {
    problems.add(root.mark, "", "expected keys and values");
    problems.throw_if_any();
  }
  YamlReading reading{problems};
  YamlReader reader(root, "", {}, reading);
  schema(reader, config);
  reader.finish();
  problems.throw_if_any();
}

/// Reads a config and what it includes into `config`, with `--set`; returns where its keys stand.
/// Opens no file. `Config::copied_list`: a list at its root whose sections may stand for several.
template <class Config>
KeyPlaces parse_config(const ConfigFiles& files, Config& config, const Overrides& overrides = {}) {
  YamlProblems problems(files.front().path);
  YamlNode root = merge_config(files, problems);
  // Options name the sections by the places they have then, and may say such a list themselves.
  put_copies(root, Config::copied_list, problems);
  for (const auto& [key, value] : overrides)
    override_yaml(root, key, value, problems);
  put_copies(root, Config::copied_list, problems);
  read_yaml(root, problems, config);
  return places_of_keys(root, problems);
}

/// Reads a file that includes no other.
template <class Config>
void read_yaml(const std::string& text, const std::string& path, Config& config) {
  YamlProblems problems(path);
  read_yaml(parse_yaml(text, problems), problems, config);
}

}  // namespace bailiwick
