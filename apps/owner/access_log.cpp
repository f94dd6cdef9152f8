// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/owner/access_log.hpp"

namespace bailiwick {

namespace {

/// A member for people. Whoever ran the job chose the text: what would steer a terminal, or begin a
/// line of its own, is shown as JSON writes it.
std::string shown(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_array()) {
    std::vector<std::string> words;
    for (const Json& item : value)
      words.push_back(shown(item));
    return words.empty() ? "-" : join(words, " ");
  }
  if (!value.is_string()) return value.dump();
  const std::string quoted = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

Json member(const Json& entry, const char* key) {
  return entry.is_object() ? entry.value(key, Json()) : Json();
}

std::string who(const Json& entry) {
  const Json key = member(entry, "key"), user = member(entry, "user");
  const std::string name =
      shown(member(user, "name").is_null() ? member(user, "id") : member(user, "name"));
  const Json job = member(entry, "job");
  return fmt::format("key {} user {} on {}{}", shown(key).substr(0, 16), name,
                     shown(member(entry, "node")), job.is_null() ? "" : " job " + shown(job));
}

std::string outcome(const AccessChain& chain, const AccessChain::Line& line) {
  if (member(line.entry, "admitted") != true) return "-";
  if (!line.entry.contains("version")) return "not recorded (version 1)";
  if (!line.outcome) return "none: still running, or killed";
  const Json& end = chain.lines[*line.outcome].entry;
  std::string text = shown(end["outcome"]);
  if (member(end, "exit_code") != 0)
    text += fmt::format(", exit code {}: {}", shown(member(end, "exit_code")),
                        shown(member(end, "message")));
  return text;
}

std::string release(const Json& what) {
  std::string text = shown(member(what, "name"));
  for (const char* key : {"content", "sha256", "steps"})
    if (what.is_object() && what.contains(key))
      text += fmt::format(" {} {}", key, shown(what.at(key)));
  return text;
}

void print_table(const AccessChain& chain) {
  for (const AccessChain::Line& line : chain.lines) {
    if (!is_request(line.entry)) continue;
    const Json& entry = line.entry;
    std::cout << fmt::format(
        "{}  {}\n  who       {}\n  purpose   {}\n  actions   {}\n  verdict   {}\n  outcome   {}\n",
        shown(member(entry, "time")), shown(member(entry, "run")), who(entry),
        shown(member(entry, "purpose")), shown(member(entry, "actions")),
        entry["admitted"] == true ? "admitted" : "refused", outcome(chain, line));
    if (line.outcome)
      for (const Json& what : chain.lines[*line.outcome].entry["released"])
        std::cout << "  released  " << release(what) << '\n';
  }
}

void print_json(const AccessChain& chain) {
  Json lines = Json::array();
  for (const AccessChain::Line& line : chain.lines) {
    lines.push_back(line.entry);
    lines.back()["digest"] = line.digest.hex();
  }
  const Json whole = {{"lines", lines},
                      {"head", chain.lines.empty() ? Json() : lines.back()["digest"]},
                      {"broken", chain.broken.empty() ? Json() : Json(chain.broken)}};
  std::cout << whole.dump(2, ' ', true, Json::error_handler_t::replace) << '\n';
}

}  // namespace

int command_access_log(const Arguments& arguments) {
  Options options(
      "access-log FILE [options]",
      "Reads an owner's access log, checks its chain of digests, and prints who asked\n"
      "for the data, what was decided and what came of it. Keep the digest of the last\n"
      "line, the head, elsewhere: with --head a log that was cut or rewritten shows.",
      "docs/access-log.md");
  options.add()("json", "print every line as JSON, with its digest");
  options.add()("head", po::value<std::string>(),
                "a head that was kept elsewhere: it must be in the log");
  if (!options.parse(arguments.words)) return 0;
  const std::string path = options.text("FILE"), head = options.text("head");
  if (options.has("head") &&
      (head.size() != 64 || head.find_first_not_of("0123456789abcdef") != std::string::npos))
    throw Error(ExitCode::usage, "--head: \"{}\" is not 64 hexadecimal digits", head);

  const AccessChain chain = AccessLog(path).read();
  if (options.has("json"))
    print_json(chain);
  else
    print_table(chain);
  if (!chain.broken.empty())
    throw Error(ExitCode::integrity, "{}: {}; the access log was changed", path, chain.broken);
  const auto kept = std::ranges::find_if(
      chain.lines, [&](const AccessChain::Line& line) { return line.digest.hex() == head; });
  if (options.has("head") && kept == chain.lines.end())
    throw Error(ExitCode::integrity,
                "{}: no line has the digest {}: the access log was cut or rewritten since that was "
                "its head",
                path, head);
  if (options.has("json")) return 0;
  std::cout << fmt::format("{} line{}, a whole chain{}\nhead {}\n", chain.lines.size(),
                           chain.lines.size() == 1 ? "" : "s",
                           options.has("head") ? fmt::format(", {} since the head that was kept",
                                                             chain.lines.end() - kept - 1)
                                               : "",
                           chain.lines.empty() ? "-" : chain.lines.back().digest.hex());
  return 0;
}

}  // namespace bailiwick
