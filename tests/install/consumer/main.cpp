// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0
// Uses the installed libraries from the bottom (exact functions) to the top (everything is linked).

#include <bit>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include "io/h5/library.hpp"
#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/text.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/runtime/session.hpp"

#if defined(__x86_64__) && !defined(__FMA__)
#error "the package brought no -march: fma() would be a function call"
#endif

int main(int argc, char** argv) {
  using namespace bailiwick;
  if (argc != 2) return 2;
  const std::filesystem::path path = argv[1];
  const std::string folder = path.parent_path().string();
  const PrivateKey key = PrivateKey::generate();

  const std::uint64_t bits = std::bit_cast<std::uint64_t>(exact::exp(1.0));
  if (bits != 0x4005BF0A8B145769) {
    std::printf("exp(1) has the bits %016llx\n", static_cast<unsigned long long>(bits));
    return 1;
  }

  write_file_atomically(folder + "/result.txt", "2.718281828459045\n");
  Statement statement;
  statement.subject_name = "result.txt";
  statement.subject_sha256 = sha256("2.718281828459045\n");
  statement.build_type = "consumer";
  statement.invocation = "00000000-0000-0000-0000-000000000000";
  statement.started = statement.finished = utc_now();
  statement.builder = "urn:example:consumer";
  statement.final_count = 1;
  Chain::create(path.string(), key).append(statement);

  const PublicKey trusted = key.public_key();
  const Verification verification = verify_chain(path.string(), folder, {&trusted, 1});
  std::printf("bailiwick %s\n%s%s%s%s\n", version().c_str(), runtime_versions().c_str(),
              io::library_version().c_str(), verification.failures().c_str(),
              verification.holds() ? "the chain holds" : "the chain does not hold");
  return verification.holds() ? 0 : 1;
}
