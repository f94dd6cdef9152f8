// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/owner/access_log.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <map>

#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/owner/locked_file.hpp"

namespace bailiwick {

namespace {

constexpr int access_log_version = 2;

/// The member `key` if it is a text.
std::string text_member(const Json& entry, const char* key) {
  const auto at = entry.find(key);
  return at != entry.end() && at->is_string() ? at->get<std::string>() : "";
}

/// Follows a chain line by line.
class ChainReader {
 public:
  AccessChain read(const std::string& text) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      const std::string why =
          end == std::string::npos ? "it does not end" : add(text.substr(begin, end - begin));
      if (!why.empty()) {
        chain_.broken = fmt::format("line {}: {}", chain_.lines.size() + 1, why);
        break;
      }
      begin = end + 1;
    }
    return std::move(chain_);
  }

 private:
  /// Why not; nothing if it was added.
  std::string add(const std::string& line) {
    Json entry;
    try {
      entry = parse_json(line, "line");
    } catch (const Error&) {
      return "it is not JSON";
    }
    if (!entry.is_object()) return "it is not a JSON object";
    const Json previous = chain_.lines.empty() ? Json() : Json(chain_.lines.back().digest.hex());
    if (!entry.contains("previous") || entry["previous"] != previous)
      return "it does not follow from the line before";
    if (entry.contains("version") && entry["version"] != access_log_version)
      return fmt::format("its version is {}, and this program knows 1 and {}",
                         entry["version"].dump(), access_log_version);
    const Digest digest = sha256(line);
    std::string why = is_request(entry) ? add_request(entry, digest) : add_outcome(entry);
    if (why.empty()) chain_.lines.push_back({digest, std::move(entry), {}});
    return why;
  }

  std::string add_request(const Json& entry, const Digest& digest) {
    const auto admitted = entry.find("admitted");
    if (text_member(entry, "policy").empty() || admitted == entry.end() || !admitted->is_boolean())
      return "it does not say which policy decided, and what";
    if (admitted->get<bool>()) open_[digest.hex()] = chain_.lines.size();
    return "";
  }

  std::string add_outcome(const Json& entry) {
    if (text_member(entry, "event") != "outcome") return "it is neither a request nor an outcome";
    const auto released = entry.find("released");
    if (text_member(entry, "outcome").empty() || released == entry.end() || !released->is_array())
      return "it does not say how a run ended";
    const auto request = open_.find(text_member(entry, "request"));
    if (request == open_.end())
      return "it tells the outcome of no run that was admitted and is still open";
    chain_.lines[request->second].outcome = chain_.lines.size();
    open_.erase(request);
    return "";
  }

  AccessChain chain_;
  std::map<std::string, std::size_t> open_;  ///< admitted requests without an outcome: their lines
};

/// The line for `entry` after the last of `before`, and its digest.
std::pair<std::string, Digest> next_line(const AccessChain& before, Json entry) {
  entry["version"] = access_log_version;
  entry["previous"] = before.lines.empty() ? Json() : Json(before.lines.back().digest.hex());
  // What somebody typed may be no UTF-8.
  const std::string line = entry.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {line, sha256(line)};
}

std::string outcome_word(ExitCode code) {
  return code == ExitCode::ok        ? "finished"
         : code == ExitCode::policy  ? "refused"
         : code == ExitCode::stopped ? "stopped"
                                     : "failed";
}

/// Whether a run ended before it had read a row. (Lines of before do not say.)
bool read_nothing(const Json& outcome) {
  return outcome["released"].empty() && outcome.value("read", Json(true)) == false;
}
/// Whether a run read rows and was then refused: which numbers too few owners are in is all that it
/// told.
bool was_refused(const Json& outcome) {
  return outcome["released"].empty() && outcome["outcome"] == "refused";
}

}  // namespace

bool is_request(const Json& entry) {
  return !entry.contains("version") || text_member(entry, "event") == "request";
}

std::uint64_t AccessChain::admitted(const Digest& policy) const {
  std::uint64_t count = 0, refused = 0;
  for (const Line& line : lines) {
    if (!is_request(line.entry) || line.entry["policy"] != policy.hex() ||
        line.entry["admitted"] != true)
      continue;
    if (line.outcome) {
      const Json& outcome = lines[*line.outcome].entry;
      if (read_nothing(outcome)) continue;
      if (was_refused(outcome) && ++refused <= refusals_that_are_free) continue;
    }
    ++count;
  }
  return count;
}

AccessChain AccessLog::read() const {
  return ChainReader().read(read_file(path_, document::access_log));
}

AccessChain AccessLog::read_whole() const {
  AccessChain chain = read();
  if (!chain.broken.empty())
    throw Error(ExitCode::integrity, "{}: {}; the access log was changed", path_, chain.broken);
  return chain;
}

std::uint64_t AccessLog::admitted(const Digest& policy) const {
  if (!std::filesystem::exists(path_)) return 0;
  return read_whole().admitted(policy);
}

Digest AccessLog::append(Json decision, const Digest& policy, bool admitted,
                         std::uint64_t limit) const {
  create_folders(std::filesystem::path(path_).parent_path().string());
  const LockedFile file(path_, "access log", patience_);
  const AccessChain before = read_whole();
  if (admitted && limit > 0 && before.admitted(policy) >= limit)
    throw Error(
        ExitCode::policy,
        "refused, and nothing was read:\n  {}: another run has just used up the {} that the "
        "policy allows",
        path_, limit);
  decision["event"] = "request";
  decision["policy"] = policy.hex();
  decision["admitted"] = admitted;
  const auto [line, digest] = next_line(before, std::move(decision));
  file.append(line + "\n");
  return digest;
}

void AccessLog::append_outcome(const Digest& request, Json outcome) const {
  const LockedFile file(path_, "access log", patience_);
  outcome["event"] = "outcome";
  outcome["request"] = request.hex();
  file.append(next_line(read_whole(), std::move(outcome)).first + "\n");
}

Json access_identity(const std::string& key) {
  const ::passwd* user = ::getpwuid(::geteuid());
  const char* job = std::getenv("SLURM_JOB_ID");
  return {{"key", key.empty() ? Json() : Json(key)},
          {"user", {{"id", ::geteuid()}, {"name", user ? Json(user->pw_name) : Json()}}},
          {"job", job ? Json(job) : Json()}};
}

void AccessOutcome::add_step(const std::string& name) {
  ++steps_;
  last_step_ = name;
}

void AccessOutcome::write(ExitCode code, const std::string& message) const {
  Json released = released_;
  if (steps_ > 0) released.push_back({{"name", last_step_}, {"steps", steps_}});
  const Json outcome = {{"time", utc_now()},
                        {"outcome", outcome_word(code)},
                        {"exit_code", static_cast<int>(code)},
                        {"message", message},
                        {"read", read_},
                        {"released", released}};
  std::exception_ptr failure;  // of one owner's log: the others are told all the same
  for (const auto& [log, request] : requests_)
    try {
      log.append_outcome(request, outcome);
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace bailiwick
