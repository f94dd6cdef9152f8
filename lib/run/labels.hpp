// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/domain/schema.hpp"

// Labels that `label` left with the domains, as the target of a model (docs/label.md).
namespace bailiwick {

class Communicator;
struct PartitionManifest;
struct RunConfig;
namespace io {
struct RowBuffer;
}

/// Where `label` puts what it makes, in its output folder.
namespace label_layout {
inline constexpr const char* stem = "label";
inline constexpr const char* result = "label.json";
inline constexpr const char* at_home = "labels";  ///< and the domain's name
}  // namespace label_layout

/// What a run of `label` says of itself to all.
struct StatedLabels {
  Column target;  ///< with the classes
  Digest result;  ///< of label.json, by which a model, and domains' own files, name their labels
  std::string delete_by;
};

/// Of the folder of model.labels, for which the operator's signed lineage vouches. Collective.
/// Throws ExitCode::data if there are none, ExitCode::integrity if they are not as signed.
StatedLabels read_stated_labels(const Communicator& world, const RunConfig& config);

/// Of each row of a domain's partition: its class, from 1 on, 0 where no label counts. The domain's
/// own lineage must vouch for the file, for this partition. `key`: PEM file of the key that signed
/// it. Local. Throws as above.
std::vector<std::uint8_t> read_labels(const RunConfig& config, const StatedLabels& stated,
                                      const std::string& domain, const PartitionManifest& manifest,
                                      const std::string& key);

/// Puts the labels of a block's rows behind their `width` targets: of those without one, which are
/// to weigh nothing, the first class.
void add_labels(io::RowBuffer& buffer, std::span<const std::uint8_t> labels, std::size_t width);

}  // namespace bailiwick
