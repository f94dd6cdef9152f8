// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy_yaml.hpp"

#include <algorithm>
#include <regex>

#include "lib/config/reader.hpp"
#include "lib/config/schema.hpp"
#include "lib/config/writer.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

template <class Visitor>
void schema(Visitor& v, Policy& policy) {
  key_version(v);
  v.key("uid", policy.uid, "IRI that names these terms; changed terms have a new one.", required);
  v.key("owner", policy.owner, "Who permits; one line. The signature proves it.", required);
  for_each_term(policy, [&](auto& term) {
    if constexpr (requires { term.keys(v); }) term.keys(v);
  });
  // What a policy may say is the policy's own business, in YAML as in ODRL.
  v.judge(problems_of(policy));
}

namespace {

constexpr std::string_view name_mark = "<name>";

/// Writes `name` wherever a value says <name>.
void put_name(YamlNode& node, const std::string& name) {
  for (std::size_t at = node.text.find(name_mark); at != std::string::npos;
       at = node.text.find(name_mark, at + name.size()))
    node.text.replace(at, name_mark.size(), name);
  for (YamlNode& item : node.items)
    put_name(item, name);
  for (YamlEntry& entry : node.entries)
    put_name(entry.value, name);
}

/// What `for` says: the names, each with the keys that are its own.
std::vector<YamlEntry> names_of(const YamlEntry& owners, YamlProblems& problems) {
  const YamlNode& value = owners.value;
  std::vector<YamlEntry> names = value.entries;
  for (const YamlNode& item : value.items)
    if (item.kind == YamlNode::Kind::scalar) names.push_back({item.text, item.mark, {}});
  if (names.empty() || names.size() < value.items.size())
    problems.add(owners.mark, "for",
                 "expected a list of names, or a section of names with the keys of each");
  for (const YamlEntry& entry : names) {
    if (std::ranges::count(names, entry.key, &YamlEntry::key) > 1)
      problems.add(entry.mark, "for", fmt::format("\"{}\" is given twice", entry.key));
    if (const std::string wrong = a_file_name(entry.key); !wrong.empty())
      problems.add(entry.mark, "for", wrong);
    if (entry.value.kind != YamlNode::Kind::null && entry.value.kind != YamlNode::Kind::map)
      problems.add(entry.mark, join_keys("for", entry.key), "expected a section");
  }
  problems.throw_if_any();
  return names;
}

/// The terms of one of those that the file is for, as if they stood in a file of their own.
void choose_owner(YamlNode& root, const std::string& name, YamlProblems& problems) {
  const YamlEntry* found = find(root, "for");
  if (found == nullptr && name.empty()) return;
  if (found == nullptr) {
    problems.add(root.mark, "",
                 "has no \"for\": its terms are one owner's, so leave out --for " + name);
    problems.throw_if_any();
  }
  const YamlEntry owners = *found;
  std::erase_if(root.entries, [](const YamlEntry& entry) { return entry.key == "for"; });
  const std::vector<YamlEntry> all = names_of(owners, problems);
  std::vector<std::string> names;
  for (const YamlEntry& own : all) {
    names.push_back(own.key);
    // What is wrong with one owner's terms is said whoever signs.
    for (const YamlEntry& entry : own.value.entries)
      if (const YamlEntry* common = find(root, entry.key))
        problems.add(entry.mark, join_keys("for." + own.key, entry.key),
                     "stands at " + problems.place_of(common->mark) + " already, for all");
  }
  problems.throw_if_any();
  const auto own = std::ranges::find(all, name, &YamlEntry::key);
  if (own == all.end()) {
    problems.add(owners.mark, "for",
                 name.empty() ? "say whose terms are to be signed with --for: " + join(names)
                              : fmt::format("\"{}\" is none of {}{}", name, join(names),
                                            did_you_mean(name, names)));
    problems.throw_if_any();
  }
  root.entries.insert(root.entries.end(), own->value.entries.begin(), own->value.entries.end());
  put_name(root, name);
}

}  // namespace

Policy parse_policy_yaml(const std::string& text, const std::string& path,
                         const std::string& name) {
  YamlProblems problems(path);
  YamlNode root = parse_yaml(text, problems);
  choose_owner(root, name, problems);
  Policy policy;
  read_yaml(root, problems, policy);
  return policy;
}

namespace {

/// A text that no reader of YAML takes for anything but this text.
bool is_plain(const std::string& text) {
  static const std::regex word("[A-Za-z][A-Za-z0-9_.-]*(:[A-Za-z0-9_./-]+)?");
  static const std::regex other("null|true|false|yes|no|on|off|y|n", std::regex::icase);
  return std::regex_match(text, word) && !std::regex_match(text, other);
}

/// As people write: lists of words in a line, quotes where they are needed.
void set_style(YamlNode& node) {
  for (YamlEntry& entry : node.entries)
    set_style(entry.value);
  for (YamlNode& item : node.items)
    set_style(item);
  node.flow = std::ranges::all_of(
      node.items, [](const YamlNode& item) { return item.kind == YamlNode::Kind::scalar; });
  if (is_plain(node.text)) node.quoted = false;
}

}  // namespace

std::string to_policy_yaml(Policy policy) {
  YamlNode node = YamlWriter::write_struct(policy, Written::given);
  set_style(node);
  return to_yaml(node);
}

OrderedJson policy_schema() {
  SchemaWriter writer;
  Policy untouched;
  schema(writer, untouched);
  const OrderedJson names = SchemaWriter::list_of({{"type", "string"}});
  const OrderedJson own = {{"type", "object"}, {"additionalProperties", writer.keys()}};
  writer.elsewhere(
      "for", {{"anyOf", {names, own}}},
      "Owners who each sign these terms as `<name>`; with the name stands what is their own.");
  return writer.whole();
}

}  // namespace bailiwick
