// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/mask_session.hpp"

#include <algorithm>

#include "lib/core/error.hpp"
#include "lib/crypto/random.hpp"
#include "lib/crypto/sha256.hpp"

namespace bailiwick {

namespace {

/// A message of fields, each after its length (32 bits, little-endian), so that no two lists of
/// fields are the same bytes. The first says what the message is for.
class Message {
 public:
  explicit Message(std::string_view purpose) {
    field(std::string("bailiwick-secure-aggregation-v1/").append(purpose));
  }
  Message& field(std::string_view bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    text_.append(bytes);
    return *this;
  }
  Message& field(const Digest& digest) {
    return field(
        std::string_view(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()));
  }
  template <std::unsigned_integral T>
  Message& number(T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
      text_.push_back(static_cast<char>(value >> (8 * i)));
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

constexpr std::size_t key_size = 32, nonce_size = 32;

bool signed_by(const MaskParty& party, const std::string& message, std::string_view signature) {
  return std::ranges::any_of(
      party.keys, [&](const PublicKey& key) { return key.verifies(message, signature); });
}

std::string advertisement_to_sign(const Digest& terms, std::size_t party, std::string_view key,
                                  std::string_view nonce) {
  return Message("advertise")
      .field(terms)
      .number(static_cast<std::uint32_t>(party))
      .field(key)
      .field(nonce)
      .text();
}

std::string confirmation_to_sign(const Digest& transcript, std::size_t party) {
  return Message("confirm").field(transcript).number(static_cast<std::uint32_t>(party)).text();
}

}  // namespace

Ephemeral Ephemeral::fresh() {
  return {SessionKey::generate(), random_bytes(nonce_size)};
}

MaskSession::MaskSession(const Digest& terms, std::vector<MaskParty> parties,
                         std::vector<std::size_t> own, std::vector<PrivateKey> keys,
                         Ephemeral ephemeral)
    : terms_(terms),
      parties_(std::move(parties)),
      own_(std::move(own)),
      signing_keys_(std::move(keys)),
      ephemeral_(std::move(ephemeral)) {
  ensure(!own_.empty() && std::ranges::is_sorted(own_) && own_.back() < parties_.size(),
         "a gateway's parties are some of the parties, in their order");
  ensure(signing_keys_.size() == own_.size(), "a key for each own party");
  for (std::size_t i = 0; i < own_.size(); ++i) {
    const std::string id = signing_keys_[i].public_key().id();
    if (std::ranges::none_of(parties_[own_[i]].keys,
                             [&](const PublicKey& pinned) { return pinned.id() == id; }))
      throw Error(ExitCode::config,
                  "domain {}: its private_key is not the private half of one of its keys",
                  parties_[own_[i]].name);
  }
}

bool MaskSession::owns(std::size_t party) const {
  return std::ranges::binary_search(own_, party);
}

std::vector<std::string> MaskSession::advertise() {
  ensure(own_advertisements_.empty(), "a session is advertised once");
  const std::string key = ephemeral_->key.public_bytes(), &nonce = ephemeral_->nonce;
  for (std::size_t i = 0; i < own_.size(); ++i)
    own_advertisements_.push_back(
        key + nonce + signing_keys_[i].sign(advertisement_to_sign(terms_, own_[i], key, nonce)));
  return own_advertisements_;
}

std::vector<std::string> MaskSession::confirm(const std::vector<std::string>& advertisements) {
  ensure(!own_advertisements_.empty() && advertised_.empty(), "confirm follows advertise");
  ensure(advertisements.size() == parties_.size(), "one advertisement a party");
  const std::string own_key = ephemeral_->key.public_bytes();
  auto own = own_advertisements_.begin();
  Message all("transcript");
  all.field(terms_);
  for (std::size_t j = 0; j < parties_.size(); ++j) {
    const std::string& text = advertisements[j];
    const auto refuse = [&](std::string_view reason) {
      throw Error(ExitCode::integrity, "secure aggregation: domain {}: {}", parties_[j].name,
                  reason);
    };
    if (text.size() <= key_size + nonce_size) refuse("its session key is missing");
    const std::string key = text.substr(0, key_size), nonce = text.substr(key_size, nonce_size);
    const auto signature = std::string_view(text).substr(key_size + nonce_size);
    if (!signed_by(parties_[j], advertisement_to_sign(terms_, j, key, nonce), signature))
      refuse(
          "its session key is not signed by a key that the config pins, or for a run on other "
          "terms");
    if (owns(j) ? text != *own++ : key == own_key)
      refuse(owns(j) ? "its own session key came back altered"
                     : "its session key is that of another gateway");
    advertised_.push_back({key, nonce});
    all.number(static_cast<std::uint32_t>(j)).field(key).field(nonce);
  }
  transcript_ = sha256(all.text());
  std::vector<std::string> confirmations;
  for (std::size_t i = 0; i < own_.size(); ++i)
    confirmations.push_back(signing_keys_[i].sign(confirmation_to_sign(transcript_, own_[i])));
  signing_keys_.clear();  // they sign nothing more, and memory is not to hold them for the run
  return confirmations;
}

void MaskSession::agree(const std::vector<std::string>& confirmations) {
  ensure(!advertised_.empty() && ephemeral_, "agree follows confirm, once");
  ensure(confirmations.size() == parties_.size(), "one confirmation a party");
  for (std::size_t j = 0; j < parties_.size(); ++j)
    if (!signed_by(parties_[j], confirmation_to_sign(transcript_, j), confirmations[j]))
      throw Error(ExitCode::integrity,
                  "secure aggregation: domain {}: did not confirm the session keys that domain {} "
                  "was shown",
                  parties_[j].name, parties_[own_.front()].name);

  const std::string salt(reinterpret_cast<const char*>(transcript_.bytes.data()),
                         transcript_.bytes.size());
  for (std::size_t j = 0; j < parties_.size(); ++j) {
    // A gateway is known by its key, and goes by its first party.
    const auto gateway = std::ranges::find(advertised_, advertised_[j]) - advertised_.begin();
    if (owns(j) || static_cast<std::size_t>(gateway) != j) continue;
    const auto [first, second] = std::minmax(j, own_.front());
    const Secret shared =
        ephemeral_->key.agree(advertised_[j].key, "secure aggregation: domain " + parties_[j].name);
    peers_.push_back({hkdf(shared.bytes(), salt,
                           Message("pair")
                               .number(static_cast<std::uint32_t>(first))
                               .number(static_cast<std::uint32_t>(second))
                               .field(advertised_[first].key)
                               .field(advertised_[second].key)
                               .text()),
                      j > own_.front() ? Sign::plus : Sign::minus});
  }
  ephemeral_.reset();
  agreed_ = true;
}

void MaskSession::mask(const MaskUse& use, const Digest& parameters,
                       std::span<std::int64_t> words) {
  ensure(agreed_, "mask follows agree");
  ensure(!last_use_ || *last_use_ < use, "no mask is used twice");
  last_use_ = use;
  const std::string info = Message("mask")
                               .number(use.round)
                               .number(use.attempt)
                               .number(use.stream)
                               .field(parameters)
                               .text();
  for (const Peer& peer : peers_)
    add_key_stream(hkdf_expand(peer.key, info), 0, peer.sign, words);
}

}  // namespace bailiwick
