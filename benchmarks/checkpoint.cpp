// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// What do digests and atomic publishing of a checkpoint cost? Beside it the same arrays through
// plain parallel HDF5, synced; both in turns, as new files on the same disk, the best of each.
// Reading: verified, beside plain HDF5, from the disk.
//
//   mpirun -np N benchmark_checkpoint [--megabytes N] [--folder DIR] [--repeat N]
#include <fcntl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "io/checkpoint/writer.hpp"
#include "lib/core/error.hpp"

using namespace bailiwick;

namespace {

void require(bool holds) {
  if (!holds) throw Error(ExitCode::data, "plain HDF5 failed");
}

void sync_file(const std::string& path, bool forget) {
  const int file = ::open(path.c_str(), O_RDONLY);
  require(file >= 0 && ::fsync(file) == 0);
  if (forget) ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
}

void write_plainly(const Communicator& comm, const io::Checkpoint& checkpoint,
                   const std::string& path) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  require(H5Pset_fapl_mpio(access, comm.handle(), MPI_INFO_NULL) >= 0);
  const hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
  require(H5Pset_dxpl_mpio(transfer, H5FD_MPIO_COLLECTIVE) >= 0);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  require(file >= 0);
  const auto rank = static_cast<hsize_t>(comm.rank()), size = static_cast<hsize_t>(comm.size());
  for (const auto& [name, values] : checkpoint.arrays) {
    const hsize_t all = values.size(), start = all * rank / size,
                  count = all * (rank + 1) / size - start;
    const hid_t space = H5Screate_simple(1, &all, nullptr),
                part = H5Screate_simple(1, &count, nullptr);
    const hid_t dataset = H5Dcreate2(file, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT,
                                     H5P_DEFAULT, H5P_DEFAULT);
    require(H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, nullptr, &count, nullptr) >= 0);
    require(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, part, space, transfer, values.data() + start) >=
            0);
    require(H5Dclose(dataset) >= 0 && H5Sclose(space) >= 0 && H5Sclose(part) >= 0);
  }
  require(H5Fclose(file) >= 0 && H5Pclose(access) >= 0 && H5Pclose(transfer) >= 0);
  if (comm.is_root()) sync_file(path, false);
  comm.barrier();
}

void read_plainly(const io::Checkpoint& checkpoint, const std::string& path) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  std::map<std::string, std::vector<double>> arrays;  // all, as a reader would have them
  for (const auto& [name, values] : checkpoint.arrays) {
    std::vector<double>& found = arrays[name];
    found.resize(values.size());
    const hid_t dataset = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
    require(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, found.data()) >= 0);
    require(H5Dclose(dataset) >= 0);
  }
  require(H5Fclose(file) >= 0);
}

void remove(const std::string& ours, const std::string& plain) {
  std::filesystem::remove(ours);
  std::filesystem::remove(plain);
}

template <class Work>
void time(const Communicator& comm, double& best, const Work& work) {
  comm.barrier();
  const double start = MPI_Wtime();
  work();
  comm.barrier();
  best = std::min(best, MPI_Wtime() - start);
}

void run(std::map<std::string, std::string> options) {
  MPI_Comm world = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &world);
  const Communicator comm(world);
  const double megabytes = std::atof(options["--megabytes"].c_str());
  const std::string ours = options["--folder"] + "/ours.h5",
                    plain = options["--folder"] + "/plain.h5";
  io::Checkpoint checkpoint;
  checkpoint.attributes["model"] = "benchmark";
  std::uint64_t state = 1;
  for (const char* name : {"a", "b", "c", "d"}) {
    std::vector<double>& values = checkpoint.arrays[name];
    values.resize(static_cast<std::size_t>(megabytes * 1e6 / 4 / sizeof(double)));
    for (double& value : values)
      value = static_cast<double>(state = state * 6364136223846793005u + 1442695040888963407u);
  }
  double write_ours = 1e9, write_plain = 1e9, read_ours = 1e9, read_plain = 1e9;
  for (int i = 0; i < std::atoi(options["--repeat"].c_str()); ++i) {
    if (comm.is_root()) remove(ours, plain);
    // Each is first in turn: what comes second may have to wait for fresh memory.
    for (const bool we : {i % 2 == 0, i % 2 != 0})
      if (we)
        time(comm, write_ours, [&] { io::publish_checkpoint(comm, comm, checkpoint, ours); });
      else
        time(comm, write_plain, [&] { write_plainly(comm, checkpoint, plain); });
    if (comm.is_root()) sync_file(plain, true);
    time(comm, read_plain, [&] {
      if (comm.is_root()) read_plainly(checkpoint, plain);
    });
    if (comm.is_root()) sync_file(ours, true);
    time(comm, read_ours, [&] {
      if (comm.is_root()) io::read_checkpoint(ours);
    });
  }
  if (comm.is_root())
    fmt::print(
        "{} MB, {} ranks     plain HDF5         ours    ratio\n"
        "write and sync    {:>8.0f} MB/s {:>8.0f} MB/s {:>8.2f}\n"
        "read from disk    {:>8.0f} MB/s {:>8.0f} MB/s {:>8.2f}\n",
        megabytes, comm.size(), megabytes / write_plain, megabytes / write_ours,
        write_plain / write_ours, megabytes / read_plain, megabytes / read_ours,
        read_plain / read_ours);
  comm.barrier();
  if (comm.is_root()) remove(ours, plain);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  std::map<std::string, std::string> options = {
      {"--megabytes", "100"}, {"--folder", "."}, {"--repeat", "10"}};
  for (int i = 1; i + 1 < argc; i += 2)
    options[argv[i]] = argv[i + 1];
  try {
    run(options);
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    MPI_Abort(MPI_COMM_WORLD, static_cast<int>(error.code()));
  }
  MPI_Finalize();
}
