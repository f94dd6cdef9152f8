// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/core/json_fwd.hpp"
#include "lib/stages/scores.hpp"

// How many labels a model disputes (docs/quality.md).
namespace bailiwick {

/// Confident learning (Northcutt, Jiang & Chuang, Journal of Artificial Intelligence Research 70
/// (2021) 1373), of rows that the models were not fitted on: how many rows of each label seem to be
/// of each class, `confident_joint[label * classes + class]`, become shares of all rows, in which
/// each label has the share that it has of `labels`. As cleanlab's: a class without a row on the
/// diagonal gets one.
std::vector<double> noise_joint(std::vector<std::int64_t> confident_joint,
                                const std::vector<std::int64_t>& labels);

/// Of models of a probability or of classes: the mean probability of each class among the rows that
/// have its label, then the rows of each label whose probability of a class is at least that, the
/// largest if there are several. Four rounds; null where policies do not let it be told. `models`:
/// of each local domain; `rows`: standardised. Collective over the world. Throws
/// ExitCode::policy if a class has fewer rows than a policy asks for.
Json label_noise(Run& run, const SavedModel& common, const std::vector<UsedModel>& models,
                 const ModelRows& rows);

/// The same for people.
std::string label_noise_text(const Json& noise);

}  // namespace bailiwick
