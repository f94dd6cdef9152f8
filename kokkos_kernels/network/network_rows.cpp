// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "kokkos_kernels/network/network_rows.hpp"

#include <algorithm>
#include <vector>

namespace bailiwick::kernels {
namespace {

Kokkos::View<NetworkRows::Input*, Memory> inputs_of(const RowBlocks& rows,
                                                    std::span<const std::size_t> embedded) {
  const Factors& factors = rows.factors;
  const auto first = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), factors.first);
  const auto order = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), factors.order);
  const auto centre = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), factors.centre);
  const auto scale = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), factors.scale);
  std::vector<NetworkRows::Input> list;
  for (std::size_t j = 0; j < rows.columns(); ++j) {
    const std::size_t i = factors.count() == 0 ? j : order(j);
    if (i < rows.x.extent(1)) {
      list.push_back({i, false, 0, 0, 0});
      continue;
    }
    std::size_t f = 0;
    while (i >= first(f + 1))
      ++f;
    if (std::ranges::find(embedded, f) != embedded.end()) continue;
    list.push_back({f, true, static_cast<std::uint16_t>(i - first(f)),
                    static_cast<float>((0.0 - centre(i)) * scale(i)),
                    static_cast<float>((1.0 - centre(i)) * scale(i))});
  }
  Kokkos::View<NetworkRows::Input*, Memory> inputs("inputs", list.size());
  const auto host = Kokkos::create_mirror_view(inputs);
  std::ranges::copy(list, host.data());
  Kokkos::deep_copy(inputs, host);
  return inputs;
}

}  // namespace

NetworkRows network_rows(const RowBlocks& rows, std::span<const std::size_t> rows_of_block,
                         std::span<const std::size_t> embedded) {
  const std::size_t blocks = rows.blocks(), dense = rows.x.extent(1), codes = rows.factors.count();
  const std::size_t targets = rows.y.extent(1);
  Kokkos::View<std::size_t*, Memory> first("first row", blocks + 1);
  const auto host = Kokkos::create_mirror_view(first);
  host(0) = 0;
  for (std::size_t b = 0; b < blocks; ++b)
    host(b + 1) = host(b) + rows_of_block[b];
  Kokkos::deep_copy(first, host);

  NetworkRows result;
  const std::size_t all = host(blocks);
  result.dense = uninitialised<decltype(result.dense)>("dense", all, dense);
  result.code = uninitialised<decltype(result.code)>("code", all, codes);
  result.y = uninitialised<decltype(result.y)>("y", all, targets);
  result.weight = uninitialised<decltype(result.weight)>("weight", all);
  result.inputs = inputs_of(rows, embedded);
  result.embedded = decltype(result.embedded)("embedded", embedded.size());
  const auto host_embedded = Kokkos::create_mirror_view(result.embedded);
  std::ranges::copy(embedded, host_embedded.data());
  Kokkos::deep_copy(result.embedded, host_embedded);
  result.all_dense = result.inputs.extent(0) == dense;
  const NetworkRows to = result;
  Kokkos::parallel_for(
      "network rows", Kokkos::RangePolicy<Execution>(0, blocks),
      KOKKOS_LAMBDA(const std::size_t b) {
        for (std::size_t row = first(b); row < first(b + 1); ++row) {
          const std::size_t r = row - first(b);
          for (std::size_t j = 0; j < dense; ++j)
            to.dense(row, j) = static_cast<float>(rows.x(b, j, r));
          for (std::size_t f = 0; f < codes; ++f)
            to.code(row, f) = rows.factors.code(b, f, r);
          for (std::size_t k = 0; k < targets; ++k)
            to.y(row, k) = rows.y(b, k, r);
          to.weight(row) = rows.weight(b, r);
        }
      });
  Kokkos::fence();
  return result;
}

void standardise_target(NetworkRows& rows, double mean, double scale) {
  const auto y = rows.y;
  Kokkos::parallel_for(
      "standardise target", Kokkos::RangePolicy<Execution>(0, rows.rows()),
      KOKKOS_LAMBDA(const std::size_t r) { y(r, 0) = (y(r, 0) - mean) * scale; });
  Kokkos::fence();
}

void gather(const NetworkRows& rows, const std::uint32_t* chosen, std::size_t count,
            const BatchRows& batch, std::size_t first) {
  const BatchRows to = batch;
  const NetworkRows from = rows;
  const std::size_t inputs = rows.inputs.extent(0), targets = rows.y.extent(1);
  const std::size_t embedded = rows.embedded.extent(0);
  Kokkos::parallel_for(
      "gather", Kokkos::RangePolicy<Execution>(0, count), KOKKOS_LAMBDA(const std::size_t i) {
        const std::size_t row = chosen[i], place = first + i;
        float* const out = to.x + place * to.width;
        if (from.all_dense) {
          for (std::size_t j = 0; j < inputs; ++j)
            out[j] = from.dense(row, j);
        } else {
          for (std::size_t j = 0; j < inputs; ++j) {
            const NetworkRows::Input input = from.inputs(j);
            out[j] = !input.is_level                              ? from.dense(row, input.column)
                     : from.code(row, input.column) == input.cell ? input.high
                                                                  : input.low;
          }
        }
        for (std::size_t e = 0; e < embedded; ++e)
          to.code[e * to.rows + place] = from.code(row, from.embedded(e));
        for (std::size_t k = 0; k < targets; ++k)
          to.y[k * to.rows + place] = from.y(row, k);
        to.weight[place] = from.weight(row);
        to.number[place] = from.first_number + row;
      });
}

}  // namespace bailiwick::kernels
