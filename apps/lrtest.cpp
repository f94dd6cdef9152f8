// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <iostream>
#include <utility>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/nested.hpp"

namespace bailiwick {

int command_lrtest(const Arguments& arguments) {
  Options options("lrtest MODEL...",
                  "Likelihood-ratio test of two models of the same rows, the one with all that the "
                  "other has\nand more: whether what is more says something. MODEL: a file, or the "
                  "folder of a run.",
                  "docs/models.md");
  if (!options.parse(arguments.words)) return 0;
  const std::vector<std::string> paths = options.list("MODEL");
  if (paths.size() != 2) throw Error(ExitCode::usage, "lrtest takes two models");
  FittedFile small = open_fitted(paths[0]), large = open_fitted(paths[1]);
  if (small.names.size() > large.names.size()) std::swap(small, large);
  const LikelihoodRatio test = likelihood_ratio(small, large);

  std::vector<std::vector<std::string>> table{{"", "parameters", "log-likelihood", "AIC"}};
  for (const FittedFile* fitted : {&small, &large})
    table.push_back({fitted->path, fmt::format("{}", count_parameters(*fitted)),
                     fmt::format("{:.8g}", fitted->model.log_likelihood),
                     fmt::format("{:.8g}", akaike(*fitted))});
  std::cout << aligned(table)
            << fmt::format(
                   "\nlikelihood-ratio test of {}:\nchi-square {:.8g} with {} degree{} of "
                   "freedom, P {}\n",
                   join(test.more), test.chi_squared, test.more.size(),
                   test.more.size() == 1 ? "" : "s", p_value_text(test.p_value, 6));
  return 0;
}

}  // namespace bailiwick
