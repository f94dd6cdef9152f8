// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/saved_model.hpp"

#include "lib/core/text.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

SavedModel untrained_model(const Run& run, const ModelColumns& columns) {
  SavedModel model;
  model.config = run.config().model;
  model.config.features.assign(columns.names.begin() + (columns.intercept ? 1 : 0),
                               columns.names.end());
  if (model.config.features.empty()) model.config.features = {"-*"};  // none, and not all
  if (!has_times(model.config)) model.config.target = run.schema().targets[columns.targets[0]].name;
  model.names = columns.names;
  model.derived = columns.derived_names();
  model.missing = columns.missing;
  model.categories = columns.categories;
  model.embeddings = columns.embeddings;
  model.delete_by = run.delete_by();
  return model;
}

std::string missing_values_text(const SavedModel& model) {
  std::vector<std::string> texts;
  for (const MissingFeature& missing : model.missing) {
    const std::string value =
        missing.number ? fmt::format("{:.6g}", *missing.number) : missing.level;
    texts.push_back(missing.name + ": " +
                    (missing.rule == MissingRule::drop ? "rows dropped"
                     : missing.rule == MissingRule::number
                         ? value
                         : fmt::format("{} ({})", value, to_word(missing.rule))));
  }
  return texts.empty() ? "" : "Missing values: " + join(texts);
}

}  // namespace bailiwick
