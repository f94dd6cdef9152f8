// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>

#include "lib/crypto/envelope.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick {

struct OpenedPolicy {
  Policy policy;
  Envelope envelope;
};

/// The policy in a file, its signature verified if `key_path`, a PEM file, is given. Throws
/// ExitCode::policy.
OpenedPolicy read_policy(const std::string& path, const std::string& key_path);

}  // namespace bailiwick
