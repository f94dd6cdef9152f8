// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/crypto/envelope.hpp"

#include <algorithm>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/base64.hpp"

namespace bailiwick {

namespace {

std::string base64_member(const Json& object, const char* key, const std::string& what,
                          ExitCode code) {
  auto bytes = base64_decode(json_member<std::string>(object, key, what, code));
  if (!bytes) throw Error(code, "{}: \"{}\" is not valid base64", what, key);
  return *std::move(bytes);
}

auto key_named(std::span<const PublicKey> keys, const std::string& id) {
  return std::ranges::find_if(keys, [&](const PublicKey& key) { return key.id() == id; });
}

}  // namespace

std::string pre_authentication_encoding(std::string_view type, std::string_view body) {
  return fmt::format("DSSEv1 {} {} {} {}", type.size(), type, body.size(), body);
}

Envelope sign_envelope(std::string payload_type, std::string payload, const PrivateKey& key) {
  Envelope envelope{std::move(payload_type), std::move(payload), {}};
  add_signature(envelope, key);
  return envelope;
}

void add_signature(Envelope& envelope, const PrivateKey& key) {
  Envelope::Signature signature{
      key.public_key().id(),
      key.sign(pre_authentication_encoding(envelope.payload_type, envelope.payload))};
  std::erase_if(envelope.signatures,
                [&](const auto& earlier) { return earlier.key_id == signature.key_id; });
  envelope.signatures.push_back(std::move(signature));
}

std::string to_json_line(const Envelope& envelope) {
  Json json = {{"payload", base64_encode(envelope.payload)},
               {"payloadType", envelope.payload_type},
               {"signatures", Json::array()}};
  for (const auto& signature : envelope.signatures)
    json["signatures"].push_back(
        {{"keyid", signature.key_id}, {"sig", base64_encode(signature.bytes)}});
  return json.dump();
}

Envelope envelope_from_json(std::string_view text, const std::string& what, ExitCode code) {
  const Json json = parse_document(text, what, code);
  Envelope envelope;
  envelope.payload_type = json_member<std::string>(json, "payloadType", what, code);
  envelope.payload = base64_member(json, "payload", what, code);
  const auto signatures = json.find("signatures");
  if (json.size() != 3)  // nobody signed what else stands there
    throw Error(code, "{}: has more than payload, payloadType and signatures", what);
  if (signatures == json.end() || !signatures->is_array())
    throw Error(code, "{}: \"signatures\" is missing or has the wrong type", what);
  for (const Json& signature : *signatures)
    envelope.signatures.push_back({json_member<std::string>(signature, "keyid", what, code),
                                   base64_member(signature, "sig", what, code)});
  return envelope;
}

std::string open_envelope(const Envelope& envelope, const std::string& payload_type,
                          std::span<const PublicKey> keys, const std::string& what, ExitCode code) {
  if (envelope.payload_type != payload_type)
    throw Error(code, "{}: its type is \"{}\", not \"{}\"", what, envelope.payload_type,
                payload_type);
  if (envelope.signatures.empty()) throw Error(code, "{}: is not signed", what);

  const std::string signed_bytes =
      pre_authentication_encoding(envelope.payload_type, envelope.payload);
  bool holds = false;
  std::vector<std::string> signers;
  for (const auto& signature : envelope.signatures) {
    if (std::ranges::find(signers, signature.key_id) != signers.end())
      throw Error(code, "{}: two of its signatures name the key {}", what, signature.key_id);
    signers.push_back(signature.key_id);
    const auto key = key_named(keys, signature.key_id);
    if (key == keys.end()) continue;
    if (!key->verifies(signed_bytes, signature.bytes))
      throw Error(code, "{}: the signature by key {} does not hold: changed after it was signed",
                  what, signature.key_id);
    holds = true;
  }
  if (!holds) {
    std::vector<std::string> trusted;
    for (const PublicKey& key : keys)
      trusted.push_back(key.id());
    throw Error(code, "{}: signed by key {}, which is none of the trusted ones ({})", what,
                join(signers), trusted.empty() ? "no key was given" : join(trusted));
  }
  return envelope.payload;
}

void demand_exact_signatures(const Envelope& envelope, const std::string& signer,
                             std::span<const PublicKey> keys, OtherSignatures others,
                             const std::string& what) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ExitCode::integrity, "{}: {}", what, why);
  };
  const auto& signatures = envelope.signatures;
  for (std::size_t i = 0; i < signatures.size(); ++i) {
    const std::string& id = signatures[i].key_id;
    if (!is_canonical_signature(signatures[i].bytes))
      refuse(
          fmt::format("the signature by key {} is not in the form that is signed (strict DER, "
                      "low s): it was replaced by another spelling",
                      id));
    if (i == 0 && id != signer)
      refuse(fmt::format("its first signature is by key {}, and the signer it names is {}", id,
                         signer));
    if (i > 1 && id <= signatures[i - 1].key_id)
      refuse("its countersignatures do not stand in the order of their key ids");
    if (others == OtherSignatures::none && key_named(keys, id) == keys.end())
      refuse(
          fmt::format("is also signed by key {}, which was not given, so that nobody can tell "
                      "whether that holds; give it with --key, or take the signature out",
                      id));
  }
  if (key_named(keys, signer) == keys.end())
    refuse(fmt::format("its signer {} is none of the trusted keys", signer));
}

}  // namespace bailiwick
