// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/crypto/keys.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/policy/gate.hpp"

namespace bailiwick::io {

/// Consecutive rows as they lie in the file: row-major, one vector a dataset.
struct RowBuffer {
  std::size_t rows = 0;
  std::vector<double> features;      ///< rows x features
  std::vector<double> targets;       ///< rows x targets
  std::vector<double> weights;       ///< rows, or empty
  std::vector<std::uint8_t> splits;  ///< rows, or empty
  std::vector<std::string> ids;      ///< rows, or empty
};

/// `<partition>.h5` -> `<partition>.manifest.json`.
std::string manifest_path(const std::string& partition_path);

/// Opens and verifies the manifest beside a partition; reads no row. Throws ExitCode::data if it is
/// missing, ExitCode::integrity if it is not signed by one of `keys` or malformed.
PartitionManifest read_manifest(const std::string& partition_path, const std::vector<PublicKey>& keys);

/// Writes a partition block by block in constant memory; publishes file and signed manifest
/// atomically in finish(). Destroyed before finish(), it leaves nothing behind.
class PartitionWriter {
 public:
  struct Options {
    std::string name;
    std::string owner;
    std::uint64_t block_rows = 1024;
    std::string precision = "float64";
  };
  PartitionWriter(std::string path, Schema schema, Options options);
  ~PartitionWriter();
  PartitionWriter(PartitionWriter&&) noexcept;

  /// Any number of rows. Throws ExitCode::data on a NaN or infinity (row and column named) and on
  /// HDF5 or file system errors.
  void append(const RowBuffer& rows);
  PartitionManifest finish(const PrivateKey& key);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Computes digests of a partition written by somebody else (h5py, say) and signs its manifest.
PartitionManifest sign_partition(const std::string& path, const std::string& owner, const PrivateKey& key);

/// Reads rows. There is no way to read rows without an Admission.
class PartitionReader {
 public:
  /// Throws ExitCode::policy if the admission does not cover the manifest, ExitCode::data if the
  /// file is missing or malformed, ExitCode::integrity if it disagrees with its manifest.
  PartitionReader(const Admission& admission, const PartitionManifest& manifest, std::string path);
  ~PartitionReader();
  PartitionReader(PartitionReader&&) noexcept;

  const PartitionManifest& manifest() const;

  /// Rows of one block. Its digest is checked against the manifest; ExitCode::integrity names file
  /// and block, ExitCode::data the row and column of a value that is not finite.
  void read_block(std::uint64_t block, RowBuffer& rows);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bailiwick::io
