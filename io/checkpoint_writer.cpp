// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/checkpoint_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include "io/checkpoint_layout.hpp"
#include "io/h5.hpp"
#include "io/h5_output.hpp"
#include "io/temporary.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/runtime/egress_meter.hpp"

namespace bailiwick::io {

using namespace detail;

namespace {

void check_text(const std::string& text, const std::string& path) {
  if (text.find('\0') != std::string::npos)
    throw Error(ExitCode::data, "{}: an attribute holds a NUL, which HDF5 would cut", path);
}

/// One rank writes everything but the arrays' values, and zeros for those: a full disk is met here,
/// by one rank, and the bytes depend on no number of ranks.
void lay_out(const Checkpoint& checkpoint, const std::string& temporary, const std::string& path) {
  h5::OutputFile file = h5::OutputFile::create(temporary, path);
  h5::write_attribute(file, "format", checkpoint_format, path);
  h5::write_attribute(file, "version", std::int64_t{checkpoint_version}, path);
  h5::write_attribute(file, content_name, checkpoint.digest().hex(), path);
  const h5::Properties group_creation = h5::without_times(H5P_GROUP_CREATE);
  const auto create_group = [&](const std::string& name) {
    return h5::Group(
        h5::check(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, group_creation, H5P_DEFAULT), path,
                  "create group /" + name));
  };
  const h5::Group attributes = create_group(attributes_name);
  for (const auto& [name, text] : checkpoint.attributes) {
    check_text(name, path);
    check_text(text, path);
    h5::write_attribute(attributes, name, text, path);
  }
  create_group(arrays_name);
  std::set<std::string> groups;
  const h5::Properties creation = h5::without_times(H5P_DATASET_CREATE);
  h5::check(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY), path, "allocate early");
  h5::check(H5Pset_fill_time(creation, H5D_FILL_TIME_ALLOC), path, "fill early");
  for (const auto& [name, values] : checkpoint.arrays) {
    // Group by group, because those that HDF5 makes by itself carry the time.
    for (std::size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1))
      if (groups.insert(name.substr(0, slash)).second)
        create_group(std::string(arrays_name) + "/" + name.substr(0, slash));
    const h5::Space space = h5::simple_space({values.size()}, path);
    const std::string object = std::string("/") + arrays_name + "/" + name;
    h5::Dataset(h5::check(H5Dcreate2(file, object.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT,
                                     creation, H5P_DEFAULT),
                          path, "create " + object))
        .close(path);
    file.check("create " + object);
  }
  file.close();
}

/// A rank that cannot see the file must say so before it takes part in opening it together.
void check_visible(const std::string& temporary, const std::string& path) {
  const int file = ::open(temporary.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0)
    throw Error(ExitCode::data, "{}: cannot open for writing: {}; do all nodes share the folder?",
                path, std::strerror(errno));
  ::close(file);
}

/// Rank r's share of n values is [n r / size, n (r + 1) / size).
void write_share(hid_t file, const std::string& name, const std::vector<double>& values,
                 const Communicator& comm, hid_t transfer, const std::string& path) {
  const std::string object = std::string("/") + arrays_name + "/" + name;
  const auto bound = [&](int rank) {
    return values.size() * static_cast<std::size_t>(rank) / static_cast<std::size_t>(comm.size());
  };
  const hsize_t start = bound(comm.rank()), count = bound(comm.rank() + 1) - start;
  const h5::Dataset dataset(
      h5::check(H5Dopen2(file, object.c_str(), H5P_DEFAULT), path, "open " + object));
  const h5::Space to(h5::check(H5Dget_space(dataset), path, "write " + object));
  const h5::Space from = h5::simple_space({std::max<hsize_t>(count, 1)}, path);
  if (count > 0) {
    h5::check(H5Sselect_hyperslab(to, H5S_SELECT_SET, &start, nullptr, &count, nullptr), path,
              "write " + object);
  } else {  // a rank without a share takes part all the same
    h5::check(H5Sselect_none(to), path, "write " + object);
    h5::check(H5Sselect_none(from), path, "write " + object);
  }
  h5::check(H5Dwrite(dataset, H5T_IEEE_F64LE, from, to, transfer, values.data() + start), path,
            "write " + object);
}

/// Collective. Whatever fails on this rank is kept until all have made the same calls, so that no
/// rank waits for one that gave up; the first failure is returned.
std::optional<Error> write_together(const Communicator& comm, const Checkpoint& checkpoint,
                                    const std::string& temporary, const std::string& path) {
  std::optional<Error> failure;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      if (!failure) failure = error;
    }
  };
  const h5::Properties access = h5::file_access();
  h5::check(H5Pset_fapl_mpio(access, comm.handle(), MPI_INFO_NULL), path, "choose MPI-IO");
  h5::check(H5Pset_all_coll_metadata_ops(access, true), path, "choose collective metadata");
  const h5::Properties transfer(h5::check(H5Pcreate(H5P_DATASET_XFER), path, "choose transfer"));
  h5::check(H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE), path, "choose collective transfer");
  h5::File file;
  attempt([&] {
    file = h5::File(
        h5::check(H5Fopen(temporary.c_str(), H5F_ACC_RDWR, access), path, "open together"));
  });
  if (file.empty()) return failure;  // MPI_File_open succeeds on all ranks or on none
  // No structured binding: Clang before 16 does not let a lambda capture one.
  for (const auto& array : checkpoint.arrays)
    if (!array.second.empty())
      attempt([&] { write_share(file, array.first, array.second, comm, transfer, path); });
  attempt([&] { h5::check(H5Fflush(file, H5F_SCOPE_LOCAL), path, "flush"); });
  attempt([&] { file.close(path); });
  return failure;
}

}  // namespace

Published publish_checkpoint(const Communicator& comm, const Communicator& writers,
                             const Checkpoint& checkpoint, const std::string& path) {
  const EgressPurpose purpose("checkpoints");
  const bool writes = writers.handle() != MPI_COMM_NULL;
  std::optional<Temporary> mine;  // of rank 0, which removes it if anything throws
  if (comm.is_root()) mine.emplace(path);
  const std::string temporary = comm.broadcast(0, mine ? mine->path() : std::string());
  Published published;
  published.content = checkpoint.digest();
  const std::string content = comm.broadcast(0, published.content.hex());
  agree(comm, [&] {
    ensure(published.content.hex() == content, "every rank publishes the same checkpoint");
    if (mine) lay_out(checkpoint, temporary, path);
  });
  agree(comm, [&] {
    if (writes) check_visible(temporary, path);
  });
  std::optional<Error> failure;
  if (writes) failure = write_together(writers, checkpoint, temporary, path);
  agree(comm, [&] {
    if (failure) throw *failure;
  });

  agree(comm, [&] {
    if (!mine) return;
    // Read back before it gets its name.
    if (read_checkpoint(temporary).digest() != published.content)
      throw Error(ExitCode::data, "{}: what was written does not read back", path);
    published.file = sha256_file(temporary);
    h5::publish(temporary, path);
    mine->keep();
  });
  published.file = Digest::from_hex(comm.broadcast(0, published.file.hex()));
  return published;
}

}  // namespace bailiwick::io
