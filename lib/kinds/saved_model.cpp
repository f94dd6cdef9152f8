// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/kinds/saved_model.hpp"
#include "lib/run/run.hpp"

namespace bailiwick {

SavedModel untrained_model(const Run& run, const ModelColumns& columns) {
  SavedModel model;
  model.config = run.config().model;
  model.config.features.assign(columns.names.begin() + (columns.intercept ? 1 : 0),
                               columns.names.end());
  if (!has_times(model.config)) model.config.target = run.schema().targets[columns.targets[0]].name;
  model.names = columns.names;
  model.derived = columns.derived_names();
  model.categories = columns.categories;
  model.embeddings = columns.embeddings;
  model.delete_by = run.delete_by();
  return model;
}

}  // namespace bailiwick
