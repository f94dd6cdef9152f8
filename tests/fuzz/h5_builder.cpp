// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/fuzz/h5_builder.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <vector>

namespace {

constexpr unsigned long most_bytes = 1 << 16;  // of values that are written

hid_t type_of(const std::string& word) {
  if (word == "f4") return H5Tcopy(H5T_IEEE_F32LE);
  if (word == "f8") return H5Tcopy(H5T_IEEE_F64LE);
  if (word == "F8") return H5Tcopy(H5T_IEEE_F64BE);
  if (word == "i8") return H5Tcopy(H5T_STD_I64LE);
  if (word == "u1") return H5Tcopy(H5T_STD_U8LE);
  if (word == "u8") return H5Tcopy(H5T_STD_U64LE);
  if (word == "e") return H5Tenum_create(H5T_STD_U8LE);
  if (word == "c") return H5Tcreate(H5T_COMPOUND, 8);
  const hid_t text = H5Tcopy(H5T_C_S1);
  if (word == "v") {
    H5Tset_size(text, H5T_VARIABLE);
  } else {
    const unsigned long size = word.size() > 1 ? std::strtoul(word.c_str() + 1, nullptr, 10) : 1;
    // HDF5 1.10.8 crashes when it writes larger ones.
    H5Tset_size(text, std::clamp(size, 1UL, most_bytes - 1024));
    H5Tset_strpad(text, word[0] == 't' ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD);
  }
  return text;
}

hid_t space_of(const std::string& word) {
  if (word == "-") return H5Screate(H5S_SCALAR);
  std::vector<hsize_t> shape;
  for (const char* at = word.c_str(); *at != '\0';) {
    char* end = nullptr;
    shape.push_back(std::strtoull(at, &end, 10));
    if (end == at) return H5I_INVALID_HID;
    at = *end == 'x' ? end + 1 : end;
    if (at == end && *at != '\0') return H5I_INVALID_HID;
  }
  if (shape.empty() || shape.size() > 4) return H5I_INVALID_HID;
  return H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
}

/// The bytes to write, or none.
std::vector<char> bytes_of(const std::string& value, hid_t type, hid_t space) {
  const hssize_t points = H5Sget_simple_extent_npoints(space);
  const std::size_t size = H5Tget_size(type);
  if (value == "~" || points <= 0 || size == 0 || size > most_bytes ||
      static_cast<std::size_t>(points) > most_bytes / size)
    return {};
  std::vector<char> bytes(static_cast<std::size_t>(points) * size);
  if (value[0] == '#') {
    std::istringstream numbers(value.substr(1));
    double number = 0;
    for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
      numbers >> number;
      const auto whole = static_cast<std::int64_t>(number > -1e18 && number < 1e18 ? number : 0);
      const auto single = static_cast<float>(number);
      const bool real = H5Tget_class(type) == H5T_FLOAT;
      const void* from = !real       ? static_cast<const void*>(&whole)
                         : size == 4 ? static_cast<const void*>(&single)
                                     : &number;
      std::memcpy(bytes.data() + at, from, std::min<std::size_t>(size, 8));
    }
    return bytes;
  }
  const std::size_t copied = H5Tget_class(type) == H5T_STRING && points == 1
                                 ? std::min(value.size(), bytes.size())
                                 : bytes.size();
  for (std::size_t i = 0; i < copied; ++i)
    bytes[i] = value[i % value.size()];
  return bytes;
}

template <class Write>
void write(hid_t type, hid_t space, const std::string& value, const Write& use) {
  if (H5Tis_variable_str(type) > 0) {
    const char* text = value.c_str();
    if (value != "~" && H5Sget_simple_extent_npoints(space) == 1) use(&text);
  } else if (const std::vector<char> bytes = bytes_of(value, type, space); !bytes.empty()) {
    use(bytes.data());
  }
}

void build_line(hid_t file, const std::string& line) {
  std::istringstream words(line);
  std::string what, path, name, type_word, shape_word, value;
  words >> what >> path;
  if (path.empty()) return;
  if (what == "group") {
    const hid_t group = H5Gcreate2(file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (group >= 0) H5Gclose(group);
    return;
  }
  if (what == "attribute") words >> name;
  words >> type_word >> shape_word >> std::ws;
  std::getline(words, value);
  if (shape_word.empty() || value.empty()) return;
  const hid_t type = type_of(type_word), space = space_of(shape_word);
  const hid_t object = what == "attribute" && !name.empty()
                           ? H5Oopen(file, path.c_str(), H5P_DEFAULT)
                           : H5I_INVALID_HID;
  if (type >= 0 && space >= 0 && object >= 0) {
    const hid_t made = H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (made >= 0) {
      write(type, space, value, [&](const void* from) { H5Awrite(made, type, from); });
      H5Aclose(made);
    }
  } else if (type >= 0 && space >= 0 && what == "data") {
    const hid_t made =
        H5Dcreate2(file, path.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (made >= 0) {
      write(type, space, value,
            [&](const void* from) { H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, from); });
      H5Dclose(made);
    }
  }
  if (object >= 0) H5Oclose(object);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
}

}  // namespace

/// HDF5 1.10.8 leaks where a file is damaged.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}

void build_h5(const std::string& path, const std::string& lines) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file < 0) return;
  std::istringstream all(lines);
  for (std::string line; std::getline(all, line);)
    build_line(file, line);
  H5Fclose(file);
}
