// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <Kokkos_Core.hpp>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "kokkos_kernels/math/digamma.hpp"
#include "kokkos_kernels/math/exact_math.hpp"
#include "kokkos_kernels/math/normal.hpp"
#include "kokkos_kernels/math/turns.hpp"
#include "tests/support/catch.hpp"

// At namespace scope, as nvcc wants of what runs on the device.
namespace exact_math_test {

namespace exact = bailiwick::exact;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// Each function with its value by the C library in long double.
#define BAILIWICK_TESTED(Name, call, reference)                     \
  struct Name {                                                     \
    static constexpr const char* name = #call;                      \
    template <class T>                                              \
    KOKKOS_FUNCTION T operator()(T x) const {                       \
      return exact::call(x);                                        \
    }                                                               \
    static long double library(long double x) { return reference; } \
  };
BAILIWICK_TESTED(Exp, exp, std::exp(x))
BAILIWICK_TESTED(Expm1, expm1, std::expm1(x))
BAILIWICK_TESTED(Log, log, std::log(x))
BAILIWICK_TESTED(Log1p, log1p, std::log1p(x))
BAILIWICK_TESTED(Tanh, tanh, std::tanh(x))
BAILIWICK_TESTED(Erf, erf, std::erf(x))
BAILIWICK_TESTED(Sigmoid, sigmoid, x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)))
BAILIWICK_TESTED(Softplus, softplus, x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)))
BAILIWICK_TESTED(Erfc, erfc, std::erfc(x))
BAILIWICK_TESTED(Erfcx, erfcx, (std::erfc(x) * std::exp(x * x)))

template <class F, class T>
struct Apply {
  Kokkos::View<T*> x, y;
  KOKKOS_FUNCTION void operator()(std::size_t i) const { y(i) = F{}(x(i)); }
};

/// F of every x, computed by the default backend.
template <class F, class T>
std::vector<T> on_device(const std::vector<T>& x) {
  Apply<F, T> apply{Kokkos::View<T*>("x", x.size()), Kokkos::View<T*>("y", x.size())};
  const auto host_x = Kokkos::create_mirror_view(apply.x);
  for (std::size_t i = 0; i < x.size(); ++i)
    host_x(i) = x[i];
  Kokkos::deep_copy(apply.x, host_x);
  Kokkos::parallel_for(x.size(), apply);
  const auto host_y = Kokkos::create_mirror_view(apply.y);
  Kokkos::deep_copy(host_y, apply.y);
  return {host_y.data(), host_y.data() + x.size()};
}

std::vector<float> float_inputs() {
  std::vector<float> x;
  for (std::uint64_t b = 0; b < std::uint64_t{1} << 32; b += 65537) {
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(b)));
  }
  return x;
}

/// Bit patterns of every kind, and ranges where the functions bend. SplitMix64: Steele, Lea &
/// Flood, OOPSLA 2014.
std::vector<double> double_inputs() {
  std::vector<double> x;
  std::uint64_t state = 2026;
  const auto next = [&state] {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  };
  for (int i = 0; i < 8192; ++i)
    x.push_back(std::bit_cast<double>(next()));
  for (const double width : {1e-3, 0.7, 2.0, 8.0, 45.0, 760.0}) {
    for (int i = 0; i < 8192; ++i) {
      x.push_back(width * (static_cast<double>(next() >> 11) * 0x1p-52 - 1.0));
    }
  }
  return x;
}

/// FNV-1a over the bytes of the results, least significant first.
template <class T>
std::uint64_t digest(const std::vector<T>& values) {
  using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const T value : values) {
    const Word word = std::bit_cast<Word>(value);
    for (std::size_t byte = 0; byte < sizeof(T); ++byte) {
      hash = (hash ^ ((word >> (8 * byte)) & 0xff)) * 0x100000001b3;
    }
  }
  return hash;
}

template <class T>
bool same(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

/// The long double result rounded to float, unless its error, at most 2^-58, could change that.
template <class F>
void check_floats() {
  const std::vector<float> x = float_inputs(), y = on_device<F>(x);
  int wrong = 0, unclear = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double r = F::library(x[i]);
    if (static_cast<float>(r * (1 - 0x1p-58L)) != static_cast<float>(r * (1 + 0x1p-58L)) &&
        !std::isnan(r)) {
      ++unclear;
    } else if (!same(y[i], static_cast<float>(r))) {
      if (wrong++ == 0) UNSCOPED_INFO(fmt::format("{}({:a}) is {:a}", F::name, x[i], y[i]));
    }
  }
  CHECK(wrong == 0);
  CHECK(unclear < 4);
}

/// The largest error of the double version, in units of the last place.
template <class F>
double worst_double() {
  const std::vector<double> x = double_inputs(), y = on_device<F>(x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double r = F::library(x[i]);
    const double nearest = static_cast<double>(r);
    if (!std::isfinite(nearest) || nearest == 0) {
      if (!same(y[i], nearest)) worst = infinity;
      continue;
    }
    const int ulp = std::max(std::ilogb(nearest) - 52, -1074);
    worst = std::max(worst, std::fabs(static_cast<double>(std::scalbn(r - y[i], -ulp))));
  }
  return worst;
}

template <class F>
std::string digests() {
  return fmt::format("{} {:016x} {:016x}", F::name, digest(on_device<F>(float_inputs())),
                     digest(on_device<F>(double_inputs())));
}

}  // namespace exact_math_test

using namespace exact_math_test;

TEST_CASE("float versions round correctly") {
  check_floats<Exp>();
  check_floats<Expm1>();
  check_floats<Log>();
  check_floats<Log1p>();
  check_floats<Tanh>();
  check_floats<Erf>();
  check_floats<Sigmoid>();
  check_floats<Softplus>();
}

TEST_CASE("floats whose results lie nearest to the middle of two") {
  // Found with benchmarks/exact_math_exhaustive; results from MPFR. Through a correctly rounded
  // double, most of them come out wrong.
  const auto check = [](auto function, std::vector<float> x, std::vector<float> y) {
    using Function = decltype(function);
    INFO(Function::name);
    CHECK(on_device<Function>(x) == y);
  };
  check(Exp{}, {0x1.036492p+1f, -0x1.d2259ap+3f}, {0x1.e59a28p+2f, 0x1.fa6636p-22f});
  check(Expm1{}, {0x1.6a09e6p-24f, 0x1.62b666p+1f}, {0x1.6a09e6p-24f, 0x1.df48fap+3f});
  check(Log{}, {0x1.827a74p-7f, 0x1.2f1fd6p+3f, 0x1.bacb4ap+25f, 0x1.b121a6p+76f, 0x1.6351d8p+95f},
        {-0x1.1c2b1ep+2f, 0x1.1fcbcep+1f, 0x1.1e0696p+4f, 0x1.a9a3f2p+5f, 0x1.08b512p+6f});
  check(Log1p{},
        {0x1.800006p-21f, 0x1.200036p-17f, 0x1.fb035ap-2f, 0x1.0f1fd6p+3f, -0x1.7ffffap-21f,
         -0x1.1d9188p-9f},
        {0x1.7ffffep-21f, 0x1.1fffe6p-17f, 0x1.9bddc2p-2f, 0x1.1fcbcep+1f, -0x1.800002p-21f,
         -0x1.1de14ap-9f});
  check(Tanh{}, {0x1.86fbc4p-10f}, {0x1.86fbb2p-10f});
  check(Erf{}, {0x1.1d3a5ap-20f, 0x1.800afap-12f}, {0x1.41d864p-20f, 0x1.b15892p-12f});
  check(Sigmoid{}, {0x1.8p-22f, 0x1.d4p-17f, -0x1.8p-23f, -0x1.250c02p-10f},
        {0x1.000002p-1f, 0x1.000074p-1f, 0x1.fffffep-2f, 0x1.ffb6bep-2f});
  check(Softplus{}, {0x1.d483ap-12f, 0x1.47f11p+2f}, {0x1.63017ap-1f, 0x1.485248p+2f});
}

TEST_CASE("double versions are within one unit of the last place") {
  CHECK(worst_double<Exp>() < 0.80);
  CHECK(worst_double<Expm1>() < 0.95);
  CHECK(worst_double<Log>() < 0.60);
  CHECK(worst_double<Log1p>() < 0.60);
  CHECK(worst_double<Tanh>() < 0.80);
  CHECK(worst_double<Erf>() < 0.85);
  CHECK(worst_double<Erfc>() < 0.90);
  CHECK(worst_double<Sigmoid>() < 0.80);
  CHECK(worst_double<Softplus>() < 0.80);
}

/// Where the long double reference neither underflows nor loses digits to the exponent.
TEST_CASE("the scaled complementary error function, and what is made of it") {
  std::vector<double> x;
  for (const double input : double_inputs())
    if (input >= 0 && input < 20) x.push_back(input);
  const std::vector<double> y = on_device<Erfcx>(x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double r = Erfcx::library(x[i]);
    worst = std::max(worst, static_cast<double>(std::fabs((y[i] - r) / r)));
  }
  CHECK(worst < 0x1.2p-52);
  // mpmath, 40 digits.
  CHECK(exact::erfcx(30) == Approx(0.018795888861416751).epsilon(1e-15));
  CHECK(exact::erfcx(1e5) == Approx(5.6418958351954681e-06).epsilon(1e-15));
  CHECK(exact::erfcx(0) == 1);
  CHECK(std::isnan(exact::erfcx(not_a_number)));
  const exact::NormalTail tail(-40);
  CHECK(tail.log_probability == Approx(-804.60844201375379).epsilon(1e-15));
  CHECK(tail.hazard == Approx(40.024968847207264).epsilon(1e-15));
  CHECK(exact::NormalTail(1.5).log_other == Approx(-0.069143455612233983).epsilon(1e-14));
  CHECK(exact::normal_quantile(0.975) == Approx(1.9599639845400542).epsilon(1e-15));
  CHECK(exact::normal_quantile(1e-10) == Approx(-6.3613409024040562).epsilon(1e-14));
}

TEST_CASE("derivatives of the logarithm of the gamma function") {
  const auto check = [](double x, double first, double second) {  // mpmath
    CHECK(exact::digamma(x) == Approx(first).epsilon(1e-14));
    CHECK(exact::trigamma(x) == Approx(second).epsilon(1e-14));
  };
  check(0.25, -4.2274535333762654, 17.197329154507111);
  check(1, -0.57721566490153286, 1.6449340668482264);
  check(3.7, 1.1671535393615115, 0.3100378576700383);
  check(40.5, 3.6889054929332336, 0.024998698201356741);
}

TEST_CASE("special values") {
  const auto check = [](auto function, std::vector<double> x, std::vector<double> y) {
    using Function = decltype(function);
    const std::vector<double> doubles = on_device<Function>(x);
    const std::vector<float> floats = on_device<Function>(std::vector<float>(x.begin(), x.end()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      INFO(Function::name << " of " << x[i]);
      CHECK(same(doubles[i], y[i]));
      CHECK(same(floats[i], static_cast<float>(y[i])));
      if (std::isnan(y[i])) {
        CHECK(std::bit_cast<std::uint64_t>(doubles[i]) == 0x7ff8000000000000);
        CHECK(std::bit_cast<std::uint32_t>(floats[i]) == 0x7fc00000);
      }
    }
  };
  const double inf = infinity;
  const double ln_2 = 0.69314718055994531;
  check(Exp{}, {0.0, -0.0, inf, -inf, not_a_number, -not_a_number, 1e30, -1e30},
        {1, 1, inf, 0, not_a_number, not_a_number, inf, 0});
  check(Expm1{}, {0.0, -0.0, inf, -inf, not_a_number, 1e30, -1e30},
        {0.0, -0.0, inf, -1, not_a_number, inf, -1});
  check(Log{}, {0.0, -0.0, 1, inf, -inf, -1, not_a_number, -not_a_number},
        {-inf, -inf, 0.0, inf, not_a_number, not_a_number, not_a_number, not_a_number});
  check(Log1p{}, {0.0, -0.0, -1, inf, -inf, -2, not_a_number},
        {0.0, -0.0, -inf, inf, not_a_number, not_a_number, not_a_number});
  check(Tanh{}, {0.0, -0.0, inf, -inf, 30, -30, not_a_number, -not_a_number},
        {0.0, -0.0, 1, -1, 1, -1, not_a_number, not_a_number});
  check(Erf{}, {0.0, -0.0, inf, -inf, 30, -30, not_a_number, -not_a_number},
        {0.0, -0.0, 1, -1, 1, -1, not_a_number, not_a_number});
  check(Sigmoid{}, {0.0, -0.0, inf, -inf, 1e30, -1e30, not_a_number},
        {0.5, 0.5, 1, 0.0, 1, 0.0, not_a_number});
  check(Softplus{}, {0.0, -0.0, inf, -inf, 1e30, -1e30, not_a_number},
        {ln_2, ln_2, inf, 0.0, 1e30, 0.0, not_a_number});

  const std::vector<double> erfc =
      on_device<Erfc>(std::vector<double>{0.0, -0.0, inf, -inf, 28.0, not_a_number});
  CHECK(erfc[0] == 1.0);
  CHECK(erfc[1] == 1.0);
  CHECK(same(erfc[2], 0.0));
  CHECK(erfc[3] == 2.0);
  CHECK(same(erfc[4], 0.0));
  CHECK(std::bit_cast<std::uint64_t>(erfc[5]) == 0x7ff8000000000000);
}

TEST_CASE("results at the ends of double's range") {
  // The largest argument whose exponential is finite, and the next one; the smallest of both signs.
  CHECK(std::isfinite(exact::exp(0x1.62e42fefa39efp+9)));
  CHECK(exact::exp(0x1.62e42fefa39f0p+9) == infinity);
  CHECK(exact::exp(-0x1.74910d52d3051p+9) == 0x1p-1074);
  CHECK(same(exact::exp(-0x1.74910d52d3052p+9), 0.0));
  CHECK(exact::log(0x1p-1074) == -0x1.74385446d71c3p+9);
  CHECK(exact::log(std::numeric_limits<double>::max()) == 0x1.62e42fefa39efp+9);
  CHECK(exact::log1p(std::numeric_limits<double>::max()) == 0x1.62e42fefa39efp+9);
  CHECK(exact::log1p(-0x1.fffffffffffffp-1) == -0x1.25e4f7b2737fap+5);
  for (const double tiny : {0x1p-1074, -0x1p-1074, 0x1.8p-1073, -0x1.fffffffffffffp-1022}) {
    CHECK(exact::expm1(tiny) == tiny);
    CHECK(exact::log1p(tiny) == tiny);
    CHECK(exact::tanh(tiny) == tiny);
  }
}

TEST_CASE("sine and cosine of turns are those of long double, but for their last bit") {
  std::uint64_t bits = 14695981039346656037U;
  for (int i = -20'000; i < 20'000; ++i) {
    const double turns = i < 0 ? i / 1024.0 : i / 7919.0;
    const long double angle = 2 * std::numbers::pi_v<long double> * turns;
    const auto near = [&](double ours, long double theirs) {
      CHECK(std::fabs(static_cast<double>(ours - theirs)) <= 0x1p-53 * 1.05);
      bits = (bits ^ std::bit_cast<std::uint64_t>(ours)) * 1099511628211U;
    };
    near(exact::sine_of_turns(turns), std::sin(angle));
    near(exact::cosine_of_turns(turns), std::cos(angle));
  }
  CHECK(fmt::format("{:016x}", bits) == "892c8cb64ef9aeeb");
  for (const double none : {infinity, -infinity, std::nan("")})
    CHECK(std::bit_cast<std::uint64_t>(exact::cosine_of_turns(none)) == 0x7ff8000000000000);
  CHECK(exact::sine_of_turns(0x1p52 + 1) == 0);
}

TEST_CASE("the same bits on every compiler, instruction set and backend") {
  CHECK(digests<Exp>() == "exp 77e72f7a811116a8 09320d9a8d594c5e");
  CHECK(digests<Expm1>() == "expm1 9e09ca690afe211c 8a201471debf06e9");
  CHECK(digests<Log>() == "log a09dd783cec18758 511f9100f3d7f46e");
  CHECK(digests<Log1p>() == "log1p 496b810c49587944 c50d1603ca1ba16e");
  CHECK(digests<Tanh>() == "tanh e8177ad781642a6f 31fdcddf6d53b995");
  CHECK(digests<Erf>() == "erf b1e5052cacf53b1d 7ad1b6431645ee1e");
  CHECK(digests<Sigmoid>() == "sigmoid 4258d74b811febed 3ac889412bc44179");
  CHECK(digests<Softplus>() == "softplus 8b019a5c107b0622 3415bc912fabdfa2");
  CHECK(fmt::format("{:016x}", digest(on_device<Erfc>(double_inputs()))) == "464bfc04c7ea4cb7");
  CHECK(fmt::format("{:016x}", digest(on_device<Erfcx>(double_inputs()))) == "2b49512c49e3d15d");
}
