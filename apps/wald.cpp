// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/wald.hpp"

namespace bailiwick {

int command_wald(const Arguments& arguments) {
  Options options(
      "wald MODEL TERM...",
      "Wald test of several coefficients of a model together: whether all are 0. TERM: "
      "the name of one, as in\nmodel.txt, or a pattern, 'ward_*'. MODEL: a file, or the "
      "folder of a run.",
      "docs/models.md");
  if (!options.parse(arguments.words)) return 0;
  const FittedFile fitted = open_fitted(options.text("MODEL"));
  const WaldTest test = wald_test(fitted, options.list("TERM"));
  std::cout << fmt::format(
      "Wald test of {}:\nchi-square {:.10g} with {} degree{} of freedom, P {}\n", join(test.terms),
      test.chi_squared.statistic, test.terms.size(), test.terms.size() == 1 ? "" : "s",
      p_value_text(test.chi_squared.p_value, 6));
  if (test.f)
    std::cout << fmt::format("F {:.10g} with {} and {} degrees of freedom, P {}\n",
                             test.f->statistic, test.f->freedom[0], test.f->freedom[1],
                             p_value_text(test.f->p_value, 6));
  return 0;
}

}  // namespace bailiwick
