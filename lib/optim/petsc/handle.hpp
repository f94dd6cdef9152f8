// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <petsctao.h>

#include <span>
#include <string>
#include <utility>

#include "lib/core/error.hpp"

// PETSc's objects as RAII, its error codes as exceptions.
namespace bailiwick::petsc {

/// While one lives, PETSc's errors are remembered rather than printed with a trace.
class ErrorScope {
 public:
  ErrorScope() { PetscPushErrorHandler(&ErrorScope::remember, this); }
  ~ErrorScope() { PetscPopErrorHandler(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;

  /// Throws `code` with PETSc's own words if a call failed.
  void check(PetscErrorCode result, ExitCode code = ExitCode::bug) {
    if (result == 0) return;
    const std::string words = std::exchange(message_, {});
    throw Error(code, "PETSc: {}", words.empty() ? "error " + std::to_string(result) : words);
  }

 private:
  static PetscErrorCode remember(MPI_Comm, int, const char*, const char*, PetscErrorCode result,
                                 PetscErrorType type, const char* message, void* context) {
    if (type == PETSC_ERROR_INITIAL && message) {
      static_cast<ErrorScope*>(context)->message_ = message;
    }
    return result;
  }

  std::string message_;
};

template <class T, auto Destroy>
class Handle {
 public:
  Handle() = default;
  ~Handle() { Destroy(&object_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  operator T() const { return object_; }
  T* out() { return &object_; }

 private:
  T object_ = nullptr;
};

using Vector = Handle<Vec, VecDestroy>;
using Matrix = Handle<Mat, MatDestroy>;
using Solver = Handle<Tao, TaoDestroy>;

/// A vector's numbers, readable while one lives.
class Reading {
 public:
  Reading(ErrorScope& errors, Vec vector) : vector_(vector) {
    PetscInt size = 0;
    errors.check(VecGetLocalSize(vector, &size));
    errors.check(VecGetArrayRead(vector, &data_));
    size_ = static_cast<std::size_t>(size);
  }
  ~Reading() { VecRestoreArrayRead(vector_, &data_); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  std::span<const double> values() const { return {data_, size_}; }

 private:
  Vec vector_;
  const PetscScalar* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Copies numbers into a vector of the same size.
inline void assign(ErrorScope& errors, Vec vector, std::span<const double> values) {
  PetscScalar* to = nullptr;
  errors.check(VecGetArrayWrite(vector, &to));
  for (std::size_t i = 0; i < values.size(); ++i)
    to[i] = values[i];
  errors.check(VecRestoreArrayWrite(vector, &to));
}

/// The user's options as PETSc's whole database while one lives: neither the environment nor a
/// command line can change what a config says.
class OptionsDatabase {
 public:
  OptionsDatabase(ErrorScope& errors, const std::string& text) : errors_(errors) {
    errors_.check(PetscOptionsCreate(options_.out()));
    errors_.check(PetscOptionsInsertString(options_, text.c_str()), ExitCode::config);
    errors_.check(PetscOptionsPush(options_));
  }
  ~OptionsDatabase() { PetscOptionsPop(); }
  OptionsDatabase(const OptionsDatabase&) = delete;
  OptionsDatabase& operator=(const OptionsDatabase&) = delete;

  /// The options that nothing has asked for, as "-a, -b". `sure`: those that nothing will ask for
  /// once a solver is set up; what views a solution, or a matrix and what solves with it, may be.
  std::string unused(bool sure = false) const {
    PetscInt count = 0;
    char **names = nullptr, **values = nullptr;
    errors_.check(PetscOptionsLeftGet(options_, &count, &names, &values));
    std::string list;
    for (PetscInt i = 0; i < count; ++i) {
      const std::string name = names[i];
      const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
      if (sure && (has("view") || has("reason") || has("ksp_") || has("pc_") || has("mat_")))
        continue;
      list += (list.empty() ? "-" : ", -") + name;
    }
    errors_.check(PetscOptionsLeftRestore(options_, &count, &names, &values));
    return list;
  }

 private:
  ErrorScope& errors_;
  Handle<PetscOptions, PetscOptionsDestroy> options_;
};

}  // namespace bailiwick::petsc
