// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/line/memory.hpp"

#include <filesystem>

#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/output_file.hpp"

namespace bailiwick {

namespace {

constexpr const char* format = "bailiwick-line";
constexpr int format_version = 1;

}  // namespace

LineMemory::LineMemory(std::string path)
    : path_(std::move(path)),
      json_({{"format", format}, {"version", format_version}, {"steps", Json::object()}}) {
  if (!std::filesystem::exists(path_)) return;
  Json read = parse_json(read_file(path_), path_);
  if (!read.is_object() || read.value("format", "") != format ||
      read.value("version", 0) != format_version || !read.contains("steps") ||
      !read["steps"].is_object())
    throw Error(ExitCode::data, "{}: is not what a line has done; take it away to do all again",
                path_);
  json_ = std::move(read);
}

std::optional<int> LineMemory::find(const Digest& step) const {
  const auto found = json_["steps"].find(step.hex());
  if (found == json_["steps"].end() || !found->contains("code")) return {};
  return json_member<int>(*found, "code", path_);
}

bool LineMemory::has_begun(const Digest& step) const {
  return json_["steps"].contains(step.hex());
}

void LineMemory::begin(const Digest& step, const std::string& title, const std::string& place) {
  Json& steps = json_["steps"];
  for (auto other = steps.begin(); other != steps.end();)
    other = other->value("place", "") == place && other->value("step", "") == title
                ? steps.erase(other)
                : std::next(other);
  steps[step.hex()] = {{"step", title}, {"place", place}, {"began", utc_now()}};
  write();
}

void LineMemory::end(const Digest& step, int code) {
  json_["steps"][step.hex()].update({{"code", code}, {"ended", utc_now()}});
  write();
}

std::set<std::string> LineMemory::monitored(const std::string& version) const {
  const auto all = json_.find("monitored");
  if (all == json_.end() || !all->contains(version)) return {};
  return all->at(version).get<std::set<std::string>>();
}

void LineMemory::add_monitored(const std::string& version,
                               const std::vector<std::string>& partitions) {
  std::set<std::string> names = monitored(version);
  names.insert(partitions.begin(), partitions.end());
  json_["monitored"][version] = names;
  write();
}

std::optional<Digest> LineMemory::asked(const std::string& version) const {
  const auto all = json_.find("asked");
  if (all == json_.end() || !all->contains(version)) return {};
  return Digest::from_hex(all->at(version).get<std::string>());
}

void LineMemory::set_asked(const std::string& version, const Digest& asked) {
  if (this->asked(version) == asked) return;
  json_["asked"][version] = asked.hex();
  write();
}

void LineMemory::write() const {
  write_file_atomically(path_, json_.dump(2) + "\n");
}

}  // namespace bailiwick
