// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>

namespace bailiwick {

/// The learning rate of a step, as a fraction of the one that is set. The same bits everywhere.
struct Schedule {
  enum class Kind { constant, linear, cosine, step };
  Kind kind = Kind::constant;
  std::uint64_t steps = 1;         ///< of the whole training
  std::uint64_t warmup_steps = 0;  ///< it first grows linearly: 1/warmup_steps, …, 1
  double final_fraction = 0;       ///< linear, cosine (Loshchilov & Hutter, ICLR 2017): at the end
  std::uint64_t step_every = 1;    ///< step: multiplied by step_factor every so many steps
  double step_factor = 1;

  double fraction(std::uint64_t step) const;
};

}  // namespace bailiwick
