// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/h5/output.hpp"

#include <fcntl.h>
#include <unistd.h>
#if __has_include(<H5FDdevelop.h>)
#include <H5FDdevelop.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace bailiwick::io::h5 {

namespace {

/// What HDF5 calls a driver's file; `base` must come first.
struct DriverFile {
  H5FD_t base{};
  int descriptor = -1;
  haddr_t end_allocated = 0;
  haddr_t end = 0;
  int* failure = nullptr;
};

struct DriverInfo {
  int* failure;
  unsigned mode;  ///< of a file that is made
};

DriverFile& own(H5FD_t* file) {
  return *reinterpret_cast<DriverFile*>(file);
}
const DriverFile& own(const H5FD_t* file) {
  return *reinterpret_cast<const DriverFile*>(file);
}

void note_failure(const DriverFile& file) {
  if (*file.failure == 0) *file.failure = errno;
}

H5FD_t* driver_open(const char* name, unsigned flags, hid_t access, haddr_t) {
  const int mode = ((flags & H5F_ACC_RDWR) ? O_RDWR : O_RDONLY) |
                   ((flags & H5F_ACC_CREAT) ? O_CREAT : 0) |
                   ((flags & H5F_ACC_TRUNC) ? O_TRUNC : 0) | ((flags & H5F_ACC_EXCL) ? O_EXCL : 0);
  const auto* info = static_cast<const DriverInfo*>(H5Pget_driver_info(access));
  if (info == nullptr) return nullptr;
  const int descriptor = ::open(name, mode | O_CLOEXEC, info->mode);
  if (descriptor < 0) {
    *info->failure = errno;
    return nullptr;
  }
  *info->failure = 0;  // HDF5 first tries a file that is to be created without creating it
  auto* file = new (std::nothrow) DriverFile;  // nothing may be thrown through HDF5
  if (file == nullptr) {
    *info->failure = ENOMEM;
    ::close(descriptor);
    return nullptr;
  }
  file->descriptor = descriptor;
  file->end = static_cast<haddr_t>(std::max<off_t>(0, ::lseek(descriptor, 0, SEEK_END)));
  file->failure = info->failure;
  return &file->base;
}

herr_t driver_close(H5FD_t* file) {
  if (::close(own(file).descriptor) != 0) note_failure(own(file));
  delete &own(file);
  return 0;
}

int driver_compare(const H5FD_t* a, const H5FD_t* b) {
  return a < b ? -1 : a > b ? 1 : 0;  // temporary files have one owner
}

herr_t driver_query(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr)
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t driver_end_allocated(const H5FD_t* file, H5FD_mem_t) {
  return own(file).end_allocated;
}

herr_t driver_set_end_allocated(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  own(file).end_allocated = address;
  return 0;
}

haddr_t driver_end(const H5FD_t* file, H5FD_mem_t) {
  return own(file).end;
}

/// What lies beyond the end reads as zeros, as HDF5 expects of a driver.
herr_t driver_read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size, void* data) {
  auto* to = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t count = ::pread(own(file).descriptor, to, size, static_cast<off_t>(address));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    to += count;
    address += static_cast<haddr_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  std::memset(to, 0, size);
  return 0;
}

herr_t driver_write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t address, std::size_t size,
                    const void* data) {
  DriverFile& f = own(file);
  const auto* from = static_cast<const char*>(data);
  f.end = std::max<haddr_t>(f.end, address + size);
  while (size > 0 && *f.failure == 0) {
    const ssize_t count = ::pwrite(f.descriptor, from, size, static_cast<off_t>(address));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      note_failure(f);
      break;
    }
    from += count;
    address += static_cast<haddr_t>(count);
    size -= static_cast<std::size_t>(count);
  }
  return 0;
}

herr_t driver_truncate(H5FD_t* file, hid_t, hbool_t) {
  DriverFile& f = own(file);
  if (f.end_allocated == f.end) return 0;
  if (::ftruncate(f.descriptor, static_cast<off_t>(f.end_allocated)) != 0) note_failure(f);
  f.end = f.end_allocated;
  return 0;
}

hid_t driver() {
  static const hid_t id = [] {
    H5FD_class_t kind{};
#if H5_VERSION_GE(1, 13, 2)
    kind.version = H5FD_CLASS_VERSION;
    kind.value = static_cast<H5FD_class_value_t>(512);  // the range for private drivers
#endif
    kind.name = "bailiwick";
    kind.maxaddr = static_cast<haddr_t>(INT64_MAX);
    kind.fc_degree = H5F_CLOSE_WEAK;
    kind.fapl_size = sizeof(DriverInfo);
    kind.open = driver_open;
    kind.close = driver_close;
    kind.cmp = driver_compare;
    kind.query = driver_query;
    kind.get_eoa = driver_end_allocated;
    kind.set_eoa = driver_set_end_allocated;
    kind.get_eof = driver_end;
    kind.read = driver_read;
    kind.write = driver_write;
    kind.truncate = driver_truncate;
    const H5FD_mem_t map[] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), kind.fl_map);
    return h5::check(H5FDregister(&kind), "HDF5", "register a driver");
  }();
  return id;
}

}  // namespace

Properties OutputFile::access(Readers readers) const {
  Properties access = file_access();
  const DriverInfo info{failure_.get(), mode_for(readers)};
  h5::check(H5Pset_driver(access, driver(), &info), shown_, "choose a driver");
  return access;
}

OutputFile OutputFile::create(const std::string& path, const std::string& shown, Readers readers) {
  OutputFile output(shown);
  ::unlink(path.c_str());  // one that a killed process left would keep its mode
  const Properties access = output.access(readers);
  const Properties creation = without_times(H5P_FILE_CREATE);
  // Names of more than eight objects would lie in a heap, and where one is damaged the library
  // frees what it never filled (1.10.8).
  h5::check(H5Pset_link_phase_change(creation, 32, 16), shown, "keep names together");
  output.file_ = File(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access));
  output.check("create");
  h5::check<hid_t>(output.file_, shown, "create");
  return output;
}

OutputFile OutputFile::append(const std::string& path, const std::string& shown) {
  OutputFile output(shown);
  const Properties access = output.access(Readers::umask);
  output.file_ = File(H5Fopen(path.c_str(), H5F_ACC_RDWR, access));
  output.check("open for writing");
  h5::check<hid_t>(output.file_, shown, "open for writing");
  return output;
}

void OutputFile::check(const std::string& action) const {
  if (*failure_ != 0)
    throw Error(ExitCode::data, "{}: cannot {}: {}", shown_, action, std::strerror(*failure_));
}

void OutputFile::close() {
  h5::check(H5Fflush(file_, H5F_SCOPE_LOCAL), shown_, "write");
  check("write");
  file_.close(shown_);
  check("close");
}

}  // namespace bailiwick::io::h5
