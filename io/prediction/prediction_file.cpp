// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/prediction/prediction_file.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "io/h5/h5.hpp"
#include "io/h5/output.hpp"
#include "io/h5/temporary.hpp"
#include "lib/core/json.hpp"

namespace bailiwick::io {

namespace {

constexpr const char* prediction_format = "bailiwick-predictions";
constexpr std::int64_t prediction_version = 1;
constexpr const char *row_name = "row", *id_name = "id", *split_name = "split";

/// HDF5 takes a slash in a name for a group's end.
std::string dataset_name(std::string_view column) {
  std::string name;
  for (const char c : column)
    if (c == '/' || c == '%')
      name += c == '/' ? "%2F" : "%25";
    else
      name += c;
  return name;
}

}  // namespace

struct PredictionFile::State {
  /// One data set, a number or text a row.
  struct Stored {
    std::string name;
    h5::Type type;
    h5::Dataset dataset;
  };

  std::string path;
  PredictionLayout layout;
  std::uint64_t rows_at_once;
  Temporary temporary;  // before the others, so that they are closed when it is removed
  std::optional<h5::OutputFile> file{};
  std::vector<Stored> stored{};
  std::vector<std::uint64_t> numbers{};
  std::string texts{};

  void create(const std::string& name, hid_t type);
  void put(Stored& to, std::uint64_t first, std::uint64_t count, const void* values) const;
};

void PredictionFile::State::create(const std::string& name, hid_t type) {
  const std::string action = "create /" + name;
  Stored& made = stored.emplace_back();
  made.name = name;
  made.type = h5::Type(h5::check(H5Tcopy(type), path, action));
  // Of a data set that cannot grow and is one chunk HDF5 1.10.8 forgets where it lies.
  const h5::Space space = h5::simple_space({layout.rows}, path, {H5S_UNLIMITED});
  const h5::Properties creation = h5::without_times(H5P_DATASET_CREATE);
  const hsize_t chunk = std::max<std::uint64_t>(1, std::min(layout.rows, rows_at_once));
  h5::check(H5Pset_chunk(creation, 1, &chunk), path, action);
  h5::check(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER), path, action);
  // Every chunk is written once, whole: a cache would only copy it.
  const h5::Properties access(h5::check(H5Pcreate(H5P_DATASET_ACCESS), path, action));
  h5::check(H5Pset_chunk_cache(access, 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT), path, action);
  made.dataset = h5::Dataset(h5::check(
      H5Dcreate2(*file, name.c_str(), type, space, H5P_DEFAULT, creation, access), path, action));
}

void PredictionFile::State::put(Stored& to, std::uint64_t first, std::uint64_t count,
                                const void* values) const {
  const std::string action = "write /" + to.name;
  const h5::Space all(h5::check(H5Dget_space(to.dataset), path, action));
  const hsize_t start = first, size = count;
  h5::check(H5Sselect_hyperslab(all, H5S_SELECT_SET, &start, nullptr, &size, nullptr), path,
            action);
  const h5::Space from = h5::simple_space({count}, path);
  h5::check(H5Dwrite(to.dataset, to.type, from, all, H5P_DEFAULT, values), path, action);
  file->check(action);
}

PredictionFile::PredictionFile(std::string path, PredictionLayout layout,
                               std::uint64_t rows_at_once)
    : state_(new State{path, std::move(layout), rows_at_once, Temporary(path)}) {
  State& s = *state_;
  s.file = h5::OutputFile::create(s.temporary.path(), s.path, Readers::owner);
  h5::write_attribute(*s.file, "format", prediction_format, s.path);
  h5::write_attribute(*s.file, "version", prediction_version, s.path);
  h5::write_attribute(*s.file, "columns", Json(s.layout.columns).dump(), s.path);
  if (!s.layout.splits.empty())
    h5::write_attribute(*s.file, "splits", Json(s.layout.splits).dump(), s.path);
  s.create(row_name, H5T_STD_U64LE);
  if (s.layout.id_bytes > 0) s.create(id_name, h5::string_type(s.layout.id_bytes, s.path));
  if (!s.layout.splits.empty()) s.create(split_name, H5T_STD_U8LE);
  for (const std::string& column : s.layout.columns)
    s.create(dataset_name(column), H5T_IEEE_F64LE);
}

PredictionFile::~PredictionFile() = default;

void PredictionFile::write(const PredictedRows& rows) {
  State& s = *state_;
  const std::uint64_t count = rows.rows();
  auto to = s.stored.begin();
  s.numbers.resize(count);
  std::iota(s.numbers.begin(), s.numbers.end(), rows.first);
  s.put(*to++, rows.first, count, s.numbers.data());
  if (s.layout.id_bytes > 0) {
    s.texts.assign(count * s.layout.id_bytes, '\0');
    for (std::size_t r = 0; r < count; ++r)
      rows.ids[r].copy(&s.texts[r * s.layout.id_bytes], s.layout.id_bytes);
    s.put(*to++, rows.first, count, s.texts.data());
  }
  if (!s.layout.splits.empty()) s.put(*to++, rows.first, count, rows.splits.data());
  for (const std::vector<double>& column : rows.columns)
    s.put(*to++, rows.first, count, column.data());
}

void PredictionFile::publish() {
  State& s = *state_;
  for (State::Stored& stored : s.stored)
    stored.dataset.close(s.path);
  s.file->close();
  h5::publish(s.temporary.path(), s.path);
  s.temporary.keep();
}

std::optional<PredictionLayout> read_prediction_layout(const std::string& path) {
  const h5::File file = h5::open_to_read(path);
  const std::vector<std::string> attributes = h5::attribute_names(file, path);
  const auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (!has(attributes, "format") ||
      h5::read_string_attribute(file, "format", path) != prediction_format)
    return {};
  if (const std::uint64_t version = h5::read_count_attribute(file, "version", path);
      version != prediction_version)
    throw Error(ExitCode::data, "{}: predictions of format version {}; this release reads {}", path,
                version, prediction_version);
  const auto texts = [&](const char* name) {
    return json_member<std::vector<std::string>>(
        {{name, parse_document(h5::read_string_attribute(file, name, path), path)}}, name, path);
  };
  PredictionLayout layout;
  layout.columns = texts("columns");
  if (has(attributes, "splits")) layout.splits = texts("splits");
  const std::vector<std::string> names = h5::link_names(file, path);
  const h5::Dataset rows = h5::open_dataset(file, row_name, path);
  const h5::Space space(h5::check(H5Dget_space(rows), path, "read the shape of /row"));
  const std::vector<hsize_t> shape = h5::shape(space, path);
  if (shape.size() != 1)
    h5::throw_unexpected(path, "/row", "one number a row", h5::describe_shape(shape));
  layout.rows = shape.front();
  if (has(names, id_name)) {
    const h5::Dataset ids = h5::open_dataset(file, id_name, path);
    const h5::Type type(h5::check(H5Dget_type(ids), path, "read the type of /id"));
    layout.id_bytes = H5Tget_size(type);
  }
  return layout;
}

}  // namespace bailiwick::io
