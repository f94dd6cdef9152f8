// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>

#include "lib/core/text.hpp"
#include "lib/crypto/base64.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/export/formats.hpp"

namespace bailiwick {

std::string model_signature(const RunFile& model, const PrivateKey& key) {
  // The digest of a list of files is that of their digests' bytes, one after the other.
  const auto& bytes = model.sha256.bytes;
  const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const Json resource = {{"name", "."},  // of a model that is one file: the file itself
                         {"algorithm", "sha256"},
                         {"digest", model.sha256.hex()}};
  const Json statement = {
      {"_type", in_toto_type},
      {"subject", Json::array({{{"name", std::filesystem::path(model.path).filename().string()},
                                {"digest", {{"sha256", sha256(raw).hex()}}}}})},
      {"predicateType", "https://model_signing/signature/v1.0"},
      {"predicate",
       {{"serialization",
         {{"method", "files"},
          {"hash_type", "sha256"},
          {"allow_symlinks", false},
          {"ignore_paths", Json::array()}}},
        {"resources", Json::array({resource})}}}};
  const Envelope envelope = sign_envelope("application/vnd.in-toto+json", statement.dump(), key);
  const Json bundle = {
      {"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
      {"verificationMaterial",
       {{"publicKey", {{"hint", key.public_key().id()}}}, {"tlogEntries", Json::array()}}},
      {"dsseEnvelope",
       {{"payload", base64_encode(envelope.payload)},
        {"payloadType", envelope.payload_type},
        {"signatures", Json::array({{{"sig", base64_encode(envelope.signatures.front().bytes)},
                                     {"keyid", ""}}})}}}};
  return bundle.dump() + "\n";
}

}  // namespace bailiwick
