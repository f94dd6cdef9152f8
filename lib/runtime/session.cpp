// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/runtime/session.hpp"

#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <cstdlib>
#include <exception>
#include <utility>

#include "lib/core/error.hpp"
#include "lib/egress/meter.hpp"
#include "lib/runtime/mpi_check.hpp"
#include "lib/runtime/stop_signal.hpp"
#include "lib/runtime/watchdog.hpp"

namespace bailiwick {

namespace {

/// Tasks that srun started together with this one; 0: it was not srun that did. mpirun within a
/// step may start fewer, and a step for a person at a terminal has one task, whatever the job has,
/// which SLURM_NTASKS says: in a batch script too.
long slurm_tasks() {
  if (std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr) return 0;
  for (const char* name : {"SLURM_STEP_NUM_TASKS", "PMI_SIZE"})
    if (const char* tasks = std::getenv(name)) return std::strtol(tasks, nullptr, 10);
  return 0;
}

}  // namespace

struct Session::Kokkos {
  ::Kokkos::ScopeGuard guard;
};

Session::Session(int& argc, char**& argv) {
  int provided = 0;
  // Readers hash in a helper thread; MPI is called from the main thread alone.
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    throw Error(ExitCode::bug, "MPI_Init_thread failed");
  MPI_Comm world = MPI_COMM_NULL;
  if (EgressMeter::instance().crosses(MPI_COMM_WORLD))
    EgressMeter::instance().declare(sizeof(int));  // the number that MPI gives it
  check(MPI_Comm_dup(MPI_COMM_WORLD, &world), "MPI_Comm_dup");
  check(MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_set_name(world, "world"), "MPI_Comm_set_name");
  world_ = Communicator(world);
  if (world_.size() == 1 && slurm_tasks() > 1)
    throw Error(
        ExitCode::usage,
        "Slurm started {} tasks, but MPI sees 1: they do not know each other; start them with "
        "srun --mpi=pmix (srun --mpi=list says what there is) or with mpirun",
        slurm_tasks());
  last_words_ = world_.duplicate("last words");
  EgressMeter::instance().enforce();
  StopSignal::install(world_.size() == 1);
  kokkos_ = std::make_unique<Kokkos>();
}

Session::~Session() {
  Watchdog::stop();
  for (; !closings_.empty(); closings_.pop_back())
    closings_.back()();
  kokkos_.reset();
  last_words_ = Communicator();
  world_ = Communicator();
  MPI_Finalize();
}

void Session::watch(double seconds) {
  Watchdog::start(world_.rank(), seconds);
}

bool Session::all_arrive(double seconds) const {
  MPI_Request request = MPI_REQUEST_NULL;
  const EgressPurpose purpose("agreement and errors");
  if (EgressMeter::instance().crosses(last_words_.handle()))
    EgressMeter::instance().declare(1);  // that this rank has come
  if (MPI_Ibarrier(last_words_.handle(), &request) != MPI_SUCCESS) return false;
  const double deadline = MPI_Wtime() + seconds;
  int done = 0;
  while (!done && MPI_Wtime() < deadline) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (!done) ::usleep(1000);
  }
  return done != 0;
}

void Session::end(ExitCode code, const std::string& message) {
  std::exception_ptr failure;
  std::vector<Ending> endings = std::exchange(endings_, {});
  for (; !endings.empty(); endings.pop_back())
    try {
      endings.back()(code, message);
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  if (failure) std::rethrow_exception(failure);
}

void Session::abort(int code) const {
  MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

std::string node_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string runtime_versions() {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING] = {};
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  std::string mpi_line(mpi);
  mpi_line.resize(std::min(mpi_line.find(','), mpi_line.size()));
  return fmt::format("Kokkos {}.{}.{} ({})\nPETSc {}\nMPI {}\n", KOKKOS_VERSION / 10000,
                     KOKKOS_VERSION / 100 % 100, KOKKOS_VERSION % 100,
                     ::Kokkos::DefaultExecutionSpace::name(), BAILIWICK_PETSC_VERSION, mpi_line);
}

}  // namespace bailiwick
