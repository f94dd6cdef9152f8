// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>

#include "apps/command.hpp"
#include "apps/options.hpp"
#include "lib/core/error.hpp"
#include "lib/core/names.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/kinds/meta_analysis.hpp"
#include "lib/record/layout.hpp"
#include "lib/trace/read_chain.hpp"

namespace bailiwick {

namespace {

using Table = std::vector<std::vector<std::string>>;

std::string shown(const char* format, double value) {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "-";
}

std::string coefficients_text(const char* title, std::span<const PooledCoefficient> pooled,
                              Coefficient PooledCoefficient::*mean) {
  Table table{
      {"", "models", "estimate", "std. error", "z value", "P(>|z|)", "lower 95 %", "upper 95 %"}};
  for (const PooledCoefficient& of : pooled) {
    const Coefficient& c = of.*mean;
    table.push_back({of.name, fmt::format("{}", of.models.size()),
                     fmt::format("{:.6g}", c.estimate), fmt::format("{:.5g}", c.standard_error),
                     fmt::format("{:.3f}", c.statistic), p_value_text(c.p_value),
                     fmt::format("{:.6g}", c.lower), fmt::format("{:.6g}", c.upper)});
  }
  return fmt::format("\n{}\n{}", title, aligned(table));
}

std::string heterogeneity_text(std::span<const PooledCoefficient> pooled) {
  Table table{{"", "Q", "freedom", "P", "I-squared", "tau-squared"}};
  for (const PooledCoefficient& of : pooled)
    table.push_back({of.name, shown("{:.5g}", of.q), fmt::format("{}", of.freedom),
                     p_value_text(of.p_value), shown("{:.1f} %", 100 * of.i_squared),
                     shown("{:.5g}", of.tau_squared)});
  return "\nHeterogeneity\n" + aligned(table);
}

/// Where the one model of all rows has the coefficient, and how far both means are from it.
std::string beside_text(std::span<const PooledCoefficient> pooled, const FittedFile& beside) {
  Table table{{"", "estimate", "std. error", "fixed", "its error", "random", "its error"}};
  for (const PooledCoefficient& of : pooled) {
    const auto found = std::ranges::find(beside.names, of.name);
    if (found == beside.names.end()) continue;
    const auto j = static_cast<std::size_t>(found - beside.names.begin());
    const double estimate = beside.model.coefficients[j], error = beside.model.standard_errors[j];
    table.push_back({of.name, fmt::format("{:.6g}", estimate), fmt::format("{:.5g}", error)});
    for (const Coefficient* mean : {&of.fixed, &of.random}) {
      table.back().push_back(fmt::format("{:+.3f}", (mean->estimate - estimate) / error));
      table.back().push_back(fmt::format("{:+.1f} %", 100 * (mean->standard_error / error - 1)));
    }
  }
  return fmt::format(
      "\nBeside {}: how far the estimates are from its own, in its standard errors, "
      "and\nhow much larger their standard errors are\n{}",
      beside.path, aligned(table));
}

std::string csv_line(const std::string& term, const std::string& source, double estimate,
                     double error) {
  return fmt::format("{},{},{},{}", csv_field(term), csv_field(source), round_trip(estimate),
                     round_trip(error));
}

/// All digits: of each model, of both means, and of the model beside; for forest plots.
std::string csv_of(std::span<const PooledCoefficient> pooled, std::span<const FittedFile> models,
                   const std::optional<FittedFile>& beside) {
  std::string text =
      "term,source,estimate,std_error,statistic,p_value,conf_low,conf_high,q,q_freedom,q_p_value,"
      "i_squared,tau_squared\n";
  const auto add_file = [&](const PooledCoefficient& of, const FittedFile& fitted,
                            const std::string& source) {
    const auto found = std::ranges::find(fitted.names, of.name);
    if (found == fitted.names.end()) return;
    const auto j = static_cast<std::size_t>(found - fitted.names.begin());
    text +=
        csv_line(of.name, source, fitted.model.coefficients[j], fitted.model.standard_errors[j]) +
        ",,,,,,,,,\n";
  };
  for (const PooledCoefficient& of : pooled) {
    for (const FittedFile& fitted : models)
      add_file(of, fitted, fitted.path);
    for (const auto& [source, mean] : {std::pair{"fixed", &of.fixed}, {"random", &of.random}}) {
      text += csv_line(of.name, source, mean->estimate, mean->standard_error);
      for (const double value : {mean->statistic, mean->p_value, mean->lower, mean->upper, of.q,
                                 of.freedom, of.p_value, of.i_squared, of.tau_squared})
        text += ',' + (std::isfinite(value) ? round_trip(value) : std::string());
      text += '\n';
    }
    if (beside) add_file(of, *beside, "beside");
  }
  return text;
}

/// Partitions that a model knew, as the lineage beside it says: names by their roots.
std::map<Digest, std::string> partitions_of(const FittedFile& fitted) {
  std::map<Digest, std::string> partitions;
  const std::string folder =
      std::filesystem::absolute(fitted.path).parent_path().lexically_normal().string();
  const std::string lineage = training_chain.file(folder);
  if (!std::filesystem::exists(lineage)) return partitions;
  const ReadChain chain = read_chain(lineage, training_chain, {});
  if (chain.statements.empty()) return partitions;
  for (const UsedPartition& used : partitions_of(chain.statements.back().statement))
    partitions.emplace(used.root, printable(used.domain + "/" + used.name));
  return partitions;
}

/// Pooling takes the models for independent.
std::string common_rows_text(std::span<const FittedFile> models) {
  std::string text;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const auto own = partitions_of(models[i]);
    for (std::size_t j = i + 1; j < models.size(); ++j) {
      std::vector<std::string> both;
      for (const auto& [root, name] : partitions_of(models[j]))
        if (own.contains(root)) both.push_back(name);
      if (!both.empty())
        text += fmt::format(
            "NOT APART: {} and {} were both fitted on rows of {}, unless their splits differ: the "
            "standard errors below are too small\n",
            models[i].path, models[j].path, join(both));
    }
  }
  return text;
}

}  // namespace

int command_meta(const Arguments& arguments) {
  Options options(
      "meta MODEL... [options]",
      "Meta-analysis of models that were each fitted on rows of their own: the means of "
      "their coefficients\nby inverse variance, with fixed and random effects, and "
      "heterogeneity. MODEL: a file, or the folder of a run.",
      "docs/models.md");
  options.add()("beside", po::value<std::string>(),
                "a model of all the rows together, to compare the means with");
  options.add()("csv", po::value<std::string>(), "file to write all numbers to, with all digits");
  if (!options.parse(arguments.words)) return 0;

  Table table{{"", "rows (weights)", "coefficients"}};
  std::string notes;
  std::vector<FittedFile> models;
  double rows = 0;
  for (const std::string& path : options.list("MODEL")) {
    FittedFile fitted = open_fitted(path);
    if (!has_errors(fitted)) {
      notes += fmt::format("left out: {} has no finite standard errors\n", fitted.path);
      continue;
    }
    table.push_back({fitted.path, fmt::format("{:.0f}", fitted.model.rows),
                     fmt::format("{}", fitted.names.size())});
    rows += fitted.model.rows;
    models.push_back(std::move(fitted));
  }
  if (models.size() < 2)
    throw Error(ExitCode::data, "{}two models at least are pooled; there {} {}", notes,
                models.size() == 1 ? "is" : "are", models.size());
  notes += common_rows_text(models);
  const std::vector<PooledCoefficient> pooled = pool_models(models);
  for (const PooledCoefficient& of : pooled) {
    std::vector<std::string> without;
    for (std::size_t i = 0; i < models.size(); ++i)
      if (std::ranges::find(of.models, i) == of.models.end()) without.push_back(models[i].path);
    if (!without.empty())
      notes += fmt::format("{}: not in {}, whose other coefficients are not adjusted for it\n",
                           of.name, join(without));
  }
  std::optional<FittedFile> beside;
  if (options.has("beside")) {
    beside = open_fitted(options.text("beside"));
    check_same_target(models.front(), *beside);
    if (!has_errors(*beside))
      throw Error(ExitCode::data, "{} has no finite standard errors", beside->path);
    if (beside->model.rows != rows)
      notes += fmt::format("{} has {:.0f} rows (weights), the models {:.0f} together\n",
                           beside->path, beside->model.rows, rows);
  }
  if (options.has("csv"))
    write_file_atomically(options.text("csv"), csv_of(pooled, models, beside));
  std::cout << aligned(table) << notes
            << coefficients_text("Fixed effect", pooled, &PooledCoefficient::fixed)
            << coefficients_text("Random effects (DerSimonian and Laird)", pooled,
                                 &PooledCoefficient::random)
            << heterogeneity_text(pooled) << (beside ? beside_text(pooled, *beside) : "");
  return 0;
}

}  // namespace bailiwick
