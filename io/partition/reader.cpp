// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>

#include "io/partition/file.hpp"
#include "lib/core/helper_thread.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/json.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/key_agreement.hpp"

namespace bailiwick::io {

using namespace detail;

namespace {

/// Blocks are read ahead and hashed by the helper thread in runs of about this many bytes: long
/// enough to hide the start of a thread, short enough to share the work evenly.
constexpr std::size_t run_bytes = std::size_t{8} << 20;

struct Run {
  std::vector<RawBlock> buffers;  // kept from run to run: fresh memory is slow
  std::size_t used = 0;
  std::atomic<std::size_t> checked = 0;  // by either thread

  std::span<RawBlock> blocks() { return std::span(buffers).first(used); }
};

void check_block(const PartitionFile& file, const RawBlock& block) {
  if (block_digest(file.header(), block) != file.digests()[block.index])
    throw Error(ExitCode::integrity,
                "{}: block {} (rows {} to {}) does not match its digest: damaged or changed since "
                "it was signed",
                file.path(), block.index, block.index * file.header().block_rows,
                block.index * file.header().block_rows + block.rows - 1);
}

template <class T>
void check_same(const char* what, const T& in_file, const T& in_manifest, const std::string& path) {
  if (in_file != in_manifest)
    throw Error(ExitCode::integrity, "{}: {} is {} in the file and {} in its manifest", path, what,
                in_file, in_manifest);
}

/// Opens a partition that says of itself what its manifest says.
PartitionFile open_as_signed(const std::string& path, const PartitionManifest& manifest) {
  PartitionFile file(path);
  const Header& header = file.header();
  if (file.digests().empty())
    throw Error(ExitCode::integrity, "{}: holds no digests though a manifest exists; sign it again",
                path);
  check_same("the version", header.version, manifest.version, path);
  check_same("the name", header.name, manifest.name, path);
  check_same("the number of rows", header.rows, manifest.rows, path);
  check_same("block_rows", header.block_rows, manifest.block_rows, path);
  check_same("the precision", header.precision, manifest.precision, path);
  if (const std::string difference = describe_difference(header.schema, manifest.schema);
      !difference.empty())
    throw Error(ExitCode::integrity, "{}: the schema differs from its manifest's (there): {}", path,
                difference);
  check_same("the root digest", root_digest(header, file.digests()).hex(), manifest.root.hex(),
             path);
  return file;
}

}  // namespace

std::string manifest_path(const std::string& partition_path) {
  std::filesystem::path path(partition_path);
  const std::string extension = path.extension().string();
  if (extension == ".h5" || extension == ".hdf5") path.replace_extension();
  return path.string() + ".manifest.json";
}

PartitionManifest read_manifest(const std::string& partition_path,
                                const std::vector<PublicKey>& keys) {
  const std::string path = manifest_path(partition_path);
  if (!std::filesystem::exists(partition_path) && !std::filesystem::exists(path))
    throw Error(ExitCode::data, "{}: no such partition", partition_path);
  if (!std::filesystem::exists(path))
    throw Error(ExitCode::data, "{}: no such manifest; its owner must sign {} first", path,
                partition_path);
  return open_manifest(path, keys);
}

PartitionManifest unverified_manifest(const std::string& path) {
  const Envelope envelope =
      envelope_from_json(read_file(path, document::manifest), path, ExitCode::data);
  if (envelope.payload_type != partition_manifest_type)
    throw Error(ExitCode::data, "{}: is no manifest of a partition", path);
  return manifest_from_json(parse_document(envelope.payload, path), path);
}

PartitionManifest open_manifest(const std::string& path, const std::vector<PublicKey>& keys) {
  const std::string text = read_file(path, document::manifest);
  const std::string payload =
      open_envelope(envelope_from_json(text, path), partition_manifest_type, keys, path);
  try {
    return manifest_from_json(parse_document(payload, path), path);
  } catch (const Error& error) {
    throw Error(ExitCode::integrity, "{}", error.what());
  }
}

struct PartitionReader::State {
  PartitionManifest manifest;
  PartitionFile file;
  RawBlock raw;
  RowBuffer rows;

  void read_blocks(std::uint64_t first, std::uint64_t count, const BlockFunction& use,
                   bool check_digests);
  void check_run(Run& run) const;
};

PartitionReader::PartitionReader(const Admission& admission, const PartitionManifest& manifest,
                                 std::string path) {
  if (!admission.covers(manifest.root))
    throw Error(ExitCode::policy, "{}: the admission of domain {} does not cover partition {}",
                path, admission.domain(), manifest.name);
  state_ = std::make_unique<State>(State{manifest, open_as_signed(path, manifest), {}, {}});
}

void verify_partition(const std::string& path, const PartitionManifest& manifest) {
  const PartitionFile file = open_as_signed(path, manifest);
  RawBlock block;
  for (std::uint64_t i = 0; i < manifest.blocks(); ++i) {
    file.read(i, block);
    check_block(file, block);
  }
}

PartitionReader::~PartitionReader() = default;
PartitionReader::PartitionReader(PartitionReader&&) noexcept = default;

std::uint64_t PartitionReader::id_bytes() const {
  return state_->file.header().text_bytes[ids];
}

const PartitionManifest& PartitionReader::manifest() const {
  return state_->manifest;
}

Secret PartitionReader::key() const {
  return hkdf(std::as_bytes(std::span(state_->file.header().salt)), "", "bailiwick partition v1");
}

void PartitionReader::read_block(std::uint64_t block, RowBuffer& rows) {
  ensure(block < state_->manifest.blocks(), "read_block: block < blocks");
  state_->file.read(block, state_->raw);
  check_block(state_->file, state_->raw);
  decode(state_->file.header(), state_->raw, rows, state_->file.path());
}

void PartitionReader::read_blocks(std::uint64_t first, std::uint64_t count,
                                  const BlockFunction& use) {
  state_->read_blocks(first, count, use, true);
}

void detail::read_blocks_unchecked(PartitionReader& reader, std::uint64_t first,
                                   std::uint64_t count, const BlockFunction& use) {
  reader.state_->read_blocks(first, count, use, false);
}

/// Called by both threads on the same run: each takes the next block that nobody has taken.
void PartitionReader::State::check_run(Run& run) const {
  for (std::size_t i = run.checked++; i < run.used; i = run.checked++)
    check_block(file, run.buffers[i]);
}

/// Two runs in turn: while a helper hashes one, this thread hands out the one before and reads the
/// one after. Only this thread calls HDF5, which need not be thread-safe.
void PartitionReader::State::read_blocks(std::uint64_t first, std::uint64_t count,
                                         const BlockFunction& use, bool check_digests) {
  const Header& header = file.header();
  ensure(first <= header.blocks() && count <= header.blocks() - first,
         "read_blocks: within blocks");
  const std::uint64_t end = first + count;
  const std::size_t per_run = std::max<std::size_t>(
      1, run_bytes / (header.row_bytes() * std::min(header.block_rows, header.rows)));
  std::array<Run, 2> runs;
  std::array<std::future<void>, 2> checks;  // after runs, so that waiting precedes their end

  std::uint64_t next = first;
  const auto read = [&](Run& run) {
    run.used = std::min<std::uint64_t>(per_run, end - next);
    run.buffers.resize(std::max(run.buffers.size(), run.used));
    run.checked = 0;
    for (RawBlock& block : run.blocks())
      file.read(next++, block);
  };
  const auto start_check = [&](std::size_t slot) {
    if (!check_digests) return;
    checks[slot] = run_beside([this, &run = runs[slot]] { check_run(run); });
  };
  const auto finish_check = [&](std::size_t slot) {
    if (!check_digests) return;
    check_run(runs[slot]);  // rather than wait, lend a hand
    checks[slot].get();
  };
  read(runs[0]);
  start_check(0);
  for (std::size_t slot = 0; runs[slot].used > 0; slot = 1 - slot) {
    const std::size_t other = 1 - slot;
    read(runs[other]);
    finish_check(slot);
    start_check(other);
    for (const RawBlock& block : runs[slot].blocks()) {
      decode(header, block, rows, file.path());
      use(block.index, rows);
    }
  }
}

}  // namespace bailiwick::io
