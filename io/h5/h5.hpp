// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

// HDF5 with owners and errors. Included only by the .cpp files of io/.
#include <hdf5.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/error.hpp"

namespace bailiwick::io::h5 {

/// Why the last HDF5 call failed, in the library's own most specific words.
std::string reason();

/// `result` unless it is HDF5's failure (negative); then throws ExitCode::data
/// "{where}: cannot {action}: {reason}".
template <class Result>
Result check(Result result, const std::string& where, const std::string& action) {
  if (result < 0) throw Error(ExitCode::data, "{}: cannot {}: {}", where, action, reason());
  return result;
}

/// Owns an HDF5 identifier. The destructor cannot report a failed close, so whoever wrote to the
/// object calls close() first.
template <herr_t (*Close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
    }
    return *this;
  }

  operator hid_t() const { return id_; }
  bool empty() const { return id_ < 0; }
  void close(const std::string& where) {
    if (!empty()) check(Close(std::exchange(id_, H5I_INVALID_HID)), where, "close");
  }
  void reset() noexcept {
    if (!empty()) Close(std::exchange(id_, H5I_INVALID_HID));
  }

 private:
  hid_t id_ = H5I_INVALID_HID;
};

using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Dataset = Handle<H5Dclose>;
using Attribute = Handle<H5Aclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Properties = Handle<H5Pclose>;

/// File access with fixed format bounds and without file locks: what we read is immutable, what we
/// write has a private name, and parallel file systems often have no locks. Call before anything
/// else: it silences HDF5's own printing of errors.
Properties file_access();
/// Object creation (of class `kind`) that stores no times, so that equal content has equal bytes.
Properties without_times(hid_t kind);

File open_to_read(const std::string& path);
/// Brings a file's bytes to the disk; messages speak of `shown`.
void sync(const std::string& file, const std::string& shown);
/// Renames a synced file and syncs the folder. If that fails, a name that was new is taken away.
void rename(const std::string& temporary, const std::string& path);
/// Takes room on the disk for all of a file's bytes, where file systems can: a full one is met
/// here.
void take_space(const std::string& file, const std::string& shown);
/// sync() and rename().
void publish(const std::string& temporary, const std::string& path);

/// Throws ExitCode::data if `count` elements of `size` bytes cannot lie in `stored` bytes of a
/// file, however well they are packed: a damaged or planted shape must not exhaust memory.
void check_claim(std::uint64_t count, std::uint64_t size, std::uint64_t stored,
                 const std::string& where, const std::string& object);

/// "/features" for messages: "{where}: /features: …".
[[noreturn]] void throw_unexpected(const std::string& where, const std::string& object,
                                   const std::string& expected, const std::string& found);

/// Of objects that lie in the file. Throws ExitCode::data at a link that leads anywhere else, or
/// that another name stands behind: external, soft and user-defined ones.
std::vector<std::string> link_names(hid_t group, const std::string& where);
/// Throws ExitCode::data unless all values of the data set lie in the file, packed by nothing but
/// what HDF5 itself can unpack: not in files named by it (external storage, virtual data sets), nor
/// behind a filter that would be loaded. `name` is for messages; `last`: the last of HDF5's
/// filters, by their numbers from H5Z_FILTER_DEFLATE on, that may pack values.
void check_is_inside(hid_t dataset, const std::string& where, const std::string& name,
                     H5Z_filter_t last = H5Z_FILTER_SCALEOFFSET);
/// What tells objects of a file apart, whatever names they have.
std::string address(hid_t object, const std::string& where);
/// Of the file that an object lies in.
std::uint64_t file_bytes(hid_t object, const std::string& where);
/// A data set of `group`, which check_is_inside(). The group's link_names() have been looked at.
Dataset open_dataset(hid_t group, const std::string& name, const std::string& where,
                     H5Z_filter_t last = H5Z_FILTER_SCALEOFFSET);
std::vector<std::string> attribute_names(hid_t object, const std::string& where);
std::string describe(hid_t type);
std::string describe_shape(const std::vector<hsize_t>& shape);
std::vector<hsize_t> shape(hid_t space, const std::string& where);

Space simple_space(const std::vector<hsize_t>& shape, const std::string& where,
                   const std::vector<hsize_t>& maximum = {});
/// Fixed-length UTF-8, padded with NUL.
Type string_type(std::size_t bytes, const std::string& where);

/// A missing attribute or one of another type throws ExitCode::data naming both.
std::string read_string_attribute(hid_t object, const std::string& name, const std::string& where);
std::uint64_t read_count_attribute(hid_t object, const std::string& name, const std::string& where);
void write_attribute(hid_t object, const std::string& name, const std::string& text,
                     const std::string& where);
void write_attribute(hid_t object, const std::string& name, std::int64_t value,
                     const std::string& where);
/// Another text of the same length.
void overwrite_attribute(hid_t object, const std::string& name, const std::string& text,
                         const std::string& where);

/// A scalar dataset holding one string.
std::string read_string_dataset(hid_t file, const std::string& name, const std::string& where);
void write_string_dataset(hid_t file, const std::string& name, const std::string& text,
                          const std::string& where);

}  // namespace bailiwick::io::h5
