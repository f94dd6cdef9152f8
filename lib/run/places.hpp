// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/core/digest.hpp"
#include "lib/crypto/keys.hpp"
#include "lib/domain/site.hpp"
#include "lib/run/config/run_config.hpp"

namespace bailiwick {

/// Where a rank runs.
struct RankPlace {
  std::string node;
  std::string place;  ///< jurisdiction; empty: none that the site declares
};

/// A site, and who signed it.
struct OpenedSite {
  Site site;
  std::string key;               ///< id of the key that signed the site file; empty: declared
  std::optional<Digest> digest;  ///< of what was signed
};

/// The site that a config declares, or the signed file it names. Not collective. Throws
/// ExitCode::policy if the file is not signed by the key that the config names.
OpenedSite open_site(const SiteConfig& config);
/// A site file that must be signed by `key`. Throws `code` if it is not.
OpenedSite open_site(const std::string& path, const PublicKey& key,
                     ExitCode code = ExitCode::policy);

/// Who signed a trust's list, and whom it names.
struct OpenedTrust {
  std::string key;                ///< id; empty: the config names no list
  std::vector<std::string> keys;  ///< ids
};

/// The list that a config names. Not collective. Throws ExitCode::policy if it is not signed by
/// the key that the config names, or its time is over.
OpenedTrust open_trust(const std::optional<TrustConfig>& config, const std::string& now);

/// For each domain the ranks whose place lies in its jurisdiction: it is dealt ranks from these
/// alone. Empty lists, so that ranks are dealt from all, where places say nothing: all ranks are in
/// one, or none lies in the jurisdiction of any domain; policies then judge. Throws
/// ExitCode::config if a domain without explicit ranks has no rank at home, or a rank no domain.
/// Pure.
std::vector<std::vector<int>> ranks_at_home(const std::vector<DomainConfig>& domains,
                                            const std::vector<RankPlace>& places);

}  // namespace bailiwick
