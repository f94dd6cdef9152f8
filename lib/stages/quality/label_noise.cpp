// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/stages/quality/label_noise.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <span>

#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/data/group_sums.hpp"
#include "lib/model/row_sums.hpp"
#include "lib/run/run.hpp"
#include "lib/stages/quality/divisions.hpp"

namespace bailiwick {

namespace {

/// Of this rank's rows of a domain, one after the other.
struct PredictedRows {
  std::vector<std::size_t> labels;
  std::vector<double> probabilities;  ///< of each class
};

PredictedRows predict_classes(const SavedModel& model, const kernels::RowBlocks& rows,
                              std::size_t classes) {
  PredictedRows predicted;
  for_each_classified_row(
      model, rows, [&](std::size_t, std::size_t label, std::span<const double> probabilities) {
        ensure(probabilities.size() == classes, "a probability for each class");
        predicted.labels.push_back(label);
        predicted.probabilities.insert(predicted.probabilities.end(), probabilities.begin(),
                                       probabilities.end());
      });
  return predicted;
}

/// The mean probability of each class in the rows with its label. One round.
std::vector<double> class_thresholds(Run& run, const std::vector<std::string>& classes,
                                     const std::vector<PredictedRows>& domains) {
  const auto names = std::make_shared<const std::vector<std::string>>(classes);
  const auto layout = std::make_shared<const AggregateLayout>(std::vector<Stream>{
      {"rows", classes.size(), counts, names}, {"sums", classes.size(), any_size, names}});
  std::vector<Aggregate> parts;
  for (const PredictedRows& domain : domains) {
    Aggregate& part = parts.emplace_back(layout);
    const RowSum counted(part, "rows"), sum(part, "sums");
    for (std::size_t r = 0; r < domain.labels.size(); ++r) {
      counted.count(domain.labels[r]);
      sum.add(domain.probabilities[r * classes.size() + domain.labels[r]], domain.labels[r]);
      if ((r + 1) % rows_between_carries == 0) part.normalise();
    }
    part.normalise();
  }
  const Aggregate total = sum_groups("probabilities of labels", std::move(parts), run.boundary());
  std::vector<double> thresholds = total.values("sums");
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const auto rows = static_cast<double>(total.words("rows")[k]);
    thresholds[k] = rows == 0 ? 2 : thresholds[k] / rows;  // no probability is that large
  }
  return thresholds;
}

/// The class that a row seems to be of; nothing if no probability is large enough.
std::optional<std::size_t> confident_class(const double* probabilities,
                                           const std::vector<double>& thresholds) {
  std::optional<std::size_t> found;
  for (std::size_t k = 0; k < thresholds.size(); ++k)
    if (probabilities[k] >= thresholds[k] && (!found || probabilities[k] > probabilities[*found]))
      found = k;
  return found;
}

double sum_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

std::vector<double> noise_joint(std::vector<std::int64_t> confident_joint,
                                const std::vector<std::int64_t>& labels) {
  const std::size_t classes = labels.size();
  std::vector<double> joint(classes * classes);
  for (std::size_t i = 0; i < classes; ++i) {
    std::int64_t& agreed = confident_joint[i * classes + i];
    agreed = std::max<std::int64_t>(agreed, 1);
    const auto row = std::span(confident_joint).subspan(i * classes, classes);
    const auto all = static_cast<double>(std::accumulate(row.begin(), row.end(), std::int64_t{0}));
    for (std::size_t k = 0; k < classes; ++k)
      joint[i * classes + k] = static_cast<double>(row[k]) / all * static_cast<double>(labels[i]);
  }
  const double total = sum_of(joint);
  for (double& share : joint)
    share /= total;
  return joint;
}

Json label_noise(Run& run, const SavedModel& common, const std::vector<UsedModel>& models,
                 const ModelRows& rows) {
  const kernels::Response response = common.config.kind->response(common.config);
  std::vector<std::string> classes = common.categories;
  if (response == kernels::Response::probability && common.config.trials.empty())
    classes = {"0", "1"};
  else
    ensure(response == kernels::Response::classes, "labels are classes");
  std::vector<PredictedRows> domains;
  for (std::size_t d = 0; d < rows.domains.size(); ++d)
    domains.push_back(predict_classes(models[d].model, rows.domains[d].rows, classes.size()));
  const std::vector<double> thresholds = class_thresholds(run, classes, domains);

  Division division{"labels and confident classes", {}, {}};
  std::vector<std::size_t> counted;
  for (const std::string& label : classes) {
    for (const std::string& of_class : classes)
      division.parts.push_back(fmt::format("{} seems {}", label, of_class));
    division.parts.push_back(label + " seems none");
  }
  const std::size_t size = classes.size();
  division.part_of = [&](std::size_t d, std::size_t r) {
    const auto of = confident_class(&domains[d].probabilities[r * size], thresholds);
    return domains[d].labels[r] * (size + 1) + of.value_or(size);
  };
  for (const PredictedRows& domain : domains)
    counted.push_back(domain.labels.size());
  const DividedRows divided = count_divisions(run, {&division, 1}, counted);
  const std::vector<std::int64_t>& cells = divided.rows.front();
  if (cells.empty()) return {};

  std::vector<std::int64_t> confident, labels(size, 0);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t k = 0; k <= size; ++k) {
      labels[i] += cells[i * (size + 1) + k];
      if (k < size) confident.push_back(cells[i * (size + 1) + k]);
    }
  const std::vector<double> joint = noise_joint(confident, labels);
  double agreed = 0;
  Json lines = Json::array(), shares = Json::array();
  for (std::size_t i = 0; i < size; ++i) {
    agreed += joint[i * size + i];
    lines.push_back(std::vector(confident.begin() + static_cast<std::ptrdiff_t>(i * size),
                                confident.begin() + static_cast<std::ptrdiff_t>((i + 1) * size)));
    shares.push_back(std::vector(joint.begin() + static_cast<std::ptrdiff_t>(i * size),
                                 joint.begin() + static_cast<std::ptrdiff_t>((i + 1) * size)));
  }
  Json levels = Json::array();
  for (std::size_t k = 0; k < size; ++k)
    levels.push_back(thresholds[k] > 1 ? Json() : Json(thresholds[k]));
  return {{"classes", classes},       {"labels", labels}, {"thresholds", levels},
          {"confident_joint", lines}, {"joint", shares},  {"noise", 1 - agreed}};
}

std::string label_noise_text(const Json& noise) {
  if (noise.is_null())
    return "label noise: a policy does not let be told how many labels are disputed\n";
  std::string text = fmt::format("label noise: {:.3g} % of the labels, as this model sees them\n",
                                 100 * noise["noise"].get<double>());
  const Json& classes = noise["classes"];
  for (std::size_t i = 0; i < classes.size(); ++i)
    for (std::size_t k = 0; k < classes.size(); ++k)
      if (i != k && noise["confident_joint"][i][k] != 0)
        text += fmt::format("  {} rows of {} seem to be {}\n",
                            with_thousands(noise["confident_joint"][i][k].get<long long>()),
                            classes[i].get<std::string>(), classes[k].get<std::string>());
  return text;
}

}  // namespace bailiwick
