// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/checkpoint/checkpoint.hpp"

#include <algorithm>
#include <set>

#include "io/checkpoint/content_digest.hpp"
#include "io/checkpoint/layout.hpp"
#include "io/h5/h5.hpp"
#include "lib/core/input_file.hpp"
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

/// Piece by piece, which are hashed while the next are read. `room`: the bytes of the file that no
/// array before has taken.
void read_array(hid_t dataset, const std::string& name, std::vector<double>& values,
                std::uint64_t& room, ContentDigest& digest, const std::string& path) {
  const std::string object = std::string("/") + arrays_name + "/" + name;
  const h5::Type type(h5::check(H5Dget_type(dataset), path, "read the type of " + object));
  const h5::Space space(h5::check(H5Dget_space(dataset), path, "read the shape of " + object));
  const std::vector<hsize_t> shape = h5::shape(space, path);
  if (H5Tequal(type, H5T_IEEE_F64LE) <= 0 || shape.size() != 1)
    h5::throw_unexpected(path, object, "float64 (n)",
                         h5::describe(type) + " " + h5::describe_shape(shape));
  // Before memory is asked for: a damaged length must not exhaust it, nor arrays of the same bytes.
  const std::uint64_t stored = std::min<std::uint64_t>(H5Dget_storage_size(dataset), room);
  if (stored / sizeof(double) < shape[0])
    h5::throw_unexpected(path, object, fmt::format("{} numbers", shape[0]),
                         fmt::format("{} bytes", stored));
  room -= shape[0] * sizeof(double);
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

/// Finds the arrays of a file. Links can make a tree of groups of any size out of a few: no object
/// has two names, and there are not many.
class ArrayFinder {
 public:
  explicit ArrayFinder(const std::string& path) : path_(path) {}

  std::map<std::string, h5::Dataset> find(hid_t file) {
    visit(open_group(file, arrays_name, path_), "", 0);
    return std::move(arrays_);
  }

 private:
  void visit(hid_t group, const std::string& prefix, int depth) {
    for (const std::string& link : h5::link_names(group, path_)) {
      const std::string name = prefix + link;
      const std::string shown = std::string("/") + arrays_name + "/" + name;
      const hid_t object =
          h5::check(H5Oopen(group, link.c_str(), H5P_DEFAULT), path_, "open " + shown);
      if (H5Iget_type(object) == H5I_DATASET) {
        const h5::Dataset& array = arrays_.emplace(name, object).first->second;
        check_is_new(array, shown);
        h5::check_is_inside(array, path_, shown);
      } else {
        const h5::Group inner(object);
        constexpr int deepest = 8;
        if (H5Iget_type(inner) != H5I_GROUP || depth == deepest)
          throw Error(ExitCode::data, "{}: cannot open {}: neither an array nor a group of arrays",
                      path_, shown);
        check_is_new(inner, shown);
        visit(inner, name + "/", depth + 1);
      }
    }
  }

  void check_is_new(hid_t object, const std::string& shown) {
    constexpr std::size_t most_objects = 4096;
    if (!addresses_.insert(h5::address(object, path_)).second)
      throw Error(ExitCode::data, "{}: {}: is an object that has another name too", path_, shown);
    if (addresses_.size() > most_objects)
      throw Error(ExitCode::data, "{}: has more than {} arrays and groups", path_, most_objects);
  }

  const std::string& path_;
  std::set<std::string> addresses_;
  std::map<std::string, h5::Dataset> arrays_;
};

std::map<std::string, std::string> read_attributes(hid_t file, const std::string& path) {
  std::map<std::string, std::string> attributes;
  const h5::Group group = open_group(file, attributes_name, path);
  std::uint64_t bytes = 0;
  for (const std::string& name : h5::attribute_names(group, path)) {
    const std::string& text = attributes[name] = h5::read_string_attribute(group, name, path);
    bytes += name.size() + text.size();
    if (bytes > document::record.most_bytes)  // many can share the bytes of the file
      throw Error(ExitCode::data, "{}: its text attributes have more than {} bytes", path,
                  document::record.most_bytes);
  }
  return attributes;
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
  checkpoint.attributes = read_attributes(file, path);
  const std::map<std::string, h5::Dataset> arrays = ArrayFinder(path).find(file);
  ContentDigest digest(checkpoint.attributes, arrays.size());
  std::uint64_t room = h5::file_bytes(file, path);
  for (const auto& [name, dataset] : arrays)
    read_array(dataset, name, checkpoint.arrays[name], room, digest, path);
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

std::map<std::string, std::string> read_checkpoint_attributes(const std::string& path) {
  return read_attributes(h5::open_to_read(path), path);
}

Digest content_digest(const std::string& path) {
  Digest content;
  read_checkpoint(path, &content);
  return content;
}

}  // namespace bailiwick::io
