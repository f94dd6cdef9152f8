// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/json.hpp"
#include "lib/run/config/run_config.hpp"
#include "lib/run/stage_use.hpp"

namespace bailiwick {

/// Where documents lay, as a run of release 0.1 says; since then a record has no path.
struct DocumentPaths {
  std::string policy;
  std::vector<std::string> keys, partitions;
};

/// A domain as the record of a run knows it.
struct DomainInputs {
  std::string name, jurisdiction;
  std::vector<std::string> public_keys;  ///< PEM: manifests and policy must verify under one
  std::vector<std::string> partitions;   ///< their names
  std::optional<std::vector<int>> ranks;
  std::optional<DocumentPaths> paths = {};
};

/// Where nodes lie: declared, or in a file that the site has signed.
struct SiteInputs {
  Site declared;
  bool is_signed = false;
  std::string public_key;                   ///< PEM
  std::optional<DocumentPaths> paths = {};  ///< the file is its `policy`
};

/// What a session with noise costs each unit.
struct PrivacyInputs {
  double epsilon = 0, delta = 0;
  std::uint64_t unit_rows = 1;
  RenyiLoss loss = RenyiLoss::none();
};

/// What a session of a stage was to do, and with whose data: all that verification has to know of
/// its config, which later releases may not be able to read (inputs.json, docs/artefacts.md).
struct Inputs {
  std::string given;  ///< given_by the config
  std::string name;
  std::string purpose;
  std::vector<std::string> recipients;
  SiteInputs site;
  bool masked = true;  ///< boundary.secure_aggregation
  std::string kind;    ///< of the model; "none": there is none
  bool network = false;
  bool unstratified_survival = false;
  bool per_domain_statistics = false;
  bool baseline_hazard = false;               ///< it is released with the model
  std::optional<PrivacyInputs> privacy = {};  ///< what crosses has noise
  Json model = Json::object();                ///< of a training: what model.h5 must say of itself
  std::vector<DomainInputs> domains;
};

/// What was given in the config and decides bits of what comes out, in canonical YAML; the sections
/// of stages only where it is not of a training. Its digest is the identity of a run: two configs
/// of one identity give the same bits.
std::string given_by(const RunConfig& config, bool training);

/// As far as the config alone tells: not the partitions' names, nor any key. The run adds them.
Inputs inputs_of(const RunConfig& config, const StageUse& use);

Json to_json(const Inputs& inputs);
/// Throws ExitCode::data, or ExitCode::policy of a site, naming `what`.
Inputs inputs_from_json(const Json& json, const std::string& what);

}  // namespace bailiwick
