// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kokkos_kernels/sums/fixed_point.hpp"

namespace bailiwick {

/// One named stream of an aggregate: `size` values in one fixed-point format.
struct Stream {
  std::string name;
  std::size_t size = 0;
  FixedPoint format;
  /// What the values are about, for messages: a name each, or of a packed lower triangle one a row;
  /// empty if nobody gave any.
  std::shared_ptr<const std::vector<std::string>> names = {};

  /// Of value `i`: "column", "row with column", or "number 4 of 5 of sums" without names.
  std::string name_of(std::size_t i) const;

  bool operator==(const Stream& other) const {
    return name == other.name && size == other.size && format == other.format;
  }
};

/// The streams of an aggregate, in order. Equal on every rank of every domain.
class AggregateLayout {
 public:
  explicit AggregateLayout(std::vector<Stream> streams);

  std::span<const Stream> streams() const { return streams_; }
  const Stream& stream(std::string_view name) const;
  bool has(std::string_view name) const;

  /// First word of a stream. Inside a stream words are limb-major: word = offset + limb*size + i.
  std::size_t offset(std::string_view name) const;

  /// Words in all, the leading count of saturated contributions included.
  std::size_t words() const { return words_; }
  /// Words of an aggregate's memory, with the two before these: of rows, and of domains.
  std::size_t memory_words() const { return 2 + words_; }

  bool operator==(const AggregateLayout&) const = default;

 private:
  std::size_t index(std::string_view name) const;

  std::vector<Stream> streams_;
  std::vector<std::size_t> offsets_;
  std::size_t words_ = 1;
};

/// Sums of rows as 64-bit integers: the only thing that crosses the boundary of a domain.
///
/// Word 0 counts contributions that could not be represented (not finite, or beyond the format's
/// range); such a contribution adds nothing else. Addition wraps modulo 2^64. In memory two words
/// come before: how many rows the sums are made of, which stays in the domain, and how many domains
/// are in them, which a crossing uses.
class Aggregate {
 public:
  explicit Aggregate(std::shared_ptr<const AggregateLayout> layout);
  /// In memory of somebody else's, which must outlive it: layout->memory_words() words. A copy has
  /// memory of its own.
  Aggregate(std::shared_ptr<const AggregateLayout> layout, std::span<std::int64_t> memory);
  Aggregate(const Aggregate& other);
  Aggregate(Aggregate&& other) noexcept = default;
  Aggregate& operator=(const Aggregate& other);
  Aggregate& operator=(Aggregate&& other) noexcept = default;
  ~Aggregate() = default;

  const AggregateLayout& layout() const { return *layout_; }
  std::shared_ptr<const AggregateLayout> layout_pointer() const { return layout_; }

  std::span<std::int64_t> words() { return words_.subspan(2); }
  std::span<const std::int64_t> words() const { return words_.subspan(2); }
  /// The words and, before them, the number of domains.
  std::span<std::int64_t> crossing_words() { return words_.subspan(1); }
  /// And before that the number of rows: what is summed within a domain.
  std::span<std::int64_t> domain_words() { return words_; }

  /// Rows of non-zero weight that the sums are made of, as whoever made them says.
  void set_rows(std::int64_t rows) { words_[0] = rows; }
  std::int64_t rows() const { return words_[0]; }

  /// The words of one stream, limb-major.
  std::span<std::int64_t> words(std::string_view stream);
  std::span<const std::int64_t> words(std::string_view stream) const;

  /// Quantises `values` (one contribution, e.g. a block's sums) and adds them to a stream.
  void add(std::string_view stream, std::span<const double> values);

  /// Adds whole numbers to a stream of format `counts`.
  void add_counts(std::string_view stream, std::span<const std::int64_t> values);

  /// Adds `other` word by word, modulo 2^64. Layouts must be equal.
  void add(const Aggregate& other);

  /// Carries between limbs so that all but the highest lie in [0, 2^40): equal values, equal words.
  void normalise();

  /// The sums as doubles, each rounded once to nearest even. Throws ExitCode::bug if normalise() is
  /// due.
  std::vector<double> values(std::string_view stream) const;
  /// The same of a stream of one value.
  double value(std::string_view stream) const;
  /// The same, to where there is room.
  void decode(std::string_view stream, std::span<double> to) const;

  /// True if the sum of `parties` such totals cannot wrap. After normalise().
  bool fits(std::size_t parties) const;

  /// Becomes zero but for one saturated contribution: what a total that does not fit says instead.
  void saturate();

  std::int64_t saturated() const { return words_[2]; }

 private:
  std::shared_ptr<const AggregateLayout> layout_;
  std::vector<std::int64_t> own_;
  std::span<std::int64_t> words_;  ///< domain_words()
};

}  // namespace bailiwick
