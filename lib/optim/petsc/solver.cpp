// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

// A library of its own, bailiwick_petsc, which lib/optim/tao.cpp loads when a config asks for it:
// PETSc brings a hundred other libraries, and to load them takes longer than a small job.

#include <petscsys.h>

#include <cmath>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/core/error.hpp"
#include "lib/optim/petsc/handle.hpp"
#include "lib/optim/tao.hpp"

namespace bailiwick {
namespace {

/// What the callbacks share. They are called by C, so they keep an exception for later.
struct Problem {
  Objective& objective;
  const Observer& observer;
  petsc::ErrorScope& errors;
  Iterate tried = {};              // the last whose sums fitted
  std::optional<Iterate> at = {};  // the last accepted
  std::vector<double> hessian_at = {};
  double shift = 0;  // TAO's own regularisation, added to the Hessian's diagonal
  std::exception_ptr thrown = {};
};

/// Runs f and turns what it throws into an error code, which PETSc hands up to TaoSolve's caller.
template <class F>
PetscErrorCode guarded(Problem& problem, const F& f) {
  try {
    f();
    return 0;
  } catch (...) {
    problem.thrown = std::current_exception();
    return PETSC_ERR_USER;
  }
}

/// The objective, or, where its sums do not fit, a pretence that the way there leads up as steeply
/// as it goes down: so the line search comes back half-way, from numbers of the size of the real
/// ones.
Evaluation evaluate(Problem& problem, std::span<const double> theta) {
  Evaluation real = problem.objective.evaluate(theta, Order::gradient);
  if (real.saturated == 0) {
    problem.tried.theta.assign(theta.begin(), theta.end());
    problem.tried.evaluation = real;
    return real;
  }
  if (!problem.at) {
    throw Error(ExitCode::data,
                "{} sums at the start are not finite or too large; look for outliers, or "
                "standardise the columns (model.standardise)",
                real.saturated);
  }
  Evaluation mirror = problem.at->evaluation;
  for (std::size_t j = 0; j < theta.size(); ++j) {
    double& slope = mirror.gradient[j];
    mirror.value = std::fma(-slope, theta[j] - problem.at->theta[j], mirror.value);
    slope = -slope;
  }
  return mirror;
}

PetscErrorCode value_and_gradient(Tao, Vec x, PetscReal* value, Vec gradient, void* context) {
  Problem& problem = *static_cast<Problem*>(context);
  return guarded(problem, [&] {
    const Evaluation at = evaluate(problem, petsc::Reading(problem.errors, x).values());
    *value = at.value;
    petsc::assign(problem.errors, gradient, at.gradient);
  });
}

PetscErrorCode set_hessian(Tao, Vec x, Mat, Mat, void* context) {
  Problem& problem = *static_cast<Problem*>(context);
  return guarded(problem, [&] {
    const petsc::Reading theta(problem.errors, x);
    problem.hessian_at.assign(theta.values().begin(), theta.values().end());
    problem.shift = 0;
  });
}

PetscErrorCode hessian_times(Mat hessian, Vec x, Vec y) {
  void* context = nullptr;
  if (const PetscErrorCode code = MatShellGetContext(hessian, &context)) return code;
  Problem& problem = *static_cast<Problem*>(context);
  return guarded(problem, [&] {
    const petsc::Reading v(problem.errors, x);
    std::vector<double> product = problem.objective.hessian_times(problem.hessian_at, v.values());
    for (std::size_t j = 0; j < product.size(); ++j) {
      product[j] = std::fma(problem.shift, v.values()[j], product[j]);
    }
    petsc::assign(problem.errors, y, product);
  });
}

/// A shell would keep the shift when TAO moves on to the next Hessian; a real matrix would not.
PetscErrorCode shift_hessian(Mat hessian, PetscScalar shift) {
  void* context = nullptr;
  if (const PetscErrorCode code = MatShellGetContext(hessian, &context)) return code;
  static_cast<Problem*>(context)->shift += shift;
  return 0;
}

PetscErrorCode accept(Tao tao, void* context) {
  Problem& problem = *static_cast<Problem*>(context);
  return guarded(problem, [&] {
    PetscInt iteration = 0;
    PetscReal norm = 0;
    Vec x = nullptr;
    problem.errors.check(
        TaoGetSolutionStatus(tao, &iteration, nullptr, &norm, nullptr, nullptr, nullptr));
    problem.errors.check(TaoGetSolution(tao, &x));
    const petsc::Reading reading(problem.errors, x);
    const std::vector<double> theta(reading.values().begin(), reading.values().end());
    if (theta != problem.tried.theta) evaluate(problem, theta);
    if (theta != problem.tried.theta) {
      throw Error(ExitCode::not_converged,
                  "iteration {}: the sums do not fit where the line search ended; standardise the "
                  "columns (model.standardise), or use train.method: newton",
                  iteration);
    }
    if (problem.at && problem.at->iteration == iteration) return;  // nls tells of the start twice
    problem.at = problem.tried;
    problem.at->iteration = static_cast<int>(iteration);
    problem.at->decrement = norm;
    if (problem.observer) problem.observer(*problem.at);
  });
}

bool is_started() {
  PetscBool started = PETSC_FALSE;
  return PetscInitialized(&started) == 0 && started;
}

void start() {
  if (is_started()) return;
  // Every rank solves for itself, and PETSc's start-up talks to nobody.
  PETSC_COMM_WORLD = MPI_COMM_SELF;
  // The config has every option of a solver: no .petscrc of a home or working folder, which could
  // load code, is read. clear_surroundings() has taken PETSC_OPTIONS away.
  char name[] = "bailiwick", skip[] = "-skip_petscrc";
  char* words[] = {name, skip, nullptr};
  char** arguments = words;
  int count = 2;
  if (PetscInitialize(&count, &arguments, nullptr, nullptr) != 0)
    throw Error(ExitCode::bug, "PetscInitialize failed");
  // A handler that prints PETSc's trace would hide ours, and Slurm's signals are ours to take.
  PetscPopSignalHandler();
  PetscPushErrorHandler(PetscReturnErrorHandler, nullptr);
}

void end() {
  if (is_started()) PetscFinalize();
}

Iterate solve(Objective& objective, const std::vector<double>& start_at, const TaoOptions& options,
              const Observer& observer) {
  ensure(is_started(), "PETSc has been started");
  petsc::ErrorScope errors;
  const petsc::OptionsDatabase database(errors, options.petsc_options);
  Problem problem{objective, observer, errors};

  const auto size = static_cast<PetscInt>(start_at.size());
  petsc::Vector x;
  errors.check(VecCreateSeq(PETSC_COMM_SELF, size, x.out()));
  petsc::assign(errors, x, start_at);
  petsc::Matrix hessian;
  errors.check(MatCreateShell(PETSC_COMM_SELF, size, size, size, size, &problem, hessian.out()));
  errors.check(MatShellSetManageScalingShifts(hessian));
  errors.check(MatShellSetOperation(hessian, MATOP_MULT, (void (*)(void))hessian_times));
  errors.check(MatShellSetOperation(hessian, MATOP_SHIFT, (void (*)(void))shift_hessian));
  errors.check(MatSetOption(hessian, MAT_SYMMETRIC, PETSC_TRUE));

  petsc::Solver tao;
  errors.check(TaoCreate(PETSC_COMM_SELF, tao.out()));
  errors.check(TaoSetType(tao, options.type.c_str()), ExitCode::config);
  errors.check(TaoSetSolution(tao, x));
  errors.check(TaoSetObjectiveAndGradient(tao, nullptr, value_and_gradient, &problem));
  errors.check(TaoSetHessian(tao, hessian, hessian, set_hessian, &problem));
  errors.check(TaoSetMonitor(tao, accept, &problem, nullptr));
  errors.check(TaoSetTolerances(tao, 0, 0, options.tolerance));
  errors.check(TaoSetMaximumIterations(tao, options.max_iterations));
  errors.check(TaoSetMaximumFunctionEvaluations(tao, PETSC_MAX_INT));
  KSP krylov = nullptr;
  errors.check(TaoGetKSP(tao, &krylov));
  if (krylov) {  // nls's default, ILU, needs a matrix
    PC preconditioner = nullptr;
    errors.check(KSPGetPC(krylov, &preconditioner));
    errors.check(PCSetType(preconditioner, PCNONE));
  }
  errors.check(TaoSetFromOptions(tao), ExitCode::config);
  errors.check(TaoSetUp(tao), ExitCode::config);
  const auto refuse = [&](const std::string& unused) {
    if (!unused.empty())
      throw Error(ExitCode::config, "train.petsc_options: {} does not know {}", options.type,
                  unused);
  };
  refuse(database.unused(true));

  const PetscErrorCode result = TaoSolve(tao);
  if (problem.thrown) std::rethrow_exception(problem.thrown);
  errors.check(result, ExitCode::not_converged);
  refuse(database.unused());
  TaoConvergedReason reason = TAO_CONTINUE_ITERATING;
  errors.check(TaoGetConvergedReason(tao, &reason));
  if (reason <= 0) {
    throw Error(ExitCode::not_converged,
                "{}: not converged after {} iterations ({}); the gradient norm is {:.3g}; raise "
                "train.max_iterations or train.tolerance, or standardise the columns "
                "(model.standardise)",
                options.type, problem.at->iteration, TaoConvergedReasons[reason],
                problem.at->decrement);
  }
  return *problem.at;
}

}  // namespace
}  // namespace bailiwick

extern "C" {
extern const bailiwick::detail::PetscLibrary bailiwick_petsc;
}
const bailiwick::detail::PetscLibrary bailiwick_petsc = {bailiwick::start, bailiwick::end,
                                                         bailiwick::solve};
