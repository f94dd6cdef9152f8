// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/descent.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/error.hpp"

namespace bailiwick {
namespace {

template <class View>
std::vector<double> host_values(const View& view) {
  const auto host = Kokkos::create_mirror_view_and_copy(Kokkos::HostSpace(), view);
  return {host.data(), host.data() + host.size()};
}

template <class View>
void copy_to(const View& view, std::span<const double> values) {
  const auto host = Kokkos::create_mirror_view(view);
  std::copy(values.begin(), values.end(), host.data());
  Kokkos::deep_copy(view, host);
}

}  // namespace

Descent::Descent(const DescentOptions& options, std::span<const double> start)
    : options_(options), theta_("theta", start.size()) {
  copy_to(theta_, start);
  const bool adamw = options.method == DescentOptions::Method::adamw;
  if (adamw || options.momentum > 0) first_ = Doubles("first moment", start.size());
  if (adamw) second_ = Doubles("second moment", start.size());
  if (!kernels::on_host) words_ = decltype(words_)("words", start.size());
  if (options.clip_norm > 0) squared_norm_.emplace(start.size());
}

void Descent::restart(std::span<const double> start) {
  copy_to(theta_, start);
  if (first_.size() > 0) Kokkos::deep_copy(first_, 0.0);
  if (second_.size() > 0) Kokkos::deep_copy(second_, 0.0);
  steps_ = 0;
  power1_ = power2_ = 1;
}

void Descent::step(const Gradient& sum, float* rounded, Range here, const kernels::Pull& pull,
                   std::optional<Range> moving) {
  const std::int64_t* words = sum.words;
  if constexpr (!kernels::on_host) {
    using Host = Kokkos::View<const std::int64_t*, Kokkos::HostSpace,
                              Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
    Kokkos::deep_copy(words_, Host(words, theta_.size()));
    words = words_.data();
  }
  kernels::SummedGradient gradient{words, std::ldexp(1.0, -sum.exponent) / sum.weight};
  if (options_.clip_norm > 0) {
    const Range all = moving.value_or(Range{0, theta_.size()});
    const double norm =
        std::sqrt((*squared_norm_)({words + all.begin, gradient.scale}, all.end - all.begin));
    if (norm > options_.clip_norm) gradient.scale *= options_.clip_norm / norm;
  }
  const std::size_t begin = moving ? std::max(here.begin, moving->begin) : here.begin;
  const std::size_t end = moving ? std::min(here.end, moving->end) : here.end;
  const std::size_t size = end > begin ? end - begin : 0;
  gradient.words += begin;
  const double now = rate();
  double* const theta = theta_.data() + begin;
  double* const first = first_.size() > 0 ? first_.data() + begin : nullptr;
  if (options_.method == DescentOptions::Method::adamw) {
    power1_ *= options_.beta1;
    power2_ *= options_.beta2;
    kernels::adamw({.rate = now,
                    .beta1 = options_.beta1,
                    .beta2 = options_.beta2,
                    .epsilon = options_.epsilon,
                    .correction1 = 1 - power1_,
                    .correction2 = 1 - power2_,
                    .weight_decay = options_.weight_decay},
                   gradient, size, theta, {.first = first, .second = second_.data() + begin},
                   rounded + begin);
  } else {
    kernels::Pull from = pull;
    if (from.anchor != nullptr) from.anchor += begin;
    if (from.correction != nullptr) from.correction += begin;
    kernels::sgd({.rate = now,
                  .momentum = options_.momentum,
                  .nesterov = options_.nesterov,
                  .weight_decay = options_.weight_decay,
                  .pull = from},
                 gradient, size, theta, first, rounded + begin);
  }
  Kokkos::fence();
  ++steps_;
}

std::vector<double> Descent::parameters() const {
  return host_values(theta_);
}

State Descent::state() const {
  State state;
  state["parameters"] = parameters();
  state["descent/steps"] = {static_cast<double>(steps_), power1_, power2_};
  if (first_.size() > 0) state["descent/first_moment"] = host_values(first_);
  if (second_.size() > 0) state["descent/second_moment"] = host_values(second_);
  return state;
}

void Descent::restore(const State& state) {
  const auto values = [&](const char* name) { return array_of(state, name, theta_.size()); };
  const std::vector<double>& steps = array_of(state, "descent/steps", 3);
  steps_ = static_cast<std::uint64_t>(steps[0]);
  power1_ = steps[1];
  power2_ = steps[2];
  copy_to(theta_, values("parameters"));
  if (first_.size() > 0) copy_to(first_, values("descent/first_moment"));
  if (second_.size() > 0) copy_to(second_, values("descent/second_moment"));
}

std::size_t Descent::bytes() const {
  return sizeof(double) * (theta_.size() + first_.size() + second_.size());
}

}  // namespace bailiwick
