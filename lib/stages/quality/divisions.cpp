// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/divisions.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/data/group_sums.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

namespace {

std::shared_ptr<const AggregateLayout> layout_of(std::span<const Division> divisions,
                                                 const std::vector<bool>& told) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < divisions.size(); ++i)
    for (const std::string& part : divisions[i].parts)
      if (told[i]) names.push_back(divisions[i].name + ": " + part);
  const std::size_t size = names.size();
  return std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"rows", size, counts, std::make_shared<const std::vector<std::string>>(std::move(names))}});
}

/// The numbers of a stream that has those of all divisions one after the other.
Counts counts_from(std::span<const std::int64_t> words, std::span<const Division> divisions,
                   const std::vector<bool>& told) {
  Counts counted(divisions.size());
  auto at = words.begin();
  for (std::size_t i = 0; i < divisions.size(); ++i) {
    if (!told[i]) continue;
    const auto size = static_cast<std::ptrdiff_t>(divisions[i].parts.size());
    counted[i].assign(at, at + size);
    at += size;
  }
  return counted;
}

}  // namespace

std::vector<std::int64_t> count_domains_where(
    Run& run, const std::string& round, std::size_t things,
    const std::function<bool(std::size_t d, std::size_t thing)>& is_so) {
  if (things == 0) return {};
  std::vector<std::string> marks;
  for (std::size_t d = 0; d < run.local().size(); ++d) {
    std::string& of_domain = marks.emplace_back(things, '0');
    for (std::size_t i = 0; run.boundary().leads(d) && i < things; ++i)
      if (is_so(d, i)) of_domain[i] = '1';
  }
  return run.boundary().count_domains(round, marks, std::span<const double>());
}

std::shared_ptr<const AggregateLayout> layout_of_groups(std::span<const Division> divisions) {
  return layout_of(divisions, std::vector<bool>(divisions.size(), true));
}

DividedRows count_divisions(Run& run, std::span<const Division> divisions,
                            std::span<const std::size_t> rows) {
  const auto layout = layout_of_groups(divisions);
  std::vector<Aggregate> parts;
  for (std::size_t d = 0; d < rows.size(); ++d) {
    Aggregate& part = parts.emplace_back(layout);
    std::size_t first = 0;
    for (const Division& division : divisions) {
      const std::span words = part.words("rows").subspan(first, division.parts.size());
      for (std::size_t r = 0; r < rows[d]; ++r)
        ++words[division.part_of(d, r)];
      first += words.size();
    }
  }
  return count_groups(run, divisions, std::move(parts));
}

DividedRows count_groups(Run& run, std::span<const Division> divisions,
                         std::vector<Aggregate> parts) {
  Boundary& boundary = run.boundary();
  DividedRows result;
  for (std::size_t d = 0; d < parts.size(); ++d) {
    Aggregate whole = parts[d];
    boundary.within_domain(d, whole);
    result.own.push_back(
        counts_from(whole.words("rows"), divisions, std::vector<bool>(divisions.size(), true)));
  }

  // Of each division: whether it is too fine for the owner; and of each part, whether it has rows.
  std::vector<std::pair<std::size_t, std::size_t>> marks;  // division, part or all
  for (std::size_t i = 0; i < divisions.size(); ++i)
    for (std::size_t p = 0; p <= divisions[i].parts.size(); ++p)
      marks.emplace_back(i, p);
  const std::vector<std::int64_t> marked = count_domains_where(
      run, "domains with rows in each part", marks.size(), [&](std::size_t d, std::size_t mark) {
        const auto [i, p] = marks[mark];
        const std::vector<std::int64_t>& own = result.own[d][i];
        if (p < own.size()) return own[p] > 0;
        const auto least = static_cast<std::int64_t>(run.local()[d].minimum_group_rows);
        return std::ranges::any_of(own,
                                   [&](std::int64_t count) { return count > 0 && count < least; });
      });
  const auto contributors = static_cast<std::int64_t>(boundary.contributors());
  std::vector<bool> told;
  auto at = marked.begin();
  for (const Division& division : divisions) {
    const auto size = static_cast<std::ptrdiff_t>(division.parts.size());
    const std::vector<std::int64_t>& with =
        result.domains.emplace_back(std::vector<std::int64_t>(at, at + size));
    at += size;
    told.push_back(*at++ == 0 && std::ranges::none_of(with, [&](std::int64_t count) {
      return count > 0 && count < contributors;
    }));
  }

  result.rows.resize(divisions.size());
  if (std::ranges::none_of(told, [](bool is_told) { return is_told; })) return result;
  const auto crossing = layout_of(divisions, told);
  std::vector<Aggregate> chosen;
  for (const Aggregate& part : parts) {
    const std::span to = chosen.emplace_back(crossing).words("rows");
    std::size_t from = 0, next = 0;
    for (std::size_t i = 0; i < divisions.size(); ++i)
      for (std::size_t p = 0; p < divisions[i].parts.size(); ++p, ++from)
        if (told[i]) to[next++] = part.words("rows")[from];
  }
  const Aggregate total = sum_groups("rows of each part", std::move(chosen), boundary);
  result.rows = counts_from(total.words("rows"), divisions, told);
  return result;
}

}  // namespace bailiwick
