// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/private/glm_sums.hpp"

#include <algorithm>
#include <cmath>

#include "lib/core/error.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/private/grid.hpp"

namespace bailiwick {

namespace {

__extension__ using Wide = unsigned __int128;

/// Binary digits after the point: of columns, and of what a row's score and information are times
/// them, once these are at most one.
constexpr int column_digits = 12, factor_digits = 16;
constexpr double column_units = 1 << column_digits, factor_units = 1 << factor_digits;
/// With these, a block's sums of products are whole numbers below 2^53 and so exact in any order:
/// 16 + 2 * 12 digits, and as many rows as one of 2^12.
constexpr std::size_t most_block_rows = std::size_t{1}
                                        << (53 - factor_digits - 2 * column_digits - 1);

/// The power of two that is not below x.
int power_above(double x) {
  int power = 0;
  const double mantissa = std::frexp(x, &power);
  return mantissa == 0.5 ? power - 1 : power;
}

/// value, at most 1, as a whole number of 2^-16; what is not a number is 0.
std::int64_t cut(double value) {
  if (!(std::fabs(value) <= 1)) return 0;
  return std::llrint(snapped(value * factor_units));
}

}  // namespace

PrivateGlm::PrivateGlm(std::vector<kernels::RowBlocks> domains, PrivateGlmOptions options)
    : options_(std::move(options)) {
  clip_ = static_cast<std::uint64_t>(
      std::floor(std::ldexp(options_.clip * options_.clip, 2 * column_digits)));
  residual_power_ = power_above(options_.residual);
  information_power_ = power_above(options_.information);
  score_bound_ = static_cast<std::uint64_t>(std::floor(std::ldexp(
      options_.residual * options_.clip, column_digits + factor_digits - residual_power_)));
  information_bound_ = static_cast<std::uint64_t>(
      std::floor(std::ldexp(options_.information * options_.clip * options_.clip,
                            2 * column_digits + factor_digits - information_power_)));
  const std::size_t d = options_.names.size();
  const auto names = std::make_shared<const std::vector<std::string>>(options_.names);
  layout_ = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"score", d, {2, column_digits + factor_digits - residual_power_}, names},
                          {"information",
                           d * (d + 1) / 2,
                           {2, 2 * column_digits + factor_digits - information_power_},
                           names}});

  for (kernels::RowBlocks& rows : domains) {
    ensure(rows.block_rows() <= most_block_rows, "blocks of a private fit are short enough");
    const auto x = host_copy(rows.x);
    const auto weight = host_copy(rows.weight);
    const auto code = host_copy(rows.factors.code);
    Rows& cut_rows = domains_.emplace_back();
    cut_rows.squares.resize(rows.blocks() * rows.block_rows());
    for (std::size_t b = 0; b < rows.blocks(); ++b)
      for (std::size_t r = 0; r < rows.block_rows(); ++r) {
        std::uint64_t square = 0;
        for (std::size_t j = 0; j < x.extent(1); ++j) {
          // The ends of a range are 1 but for a rounding.
          const double held = std::clamp(x(b, j, r), -1.0, 1.0);
          const bool is_number = weight(b, r) != 0 && !std::isnan(held);
          const std::int64_t whole = is_number ? std::llrint(snapped(held * column_units)) : 0;
          x(b, j, r) = static_cast<double>(whole) / column_units;
          square += static_cast<std::uint64_t>(whole * whole);
        }
        for (std::size_t f = 0; f < rows.factors.count(); ++f)
          if (code(b, f, r) != 0) square += std::uint64_t{1} << (2 * column_digits);
        cut_rows.squares[b * rows.block_rows() + r] = square;
      }
    Kokkos::deep_copy(rows.x, x);
    cut_rows.rows = std::move(rows);
  }
}

void PrivateGlm::cut_rows(const Rows& of, std::span<const double> theta,
                          kernels::RowBlocks& residuals, kernels::RowBlocks& informations) const {
  const kernels::RowBlocks& rows = of.rows;
  const auto eta = host_copy(kernels::linear_predictor(rows, theta, 1));
  const auto y = host_copy(rows.y);
  const auto weight = host_copy(rows.weight);
  const auto residual = host_copy(residuals.y);
  const auto one = host_copy(residuals.weight);
  const auto information = host_copy(informations.weight);
  const kernels::FamilyMembers& family = kernels::family_members[options_.family.index];
  const double residual_scale = std::ldexp(1.0, -residual_power_),
               information_scale = std::ldexp(1.0, -information_power_);
  for (std::size_t b = 0; b < rows.blocks(); ++b)
    for (std::size_t r = 0; r < rows.block_rows(); ++r) {
      residual(b, 0, r) = information(b, r) = one(b, r) = 0;
      const std::uint64_t square = of.squares[b * rows.block_rows() + r];
      if (weight(b, r) == 0) continue;
      one(b, r) = 1;
      const kernels::Row row = family.row(y(b, 0, r), eta(b, 0, r));
      const double share =
          square <= clip_ ? 1 : static_cast<double>(clip_) / static_cast<double>(square);
      const double held = std::clamp(row.residual, -options_.residual, options_.residual);
      std::int64_t score = cut(share * held * residual_scale);
      const auto length = [&] {
        return static_cast<Wide>(static_cast<std::uint64_t>(score * score)) * square;
      };
      while (length() > static_cast<Wide>(score_bound_) * score_bound_)
        score += score > 0 ? -1 : 1;
      const double most = std::clamp(row.information, 0.0, options_.information);
      std::int64_t w = cut(share * most * information_scale);
      while (static_cast<Wide>(static_cast<std::uint64_t>(w)) * square > information_bound_)
        --w;
      residual(b, 0, r) = static_cast<double>(score) / factor_units;
      information(b, r) = static_cast<double>(w) / factor_units;
    }
  Kokkos::deep_copy(residuals.y, residual);
  Kokkos::deep_copy(residuals.weight, one);
  Kokkos::deep_copy(informations.weight, information);
}

std::vector<Aggregate> PrivateGlm::sums(std::span<const double> theta) {
  const std::vector<double> nowhere(options_.names.size(), 0.0);
  // Of a linear model at 0 the score of a row is its target times its columns, and its information
  // is its weight.
  const kernels::GlmPoint at{
      .family = kernels::family<kernels::Gaussian>, .classes = 2, .theta = nowhere, .shape = 0};
  const Stream &score = layout_->stream("score"), &information = layout_->stream("information");
  const auto copy = [](const kernels::RowBlocks& rows) {
    kernels::RowBlocks other = rows;
    other.offset = {};  // it is in the residuals
    other.y = decltype(rows.y)("y", rows.blocks(), 1, rows.block_rows());
    other.weight = decltype(rows.weight)("weight", rows.blocks(), rows.block_rows());
    return other;
  };
  std::vector<Aggregate> parts;
  for (const Rows& domain : domains_) {
    kernels::RowBlocks residuals = copy(domain.rows), informations = copy(domain.rows);
    cut_rows(domain, theta, residuals, informations);
    Aggregate& part = parts.emplace_back(layout_);
    for (const auto& [rows, order] : {std::pair{&residuals, kernels::Order::gradient},
                                      std::pair{&informations, kernels::Order::hessian}}) {
      const kernels::LikelihoodFormats formats{
          information.format,
          {2, score.format.exponent + residual_power_},
          {2, information.format.exponent + information_power_}};
      std::vector<Stream> streams{{"value", 1, formats.value},
                                  {"score", score.size, formats.score}};
      const bool second = order == kernels::Order::hessian;
      if (second) streams.push_back({"information", information.size, formats.information});
      Aggregate sums(std::make_shared<const AggregateLayout>(std::move(streams)));
      kernels::glm_sums(*rows, at, order, formats, sums.words());
      const char* stream = second ? "information" : "score";
      std::ranges::copy(sums.words(stream), part.words(stream).begin());
    }
  }
  return parts;
}

}  // namespace bailiwick
