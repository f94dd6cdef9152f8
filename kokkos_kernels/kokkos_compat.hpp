// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// What differs between the Kokkos releases that are supported, 3.4.1 to 5.x, in one place.

#include <Kokkos_Core.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

// Before a loop whose turns touch different elements, which the compiler cannot see.
#if defined(__clang__)
#define BAILIWICK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__) && !defined(__CUDACC__)
#define BAILIWICK_INDEPENDENT _Pragma("GCC ivdep")
#else
#define BAILIWICK_INDEPENDENT
#endif

namespace bailiwick::kernels {

using Execution = Kokkos::DefaultExecutionSpace;
using Memory = Execution::memory_space;

/// Kernels run on the processor itself: one thread a team, long inner loops, SIMD.
inline constexpr bool on_host = std::is_same_v<Execution, Kokkos::DefaultHostExecutionSpace>;

/// Threads that can run at once. A static member function until Kokkos 4, a member from then on.
inline std::size_t concurrency() {
  return static_cast<std::size_t>(Execution().concurrency());
}

/// An uninitialised array. Kokkos 3 wants the label as std::string beside other properties.
template <class View, class... Extents>
View uninitialised(const char* label, Extents... extents) {
  return View(Kokkos::view_alloc(std::string(label), Kokkos::WithoutInitializing), extents...);
}

/// Copies numbers of the host to where kernels can read them.
inline Kokkos::View<const double*, Memory> to_device(std::span<const double> values) {
  using Host =
      Kokkos::View<const double*, Kokkos::HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  auto copy = uninitialised<Kokkos::View<double*, Memory>>("values", values.size());
  Kokkos::deep_copy(copy, Host(values.data(), values.size()));
  return copy;
}

}  // namespace bailiwick::kernels
