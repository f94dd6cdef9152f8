// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <map>
#include <string>
#include <vector>

namespace bailiwick {

/// Where something was written: a line and column (from 1) of a file, or on the command line.
struct YamlMark {
  int line = 1, column = 1;
  std::string option;  ///< "--set train.method"; then line and column mean nothing
  int file = 0;        ///< which of YamlProblems' files
};

struct YamlEntry;

/// A YAML document as it was written: order kept, nothing converted, every node with its place.
struct YamlNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  bool quoted = false;  ///< scalars: "3" is text, 3 may be a number
  bool flow = false;    ///< lists: to be written as [a, b]
  std::string text;
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;
  YamlMark mark;
};

struct YamlEntry {
  std::string key;
  YamlMark mark;  ///< of the key
  YamlNode value;
};

/// The value of `key` in a map, or nullptr.
const YamlEntry* find(const YamlNode& node, const std::string& key);

/// "train" and "method" -> "train.method".
std::string join_keys(const std::string& section, const std::string& key);

/// Everything wrong with a file and those it includes, so that it can be said at once.
class YamlProblems {
 public:
  explicit YamlProblems(std::string path) : paths_{std::move(path)} {}

  /// Returns what marks in it have as `file`.
  int add_file(std::string path);
  const std::string& path(int file) const { return paths_[static_cast<std::size_t>(file)]; }
  /// "configs/x.yaml:14:9", or the option.
  std::string place_of(const YamlMark& mark) const;
  void add(const YamlMark& mark, const std::string& key, const std::string& message);
  /// True if something is wrong with `key`, what it stands in or what stands in it.
  bool concern(const std::string& key) const;
  /// Throws ExitCode::config with one line a problem, in the order of the files.
  void throw_if_any() const;

 private:
  struct Problem {
    YamlMark mark;
    std::string key, line;  ///< no line if it was said before
    std::string once;       ///< equal in problems that are said once
  };
  std::vector<std::string> paths_;
  std::vector<Problem> problems_;
};

/// Reads one document. Duplicate keys become problems; text that is not YAML, or is empty, throws
/// at once, since nothing more can be said of it.
YamlNode parse_yaml(const std::string& text, YamlProblems& problems, int file = 0);

/// `--set key=value`: replaces or adds what `key` ("train.method", "domains.0.name") names.
void override_yaml(YamlNode& root, const std::string& key, const std::string& value,
                   YamlProblems& problems);

/// As YAML in block style.
std::string to_yaml(const YamlNode& node);
/// On one line.
std::string to_flow_yaml(const YamlNode& node);

/// Of every key that was given, "train.method", where: "configs/x.yaml:14:9".
using KeyPlaces = std::map<std::string, std::string>;
KeyPlaces places_of_keys(const YamlNode& root, const YamlProblems& problems);

/// A message that begins with a key, "model.target: ...", after the place of the key, or of what it
/// would stand in; any other as it is.
std::string with_place(const KeyPlaces& places, const std::string& message);

/// What two documents of maps say differently: "train.method: was newton, now lbfgs" for each
/// value.
std::vector<std::string> differences(const std::string& before, const std::string& now);

}  // namespace bailiwick
