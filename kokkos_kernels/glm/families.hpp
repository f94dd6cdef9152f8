// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kokkos_kernels/glm/families/binomial.hpp"
#include "kokkos_kernels/glm/families/cloglog.hpp"
#include "kokkos_kernels/glm/families/gamma.hpp"
#include "kokkos_kernels/glm/families/gaussian.hpp"
#include "kokkos_kernels/glm/families/inverse_gaussian.hpp"
#include "kokkos_kernels/glm/families/poisson.hpp"
#include "kokkos_kernels/glm/families/probit.hpp"

namespace bailiwick::kernels {

template <class... F>
struct FamilyList {
  static constexpr std::size_t size = sizeof...(F);
};

/// All families of one linear predictor. Whatever asks for a family asks this list.
using Families =
    FamilyList<Gaussian, Binomial, Poisson, Gamma, InverseGaussian, Probit, ComplementaryLogLog>;

/// A family as a value: its place in the list, or one of the two that are more than a predictor.
struct Family {
  std::uint8_t index = 0;
  friend constexpr bool operator==(Family, Family) = default;
};

namespace detail {

template <class F, class... All>
constexpr Family place_of(FamilyList<All...>) {
  const bool is_it[] = {std::is_same_v<F, All>...};
  std::uint8_t index = 0;
  while (!is_it[index])
    ++index;
  return {index};
}

}  // namespace detail

template <class F>
inline constexpr Family family = detail::place_of<F>(Families{});
inline constexpr Family multinomial{Families::size};
/// One predictor, and a shape beside it.
inline constexpr Family negative_binomial{Families::size + 1};

/// What host code asks of a family that it has as a value: its members, by their names.
struct FamilyMembers {
  const char *name, *title, *prediction, *rule;
  bool canonical, dispersion, squares;
  TargetPowers powers;
  Response response;
  InverseLink inverse_link;
  bool (*allows)(double y);
  Row (*row)(double y, double eta);
  double (*mean)(double eta);
  double (*variance)(double mean);
  double (*link)(double mean);
  bool (*whole)(double y, double weight);
  double (*saturated)(double y);
  double (*deviance)(double y, double eta);
  double (*constant)(double y, double weight);
  double (*log_likelihood)(const FamilyTotals& totals, double sum);
  double (*log_odds)(double eta);
};

namespace detail {

template <class... F>
constexpr auto members_of(FamilyList<F...>) {
  return std::array{FamilyMembers{
      F::name,     F::title,          F::prediction, F::rule,         F::canonical, F::dispersion,
      F::squares,  F::powers,         F::response,   F::inverse_link, F::allows,    F::row,
      F::mean,     F::variance,       F::link,       F::whole,        F::saturated, F::deviance,
      F::constant, F::log_likelihood, F::log_odds}...};
}

}  // namespace detail

/// In the order of the list: of family f that of f.index.
inline constexpr std::array family_members = detail::members_of(Families{});

}  // namespace bailiwick::kernels
