// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/config/include.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "lib/config/rules.hpp"
#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"

namespace bailiwick {

namespace {

/// No config comes near this; folders that link to themselves give one file many names.
constexpr std::size_t most_files = 64;

class Merger {
 public:
  using Read = std::function<std::string(const std::string& path)>;

  Merger(YamlProblems& problems, Read read) : problems_(problems), read_(std::move(read)) {
    root_.kind = YamlNode::Kind::map;
  }

  void add(const std::string& path, const std::string& text, int file = 0) {
    files_.push_back({path, text});
    YamlNode node = parse_yaml(text, problems_, file);
    if (node.kind != YamlNode::Kind::map) {
      problems_.add(node.mark, "", "expected keys and values");
      problems_.throw_if_any();
    }
    std::vector<YamlNode> included;
    for (YamlEntry& entry : node.entries) {
      if (entry.key == "include")
        included.push_back(std::move(entry.value));
      else if (const YamlEntry* first = find(root_, entry.key))
        problems_.add(entry.mark, entry.key,
                      "stands at " + problems_.place_of(first->mark) +
                          " already; with include, a section stands in one of the files");
      else
        root_.entries.push_back(std::move(entry));
    }
    for (const YamlNode& value : included)
      include(value);
  }

  YamlNode take() { return std::move(root_); }
  ConfigFiles take_files() { return std::move(files_); }
  bool all_read() const { return all_read_; }

 private:
  void include(const YamlNode& value) {
    if (value.kind == YamlNode::Kind::list)
      for (const YamlNode& item : value.items)
        include_file(item);
    else
      include_file(value);
  }

  void include_file(const YamlNode& value) {
    const auto wrong = [&](const std::string& message) {
      problems_.add(value.mark, "include", message);
    };
    if (value.kind != YamlNode::Kind::scalar || value.text.empty())
      return wrong("expected the path of a file, or a list of such");
    if (const std::string problem = one_line(value.text); !problem.empty()) return wrong(problem);
    const std::filesystem::path folder =
        std::filesystem::path(problems_.path(value.mark.file)).parent_path();
    const std::string path = (folder / value.text).lexically_normal().string();
    const bool known = std::ranges::any_of(files_, [&](const ConfigFile& file) {
      return std::filesystem::path(file.path).lexically_normal() == path;
    });
    if (known) return wrong(path + " is a part of this config already; a file is included once");
    if (files_.size() >= most_files) return wrong(fmt::format("more than {} files", most_files));
    std::string text;
    try {
      text = read_(path);
    } catch (const Error& error) {
      all_read_ = false;
      return wrong(error.what());
    }
    add(path, text, problems_.add_file(path));
  }

  YamlProblems& problems_;
  Read read_;
  YamlNode root_;
  ConfigFiles files_;
  bool all_read_ = true;
};

}  // namespace

ConfigFiles read_config(const std::string& path) {
  YamlProblems problems(path);
  Merger merger(problems,
                [](const std::string& included) { return read_file(included, document::config); });
  merger.add(path, read_file(path, document::config));
  // All else that is wrong is found again, and more with it, when the sections are read.
  if (!merger.all_read()) problems.throw_if_any();
  return merger.take_files();
}

YamlNode merge_config(const ConfigFiles& files, YamlProblems& problems) {
  Merger merger(problems, [&](const std::string& path) {
    const auto found = std::ranges::find(files, path, &ConfigFile::path);
    if (found == files.end()) throw Error(ExitCode::config, "{}: is not included here", path);
    return found->text;
  });
  merger.add(files.front().path, files.front().text);
  return merger.take();
}

}  // namespace bailiwick
