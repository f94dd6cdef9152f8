// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/verify/document_finder.hpp"
#include "lib/verify/verified_chain.hpp"

namespace bailiwick {

/// Of the training in a folder that is a version of a registry of models (docs/deploy.md): whether
/// its files are those of its line, and that checkpoints which the chain names stayed with the run,
/// which is no finding then but something that was not looked at. Nothing of another folder.
void verify_registered_version(VerifiedChain& training, const std::string& folder,
                               DocumentFinder& finder);

}  // namespace bailiwick
