// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/text.hpp"
#include "lib/domain/site.hpp"

namespace bailiwick {

namespace {

std::string describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a section";
    case YamlNode::Kind::scalar:
      break;
  }
  return (node.quoted ? "the text \"" : "\"") + node.text + "\"";
}

template <class Number>
bool parse_number(const YamlNode& node, Number& value) {
  if (node.kind != YamlNode::Kind::scalar || node.quoted) return false;
  const char* first = node.text.data();
  const char* last = first + node.text.size();
  if (last - first > 1 && *first == '+' && first[1] != '-') ++first;
  const auto [end, failed] = std::from_chars(first, last, value);
  return failed == std::errc{} && end == last;
}

}  // namespace

const Matching one_line{[](const std::string& text) { return is_printable(text); },
                        "one line of text without control characters"};
const Matching a_file_name{[](const std::string& name) { return is_file_name(name); },
                           file_name_form};

std::string Jurisdiction::operator()(const std::string& code) const {
  return is_jurisdiction(code) ? ""
                               : fmt::format("\"{}\" is not {}", code, jurisdiction_form(code));
}

void YamlReader::check(bool holds, const std::string& name, const std::string& message) {
  if (!holds && reading_.malformed == malformed_before_) add_problem(name, message);
}

bool YamlReader::has_problem(const std::string& name) const {
  return problems_.concern(join_keys(path_, name));
}

void YamlReader::add_problem(const std::string& name, const std::string& message) {
  YamlMark mark = mark_;
  const YamlNode* node = &node_;
  std::string_view rest = name;
  while (node != nullptr && !rest.empty()) {
    const YamlNode* next = nullptr;
    std::size_t used = 0;
    // Keys may have dots themselves, so they are compared whole.
    const auto try_key = [&](const std::string& key, const YamlNode& value, const YamlMark& place) {
      if (next != nullptr || (rest != key && !rest.starts_with(key + "."))) return;
      next = &value;
      mark = place;
      used = key.size();
    };
    for (const YamlEntry& entry : node->entries)
      try_key(entry.key, entry.value, place_of(entry));
    for (std::size_t i = 0; i < node->items.size(); ++i)
      try_key(std::to_string(i), node->items[i], node->items[i].mark);
    rest.remove_prefix(std::min(rest.size(), used + 1));
    node = next;
  }
  problems_.add(mark, join_keys(path_, name), message);
}

void YamlReader::finish() {
  for (const YamlEntry& entry : node_.entries)
    if (std::ranges::find(names_, entry.key) == names_.end() &&
        std::ranges::find(former_names_, entry.key) == former_names_.end())
      problems_.add(
          entry.mark, join_keys(path_, entry.key),
          fmt::format("unknown key; allowed: {}{}", join(names_), did_you_mean(entry.key, names_)));
}

void YamlReader::look_for_former(const Formerly& former, const std::string& name, bool list,
                                 const YamlEntry*& entry) {
  for (const char* word : {former.name, list ? former.list : nullptr}) {
    const YamlEntry* found = word == nullptr ? nullptr : find(node_, word);
    if (found == nullptr) continue;
    former_names_.push_back(word);
    problems_.add(found->mark, join_keys(path_, word), fmt::format("is called \"{}\" now", name));
    if (entry == nullptr) entry = found;
  }
}

void YamlReader::missing(const std::string& name) {
  problems_.add(mark_, join_keys(path_, name), "required key is missing");
  ++reading_.malformed;
}

bool YamlReader::wrong(const Place& at, const std::string& expected) {
  problems_.add(at.mark, at.path,
                fmt::format("expected {}, found {}", expected, describe(at.node)));
  ++reading_.malformed;
  return false;
}

bool YamlReader::expect(const Place& at, YamlNode::Kind kind, const std::string& expected) {
  return at.node.kind == kind || wrong(at, expected);
}

// A section whose keys are all commented out is a null to YAML.
bool YamlReader::expect_section(const Place& at) {
  return at.node.kind == YamlNode::Kind::null || expect(at, YamlNode::Kind::map, "a section");
}

void YamlReader::resolve(const Place& at, std::string& path) {
  const std::string problem = path.empty() ? "must not be empty" : one_line(path);
  if (!problem.empty()) return problems_.add(at.mark, at.path, problem);
  std::filesystem::path resolved = path;
  if (at.node.mark.option.empty())
    resolved = std::filesystem::path(problems_.path(at.node.mark.file)).parent_path() / resolved;
  resolved = std::filesystem::absolute(resolved).lexically_normal();
  if (!resolved.has_filename()) resolved = resolved.parent_path();  // a slash at the end
  path = resolved.string();
}

bool YamlReader::read(const Place& at, std::string& value) {
  if (!expect(at, YamlNode::Kind::scalar, "text")) return false;
  value = at.node.text;
  return true;
}

bool YamlReader::read(const Place& at, bool& value) {
  const bool holds = at.node.kind == YamlNode::Kind::scalar && !at.node.quoted &&
                     (at.node.text == "true" || at.node.text == "false");
  if (!holds) return wrong(at, "true or false");
  value = at.node.text == "true";
  return true;
}

bool YamlReader::read(const Place& at, char& value) {
  if (at.node.kind != YamlNode::Kind::scalar || at.node.text.size() != 1)
    return wrong(at, "one character");
  value = at.node.text[0];
  return true;
}

bool YamlReader::read(const Place& at, double& value) {
  return (parse_number(at.node, value) && std::isfinite(value)) || wrong(at, "a finite number");
}

bool YamlReader::read(const Place& at, int& value) {
  return parse_number(at.node, value) || wrong(at, "a whole number");
}

bool YamlReader::read(const Place& at, std::uint64_t& value) {
  return parse_number(at.node, value) || wrong(at, "a whole number of at least 0");
}

}  // namespace bailiwick
