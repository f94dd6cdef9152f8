// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "apps/options.hpp"

#include <iostream>
#include <sstream>

#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"

namespace bailiwick {

namespace {

/// Takes the words that no positional argument is left for: Boost's own error does not name them.
constexpr const char* unexpected = "unexpected words";

}  // namespace

Options::Options(std::string usage, std::string about, std::string page)
    : usage_(std::move(usage)), about_(std::move(about)), page_(std::move(page)) {
  options_.add_options()("help,h", "print this help");
  std::istringstream words(usage_);
  std::string word;
  bool takes_all = false;
  while (words >> word) {
    const bool optional = word.front() == '[';
    if (optional) word = word.substr(1, word.size() - 2);
    const bool repeats = word.size() > 3 && word.ends_with("...");
    if (repeats) word.resize(word.size() - 3);
    if (word != "[options]" &&
        word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ.") == std::string::npos) {
      hidden_.add_options()(word.c_str(), po::value<std::vector<std::string>>());
      positional_.add(word.c_str(), repeats ? -1 : 1);
      takes_all = takes_all || repeats;
      if (!optional) required_.push_back(word);
    }
  }
  if (takes_all) return;
  hidden_.add_options()(unexpected, po::value<std::vector<std::string>>());
  positional_.add(unexpected, -1);
}

OrderedJson Options::described() const {
  OrderedJson options;
  for (const auto& option : options_.options()) {
    const po::value_semantic& value = *option->semantic();
    options.push_back({{"name", option->long_name()},
                       {"argument", value.max_tokens() > 0 ? Json(value.name()) : Json()},
                       {"required", value.is_required()},
                       {"help", option->description()}});
  }
  return {{"usage", usage_}, {"about", about_}, {"page", page_}, {"options", options}};
}

bool Options::parse(const std::vector<std::string>& words) {
  if (words == help_as_json) {
    std::cout << described().dump(2) << '\n';
    return false;
  }
  po::options_description all;
  all.add(options_).add(hidden_);
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(
        po::command_line_parser(words).options(all).positional(positional_).style(style).run(),
        values_);
    // Before notify(), which asks for what is required: who asks for help has not got that far.
    if (!has("help")) {
      if (has(unexpected))
        throw Error(ExitCode::usage, "unexpected \"{}\"\nusage: bailiwick {}", text(unexpected),
                    usage_);
      po::notify(values_);
    }
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const auto& option : options_.options())
      known.push_back("--" + option->long_name());
    throw Error(ExitCode::usage, "unknown option {}{}\nusage: bailiwick {}",
                error.get_option_name(), did_you_mean(error.get_option_name(), known), usage_);
  } catch (const po::error& error) {
    throw Error(ExitCode::usage, "{}\nusage: bailiwick {}", error.what(), usage_);
  }
  if (has("help")) {
    std::cout << "usage: bailiwick " << usage_ << "\n\n"
              << about_ << "\nMore: " << page_ << "\n\n"
              << options_;
    return false;
  }
  for (const std::string& name : required_)
    if (!has(name))
      throw Error(ExitCode::usage, "{} is missing\nusage: bailiwick {}", name, usage_);
  return true;
}

std::string Options::text(const std::string& name) const {
  if (!has(name)) return {};
  const auto& value = values_[name].value();
  const auto* const many = boost::any_cast<std::vector<std::string>>(&value);
  std::string text = many != nullptr ? many->front() : values_[name].as<std::string>();
  while (name == "FOLDER" && text.size() > 1 && text.ends_with('/'))
    text.pop_back();  // as shells complete it
  return text;
}

std::vector<std::string> Options::list(const std::string& name) const {
  return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>();
}

std::vector<std::pair<std::string, std::string>> Options::assignments(
    const std::string& name) const {
  std::vector<std::pair<std::string, std::string>> assignments;
  for (const std::string& text : list(name)) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error(ExitCode::usage, "--{} {}: write KEY=VALUE", name, text);
    assignments.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return assignments;
}

void add_verification(Options& options) {
  options.add()(
      "owner-key", po::value<std::vector<std::string>>(),
      "NAME=FILE: public key (PEM) of domain NAME's owner, which must have signed its "
      "policy and partitions; may be given again. Without, the keys in the record are taken");
  options.add()("approver-key", po::value<std::vector<std::string>>(),
                "public key (PEM) of somebody who may approve what was run, beside the owners; may "
                "be given again");
  options.add()(
      "partitions", po::value<std::vector<std::string>>(),
      "folder that holds the partitions, at any depth, found by their roots: their blocks "
      "are looked at; may be given again");
  options.add()("head", po::value<std::vector<std::string>>(),
                "a head that was printed and kept: it must still be there; may be given again");
  options.add()(
      "time-authority", po::value<std::vector<std::string>>(),
      "certificates (PEM) of a time stamping authority, for what lies there as *.tsr; may "
      "be given again");
  options.add()("lineage-format", po::value<std::string>()->default_value("2"),
                "oldest format version of a lineage that is taken; what runs of release 0.1 leave, "
                "version 1, leaves more open");
}

VerifyOptions verification_asked(const Options& options) {
  VerifyOptions asked{
      options.list("key"),
      {},
      options.list("partitions"),
      static_cast<int>(parse_count(options.text("lineage-format"), "--lineage-format")),
      options.list("approver-key")};
  asked.time_authorities = options.list("time-authority");
  for (const std::string& head : options.list("head")) {
    if (head.size() != 64 || head.find_first_not_of("0123456789abcdef") != std::string::npos)
      throw Error(ExitCode::usage, "--head {}: is not 64 hexadecimal digits", head);
    asked.heads.push_back(head);
  }
  for (const auto& [domain, file] : options.assignments("owner-key"))
    asked.owner_keys[domain].push_back(file);
  return asked;
}

const Stage& stage_asked(const std::string& name) {
  try {
    return find_stage(name);
  } catch (const Error& error) {
    throw Error(ExitCode::usage, "--stage: {}", error.what());
  }
}

}  // namespace bailiwick
