// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/aggregate.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "kokkos_kernels/sums/quantise.hpp"
#include "lib/core/error.hpp"

namespace bailiwick {

namespace {

constexpr std::int64_t limb_base = std::int64_t{1} << limb_bits;
constexpr int max_limbs = any_size.limbs, max_exponent = any_size.exponent;

// Sums wrap modulo 2^64 by contract, which only unsigned arithmetic may.
std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::size_t stored_words(const Stream& stream) {
  return stream.size * static_cast<std::size_t>(stream.format.limbs);
}

// Carries: all digits but the highest come to lie in [0, 2^40).
void carry(std::span<std::int64_t> digits) {
  for (std::size_t k = 0; k + 1 < digits.size(); ++k) {
    digits[k + 1] = wrapping_add(digits[k + 1], digits[k] >> limb_bits);  // arithmetic shift: floor
    digits[k] &= limb_base - 1;
  }
}

// Collects the leading 64 bits of the magnitude and a sticky lowest bit for the rest, and rounds in
// the one conversion to double: 64 bits leave enough below a double's last place for that.
double nearest_double(std::span<std::int64_t> digits, int exponent) {
  const bool negative = digits.back() < 0;
  if (negative) {
    for (std::int64_t& digit : digits)
      digit = wrapping_add(~digit, 1);
    carry(digits);
  }
  auto head = static_cast<std::uint64_t>(digits.back());  // up to 2^63
  int power = limb_bits * static_cast<int>(digits.size() - 1) - exponent;
  bool sticky = false;
  int room = limb_bits;
  for (std::size_t k = digits.size() - 1; k-- > 0;) {
    const auto digit = static_cast<std::uint64_t>(digits[k]);
    room = room < limb_bits ? 0 : std::min(std::countl_zero(head), limb_bits);
    head = head << room | digit >> (limb_bits - room);
    sticky = sticky || (digit & ((std::uint64_t{1} << (limb_bits - room)) - 1)) != 0;
    power -= room;
  }
  const double magnitude =
      static_cast<double>(head | (sticky ? 1U : 0U)) * kernels::power_of_two(power);
  return negative ? -magnitude : magnitude;
}

// Calls f(i, digits of value i) for the limb-major words of a stream.
template <class F>
void for_each_value(const Stream& stream, std::span<const std::int64_t> words, const F& f) {
  std::array<std::int64_t, max_limbs> digits{};
  const auto limbs = static_cast<std::size_t>(stream.format.limbs);
  for (std::size_t i = 0; i < stream.size; ++i) {
    for (std::size_t k = 0; k < limbs; ++k)
      digits[k] = words[k * stream.size + i];
    f(i, std::span(digits).first(limbs));
  }
}

}  // namespace

std::string Stream::name_of(std::size_t i) const {
  const std::size_t rows = names ? names->size() : 0;
  if (rows > 0 && rows == size) return (*names)[i];
  if (rows == 0 || rows * (rows + 1) / 2 != size)
    return fmt::format("number {} of {} of {}", i + 1, size, name);
  std::size_t row = 0;
  for (; i > row; ++row)
    i -= row + 1;
  return row == i ? (*names)[row] : (*names)[row] + " with " + (*names)[i];
}

AggregateLayout::AggregateLayout(std::vector<Stream> streams) : streams_(std::move(streams)) {
  for (const Stream& stream : streams_) {
    if (stream.format.limbs < 1 || stream.format.limbs > max_limbs ||
        std::abs(stream.format.exponent) > max_exponent)
      throw Error(ExitCode::bug,
                  "aggregate stream \"{}\": {} limbs with exponent {}; allowed: 1 to {} "
                  "limbs, exponents up to {} in size",
                  stream.name, stream.format.limbs, stream.format.exponent, max_limbs,
                  max_exponent);
    const auto same = [&](const Stream& other) { return other.name == stream.name; };
    if (std::count_if(streams_.begin(), streams_.end(), same) > 1)
      throw Error(ExitCode::bug, "aggregate stream \"{}\" is named twice", stream.name);
    offsets_.push_back(words_);
    words_ += stored_words(stream);
  }
}

std::size_t AggregateLayout::index(std::string_view name) const {
  for (std::size_t i = 0; i < streams_.size(); ++i)
    if (streams_[i].name == name) return i;
  throw Error(ExitCode::bug, "aggregate has no stream \"{}\"", name);
}

bool AggregateLayout::has(std::string_view name) const {
  return std::ranges::any_of(streams_, [&](const Stream& stream) { return stream.name == name; });
}

const Stream& AggregateLayout::stream(std::string_view name) const {
  return streams_[index(name)];
}

std::size_t AggregateLayout::offset(std::string_view name) const {
  return offsets_[index(name)];
}

Aggregate::Aggregate(std::shared_ptr<const AggregateLayout> layout) : layout_(std::move(layout)) {
  ensure(layout_ != nullptr, "an aggregate has a layout");
  own_.assign(layout_->memory_words(), 0);
  words_ = own_;
}

Aggregate::Aggregate(std::shared_ptr<const AggregateLayout> layout, std::span<std::int64_t> memory)
    : layout_(std::move(layout)), words_(memory) {
  ensure(layout_ != nullptr, "an aggregate has a layout");
  ensure(words_.size() == layout_->memory_words(), "memory of an aggregate holds its words");
  std::fill(words_.begin(), words_.end(), 0);
}

Aggregate::Aggregate(const Aggregate& other)
    : layout_(other.layout_), own_(other.words_.begin(), other.words_.end()), words_(own_) {}

Aggregate& Aggregate::operator=(const Aggregate& other) {
  return *this = Aggregate(other);
}

std::span<std::int64_t> Aggregate::words(std::string_view stream) {
  return words().subspan(layout_->offset(stream), stored_words(layout_->stream(stream)));
}

std::span<const std::int64_t> Aggregate::words(std::string_view stream) const {
  return words().subspan(layout_->offset(stream), stored_words(layout_->stream(stream)));
}

void Aggregate::add(std::string_view stream, std::span<const double> values) {
  const Stream& s = layout_->stream(stream);
  ensure(values.size() == s.size, "as many values as the stream of an aggregate holds");
  words()[0] +=
      kernels::add_quantised(values.data(), s.size, s.format, words(stream).data(), s.size);
}

void Aggregate::add_counts(std::string_view stream, std::span<const std::int64_t> values) {
  const Stream& s = layout_->stream(stream);
  ensure(values.size() == s.size, "as many values as the stream of an aggregate holds");
  ensure(s.format == counts, "whole numbers go to a stream of format counts");
  const auto to = words(stream);
  std::transform(to.begin(), to.end(), values.begin(), to.begin(), wrapping_add);
}

void Aggregate::add(const Aggregate& other) {
  ensure(*layout_ == *other.layout_, "aggregates that are added have one layout");
  const auto to = words();
  std::transform(to.begin(), to.end(), other.words().begin(), to.begin(), wrapping_add);
}

void Aggregate::normalise() {
  for (const Stream& s : layout_->streams()) {
    std::int64_t* digit = words(s.name).data();  // limb by limb, so that all values carry at once
    for (int limb = 0; limb + 1 < s.format.limbs; ++limb, digit += s.size)
      for (std::size_t v = 0; v < s.size; ++v) {
        digit[s.size + v] = wrapping_add(digit[s.size + v], digit[v] >> limb_bits);  // floor
        digit[v] &= limb_base - 1;
      }
  }
}

bool Aggregate::fits(std::size_t parties) const {
  // Offset by the bound, words within it lie in [0, 2 bound]; without a branch, so that it
  // vectorises.
  const auto bound = static_cast<std::uint64_t>(INT64_MAX) / parties;
  std::uint64_t beyond = 0;
  const auto look_at = [&](std::span<const std::int64_t> some) {
    for (const std::int64_t word : some)
      beyond |= static_cast<std::uint64_t>(word) + bound > 2 * bound ? 1U : 0U;
  };
  look_at(words().first(1));
  // Lower limbs are below 2^40: room for 2^23 parties.
  for (const Stream& stream : layout_->streams())
    look_at(words(stream.name).last(stream.size));
  return beyond == 0;
}

void Aggregate::saturate() {
  std::ranges::fill(words(), 0);
  words()[0] = 1;
}

void Aggregate::decode(std::string_view stream, std::span<double> to) const {
  const Stream& s = layout_->stream(stream);
  ensure(to.size() == s.size, "as many values as the stream of an aggregate holds");
  for_each_value(s, words(stream), [&](std::size_t v, std::span<std::int64_t> digits) {
    ensure(std::all_of(digits.begin(), digits.end() - 1,
                       [](std::int64_t digit) { return digit >= 0 && digit < limb_base; }),
           "normalise() comes before values()");
    to[v] = nearest_double(digits, s.format.exponent);
  });
}

std::vector<double> Aggregate::values(std::string_view stream) const {
  std::vector<double> result(layout_->stream(stream).size);
  decode(stream, result);
  return result;
}

double Aggregate::value(std::string_view stream) const {
  double result = 0;
  decode(stream, {&result, 1});
  return result;
}

}  // namespace bailiwick
