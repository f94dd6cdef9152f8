// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/reproduce/compare.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <map>

#include "io/checkpoint/checkpoint.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/lineage/chain.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

/// What a statement is about: the content where it names one, else the bytes.
std::optional<Digest> digest_of(const Statement& statement) {
  return statement.subject_content ? statement.subject_content : statement.subject_sha256;
}

/// Who allowed a session and what crossed between processes are another session's.
bool is_of_the_session(const std::string& name) {
  return name.find("decisions") != std::string::npos || name.find("egress") != std::string::npos;
}

std::string first_number(const io::Checkpoint& before, const io::Checkpoint& now) {
  for (const auto& [name, values] : before.arrays) {
    const auto other = now.arrays.find(name);
    if (other == now.arrays.end()) return name + " is not there";
    if (other->second.size() != values.size())
      return fmt::format("{} has {} numbers, and had {}", name, other->second.size(),
                         values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::bit_cast<std::uint64_t>(values[i]) != std::bit_cast<std::uint64_t>(other->second[i]))
        return fmt::format("{}[{}] is {}, and was {}", name, i, round_trip(other->second[i]),
                           round_trip(values[i]));
  }
  for (const auto& [name, text] : before.attributes)
    if (const auto other = now.attributes.find(name);
        other == now.attributes.end() || other->second != text)
      return "attribute " + name;
  return "";
}

std::string first_member(const Json& before, const Json& now) {
  const Json patch = Json::diff(before, now);
  if (patch.empty()) return "";
  const auto path = patch.front().at("path").get<std::string>();
  const Json::json_pointer place(path);
  const auto word = [&](const Json& json) {
    return json.contains(place) ? json.at(place).dump() : std::string("not there");
  };
  return fmt::format("{} is {}, and was {}", path, word(now), word(before));
}

/// What differs in two files of one name, as far as they are there and can be read.
std::string first_difference(const std::string& before, const std::string& now) {
  if (!fs::exists(before) || !fs::exists(now)) return "";
  try {
    if (before.ends_with(".h5"))
      return first_number(io::read_checkpoint(before), io::read_checkpoint(now));
    if (before.ends_with(".json"))
      return first_member(parse_json(read_file(before), before), parse_json(read_file(now), now));
    const std::string a = read_file(before), b = read_file(now);
    const auto [x, y] = std::ranges::mismatch(a, b);
    if (before.ends_with(".hdf5")) return fmt::format("byte {}", x - a.begin());
    return fmt::format("line {}", 1 + std::count(a.begin(), x, '\n'));
  } catch (const Error&) {
    return "";
  }
}

void compare_chain(const std::vector<Statement>& before, const std::string& folder,
                   const std::vector<Statement>& now, const std::string& again,
                   const std::string& prefix, Comparison& found) {
  std::map<std::string, const Statement*> made;
  for (const Statement& statement : now)
    made[statement.subject_name] = &statement;
  std::map<std::string, const Statement*> last;  // of several about one name the last counts
  for (const Statement& statement : before)
    last[statement.subject_name] = &statement;
  for (const Statement& statement : before) {
    const std::string& name = statement.subject_name;
    if (is_of_the_session(name) || last.at(name) != &statement) continue;
    const auto other = made.find(name);
    if (other == made.end()) {
      found.missing.push_back(prefix + name);
      continue;
    }
    const auto digest = digest_of(statement);
    if (digest && digest == digest_of(*other->second)) {
      found.equal.emplace_back(prefix + name, *digest);
    } else if (!found.difference) {
      const std::string what =
          first_difference(fmt::format("{}/{}", folder, name), fmt::format("{}/{}", again, name));
      found.difference = prefix + name + (what.empty() ? "" : ": " + what);
    }
  }
}

}  // namespace

void compare_stage(const RecordedStage& recorded, const std::string& folder,
                   const std::vector<PublicKey>& keys, const std::string& again,
                   const PublicKey& own, Comparison& found) {
  const StageChain& chain = recorded.stage->chain;
  const std::string before = recorded.place(folder), now = recorded.place(again);
  std::vector<PublicKey> mine{own};
  compare_chain(recorded.statements, before, read_statements(chain.file(now), mine), now,
                recorded.prefix, found);
  if (chain.is_training())
    found.sums = compare_sums(chain, before, count_sessions(recorded.statements), now);
  for (const DomainInputs& domain : recorded.inputs.domains) {
    if (chain.at_home == nullptr) break;
    const std::string home = chain.home_of(before, domain.name),
                      here = chain.home_of(now, domain.name);
    if (!fs::exists(chain.file(home))) continue;
    std::vector<PublicKey> theirs = DocumentFinder::recorded_keys(domain), ours = theirs;
    theirs.insert(theirs.end(), keys.begin(), keys.end());
    ours.push_back(own);
    compare_chain(read_statements(chain.file(home), theirs), home,
                  read_statements(chain.file(here), ours), here,
                  recorded.prefix + chain.home_of("", domain.name) + "/", found);
  }
  found.in_training = found.in_training || (chain.is_training() && found.difference);
}

}  // namespace bailiwick
