// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/copies.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "lib/config/rules.hpp"
#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

constexpr std::string_view name_mark = "<name>";
constexpr std::size_t most_names = 4096;  // each of which copies the section

bool is_of_a_word(unsigned char c) {
  return std::isalpha(c) != 0 || c == '_' || c == '-';
}

/// Writes `name` wherever a value says <name>; another word in angle brackets is a slip.
void put_name(YamlNode& node, const std::string& name, const std::string& key,
              YamlProblems& problems) {
  for (std::size_t at = node.text.find(name_mark); at != std::string::npos;
       at = node.text.find(name_mark, at + name.size()))
    node.text.replace(at, name_mark.size(), name);
  const std::size_t open = node.text.find('<'), close = node.text.find('>', open);
  if (open != std::string::npos && close != std::string::npos && close > open + 1 &&
      std::ranges::all_of(node.text.substr(open + 1, close - open - 1), is_of_a_word))
    problems.add(node.mark, key,
                 fmt::format("\"{}\" stands for nothing; <name> does",
                             node.text.substr(open, close - open + 1)));
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
  if (names.size() > most_names)
    problems.add(entry.mark, key, fmt::format("more than {} names", most_names));
  problems.throw_if_any();
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
