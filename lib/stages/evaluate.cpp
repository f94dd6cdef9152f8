// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <filesystem>

#include "lib/boundary/own_statistics.hpp"
#include "lib/core/json.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/run.hpp"
#include "lib/runtime/agree.hpp"
#include "lib/stages/attack/attribute_inference.hpp"
#include "lib/stages/attack/membership.hpp"
#include "lib/stages/overall_metrics.hpp"
#include "lib/stages/private_evaluation.hpp"
#include "lib/stages/quality/label_noise.hpp"
#include "lib/stages/regional/models.hpp"
#include "lib/stages/scorecard.hpp"
#include "lib/stages/shown.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

namespace {

/// Of the folder's own model, by the splits of its config.
std::string note_of_fit(const RunConfig& config, const StageOptions& options) {
  const std::string &scored = config.section<EvaluateConfig>().split, &fitted = config.train.split;
  const bool apart = !scored.empty() && !fitted.empty() && scored != fitted;
  return apart || !options.model.empty()
             ? ""
             : "the model was trained on these rows, or some of them: it will do less well on "
               "others\n";
}

/// What a policy's minimums cost.
std::string notes(const Json& overall) {
  std::string text;
  if (overall.contains("calibration_bins"))
    text += fmt::format(
        "calibration: {} of {} bins are left: neighbours of too few rows are together\n",
        overall["calibration_bins"]["told"].get<std::size_t>(),
        overall["calibration_bins"]["asked"].get<std::size_t>());
  if (overall.contains("cells"))
    text += fmt::format("overall, events and areas: from {} cells of at least {} domains each\n",
                        overall["cells"].get<std::size_t>(),
                        overall["contributors"].get<std::uint64_t>());
  if (overall.contains("left_out"))
    for (const auto& [measure, why] : overall["left_out"].items())
      text += fmt::format("left out overall: {}: {}\n", measure, why.get<std::string>());
  return text;
}

/// Of an evaluation with noise.
void publish(RunRecord& record, const Run& run, const UsedModel& used, const EvaluateConfig& how,
             const Json& overall) {
  const PrivacyConfig& privacy = *run.config().privacy;
  const std::string text = fmt::format(
      "{} of {}, with noise for privacy: epsilon {} at delta {}\n{}counts have noise of standard "
      "deviation {:.1f}\n{}",
      how.split.empty() ? "all rows" : "split " + how.split, run.config().name,
      privacy.statistics_epsilon, privacy.delta, Scorecard::table({{"overall", overall}}),
      overall.at("noise").get<double>(),
      noise_warning(overall.at("noise").get<double>(), 2 * static_cast<std::size_t>(privacy.bins),
                    overall.at("rows").get<double>()));
  const Json results = {{"format", "bailiwick-evaluation"},
                        {"version", 1},
                        {"model", used.content.hex()},
                        {"split", how.split},
                        {"regional", false},
                        {"standardise", to_word(used.model.config.standardise)},
                        {"privacy",
                         {{"epsilon", privacy.statistics_epsilon},
                          {"delta", privacy.delta},
                          {"unit_rows", privacy.unit_rows}}},
                        {"overall", overall},
                        {"domains", Json::object()}};
  record.publish_result(results, text, results);
}

std::string own_model_words(const EvaluateConfig& how) {
  if (how.regional) return ", each domain by its own model";
  std::string words;
  for (const auto& [domain, content] : how.routes)
    words += (words.empty() ? ", by its own model: " : ", ") + domain;
  return words;
}

void evaluate(const Stage& stage, Session& session, RunConfig config, const StageOptions& options) {
  const StageChain& chain = stage.chain;
  StageOptions of_model = options;
  of_model.model = model_path(config, options);
  if (const auto name = config.section<EvaluateConfig>().name) {
    const std::string all = fmt::format("{}/{}", config.output, chain.named);
    agree(session.world(), [&] {
      if (!session.world().is_root()) return;
      for (const std::string& folder : {all, all + "/" + *name})
        if (std::filesystem::is_symlink(folder))
          throw Error(ExitCode::data, "{}: is a link; evaluations lie in the output folder itself",
                      folder);
    });
    config.output = all + "/" + *name;
    config.section<EvaluateConfig>().name.reset();  // that its resolved config leads there too
  }
  if (is_done(session.world(), config, chain, of_model.model)) return;
  Run run(session, std::move(config), stage.use);
  const EvaluateConfig& how = run.config().section<EvaluateConfig>();
  const UsedModel used = open_model(run, of_model);
  const SavedModel& model = used.model;
  const ModelColumns columns = columns_of(model, run, true);
  const std::vector<GuessedFeature> attributes =
      guessed_features(how.attributes, columns, run.schema());
  RunRecord record(run, chain, true);
  record.add_dependency({dependency::model, used.content, Json::object(), {}});
  record.begin_session();

  if (run.config().privacy)
    return publish(record, run, used, how, evaluate_with_noise(run, model, columns, how));

  const Standardisation standardisation = how.standardise.value_or(model.config.standardise);
  const std::vector<ColumnMoments> moments = scoring_moments(run, model, columns, standardisation);
  ModelRows rows = load_model_rows(run, model.config, columns, how.split);
  standardise(rows, moments);

  const std::vector<UsedModel> models = models_of_domains(run, used);
  EvaluationSums sums = evaluation_sums(run, model, models, how, rows);
  std::vector<OwnStatistics> own;
  for (std::size_t d = 0; how.per_domain && d < rows.domains.size(); ++d)
    own.push_back({run.local()[d].admission, domain_metrics(run, models[d], how, rows, d, sums)});
  for (std::size_t d = 0; how.regional && d < own.size(); ++d)
    own[d].statistics["model"] = models[d].content.hex();
  const Json overall = overall_metrics(run, model, models, how, rows, std::move(sums));

  const Json disputed = how.label_noise ? label_noise(run, model, models, rows) : Json();
  Json attack;
  if (how.membership) {
    ModelRows members = load_model_rows(run, model.config, columns, run.config().train.split);
    standardise(members, moments);
    attack = membership(run, model, members, rows);
  }
  Json guessed = Json::array();
  if (!attributes.empty()) guessed = attribute_inference(run, model, columns, moments, attributes);

  std::vector<std::pair<std::string, Json>> lines;
  Json domains = Json::object(), models_used = how.routes;
  if (how.per_domain) {
    const std::vector<std::string> released = run.boundary().release("per-domain statistics", own);
    for (std::size_t i = 0; i < released.size(); ++i) {
      const std::string& name = run.domains()[i].name;
      lines.emplace_back(name, parse_json(released[i], name, ExitCode::bug));
      Json& measures = lines.back().second;
      if (how.regional) models_used[name] = measures.at("model");
      measures.erase("model");
      domains[name] = measures;
    }
  }
  lines.emplace_back("overall", overall);

  const std::string split = how.split.empty() ? "all rows" : "split " + how.split;
  const std::string text =
      fmt::format("{} of {}, standardise: {}{}\n{}{}{}{}{}{}{}", split, run.config().name,
                  to_word(standardisation), own_model_words(how), Scorecard::table(lines),
                  Scorecard::class_table(overall, model.categories), notes(overall),
                  how.label_noise ? label_noise_text(disputed) : "",
                  how.membership ? membership_text(attack) : "",
                  attributes.empty() ? "" : attribute_inference_text(guessed),
                  note_of_fit(run.config(), options));
  Json results = {{"format", "bailiwick-evaluation"},
                  {"version", 1},
                  {"model", used.content.hex()},
                  {"split", how.split},
                  {"regional", how.regional},
                  {"standardise", to_word(standardisation)},
                  {"overall", overall},
                  {"domains", domains}};
  if (!models_used.empty()) results["models"] = models_used;
  if (how.label_noise) results["label_noise"] = disputed;
  if (how.membership) results["membership"] = attack;
  if (!attributes.empty()) results["attributes"] = guessed;
  record.publish_result(results, text, results);
}

constexpr SectionType evaluate_section = section_type<EvaluateConfig>();

}  // namespace

extern constexpr Stage evaluate_stage{
    .summary = "score a model, overall and for each domain",
    .help =
        "Scores a trained model on the rows of evaluate.split, overall and, where every policy "
        "allows it,\nfor each domain. Writes evaluation.json and a signed statement beside the "
        "model, or into\nevaluations/NAME there (evaluate.name), so that a folder holds those of "
        "several splits.",
    .page = "models.md",
    .use = {.action = Action::evaluate,
            .release = Action::release_statistics,
            .per_domain =
                [](const RunConfig& config) {
                  return config.section<EvaluateConfig>().per_domain && !config.privacy;
                },
            .noise = evaluation_noise},
    .chain = {.stage = "evaluate",
              .stem = "evaluation",
              .result = "evaluation.json",
              .names_model = true,
              .named = "evaluations"},
    .section = &evaluate_section,
    .run = evaluate};

}  // namespace bailiwick
