// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <vector>

#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/base64.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/random.hpp"
#include "lib/crypto/secret.hpp"
#include "lib/crypto/sha256.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/hex.hpp"
#include "tests/support/signature.hpp"
#include "tests/support/stride.hpp"

namespace fs = std::filesystem;
using namespace bailiwick;
using namespace bailiwick::testing;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("bailiwick-crypto-" + new_uuid());
  Folder() { fs::create_directory(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

bool has_openssl() {
  return std::system("openssl version >/dev/null 2>&1") == 0;
}
bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// The message of the Error that `action` throws, after checking its code.
template <class Action>
std::string refusal(ExitCode code, Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "nothing was refused";
}

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

}  // namespace

TEST_CASE("SHA-256 meets the vectors of FIPS 180", "[crypto]") {
  const auto of = [](std::string_view text) { return sha256(text).hex(); };
  CHECK(of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(
      of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
         "mnopqrsmnopqrstnopqrstu") ==
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(of(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the bytes arrive", "[crypto]") {
  const Folder folder;
  const std::string bytes = random_bytes(700001);
  const Digest whole = sha256(bytes);
  Sha256 hash;
  for (std::size_t at = 0, step = 1; at < bytes.size(); at += step, step = step * 3 + 1)
    hash.update(std::string_view(bytes).substr(at, step));
  CHECK(hash.finish() == whole);
  CHECK(hash.finish() == sha256(""));  // starts anew

  write_file_atomically(folder / "bytes", bytes);
  CHECK(sha256_file(folder / "bytes") == whole);
  CHECK(contains(refusal(ExitCode::data, [&] { sha256_file(folder / "none"); }),
                 "none: cannot open"));
  CHECK(contains(refusal(ExitCode::data, [&] { sha256_file(folder / "."); }), "is a folder"));
}

TEST_CASE("base64 meets the vectors of RFC 4648 and refuses all else", "[crypto]") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode(text) == bytes);
  }
  CHECK(base64_encode("\xfb\xff") == "+/8=");
  CHECK(base64_decode("+/8=") == "\xfb\xff");
  CHECK(base64_decode("-_8=") == "\xfb\xff");
  for (const char* wrong : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=Zg=", "Zg==Zg==",
                            "Zm9v\n", "Zm 9", "+_8=", "Zm9*", "Zm8=\n\n\n\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(base64_decode(wrong));
  }
  for (std::size_t size = 0; size < 100; ++size) {
    const std::string bytes = random_bytes(size);
    CHECK(base64_decode(base64_encode(bytes)) == bytes);
  }
}

TEST_CASE("random identifiers are version 4 UUIDs and differ", "[crypto]") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = new_uuid();
    REQUIRE(uuid.size() == 36);
    for (const std::size_t dash : {8, 13, 18, 23})
      CHECK(uuid[dash] == '-');
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
    seen.insert(uuid);
  }
  CHECK(seen.size() == 1000);
  CHECK(random_bytes(0).empty());
  CHECK(random_bytes(32) != random_bytes(32));
}

TEST_CASE("P-256 verification meets the vector of RFC 6979 A.2.5", "[crypto]") {
  const std::string spki = unhex(
      "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
      "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
      "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
  const std::string der = unhex(
      "3046"
      "022100EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
      "022100F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
  const std::string body = base64_encode(spki);
  const std::string pem = "-----BEGIN PUBLIC KEY-----\n" + body.substr(0, 64) + "\n" +
                          body.substr(64) + "\n-----END PUBLIC KEY-----\n";
  const PublicKey key = PublicKey::from_pem(pem, "vector");
  CHECK(key.pem() == pem);
  CHECK(key.id() == sha256(pem).hex());
  CHECK(key.verifies("sample", der));
  CHECK_FALSE(key.verifies("sampl", der));
  CHECK_FALSE(key.verifies("sample", ""));
  for (std::size_t i = 0; i < der.size(); ++i) {
    std::string changed = der;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CAPTURE(i);
    CHECK_FALSE(key.verifies("sample", changed));
  }
  CHECK_FALSE(key.verifies("sample", der + '\0'));
}

TEST_CASE("keys survive the disk and are kept from others", "[crypto]") {
  const Folder folder;
  const PrivateKey key = PrivateKey::generate();
  key.save(folder / "key.pem");
  struct stat status {};
  REQUIRE(::stat((folder / "key.pem").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(contains(refusal(ExitCode::data, [&] { key.save(folder / "key.pem"); }),
                 "never overwritten"));
  CHECK(
      contains(refusal(ExitCode::data, [&] { key.save(folder / "no/key.pem"); }), "cannot write"));

  const PrivateKey loaded = PrivateKey::load(folder / "key.pem");
  CHECK(loaded.public_key().id() == key.public_key().id());
  CHECK(key.public_key().verifies("message", loaded.sign("message")));
  CHECK_FALSE(PrivateKey::generate().public_key().verifies("message", loaded.sign("message")));

  write_file_atomically(folder / "key.pub.pem", key.public_key().pem());
  CHECK(PublicKey::load(folder / "key.pub.pem").id() == key.public_key().id());

  for (const auto mode : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    fs::permissions(folder / "key.pem", fs::perms::owner_read | mode);
    const std::string message =
        refusal(ExitCode::config, [&] { PrivateKey::load(folder / "key.pem"); });
    CHECK(contains(message, "chmod 600 " + (folder / "key.pem")));
  }
}

TEST_CASE("a public key in the place of a private one is no secret", "[crypto]") {
  const Folder folder;
  write_file_atomically(folder / "key.pub.pem", PrivateKey::generate().public_key().pem());
  for (const auto mode : {fs::perms::none, fs::perms::group_read | fs::perms::others_read}) {
    fs::permissions(folder / "key.pub.pem", fs::perms::owner_read | fs::perms::owner_write | mode);
    CHECK(refusal(ExitCode::config, [&] { PrivateKey::load(folder / "key.pub.pem"); }) ==
          (folder / "key.pub.pem") + ": is a public key; name the private one");
  }
}

TEST_CASE("files that are not P-256 keys are refused by name and reason", "[crypto]") {
  const Folder folder;
  const auto refused = [&](const std::string& name, auto load) {
    fs::permissions(folder / name.c_str(), fs::perms::owner_read | fs::perms::owner_write);
    const std::string message = refusal(ExitCode::config, [&] { load(folder / name.c_str()); });
    CHECK(contains(message, name));
    return message;
  };
  const auto write = [&](const char* name, const std::string& text) {
    write_file_atomically(folder / name, text);
  };
  const auto as_private = [](const std::string& path) {
    return PrivateKey::load(path).public_key();
  };
  const auto as_public = [](const std::string& path) { return PublicKey::load(path); };

  const PrivateKey key = PrivateKey::generate();
  key.save(folder / "key.pem");
  const std::string pem = read_file(folder / "key.pem");
  const std::string public_pem = key.public_key().pem();
  write("public.pem", public_pem);
  write("empty.pem", "");
  write("half.pem", pem.substr(0, pem.size() / 2));
  write("half-public.pem", public_pem.substr(0, public_pem.size() / 2));
  write("text.pem", "not a key\n");
  // The private half of one key with the public half of another.
  const auto der_of = [](std::string text) {
    text.erase(text.find("-----END"));
    text.erase(0, text.find('\n'));
    std::erase(text, '\n');
    return base64_decode(text).value();
  };
  const std::string other = der_of(PrivateKey::generate().public_key().pem());
  std::string mixed = der_of(pem);
  mixed.replace(mixed.size() - 64, 64, other.substr(other.size() - 64));
  write("mixed.pem",
        "-----BEGIN PRIVATE KEY-----\n" + base64_encode(mixed) + "\n-----END PRIVATE KEY-----\n");

  CHECK(contains(refused("mixed.pem", as_private), "do not belong together"));
  CHECK(contains(refused("public.pem", as_private), "is a public key"));
  CHECK(contains(refused("key.pem", as_public), "holds a private key"));
  for (const char* name : {"empty.pem", "half.pem", "text.pem"})
    CHECK(contains(refused(name, as_private), "not a private key"));
  for (const char* name : {"empty.pem", "half-public.pem", "text.pem"})
    CHECK(contains(refused(name, as_public), "not a public key"));
  CHECK(contains(refusal(ExitCode::config, [&] { as_private(folder / "none"); }), "cannot open"));
  CHECK(contains(refusal(ExitCode::config, [&] { as_public(folder / "none"); }), "cannot open"));
  CHECK(contains(refusal(ExitCode::config, [&] { as_private(folder / "."); }), "is a folder"));

  if (!has_openssl()) return;
  const auto make = [&](const char* name, const std::string& how) {
    REQUIRE(shell("openssl " + how + " -out " + (folder / name)));
    REQUIRE(shell("openssl pkey -in " + (folder / name) + " -passin pass:secret -pubout -out " +
                  (folder / name) + ".pub"));
  };
  make("rsa.pem", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048");
  make("ed.pem", "genpkey -algorithm ED25519");
  make("p384.pem", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384");
  make("explicit.pem",
       "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit");
  make("locked.pem",
       "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes128 -pass pass:secret");
  CHECK(contains(refused("rsa.pem", as_private), "type RSA"));
  CHECK(contains(refused("rsa.pem.pub", as_public), "type RSA"));
  CHECK(contains(refused("ed.pem", as_private), "type ED25519"));
  CHECK(contains(refused("p384.pem", as_private), "curve secp384r1"));
  CHECK(contains(refused("p384.pem.pub", as_public), "curve secp384r1"));
  CHECK(contains(refused("explicit.pem", as_private), "instead of naming P-256"));
  CHECK(contains(refused("explicit.pem.pub", as_public), "instead of naming P-256"));
  CHECK(contains(refused("locked.pem", as_private), "is encrypted"));

  // The same key with its point compressed has the same id.
  REQUIRE(shell("openssl ec -pubin -in " + (folder / "public.pem") +
                " -conv_form compressed -out " + (folder / "compressed.pem")));
  CHECK(read_file(folder / "compressed.pem") != public_pem);
  CHECK(PublicKey::load(folder / "compressed.pem").id() == key.public_key().id());
}

TEST_CASE("every truncated or changed key file is read or refused", "[crypto]") {
  const std::string pem = PrivateKey::generate().public_key().pem();
  const auto survives = [](const std::string& text) {
    try {
      PublicKey::from_pem(text, "key");
    } catch (const Error& error) {
      CHECK(error.code() == ExitCode::config);
    }
  };
  for (std::size_t i = 0; i < pem.size(); ++i) {
    survives(pem.substr(0, i));
    for (const int mask : {0x01, 0x20, 0x80}) {
      std::string changed = pem;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      survives(changed);
    }
  }
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)

namespace {

constexpr unsigned char veil = 0xA5;  // so that what is looked for is not found where it is kept

std::string veiled(std::string text) {
  for (char& c : text)
    c = static_cast<char>(static_cast<unsigned char>(c) ^ veil);
  return text;
}

/// Whether the veiled text stands anywhere in what this process can write to.
bool stands_in_memory(const std::string& text) {
  std::ifstream maps("/proc/self/maps");
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  REQUIRE(memory >= 0);
  bool found = false;
  std::vector<char> buffer(1 << 20);
  const auto same = [](char plain, char other) {
    return (static_cast<unsigned char>(plain) ^ veil) == static_cast<unsigned char>(other);
  };
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char write = '-';
    if (std::sscanf(line.c_str(), "%lx-%lx r%c", &begin, &end, &write) != 3 || write != 'w')
      continue;
    const std::size_t step = buffer.size() - text.size();
    for (std::uintptr_t at = begin; at < end; at += step) {
      const std::size_t wanted = std::min<std::size_t>(buffer.size(), end - at);
      const ssize_t got = ::pread(memory, buffer.data(), wanted, static_cast<off_t>(at));
      const auto last = buffer.begin() + std::max<ssize_t>(got, 0);
      found = found || std::search(buffer.begin(), last, text.begin(), text.end(), same) != last;
    }
  }
  ::close(memory);
  erase(std::as_writable_bytes(std::span(buffer)));
  return found;
}

}  // namespace

TEST_CASE("a key that was used leaves nothing in memory", "[crypto]") {
  const Folder folder;
  const std::string path = folder / "key.pem";
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  // Another process makes the key, so that only what reads it here could leave it behind.
  const pid_t child = ::fork();
  if (child == 0) {
    PrivateKey::generate().save(path);
    std::string base64;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
      if (!line.starts_with("-----")) base64 += line;
    const std::string der = base64_decode(base64).value();
    constexpr std::size_t scalar = 36;  // where PKCS #8 has the secret number of a P-256 key
    const std::string secret = der.substr(scalar, 32);
    const std::string words =
        veiled(secret + std::string(secret.rbegin(), secret.rend()) + base64.substr(40, 24));
    const bool sent = ::write(pipe[1], words.data(), words.size()) == 32 + 32 + 24;
    ::_exit(sent ? 0 : 1);
  }
  std::string words(32 + 32 + 24, '\0');
  int status = 1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  REQUIRE(::read(pipe[0], words.data(), words.size()) == static_cast<ssize_t>(words.size()));
  ::close(pipe[0]);
  ::close(pipe[1]);
  const std::string big_endian = words.substr(0, 32), little_endian = words.substr(32, 32),
                    text = words.substr(64);
  {
    const PrivateKey key = PrivateKey::load(path);
    CHECK(key.public_key().verifies("words", key.sign("words")));
    CHECK(stands_in_memory(little_endian));  // the look finds what is there
  }
  CHECK_FALSE(stands_in_memory(big_endian));
  CHECK_FALSE(stands_in_memory(little_endian));
  CHECK_FALSE(stands_in_memory(text));
  // Nor where it is refused half-way.
  std::filesystem::permissions(path, fs::perms::group_read, fs::perm_options::add);
  CHECK_THROWS(PrivateKey::load(path));
  CHECK_FALSE(stands_in_memory(text));
}

#endif

TEST_CASE("signatures have one form, and the others are told apart", "[crypto]") {
  const PrivateKey key = PrivateKey::generate();
  for (int i = 0; i < 40; ++i) {  // every second one had the other form before
    const std::string message = std::to_string(i), der = key.sign(message);
    REQUIRE(is_canonical_signature(der));
    const std::string other = malleated(der);
    CHECK(key.public_key().verifies(message, der));
    CHECK(key.public_key().verifies(message, other));
    CHECK_FALSE(is_canonical_signature(other));
    CHECK(malleated(other) == der);
  }
  const std::string der = key.sign("x");
  std::string longer = der;  // r with a zero in front, which DER leaves out
  longer.insert(4, 1, '\0');
  ++longer[1], ++longer[3];
  std::string long_length = der;
  long_length.insert(1, 1, '\x81');
  for (const std::string& wrong :
       {std::string(), std::string("junk"), der + "x", der.substr(0, der.size() - 1), longer,
        long_length, unhex("3006020100020100"), unhex("3006020101020100")})
    CHECK_FALSE(is_canonical_signature(wrong));
}

TEST_CASE("pre-authentication encoding meets the example of the DSSE specification", "[crypto]") {
  CHECK(pre_authentication_encoding("http://example.com/HelloWorld", "hello world") ==
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  CHECK(pre_authentication_encoding("", "") == "DSSEv1 0  0 ");
}

TEST_CASE("envelopes open for trusted keys only", "[crypto]") {
  const PrivateKey alice = PrivateKey::generate();
  const PrivateKey bob = PrivateKey::generate();
  const std::vector<PublicKey> trusted = {alice.public_key(), bob.public_key()};
  const std::string body("any bytes, \0 and \xff too", 22);
  Envelope envelope = sign_envelope("text/x", body, alice);
  CHECK(envelope_from_json(to_json_line(envelope), "line") == envelope);
  CHECK(open_envelope(envelope, "text/x", trusted, "terms") == body);
  std::string more = to_json_line(envelope);
  more.insert(1, "\"terms\": \"void\", ");
  CHECK_THROWS_AS(envelope_from_json(more, "line"), Error);

  const auto refused = [&](const Envelope& e, std::span<const PublicKey> keys) {
    return refusal(ExitCode::policy,
                   [&] { open_envelope(e, "text/x", keys, "terms", ExitCode::policy); });
  };
  CHECK(contains(refused(envelope, std::span(trusted).subspan(1)), "none of the trusted ones"));
  CHECK(contains(refused(envelope, {}), "no key was given"));
  CHECK(contains(refused({"text/x", body, {}}, trusted), "terms: is not signed"));
  CHECK(contains(refused(sign_envelope("text/y", body, alice), trusted), "its type is \"text/y\""));
  Envelope forged = envelope;
  forged.signatures[0].key_id = bob.public_key().id();
  CHECK(contains(refused(forged, trusted), "does not hold"));

  Envelope twice = envelope;
  twice.signatures.push_back(twice.signatures[0]);
  CHECK(contains(refused(twice, trusted), "two of its signatures name the key"));

  add_signature(envelope, bob);
  add_signature(envelope, bob);
  CHECK(envelope.signatures.size() == 2);
  CHECK(open_envelope(envelope, "text/x", std::span(trusted).subspan(1), "terms") == body);
  envelope.signatures[0].bytes = alice.sign("something else");
  CHECK(contains(refused(envelope, trusted), "does not hold"));
}

TEST_CASE("one changed byte in any field of an envelope is found", "[crypto]") {
  const PrivateKey key = PrivateKey::generate();
  const std::vector<PublicKey> trusted = {key.public_key()};
  const Envelope envelope = sign_envelope("text/x", "the terms of use", key);
  const auto check_field = [&](auto field) {
    for (std::size_t i = 0; i < field(Envelope(envelope)).size(); ++i)
      for (const int mask : {0x01, 0x02, 0x20, 0x80}) {
        Envelope changed = envelope;
        std::string& text = field(changed);
        text[i] = static_cast<char>(text[i] ^ mask);
        CHECK_THROWS_AS(open_envelope(changed, "text/x", trusted, "terms"), Error);
      }
  };
  check_field([](auto&& e) -> std::string& { return e.payload_type; });
  check_field([](auto&& e) -> std::string& { return e.payload; });
  check_field([](auto&& e) -> std::string& { return e.signatures[0].key_id; });
  check_field([](auto&& e) -> std::string& { return e.signatures[0].bytes; });
}

TEST_CASE("every truncated or changed envelope is refused, none crashes", "[crypto]") {
  const PrivateKey key = PrivateKey::generate();
  const std::vector<PublicKey> trusted = {key.public_key()};
  const Envelope envelope = sign_envelope("text/x", "the terms of use\xfb\xff\xfe", key);
  const std::string line = to_json_line(envelope);
  const auto open = [&](const std::string& text) {
    return open_envelope(envelope_from_json(text, "terms"), "text/x", trusted, "terms");
  };
  REQUIRE(open(line) == envelope.payload);
  for (std::size_t i = 0; i < line.size(); i += stride) {
    CHECK_THROWS_AS(open(line.substr(0, i)), Error);
    for (int mask = 1; mask < 256; ++mask) {
      std::string changed = line;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      CAPTURE(changed);
      try {
        open(changed);
        // The one change that says the same: a character of base64's other alphabet.
        CHECK(std::string_view("+/-_").find(line[i]) != std::string_view::npos);
        CHECK(envelope_from_json(changed, "terms") == envelope);
      } catch (const Error& error) {
        CHECK(error.code() == ExitCode::integrity);
      }
    }
  }
  for (const char* wrong : {"", "null", "[]", "\"\"", "{}", "1e999", "{\"payload\":1e999}",
                            R"({"payload":"","payloadType":"t","signatures":{}})",
                            R"({"payload":"","payloadType":"t","signatures":[1]})",
                            R"({"payload":"","payloadType":"t","signatures":[{"sig":""}]})",
                            R"({"payload":[],"payloadType":"t","signatures":[]})"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(open(wrong), Error);
  }
  CHECK_THROWS_AS(open(std::string(1000000, '[')), Error);
}

TEST_CASE("OpenSSL's command line verifies our envelopes", "[crypto][referee]") {
  if (!has_openssl()) {
    WARN("no openssl program: skipped");
    return;
  }
  const Folder folder;
  const PrivateKey key = PrivateKey::generate();
  const Envelope envelope = sign_envelope("application/vnd.in-toto+json", random_bytes(1000), key);
  std::string pae = pre_authentication_encoding(envelope.payload_type, envelope.payload);
  write_file_atomically(folder / "public.pem", key.public_key().pem());
  write_file_atomically(folder / "signature.der", envelope.signatures[0].bytes);
  write_file_atomically(folder / "pae.bin", pae);
  const std::string verify = "openssl dgst -sha256 -verify " + (folder / "public.pem") +
                             " -signature " + (folder / "signature.der") + " " +
                             (folder / "pae.bin");
  CHECK(shell(verify));
  CHECK(shell("test \"$(sha256sum < " + (folder / "public.pem") + ")\" = \"" +
              envelope.signatures[0].key_id + "  -\""));
  pae.back() = static_cast<char>(pae.back() ^ 1);
  write_file_atomically(folder / "pae.bin", pae);
  CHECK_FALSE(shell(verify));

  // And we read what OpenSSL makes.
  REQUIRE(shell("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out " +
                (folder / "theirs.pem")));
  fs::permissions(folder / "theirs.pem", fs::perms::owner_read);
  const PrivateKey theirs = PrivateKey::load(folder / "theirs.pem");
  REQUIRE(shell("openssl dgst -sha256 -sign " + (folder / "theirs.pem") + " -out " +
                (folder / "signature.der") + " " + (folder / "pae.bin")));
  CHECK(theirs.public_key().verifies(pae, read_file(folder / "signature.der")));
}
