// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0
// Uses the installed libraries from the bottom (exact functions) to the top (everything is linked),
// as docs/library.md says that it can be done.

#include <bit>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "io/h5/library.hpp"
#include "io/partition/partition.hpp"
#include "kokkos_kernels/gemm/gemm.hpp"
#include "kokkos_kernels/glm/glm.hpp"
#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/boundary/aggregate.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/version.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/lineage/statement.hpp"
#include "lib/policy/policy.hpp"
#include "lib/policy/policy_yaml.hpp"
#include "lib/verify/verify.hpp"

#if defined(__x86_64__) && !defined(__FMA__)
#error "the package brought no -march: fma() would be a function call"
#endif

namespace {

using namespace bailiwick;

void expect(bool holds, const char* what) {
  if (!holds) throw Error(ExitCode::bug, "{} does not hold", what);
}

/// Three rows, written, signed, admitted and read back; their sum as a domain would send it.
double sum_of_rows(const std::string& path, const PrivateKey& key) {
  io::PartitionWriter writer(path, {{{.name = "dose"}}, {{.name = "response"}}},
                             {.name = "trial", .owner = "Clinic"});
  io::RowBuffer rows;
  rows.rows = 3;
  rows.features = {0.25, 0.5, 2};
  rows.targets = {1, 2, 3};
  writer.append(rows);
  writer.finish(key);

  const PartitionManifest manifest = io::read_manifest(path, {key.public_key()});
  const Policy policy = parse_policy_yaml(
      "version: 1\nuid: urn:example:terms\nowner: Clinic\ntarget: trial\npermit: [describe]\n"
      "purposes: [dpv:ScientificResearch]\nwhere: [CH]\n"
      "valid: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}\n",
      "policy.yaml");
  AccessRequest request;
  request.domain = "clinic";
  request.actions = {Action::describe};
  request.purpose = "dpv:ScientificResearch";
  request.now = "2026-06-01T00:00:00Z";
  request.places = {"CH"};
  request.domains = request.parties = 1;
  request.partitions = {manifest};
  const auto decision = PolicyGate::decide(policy, sha256("the signed policy"), request);
  if (const auto* refusal = std::get_if<Refusal>(&decision))
    throw Error(ExitCode::policy, "{}", refusal->message());

  Aggregate sums(std::make_shared<const AggregateLayout>(std::vector<Stream>{{"dose", 1, wide}}));
  io::PartitionReader reader(std::get<Admission>(decision), manifest, path);
  reader.read_blocks(0, manifest.blocks(), [&](std::uint64_t, const io::RowBuffer& block) {
    for (const double dose : block.features)
      sums.add("dose", {&dose, 1});
  });
  sums.normalise();
  return sums.value("dose");
}

/// Of eight rows with x = 1 and y = 0, at theta = 1.
double likelihood() {
  kernels::RowBlocks rows{decltype(kernels::RowBlocks::x)("x", 1, 1, 8),
                          decltype(kernels::RowBlocks::y)("y", 1, 1, 8),
                          decltype(kernels::RowBlocks::weight)("weight", 1, 8)};
  Kokkos::deep_copy(rows.x, 1.0);
  Kokkos::deep_copy(rows.weight, 1.0);
  const auto family = kernels::family<kernels::Gaussian>;
  const double theta = 1;
  std::vector<std::int64_t> words(kernels::glm_words(family, 1, 0, kernels::Order::value, counts));
  kernels::glm_sums(rows, {.family = family, .classes = 2, .theta = {&theta, 1}},
                    kernels::Order::value, counts, words);
  return static_cast<double>(words.back());
}

/// 3 x 4 of floats on the host, as one matrix of one element.
float product() {
  Kokkos::View<float*, kernels::Memory> a("a", 1), b("b", 1), c("c", 1);
  Kokkos::deep_copy(a, 3.0F);
  Kokkos::deep_copy(b, 4.0F);
  kernels::GemmScratch scratch;
  kernels::gemm({1, 1, 1}, kernels::row_major(a.data(), 1), kernels::row_major(b.data(), 1),
                kernels::Store{c.data(), 1}, scratch);
  return Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), c)(0);
}

/// A chain of one statement about a file holds, and is no run of Bailiwick's: it has no such stage.
void keep_a_chain(const std::string& folder, const PrivateKey& key) {
  std::ofstream(folder + "/result.txt") << "2.718281828459045\n";
  Statement statement;
  statement.subject_name = "result.txt";
  statement.subject_sha256 = sha256("2.718281828459045\n");
  statement.build_type = "consumer";
  statement.invocation = "00000000-0000-0000-0000-000000000000";
  statement.started = statement.finished = utc_now();
  statement.builder = "urn:example:consumer";
  statement.final_count = 1;
  Chain::create(folder + "/lineage.jsonl", key).append(statement);

  const PublicKey trusted = key.public_key();
  const Verification chain = verify_chain(folder + "/lineage.jsonl", folder, {&trusted, 1});
  if (!chain.holds()) throw Error(ExitCode::integrity, "{}", chain.failures());
  std::ofstream(folder + "/key.pub.pem") << trusted.pem();
  const RunVerification run = verify_run(folder, VerifyOptions{{folder + "/key.pub.pem"}, {}, {}});
  expect(!run.holds() && run.heads.front().second == chain.head, "what verify says of the run");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  const std::string folder = argv[1];
  io::start_library();
  const Kokkos::ScopeGuard kokkos;
  const PrivateKey key = PrivateKey::generate();
  expect(std::bit_cast<std::uint64_t>(exact::exp(1.0)) == 0x4005BF0A8B145769, "exp(1)");
  expect(sum_of_rows(folder + "/trial.h5", key) == 2.75, "the sum of rows");
  expect(likelihood() == -4, "the likelihood");
  expect(product() == 12, "the product");
  std::filesystem::create_directory(folder + "/run");
  keep_a_chain(folder + "/run", key);
  std::printf("bailiwick %s, %s", version().c_str(), io::library_version().c_str());
} catch (const bailiwick::Error& error) {
  std::printf("%s\n", error.what());
  return static_cast<int>(error.code());
}
