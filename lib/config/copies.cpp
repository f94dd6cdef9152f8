// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/copies.hpp"

#include <algorithm>
#include <regex>
#include <string_view>
#include <utility>

#include "lib/config/rules.hpp"
#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

constexpr std::string_view name_mark = "<name>";

/// Writes `name` wherever a value says <name>; another word in angle brackets is a slip.
void put_name(YamlNode& node, const std::string& name, const std::string& key,
              YamlProblems& problems) {
  for (std::size_t at = node.text.find(name_mark); at != std::string::npos;
       at = node.text.find(name_mark, at + name.size()))
    node.text.replace(at, name_mark.size(), name);
  static const std::regex other("<[A-Za-z_-]+>");
  if (std::smatch slip; std::regex_search(node.text, slip, other))
    problems.add(node.mark, key, fmt::format("\"{}\" stands for nothing; <name> does", slip.str()));
  for (YamlNode& item : node.items)
    put_name(item, name, key, problems);
  for (YamlEntry& entry : node.entries)
    put_name(entry.value, name, join_keys(key, entry.key), problems);
}

/// What `for` says: the names, each with the keys that are its own.
std::vector<YamlEntry> names_of(const YamlEntry& entry, const std::string& key,
                                YamlProblems& problems) {
  const YamlNode& value = entry.value;
  std::vector<YamlEntry> names = value.entries;
  for (const YamlNode& item : value.items)
    if (item.kind == YamlNode::Kind::scalar) names.push_back({item.text, item.mark, {}});
  if (names.empty() || names.size() < value.items.size())
    problems.add(entry.mark, key,
                 "expected a list of names, or a section of names with the keys of each");
  for (const YamlEntry& own : names) {
    if (std::ranges::count(names, own.key, &YamlEntry::key) > 1)
      problems.add(own.mark, key, fmt::format("\"{}\" is given twice", own.key));
    if (const std::string wrong = a_file_name(own.key); !wrong.empty())
      problems.add(own.mark, key, wrong);
    if (own.value.kind != YamlNode::Kind::null && own.value.kind != YamlNode::Kind::map)
      problems.add(own.mark, join_keys(key, own.key), "expected a section");
  }
  problems.throw_if_any();
  return names;
}

}  // namespace

std::vector<YamlEntry> copies_of(const YamlNode& section, const std::string& path,
                                 YamlProblems& problems) {
  const std::string key = join_keys(path, "for");
  std::vector<YamlEntry> copies = names_of(*find(section, "for"), key, problems);
  YamlNode common = section;
  std::erase_if(common.entries, [](const YamlEntry& entry) { return entry.key == "for"; });
  for (YamlEntry& copy : copies) {
    YamlNode whole = common;
    for (YamlEntry& own : copy.value.entries) {
      if (const YamlEntry* of_all = find(common, own.key))
        problems.add(own.mark, join_keys(join_keys(key, copy.key), own.key),
                     "stands at " + problems.place_of(of_all->mark) + " already, for all");
      whole.entries.push_back(std::move(own));
    }
    copy.value = std::move(whole);
    put_name(copy.value, copy.key, path, problems);
  }
  problems.throw_if_any();
  return copies;
}

void put_copies(YamlNode& root, const std::string& list, YamlProblems& problems) {
  const auto at = std::ranges::find(root.entries, list, &YamlEntry::key);
  if (at == root.entries.end()) return;
  std::vector<YamlNode> items = std::exchange(at->value.items, {});
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (find(items[i], "for") == nullptr) {
      at->value.items.push_back(std::move(items[i]));
      continue;
    }
    for (YamlEntry& copy : copies_of(items[i], join_keys(list, std::to_string(i)), problems)) {
      if (find(copy.value, "name") == nullptr) {
        YamlNode name;
        name.kind = YamlNode::Kind::scalar;
        name.quoted = true;
        name.text = copy.key;
        name.mark = copy.mark;
        copy.value.entries.insert(copy.value.entries.begin(), {"name", copy.mark, name});
      }
      at->value.items.push_back(std::move(copy.value));
    }
  }
}

}  // namespace bailiwick
