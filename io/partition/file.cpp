// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/partition/file.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/random.hpp"

namespace bailiwick::io::detail {

namespace {

constexpr const char* digests_name = "digests";
constexpr const char* salt_name = "salt";
constexpr const char* schema_name = "schema";
constexpr std::size_t salt_bytes = 32;

/// Version 1 takes all of HDF5's own filters, version 2 deflate and shuffle.
H5Z_filter_t last_filter(const Header& header) {
  return header.version == 1 ? H5Z_FILTER_SCALEOFFSET : H5Z_FILTER_SHUFFLE;
}

void check_known(const std::vector<std::string>& found, const std::vector<std::string>& known,
                 const char* kind, const std::string& where) {
  for (const std::string& name : found)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error(ExitCode::data, "{}: unknown {} \"{}\"; a partition may hold: {}{}", where, kind,
                  name, join(known), did_you_mean(name, known));
}

/// The data set's element type, which must be that of `header`; features and ids leave a choice,
/// which is noted in `header`.
void check_type(Header& header, Part part, hid_t type, const std::string& where) {
  const std::string object = std::string("/") + part_names[part];
  if (part == features) {
    header.precision = H5Tequal(type, H5T_IEEE_F32LE) > 0 ? "float32" : "float64";
    if (header.precision == "float64" && H5Tequal(type, H5T_IEEE_F64LE) <= 0)
      h5::throw_unexpected(where, object, "float32 or float64", h5::describe(type));
  } else if (is_text(part)) {
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0 ||
        H5Tget_strpad(type) == H5T_STR_SPACEPAD)
      h5::throw_unexpected(where, object,
                           "fixed-length strings padded with NUL (h5py: dtype \"S36\")",
                           h5::describe(type));
    header.text_bytes[part] = H5Tget_size(type);
    if (header.text_bytes[part] > most_id_bytes)
      h5::throw_unexpected(where, object, fmt::format("strings of at most {} bytes", most_id_bytes),
                           h5::describe(type));
  } else if (H5Tequal(type, header.type(part, where)) <= 0) {
    h5::throw_unexpected(where, object, h5::describe(header.type(part, where)), h5::describe(type));
  }
}

}  // namespace

PartitionFile::PartitionFile(const std::string& path) : path_(path), file_(h5::open_to_read(path)) {
  read_header();
  for (std::size_t part = 0; part < part_count; ++part)
    open_part(static_cast<Part>(part));
  read_digests();
}

void PartitionFile::read_header() {
  const std::string format = h5::read_string_attribute(file_, "format", path_);
  if (format != partition_format)
    h5::throw_unexpected(path_, "attribute \"format\"", partition_format, "\"" + format + "\"");
  const std::uint64_t version = h5::read_count_attribute(file_, "version", path_);
  check_partition_version(version, path_ + ": partition");
  header_.version = version;
  check_known(h5::attribute_names(file_, path_),
              {"format", "version", "name", "block_rows", salt_name}, "attribute", path_);
  std::vector<std::string> known(part_names.begin(), part_names.end());
  known.insert(known.end(), {schema_name, digests_name});
  const std::vector<std::string> links = h5::link_names(file_, path_);
  check_known(links, known, "object", path_);

  header_.name = h5::read_string_attribute(file_, "name", path_);
  check_partition_name(header_.name, path_ + ": attribute");
  header_.block_rows = h5::read_count_attribute(file_, "block_rows", path_);
  if (std::find(links.begin(), links.end(), schema_name) == links.end())
    throw Error(ExitCode::data, "{}: data set /{} is missing", path_, schema_name);
  header_.schema_text = h5::read_string_dataset(file_, schema_name, path_);
  const std::string what = path_ + ": /" + schema_name;
  header_.schema = schema_from_json(parse_document(header_.schema_text, what), what, version);
  for (std::size_t part = 0; part < part_count; ++part) {
    const bool present = std::find(links.begin(), links.end(), part_names[part]) != links.end();
    const bool declared = header_.has(static_cast<Part>(part));
    if (present != declared)
      throw Error(ExitCode::data, "{}: data set /{} is {}", path_, part_names[part],
                  declared ? "missing though the schema declares it"
                           : "there though the schema declares none");
  }
}

void PartitionFile::open_part(Part part) {
  if (!header_.has(part)) return;
  const std::string object = std::string("/") + part_names[part];
  datasets_[part] = h5::open_dataset(file_, part_names[part], path_, last_filter(header_));
  types_[part] =
      h5::Type(h5::check(H5Dget_type(datasets_[part]), path_, "read the type of " + object));
  check_type(header_, part, types_[part], path_);
  const h5::Space space(
      h5::check(H5Dget_space(datasets_[part]), path_, "read the shape of " + object));
  const std::vector<hsize_t> found = h5::shape(space, path_);
  const bool first = part == (header_.has(features) ? features : codes);
  if (first) header_.rows = found.empty() ? 0 : found[0];
  h5::check_claim(header_.rows, header_.row_bytes(part), H5Dget_storage_size(datasets_[part]),
                  path_, object);
  const std::vector<hsize_t> expected = header_.shape(part, header_.rows);
  if (header_.rows == 0 || found != expected)
    h5::throw_unexpected(path_, object,
                         first ? fmt::format("shape (rows, {}) with at least one row", expected[1])
                               : "shape " + h5::describe_shape(expected),
                         h5::describe_shape(found));
}

void PartitionFile::read_digests() {
  const bool has_salt = h5::check(H5Aexists(file_, salt_name), path_, "look for the salt") > 0;
  const bool has_digests =
      h5::check(H5Lexists(file_, digests_name, H5P_DEFAULT), path_, "look for /digests") > 0;
  if (has_salt != has_digests)
    throw Error(ExitCode::data, "{}: {} without {}; delete it and sign the partition again", path_,
                has_salt ? "salt" : "/digests", has_salt ? "/digests" : "salt");
  if (!has_salt) return;

  const h5::Attribute salt(h5::check(H5Aopen(file_, salt_name, H5P_DEFAULT), path_, "open salt"));
  const h5::Space salt_space(h5::check(H5Aget_space(salt), path_, "read the shape of salt"));
  const h5::Type salt_type(h5::check(H5Aget_type(salt), path_, "read the type of salt"));
  const auto expect = [&](hid_t type, hid_t space, const std::vector<hsize_t>& expected,
                          const std::string& object) {
    const std::vector<hsize_t> found = h5::shape(space, path_);
    if (H5Tequal(type, H5T_STD_U8LE) <= 0 || found != expected)
      h5::throw_unexpected(path_, object, "uint8 " + h5::describe_shape(expected),
                           h5::describe(type) + " " + h5::describe_shape(found));
  };
  expect(salt_type, salt_space, {salt_bytes}, "attribute \"salt\"");
  header_.salt.resize(salt_bytes);
  h5::check(H5Aread(salt, H5T_STD_U8LE, header_.salt.data()), path_, "read salt");

  const h5::Dataset table = h5::open_dataset(file_, digests_name, path_, last_filter(header_));
  const h5::Space space(h5::check(H5Dget_space(table), path_, "read the shape of /digests"));
  const h5::Type type(h5::check(H5Dget_type(table), path_, "read the type of /digests"));
  expect(type, space, {header_.blocks(), sizeof(Digest)}, "/digests");
  h5::check_claim(header_.blocks(), sizeof(Digest), H5Dget_storage_size(table), path_, "/digests");
  digests_.resize(header_.blocks());
  h5::check(H5Dread(table, H5T_STD_U8LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, digests_.data()), path_,
            "read /digests");
}

void PartitionFile::read(std::uint64_t block, RawBlock& raw) const {
  raw.index = block;
  raw.rows = header_.rows_of(block);
  for (std::size_t i = 0; i < part_count; ++i) {
    const Part part = static_cast<Part>(i);
    if (!header_.has(part)) continue;
    const std::vector<hsize_t> count = header_.shape(part, raw.rows);
    std::vector<hsize_t> start(count.size(), 0);
    start[0] = block * header_.block_rows;
    const std::string action = fmt::format("read block {} of /{}", block, part_names[part]);
    const h5::Space from(h5::check(H5Dget_space(datasets_[part]), path_, action));
    h5::check(
        H5Sselect_hyperslab(from, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
        path_, action);
    const h5::Space to = h5::simple_space(count, path_);
    raw.parts[part].resize(raw.rows * header_.row_bytes(part));
    h5::check(H5Dread(datasets_[part], types_[part], to, from, H5P_DEFAULT, raw.parts[part].data()),
              path_, action);
  }
}

std::string new_salt() {
  return random_bytes(salt_bytes);
}

void write_salt(hid_t file, const std::string& salt, const std::string& where) {
  const h5::Space space = h5::simple_space({salt_bytes}, where);
  h5::Attribute attribute(
      h5::check(H5Acreate2(file, salt_name, H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT), where,
                "create attribute salt"));
  h5::check(H5Awrite(attribute, H5T_STD_U8LE, salt.data()), where, "write attribute salt");
  attribute.close(where);
}

void write_digests(hid_t file, std::span<const Digest> digests, const std::string& where) {
  static_assert(sizeof(Digest) == 32);
  const h5::Space space = h5::simple_space({digests.size(), sizeof(Digest)}, where);
  const h5::Properties creation = h5::without_times(H5P_DATASET_CREATE);
  h5::Dataset table(h5::check(
      H5Dcreate2(file, digests_name, H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT),
      where, "create /digests"));
  h5::check(H5Dwrite(table, H5T_STD_U8LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, digests.data()), where,
            "write /digests");
  table.close(where);
}

}  // namespace bailiwick::io::detail
