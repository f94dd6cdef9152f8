// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <set>
#include <string>

#include "lib/verify/document_finder.hpp"
#include "lib/verify/verified_chain.hpp"

namespace bailiwick {

/// Partitions whose blocks were looked at, by path: once, however many lineages name them.
using SeenPartitions = std::set<std::string>;

/// What the statements of a chain name of others' documents, against these: the signed site file,
/// the domains' policies and manifests, and the rows of partitions that are found.
void verify_owners(VerifiedChain& chain, DocumentFinder& finder, SeenPartitions& seen);

}  // namespace bailiwick
