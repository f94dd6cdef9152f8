// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/checkpoint/checkpoint.hpp"

#include <algorithm>

#include "io/checkpoint/content_digest.hpp"
#include "io/checkpoint/layout.hpp"
#include "io/h5/h5.hpp"
#include "lib/core/text.hpp"

namespace bailiwick::io {

using namespace detail;

namespace {

void check_names(const std::vector<std::string>& found, const std::vector<std::string>& expected,
                 const char* kind, const std::string& path) {
  for (const std::string& name : found)
    if (std::find(expected.begin(), expected.end(), name) == expected.end())
      throw Error(ExitCode::data, "{}: unknown {} \"{}\"; a model may hold: {}", path, kind, name,
                  join(expected));
}

h5::Group open_group(hid_t file, const char* name, const std::string& path) {
  return h5::Group(
      h5::check(H5Gopen2(file, name, H5P_DEFAULT), path, std::string("open group /") + name));
}

/// Piece by piece, which are hashed while the next are read.
void read_array(hid_t dataset, const std::string& name, std::vector<double>& values,
                ContentDigest& digest, const std::string& path) {
  const std::string object = std::string("/") + arrays_name + "/" + name;
  const h5::Type type(h5::check(H5Dget_type(dataset), path, "read the type of " + object));
  const h5::Space space(h5::check(H5Dget_space(dataset), path, "read the shape of " + object));
  const std::vector<hsize_t> shape = h5::shape(space, path);
  if (H5Tequal(type, H5T_IEEE_F64LE) <= 0 || shape.size() != 1)
    h5::throw_unexpected(path, object, "float64 (n)",
                         h5::describe(type) + " " + h5::describe_shape(shape));
  // Before memory is asked for: a damaged length must not exhaust it.
  if (H5Dget_storage_size(dataset) / sizeof(double) < shape[0])
    h5::throw_unexpected(path, object, fmt::format("{} numbers", shape[0]),
                         fmt::format("{} bytes", H5Dget_storage_size(dataset)));
  values.resize(shape[0]);
  digest.add(name, values);
  constexpr hsize_t most = 4 * piece_values;
  for (hsize_t start = 0, count = 0; start < shape[0]; start += count) {
    count = std::min(most, shape[0] - start);
    const h5::Space here = h5::simple_space({count}, path);
    h5::check(H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &count, nullptr), path,
              "read " + object);
    h5::check(H5Dread(dataset, H5T_IEEE_F64LE, here, space, H5P_DEFAULT, values.data() + start),
              path, "read " + object);
    digest.ready(start + count);
  }
}

/// All arrays of a group, by name, opened.
void find_arrays(hid_t group, const std::string& prefix, int depth,
                 std::map<std::string, h5::Dataset>& arrays, const std::string& path) {
  for (const std::string& link : h5::link_names(group, path)) {
    const std::string name = prefix + link;
    const std::string action = std::string("open /") + arrays_name + "/" + name;
    const hid_t object = h5::check(H5Oopen(group, link.c_str(), H5P_DEFAULT), path, action);
    if (H5Iget_type(object) == H5I_DATASET) {
      const auto array = arrays.emplace(name, object).first;
      h5::check_is_inside(array->second, path, std::string("/") + arrays_name + "/" + name);
    } else {
      const h5::Group inner(object);
      constexpr int deepest = 8;  // and no loop of links without end
      if (H5Iget_type(inner) != H5I_GROUP || depth == deepest)
        throw Error(ExitCode::data, "{}: cannot {}: neither an array nor a group of arrays", path,
                    action);
      find_arrays(inner, name + "/", depth + 1, arrays, path);
    }
  }
}

}  // namespace

Digest Checkpoint::digest() const {
  return ContentDigest(attributes, arrays).finish();
}

Checkpoint read_checkpoint(const std::string& path, Digest* content) {
  const h5::File file = h5::open_to_read(path);
  const std::string format = h5::read_string_attribute(file, "format", path);
  if (format != checkpoint_format)
    h5::throw_unexpected(path, "attribute \"format\"", checkpoint_format, "\"" + format + "\"");
  const std::uint64_t version = h5::read_count_attribute(file, "version", path);
  if (version != checkpoint_version)
    throw Error(ExitCode::data, "{}: model version {} is not supported; this program reads {}",
                path, version, checkpoint_version);
  check_names(h5::attribute_names(file, path), {"format", "version", content_name}, "attribute",
              path);
  check_names(h5::link_names(file, path), {attributes_name, arrays_name}, "object", path);

  Checkpoint checkpoint;
  const h5::Group attributes = open_group(file, attributes_name, path);
  for (const std::string& name : h5::attribute_names(attributes, path))
    checkpoint.attributes[name] = h5::read_string_attribute(attributes, name, path);
  std::map<std::string, h5::Dataset> arrays;
  find_arrays(open_group(file, arrays_name, path), "", 0, arrays, path);
  ContentDigest digest(checkpoint.attributes, arrays.size());
  for (const auto& [name, dataset] : arrays)
    read_array(dataset, name, checkpoint.arrays[name], digest, path);
  const Digest found = digest.finish();

  const std::string stored = h5::read_string_attribute(file, content_name, path);
  if (stored != found.hex())
    throw Error(ExitCode::integrity,
                "{}: the content digest is {} but the file says {}: damaged or changed since it "
                "was written",
                path, found.hex(), stored);
  if (content != nullptr) *content = found;
  return checkpoint;
}

Digest content_digest(const std::string& path) {
  Digest content;
  read_checkpoint(path, &content);
  return content;
}

}  // namespace bailiwick::io
