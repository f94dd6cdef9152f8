// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/core/json_fwd.hpp"

namespace bailiwick {

class Run;

/// From here on the record keeps tags of what each domain sends (SumTags), under keys that come of
/// the salts of its partitions and of what was given to the run, which must outlive them. Local.
void start_tags(Run& run);

/// What this rank's boundary kept, for merge_tags().
Json own_tags(const Run& run);
/// Of all ranks, as egress.json has them (docs/egress.md).
Json merge_tags(const std::vector<Json>& ranks);

}  // namespace bailiwick
