// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/data/model_rows.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/stages/taken_features.hpp"

namespace bailiwick {

class Run;

/// A feature whose value an attack guesses.
struct GuessedFeature {
  TakenFeature feature;
  std::vector<std::string> levels;  ///< that of rows without a value is none of them
  std::vector<double> values;       ///< of each, as rows hold it; ascending
};

/// Those that evaluate.attributes names: categories, and numbers declared from 0 to 1, as booleans
/// are held, whose levels are these two. Throws ExitCode::config for what the model does not take,
/// for other numbers, and where what it derives of one has no value at 0 or 1.
std::vector<GuessedFeature> guessed_features(const std::vector<std::string>& names,
                                             const ModelColumns& columns, const Schema& schema);

/// How often whoever knows a model of classes, and all of a row but one feature, guesses that: the
/// level v of the largest prior_v * p(the row's class | v), the first of several (Fredrikson et al.
/// 2014; Yeom, Giacomelli, Fredrikson & Jha 2018). The prior is how many rows of train.split have
/// the level, or uniform where that may not be told. Of each feature the rows of train.split and of
/// evaluate.split that are guessed right, within the domains; null where count_groups() withholds
/// them. Reads the rows of both splits once, and again for each level. `moments`: of each local
/// domain. Collective over the world.
Json attribute_inference(Run& run, const SavedModel& model, const ModelColumns& columns,
                         const std::vector<ColumnMoments>& moments,
                         const std::vector<GuessedFeature>& features);

/// The same for people.
std::string attribute_inference_text(const Json& attacks);

}  // namespace bailiwick
