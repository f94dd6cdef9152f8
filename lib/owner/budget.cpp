// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/owner/budget.hpp"

#include <algorithm>
#include <filesystem>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/base64.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/random.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/owner/access_log.hpp"
#include "lib/owner/locked_file.hpp"
#include "lib/owner/registry.hpp"
#include "lib/privacy/json.hpp"

namespace bailiwick {

namespace {

constexpr const char* line_type = "application/vnd.bailiwick.budget.v1+json";
constexpr const char* format = "bailiwick-budget";
constexpr int format_version = 1;

/// Adds what one line says to what all before it said; why it cannot be, or nothing.
std::string add_line(BudgetFacts& facts, const Json& said, const std::string& what) {
  const Json previous = facts.lines.empty() ? Json() : Json(facts.head.hex());
  if (said.value("format", "") != format || said.value("version", 0) != format_version)
    return fmt::format("is no line of \"{}\" of version {}", format, format_version);
  if (!said.contains("previous") || said["previous"] != previous)
    return "does not follow from the line before";
  const auto event = json_member<std::string>(said, "event", what);
  const RenyiLoss loss = loss_from_json(json_member<Json>(said, "loss", what), what);
  if (event == "reserve") {
    facts.charges.push_back({{}, said, loss});
    return "";
  }
  if (event != "settle") return "is neither a reservation nor a settlement";
  const auto of = Digest::from_hex(json_member<std::string>(said, "reservation", what));
  const auto charge = std::ranges::find(facts.charges, of, &BudgetFacts::Charge::line);
  if (charge == facts.charges.end()) return "settles what nobody reserved";
  if (charge->settled) return "settles what is settled already";
  if (!is_within(loss, charge->loss)) return "settles for more than was reserved";
  charge->settled = true;
  charge->loss = loss;
  charge->first = said.value("first", "");
  return "";
}

/// The line for what is said after the last of `before`, and the digest that the next will name.
std::pair<std::string, Digest> next_line(const BudgetFacts& before, Json said,
                                         const PrivateKey& key) {
  said["format"] = format;
  said["version"] = format_version;
  said["previous"] = before.lines.empty() ? Json() : Json(before.head.hex());
  said["time"] = utc_now();
  const std::string payload = said.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {to_json_line(sign_envelope(line_type, payload, key)) + "\n", sha256(payload)};
}

}  // namespace

BudgetFacts BudgetLedger::read(std::span<const PublicKey> keys) const {
  BudgetFacts facts;
  if (!std::filesystem::exists(path_)) return facts;
  const std::string text = read_file(path_, document::access_log);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::string what = fmt::format("{}: line {}", path_, facts.lines.size() + 1);
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos)
      throw Error(ExitCode::integrity, "{}: does not end; the budget was changed", what);
    const Envelope envelope =
        envelope_from_json(std::string_view(text).substr(begin, end - begin), what);
    const std::string payload = open_envelope(envelope, line_type, keys, what);
    const Json said = parse_document(payload, what);
    if (const std::string why = add_line(facts, said, what); !why.empty())
      throw Error(ExitCode::integrity, "{}: {}; the budget was changed", what, why);
    facts.head = sha256(payload);
    facts.lines.push_back(facts.head);
    if (said["event"] == "reserve") facts.charges.back().line = facts.head;
    begin = end + 1;
  }
  for (const BudgetFacts::Charge& charge : facts.charges)
    facts.spent += charge.loss;
  return facts;
}

BudgetFacts read_budget(const Registry& registry, std::span<const PublicKey> keys) {
  // The log first: a run that begins meanwhile writes it after the ledger.
  std::string last;
  if (std::filesystem::exists(registry.access_log()))
    for (const AccessChain::Line& line : AccessLog(registry.access_log()).read().lines)
      if (const auto said = line.entry.find("budget");
          said != line.entry.end() && said->is_string())
        last = said->get<std::string>();
  BudgetFacts facts = BudgetLedger(registry.budget()).read(keys);
  const auto is_last = [&](const Digest& line) { return line.hex() == last; };
  if (!last.empty() && std::ranges::none_of(facts.lines, is_last))
    throw Error(
        ExitCode::integrity,
        "{}: lacks what the access log says was reserved: it was turned back, or lines were "
        "taken away",
        registry.budget());
  return facts;
}

Digest BudgetLedger::reserve(const PrivacyFilter& filter, const RenyiLoss& loss, Json said,
                             std::span<const PublicKey> keys, const PrivateKey& key) const {
  create_folders(std::filesystem::path(path_).parent_path().string());
  const LockedFile file(path_, "budget", patience_);
  const BudgetFacts before = read(keys);
  if (!filter.allows(before.spent, loss))
    throw Error(ExitCode::policy,
                "refused, and nothing was read:\n  {}: the budget of privacy has no room for this "
                "run: {:.1f} % are spent, and it asks for {:.1f} %",
                path_, 100 * filter.share_spent(before.spent), 100 * filter.share_spent(loss));
  said["event"] = "reserve";
  said["loss"] = to_json(loss);
  // No two runs draw the same noise, though one ledger be put back in the place of another.
  said["nonce"] = base64_encode(random_bytes(32));
  const auto [line, digest] = next_line(before, std::move(said), key);
  file.append(line);
  return digest;
}

void BudgetLedger::settle(const Digest& reservation, const NoiseUse& used,
                          std::span<const PublicKey> keys, const PrivateKey& key) const {
  const LockedFile file(path_, "budget", patience_);
  const BudgetFacts before = read(keys);
  const auto charge = std::ranges::find(before.charges, reservation, &BudgetFacts::Charge::line);
  ensure(charge != before.charges.end() && !charge->settled && is_within(used.loss, charge->loss),
         "a run uses no more of a budget than it reserved");
  Json said = {
      {"event", "settle"}, {"reservation", reservation.hex()}, {"loss", to_json(used.loss)}};
  if (used.first) said["first"] = used.first->hex();
  file.append(next_line(before, said, key).first);
}

}  // namespace bailiwick
