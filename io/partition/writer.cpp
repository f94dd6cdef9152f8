// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <optional>

#include "io/h5/output.hpp"
#include "io/h5/temporary.hpp"
#include "io/partition/file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/core/output_file.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/domain/members.hpp"

namespace bailiwick::io {

using namespace detail;

namespace {

constexpr int deflate_level = 4;

/// Whether bytes of values of `size` bytes, shuffled and deflated as HDF5 does it, take half the
/// place or less. What shrinks less is not worth the time to unpack it: hashing is several times
/// faster.
bool packs_well(std::span<const std::byte> bytes, std::size_t size) {
  constexpr std::size_t enough = std::size_t{1} << 20;
  bytes = bytes.first(std::min(bytes.size(), enough / size * size));
  std::vector<Bytef> shuffled;
  shuffled.reserve(bytes.size());
  for (std::size_t byte = 0; byte < size; ++byte)
    for (std::size_t i = byte; i < bytes.size(); i += size)
      shuffled.push_back(static_cast<Bytef>(bytes[i]));
  uLongf packed = compressBound(static_cast<uLong>(bytes.size()));
  std::vector<Bytef> room(packed);
  const int result = compress2(room.data(), &packed, shuffled.data(),
                               static_cast<uLong>(shuffled.size()), deflate_level);
  return result == Z_OK && packed <= bytes.size() / 2;
}

/// A schema made by a program meets the rules of one that was read.
void check_schema(const Schema& schema, const std::string& what) {
  try {
    schema_from_json(parse_document(to_json(schema).dump(), what), what, schema.version());
  } catch (const Json::exception&) {
    throw Error(ExitCode::data, "{}: a name is not valid UTF-8", what);
  }
}

void check_owner(const std::string& owner, const std::string& path) {
  if (owner.empty()) throw Error(ExitCode::data, "{}: a partition needs an owner", path);
  check_line(owner, path + ": owner");
}

void check_options(const PartitionWriter::Options& options, const std::string& path) {
  check_partition_name(options.name, path);
  check_owner(options.owner, path);
  if (options.block_rows == 0)
    throw Error(ExitCode::data, "{}: block_rows must be at least 1", path);
  if (options.precision != "float32" && options.precision != "float64")
    throw Error(ExitCode::data, "{}: precision must be float32 or float64, found \"{}\"", path,
                options.precision);
  if (options.id_bytes == 0 || options.id_bytes > most_id_bytes)
    throw Error(ExitCode::data, "{}: id_bytes must be 1 to {}", path, most_id_bytes);
}

}  // namespace

struct PartitionWriter::State {
  std::string path;
  std::string owner;
  Header header;
  // Before file and datasets, so that they are closed when it is removed.
  Temporary temporary;
  std::optional<h5::OutputFile> file;
  std::array<h5::Dataset, part_count> datasets;
  RawBlock block;
  BlockList blocks;

  explicit State(std::string final_path) : path(std::move(final_path)), temporary(path) {}

  void create_part(Part part);
  void write_block();
};

void PartitionWriter::State::create_part(Part part) {
  if (!header.has(part)) return;
  const std::string action = std::string("create /") + part_names[part];
  std::vector<hsize_t> maximum = header.shape(part, 0);
  maximum[0] = H5S_UNLIMITED;
  const h5::Space space = h5::simple_space(header.shape(part, 0), path, maximum);
  const h5::Properties creation = h5::without_times(H5P_DATASET_CREATE);
  const std::vector<hsize_t> chunk = header.shape(part, header.block_rows);
  h5::check(H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), path, action);
  const h5::Type type = header.type(part, path);
  // The first block speaks for all.
  if (packs_well(block.parts[part], H5Tget_size(type))) {
    h5::check(H5Pset_shuffle(creation), path, action);
    h5::check(H5Pset_deflate(creation, deflate_level), path, action);
  }
  // Every chunk is written once, whole: a cache would only copy it.
  const h5::Properties access(h5::check(H5Pcreate(H5P_DATASET_ACCESS), path, action));
  h5::check(H5Pset_chunk_cache(access, 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT), path, action);
  datasets[part] = h5::Dataset(
      h5::check(H5Dcreate2(*file, part_names[part], type, space, H5P_DEFAULT, creation, access),
                path, action));
}

void PartitionWriter::State::write_block() {
  blocks.add(header, block);
  for (std::size_t part = 0; block.index == 0 && part < part_count; ++part)
    create_part(static_cast<Part>(part));
  for (std::size_t i = 0; i < part_count; ++i) {
    const Part part = static_cast<Part>(i);
    if (!header.has(part)) continue;
    const std::string action = fmt::format("write block {} of /{}", block.index, part_names[part]);
    const std::vector<hsize_t> extent = header.shape(part, header.rows);
    h5::check(H5Dset_extent(datasets[part], extent.data()), path, action);
    const h5::Space to(h5::check(H5Dget_space(datasets[part]), path, action));
    const std::vector<hsize_t> count = header.shape(part, block.rows);
    std::vector<hsize_t> start(count.size(), 0);
    start[0] = block.index * header.block_rows;
    h5::check(H5Sselect_hyperslab(to, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
              path, action);
    const h5::Space from = h5::simple_space(count, path);
    const h5::Type type = header.type(part, path);
    h5::check(H5Dwrite(datasets[part], type, from, to, H5P_DEFAULT, block.parts[part].data()), path,
              action);
    file->check(action);
    block.parts[part].clear();
  }
  ++block.index;
  block.rows = 0;
}

PartitionWriter::PartitionWriter(std::string path, Schema schema, Options options)
    : state_(std::make_unique<State>(std::move(path))) {
  State& s = *state_;
  check_options(options, s.path);
  check_schema(schema, s.path + ": schema");
  s.owner = options.owner;
  s.header.name = options.name;
  s.header.block_rows = options.block_rows;
  s.header.precision = options.precision;
  s.header.schema_text = to_json(schema).dump();
  s.header.version = schema.version();
  s.header.schema = std::move(schema);
  if (!s.header.has(features)) s.header.precision = Header().precision;
  s.header.salt = new_salt();
  for (const Part part : {ids, units})
    s.header.text_bytes[part] = options.id_bytes;
  if (options.block_rows > UINT32_MAX / s.header.row_bytes())
    throw Error(ExitCode::data,
                "{}: {} rows of {} bytes make a block of 4 GiB or more; choose fewer "
                "block_rows",
                s.path, options.block_rows, s.header.row_bytes());

  s.file = h5::OutputFile::create(s.temporary.path(), s.path, Readers::owner);
  h5::write_attribute(*s.file, "format", partition_format, s.path);
  h5::write_attribute(*s.file, "version", static_cast<std::int64_t>(s.header.version), s.path);
  h5::write_attribute(*s.file, "name", s.header.name, s.path);
  h5::write_attribute(*s.file, "block_rows", static_cast<std::int64_t>(s.header.block_rows),
                      s.path);
  h5::write_string_dataset(*s.file, "schema", s.header.schema_text, s.path);
  write_salt(*s.file, s.header.salt, s.path);
}

PartitionWriter::~PartitionWriter() = default;
PartitionWriter::PartitionWriter(PartitionWriter&&) noexcept = default;

void PartitionWriter::append(const RowBuffer& rows) {
  State& s = *state_;
  for (std::size_t done = 0; done < rows.rows;) {
    const std::size_t count =
        std::min<std::size_t>(rows.rows - done, s.header.block_rows - s.block.rows);
    encode(s.header, rows, done, count, s.header.rows, s.block, s.path);
    s.header.rows += count;
    done += count;
    if (s.block.rows == s.header.block_rows) s.write_block();
  }
}

PartitionManifest PartitionWriter::finish(const PrivateKey& key) {
  State& s = *state_;
  if (s.header.rows == 0)
    throw Error(ExitCode::data, "{}: a partition needs at least one row", s.path);
  if (s.block.rows > 0) s.write_block();
  for (h5::Dataset& dataset : s.datasets)
    dataset.close(s.path);
  write_digests(*s.file, s.blocks.digests, s.path);
  s.file->close();
  PartitionManifest manifest = make_manifest(s.header, s.blocks, s.owner);
  publish_partition(manifest, key, s.temporary.path(), s.path);
  s.temporary.keep();
  return manifest;
}

PartitionManifest sign_partition(const std::string& path, const std::string& owner,
                                 const PrivateKey& key) {
  check_owner(owner, path);
  std::optional<PartitionFile> file(path);
  Header header = file->header();
  if (header.salt.empty()) header.salt = new_salt();
  BlockList blocks;
  RawBlock block;
  RowBuffer rows;
  for (std::uint64_t b = 0; b < header.blocks(); ++b) {
    file->read(b, block);
    decode(header, block, rows, path);  // for its checks
    blocks.add(header, block);
    if (!file->digests().empty() && blocks.digests[b] != file->digests()[b])
      throw Error(ExitCode::integrity,
                  "{}: block {} differs from the digest in the file: damaged, or changed since it "
                  "was written; if the change is meant, delete /digests and the attribute salt and "
                  "sign again",
                  path, b);
  }
  PartitionManifest manifest = make_manifest(header, blocks, owner);
  const bool complete = !file->digests().empty();
  file.reset();
  // Digests go into a copy, so that a crash cannot damage the only file.
  Temporary temporary(path);
  std::error_code failure;
  std::filesystem::copy_file(path, temporary.path(), failure);
  // Whoever wrote the rows may have left them for all to read.
  if (!failure)
    std::filesystem::permissions(
        temporary.path(), static_cast<std::filesystem::perms>(mode_for(Readers::owner)), failure);
  if (failure) throw Error(ExitCode::data, "{}: cannot copy: {}", path, failure.message());
  if (!complete) {
    h5::OutputFile copy = h5::OutputFile::append(temporary.path(), path);
    write_salt(copy, header.salt, path);
    write_digests(copy, blocks.digests, path);
    copy.close();
  }
  publish_partition(manifest, key, temporary.path(), path);
  temporary.keep();
  return manifest;
}

namespace detail {

PartitionManifest make_manifest(const Header& header, const BlockList& blocks,
                                const std::string& owner) {
  return {header.version,   header.name,   owner,
          utc_now(),        header.rows,   header.block_rows,
          header.precision, header.schema, root_digest(header, blocks.digests),
          blocks.split_rows};
}

void publish_partition(const PartitionManifest& manifest, const PrivateKey& key,
                       const std::string& temporary, const std::string& path) {
  const std::string beside = manifest_path(path);
  write_file_atomically(
      beside,
      to_json_line(sign_envelope(partition_manifest_type, to_json(manifest).dump(), key)) + "\n");
  try {
    h5::publish(temporary, path);
  } catch (...) {
    ::unlink(beside.c_str());
    throw;
  }
}

}  // namespace detail

}  // namespace bailiwick::io
