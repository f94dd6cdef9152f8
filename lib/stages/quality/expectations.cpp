// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/expectations.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/egress/meter.hpp"
#include "lib/lineage/chain.hpp"
#include "lib/runtime/agree.hpp"

namespace bailiwick {

namespace {

constexpr const char* check_name = "expectations";

/// The columns of one sort that the earlier result has, by their names.
const Json* find_column(const Json& expected, const std::string& name, const char* kind) {
  for (const Json& column : expected.at("columns"))
    if (column.at("name") == name && column.at("kind") == kind) return &column;
  return nullptr;
}

/// Adds what is expected of one column.
class ColumnExpectations {
 public:
  ColumnExpectations(QualityPlan& plan, const QualityConfig& how, const Json& expected,
                     std::string column)
      : plan_(plan),
        how_(how),
        rows_(expected.at("rows").get<double>()),
        column_(std::move(column)) {}

  void missing(const Json& before, const std::optional<std::size_t>& division) {
    // One that could lack none before is as one that lacked none.
    const Json rows = before.contains("missing") ? before.at("missing") : Json(0);
    if (division && rows.is_number())
      near(*division, {1}, rows.get<double>() / rows_, "rows without a value");
  }

  void levels(const Json& before, std::size_t division, const std::vector<std::string>& levels) {
    for (std::size_t l = 0; l < levels.size(); ++l) {
      if (levels[l] == missing_level) continue;
      Json rows = 0;
      for (const Json& level : before.at("levels"))
        if (level.at(0) == levels[l]) rows = level.at(1);
      if (!rows.is_number()) continue;
      if (rows == 0)
        between(division, {l}, 0, 0,
                fmt::format("rows of level {}, of which there were none", levels[l]));
      else
        near(division, {l}, rows.get<double>() / rows_, "rows of level " + levels[l]);
    }
  }

  void quantiles(const Json& before, std::size_t j, bool has_missing,
                 std::span<const ExaminedRows> rows) {
    std::vector<double> edges, shares;
    for (const Json& quantile : before.value("quantiles", Json::array())) {
      const auto edge = quantile.at(1).get<double>();
      if (!edges.empty() && edge == edges.back()) edges.pop_back(), shares.pop_back();
      edges.push_back(edge);
      // The share of its rows is told if policies let it; else it is about what was asked for.
      shares.push_back(quantile.at(quantile.at(2).is_null() ? 0 : 2).get<double>());
    }
    // As many as quality tells: whoever signs the file does not choose at how many values rows are
    // counted.
    if (edges.empty() || edges.size() > std::size(examined_quantiles)) return;
    plan_.divisions.push_back(
        divide_by_edges(column_ + " by quantiles of the earlier run", edges, rows, j, has_missing));
    std::vector<std::size_t> up_to, with_value;
    for (std::size_t bin = 0; bin <= edges.size(); ++bin)
      with_value.push_back(bin);
    for (std::size_t bin = 0; bin < edges.size(); ++bin) {
      up_to.push_back(bin);
      near(plan_.divisions.size() - 1, up_to, shares[bin], "values up to " + round_trip(edges[bin]),
           with_value);
    }
  }

 private:
  void near(std::size_t division, std::vector<std::size_t> of, double share,
            const std::string& what, std::vector<std::size_t> among = {}) {
    between(division, std::move(of), std::max(0.0, share - how_.expect_within),
            std::min(1.0, share + how_.expect_within), what, std::move(among));
  }
  void between(std::size_t division, std::vector<std::size_t> of, double low, double high,
               const std::string& what, std::vector<std::size_t> among = {}) {
    plan_.demands.push_back({.check = check_name,
                             .column = column_,
                             .severity = how_.findings.expectations,
                             .division = division,
                             .of = std::move(of),
                             .among = std::move(among),
                             .low = low,
                             .high = high,
                             .what = what});
  }

  QualityPlan& plan_;
  const QualityConfig& how_;
  double rows_;
  std::string column_;
};

}  // namespace

ExpectedQuality read_expected(const Communicator& world, const StageChain& chain,
                              const std::string& path, std::span<const PublicKey> keys) {
  const EgressPurpose purpose("config");
  std::string text;
  agree(world, [&] {
    if (!world.is_root()) return;
    const std::filesystem::path file(path);
    text = read_file(path);
    const std::string lineage = chain.file(file.parent_path().string());
    const auto refuse = [&](const std::string& why) {
      throw Error(
          ExitCode::integrity,
          "{}: nobody who is trusted vouches for it: {}; name the quality.json in the output "
          "folder of its run (copy that as a whole), signed with the operator's key of the "
          "config",
          path, why);
    };
    if (!std::filesystem::exists(lineage)) refuse("there is no " + lineage);
    std::vector<Statement> statements;
    try {
      statements = read_statements(lineage, keys);
    } catch (const Error& error) {
      refuse(error.what());
    }
    if (std::ranges::none_of(statements, [&](const Statement& statement) {
          return statement.subject_name == file.filename().string() &&
                 statement.subject_sha256 == sha256(text);
        }))
      refuse("its bytes are not those that a statement in " + lineage + " is about");
    if (parse_document(text, path).value("format", "") != "bailiwick-quality")
      throw Error(ExitCode::data, "{}: is no result of quality", path);
  });
  text = world.broadcast(0, text);
  return {parse_document(text, path), sha256(text)};
}

std::vector<QualityFinding> expect_quality(QualityPlan& plan, const QualityConfig& how,
                                           const Json& expected, const TableColumns& columns,
                                           std::span<const ExaminedRows> rows) {
  std::vector<QualityFinding> findings;
  const auto differs = [&](const std::string& column, const char* what) {
    QualityFinding& finding = findings.emplace_back();
    finding.check = check_name;
    finding.severity = how.findings.expectations;
    finding.column = column;
    finding.what = what;
  };
  std::vector<std::string> known;
  const auto compare = [&](const std::string& name, const char* kind, const auto& add) {
    known.push_back(name);
    const Json* before = find_column(expected, name, kind);
    if (before == nullptr) return differs(name, "a column that the earlier run does not have");
    ColumnExpectations expectations(plan, how, expected, name);
    add(expectations, *before);
  };
  for (std::size_t j = 0; j < columns.numbers.size(); ++j)
    compare(columns.numbers[j].name, "number",
            [&](ColumnExpectations& expectations, const Json& before) {
              expectations.missing(before, plan.numbers[j].missing);
              if (plan.is_binary(j) && before.contains("levels"))
                expectations.levels(before, *plan.numbers[j].parts, {"0", "1"});
              expectations.quantiles(before, j, columns.numbers[j].missing, rows);
            });
  for (std::size_t c = 0; c < columns.categories.size(); ++c)
    compare(columns.categories[c].name, "category",
            [&](ColumnExpectations& expectations, const Json& before) {
              expectations.missing(before, plan.categories[c].missing);
              expectations.levels(before, *plan.categories[c].parts, columns.categories[c].levels);
            });
  for (const Json& column : expected.at("columns"))
    if (std::ranges::find(known, column.at("name").get<std::string>()) == known.end())
      differs(column.at("name"), "a column that the earlier run has is not there");
  return findings;
}

}  // namespace bailiwick
