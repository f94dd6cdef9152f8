// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/h5/h5.hpp"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <new>
#include <span>

#include "lib/core/input_file.hpp"
#include "lib/core/names.hpp"

namespace bailiwick::io::h5 {

namespace {

struct Reason {
  std::string innermost;
  std::string system;  // the text of errno, where HDF5 kept it
};

herr_t note(unsigned, const H5E_error2_t* entry, void* data) try {
  auto& found = *static_cast<Reason*>(data);
  const std::string text = entry->desc == nullptr ? "" : entry->desc;
  if (found.innermost.empty()) found.innermost = text;
  static const std::string key = "error message = '";
  const std::size_t begin = text.find(key);
  if (found.system.empty() && begin != std::string::npos) {
    const std::size_t end = text.find('\'', begin + key.size());
    found.system = text.substr(begin + key.size(), end - begin - key.size());
  }
  return 0;
} catch (...) {  // nothing may be thrown through HDF5
  return -1;
}

/// What HDF5 calls for each name.
struct Names {
  std::vector<std::string> list;
  std::string not_inside;  // a link that leads out
  bool out_of_memory = false;

  herr_t add(const char* name) try {
    list.emplace_back(name);
    return 0;
  } catch (...) {  // nothing may be thrown through HDF5
    out_of_memory = true;
    return -1;
  }
  herr_t note_link(const char* name, H5L_type_t type) try {
    if (not_inside.empty())
      not_inside = fmt::format("\"{}\" is {} link", name,
                               type == H5L_TYPE_EXTERNAL ? "an external"
                               : type == H5L_TYPE_SOFT   ? "a soft"
                                                         : "a user-defined");
    return 0;
  } catch (...) {  // nothing may be thrown through HDF5
    out_of_memory = true;
    return -1;
  }
  std::vector<std::string> checked(herr_t result, const std::string& where,
                                   const std::string& action) {
    if (out_of_memory) throw std::bad_alloc();
    check(result, where, action);
    return std::move(list);
  }
};

void check_length(std::size_t bytes, const std::string& where, const std::string& object) {
  if (bytes > document::record.most_bytes)
    throw_unexpected(where, object,
                     fmt::format("a text of at most {} bytes", document::record.most_bytes),
                     fmt::format("{} bytes", bytes));
}

/// Reads one string through `read(type, buffer)`, whatever way it is stored.
/// `stored` are the bytes of the file that the string can take.
std::string read_string(hid_t type, hid_t space, const std::function<herr_t(hid_t, void*)>& read,
                        std::uint64_t stored, const std::string& where, const std::string& object) {
  if (H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1)
    throw_unexpected(where, object, "one string",
                     describe(type) + " " + describe_shape(shape(space, where)));
  if (check(H5Tis_variable_str(type), where, "read the type of " + object) > 0) {
    char* text = nullptr;
    check(read(type, &text), where, "read " + object);
    std::string copy = text == nullptr ? "" : text;
    check(H5free_memory(text), where, "read " + object);
    check_length(copy.size(), where, object);
    return copy;
  }
  check_claim(H5Tget_size(type), 1, stored, where, object);
  check_length(H5Tget_size(type), where, object);
  std::string text(H5Tget_size(type), '\0');
  check(read(type, text.data()), where, "read " + object);
  return text.substr(0, text.find('\0'));
}

Attribute open_attribute(hid_t object, const std::string& name, const std::string& where) {
  if (check(H5Aexists(object, name.c_str()), where, "look for attribute " + name) == 0)
    throw Error(ExitCode::data, "{}: attribute \"{}\" is missing", where, name);
  return Attribute(check(H5Aopen(object, name.c_str(), H5P_DEFAULT), where, "open " + name));
}

Attribute create_attribute(hid_t object, const std::string& name, hid_t type,
                           const std::string& where) {
  const Space scalar(check(H5Screate(H5S_SCALAR), where, "describe a scalar"));
  return Attribute(check(H5Acreate2(object, name.c_str(), type, scalar, H5P_DEFAULT, H5P_DEFAULT),
                         where, "create attribute " + name));
}

[[noreturn]] void throw_system(const std::string& path, const char* action) {
  throw Error(ExitCode::data, "{}: cannot {}: {}", path, action, std::strerror(errno));
}

}  // namespace

std::string reason() {
  Reason found;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note, &found);
  std::string text = !found.system.empty() ? found.system : found.innermost;
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text.empty() ? "HDF5 gives no reason" : text;
}

Properties file_access() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  Properties access(check(H5Pcreate(H5P_FILE_ACCESS), "HDF5", "create file access"));
  check(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110), "HDF5", "fix its format");
  check(H5Pset_file_locking(access, false, true), "HDF5", "disable locks");
  return access;
}

Properties without_times(hid_t kind) {
  Properties creation(check(H5Pcreate(kind), "HDF5", "create properties"));
  check(H5Pset_obj_track_times(creation, false), "HDF5", "disable times");
  return creation;
}

File open_to_read(const std::string& path) {
  static_cast<void>(InputFile(path));  // HDF5 would wait for whoever writes into a pipe
  const Properties access = file_access();
  File file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access));
  if (file.empty() && reason() == "file signature not found")
    throw Error(ExitCode::data, "{}: is not an HDF5 file, or has lost its beginning", path);
  check<hid_t>(file, path, "open");
  return file;
}

void sync(const std::string& path, const std::string& shown) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw_system(shown, "open");
  const int result = ::fsync(file);
  const int error = errno;
  ::close(file);
  errno = error;
  // Some file systems cannot sync a folder and say so with EINVAL.
  if (result != 0 && error != EINVAL) throw_system(shown, "sync");
}

void rename(const std::string& temporary, const std::string& path) {
  const bool fresh = ::access(path.c_str(), F_OK) != 0;
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_system(path, "rename to it");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  try {
    sync(folder.empty() ? "." : folder, path);
  } catch (...) {  // nobody will vouch for what may be gone tomorrow
    if (fresh) ::unlink(path.c_str());
    throw;
  }
}

void take_space(const std::string& path, const std::string& shown) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) throw_system(shown, "open");
  const off_t size = ::lseek(file, 0, SEEK_END);
  const int error = size > 0 ? ::posix_fallocate(file, 0, size) : 0;
  ::close(file);
  errno = error;
  if (error != 0 && error != EINVAL && error != EOPNOTSUPP)
    throw_system(shown, "take space for it");
}

void publish(const std::string& temporary, const std::string& path) {
  sync(temporary, path);
  rename(temporary, path);
}

void check_claim(std::uint64_t count, std::uint64_t size, std::uint64_t stored,
                 const std::string& where, const std::string& object) {
  constexpr std::uint64_t best_ratio = 100'000;  // no filter in use packs better
  constexpr std::uint64_t unwritten = 64;        // what was never written takes no place
  constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t most =
      stored < largest / best_ratio - unwritten ? (stored + unwritten) * best_ratio : largest;
  if (count == 0 || size <= most / count) return;
  throw_unexpected(where, object, fmt::format("{} times {} bytes", count, size),
                   fmt::format("{} bytes in the file: damaged", stored));
}

void throw_unexpected(const std::string& where, const std::string& object,
                      const std::string& expected, const std::string& found) {
  throw Error(ExitCode::data, "{}: {}: expected {}, found {}", where, object, expected, found);
}

std::vector<std::string> link_names(hid_t group, const std::string& where) {
  Names names;
  const auto add = [](hid_t, const char* name, const H5L_info_t* link, void* data) {
    auto& found = *static_cast<Names*>(data);
    if (link->type != H5L_TYPE_HARD && found.note_link(name, link->type) < 0) return -1;
    return found.add(name);
  };
  const herr_t result = H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names);
  std::vector<std::string> list = names.checked(result, where, "list objects");
  if (!names.not_inside.empty())
    throw Error(ExitCode::data, "{}: {}; all that is read must lie in the file itself", where,
                printable(names.not_inside));
  return list;
}

void check_is_inside(hid_t dataset, const std::string& where, const std::string& name,
                     H5Z_filter_t last) {
  const std::string action = "read how " + name + " is stored";
  const Properties creation(check(H5Dget_create_plist(dataset), where, action));
  const auto refuse = [&](const std::string& what) {
    throw Error(ExitCode::data, "{}: {}: {}; all that is read must lie in the file itself", where,
                printable(name), what);
  };
  if (check(H5Pget_layout(creation), where, action) == H5D_VIRTUAL)
    refuse("is a virtual data set, whose values lie in others");
  if (check(H5Pget_external_count(creation), where, action) > 0)
    refuse("has external storage: its values lie in other files");
  const int filters = check(H5Pget_nfilters(creation), where, action);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0, settings = 0;
    std::size_t values = 0;
    const H5Z_filter_t filter = check(H5Pget_filter2(creation, static_cast<unsigned>(i), &flags,
                                                     &values, nullptr, 0, nullptr, &settings),
                                      where, action);
    if (filter < H5Z_FILTER_DEFLATE || filter > H5Z_FILTER_SCALEOFFSET)
      throw Error(
          ExitCode::data,
          "{}: {}: needs the HDF5 filter {}, which is not one of HDF5's own; none is loaded, "
          "so write it with gzip or without a filter",
          where, printable(name), filter);
    if (filter > last)
      throw Error(ExitCode::data,
                  "{}: {}: is packed by the HDF5 filter {}; gzip (deflate) and shuffle may be used",
                  where, printable(name), filter);
  }
}

std::string address(hid_t object, const std::string& where) {
#if H5_VERSION_GE(1, 12, 0)
  H5O_info2_t info;
  check(H5Oget_info3(object, &info, H5O_INFO_BASIC), where, "find an object");
  const auto bytes = std::as_bytes(std::span(&info.token, 1));
#else
  H5O_info_t info;
  check(H5Oget_info2(object, &info, H5O_INFO_BASIC), where, "find an object");
  const auto bytes = std::as_bytes(std::span(&info.addr, 1));
#endif
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t file_bytes(hid_t object, const std::string& where) {
  const File file(check(H5Iget_file_id(object), where, "find the file of an object"));
  hsize_t bytes = 0;
  check(H5Fget_filesize(file, &bytes), where, "read the size");
  return bytes;
}

Dataset open_dataset(hid_t group, const std::string& name, const std::string& where,
                     H5Z_filter_t last) {
  Dataset dataset(
      check(H5Dopen2(group, name.c_str(), H5P_DEFAULT), where, "open data set /" + name));
  check_is_inside(dataset, where, "/" + name, last);
  return dataset;
}

std::vector<std::string> attribute_names(hid_t object, const std::string& where) {
  Names names;
  const auto add = [](hid_t, const char* name, const H5A_info_t*, void* data) {
    return static_cast<Names*>(data)->add(name);
  };
  const herr_t result = H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, add, &names);
  return names.checked(result, where, "list attributes");
}

std::string describe(hid_t type) {
  const std::size_t bits = 8 * H5Tget_size(type);
  const char* order = H5Tget_order(type) == H5T_ORDER_BE ? " big-endian" : "";
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return fmt::format("float{}{}", bits, order);
    case H5T_INTEGER:
      return fmt::format("{}int{}{}", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits, order);
    case H5T_STRING:
      if (H5Tis_variable_str(type) > 0) return "variable-length string";
      return fmt::format("{}string of {} bytes",
                         H5Tget_strpad(type) == H5T_STR_SPACEPAD ? "space-padded " : "", bits / 8);
    case H5T_ENUM:
      return "enumeration or boolean";
    case H5T_COMPOUND:
      return "compound";
    case H5T_VLEN:
      return "variable-length sequence";
    default:
      return "another type";
  }
}

std::string describe_shape(const std::vector<hsize_t>& shape) {
  return shape.empty() ? "scalar" : fmt::format("({})", fmt::join(shape, ", "));
}

std::vector<hsize_t> shape(hid_t space, const std::string& where) {
  const int rank = check(H5Sget_simple_extent_ndims(space), where, "read a shape");
  std::vector<hsize_t> result(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space, result.data(), nullptr), where, "read a shape");
  return result;
}

Space simple_space(const std::vector<hsize_t>& shape, const std::string& where,
                   const std::vector<hsize_t>& maximum) {
  return Space(check(H5Screate_simple(static_cast<int>(shape.size()), shape.data(),
                                      maximum.empty() ? nullptr : maximum.data()),
                     where, "describe a shape"));
}

Type string_type(std::size_t bytes, const std::string& where) {
  Type type(check(H5Tcopy(H5T_C_S1), where, "make a string type"));
  check(H5Tset_size(type, bytes), where, "make a string type");
  check(H5Tset_strpad(type, H5T_STR_NULLPAD), where, "make a string type");
  check(H5Tset_cset(type, H5T_CSET_UTF8), where, "make a string type");
  return type;
}

std::string read_string_attribute(hid_t object, const std::string& name, const std::string& where) {
  const Attribute attribute = open_attribute(object, name, where);
  const Type type(check(H5Aget_type(attribute), where, "read the type of " + name));
  const Space space(check(H5Aget_space(attribute), where, "read the shape of " + name));
  return read_string(
      type, space, [&](hid_t t, void* buffer) { return H5Aread(attribute, t, buffer); },
      file_bytes(object, where), where, "attribute \"" + name + "\"");
}

std::uint64_t read_count_attribute(hid_t object, const std::string& name,
                                   const std::string& where) {
  const Attribute attribute = open_attribute(object, name, where);
  const Type type(check(H5Aget_type(attribute), where, "read the type of " + name));
  const Space space(check(H5Aget_space(attribute), where, "read the shape of " + name));
  const std::string object_name = "attribute \"" + name + "\"";
  if (H5Tget_class(type) != H5T_INTEGER || H5Sget_simple_extent_npoints(space) != 1)
    throw_unexpected(where, object_name, "one integer",
                     describe(type) + " " + describe_shape(shape(space, where)));
  std::int64_t value = 0;
  check(H5Aread(attribute, H5T_NATIVE_INT64, &value), where, "read " + object_name);
  if (value < 1)
    throw_unexpected(where, object_name, "an integer of at least 1", std::to_string(value));
  return static_cast<std::uint64_t>(value);
}

void write_attribute(hid_t object, const std::string& name, const std::string& text,
                     const std::string& where) {
  const Type type = string_type(std::max<std::size_t>(text.size(), 1), where);
  Attribute attribute = create_attribute(object, name, type, where);
  check(H5Awrite(attribute, type, text.c_str()), where, "write attribute " + name);
  attribute.close(where);
}

void write_attribute(hid_t object, const std::string& name, std::int64_t value,
                     const std::string& where) {
  Attribute attribute = create_attribute(object, name, H5T_STD_I64LE, where);
  check(H5Awrite(attribute, H5T_NATIVE_INT64, &value), where, "write attribute " + name);
  attribute.close(where);
}

void overwrite_attribute(hid_t object, const std::string& name, const std::string& text,
                         const std::string& where) {
  const Attribute attribute(
      check(H5Aopen(object, name.c_str(), H5P_DEFAULT), where, "open attribute " + name));
  const Type type = string_type(text.size(), where);
  check(H5Awrite(attribute, type, text.c_str()), where, "write attribute " + name);
}

std::string read_string_dataset(hid_t file, const std::string& name, const std::string& where) {
  const Dataset dataset = open_dataset(file, name, where);
  const Type type(check(H5Dget_type(dataset), where, "read the type of /" + name));
  const Space space(check(H5Dget_space(dataset), where, "read the shape of /" + name));
  return read_string(
      type, space,
      [&](hid_t t, void* buffer) {
        return H5Dread(dataset, t, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
      },
      H5Dget_storage_size(dataset), where, "/" + name);
}

void write_string_dataset(hid_t file, const std::string& name, const std::string& text,
                          const std::string& where) {
  const Type type = string_type(std::max<std::size_t>(text.size(), 1), where);
  const Space scalar(check(H5Screate(H5S_SCALAR), where, "describe a scalar"));
  const Properties creation = without_times(H5P_DATASET_CREATE);
  Dataset dataset(
      check(H5Dcreate2(file, name.c_str(), type, scalar, H5P_DEFAULT, creation, H5P_DEFAULT), where,
            "create /" + name));
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str()), where,
        "write /" + name);
  dataset.close(where);
}

}  // namespace bailiwick::io::h5
