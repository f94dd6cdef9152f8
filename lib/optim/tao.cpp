// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/optim/tao.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <sstream>
#include <string_view>

#include "lib/core/error.hpp"

namespace bailiwick {
namespace {

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

/// Stays loaded once it is. Lazily: of PETSc's ten thousand functions a solver calls few.
const detail::PetscLibrary& load_petsc() {
  void* const library = dlopen(detail::petsc_library, RTLD_LAZY | RTLD_LOCAL);
  void* const table = library != nullptr ? dlsym(library, detail::petsc_table) : nullptr;
  if (table == nullptr)
    throw Error(ExitCode::config,
                "train.method: PETSc, whose solver this is, cannot be loaded ({}); install it "
                "(docs/install.md), or use train.method: newton",
                dlerror());
  return *static_cast<const detail::PetscLibrary*>(table);
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

std::function<void()> start_petsc() {
  const detail::PetscLibrary& petsc = load_petsc();
  petsc.start();
  return petsc.end;
}

Iterate tao(Objective& objective, const std::vector<double>& start, const TaoOptions& options,
            const Observer& observer) {
  ensure(start.size() == objective.size(), "the start has one value a parameter");
  TaoOptions checked = options;
  checked.petsc_options = checked_petsc_options(options.petsc_options);
  return load_petsc().solve(objective, start, checked, observer);
}

}  // namespace bailiwick
