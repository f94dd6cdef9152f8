// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/crypto/keys.hpp"
#include "lib/crypto/secret.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/policy/gate.hpp"

namespace bailiwick::io {

/// Consecutive rows as they lie in the file: row-major, one vector a dataset.
struct RowBuffer {
  std::size_t rows = 0;
  std::vector<double> features;      ///< rows x features that are numbers; NaN: missing
  std::vector<std::uint16_t> codes;  ///< rows x features that are categories
  std::vector<double> targets;       ///< rows x targets
  std::vector<double> weights;       ///< rows, or empty
  std::vector<std::uint8_t> splits;  ///< rows, or empty
  std::vector<std::string> ids;      ///< rows, or empty
  std::vector<std::string> units;    ///< rows, or empty
};

/// Of one id or unit: so a file of a few kilobytes, packed, cannot claim ids that fill memory.
inline constexpr std::uint64_t most_id_bytes = 4096;

/// `<partition>.h5` -> `<partition>.manifest.json`.
std::string manifest_path(const std::string& partition_path);

/// Opens and verifies the manifest beside a partition; reads no row. Throws ExitCode::data if it is
/// missing, ExitCode::integrity if it is not signed by one of `keys` or malformed.
PartitionManifest read_manifest(const std::string& partition_path,
                                const std::vector<PublicKey>& keys);
/// The same of a manifest by its own path, wherever the partition is.
PartitionManifest open_manifest(const std::string& path, const std::vector<PublicKey>& keys);
/// What it says, whoever signed it: to find a partition by its root. Throws ExitCode::data if it is
/// no manifest.
PartitionManifest unverified_manifest(const std::string& path);

/// Writes a partition block by block in constant memory; publishes file and signed manifest
/// atomically in finish(). Destroyed before finish(), it leaves nothing behind.
class PartitionWriter {
 public:
  struct Options {
    std::string name;
    std::string owner;
    std::uint64_t block_rows = 1024;
    std::string precision = "float64";
    std::uint64_t id_bytes = 64;  ///< room for one id or unit; most_id_bytes at most
  };
  PartitionWriter(std::string path, Schema schema, Options options);
  ~PartitionWriter();
  PartitionWriter(PartitionWriter&&) noexcept;

  /// Any number of rows. Throws ExitCode::data on an infinity, on a NaN outside of columns that may
  /// have missing values (row and column named), and on HDF5 or file system errors.
  void append(const RowBuffer& rows);
  PartitionManifest finish(const PrivateKey& key);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Checks a partition written by somebody else (h5py, say), adds salt and digests through a copy
/// and a rename if it has none, and signs its manifest. Digests that are there already must hold:
/// ExitCode::integrity if not.
PartitionManifest sign_partition(const std::string& path, const std::string& owner,
                                 const PrivateKey& key);

/// Recomputes the digest of every block and the root, and hands out no row: for auditors. Throws as
/// PartitionReader does, but asks for no admission.
void verify_partition(const std::string& path, const PartitionManifest& manifest);

class PartitionReader;
using BlockFunction = std::function<void(std::uint64_t block, const RowBuffer& rows)>;

namespace detail {
/// For benchmarks/partition_read.cpp alone, to show what checking digests costs.
void read_blocks_unchecked(PartitionReader& reader, std::uint64_t first, std::uint64_t count,
                           const BlockFunction& use);
}  // namespace detail

/// Reads rows. There is no way to read rows without an Admission.
class PartitionReader {
 public:
  /// Throws ExitCode::policy if the admission does not cover the manifest, ExitCode::data if the
  /// file is missing or malformed, ExitCode::integrity if it disagrees with its manifest.
  PartitionReader(const Admission& admission, const PartitionManifest& manifest, std::string path);
  ~PartitionReader();
  PartitionReader(PartitionReader&&) noexcept;

  const PartitionManifest& manifest() const;
  /// Room for the id of a row; 0: rows have none.
  std::uint64_t id_bytes() const;

  /// A key that only whoever can open the file has: of its salt, which nobody else sees.
  Secret key() const;

  /// Rows of one block. Its digest is checked against the manifest; ExitCode::integrity names file
  /// and block, ExitCode::data the row and column of a value that is not finite.
  void read_block(std::uint64_t block, RowBuffer& rows);

  /// Calls `use` with blocks first … first + count - 1 in order, each after its digest was checked;
  /// a helper thread hashes while this one reads ahead. Errors as read_block. `rows` lives until
  /// `use` returns.
  void read_blocks(std::uint64_t first, std::uint64_t count, const BlockFunction& use);

 private:
  friend void detail::read_blocks_unchecked(PartitionReader&, std::uint64_t, std::uint64_t,
                                            const BlockFunction&);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bailiwick::io
