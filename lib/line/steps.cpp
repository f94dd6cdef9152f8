// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/steps.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/line/child.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

}  // namespace

void say(const std::string& text) {
  std::cout << text << '\n' << std::flush;
}

std::string command_shown(std::vector<std::string> words) {
  for (std::string& word : words) {
    if (const fs::path path = word; path.is_absolute()) word = fs::proximate(path).string();
    word = shell_word(word);
  }
  return "bailiwick " + join(words, " ");
}

Steps::Steps(const LineConfig& line, bool dry)
    : line_(line), dry_(dry), memory_(line.output + "/line.json") {}

Digest Steps::key_of(const Step& step) {
  return sha256(join(step.words, "\n") + "\n" + step.inputs);
}

int Steps::run(const Step& step, bool quiet) {
  const Digest key = key_of(step);
  if (const auto code = memory_.find(key)) {
    if (!quiet) say(step.title + ": nothing new");
    return *code;
  }
  say(fmt::format("\n== {}: {}", step.title, command_shown(step.words)));
  if (dry_) {
    pending_ = true;
    return 0;
  }
  std::vector<std::string> words = step.words;
  if (memory_.has_begun(key)) words.insert(words.end(), step.if_begun.begin(), step.if_begun.end());
  memory_.begin(key, step.title, step.place);
  words.insert(words.begin(), fs::read_symlink("/proc/self/exe").string());
  if (step.on_all_ranks) {
    const std::vector<std::string> launcher = words_of(line_.launcher);
    words.insert(words.begin(), launcher.begin(), launcher.end());
  }
  const int code = run_command(words);
  if (was_stopped())
    throw Error(ExitCode::stopped, "stopped at {}; the same command goes on from there",
                step.title);
  if (code != 0 && std::ranges::count(step.also, static_cast<ExitCode>(code)) == 0)
    throw Error(code < 128 ? static_cast<ExitCode>(code) : ExitCode::bug,
                "{} ended with {}; the same command goes on from there", step.title, code);
  memory_.end(key, code);
  return code;
}

}  // namespace bailiwick
