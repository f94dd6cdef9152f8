// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/c_functions.hpp"

#include <array>

namespace bailiwick {

namespace {

constexpr auto functions_of_math = std::to_array<CFunction>({
    {"pair", "", R"(
/* A number as hi + lo, so that only the last rounding of a function shows. */
typedef struct {
  double hi, lo;
} @pair;

static inline @pair @make_pair(double hi, double lo) {
  @pair pair;
  pair.hi = hi;
  pair.lo = lo;
  return pair;
}

static inline @pair @divide(@pair n, @pair d) {
  const double inverse = 1.0 / d.hi, quotient = n.hi * inverse;
  const double rest = fma(-quotient, d.lo, fma(-quotient, d.hi, n.hi)) + n.lo;
  return @make_pair(quotient, rest * inverse);
}

/* c[0] + x (c[1] + x (c[2] + ...)) */
static inline double @horner(double x, const double *c, int count) {
  double y = c[count - 1];
  for (int i = count - 2; i >= 0; --i) y = fma(x, y, c[i]);
  return y;
}
)"},
    {"narrow", "", R"(
/* hi + lo rounded once to float: what lies between two floats goes to where lo points. */
static inline float @narrow(double hi, double lo) {
  const double sum = hi + lo, rest = (hi - sum) + lo;
  const float nearest = (float)sum;
  const double left = sum - nearest, other = sum + left;
  if (left != 0.0 && rest != 0.0 && (double)(float)other == other && (rest > 0.0) == (left > 0.0))
    return (float)other;
  return nearest;
}
)"},
    {"exponential", "pair", R"(
/* e^x = 2^k (1 + r + tail) */
typedef struct {
  double r, tail;
  int k;
} @exponent;

static inline @exponent @exponential(double x) {
  static const double c[] = {
      0x1.0000000000000p-1,  0x1.5555555555557p-3,  0x1.5555555555556p-5,  0x1.11111111100dfp-7,
      0x1.6c16c16c162d6p-10, 0x1.a01a01abe6323p-13, 0x1.a01a01a6d7831p-16, 0x1.71de0237484cdp-19,
      0x1.27e4db67ac2b0p-22, 0x1.af4ddda1c08cdp-26, 0x1.1f72fc83bcbc7p-29};
  const double shift = 0x1.8p52; /* adding it rounds to a whole number */
  @exponent e;
  x = x < -746.0 ? -746.0 : x > 710.0 ? 710.0 : x;
  const double k = fma(x, 0x1.71547652b82fep+0, shift) - shift;
  const double reduced = fma(k, -0x1.62e42fefa3800p-1, x), rest = k * -0x1.ef35793c76730p-45;
  e.r = reduced + rest;
  const double r_lo = (reduced - e.r) + rest;
  e.tail = fma(e.r * e.r, @horner(e.r, c, 11), fma(e.r, r_lo, r_lo));
  e.k = k == k ? (int)k : 0;
  return e;
}

static inline @pair @normal(double hi, double lo) {
  const double sum = hi + lo;
  return @make_pair(sum, (hi - sum) + lo);
}

/* e^x / 2^k */
static inline @pair @significand(@exponent e) {
  const double hi = 1.0 + e.r;
  return @normal(hi, ((1.0 - hi) + e.r) + e.tail);
}

/* (e^x - 1) / 2^k */
static inline @pair @minus_one(@exponent e) {
  const double inverse = ldexp(1.0, -e.k), a = 1.0 - inverse, part = a - 1.0;
  const double a_lo = (1.0 - (a - part)) - (inverse + part), hi = a + e.r;
  return @normal(hi, (((a - hi) + e.r) + a_lo) + e.tail);
}
)"},
    {"exp", "exponential", R"(
static inline double @exp(double x) {
  const @exponent e = @exponential(x);
  const @pair m = @significand(e);
  return ldexp(m.hi + m.lo, e.k);
}
)"},
    {"expm1", "exponential", R"(
/* e^x - 1 */
static inline double @expm1(double x) {
  const @exponent e = @exponential(x < -50.0 ? -50.0 : x);
  const @pair m = @minus_one(e);
  return fabs(x) < 0x1p-54 ? x : ldexp(m.hi + m.lo, e.k);
}
)"},
    {"log_sum", "pair", R"(
/* k ln 2 + log(1 + f + f_lo) */
static inline @pair @log_sum(double k, double f, double f_lo) {
  static const double c[] = {
      0x1.5555555555555p-1, 0x1.9999999999a38p-2, 0x1.2492492476ccbp-2, 0x1.c71c7201592a1p-3,
      0x1.745cf9048617ap-3, 0x1.3b1c355c3560fp-3, 0x1.0fbe95aaf31a8p-3, 0x1.0c039e172b8dfp-3};
  const double d = 2.0 + f;
  const @pair s = @divide(@make_pair(f, f_lo), @make_pair(d, ((2.0 - d) + f) + f_lo));
  const double z = s.hi * s.hi;
  const double tail = fma(s.hi * z, @horner(z, c, 8), 2.0 * s.lo), two_s = 2.0 * s.hi;
  const double hi = fma(k, 0x1.62e42fefa3800p-1, two_s);
  const double lo = fma(k, 0x1.62e42fefa3800p-1, -hi) + two_s;
  return @make_pair(hi, lo + fma(k, 0x1.ef35793c76730p-45, tail));
}

/* x = 2^k m, m in sqrt(1/2) .. sqrt(2) */
static inline double @binade(double x, int *k) {
  const double m = frexp(x, k);
  if (m >= 0x1.6a09e667f3bcdp-1) return m;
  --*k;
  return 2.0 * m;
}
)"},
    {"log", "log_sum", R"(
static inline double @log(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -INFINITY : NAN;
  if (!(x < INFINITY)) return x;
  int k;
  const double m = @binade(x, &k);
  const @pair sum = @log_sum(k, m - 1.0, 0.0);
  return sum.hi + sum.lo;
}
)"},
    {"log1p", "log_sum", R"(
/* log(1 + x) */
static inline double @log1p(double x) {
  if (!(x > -1.0)) return x == -1.0 ? -INFINITY : NAN;
  if (!(x < INFINITY) || fabs(x) < 0x1p-54) return x;
  const double u = 1.0 + x, part = u - 1.0, c = (1.0 - (u - part)) + (x - part);
  int k;
  const double m = @binade(u, &k), inverse = x < 0x1p60 ? ldexp(1.0, -k) : 0.0;
  const @pair sum = k == 0 ? @log_sum(0.0, x, 0.0) : @log_sum(k, m - 1.0, c * inverse);
  return sum.hi + sum.lo;
}
)"},
    {"tanh", "exponential narrow", R"(
static inline float @tanh(float z) {
  const double size = fabs((double)z), twice = -2.0 * size;
  const @exponent e = @exponential(twice < -44.0 ? -44.0 : twice);
  const @pair m = @minus_one(e);
  const double t = ldexp(m.hi, e.k), t_lo = ldexp(m.lo, e.k), d = 2.0 + t;
  const @pair q = @divide(@make_pair(-t, -t_lo), @make_pair(d, ((2.0 - d) + t) + t_lo));
  return size < 0x1p-30 ? z : copysignf(@narrow(q.hi, q.lo), z);
}
)"},
    {"erf_parts", "exponential", R"(
/* c + c_lo + x y */
static inline @pair @last_term(double x, double y, double c, double c_lo) {
  const double hi = fma(x, y, c);
  return @make_pair(hi, fma(x, y, c - hi) + c_lo);
}

/* erf(a), 0 <= a <= 0.6 */
static inline @pair @erf_near(double a) {
  static const double c[] = {
      0x1.ce2f21a042bdfp-4,  -0x1.b82ce31288707p-6,  0x1.565bcd0e442b0p-8,
      -0x1.c02db3eaad15dp-11, 0x1.f9a31ff5f3f76p-14, -0x1.f4d0f841ccd16p-17,
      0x1.b9bafe0bfdd5dp-20, -0x1.5c2e16ec18f39p-23, 0x1.b67787e377ba8p-27};
  const double first = 0x1.20dd750429b6dp+0, first_lo = 0x1.1ae3a914fed80p-56; /* 2 / sqrt(pi) */
  const double w = a * a, hi = first * a;
  const @pair p =
      @last_term(w, @horner(w, c, 9), -0x1.812746b0379e7p-2, 0x1.f0d4812d14618p-57);
  const double lo = fma(a * w, p.lo, fma(first_lo, a, fma(first, a, -hi)));
  return @make_pair(hi, fma(a * w, p.hi, lo));
}

/* e^(a^2) erfc(a), 0.6 <= a <= 28 */
static inline @pair @erfc_scaled(double a) {
  static const double c[] = {
      -0x1.c39b648acf324p-4,  -0x1.0bd670229e09fp-3,  0x1.5271f6e8e15bbp-3,
      -0x1.5482c87dce4a9p-4,  0x1.76e630758d0e3p-7,   0x1.0936629223b59p-7,
      -0x1.574ac260f1f56p-9,  -0x1.33a168feb3658p-10, 0x1.b003280d64d43p-12,
      0x1.074d8b55c1658p-12,  -0x1.720bc458b95eep-15, -0x1.f3915664857f6p-15,
      -0x1.262906608b34ap-18, 0x1.94d1635454146p-17,  0x1.3bf1a3d4f005dp-18,
      -0x1.577e6b2f72302p-20, -0x1.b7148e3e7c674p-20, -0x1.706fcb89ef0c0p-22,
      0x1.3716100b5ee56p-22,  0x1.09e1e96d4d9f0p-22,  0x1.025a8e27a512ep-26,
      -0x1.62dbc64a04817p-24, -0x1.37bfa4d2c9601p-26, 0x1.25ee9e2eb63ecp-26};
  const int beyond = a > 2.25;
  const double more = beyond ? a : 2.25, less = beyond ? 2.25 : a;
  const double sum = more + less, difference = more - less;
  const @pair size = @divide(@make_pair(difference, (more - difference) - less),
                             @make_pair(sum, (more - sum) + less));
  const double q = beyond ? size.hi + size.lo : -(size.hi + size.lo);
  const @pair p =
      @last_term(q, @horner(q, c, 24), 0x1.157bc2ccecd49p-2, -0x1.1969723d82238p-58);
  const double one_p = 1.0 + p.hi, d = fma(2.0, a, 1.0);
  return @divide(@make_pair(one_p, ((1.0 - one_p) + p.hi) + p.lo),
                 @make_pair(d, fma(2.0, a, -d) + 1.0));
}
)"},
    {"erf", "erf_parts", R"(
static inline double @erf(double x) {
  double a = fabs(x);
  if (a < 0.6) {
    const @pair inner = @erf_near(a);
    return copysign(inner.hi + inner.lo, x);
  }
  a = a > 28.0 ? 28.0 : a;
  const double square = a * a;
  const @exponent e = @exponential(-square);
  @pair g = @significand(e);
  g.lo = fma(-fma(a, a, -square), g.hi, g.lo);
  const @pair y = @erfc_scaled(a); /* 1 - erf(a) is g y 2^k */
  const double m = g.hi * y.hi, m_lo = fma(g.lo, y.hi, fma(g.hi, y.lo, fma(g.hi, y.hi, -m)));
  const double less = ldexp(m, e.k), one_less = 1.0 - less;
  return copysign(one_less + (((1.0 - one_less) - less) - ldexp(m_lo, e.k)), x);
}
)"},
    {"erfcx", "erf_parts", R"(
/* e^(x^2) erfc(x), x >= 0 */
static inline double @erfcx(double x) {
  static const double c[] = {1.0, -3.0, 15.0, -105.0, 945.0, -10395.0};
  if (x < 0.6) {
    const double square = x * x;
    const @pair part = @erf_near(x);
    const double rest = 1.0 - part.hi, rest_lo = ((1.0 - rest) - part.hi) - part.lo;
    const @exponent e = @exponential(square);
    const @pair m = @significand(e);
    const double hi = ldexp(m.hi, e.k), lo = fma(fma(x, x, -square), hi, ldexp(m.lo, e.k));
    const double product = rest * hi;
    return product + fma(rest_lo, hi, fma(rest, lo, fma(rest, hi, -product)));
  }
  if (x <= 28.0) {
    const @pair middle = @erfc_scaled(x);
    return middle.hi + middle.lo;
  }
  const double u = 0.5 / (x * x), less = u * @horner(u, c, 6);
  const @pair q = @divide(@make_pair(0x1.20dd750429b6dp-1, 0x1.1ae3a914fed80p-57),
                          @make_pair(x, 0.0));
  return x < 1e300 ? q.hi + fma(-q.hi, less, q.lo) : q.hi;
}
)"},
    {"sigmoid", "exponential", R"(
/* 1 / (1 + e^-x) is the pair times 2^k. */
static inline @pair @sigmoid_parts(double x, int *k) {
  const @exponent e = @exponential(-fabs(x));
  const @pair m = @significand(e);
  const double z = ldexp(m.hi, e.k), z_lo = ldexp(m.lo, e.k), d = 1.0 + z;
  *k = x > 0.0 ? 0 : e.k;
  return @divide(x > 0.0 ? @make_pair(1.0, 0.0) : m, @make_pair(d, ((1.0 - d) + z) + z_lo));
}

static inline double @sigmoid(double x) {
  int k;
  const @pair q = @sigmoid_parts(x, &k);
  return ldexp(q.hi + q.lo, k);
}
)"},
    {"softplus", "exponential log_sum", R"(
/* log(1 + e^x) */
static inline double @softplus(double x) {
  const @exponent e = @exponential(-fabs(x));
  const @pair m = @significand(e);
  if (x < -40.0) return ldexp(m.hi + m.lo, e.k);
  if (x > 40.0) return x;
  const double z = ldexp(m.hi, e.k), z_lo = ldexp(m.lo, e.k);
  const double less = z - 1.0, less_lo = (z - (less + 1.0)) + z_lo;
  const @pair sum =
      z > 0.41421356 ? @log_sum(1.0, 0.5 * less, 0.5 * less_lo) : @log_sum(0.0, z, z_lo);
  const double base = x > 0.0 ? x : 0.0, hi = base + sum.hi, from_sum = hi - base;
  return hi + (((base - (hi - from_sum)) + (sum.hi - from_sum)) + sum.lo);
}
)"},
    {"cyclic", "pair", R"(
/* Sine, or cosine, of 2 pi x / period. */
static inline double @cyclic(double x, double period, int cosine) {
  static const double s[] = {-1.0 / 6,           1.0 / 120,        -1.0 / 5040,
                             1.0 / 362880,       -1.0 / 39916800,  1.0 / 6227020800.0,
                             -1.0 / 1307674368000.0, 1.0 / 355687428096000.0};
  static const double c[] = {1.0 / 24,          -1.0 / 720,         1.0 / 40320,
                             -1.0 / 3628800,    1.0 / 479001600,    -1.0 / 87178291200.0,
                             1.0 / 20922789888000.0, -1.0 / 6402373705728000.0};
  const double half_pi = 0x1.921fb54442d18p+0, half_pi_lo = 0x1.1a62633145c07p-54;
  const double turns = fmod(x, period) / period;
  if (!(fabs(turns) < INFINITY)) return NAN;
  const double of_turn = turns - floor(turns);
  const double nearest = floor(4.0 * of_turn + 0.5), left = 4.0 * of_turn - nearest;
  const int quarter = (int)nearest & 3;
  const double hi = left * half_pi, lo = fma(left, half_pi_lo, fma(left, half_pi, -hi));
  const double z = hi * hi, half = 0.5 * z, most = 1.0 - half;
  const double sine = hi + fma(z * hi, @horner(z, s, 8), lo * (1.0 - 0.5 * z));
  const double other = most + (((1.0 - most) - half) + fma(z * z, @horner(z, c, 8), -hi * lo));
  const double y = quarter % 2 == cosine ? sine : other;
  return (cosine ? quarter == 1 || quarter == 2 : quarter >= 2) ? -y : y;
}
)"},
});

}  // namespace

std::span<const CFunction> c_math() {
  return functions_of_math;
}

}  // namespace bailiwick
