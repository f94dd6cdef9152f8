// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/tao.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <exception>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "lib/optim/petsc_handle.hpp"

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

/// PETSc's options that steer the two solvers, and nothing else: others load code, write files, or
/// open displays and sockets. What shows something may do so on the terminal alone.
constexpr std::string_view steering[] = {
    "tao_catol",
    "tao_crtol",
    "tao_fmin",
    "tao_gatol",
    "tao_grtol",
    "tao_gttol",
    "tao_max_funcs",
    "tao_max_it",
    "tao_recycle_history",
    "tao_steptol",
    "tao_trust0",
    "tao_ls_ftol",
    "tao_ls_gtol",
    "tao_ls_max_funcs",
    "tao_ls_rtol",
    "tao_ls_stepinit",
    "tao_ls_stepmax",
    "tao_ls_stepmin",
    "tao_ls_type",
    "tao_lmvm_recycle",
    "tao_lmvm_mat_type",
    "tao_lmvm_mat_lmvm_alpha",
    "tao_nls_ksp_atol",
    "tao_lmvm_mat_lmvm_beta",
    "tao_nls_ksp_cg_dtype",
    "tao_lmvm_mat_lmvm_eps",
    "tao_nls_ksp_cg_radius",
    "tao_lmvm_mat_lmvm_hist_size",
    "tao_nls_ksp_divtol",
    "tao_lmvm_mat_lmvm_rho",
    "tao_nls_ksp_max_it",
    "tao_lmvm_mat_lmvm_scale_type",
    "tao_nls_ksp_norm_type",
    "tao_lmvm_mat_lmvm_sigma_hist",
    "tao_nls_ksp_rtol",
    "tao_lmvm_mat_lmvm_theta",
    "tao_nls_ksp_type",
    "tao_nls_pc_type",
};
constexpr std::string_view showing[] = {
    "tao_converged_reason", "tao_monitor",         "tao_view",
    "tao_view_solution",    "tao_ls_monitor",      "tao_ls_view",
    "tao_nls_ksp_view",     "tao_nls_ksp_monitor", "tao_nls_ksp_converged_reason",
};

bool steers(std::string_view name) {
  constexpr std::string_view own = "tao_nls_";  // the parameters of nls itself, some sixty
  const std::string_view rest = name.starts_with(own) ? name.substr(own.size()) : "";
  return std::ranges::find(steering, name) != std::end(steering) ||
         (!rest.empty() && !rest.starts_with("ksp_") && !rest.starts_with("pc_"));
}

}  // namespace

std::string checked_petsc_options(const std::string& text) {
  const auto refuse = [](const std::string& word, const char* why) {
    throw Error(ExitCode::config, "\"{}\" {}", word, why);
  };
  std::istringstream words(text);
  std::string checked;
  enum { none, any, forbidden } value = none;
  for (std::string word; words >> word;) {
    const bool option = word.size() > 1 && word[0] == '-' && std::isalpha(word[1]);
    if (option) {
      const std::string_view name = std::string_view(word).substr(1);
      const bool shows = std::ranges::find(showing, name) != std::end(showing);
      if (!shows && !steers(name))
        refuse(word, "is not one of the options that steer a solver (docs/models.md)");
      value = shows ? forbidden : any;
    } else {
      if (value == none) refuse(word, "is neither an option (-name) nor the value of one");
      if (value == forbidden)
        refuse(word, "follows an option that shows something, and only on the terminal");
      const bool plain = std::ranges::all_of(word, [](unsigned char c) {
        return std::isalnum(c) || std::strchr("_.,+-", c) != nullptr;
      });
      if (!plain || word == "python" || word == "shell")
        refuse(word, "is no number or word that an option of a solver takes");
      value = none;
    }
    checked += (checked.empty() ? "" : " ") + word;
  }
  return checked;
}

Iterate tao(Objective& objective, std::vector<double> start, const TaoOptions& options,
            const Observer& observer) {
  ensure(start.size() == objective.size(), "the start has one value a parameter");
  PetscBool started = PETSC_FALSE;
  ensure(PetscInitialized(&started) == 0 && started, "the session has started PETSc");
  const std::string words = checked_petsc_options(options.petsc_options);
  petsc::ErrorScope errors;
  const petsc::OptionsDatabase database(errors, words);
  Problem problem{objective, observer, errors};

  const auto size = static_cast<PetscInt>(start.size());
  petsc::Vector x;
  errors.check(VecCreateSeq(PETSC_COMM_SELF, size, x.out()));
  petsc::assign(errors, x, start);
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

}  // namespace bailiwick
