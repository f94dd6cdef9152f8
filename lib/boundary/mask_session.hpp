// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/crypto/key_agreement.hpp"
#include "lib/crypto/key_stream.hpp"
#include "lib/crypto/keys.hpp"

namespace bailiwick {

/// A party as all know it before a session: its name, and the pinned keys one of which must sign
/// for it.
struct MaskParty {
  std::string name;
  std::vector<PublicKey> keys;
};

/// Which masks: none is used twice in a session.
struct MaskUse {
  std::uint64_t round = 0;
  std::uint32_t attempt = 0;
  std::uint32_t stream = 0;

  auto operator<=>(const MaskUse&) const = default;
};

/// What is new in every session.
struct Ephemeral {
  SessionKey key;
  std::string nonce;  ///< 32 bytes

  static Ephemeral fresh();
};

/// One gateway's side of secure aggregation: pairwise masks in Z_2^64 that cancel in the sum over
/// all domains, and only there. A gateway is a process that sends the sum of the domains it leads,
/// most often one. The one-round core of Bonawitz et al. 2017 ("Practical Secure
/// Aggregation", eprint 2017/281) without drop-outs: a lost party ends a batch job, so there are no
/// self-masks and no secret shares. Against honest-but-curious parties; t of n that collude learn
/// the sum of the other n - t and no more. docs/secure-aggregation.md has the protocol, message by
/// message. Pure: whoever owns a session carries the messages.
///
///   every gateway: advertise -> (all to all) -> confirm -> (all to all) -> agree -> mask, mask,
///   ...
///
/// A restarted run is a new session with new keys: nothing here can be saved.
class MaskSession {
 public:
  /// `terms`: digest of all that the parties agreed on before (config, program, policies, data).
  /// `own`: the places of this gateway's parties in `parties`, ascending; the order of `parties` is
  /// the run's and the same everywhere. `keys`: for each of `own`, the private half of one of its
  /// pinned keys; ExitCode::config if it is not.
  MaskSession(const Digest& terms, std::vector<MaskParty> parties, std::vector<std::size_t> own,
              std::vector<PrivateKey> keys, Ephemeral ephemeral = Ephemeral::fresh());

  /// Step 1: a fresh X25519 key and a nonce, signed for each own party under its pinned key.
  std::vector<std::string> advertise();

  /// Step 2: checks everybody's advertisement and signs, for each own party, the transcript of all
  /// of them, so that no relay can show different keys to different parties. ExitCode::integrity
  /// names the party.
  std::vector<std::string> confirm(const std::vector<std::string>& advertisements);

  /// Step 3: checks everybody's confirmation, agrees a key with every other gateway and erases the
  /// session key. ExitCode::integrity names the party.
  void agree(const std::vector<std::string>& confirmations);

  /// Digest of all advertisements; the session's identity. After confirm().
  const Digest& transcript() const { return transcript_; }

  /// Adds this gateway's masks modulo 2^64 to the sum of its parties: plus those it shares with
  /// later gateways, minus those with earlier ones. `parameters` is bound into the masks: those of
  /// gateways that computed at other parameters do not cancel. Uses must increase; one that does
  /// not is ExitCode::bug.
  void mask(const MaskUse& use, const Digest& parameters, std::span<std::int64_t> words);

 private:
  struct Advertised {
    std::string key, nonce;
    bool operator==(const Advertised&) const = default;
  };
  struct Peer {
    Secret key;
    Sign sign;  ///< of its masks in this gateway's words
  };

  bool owns(std::size_t party) const;

  Digest terms_;
  std::vector<MaskParty> parties_;
  std::vector<std::size_t> own_;
  std::vector<PrivateKey> signing_keys_;  ///< one for each of own_
  std::optional<Ephemeral> ephemeral_;
  std::vector<std::string> own_advertisements_;
  std::vector<Advertised> advertised_;
  Digest transcript_;
  std::vector<Peer> peers_;
  bool agreed_ = false;
  std::optional<MaskUse> last_use_;
};

}  // namespace bailiwick
