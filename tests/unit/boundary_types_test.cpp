// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// What must not compile: rows handed to the boundary, and the communicators between domains in
// anybody else's hands. Each is asked of the compiler here, beside one that must compile.

#include <concepts>
#include <string>
#include <type_traits>
#include <vector>

#include "io/partition/partition.hpp"
#include "kokkos_kernels/sums/rows.hpp"
#include "lib/boundary/boundary.hpp"
#include "lib/boundary/own_statistics.hpp"
#include "lib/core/json.hpp"
#include "lib/model/description.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick;

namespace {

template <class T>
concept crosses = requires(Boundary& boundary, std::vector<T> parts) {
  boundary.across_domains("round", parts);
};
template <class T>
concept released = requires(Boundary& boundary, T statistics) {
  boundary.release("round", statistics);
};
template <class T>
concept becomes_aggregate =
    std::convertible_to<T, Aggregate> || std::constructible_from<Aggregate, T>;

template <class D>
concept shows_leaders = requires(D& decomposition) {
  decomposition.leaders_;
};
template <class D>
concept shows_domains = requires(D& decomposition) {
  decomposition.domain_comms_;
};
template <class D>
concept shows_world = requires(D& decomposition) {
  decomposition.world_;
};
template <class D>
concept shows_writers = requires(D& decomposition) {
  decomposition.writers();
};
template <class B>
concept shows_exchange = requires(B& boundary, std::vector<std::string> texts) {
  boundary.exchange(texts);
};
template <class B>
concept shows_cross = requires(B& boundary) {
  boundary.cross("round", {}, {});
};

static_assert(crosses<Aggregate>);
static_assert(!crosses<double> && !crosses<std::vector<double>> && !crosses<std::string>);
static_assert(!crosses<io::RowBuffer> && !crosses<kernels::RowBlocks> && !crosses<DescribedRows>);
static_assert(!becomes_aggregate<std::vector<double>> && !becomes_aggregate<io::RowBuffer> &&
              !becomes_aggregate<kernels::RowBlocks> &&
              !becomes_aggregate<std::vector<std::int64_t>>);

static_assert(released<std::vector<OwnStatistics>>);
static_assert(!released<std::vector<std::string>> && !released<std::vector<double>> &&
              !released<io::RowBuffer> && !released<kernels::RowBlocks>);
static_assert(!std::constructible_from<OwnStatistics, Json> &&
              !std::default_initializable<Admission>);

static_assert(shows_writers<const DomainDecomposition>);
static_assert(!shows_leaders<DomainDecomposition> && !shows_domains<DomainDecomposition> &&
              !shows_world<DomainDecomposition>);
static_assert(!shows_exchange<Boundary> && !shows_cross<Boundary>);

// No row without an admission, and no admission but from the gate.
static_assert(!std::constructible_from<io::PartitionReader, PartitionManifest, std::string>);
static_assert(std::constructible_from<io::PartitionReader, const Admission&,
                                      const PartitionManifest&, std::string>);

}  // namespace

TEST_CASE("rows do not fit through the boundary, and its communicators are nobody else's") {
  SUCCEED("this file compiled");
}
