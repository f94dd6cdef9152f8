// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/label/annotators.hpp"

#include <memory>
#include <numeric>
#include <optional>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/label/agreement.hpp"

namespace bailiwick {

namespace {

Json json_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

}  // namespace

std::vector<std::string> cells_of_table(const std::vector<std::string>& classes) {
  std::vector<std::string> cells;
  for (const std::string& a : classes)
    for (const std::string& b : classes)
      cells.push_back(fmt::format("{}, {}", a, b));
  return cells;
}

AnnotatorAgreement::AnnotatorAgreement(const LabelConfig& how, const VoteSources& sources,
                                       VoteGroups& groups)
    : how_(how), sources_(sources), classes_(how.classes.size()) {
  const std::vector<VoteSource>& all = sources.sources();
  for (std::size_t k = 0; k < all.size(); ++k)
    if (all[k].kind == LabelSource::annotator) annotators_.push_back(k);
  if (annotators_.empty()) return;
  for (std::size_t i = 0; i < annotators_.size(); ++i)
    for (std::size_t k = i + 1; k < annotators_.size(); ++k)
      pairs_.push_back(
          groups.add(fmt::format("{} by {}", all[annotators_[i]].name, all[annotators_[k]].name),
                     cells_of_table(how.classes),
                     [this, a = sources.first_column(annotators_[i]),
                      b = sources.first_column(annotators_[k])](
                         const Votes& votes) -> std::vector<std::size_t> {
                       if (votes[a] == 0 || votes[b] == 0) return {};
                       return {(votes[a] - 1U) * classes_ + votes[b] - 1U};
                     }));
  std::vector<std::string> numbers;
  for (std::size_t m = 1; m <= sources.source_of().size(); ++m)
    numbers.push_back(fmt::format("{} labels", m));
  numbers_ = groups.add("labels of a row", std::move(numbers),
                        [this](const Votes& votes) -> std::vector<std::size_t> {
                          const std::vector<std::int64_t> own = votes_of_annotators(votes);
                          const auto labels =
                              std::accumulate(own.begin(), own.end(), std::int64_t{0});
                          if (labels == 0) return {};
                          return {static_cast<std::size_t>(labels - 1)};
                        });
  coincidences_ =
      groups.add("pairs of labels", cells_of_table(how.classes), [this](const Votes& votes) {
        const std::vector<double> matrix = coincidences_of(votes);
        std::vector<std::size_t> cells;
        for (std::size_t i = 0; i < matrix.size(); ++i)
          if (matrix[i] > 0) cells.push_back(i);
        return cells;
      });
}

std::vector<std::int64_t> AnnotatorAgreement::votes_of_annotators(const Votes& votes) const {
  Votes own = votes;
  for (std::size_t c = 0; c < own.size(); ++c)
    if (sources_.sources()[sources_.source_of()[c]].kind != LabelSource::annotator) own[c] = 0;
  return count_votes(own, classes_);
}

std::vector<double> AnnotatorAgreement::coincidences_of(const Votes& votes) const {
  std::vector<double> matrix(classes_ * classes_);
  add_coincidences(votes_of_annotators(votes), matrix);
  return matrix;
}

std::vector<double> AnnotatorAgreement::sum_coincidences(
    Run& run, std::span<const VotePatterns> patterns) const {
  const std::string round = "pairs of labels";
  const std::size_t cells = classes_ * classes_;
  const auto layout = std::make_shared<const AggregateLayout>(
      std::vector<Stream>{{"rows", cells, counts}, {"pairs", cells, vote_sums}});
  std::vector<Aggregate> parts;
  for (const VotePatterns& of_domain : patterns) {
    Aggregate& part = parts.emplace_back(layout);
    PatternSum pairs(part, "pairs");
    for (const auto& [votes, rows] : of_domain) {
      const std::vector<double> matrix = coincidences_of(votes);
      for (std::size_t i = 0; i < cells; ++i) {
        if (matrix[i] == 0) continue;
        part.words("rows")[i] += rows;
        pairs.add(i, matrix[i], rows);
      }
    }
    part.normalise();
  }
  return sum_groups(round, std::move(parts), run.boundary()).values("pairs");
}

Json AnnotatorAgreement::pairs(const Counts& counted) const {
  Json json = Json::array();
  auto group = pairs_.begin();
  for (std::size_t i = 0; i < annotators_.size(); ++i)
    for (std::size_t k = i + 1; k < annotators_.size(); ++k) {
      const std::vector<std::int64_t>& rows = counted[*group++];
      const std::size_t cells = rows.empty() ? 0 : classes_ * classes_;
      const auto table = std::span(rows).first(cells);
      json.push_back(
          {{"annotators",
            {sources_.sources()[annotators_[i]].name, sources_.sources()[annotators_[k]].name}},
           {"rows", rows.empty()
                        ? Json()
                        : Json(std::accumulate(table.begin(), table.end(), std::int64_t{0}))},
           {"table", told_counts(rows, cells)},
           {"equal", json_or_null(share_of_equal(table, classes_))},
           {"kappa", json_or_null(cohen_kappa(table, classes_))}});
    }
  return json;
}

Json AnnotatorAgreement::measure(Run& run, std::span<const VotePatterns> patterns,
                                 const Counts& counted) const {
  if (annotators_.empty()) return {};
  Json json = {{"scale", to_word(how_.scale)},
               {"alpha", Json()},
               {"fleiss", Json()},
               {"coincidences", Json()},
               {"pairs", pairs(counted)}};
  if (counted[coincidences_].empty()) return json;
  const std::vector<double> matrix = sum_coincidences(run, patterns);
  std::vector<double> values;
  for (const std::string& name : how_.classes)
    values.push_back(parse_number(name).value_or(0));
  json["coincidences"] = matrix;
  json["alpha"] = json_or_null(krippendorff_alpha(matrix, how_.scale, values));
  // Defined where every row that has labels has as many as the others.
  const std::vector<std::int64_t>& numbers = counted[numbers_];
  std::size_t different = 0;
  for (std::size_t m = 0; m + 1 < numbers.size(); ++m)
    if (numbers[m] > 0) ++different;
  if (different == 1 && numbers.front() == 0) json["fleiss"] = json_or_null(fleiss_kappa(matrix));
  return json;
}

}  // namespace bailiwick
