// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "io/checkpoint/writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <future>
#include <optional>
#include <set>

#include "io/checkpoint/content_digest.hpp"
#include "io/checkpoint/layout.hpp"
#include "io/h5/h5.hpp"
#include "io/h5/output.hpp"
#include "io/h5/temporary.hpp"
#include "lib/core/failure.hpp"
#include "lib/core/helper_thread.hpp"
#include "lib/egress/meter.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick::io {

using namespace detail;

namespace {

void check_text(const std::string& text, const std::string& path) {
  if (text.find('\0') != std::string::npos)
    throw Error(ExitCode::data, "{}: an attribute holds a NUL, which HDF5 would cut", path);
}

std::string object_name(const std::string& array) {
  return std::string("/") + arrays_name + "/" + array;
}

/// The file before it has its name, as the first rank sees it.
class Draft {
 public:
  Draft(const Checkpoint& checkpoint, const std::string& path, Readers readers)
      : checkpoint_(checkpoint), path_(path), readers_(readers), temporary_(path) {}
  const std::string& temporary() const { return temporary_.path(); }

  /// Everything but the content digest, and the arrays' values only if asked to. Their place is
  /// taken in either case: a full disk is met here, by one rank.
  void lay_out(bool values);
  /// Once all values are there.
  void publish(const Digest& content);

 private:
  const Checkpoint& checkpoint_;
  const std::string& path_;
  Readers readers_;
  Temporary temporary_;
};

void Draft::lay_out(bool values) {
  h5::OutputFile file = h5::OutputFile::create(temporary(), path_, readers_);
  h5::write_attribute(file, "format", checkpoint_format, path_);
  h5::write_attribute(file, "version", std::int64_t{checkpoint_version}, path_);
  h5::write_attribute(file, content_name, Digest().hex(), path_);
  const h5::Properties group_creation = h5::without_times(H5P_GROUP_CREATE);
  const auto create_group = [&](const std::string& name) {
    return h5::Group(
        h5::check(H5Gcreate2(file, name.c_str(), H5P_DEFAULT, group_creation, H5P_DEFAULT), path_,
                  "create group /" + name));
  };
  const h5::Group attributes = create_group(attributes_name);
  for (const auto& [name, text] : checkpoint_.attributes) {
    check_text(name, path_);
    check_text(text, path_);
    h5::write_attribute(attributes, name, text, path_);
  }
  create_group(arrays_name);
  std::set<std::string> groups;
  const h5::Properties creation = h5::without_times(H5P_DATASET_CREATE);
  h5::check(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY), path_, "allocate early");
  h5::check(H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER), path_, "leave values alone");
  for (const auto& [name, numbers] : checkpoint_.arrays) {
    // Group by group, because those that HDF5 makes by itself carry the time.
    for (std::size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1))
      if (groups.insert(name.substr(0, slash)).second)
        create_group(std::string(arrays_name) + "/" + name.substr(0, slash));
    const h5::Space space = h5::simple_space({numbers.size()}, path_);
    const std::string object = object_name(name);
    h5::Dataset dataset(h5::check(
        H5Dcreate2(file, object.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT),
        path_, "create " + object));
    if (values && !numbers.empty())
      h5::check(H5Dwrite(dataset, H5T_IEEE_F64LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()),
                path_, "write " + object);
    dataset.close(path_);
    file.check("create " + object);
  }
  file.close();
  if (!values) h5::take_space(temporary(), path_);
}

void Draft::publish(const Digest& content) {
  h5::OutputFile file = h5::OutputFile::append(temporary(), path_);
  h5::overwrite_attribute(file, content_name, content.hex(), path_);
  file.close();
  h5::sync(temporary(), path_);
  h5::rename(temporary(), path_);
  temporary_.keep();
}

/// Ranks that would publish something else must not: a sum that tells them apart, at the speed of
/// memory.
std::int64_t fingerprint(const Checkpoint& checkpoint) {
  std::uint64_t sum = checkpoint.attributes.size();
  const auto add = [&sum](const std::string& text) {
    for (const char c : text)
      sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  };
  for (const auto& [name, text] : checkpoint.attributes) {
    add(name);
    add(text);
  }
  for (const auto& [name, numbers] : checkpoint.arrays) {
    add(name);
    std::uint64_t weight = 1;
    for (const double number : numbers)
      sum += std::bit_cast<std::uint64_t>(number) * (weight += 2);
  }
  return static_cast<std::int64_t>(sum);
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
  const std::string object = object_name(name);
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
    } catch (...) {
      if (!failure) failure = caught_error();
    }
  };
  const h5::Properties access = h5::file_access();
  h5::check(H5Pset_fapl_mpio(access, comm.handle(), MPI_INFO_NULL), path, "choose MPI-IO");
  h5::check(H5Pset_all_coll_metadata_ops(access, true), path, "choose collective metadata");
  const h5::Properties transfer(h5::check(H5Pcreate(H5P_DATASET_XFER), path, "choose transfer"));
  h5::check(H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE), path, "choose collective transfer");
  h5::File file;
  EgressMeter::instance().will_write(temporary);
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

Digest publish_checkpoint(const Checkpoint& checkpoint, const std::string& path, Readers readers) {
  Draft draft(checkpoint, path, readers);
  ContentDigest content(checkpoint.attributes, checkpoint.arrays);
  draft.lay_out(true);
  const Digest digest = content.finish();
  draft.publish(digest);
  return digest;
}

Digest publish_checkpoint(const Communicator& comm, const Communicator& writers,
                          const Checkpoint& checkpoint, const std::string& path, Readers readers) {
  const EgressPurpose purpose("checkpoints");
  const bool writes = writers.handle() != MPI_COMM_NULL;
  std::optional<Draft> draft;  // of the first rank; its file goes if anything throws
  if (comm.is_root()) draft.emplace(checkpoint, path, readers);
  // Both go on while values are written and reach the disk.
  std::optional<ContentDigest> content;
  if (writes)
    content.emplace(checkpoint.attributes, checkpoint.arrays,
                    static_cast<std::size_t>(writers.rank()),
                    static_cast<std::size_t>(writers.size()));
  auto sum =
      run_beside([&] { return comm.size() > 1 ? fingerprint(checkpoint) : 0; }, Priority::idle);

  const std::string temporary = comm.broadcast(0, draft ? draft->temporary() : std::string());
  agree(comm, [&] {
    if (draft) draft->lay_out(false);
  });
  agree(comm, [&] {
    if (writes) check_visible(temporary, path);
  });
  std::optional<Error> failure;
  if (writes) failure = write_together(writers, checkpoint, temporary, path);
  std::string own;
  std::int64_t mine = 0;
  agree(comm, [&] {
    if (failure) throw *failure;
    mine = sum.get();
    if (writes) own = content->own();
  });
  std::int64_t first = mine;
  comm.broadcast(0, {&first, 1});
  agree(comm, [&] { ensure(mine == first, "every rank publishes the same checkpoint"); });
  if (writes) content->set(writers.gather(own));
  std::string digest;
  agree(comm, [&] {
    if (!draft) return;
    const Digest whole = content->finish();
    draft->publish(whole);
    digest = whole.hex();
  });
  return Digest::from_hex(comm.broadcast(0, digest));
}

}  // namespace bailiwick::io
