// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/gemm/gemm.hpp"

#include <barrier>
#include <bit>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "kokkos_kernels/math/random.hpp"
#include "tests/support/catch.hpp"

using namespace bailiwick::kernels;

namespace {

std::vector<float> random_floats(std::size_t size, std::uint64_t seed) {
  const Philox random(seed, RandomPurpose::initial_parameters);
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = static_cast<float>(2 * unit_interval(random(0, i).word[0]) - 1);
  return values;
}

float element(const Operand& a, const Operand& b, std::size_t i, std::size_t j, std::size_t begin,
              std::size_t end) {
  float sum = 0;
  for (std::size_t k = begin; k < end; ++k)
    sum = std::fma(a(i, k), b(k, j), sum);
  return sum;
}

/// Bits, where -0 is not 0.
std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> result;
  for (const float value : values)
    result.push_back(std::bit_cast<std::uint32_t>(value));
  return result;
}

/// Numbers where kernels can read them.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(const std::vector<T>& values) : view_("test", values.size()) {
    Kokkos::deep_copy(view_, Host(const_cast<T*>(values.data()), values.size()));
  }
  T* data() const { return view_.data(); }
  std::vector<T> values() const {
    std::vector<T> result(view_.extent(0));
    Kokkos::deep_copy(Host(result.data(), result.size()), view_);
    return result;
  }

 private:
  using Host = Kokkos::View<T*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  Kokkos::View<T*, Memory> view_;
};

std::vector<float> chains(const GemmShape& shape, const Operand& a, const Operand& b) {
  std::vector<float> c(shape.rows * shape.columns);
  for (std::size_t i = 0; i < shape.rows; ++i)
    for (std::size_t j = 0; j < shape.columns; ++j)
      c[i * shape.columns + j] = element(a, b, i, j, 0, shape.depth);
  return c;
}

std::vector<std::int64_t> rounded_chains(const GemmShape& shape, const Operand& a, const Operand& b,
                                         const BlockBounds& blocks) {
  std::vector<std::int64_t> words(shape.rows * shape.columns);
  for (std::size_t i = 0; i < shape.rows; ++i)
    for (std::size_t j = 0; j < shape.columns; ++j)
      for (std::size_t block = 0; block < blocks.blocks; ++block) {
        const double sum = element(a, b, i, j, blocks.first[block], blocks.first[block + 1]);
        add_quantised<1>(&sum, 1, 30, &words[i * shape.columns + j], 1);
      }
  return words;
}

constexpr GemmShape shapes[] = {{1, 1, 1},     {2, 3, 4},    {14, 32, 5},   {15, 33, 7},
                                {13, 16, 64},  {29, 65, 17}, {100, 10, 40}, {3, 200, 512},
                                {256, 1, 30},  {1, 77, 1},   {40, 40, 1},   {12, 31, 0},
                                {70, 10, 131}, {0, 4, 4},    {4, 0, 4}};

}  // namespace

TEST_CASE("Every tile set gives the chain of fma, bit for bit, for all shapes and transposes") {
  const TileSets sets = all_tile_sets();
  GemmScratch scratch;
  for (std::size_t s = 0; s < sets.count; ++s) {
    INFO(sets.sets[s]->name);
    for (const GemmShape& shape : shapes)
      for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
          const auto [m, n, k] = shape;
          INFO(m << " x " << n << " x " << k << ' ' << ta << tb);
          const std::vector<float> left = random_floats(m * k, 1), right = random_floats(k * n, 2);
          const OnDevice<float> x(left), y(right), c(std::vector<float>(m * n, -1));
          const auto a = [&, rows = m, depth = k](const float* data) {
            return ta ? row_major(data, rows).transposed() : row_major(data, depth);
          };
          const auto b = [&, columns = n, depth = k](const float* data) {
            return tb ? row_major(data, depth).transposed() : row_major(data, columns);
          };
          gemm(shape, a(x.data()), b(y.data()), Store{c.data(), n}, scratch, *sets.sets[s]);
          CHECK(bits(c.values()) == bits(chains(shape, a(left.data()), b(right.data()))));
        }
  }
}

TEST_CASE("Terms in blocks are rounded block by block") {
  const TileSets sets = all_tile_sets();
  const std::vector<std::size_t> first{3, 3, 10, 11, 40};
  const OnDevice<std::size_t> bounds(first);
  GemmScratch scratch;
  for (std::size_t s = 0; s < sets.count; ++s)
    for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{17, 35}, {50, 3}, {1, 1}}) {
      const std::vector<float> left = random_floats(m * 40, 1), right = random_floats(40 * n, 2);
      const OnDevice<float> x(left), y(right);
      const OnDevice<std::int64_t> words(std::vector<std::int64_t>(m * n, 99)), saturated({0});
      gemm_of_blocks({m, n, 37}, row_major(x.data(), m).transposed(), row_major(y.data(), n),
                     {bounds.data(), 4}, {words.data(), saturated.data(), {30, 50}}, scratch,
                     *sets.sets[s]);
      CHECK(words.values() == rounded_chains({m, n, 37}, row_major(left.data(), m).transposed(),
                                             row_major(right.data(), n), {first.data(), 4}));
      CHECK(saturated.values().front() == 0);
    }
}

TEST_CASE("Sums that do not fit are counted") {
  GemmScratch scratch;
  const float infinity = std::numeric_limits<float>::infinity();
  const OnDevice<std::size_t> first({0, 1});
  const OnDevice<float> right({1, 1, 1});
  for (const float bad : {infinity, -infinity, std::nanf(""), 0x1p21F}) {
    const OnDevice<float> left({bad, 1});
    const OnDevice<std::int64_t> words(std::vector<std::int64_t>(6)), saturated({0});
    gemm_of_blocks({2, 3, 1}, row_major(left.data(), 2).transposed(), row_major(right.data(), 3),
                   {first.data(), 1}, {words.data(), saturated.data(), {30, 50}}, scratch);
    CHECK(saturated.values().front() == 3);
    CHECK(words.values() == std::vector<std::int64_t>{0, 0, 0, 1 << 30, 1 << 30, 1 << 30});
  }
}

namespace {

/// A team of a GPU, each of whose threads is one of this processor.
class TeamOfThreads {
 public:
  TeamOfThreads(int tile, int rank, std::barrier<>& barrier, float* shared)
      : tile_(tile), rank_(rank), barrier_(&barrier), shared_(shared) {}

  int league_rank() const { return tile_; }
  int team_rank() const { return rank_; }
  void team_barrier() const { barrier_->arrive_and_wait(); }
  const TeamOfThreads& team_scratch(int) const { return *this; }
  void* get_shmem_aligned(std::size_t, std::size_t) const { return shared_; }

 private:
  int tile_, rank_;
  std::barrier<>* barrier_;
  float* shared_;
};

template <class Tile, class Work>
void run_teams(const Work& work) {
  std::barrier<> barrier(Tile::threads);
  const float nan = std::nanf("");  // of memory that nobody has written to
  std::vector<detail::Four> shared(decltype(work.product)::shared_bytes / sizeof(detail::Four),
                                   {{nan, nan, nan, nan}});
  std::vector<std::thread> threads;
  for (int rank = 0; rank < Tile::threads; ++rank)
    threads.emplace_back([&, rank] {
      for (int tile = 0; tile < static_cast<int>(work.league()); ++tile) {
        work(TeamOfThreads(tile, rank, barrier, shared.front().value));
        barrier.arrive_and_wait();
      }
    });
  for (std::thread& thread : threads)
    thread.join();
}

template <class... Tiles, class Use>
void with_each(const Use& use) {
  (use(Tiles()), ...);
}

}  // namespace

// The device's own kernels, as no GPU is needed to see which elements meet in which order.
TEST_CASE("Teams of a GPU give the chain of fma, bit for bit") {
  using namespace detail;
  with_each<LargeTile, MiddleTile, TallTile, WideTile>([]<class Tile>(Tile) {
    INFO(Tile::rows << " x " << Tile::columns);
    for (const auto& [m, n, k] : {GemmShape{1, 1, 1}, {15, 33, 7}, {12, 31, 0}, {132, 136, 36}})
      for (const bool ta : {false, true})
        for (const bool tb : {false, true})
          for (const std::size_t offset : {0, 1}) {  // floats of which four are not aligned
            INFO(m << " x " << n << " x " << k << ' ' << ta << tb << offset);
            const std::vector<float> left = random_floats(m * k + 1, 1);
            const std::vector<float> right = random_floats(k * n + 1, 2);
            const float *const x = left.data() + offset, *const y = right.data() + offset;
            const Operand a = ta ? row_major(x, m).transposed() : row_major(x, k);
            const Operand b = tb ? row_major(y, k).transposed() : row_major(y, n);
            std::vector<float> c(m * n, -1);
            run_teams<Tile>(TeamStore<Tile, Store>{{{m, n, k}, a, b, {k}}, {c.data(), n}});
            CHECK(bits(c) == bits(chains({m, n, k}, a, b)));
          }
  });
}

TEST_CASE("Teams of a GPU round block by block, in any number of runs") {
  using namespace detail;
  const std::size_t first[] = {3, 3, 10, 11, 11, 40, 72};
  with_each<BlocksTile, TallTile, WideTile>([&]<class Tile>(Tile) {
    INFO(Tile::rows << " x " << Tile::columns);
    for (const auto& [m, n] : {std::pair<std::size_t, std::size_t>{17, 35}, {68, 132}, {1, 1}})
      for (const std::size_t runs : {1, 4, 6}) {
        const std::vector<float> left = random_floats(m * 72, 1), right = random_floats(72 * n, 2);
        const Operand a = row_major(left.data(), m).transposed(), b = row_major(right.data(), n);
        std::vector<std::int64_t> words(m * n, runs == 1 ? 99 : 0);
        std::int64_t saturated = 0;
        const GradientWords to{words.data(), &saturated, {30, 50}};
        run_teams<Tile>(
            TeamRound<Tile>{{{m, n, 69}, a, b, {first, 6}}, FloatRounder(to.format), to, runs});
        CHECK(words == rounded_chains({m, n, 69}, a, b, {first, 6}));
        CHECK(saturated == 0);
      }
  });
  const std::vector<float> left{std::nanf(""), 1}, right{1, 1, 1};
  const std::size_t one[] = {0, 1};
  std::vector<std::int64_t> words(6);
  std::int64_t saturated = 0;
  const GradientWords to{words.data(), &saturated, {30, 50}};
  run_teams<TallTile>(TeamRound<TallTile>{
      {{2, 3, 1}, row_major(left.data(), 2).transposed(), row_major(right.data(), 3), {one, 1}},
      FloatRounder(to.format),
      to,
      1});
  CHECK(saturated == 3);
  CHECK(words == std::vector<std::int64_t>{0, 0, 0, 1 << 30, 1 << 30, 1 << 30});
}

TEST_CASE("A sum of -0 is not made 0 by terms that are not there") {
  const std::vector<float> small{-0x1p-100F}, other{0x1p-100F};
  const GemmShape shape{1, 1, 1};
  const Operand a = row_major(small.data(), 1), b = row_major(other.data(), 1);
  CHECK(std::signbit(chains(shape, a, b).front()));
  using namespace detail;
  with_each<LargeTile, MiddleTile, TallTile, WideTile>([&]<class Tile>(Tile) {
    float c = 1;
    run_teams<Tile>(TeamStore<Tile, Store>{{shape, a, b, {1}}, {&c, 1}});
    CHECK((c == 0 && std::signbit(c)));
  });
}

TEST_CASE("Philox gives the numbers of Random123's known answers") {
  const auto words = [](const Philox::Four& four) {
    return std::vector<std::uint32_t>(four.word, four.word + 4);
  };
  CHECK(words(Philox::rounds({{0, 0, 0, 0}}, 0, 0)) ==
        std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(words(Philox::rounds({{~0U, ~0U, ~0U, ~0U}}, ~0U, ~0U)) ==
        std::vector<std::uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(words(Philox::rounds({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822,
                             0x299f31d0)) ==
        std::vector<std::uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}
