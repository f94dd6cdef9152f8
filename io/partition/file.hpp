// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// What writer, reader and signer of a partition share. Internal to io/.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/h5/h5.hpp"
#include "io/partition/partition.hpp"
#include "lib/core/digest.hpp"

namespace bailiwick::io::detail {

/// The data sets that hold rows, in the order in which they are hashed.
enum Part : std::size_t { features, codes, targets, weights, splits, ids, units, part_count };
inline constexpr std::array<const char*, part_count> part_names = {
    "features", "codes", "targets", "weights", "splits", "ids", "units"};
/// Holds texts of a fixed length.
constexpr bool is_text(Part part) {
  return part == ids || part == units;
}

inline constexpr const char* partition_format = "bailiwick-partition";

/// Everything about a partition but its rows and their digests.
struct Header {
  std::uint64_t version = Schema().version();
  std::string name;
  std::uint64_t rows = 0;
  std::uint64_t block_rows = 0;
  std::string precision = "float64";  ///< also where there is no /features
  Schema schema;
  std::string schema_text;  ///< the bytes in the file, which the root covers
  std::string salt;         ///< 32 bytes, or none yet
  std::array<std::size_t, part_count> text_bytes{};  ///< of those that hold texts

  std::uint64_t blocks() const { return (rows + block_rows - 1) / block_rows; }
  std::uint64_t rows_of(std::uint64_t block) const {
    return std::min(block_rows, rows - block * block_rows);
  }
  bool has(Part part) const;
  /// What the columns of features, codes or targets are.
  std::vector<const Column*> columns_of(Part part) const;
  std::size_t columns(Part part) const;    ///< 1 for the vectors
  std::size_t row_bytes(Part part) const;  ///< 0 if absent
  std::size_t row_bytes() const;
  h5::Type type(Part part, const std::string& where) const;
  std::vector<hsize_t> shape(Part part, std::uint64_t row_count) const;
};

/// The bytes of one block as they lie in the file, which are the bytes that are hashed.
struct RawBlock {
  std::uint64_t index = 0;
  std::uint64_t rows = 0;
  std::array<std::vector<std::byte>, part_count> parts;
};

Digest block_digest(const Header& header, const RawBlock& block);
Digest root_digest(const Header& header, std::span<const Digest> digests);

/// Appends rows [first, first + count) of `rows` to `block`; `row` is their number in the
/// partition. Throws ExitCode::data on a value that cannot be stored.
void encode(const Header& header, const RowBuffer& rows, std::size_t first, std::size_t count,
            std::uint64_t row, RawBlock& block, const std::string& where);
/// Throws ExitCode::data on a value that is not finite, nor NaN in a column that may have missing
/// ones, on a code of a split or category without a name, on indicators of version 1 that are not
/// those of one level, and on an id that is no UTF-8.
void decode(const Header& header, const RawBlock& block, RowBuffer& rows, const std::string& where);

/// Version 1, with categories: the features of rows as the file has them become numbers and codes.
/// `row` is the number of the first of these rows. Throws ExitCode::data unless indicators of one
/// source are 0 or 1 and no two of them 1 in a row.
void gather_indicators(const Header& header, std::span<const double> values, std::uint64_t row,
                       RowBuffer& rows, const std::string& where);
/// Throws ExitCode::data: a value of a row that cannot be.
[[noreturn]] void throw_value(const std::string& column, std::uint64_t row,
                              const std::string& problem, const std::string& where);

/// An open partition whose structure holds: every object is there, none is unknown, and types and
/// shapes are those of docs/partition-format.md.
class PartitionFile {
 public:
  explicit PartitionFile(const std::string& path);

  const std::string& path() const { return path_; }
  const Header& header() const { return header_; }
  /// As stored; none if nobody has signed the file yet.
  const std::vector<Digest>& digests() const { return digests_; }
  void read(std::uint64_t block, RawBlock& raw) const;

 private:
  void read_header();
  void open_part(Part part);
  void read_digests();

  std::string path_;
  h5::File file_;
  std::array<h5::Dataset, part_count> datasets_;
  std::array<h5::Type, part_count> types_;
  Header header_;
  std::vector<Digest> digests_;
};

/// What a manifest says of the blocks.
struct BlockList {
  std::vector<Digest> digests;
  std::vector<std::vector<std::uint64_t>> split_rows;  ///< [split][block]

  void add(const Header& header, const RawBlock& block);
};

/// 32 random bytes: without them a digest would let others test guesses about rows.
std::string new_salt();
void write_salt(hid_t file, const std::string& salt, const std::string& where);
void write_digests(hid_t file, std::span<const Digest> digests, const std::string& where);

PartitionManifest make_manifest(const Header& header, const BlockList& blocks,
                                const std::string& owner);
/// Signs and writes the manifest, then gives `temporary` its name `path`: a crash between the two
/// leaves a manifest that does not fit, which every reader refuses.
void publish_partition(const PartitionManifest& manifest, const PrivateKey& key,
                       const std::string& temporary, const std::string& path);

}  // namespace bailiwick::io::detail
