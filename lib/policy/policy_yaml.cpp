// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/policy_yaml.hpp"

#include <algorithm>
#include <regex>

#include "lib/config/copies.hpp"
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

/// The terms of one of those that the file is for, as if they stood in a file of their own.
void choose_owner(YamlNode& root, const std::string& name, YamlProblems& problems) {
  const YamlEntry* found = find(root, "for");
  if (found == nullptr && name.empty()) return;
  if (found == nullptr) {
    problems.add(root.mark, "",
                 "has no \"for\": its terms are one owner's, so leave out --for " + name);
    problems.throw_if_any();
  }
  const YamlMark mark = found->mark;
  // What is wrong with one owner's terms is said whoever signs.
  std::vector<YamlEntry> all = copies_of(root, "", problems);
  std::vector<std::string> names;
  for (const YamlEntry& own : all)
    names.push_back(own.key);
  const auto own = std::ranges::find(all, name, &YamlEntry::key);
  if (own == all.end()) {
    problems.add(mark, "for",
                 name.empty() ? "say whose terms are to be signed with --for: " + join(names)
                              : fmt::format("\"{}\" is none of {}{}", name, join(names),
                                            did_you_mean(name, names)));
    problems.throw_if_any();
  }
  root = std::move(own->value);
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
  writer.may_be_for(
      "Owners who each sign these terms as `<name>`; with the name stands what is their own.");
  return writer.whole();
}

}  // namespace bailiwick
