// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/gate.hpp"
#include "lib/policy/policy.hpp"

namespace bailiwick::testing {

/// An admission to train on `manifest`, from the gate like any other.
inline Admission admit(const PartitionManifest& manifest) {
  Policy policy;
  policy.uid = "urn:test:policy";
  policy.owner = manifest.owner;
  policy.target = "*";
  policy.actions = {Action::train};
  policy.purposes = {"dpv:ScientificResearch"};
  policy.jurisdictions = {"DE"};
  policy.valid_from = "2026-01-01T00:00:00Z";
  policy.valid_until = "2027-01-01T00:00:00Z";
  AccessRequest request;
  request.domain = "test";
  request.actions = {Action::train};
  request.purpose = "dpv:ScientificResearch";
  request.now = "2026-06-01T00:00:00Z";
  request.places = {"DE"};
  request.parties = 1;
  request.partitions = {manifest};
  auto answer = PolicyGate::decide(policy, Digest{}, request);
  if (const Refusal* refusal = std::get_if<Refusal>(&answer))
    throw Error(ExitCode::policy, refusal->message());
  return std::get<Admission>(std::move(answer));
}

}  // namespace bailiwick::testing
