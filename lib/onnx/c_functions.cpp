// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/onnx/c_functions.hpp"

#include <algorithm>
#include <array>

#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

constexpr auto functions_of_models = std::to_array<CFunction>({
    {"level", "", R"(
/* The number of a text among others; -1: it is none of them. */
static inline int @level(const char *text, const char *const *levels, int count) {
  for (int l = 0; l < count; ++l) {
    int i = 0;
    while (text[i] != '\0' && text[i] == levels[l][i]) ++i;
    if (text[i] == levels[l][i]) return l;
  }
  return -1;
}
)"},
    {"complete", "", R"(
static inline int @complete(const double *x, int count) {
  for (int j = 0; j < count; ++j)
    if (isnan(x[j])) return 0;
  return 1;
}
)"},
    {"linear", "", R"(
/* start + sum of x theta, in this order. */
static inline double @linear(double start, const double *x, const double *theta, int count) {
  for (int j = 0; j < count; ++j) start = fma(x[j], theta[j], start);
  return start;
}
)"},
    {"probit", "erfcx exp log log1p sigmoid", R"(
/* P(Z < x), Z standard normal, by its log odds. */
static inline double @probit(double x) {
  const double t = fabs(x), half = 0.5 * @erfcx(t * 0.70710678118654752440);
  const double exponent = -0.5 * (t * t), tail = half * @exp(exponent);
  const double odds = (@log(half) + exponent) - @log1p(-tail);
  return @sigmoid(x < 0.0 ? odds : -odds);
}
)"},
    {"cloglog", "exp expm1 log sigmoid", R"(
/* 1 - e^-rate, rate = e^x, by its log odds. */
static inline double @cloglog(double x) {
  const double rate = @exp(x > 700.0 ? 700.0 : x);
  return @sigmoid((x < -40.0 ? x : @log(-@expm1(-rate))) + rate);
}
)"},
    {"softmax", "exp", R"(
/* Probabilities of `count` categories, from the odds of all but the first against the first. */
static inline void @softmax(const double *eta, int count, double *probabilities) {
  double largest = 0.0, sum;
  for (int k = 0; k + 1 < count; ++k) largest = eta[k] > largest ? eta[k] : largest;
  sum = probabilities[0] = @exp(-largest);
  for (int k = 1; k < count; ++k) sum += probabilities[k] = @exp(eta[k - 1] - largest);
  for (int k = 0; k < count; ++k) probabilities[k] /= sum;
}

/* The first of the likeliest. */
static inline int @likeliest(const double *probabilities, int count) {
  int best = 0;
  for (int k = 1; k < count; ++k)
    if (probabilities[k] > probabilities[best]) best = k;
  return best;
}
)"},
    {"ordinal", "softplus", R"(
/* log P(k) of cumulative logits zeta - eta; gap: log(1 - e^-(what zeta rises by)), else 0. */
static inline double @ordinal(int k, double eta, const double *zeta, const double *gap, int count) {
  double value = gap[k];
  if (k < count) value -= @softplus(-(zeta[k] - eta));
  if (k > 0) value -= @softplus(zeta[k - 1] - eta);
  return value;
}
)"},
    {"defined", "", R"(
/* Of a logarithm: there is none of 0. */
static inline double @defined(double y) { return y > -INFINITY ? y : NAN; }
)"},
    {"power", "", R"(
static inline double @power(double x, int exponent) {
  double power = x;
  for (int i = 1; i < exponent; ++i) power *= x;
  return power;
}
)"},
    {"interval", "", R"(
static inline double @interval(double x, double least, double bound) {
  return x >= least && x < bound ? 1.0 : 0.0;
}
)"},
    {"from", "", R"(
static inline double @from(double x, double least) { return x >= least ? 1.0 : 0.0; }
)"},
    {"spline", "", R"(
static inline double @cube(double u) { return u > 0.0 ? u * u * u : 0.0; }

/* Column `which` of a restricted cubic spline. */
static inline double @spline(double x, const double *knots, int count, int which) {
  const double first = knots[which - 1], last = knots[count - 1], before = knots[count - 2];
  const double width = last - knots[0], gap = last - before;
  return (@cube((x - first) / width) - @cube((x - before) / width) * ((last - first) / gap) +
          @cube((x - last) / width) * ((before - first) / gap)) *
         width;
}
)"},
    {"civil", "", R"(
/* Year or month of days since 1970-01-01. */
static inline double @civil(double days, int year) {
  if (!(fabs(days) < 1.1e7)) return NAN;
  const double z = floor(days) + 719468.0, era = floor(z / 146097.0), doe = z - era * 146097.0;
  const double yoe =
      floor((doe - floor(doe / 1460.0) + floor(doe / 36524.0) - floor(doe / 146096.0)) / 365.0);
  const double doy = doe - (yoe * 365.0 + floor(yoe / 4.0) - floor(yoe / 100.0));
  const double mp = floor((doy * 5.0 + 2.0) / 153.0), next = mp >= 10.0 ? 1.0 : 0.0;
  return year ? yoe + era * 400.0 + next : mp + 3.0 - next * 12.0;
}
)"},
    {"weekday", "", R"(
/* Monday is 1. */
static inline double @weekday(double days) {
  if (!(fabs(days) < 1.1e7)) return NAN;
  const double day = floor(days) + 3.0;
  return day - floor(day / 7.0) * 7.0 + 1.0;
}
)"},
    {"hour", "", R"(
static inline double @hour(double days) {
  if (!(fabs(days) < 1.1e7)) return NAN;
  return fmod(floor(nearbyint((days - floor(days)) * 86400000.0) / 3600000.0), 24.0);
}
)"},
    {"dense", "", R"(
/* One layer: weights are inputs x units. */
static inline void @dense(const float *x, int inputs, const float *weights, const float *bias,
                          int units, float *z) {
  for (int j = 0; j < units; ++j) {
    float sum = 0.0F;
    for (int i = 0; i < inputs; ++i) sum = fmaf(x[i], weights[i * units + j], sum);
    z[j] = sum + bias[j];
  }
}
)"},
    {"layer_norm", "", R"(
static inline double @fold(const double *lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static inline void @layer_norm(float *z, int units, const float *gain, const float *shift) {
  double lane[8] = {0.0}, squares[8] = {0.0};
  for (int j = 0; j < units; ++j) lane[j % 8] += (double)z[j];
  const double mean = @fold(lane) / units;
  for (int j = 0; j < units; ++j) squares[j % 8] += (z[j] - mean) * (z[j] - mean);
  const double inverse = 1.0 / sqrt(@fold(squares) / units + 1e-5);
  for (int j = 0; j < units; ++j)
    z[j] = (float)fma((z[j] - mean) * inverse, (double)gain[j], (double)shift[j]);
}
)"},
    {"activation_relu", "", R"(
static inline float @activation_relu(float z) { return z < 0.0F ? 0.0F : z; }
)"},
    {"activation_gelu", "erf", R"(
static inline float @activation_gelu(float z) {
  const double x = z;
  return (float)(0.5 * x * (1.0 + @erf(x * 0.70710678118654752440)));
}
)"},
    {"activation_tanh", "tanh", R"(
static inline float @activation_tanh(float z) { return @tanh(z); }
)"},
    {"activation_silu", "sigmoid", R"(
static inline float @activation_silu(float z) {
  const double x = z;
  return (float)(x * @sigmoid(x));
}
)"},
    {"activation_sigmoid", "sigmoid narrow", R"(
static inline float @activation_sigmoid(float z) {
  int k;
  const @pair q = @sigmoid_parts(z, &k);
  return @narrow(ldexp(q.hi, k), ldexp(q.lo, k));
}
)"},
});

std::span<const CFunction> c_of_models() {
  return functions_of_models;
}

const CFunction& function_named(std::string_view name) {
  for (const std::span<const CFunction> part : {c_math(), c_of_models()})
    if (const auto found = std::ranges::find(part, name, &CFunction::name); found != part.end())
      return *found;
  throw Error(ExitCode::bug, "there is no C function \"{}\"", name);
}

}  // namespace

std::string CFunctions::use(std::string_view name) {
  if (used_.emplace(name).second)
    for (std::string_view rest = function_named(name).needs; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      use(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  return prefix_ + std::string(name);
}

std::string CFunctions::text() const {
  std::string all;
  for (const std::span<const CFunction> part : {c_math(), c_of_models()})
    for (const CFunction& function : part) {
      if (!used_.contains(function.name)) continue;
      for (const char c : function.text)
        c == '@' ? all += prefix_ : all += c;
    }
  return all;
}

}  // namespace bailiwick
