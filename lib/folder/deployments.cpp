// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/folder/deployments.hpp"

#include <algorithm>

#include "lib/core/failure.hpp"

namespace bailiwick {

namespace {

auto find(const ModelHistory& history, const std::string& digest) {
  return std::ranges::find(history.versions, digest,
                           [](const ModelVersion& version) { return version.content.hex(); });
}

}  // namespace

const ModelVersion& version_of_digest(const ModelHistory& history, const std::string& digest) {
  return *find(history, digest);
}

Deployments read_deployments(const std::string& registry, const std::string& digest) {
  Deployments found;
  try {
    const ModelRegistry read = read_model_registry(registry);
    found.key = read.begun.signer;
    for (const std::string& name : names_in_registry(registry)) {
      ModelHistory history = read_model_history(read, name);
      if (find(history, digest) != history.versions.end())
        found.histories.push_back(std::move(history));
    }
  } catch (...) {
    found.failure = caught_error().what();
  }
  return found;
}

}  // namespace bailiwick
