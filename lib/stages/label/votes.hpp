// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/data/columns.hpp"
#include "lib/data/load_rows.hpp"
#include "lib/stages/describe/columns.hpp"
#include "lib/stages/label/config.hpp"
#include "lib/stages/label/dawid_skene.hpp"

// Who says what rows are (docs/label.md).
namespace bailiwick {

class Run;
struct LocalDomain;

/// An annotator, a rule or a model.
struct VoteSource {
  std::string name;
  LabelSource kind = LabelSource::annotator;
};

/// What a model has predicted of the rows of a partition.
struct ModelVotes {
  std::vector<std::uint8_t> votes;    ///< of each row: its class, from 1 on, or 0: it is not sure
  std::vector<double> probabilities;  ///< (row, class)
};

/// The sources of a config, as these partitions have them, in the order annotators, rules, models.
/// A column of votes is one column of an annotator, a rule, or a model.
class VoteSources {
 public:
  /// Throws ExitCode::config for columns and levels that there are not.
  VoteSources(const LabelConfig& how, const Schema& schema);

  const std::vector<VoteSource>& sources() const { return sources_; }
  /// Of each column of votes, its source.
  const std::vector<std::size_t>& source_of() const { return source_of_; }
  /// Of a source: the first of its columns of votes.
  std::size_t first_column(std::size_t source) const;
  std::size_t classes() const { return how_.classes.size(); }
  /// What load_rows() is to read, every row in its place.
  ModelColumns columns() const;

  /// The votes on rows that were read so, without the models'. Throws ExitCode::data for a number
  /// that is no class, or a level that says none and is not among those that may.
  std::vector<Votes> votes_on(const LoadedRows& rows) const;
  /// Puts in what the models say of these rows, `first` of a partition and those after it.
  void add_models(std::vector<Votes>& votes, const std::vector<ModelVotes>& models,
                  std::size_t first, std::size_t from = 0) const;

 private:
  using Reader = std::function<std::uint8_t(const DescribedRows& table, std::size_t row)>;

  void add_column(const std::string& name, const std::string& key);
  void add_rule(const LabelRuleConfig& rule, const std::string& key);
  std::function<bool(const DescribedRows& table, std::size_t row)> condition(
      const LabelConditionConfig& condition, const std::string& key) const;

  const LabelConfig& how_;
  const Schema& schema_;
  std::set<std::string> names_;
  Schema read_;  ///< what of the schema is read
  TableColumns table_;
  std::vector<VoteSource> sources_;
  std::vector<std::size_t> source_of_;
  std::vector<Reader> readers_;  ///< of each column of votes that is no model's
};

/// What each model of the config has predicted of the domain's p-th partition, as the domain's own
/// lineage vouches for. Local. Throws ExitCode::data or ExitCode::integrity.
std::vector<ModelVotes> read_predictions(const Run& run, const LabelConfig& how, std::size_t d,
                                         std::size_t partition);

}  // namespace bailiwick
