// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/label/labelling.hpp"

#include <algorithm>
#include <utility>

#include "kokkos_kernels/math/exact_math.hpp"
#include "lib/core/output_file.hpp"
#include "lib/core/text.hpp"
#include "lib/data/minimums.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/homes.hpp"

namespace bailiwick {

Labelling::Labelling(const VoteSources& sources, std::vector<bool> believed,
                     std::optional<DawidSkene> model)
    : sources_(sources), believed_(std::move(believed)), model_(std::move(model)) {}

Label Labelling::decide(const Votes& votes) const {
  Label label;
  label.posteriors = model_ ? model_->posterior(votes) : vote_shares(votes, sources_.classes());
  if (label.posteriors.empty()) return label;
  const auto best = std::ranges::max_element(label.posteriors);
  label.posterior = *best;
  label.is_tie = std::ranges::count(label.posteriors, *best) > 1;
  if (label.is_tie) return label;
  label.of_class = static_cast<std::size_t>(best - label.posteriors.begin());
  const auto find_givers = [&](const auto& is_giver) {
    for (std::size_t c = 0; c < votes.size(); ++c) {
      const std::size_t source = sources_.source_of()[c];
      if (!believed_[source] || !is_giver(votes[c])) continue;
      if (label.givers.empty() || label.givers.back() != source) label.givers.push_back(source);
      label.source = std::max(label.source, sources_.sources()[source].kind);
    }
  };
  find_givers([&](std::uint16_t vote) { return vote == *label.of_class + 1; });
  if (label.givers.empty()) find_givers([](std::uint16_t vote) { return vote != 0; });
  return label;
}

double entropy_of(std::span<const double> probabilities) {
  double entropy = 0;
  for (const double p : probabilities)
    if (p > 0) entropy -= p * exact::log(p);
  return entropy;
}

double margin_of(std::span<const double> probabilities) {
  double first = 0, second = 0;
  for (const double p : probabilities) {
    second = std::max(second, std::min(first, p));
    first = std::max(first, p);
  }
  return first - second;
}

namespace {

/// A row that a person might label.
struct WorkRow {
  double worth = 0, entropy = 0, margin = 0, disagreement = 0;
  std::uint64_t row = 0;
  std::string id, label;
};

/// The rows of a partition that are most worth it, the first ones of equals.
class WorkList {
 public:
  WorkList(const LabelConfig& how, std::vector<double> prior)
      : how_(how), prior_(std::move(prior)) {}

  /// `predicted`: what the first model says of the row; nothing without one.
  void add(const Votes& votes, const Label& label, std::span<const double> predicted,
           std::uint64_t row, const std::string* id) {
    const std::vector<double> shares = vote_shares(votes, how_.classes.size());
    const std::span<const double> of_row = !label.posteriors.empty() ? label.posteriors
                                           : !predicted.empty()      ? predicted
                                                                     : std::span(prior_);
    WorkRow work{0, entropy_of(of_row), margin_of(of_row), entropy_of(shares), row, {}, {}};
    switch (how_.work_list.by) {
      case LabelWorth::entropy:
        work.worth = work.entropy;
        break;
      case LabelWorth::margin:
        work.worth = 1 - work.margin;
        break;
      case LabelWorth::disagreement:
        work.worth = work.disagreement;
        break;
    }
    const auto most = static_cast<std::size_t>(how_.work_list.rows);
    if (!(work.worth > 0) || most == 0) return;
    if (rows_.size() >= 2 * most) shorten(most);
    if (id != nullptr) work.id = *id;
    if (label.of_class) work.label = how_.classes[*label.of_class];
    rows_.push_back(std::move(work));
  }

  std::string text(bool has_ids) {
    shorten(static_cast<std::size_t>(how_.work_list.rows));
    std::string text =
        fmt::format("row,{}label,entropy,margin,disagreement\n", has_ids ? "id," : "");
    for (const WorkRow& work : rows_)
      text += fmt::format("{},{}{},{},{},{}\n", work.row, has_ids ? csv_field(work.id) + "," : "",
                          csv_field(work.label), round_trip(work.entropy), round_trip(work.margin),
                          round_trip(work.disagreement));
    return text;
  }

 private:
  void shorten(std::size_t most) {
    std::ranges::stable_sort(rows_, std::ranges::greater(), &WorkRow::worth);
    if (rows_.size() > most) rows_.resize(most);
  }

  const LabelConfig& how_;
  std::vector<double> prior_;  ///< of rows of which nobody says anything
  std::vector<WorkRow> rows_;
};

/// Blocks that are read at a time: what bounds the memory.
constexpr std::uint64_t blocks_at_once = 1024;

std::vector<double> prior_of(const Labelling& labelling, std::size_t classes) {
  if (labelling.model()) return labelling.model()->prior();
  return std::vector<double>(classes, 1.0 / static_cast<double>(classes));
}

}  // namespace

void write_labels(const Run& run, const LabelConfig& how, const VoteSources& sources,
                  const Labelling& labelling, std::size_t d, std::size_t partition,
                  const std::string& path) {
  const LocalDomain& domain = run.local()[d];
  const PartitionManifest& manifest = domain.manifests[partition];
  const bool has_ids = manifest.schema.has_ids;
  const std::vector<ModelVotes> models = read_predictions(run, how, d, partition);
  const ModelColumns columns = sources.columns();
  const std::size_t classes = how.classes.size();
  WorkList work(how, prior_of(labelling, classes));
  OutputFile file(path + label_endings[0], Readers::owner);
  file.write(fmt::format("row,{}label,posterior,source,given_by\n", has_ids ? "id," : ""));
  for (std::uint64_t first = 0; first < manifest.blocks(); first += blocks_at_once) {
    const std::uint64_t count = std::min(blocks_at_once, manifest.blocks() - first);
    const LoadedRows loaded = load_rows(part_of(domain, partition, {first, count}), ModelConfig(),
                                        columns, "", !has_minimum(run, domain));
    std::vector<Votes> votes = sources.votes_on(loaded);
    const std::uint64_t begin = first * manifest.block_rows;
    sources.add_models(votes, models, begin);
    std::string text;
    for (std::size_t r = 0; r < votes.size(); ++r) {
      const Label label = labelling.decide(votes[r]);
      const std::string* id = loaded.ids.empty() ? nullptr : &loaded.ids[r];
      std::vector<std::string> givers;
      for (const std::size_t giver : label.givers)
        givers.push_back(sources.sources()[giver].name);
      text += fmt::format("{},{}", begin + r, id == nullptr ? "" : csv_field(*id) + ",");
      if (label.of_class)
        text += fmt::format("{},{},{},{}\n", csv_field(how.classes[*label.of_class]),
                            round_trip(label.posterior), to_word(label.source),
                            csv_field(join(givers, ";")));
      else
        text += label.is_tie ? fmt::format(",{},,\n", round_trip(label.posterior)) : ",,,\n";
      const std::span<const double> predicted =
          models.empty()
              ? std::span<const double>()
              : std::span(models.front().probabilities).subspan((begin + r) * classes, classes);
      work.add(votes[r], label, predicted, begin + r, id);
    }
    file.write(text);
  }
  write_file_atomically(path + label_endings[1], work.text(has_ids), Readers::owner);
  file.publish();
}

}  // namespace bailiwick
