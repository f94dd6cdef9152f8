// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// The primitives of secure aggregation meet the test vectors of their RFCs.

#include <algorithm>
#include <string>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/crypto/key_agreement.hpp"
#include "lib/crypto/key_stream.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hex.hpp"

using namespace bailiwick;

namespace {

Secret secret(std::string_view digits) {
  Secret result;
  const std::string bytes = unhex(digits);
  std::ranges::copy(std::as_bytes(std::span(bytes)), result.bytes().begin());
  return result;
}

std::string stream(const Secret& key, std::uint64_t first, std::size_t words) {
  std::vector<std::int64_t> sum(words, 0);
  add_key_stream(key, first, Sign::plus, sum);
  return hex(std::as_bytes(std::span(sum)));
}

}  // namespace

TEST_CASE("X25519: RFC 7748, section 6.1") {
  const SessionKey alice = SessionKey::from_secret(
      secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const SessionKey bob = SessionKey::from_secret(
      secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  CHECK(hex(alice.public_bytes()) ==
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  CHECK(hex(bob.public_bytes()) ==
        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const std::string shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  CHECK(hex(alice.agree(bob.public_bytes(), "bob").bytes()) == shared);
  CHECK(hex(bob.agree(alice.public_bytes(), "alice").bytes()) == shared);
}

TEST_CASE("X25519 refuses what yields no secret") {
  const SessionKey key = SessionKey::generate();
  CHECK_THROWS_WITH(key.agree(std::string(32, '\0'), "domain x"),
                    "domain x: its session key is no point to agree a secret with");
  CHECK_THROWS_WITH(key.agree(std::string(31, '\1'), "domain x"),
                    "domain x: its session key is no point to agree a secret with");
  CHECK(key.public_bytes() != SessionKey::generate().public_bytes());
}

TEST_CASE("HKDF: RFC 5869, test cases 1 and 3, the first 32 bytes") {
  const std::string ikm(22, '\x0b');
  const auto bytes = std::as_bytes(std::span(ikm));
  CHECK(hex(hkdf(bytes, unhex("000102030405060708090a0b0c"), unhex("f0f1f2f3f4f5f6f7f8f9"))
                .bytes()) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  CHECK(hex(hkdf(bytes, "", "").bytes()) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
  const Secret prk = secret("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  CHECK(hex(hkdf_expand(prk, unhex("f0f1f2f3f4f5f6f7f8f9")).bytes()) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST_CASE("ChaCha20: RFC 8439, appendix A.1, vectors 1 to 4") {
  const Secret zero;
  CHECK(stream(zero, 0, 8) ==
        "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
        "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
  CHECK(stream(zero, 8, 8) ==
        "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
        "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
  CHECK(stream(secret(std::string(62, '0') + "01"), 8, 8) ==
        "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
        "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0");
  CHECK(stream(secret("00ff" + std::string(60, '0')), 16, 8) ==
        "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
        "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096");
}

TEST_CASE("a key stream may be taken in parts, and subtracted again") {
  const Secret key = secret(std::string(64, 'a'));
  const std::vector<std::int64_t> values(5000, 7);
  std::vector<std::int64_t> whole = values, parts = values;
  add_key_stream(key, 0, Sign::plus, whole);
  add_key_stream(key, 1024, Sign::plus, std::span(parts).subspan(1024));
  add_key_stream(key, 0, Sign::plus, std::span(parts).first(1024));
  CHECK(whole == parts);
  CHECK(whole != values);
  add_key_stream(key, 0, Sign::minus, whole);
  CHECK(whole == values);
  CHECK_THROWS(add_key_stream(key, 4, Sign::plus, whole));
  CHECK_THROWS(add_key_stream(key, std::uint64_t{1} << 35, Sign::plus, whole));
}
