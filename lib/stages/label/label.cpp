// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iostream>
#include <optional>
#include <set>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/data/minimums.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/egress/meter.hpp"
#include "lib/record/restart.hpp"
#include "lib/run/finished_stage.hpp"
#include "lib/run/labels.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/homes.hpp"
#include "lib/stages/label/annotators.hpp"
#include "lib/stages/label/labelling.hpp"
#include "lib/stages/label/result.hpp"
#include "lib/stages/label/vote_groups.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// This rank's rows of each local domain, by their votes.
std::vector<VotePatterns> read_votes(Run& run, const LabelConfig& how, const VoteSources& sources,
                                     std::uint64_t& rows) {
  ModelColumns columns = sources.columns();
  columns.ids = false;
  const ModelRows loaded = load_model_rows(run, ModelConfig(), columns, "");
  rows = loaded.selected;
  std::vector<VotePatterns> patterns(run.local().size());
  agree(run.world(), [&] {
    for (std::size_t d = 0; d < patterns.size(); ++d) {
      const LocalDomain& domain = run.local()[d];
      const LoadedRows& of_domain = loaded.domains[d];
      std::vector<Votes> votes = sources.votes_on(of_domain);
      std::uint64_t first_block = 0;  // of the partition, counted over the domain
      std::size_t row = 0;
      for (std::size_t p = 0, b = 0; p < domain.manifests.size(); ++p) {
        const std::size_t begin = row;
        for (; b < of_domain.partition.size() && of_domain.partition[b] == p; ++b)
          row += of_domain.rows_of_block[b];
        const std::uint64_t skipped = std::max(domain.blocks.first, first_block) - first_block;
        if (row > begin && !how.models.empty()) {
          std::vector<Votes> of_partition(votes.begin() + static_cast<std::ptrdiff_t>(begin),
                                          votes.begin() + static_cast<std::ptrdiff_t>(row));
          sources.add_models(of_partition, read_predictions(run, how, d, p),
                             skipped * domain.manifests[p].block_rows);
          std::ranges::move(of_partition, votes.begin() + static_cast<std::ptrdiff_t>(begin));
        }
        first_block += domain.manifests[p].blocks();
      }
      for (const Votes& of_row : votes)
        ++patterns[d][of_row];
    }
  });
  return patterns;
}

/// One run of the stage: what is counted and learnt of all domains, and what of it is told.
class LabelRun {
 public:
  explicit LabelRun(Run& run)
      : run_(run),
        how_(run.config().section<LabelConfig>()),
        classes_(how_.classes.size()),
        sources_(how_, run.schema()),
        patterns_(read_votes(run, how_, sources_, rows_)) {
    count_votes_of_sources();
    std::vector<bool> believed(sources_.sources().size(), true);
    std::optional<DawidSkene> model;
    if (how_.method == LabelMethod::dawid_skene) {
      for (std::size_t c = 0; c < columns_.size(); ++c)
        if (votes_[columns_[c]].empty()) believed[sources_.source_of()[c]] = false;
      model = learn(believed);
    }
    labelling_.emplace(sources_, std::move(believed), std::move(model));
  }

  const VoteSources& sources() const { return sources_; }
  const Labelling& labelling() const { return *labelling_; }

  Json result() {
    VoteGroups groups;
    const std::vector<std::string>& names = how_.classes;
    const std::size_t labels =
        groups.add("labels", names, [&](const Votes& votes) -> std::vector<std::size_t> {
          const Label label = labelling_->decide(votes);
          if (!label.of_class) return {};
          return {*label.of_class};
        });
    std::vector<std::string> kinds;
    for (const auto& [kind, word] : words<LabelSource>)
      kinds.emplace_back(word);
    const std::size_t given =
        groups.add("who gave labels", kinds, [&](const Votes& votes) -> std::vector<std::size_t> {
          const Label label = labelling_->decide(votes);
          if (!label.of_class) return {};
          return {static_cast<std::size_t>(label.source)};
        });
    const std::size_t ties =
        groups.add("ties", {"ties"}, [&](const Votes& votes) -> std::vector<std::size_t> {
          if (!labelling_->decide(votes).is_tie) return {};
          return {0};
        });
    std::vector<std::size_t> tables;
    for (std::size_t k = 0; k < sources_.sources().size(); ++k)
      tables.push_back(add_table(groups, k));
    const Counts counted = groups.count(run_, patterns_);

    Json result = {{"format", "bailiwick-label"},
                   {"version", 1},
                   {"target", how_.target},
                   {"classes", names},
                   {"rows", rows_},
                   {"method", to_word(how_.method)},
                   {"labels", told_counts(counted[labels], classes_)},
                   {"without", counted[labels].empty() ? Json() : Json(counted[labels].back())},
                   {"ties", counted[ties].empty() ? Json() : Json(counted[ties].front())},
                   {"given_by", Json::object()},
                   {"agreement", agreement_},
                   {"sources", Json::array()},
                   {"notes", notes()}};
    for (std::size_t i = 0; i < kinds.size(); ++i)
      result["given_by"][kinds[i]] = counted[given].empty() ? Json() : Json(counted[given][i]);
    if (const auto& model = labelling_->model())
      result.update({{"prior", model->prior()}, {"iterations", iterations_}});
    if (!run_.delete_by().empty()) result["delete_by"] = run_.delete_by();
    for (std::size_t k = 0; k < sources_.sources().size(); ++k)
      result["sources"].push_back(source_json(k, counted[tables[k]]));
    return result;
  }

 private:
  /// What all sources say, before anybody is believed.
  void count_votes_of_sources() {
    VoteGroups groups;
    for (std::size_t c = 0; c < sources_.source_of().size(); ++c)
      columns_.push_back(
          groups.add(fmt::format("labels of {}", sources_.sources()[sources_.source_of()[c]].name),
                     how_.classes, [c](const Votes& votes) -> std::vector<std::size_t> {
                       if (votes[c] == 0) return {};
                       return {votes[c] - 1U};
                     }));
    const AnnotatorAgreement annotators(how_, sources_, groups);
    votes_ = groups.count(run_, patterns_);
    agreement_ = annotators.measure(run_, patterns_, votes_);
  }

  /// By EM, a round a step. Throws ExitCode::not_converged.
  DawidSkene learn(const std::vector<bool>& believed) {
    if (std::ranges::none_of(believed, [](bool does) { return does; }))
      throw Error(ExitCode::policy,
                  "label: no source has labels enough in every domain for what the policies ask "
                  "(minimum.group_rows, minimum.contributors): method: majority asks nothing of "
                  "other domains");
    std::vector<std::optional<std::size_t>> source_of;
    for (const std::size_t source : sources_.source_of())
      source_of.push_back(believed[source] ? std::optional(source) : std::nullopt);
    std::vector<bool> sees_all;
    for (const VoteSource& source : sources_.sources())
      sees_all.push_back(source.kind != LabelSource::annotator);
    DawidSkene model(classes_, std::move(sees_all), std::move(source_of));
    const std::string round = "labels by class";
    for (iterations_ = 1; iterations_ <= how_.max_iterations; ++iterations_) {
      std::vector<Aggregate> parts;
      for (const VotePatterns& of_domain : patterns_)
        model.add(of_domain, parts.emplace_back(model.layout()));
      const std::vector<double> at = model.parameters();
      run_.boundary().across_domains_again(
          round, parts,
          Sha256().update(round).update("\n").update(std::as_bytes(std::span(at))).finish());
      parts.front().normalise();
      if (model.take(parts.front()) <= how_.tolerance) return model;
    }
    throw Error(ExitCode::not_converged,
                "label: after {} steps estimates still change by more than {} (label.tolerance): "
                "raise label.max_iterations",
                how_.max_iterations, how_.tolerance);
  }

  /// Rows by their label and what the source says of them, any of its columns.
  std::size_t add_table(VoteGroups& groups, std::size_t source) const {
    return groups.add(fmt::format("{} by label", sources_.sources()[source].name),
                      cells_of_table(how_.classes), [this, source](const Votes& votes) {
                        std::set<std::size_t> cells;
                        const Label label = labelling_->decide(votes);
                        for (std::size_t c = 0; label.of_class && c < votes.size(); ++c)
                          if (sources_.source_of()[c] == source && votes[c] != 0)
                            cells.insert(*label.of_class * classes_ + votes[c] - 1U);
                        return std::vector<std::size_t>(cells.begin(), cells.end());
                      });
  }

  Json source_json(std::size_t k, const std::vector<std::int64_t>& by_label) const {
    Json json = {{"name", sources_.sources()[k].name},
                 {"kind", to_word(sources_.sources()[k].kind)},
                 {"counts", labelling_->believes(k)},
                 {"labels", Json()},
                 {"by_label", told_counts(by_label, classes_ * classes_)},
                 {"confusion", Json()},
                 {"accuracy", Json()}};
    std::vector<std::int64_t> labels(classes_);
    bool all = true;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (sources_.source_of()[c] != k) continue;
      const std::vector<std::int64_t>& of_column = votes_[columns_[c]];
      all = all && !of_column.empty();
      for (std::size_t j = 0; all && j < classes_; ++j)
        labels[j] += of_column[j];
    }
    if (all) json["labels"] = labels;
    if (const auto& model = labelling_->model();
        model && labelling_->believes(k) && !by_label.empty()) {
      // Of annotators, no vote is no answer.
      const bool sees_all = sources_.sources()[k].kind != LabelSource::annotator;
      const std::size_t answers = classes_ + (sees_all ? 1 : 0);
      std::vector<double> confusion;
      double right = 0, votes = 0;
      for (std::size_t j = 0; j < classes_; ++j) {
        const auto of_class = model->confusion(k).subspan(j * model->answers(), answers);
        confusion.insert(confusion.end(), of_class.begin(), of_class.end());
        right += model->prior()[j] * of_class[j];
        for (std::size_t l = 0; l < classes_; ++l)
          votes += model->prior()[j] * of_class[l];
      }
      json["confusion"] = confusion;
      json["accuracy"] = right / votes;
    }
    return json;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> left_out, notes;
    for (std::size_t k = 0; k < sources_.sources().size(); ++k)
      if (!labelling_->believes(k)) left_out.push_back(sources_.sources()[k].name);
    if (!left_out.empty())
      notes.push_back(fmt::format(
          "not counted, since too few rows of a domain have one of its labels, or none, for what a "
          "policy asks (minimum.group_rows, minimum.contributors): {}",
          join(left_out)));
    std::vector<std::string> unsaid;
    for (std::size_t j = 0; labelling_->model() && j < classes_; ++j)
      if (labelling_->model()->prior()[j] == 0) unsaid.push_back(how_.classes[j]);
    if (!unsaid.empty())
      notes.push_back(fmt::format("no source that counts says of any row: {}", join(unsaid)));
    return notes;
  }

  Run& run_;
  const LabelConfig& how_;
  const std::size_t classes_;
  const VoteSources sources_;
  std::uint64_t rows_ = 0;  ///< over all domains
  const std::vector<VotePatterns> patterns_;
  std::vector<std::size_t> columns_;  ///< groups of votes_, of each column of votes
  Counts votes_;
  Json agreement_;
  int iterations_ = 0;
  std::optional<Labelling> labelling_;
};

/// A partition's list would take another's name.
void check_file_names(const Run& run) {
  for (const DomainFacts& domain : run.domains())
    for (const DomainFacts::Partition& a : domain.partitions)
      for (const DomainFacts::Partition& b : domain.partitions)
        if (a.name + ".worklist" == b.name)
          throw Error(ExitCode::data,
                      "domain {}: partition {} is called as the work list of {}; name it otherwise",
                      domain.name, b.name, a.name);
}

/// By which models the predictions were made that vote: of each of label.models. Collective.
std::vector<std::string> find_models(const Run& run, const LabelConfig& how) {
  const EgressPurpose purpose("config");
  std::vector<std::string> models;
  agree(run.world(), [&] {
    if (!run.world().is_root()) return;
    for (const LabelModelConfig& model : how.models)
      models.push_back(FinishedStage(model.predictions, "prediction",
                                     PrivateKey::load(run.config().sign_with).public_key(),
                                     "name the output folder of a run of predict")
                           .made_of(dependency::model)
                           .hex());
  });
  return parse_json(run.world().broadcast(0, Json(models).dump()), "models", ExitCode::bug)
      .get<std::vector<std::string>>();
}

/// Rules cut the rows where the config likes, and models at probabilities of its choice: where
/// `refuse_columns()` refuses such columns, these are refused too. Collective.
void refuse_cuts(const Run& run, const LabelConfig& how) {
  std::set<std::string> predictions;
  for (const LabelModelConfig& model : how.models)
    predictions.insert(model.predictions);
  agree(run.world(), [&] {
    for (const LocalDomain& domain : run.local()) {
      if (!has_minimum(run, domain)) continue;
      const std::string& name = run.domains()[domain.index].name;
      if (!how.rules.empty())
        throw Error(ExitCode::policy,
                    "label.rules: the policy of domain {} asks for a minimum of rows or "
                    "contributors, and rules that the config makes could leave fewer to "
                    "themselves: have what \"{}\" says made a column before it is ingested, and "
                    "name it under label.annotators",
                    name, how.rules.front().name);
      if (predictions.size() < how.models.size())
        throw Error(ExitCode::policy,
                    "label.models: the policy of domain {} asks for a minimum of rows or "
                    "contributors, and the same predictions cut at two probabilities could leave "
                    "fewer between them: name each predictions once",
                    name);
    }
  });
}

/// docs/label.md: votes, what they agree on, labels that stay at home.
void label(const Stage& stage, Session& session, RunConfig config, const StageOptions&) {
  const StageChain& chain = stage.chain;
  if (config.section<LabelConfig>().target.empty())
    throw Error(ExitCode::config, "{}: label: what is to be labelled, and by whom? (docs/label.md)",
                config.path);
  if (is_done(session.world(), config, chain)) return;
  Run run(session, std::move(config), stage.use);
  const LabelConfig& how = run.config().section<LabelConfig>();
  check_file_names(run);
  const VoteSources known(how, run.schema());  // what is wrong with it is said before a row is read
  refuse_cuts(run, how);
  const std::vector<std::string> models = find_models(run, how);
  Homes::check(run, chain, {});
  RunRecord record(run, chain, true);
  record.begin_session();
  LabelRun labels(run);
  Json result = labels.result();
  std::size_t m = 0;
  for (Json& source : result["sources"])
    if (source["kind"] == to_word(LabelSource::model)) source["model"] = models[m++];

  const Digest told = sha256(result.dump(2) + "\n");
  Homes homes(run, chain,
              std::vector(run.local().size(), Artefact{dependency::labels, told, {}, {}}),
              {std::begin(label_endings), std::end(label_endings)});
  homes.write(record, [&](std::size_t d, std::size_t p, const std::string& path) {
    write_labels(run, how, labels.sources(), labels.labelling(), d, p, path);
  });
  homes.close([&](std::size_t) {
    return Json{{"format", "bailiwick-labels"},
                {"version", 1},
                {"target", how.target},
                {"classes", how.classes}};
  });
  record.publish_result(result, label_text(result), {{"rows", result["rows"]}});
  if (run.world().is_root())
    std::cout << "\nlabels stay with their domains: " << record.path(label_layout::at_home)
              << "/\n";
}

/// StageChain::is_part
bool is_csv_name(std::string_view name) {
  return name.size() > 4 && name.ends_with(".csv") && name.find('/') == std::string_view::npos;
}

constexpr SectionType label_section = section_type<LabelConfig>();

}  // namespace

extern constexpr Stage label_stage{
    .summary = "labels from annotators, rules and models, which stay with their domain",
    .help =
        "Makes one label of what annotators, rules and models say of each row, and tells how far "
        "they agree.\nLabels are written as CSV, one file a partition, into the output folder's "
        "labels/DOMAIN/ with a signed\nlineage of their own, and beside them the rows most worth a "
        "person's label; train may ask for them\n(model.labels).",
    .page = "label.md",
    .use = {.action = Action::describe, .release = Action::release_statistics, .of_model = false},
    .chain = {.stage = label_layout::stem,
              .stem = label_layout::stem,
              .result = label_layout::result,
              .is_part = is_csv_name,
              .at_home = label_layout::at_home,
              .results_at_home = {label_layout::result},
              .parts_in_common = false},
    .section = &label_section,
    .run = label};

}  // namespace bailiwick
