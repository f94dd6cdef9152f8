// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/yaml.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <sstream>
#include <tuple>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

/// Aliases of aliases grow exponentially; no configuration comes near this.
struct Extent {
  std::size_t nodes = 0, bytes = 0;

  Extent& operator+=(const Extent& more) {
    nodes += more.nodes;
    bytes += more.bytes;
    return *this;
  }
  bool too_large() const { return nodes > 100'000 || bytes > std::size_t{8} << 20; }
};
constexpr std::size_t deepest = 64;

Extent extent_of(const YamlNode& node) {
  Extent extent{1, node.text.size()};
  for (const YamlNode& item : node.items)
    extent += extent_of(item);
  for (const YamlEntry& entry : node.entries) {
    extent += extent_of(entry.value);
    extent.bytes += entry.key.size();
  }
  return extent;
}

// yaml-cpp's own Node drops duplicate keys and the places of keys; its events have both.
class Builder : public YAML::EventHandler {
 public:
  /// `where`: the file or option; its line and column are not used.
  Builder(YamlProblems& problems, YamlMark where, std::string key)
      : problems_(problems), where_(std::move(where)), key_(std::move(key)) {}

  bool started() const { return started_; }
  const YamlMark& start() const { return root_.mark; }
  YamlNode take() { return std::move(root_); }

  YamlMark mark(const YAML::Mark& mark) const {
    return {mark.line + 1, mark.column + 1, where_.option, where_.file};
  }

  void OnDocumentStart(const YAML::Mark&) override { started_ = true; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& at, YAML::anchor_t anchor) override {
    add(make(YamlNode::Kind::null, at), anchor);
  }
  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = make(YamlNode::Kind::scalar, at);
    node.text = value;
    grow({0, value.size()}, at);
    node.quoted = tag == "!";
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& at, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) fail(at, "an alias inside its own anchor");
    YamlNode copy = found->second;
    copy.mark = mark(at);
    grow(extent_of(copy), at);
    add(std::move(copy), 0);
  }
  void OnSequenceStart(const YAML::Mark& at, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::list, at, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& at, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(YamlNode::Kind::map, at, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor;
    YamlEntry pending;  // a key that waits for its value
    bool has_key = false;
    std::map<std::string, int> lines;  // of the keys so far
  };

  [[noreturn]] void fail(const YAML::Mark& at, const std::string& message) const {
    throw YAML::ParserException(at, message);
  }

  void grow(const Extent& more, const YAML::Mark& at) {
    extent_ += more;
    if (extent_.too_large()) fail(at, "too large a document");
  }

  void open(YamlNode::Kind kind, const YAML::Mark& at, YAML::anchor_t anchor) {
    if (open_.size() >= deepest)
      fail(at, fmt::format("lists and sections nested more than {} deep", deepest));
    open_.push_back({make(kind, at), anchor, {}, false, {}});
  }

  YamlNode make(YamlNode::Kind kind, const YAML::Mark& at) {
    grow({1, 0}, at);
    YamlNode node;
    node.kind = kind;
    node.mark = mark(at);
    return node;
  }

  std::string path() const {
    std::string path = key_;
    for (const Open& open : open_) {
      if (open.node.kind == YamlNode::Kind::list)
        path = join_keys(path, std::to_string(open.node.items.size()));
      else
        path = join_keys(path, open.pending.key);
    }
    return path;
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      if (node.kind != YamlNode::Kind::scalar) {
        problems_.add(node.mark, path(), "a key must be plain text");
        problems_.throw_if_any();
      }
      parent.pending = {node.text, node.mark, {}};
      parent.has_key = true;
    } else {
      parent.has_key = false;
      const auto [first, fresh] =
          parent.lines.emplace(parent.pending.key, parent.pending.mark.line);
      if (!fresh) {
        problems_.add(parent.pending.mark, path(),
                      fmt::format("duplicate key; first given in line {}", first->second));
        return;
      }
      parent.pending.value = std::move(node);
      parent.node.entries.push_back(parent.pending);
    }
  }

  YamlProblems& problems_;
  YamlMark where_;
  std::string key_;
  bool started_ = false;
  Extent extent_;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
};

YamlNode build(const std::string& text, YamlProblems& problems, const YamlMark& where,
               const std::string& key) {
  Builder builder(problems, where, key);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    Builder rest(problems, where, key);
    parser.HandleNextDocument(rest);
    if (rest.started()) {
      problems.add(rest.start(), key, "unexpected text after the end of the document");
      problems.throw_if_any();
    }
  } catch (const YAML::Exception& error) {
    problems.add(error.mark.is_null() ? where : builder.mark(error.mark), key,
                 "not valid YAML: " + error.msg);
    problems.throw_if_any();
  }
  return builder.take();
}

void emit(YAML::Emitter& out, const YamlNode& node, bool flow = false) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      out << YAML::Null;
      break;
    case YamlNode::Kind::scalar:
      if (node.quoted) out << YAML::DoubleQuoted;
      out << node.text;
      break;
    case YamlNode::Kind::list:
      out << (flow || node.flow || node.items.empty() ? YAML::Flow : YAML::Block) << YAML::BeginSeq;
      for (const YamlNode& item : node.items)
        emit(out, item, flow);
      out << YAML::EndSeq;
      break;
    case YamlNode::Kind::map:
      out << (flow ? YAML::Flow : YAML::Block) << YAML::BeginMap;
      for (const YamlEntry& entry : node.entries) {
        out << YAML::Key << entry.key << YAML::Value;
        emit(out, entry.value, flow);
      }
      out << YAML::EndMap;
      break;
  }
}

// The item of a list that `part` names, or nullptr after saying what is wrong.
YamlNode* list_item(YamlNode& list, const std::string& part, const YamlMark& mark,
                    const std::string& key, YamlProblems& problems) {
  std::size_t index = 0;
  const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (failed == std::errc{} && end == part.data() + part.size() && index < list.items.size())
    return &list.items[index];
  problems.add(mark, key,
               fmt::format("\"{}\" names no item of a list of {} (counted from 0)", part,
                           list.items.size()));
  return nullptr;
}

// The value of `key`, added if there is none.
YamlNode& member(YamlNode& map, const std::string& key, const YamlMark& mark) {
  for (YamlEntry& entry : map.entries)
    if (entry.key == key) return entry.value;
  return map.entries.emplace_back(YamlEntry{key, mark, {}}).value;
}

}  // namespace

const YamlEntry* find(const YamlNode& node, const std::string& key) {
  const auto found = std::find_if(node.entries.begin(), node.entries.end(),
                                  [&](const YamlEntry& entry) { return entry.key == key; });
  return found == node.entries.end() ? nullptr : &*found;
}

std::string join_keys(const std::string& section, const std::string& key) {
  return section.empty() ? key : section + "." + key;
}

int YamlProblems::add_file(std::string path) {
  paths_.push_back(std::move(path));
  return static_cast<int>(paths_.size()) - 1;
}

std::string YamlProblems::place_of(const YamlMark& mark) const {
  if (!mark.option.empty()) return mark.option;
  return fmt::format("{}:{}:{}", path(mark.file), mark.line, mark.column);
}

void YamlProblems::add(const YamlMark& mark, const std::string& key, const std::string& message) {
  std::string line = place_of(mark);
  // "--set train.method" has already said which key.
  if (!key.empty() && mark.option != "--set " + key) line += ": " + key;
  // Copies of a section (copies.hpp) have its problems at its place: the first says them.
  std::string once = key;
  std::erase_if(once, [](unsigned char c) { return std::isdigit(c) != 0; });
  once = fmt::format("{}:{}:{}", place_of(mark), once, message);
  const bool said = std::ranges::find(problems_, once, &Problem::once) != problems_.end();
  problems_.push_back({mark, key, said ? "" : line + ": " + message, std::move(once)});
}

bool YamlProblems::concern(const std::string& key) const {
  return std::any_of(problems_.begin(), problems_.end(), [&](const Problem& problem) {
    return problem.key == key || problem.key.starts_with(key + ".") ||
           key.starts_with(problem.key + ".");
  });
}

void YamlProblems::throw_if_any() const {
  if (problems_.empty()) return;
  std::vector<Problem> ordered = problems_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Problem& a, const Problem& b) {
    return std::tuple(!a.mark.option.empty(), a.mark.file, a.mark.line, a.mark.column) <
           std::tuple(!b.mark.option.empty(), b.mark.file, b.mark.line, b.mark.column);
  });
  std::vector<std::string> lines;
  for (const Problem& problem : ordered)
    if (!problem.line.empty()) lines.push_back(problem.line);
  throw Error(ExitCode::config, join(lines, "\n"));
}

YamlNode parse_yaml(const std::string& text, YamlProblems& problems, int file) {
  const YamlMark start{1, 1, "", file};
  if (text.find('\0') != std::string::npos) {
    problems.add(start, "", "holds a NUL, which no text has");
    problems.throw_if_any();
  }
  YamlNode root = build(text, problems, start, "");
  if (root.kind == YamlNode::Kind::null) {
    problems.add(start, "", "the file is empty");
    problems.throw_if_any();
  }
  return root;
}

void override_yaml(YamlNode& root, const std::string& key, const std::string& value,
                   YamlProblems& problems) {
  const std::string option = "--set " + key;
  const YamlMark mark{1, 1, option, 0};
  if (key.empty()) return problems.add(mark, key, "no key is named");
  YamlNode* node = &root;
  std::istringstream parts(key);
  for (std::string part; std::getline(parts, part, '.');) {
    if (node->kind == YamlNode::Kind::list) {
      node = list_item(*node, part, mark, key, problems);
      if (node == nullptr) return;
      continue;
    }
    if (node->kind == YamlNode::Kind::scalar) {
      problems.add(mark, key, fmt::format("\"{}\" lies below a plain value", part));
      return;
    }
    node->kind = YamlNode::Kind::map;
    node = &member(*node, part, mark);
  }
  YamlNode replacement = build(value, problems, mark, key);
  if (value.empty()) {  // `--set train.split=` means no text, not no value
    replacement.kind = YamlNode::Kind::scalar;
    replacement.quoted = true;
  }
  replacement.mark = mark;
  *node = std::move(replacement);
}

std::string to_yaml(const YamlNode& node) {
  YAML::Emitter out;
  emit(out, node);
  return std::string(out.c_str()) + "\n";
}

std::string to_flow_yaml(const YamlNode& node) {
  YAML::Emitter out;
  emit(out, node, true);
  return out.c_str();
}

namespace {

std::string in_a_line(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar) return node.text;
  std::vector<std::string> parts;
  for (const YamlNode& item : node.items)
    parts.push_back(in_a_line(item));
  for (const YamlEntry& entry : node.entries)
    parts.push_back(entry.key + ": " + in_a_line(entry.value));
  const bool list = node.kind == YamlNode::Kind::list;
  return (list ? "[" : "{") + join(parts) + (list ? "]" : "}");
}

/// Values by their keys, "domains.0.name", lists of scalars whole.
void flatten(const YamlNode& node, const std::string& path,
             std::map<std::string, std::string>& values) {
  const bool whole = std::ranges::all_of(
      node.items, [](const YamlNode& item) { return item.kind == YamlNode::Kind::scalar; });
  if (node.entries.empty() && whole) values[path] = in_a_line(node);
  for (const YamlEntry& entry : node.entries)
    flatten(entry.value, join_keys(path, entry.key), values);
  for (std::size_t i = 0; i < node.items.size() && !whole; ++i)
    flatten(node.items[i], join_keys(path, std::to_string(i)), values);
}

std::map<std::string, std::string> values_of(const std::string& text) {
  YamlProblems problems("");
  std::map<std::string, std::string> values;
  flatten(parse_yaml(text, problems), "", values);
  problems.throw_if_any();
  return values;
}

/// As much of `text` as shows how it goes on where it differs from `other`.
std::string clipped(const std::string& text, const std::string& other) {
  constexpr std::ptrdiff_t lead = 30;
  const auto [at, ignored] = std::ranges::mismatch(text, other);
  auto begin = at - text.begin() > lead ? at - lead : text.begin();
  while (begin != text.begin() && (static_cast<unsigned char>(*begin) & 0xC0U) == 0x80U)
    --begin;  // not within a character of UTF-8
  return fmt::format("{}{:.80}", begin == text.begin() ? "" : "...",
                     std::string(begin, text.end()));
}

}  // namespace

KeyPlaces places_of_keys(const YamlNode& root, const YamlProblems& problems) {
  KeyPlaces places;
  const auto visit = [&](const auto& self, const YamlNode& node, const std::string& key) -> void {
    for (const YamlEntry& entry : node.entries) {
      const std::string inner = join_keys(key, entry.key);
      const bool is_option = !entry.value.mark.option.empty();  // in place of what the file has
      places[inner] = problems.place_of(is_option ? entry.value.mark : entry.mark);
      self(self, entry.value, inner);
    }
    for (std::size_t i = 0; i < node.items.size(); ++i)
      self(self, node.items[i], join_keys(key, std::to_string(i)));
  };
  visit(visit, root, "");
  return places;
}

std::string with_place(const KeyPlaces& places, const std::string& message) {
  std::string key = message.substr(0, message.find(": "));
  for (; !key.empty(); key.resize(key.rfind('.') == std::string::npos ? 0 : key.rfind('.')))
    if (const auto found = places.find(key); found != places.end())
      return found->second +
             (found->second.ends_with(' ' + key) ? message.substr(key.size()) : ": " + message);
  return message;
}

std::vector<std::string> differences(const std::string& before, const std::string& now) {
  if (before == now) return {};
  const std::map<std::string, std::string> was = values_of(before), is = values_of(now);
  std::map<std::string, std::string> all = was;
  all.insert(is.begin(), is.end());
  std::vector<std::string> differences;
  for (const auto& known : all) {
    const auto one = was.find(known.first), other = is.find(known.first);
    const std::string then = one == was.end() ? "its default" : one->second;
    const std::string today = other == is.end() ? "its default" : other->second;
    if (then != today)
      differences.push_back(fmt::format("{}: was {}, now {}", known.first, clipped(then, today),
                                        clipped(today, then)));
  }
  if (differences.empty()) differences.emplace_back("values that are written alike");
  return differences;
}

}  // namespace bailiwick
