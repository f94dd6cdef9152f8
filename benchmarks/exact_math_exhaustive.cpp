// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// Checks kokkos_kernels/math/exact_math.hpp: all floats of every function against correct rounding,
// random doubles against MPFR, and the time of a call against the C library's in the same run.

#include <fmt/format.h>
#include <mpfr.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"

namespace {

using namespace bailiwick;
using Range = std::pair<double, double>;

/// A whole array a call, so that compilers may vectorise inside.
template <class T>
using Loop = void (*)(const T*, T*, std::size_t);

struct Function {
  std::string name;
  Loop<float> ours;  ///< none for erfc, which has no float version
  Loop<double> ours_double;
  Loop<float> library;  ///< the C library's, or its usual composition
  Loop<double> library_double;
  int (*mpfr)(mpfr_t, mpfr_t);  ///< result at the result's precision
  Range timed;                  ///< arguments to time on
  std::vector<Range> sampled;   ///< arguments of the double version to compare with MPFR
};

template <class T, class Call>
constexpr Loop<T> loop(Call) {
  return [](const T* x, T* y, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      y[i] = Call{}(x[i]);
  };
}

template <class T>
T library_sigmoid(T x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
template <class T>
T library_softplus(T x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

int mpfr_sigmoid(mpfr_t y, mpfr_t x) {
  mpfr_neg(y, x, MPFR_RNDN);
  mpfr_exp(y, y, MPFR_RNDN);
  mpfr_add_ui(y, y, 1, MPFR_RNDN);
  return mpfr_ui_div(y, 1, y, MPFR_RNDN);
}
int mpfr_softplus(mpfr_t y, mpfr_t x) {
  mpfr_exp(y, x, MPFR_RNDN);
  return mpfr_log1p(y, y, MPFR_RNDN);
}

double library_erfcx(double x) {
  return std::exp(x * x) * std::erfc(x);
}
/// The square needs twice the digits, and the rest as many more as its exponent has.
int mpfr_erfcx(mpfr_t y, mpfr_t x) {
  mpfr_t square, tail;
  mpfr_inits2(mpfr_get_prec(y) + 128, square, tail, nullptr);
  mpfr_sqr(square, x, MPFR_RNDN);
  mpfr_exp(square, square, MPFR_RNDN);
  mpfr_erfc(tail, x, MPFR_RNDN);
  const int inexact = mpfr_mul(y, square, tail, MPFR_RNDN);
  mpfr_clears(square, tail, nullptr);
  return inexact;
}

#define BAILIWICK_MPFR(name) [](mpfr_t y, mpfr_t x) { return mpfr_##name(y, x, MPFR_RNDN); }
#define BAILIWICK_LOOP(T, call) loop<T>([](T x) { return call(x); })
#define BAILIWICK_FUNCTION(name, library, mpfr, ...)                                       \
  {                                                                                        \
#name, BAILIWICK_LOOP(float, exact::name), BAILIWICK_LOOP(double, exact::name),        \
        BAILIWICK_LOOP(float, library), BAILIWICK_LOOP(double, library), mpfr, __VA_ARGS__ \
  }

const std::vector<Function>& functions() {
  static const std::vector<Function> all = {
      BAILIWICK_FUNCTION(exp, std::exp, BAILIWICK_MPFR(exp), {-20, 20},
                         {{-745, 709.7}, {-20, 20}, {-1, 1}, {-0.35, 0.35}}),
      BAILIWICK_FUNCTION(
          expm1, std::expm1, BAILIWICK_MPFR(expm1), {-20, 20},
          {{-40, 709.7}, {-1, 1}, {-0.36, 0.36}, {0.3, 2}, {-2, -0.3}, {30, 60}, {-1e-5, 1e-5}}),
      BAILIWICK_FUNCTION(log, std::log, BAILIWICK_MPFR(log), {0, 100},
                         {{0, 10}, {0.5, 2}, {0.7, 1.42}, {0.99, 1.01}, {0, 1e300}, {0, 1e-310}}),
      BAILIWICK_FUNCTION(log1p, std::log1p, BAILIWICK_MPFR(log1p), {-0.9, 10},
                         {{-1, 1}, {-0.3, 0.42}, {0.4, 10}, {-1e-3, 1e-3}, {0, 1e17}, {0, 1e300}}),
      BAILIWICK_FUNCTION(tanh, std::tanh, BAILIWICK_MPFR(tanh), {-8, 8},
                         {{-25, 25}, {-2, 2}, {-0.5, 0.5}, {-0.2, 0.2}, {-1e-4, 1e-4}}),
      BAILIWICK_FUNCTION(erf, std::erf, BAILIWICK_MPFR(erf), {-4, 4},
                         {{-6, 6}, {-0.6, 0.6}, {0.5, 0.8}, {-1e-3, 1e-3}, {0, 1e-300}}),
      BAILIWICK_FUNCTION(sigmoid, library_sigmoid, mpfr_sigmoid, {-8, 8},
                         {{-740, 40}, {-40, 40}, {-5, 5}, {-1, 1}, {-1e-3, 1e-3}}),
      BAILIWICK_FUNCTION(softplus, library_softplus, mpfr_softplus, {-8, 8},
                         {{-740, 60}, {-40, 40}, {-5, 5}, {-2, 0}, {-1e-3, 1e-3}, {-45, -30}}),
      {"erfc",
       nullptr,
       BAILIWICK_LOOP(double, exact::erfc),
       nullptr,
       BAILIWICK_LOOP(double, std::erfc),
       BAILIWICK_MPFR(erfc),
       {-4, 10},
       {{-6, 26.5}, {-0.6, 0.6}, {0.5, 0.8}, {0.6, 2}, {2, 6}, {6, 26.5}, {-1e-3, 1e-3}}},
      {"erfcx",
       nullptr,
       BAILIWICK_LOOP(double, exact::erfcx),
       nullptr,
       BAILIWICK_LOOP(double, library_erfcx),
       mpfr_erfcx,
       {0, 10},
       {{0, 0.6}, {0.5, 0.8}, {0.6, 2}, {2, 6}, {6, 27.9}, {27.9, 1000}, {0, 1e-3}}}};
  return all;
}

/// An MPFR number that frees itself.
struct Number {
  mpfr_t value;
  explicit Number(mpfr_prec_t precision) { mpfr_init2(value, precision); }
  ~Number() { mpfr_clear(value); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
};

/// Distance of `value` from `exact` in units of the last place of `exact` in T.
template <class T>
double ulps(double value, double exact) {
  using Limits = std::numeric_limits<T>;
  const int exponent = std::max(std::ilogb(exact) + 1, Limits::min_exponent) - Limits::digits;
  return std::fabs(std::scalbn(value - exact, -exponent));
}

struct Checked {
  std::uint64_t tested = 0, wrong = 0, by_mpfr = 0;
  double max_ulp = 0;
  float first_wrong = 0;

  void add(const Checked& other) {
    if (wrong == 0) first_wrong = other.first_wrong;
    tested += other.tested;
    wrong += other.wrong;
    by_mpfr += other.by_mpfr;
    max_ulp = std::max(max_ulp, other.max_ulp);
  }
};

/// Floats with bits first, first + stride, ... below last.
///
/// The correctly rounded answer is the C library's double result rounded to float whenever an error
/// of 2^-50 (8 ulp; the GNU C Library manual owns up to 2 in any function used) could not change
/// that rounding, and MPFR's with 300 bits otherwise.
Checked check_floats(const Function& function, std::uint64_t first, std::uint64_t last,
                     std::uint64_t stride) {
  constexpr std::size_t chunk = 4096;
  std::vector<float> x(chunk), y(chunk);
  std::vector<double> x_double(chunk), reference(chunk);
  Number exact(300), argument(24);
  Checked checked;
  while (first < last) {
    std::size_t n = 0;
    for (; n < chunk && first < last; ++n, first += stride) {
      x[n] = std::bit_cast<float>(static_cast<std::uint32_t>(first));
      x_double[n] = x[n];
    }
    function.ours(x.data(), y.data(), n);
    function.library_double(x_double.data(), reference.data(), n);
    checked.tested += n;
    for (std::size_t i = 0; i < n; ++i) {
      const double r = reference[i];
      float right = static_cast<float>(r);
      const float least = static_cast<float>(r * (1 - 0x1p-50));
      const float most = static_cast<float>(r * (1 + 0x1p-50));
      if (least != most && !std::isnan(r)) {
        ++checked.by_mpfr;
        mpfr_set_flt(argument.value, x[i], MPFR_RNDN);
        function.mpfr(exact.value, argument.value);
        right = mpfr_get_flt(exact.value, MPFR_RNDN);
      }
      const bool same = std::isnan(right) ? std::bit_cast<std::uint32_t>(y[i]) == 0x7fc00000
                                          : std::bit_cast<std::uint32_t>(y[i]) ==
                                                std::bit_cast<std::uint32_t>(right);
      if (!same && checked.wrong++ == 0) checked.first_wrong = x[i];
      if (std::isfinite(right) && r != 0) {
        checked.max_ulp = std::max(checked.max_ulp, ulps<float>(y[i], r));
      }
    }
  }
  return checked;
}

Checked check_floats(const Function& function, std::uint64_t stride, unsigned threads) {
  constexpr std::uint64_t end = std::uint64_t{1} << 32;
  const std::uint64_t slice = std::uint64_t{1} << 22;  // small, as some slices are slow
  std::uint64_t next = 0;
  Checked total;
  std::mutex mutex;
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < end) {
      const std::uint64_t first = next;
      next = std::min(end, first + slice * stride);
      lock.unlock();
      const Checked part =
          check_floats(function, first, std::min(end, first + slice * stride), stride);
      mpfr_free_cache();
      lock.lock();
      total.add(part);
    }
  };
  std::vector<std::thread> pool;
  for (unsigned t = 0; t < threads; ++t)
    pool.emplace_back(work);
  for (std::thread& thread : pool)
    thread.join();
  return total;
}

/// The largest error in ulp of the double version on `samples` random arguments of each range, and
/// where.
std::pair<double, double> check_doubles(const Function& function, std::uint64_t samples) {
  std::mt19937_64 random(2026);
  // 1 + e^x needs as many bits as e^x has zeros after the point.
  const bool composed = function.name == "sigmoid" || function.name == "softplus";
  Number exact(composed ? 1200 : 160), argument(53);
  std::pair<double, double> worst{0, 0};
  std::vector<double> x(1), y(1);
  for (const auto& [low, high] : function.sampled) {
    for (std::uint64_t i = 0; i < samples; ++i) {
      x[0] = low + (high - low) * std::generate_canonical<double, 53>(random);
      function.ours_double(x.data(), y.data(), 1);
      mpfr_set_d(argument.value, x[0], MPFR_RNDN);
      if (composed) mpfr_set_prec(exact.value, x[0] < -50 ? 1200 : 160);
      function.mpfr(exact.value, argument.value);
      const double nearest = mpfr_get_d(exact.value, MPFR_RNDN);
      mpfr_sub_d(exact.value, exact.value, y[0], MPFR_RNDN);
      const int exponent = std::max(std::ilogb(nearest) - 52, -1074);
      mpfr_mul_2si(exact.value, exact.value, -exponent, MPFR_RNDN);
      const double error = std::fabs(mpfr_get_d(exact.value, MPFR_RNDN));
      if (!(error <= worst.first)) worst = {error, x[0]};
    }
  }
  return worst;
}

/// Nanoseconds a call: the best of many passes over 1024 arguments spread over function.timed.
template <class T>
double nanoseconds(Loop<T> function, Range range) {
  constexpr std::size_t n = 1024;
  std::vector<T> x(n), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double t = (static_cast<double>(i) + 0.5) / n;
    x[i] = static_cast<T>(range.first + (range.second - range.first) * t);
  }
  double best = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < 400; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    for (int repeat = 0; repeat < 10; ++repeat)
      function(x.data(), y.data(), n);
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count() / (10.0 * n));
  }
  return best;
}

template <class T>
Json time_against_library(Loop<T> ours, Loop<T> library, Range range, const std::string& name) {
  const double mine = nanoseconds(ours, range);
  const double theirs = nanoseconds(library, range);
  std::cout << fmt::format("{:22} {:.2f} ns, C library {:.2f} ns, ratio {:.2f}\n", name, mine,
                           theirs, mine / theirs);
  return {{"ns", mine}, {"library_ns", theirs}, {"ratio", mine / theirs}};
}

struct Options {
  std::vector<std::string> names;
  std::uint64_t stride = 1, samples = 100'000;
  unsigned threads = 1;
  std::string json;
};

Options parse(int argc, char** argv) {
  std::vector<std::string> known;
  for (const Function& function : functions())
    known.push_back(function.name);
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      if (++i == argc) throw Error(ExitCode::usage, "{} needs a value", word);
      return std::string(argv[i]);
    };
    const auto positive = [&] { return std::max<std::uint64_t>(1, parse_count(value(), word)); };
    if (word == "--stride") {
      options.stride = positive();
    } else if (word == "--threads") {
      options.threads = static_cast<unsigned>(positive());
    } else if (word == "--samples") {
      options.samples = parse_count(value(), word);
    } else if (word == "--json") {
      options.json = value();
    } else if (std::find(known.begin(), known.end(), word) != known.end()) {
      options.names.push_back(word);
    } else {
      throw Error(ExitCode::usage,
                  "{}: not a function or option{}\nusage: exact_math_exhaustive [FUNCTION...] "
                  "[--stride N] [--samples N] [--threads N] [--json FILE]\nfunctions: {}",
                  word, did_you_mean(word, known), join(known));
    }
  }
  if (options.names.empty()) options.names = known;
  return options;
}

bool run(const Options& options) {
  bool right = true;
  Json report = Json::array();
  for (const Function& function : functions()) {
    const std::string& name = function.name;
    if (std::find(options.names.begin(), options.names.end(), name) == options.names.end())
      continue;
    Json entry{{"function", name}, {"stride", options.stride}};
    entry["double"] = time_against_library(function.ours_double, function.library_double,
                                           function.timed, name + "(double)");
    if (function.ours) {
      entry["float"] =
          time_against_library(function.ours, function.library, function.timed, name + "(float)");
    }
    if (options.samples > 0) {
      const auto [error, where] = check_doubles(function, options.samples);
      std::cout << fmt::format(
          "{:22} max error {:.4f} ulp at {:a}, {} samples in each of {} ranges\n",
          name + "(double)", error, where, with_thousands(options.samples),
          function.sampled.size());
      entry["double"]["max_ulp"] = error;
      right = right && error < 1;
    }
    if (function.ours) {
      const Checked c = check_floats(function, options.stride, options.threads);
      std::cout << fmt::format("{:22} {} tested, {} wrong{}, max error {:.7f} ulp, {} by MPFR\n",
                               name + "(float)", with_thousands(c.tested), c.wrong,
                               c.wrong ? fmt::format(" (first {:a})", c.first_wrong) : "",
                               c.max_ulp, with_thousands(c.by_mpfr));
      entry["float"]["tested"] = c.tested;
      entry["float"]["wrong"] = c.wrong;
      entry["float"]["max_ulp"] = c.max_ulp;
      right = right && c.wrong == 0;
    }
    std::cout << std::flush;
    report.push_back(entry);
  }
  if (!options.json.empty()) write_file_atomically(options.json, report.dump(2) + "\n");
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(parse(argc, argv)) ? 0 : static_cast<int>(ExitCode::integrity);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(error.code());
  }
}
