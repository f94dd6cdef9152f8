// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/optim/newton.hpp"

namespace bailiwick {

/// The words of `text` with one space between them. Throws ExitCode::config for one that is no
/// option that steers a solver, nor the value of one: PETSc would skip it without a sound.
std::string checked_petsc_options(const std::string& text);

struct TaoOptions {
  std::string type =
      "lmvm";  ///< "lmvm" (limited-memory quasi-Newton) or "nls" (Newton-Krylov, matrix-free)
  double tolerance = 1e-10;  ///< on the gradient norm, relative to that at the start
  int max_iterations = 500;
  std::string petsc_options;  ///< PETSc's own, e.g. "-tao_nls_ksp_type cg"; unknown or unused ones
                              ///< throw ExitCode::config
};

/// Loads PETSc and starts it, if it is not. What comes back ends it, and is to be called before MPI
/// ends. Local. Throws ExitCode::config if it cannot be loaded.
std::function<void()> start_petsc();

/// PETSc TAO on PETSC_COMM_SELF, replicated on every rank; PETSc has been started. The last iterate
/// carries no Hessian: evaluate the objective at Order::hessian where one is wanted.
Iterate tao(Objective& objective, const std::vector<double>& start, const TaoOptions& options,
            const Observer& observer);

namespace detail {
/// What tao.cpp calls of PETSc's part, a library that is loaded when it is needed.
struct PetscLibrary {
  void (*start)();
  void (*end)();
  Iterate (*solve)(Objective&, const std::vector<double>& start, const TaoOptions&,
                   const Observer&);
};
constexpr const char* petsc_library = "bailiwick_petsc.so";
constexpr const char* petsc_table = "bailiwick_petsc";  ///< a PetscLibrary
}  // namespace detail

}  // namespace bailiwick
