// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/boundary.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "lib/boundary/own_statistics.hpp"
#include "lib/core/error.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/base64.hpp"
#include "lib/crypto/random.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

/// In the count of domains: one of them withholds its sum.
constexpr std::int64_t withholding = std::int64_t{1} << 32;

bool has_peers(const Communicator& comm) {
  return comm.handle() != MPI_COMM_NULL;
}

void add_wrapping(std::span<const std::int64_t> from, std::span<std::int64_t> to) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(to[i]) +
                                      static_cast<std::uint64_t>(from[i]));
}

/// What would be the sum of too few domains, for people: names and how many domains, at most ten.
std::string name_numbers(const AggregateLayout& layout, std::span<const std::int64_t> domains,
                         std::int64_t least) {
  std::vector<std::string> names;
  std::set<std::string> seen;  // a column is in several numbers of a round
  std::size_t n = 0;
  // A column that too few domains have is said once, not again with every other.
  const auto add = [&](const Stream& stream, bool pairs) {
    for (std::size_t i = 0; i < stream.size; ++i) {
      if (domains[n + i] <= 0 || domains[n + i] >= least) continue;
      const std::string name = stream.name_of(i);
      const std::size_t with = name.find(" with ");
      if (pairs != (with != std::string::npos)) continue;
      if (pairs && (seen.contains(name.substr(0, with)) || seen.contains(name.substr(with + 6))))
        continue;
      if (seen.insert(name).second) names.push_back(fmt::format("{} ({})", name, domains[n + i]));
    }
    n += stream.size;
  };
  for (const bool pairs : {false, true}) {
    n = 0;
    for (const Stream& stream : layout.streams())
      add(stream, pairs);
  }
  constexpr std::size_t most = 10;
  std::string text =
      fmt::format("{}", fmt::join(std::span(names).first(std::min(most, names.size())), ", "));
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

}  // namespace

void Boundary::within_domain(std::size_t d, Aggregate& aggregate) {
  const EgressPurpose purpose("sums within a domain");
  // A domain of one rank has no communicator: its rank already holds the sum.
  aggregate.normalise();
  if (has_peers(decomposition_.domain_comms_[d]))
    decomposition_.domain_comms_[d].sum(aggregate.words());
  aggregate.normalise();
}

std::vector<double> Boundary::gather_within_domain(std::size_t d, std::span<const double> values) {
  const EgressPurpose purpose("values within a domain");
  if (!has_peers(decomposition_.domain_comms_[d])) return {values.begin(), values.end()};
  return decomposition_.domain_comms_[d].gather(values);
}

Aggregate Boundary::across_domains(const std::string& round, std::vector<Aggregate> parts,
                                   std::span<const double> parameters) {
  const Digest at = digest_of(round, parameters);
  for (std::size_t d = 0; d < rows_.size(); ++d)
    parts[d].set_rows(static_cast<std::int64_t>(rows_[d]));
  sum_within_domains(round, parts, MadeOf::rows);
  tag(round, at, parts);
  if (contributors_ > 1) check_contributors(round, parts, at);
  add_led(parts);
  cross(round, at, parts.front().crossing_words(), Rounds::one);
  parts.front().normalise();
  return std::move(parts.front());
}

void Boundary::across_domains_again(const std::string& round, std::span<Aggregate> parts,
                                    const Digest& at, MadeOf made_of) {
  if (decomposition_.domains() == 1) {
    // Nothing crosses: one sum instead of one to the leader and its way back.
    const EgressPurpose purpose("sums within a domain");
    Aggregate& part = parts.front();
    part.normalise();
    if (has_peers(decomposition_.domain_comms_[0]))
      decomposition_.domain_comms_[0].sum(part.domain_words());
    part.normalise();
    check_rows(round, 0, part, made_of);
    tag(round, at, parts);
    return check_withheld(1);
  }
  sum_within_domains(round, parts, made_of);
  tag(round, at, parts);
  if (contributors_ > 1) check_contributors(round, parts, at);
  add_led(parts);
  cross(round, at, parts.front().crossing_words(), Rounds::many);
  parts.front().normalise();
}

std::unique_ptr<Team> Boundary::make_team(std::size_t words, std::size_t floats) {
  const EgressPurpose purpose("agreement and errors");
  const Communicator& domain = decomposition_.domain_comms_.front();
  const bool fit = local_domains() == 1 && (!has_peers(domain) || on_one_node(domain));
  std::int64_t votes[] = {fit ? 0 : 1, has_peers(domain) ? 1 : 0};
  decomposition_.world_.sum(votes);
  if (votes[0] > 0 || votes[1] == 0) return nullptr;
  return std::make_unique<Team>(has_peers(domain) ? &domain : nullptr, words, floats);
}

void Boundary::across_domains_again(const std::string& round, Aggregate& part, const Digest& at,
                                    Team& team) {
  part.normalise();
  team.sum();
  const bool several = decomposition_.domains() > 1;
  if (leads(0)) {
    part.normalise();
    check_rows(round, 0, part, MadeOf::rows);
    if (several && !part.fits(decomposition_.domains())) part.saturate();
    tag(round, at, {&part, 1});
    part.crossing_words().front() = 1;
  }
  if (several) {
    if (contributors_ > 1) check_contributors(round, {&part, 1}, at);
    if (leads(0)) {
      send("rounds: " + round, at, part.crossing_words());
      part.normalise();
    }
    note(round, part.crossing_words().size(), Rounds::many);
  } else if (!withheld_.empty()) {
    hide(part.crossing_words());
  }
  team.meet();
  check_masks(round, team.words(0)[1]);
}

Secret Boundary::sampling_key(std::size_t d) {
  ensure(noise_.has_value(), "units are drawn in a run with noise");
  Secret key;
  if (leads(d)) key = noise_->sampling_key(d);
  std::vector<double> bytes;
  if (leads(d))
    for (const std::byte byte : key.bytes())
      bytes.push_back(std::to_integer<int>(byte));
  std::vector<double> all = gather_within_domain(d, bytes);
  ensure(all.size() == key.bytes().size(), "one rank leads a domain");
  std::ranges::transform(all, key.bytes().begin(), [](double byte) {
    return static_cast<std::byte>(static_cast<unsigned char>(byte));
  });
  erase(std::as_writable_bytes(std::span(all)));
  erase(std::as_writable_bytes(std::span(bytes)));
  return key;
}

Aggregate Boundary::across_domains_with_noise(const std::string& round,
                                              std::vector<Aggregate> parts,
                                              std::span<const NoisyStream> streams,
                                              std::span<const double> parameters) {
  ensure(noise_.has_value() && parts.size() == local_domains(),
         "a round with noise is one of a run with noise, with a part for each local domain");
  const Digest at = digest_of(round, parameters);
  const auto charge = [&] { noise_->charge(parts.front().layout(), streams, at); };
  // Later rounds follow from the first, on every rank alike.
  if (noise_->has_crossed())
    charge();
  else
    agree(decomposition_.world_, charge);
  std::vector<Aggregate> noisy;
  for (std::size_t d = 0; d < parts.size(); ++d) {
    within_domain(d, parts[d]);
    noisy.push_back(noise_->release(parts[d], streams, rounds_, at, d));
  }
  tag(round, at, parts);
  add_led(noisy);
  has_noise_ = true;
  cross(round, at, noisy.front().crossing_words(), Rounds::one);
  has_noise_ = false;
  noisy.front().normalise();
  return std::move(noisy.front());
}

Digest Boundary::digest_of(const std::string& round, std::span<const double> parameters) {
  return Sha256().update(round).update("\n").update(std::as_bytes(parameters)).finish();
}

void Boundary::sum_within_domains(const std::string& round, std::span<Aggregate> parts,
                                  MadeOf made_of) {
  ensure(parts.size() == local_domains(), "one part for each local domain");
  for (std::size_t d = 0; d < parts.size(); ++d) {
    Aggregate& part = parts[d];
    const Communicator& comm = decomposition_.domain_comms_[d];
    part.normalise();
    if (has_peers(comm)) {
      const EgressPurpose purpose("sums within a domain");
      comm.sum_to(0, part.domain_words());
    }
    if (!leads(d)) continue;
    // Limbs are carried before they leave: they then tell the domain's sum and nothing of its
    // blocks.
    part.normalise();
    check_rows(round, d, part, made_of);
    if (!part.fits(decomposition_.domains())) part.saturate();
  }
}

void Boundary::tag(const std::string& round, const Digest& at, std::span<const Aggregate> parts) {
  for (std::size_t d = 0; tags_ && d < parts.size(); ++d)
    if (leads(d)) tags_->add(d, round, at, parts[d]);
}

void Boundary::check_rows(const std::string& round, std::size_t d, const Aggregate& part,
                          MadeOf made_of) {
  const MinimumRows least = minimum_rows_.empty() ? MinimumRows() : minimum_rows_[d];
  const std::uint64_t minimum = made_of == MadeOf::groups ? least.group : least.part;
  const auto rows = static_cast<std::uint64_t>(part.rows());
  if (minimum <= 1 || rows >= minimum) return;
  if (rows == 0 && std::ranges::all_of(part.words(), [](std::int64_t word) { return word == 0; }))
    return;
  withheld_.push_back(fmt::format(
      "domain {}: its part of the round \"{}\" would be made of fewer rows of non-zero weight than "
      "the {} that are asked for ({})",
      decomposition_.name(decomposition_.local_domains()[d]), round, minimum,
      made_of == MadeOf::groups ? "minimum.group_rows, or without it minimum.rows"
                                : "minimum.rows"));
}

void Boundary::check_withheld(std::int64_t domains) const {
  if (domains < withholding && withheld_.empty()) return;
  const EgressPurpose purpose("agreement and errors");
  std::vector<std::string> reasons;
  for (const std::string& text : decomposition_.world_.gather(join(withheld_, "\n  ")))
    if (!text.empty() && std::ranges::find(reasons, text) == reasons.end()) reasons.push_back(text);
  throw Error(ExitCode::policy, "refused, and no sum was learnt:\n  {}", join(reasons, "\n  "));
}

void Boundary::add_led(std::span<Aggregate> parts) {
  // The first word counts parties: it tells everybody whether all masks have cancelled.
  const std::span<std::int64_t> sum = parts.front().crossing_words();
  if (leads(0))
    sum.front() = 1;
  else
    std::ranges::fill(sum, 0);
  for (std::size_t d = 1; d < parts.size(); ++d)
    if (leads(d)) {
      ++sum.front();
      add_wrapping(parts[d].words(), sum.subspan(1));
    }
}

void Boundary::cross(const std::string& round, const Digest& at, std::span<std::int64_t> words,
                     Rounds rounds) {
  const std::string purpose =
      rounds == Rounds::many ? "rounds: " + round : fmt::format("round {}: {}", rounds_, round);
  send(purpose, at, words);
  {
    const EgressPurpose sent_for(purpose);
    decomposition_.distribute(words);
  }
  note(round, words.size(), rounds);
  check_masks(round, words.front());
}

void Boundary::send(const std::string& purpose, const Digest& at, std::span<std::int64_t> words) {
  ensure(!noise_ || has_noise_, "in a run with noise nothing crosses without");
  const EgressPurpose sent_for(purpose);
  if (!withheld_.empty()) hide(words);
  if (session_) session_->mask({rounds_, 0, 0}, at, words);
  if (has_peers(decomposition_.leaders_)) decomposition_.leaders_.sum(words);
}

void Boundary::hide(std::span<std::int64_t> words) const {
  // Noise instead of numbers, so that the others' sum is not learnt either, and a mark that says
  // so.
  const std::span<std::int64_t> numbers = words.subspan(1);
  const std::string noise = random_bytes(numbers.size_bytes());
  std::memcpy(numbers.data(), noise.data(), noise.size());
  words.front() += static_cast<std::int64_t>(withheld_.size()) * withholding;
}

void Boundary::note(const std::string& round, std::size_t words, Rounds rounds) {
  if (rounds == Rounds::many && !ledger_.empty() && ledger_.back().name == round &&
      ledger_.back().words == words)
    ++ledger_.back().rounds;
  else
    ledger_.push_back({rounds_, 1, round, words, decomposition_.domains()});
  ++rounds_;
}

void Boundary::check_masks(const std::string& round, std::int64_t parties) const {
  const auto domains = static_cast<std::int64_t>(decomposition_.domains());
  // So many domains and marks of some of them: all masks have cancelled.
  if (parties % withholding == domains && parties / withholding <= domains)
    return check_withheld(parties);
  throw Error(ExitCode::integrity,
              "round {} ({}): the masks did not cancel, so no sum was learnt: a domain computed at "
              "other parameters than the others, or its keys were altered",
              rounds_ - 1, round);
}

std::vector<std::int64_t> Boundary::count_domains(const std::string& round,
                                                  std::span<const std::string> marks,
                                                  const Digest& at) {
  // The first word counts domains, as ever.
  std::vector<std::int64_t> words(1 + marks.front().size(), 0);
  for (std::size_t d = 0; d < marks.size(); ++d) {
    if (!leads(d)) continue;
    ++words.front();
    for (std::size_t i = 0; i < marks[d].size(); ++i)
      words[1 + i] += marks[d][i] == '1' ? 1 : 0;
  }
  cross(round, at, words, Rounds::one);
  return {words.begin() + 1, words.end()};
}

void Boundary::check_contributors(const std::string& round, std::span<const Aggregate> parts,
                                  const Digest& at) {
  const AggregateLayout& layout = parts.front().layout();
  std::vector<std::string> marks(parts.size());  // whether each number is not zero
  std::string pattern;
  for (std::size_t d = 0; d < parts.size(); ++d) {
    for (const Stream& stream : layout.streams()) {
      const std::span limbs = parts[d].words(stream.name);
      for (std::size_t i = 0; i < stream.size; ++i) {
        bool zero = true;
        for (std::size_t word = i; word < limbs.size(); word += stream.size)
          zero = zero && limbs[word] == 0;
        marks[d] += zero ? '0' : '1';
      }
    }
    if (leads(d)) pattern += marks[d];
  }
  // Approved is a state of all domains together: if no rank's zeros have changed since, it is the
  // same.
  const auto approved = approved_.find(round);
  std::vector<std::int64_t> fresh{approved != approved_.end() && approved->second == pattern ? 0
                                                                                             : 1};
  {
    const EgressPurpose purpose("agreement and errors");
    decomposition_.world_.sum(fresh);
  }
  if (fresh.front() == 0) return;
  const std::vector<std::int64_t> domains = count_domains("contributors to " + round, marks, at);
  const auto least = static_cast<std::int64_t>(contributors_);
  const auto few = std::ranges::count_if(
      domains, [&](std::int64_t count) { return count > 0 && count < least; });
  if (few > 0)
    throw Error(ExitCode::policy,
                "round \"{}\": {} number{} would be the sum of fewer domains than the {} that a "
                "policy asks for in each (minimum.contributors), in brackets how many: {}; merge "
                "rare levels, or leave the columns out",
                round, few, few == 1 ? "" : "s", least, name_numbers(layout, domains, least));
  approved_[round] = std::move(pattern);
}

void Boundary::start_masks(const Digest& terms, const std::vector<MaskParty>& parties,
                           const std::function<PrivateKey(std::size_t)>& private_key) {
  ensure(!masked() && ledger_.empty(), "masks start before the first round, once");
  ensure(parties.size() == decomposition_.domains(), "one party a domain");
  masked_ = true;
  const EgressPurpose purpose("session keys of the masks");
  const Communicator& world = decomposition_.world_;
  std::vector<std::size_t> places, led;  // domains that this rank leads: locally, in the run
  for (std::size_t d = 0; d < local_domains(); ++d)
    if (leads(d)) {
      places.push_back(d);
      led.push_back(decomposition_.local_domains()[d]);
    }

  const auto all_to_all = [&](const std::function<std::vector<std::string>()>& messages) {
    std::vector<std::string> texts(local_domains());
    agree(world, [&] {
      if (led.empty()) return;
      const std::vector<std::string> own = messages();
      for (std::size_t i = 0; i < own.size(); ++i)
        texts[places[i]] = base64_encode(own[i]);
    });
    std::vector<std::string> all = exchange(texts);
    for (std::string& text : all)
      text = base64_decode(text).value_or("");  // a session refuses an empty message
    return all;
  };
  const auto advertisements = all_to_all([&] {
    std::vector<PrivateKey> keys;
    for (const std::size_t index : led)
      keys.push_back(private_key(index));
    return session_.emplace(terms, parties, led, std::move(keys)).advertise();
  });
  const auto confirmations = all_to_all([&] { return session_->confirm(advertisements); });
  agree(world, [&] {
    if (session_) session_->agree(confirmations);
  });
}

std::vector<std::string> Boundary::exchange(const std::vector<std::string>& texts) const {
  ensure(texts.size() == local_domains(), "one text for each local domain");
  Json led = Json::object();
  for (std::size_t d = 0; d < texts.size(); ++d)
    if (leads(d)) led[std::to_string(decomposition_.local_domains()[d])] = texts[d];
  std::vector<std::string> all(decomposition_.domains());
  for (const std::string& text : decomposition_.world_.gather(led.dump())) {
    const Json entries = parse_json(text, "texts of domains", ExitCode::bug);
    for (const auto& [index, value] : entries.items())
      all[std::stoul(index)] = value.get<std::string>();
  }
  return all;
}

std::vector<std::string> Boundary::release(const std::string& round,
                                           const std::vector<OwnStatistics>& statistics) {
  ensure(!noise_, "in a run with noise nothing crosses without");
  const EgressPurpose purpose(fmt::format("round {}: {}", rounds_, round));
  std::vector<std::string> texts;
  for (const OwnStatistics& own : statistics) {
    ensure(own.leave.get().per_domain_statistics(),
           "a domain's own statistics are released with its policy's leave");
    texts.push_back(own.statistics.dump());
  }
  std::vector<std::string> released = exchange(texts);
  std::size_t bytes = 0;
  for (const std::string& text : released)
    bytes += text.size();
  ledger_.push_back({rounds_++, 1, round, (bytes + 7) / 8, decomposition_.domains()});
  return released;
}

}  // namespace bailiwick
