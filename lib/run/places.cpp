// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/places.hpp"

#include <algorithm>
#include <set>

#include "lib/core/error.hpp"
#include "lib/core/input_file.hpp"
#include "lib/core/instant.hpp"
#include "lib/core/json.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/crypto/sha256.hpp"
#include "lib/domain/trust.hpp"

namespace bailiwick {

OpenedSite open_site(const SiteConfig& config) {
  if (!config.file) return {config.declared, "", {}};
  return open_site(*config.file, PublicKey::load(config.key.value()));
}

OpenedSite open_site(const std::string& path, const PublicKey& key, ExitCode code) {
  const std::string payload =
      open_envelope(envelope_from_json(read_file(path, document::site), path, code), site_type,
                    {&key, 1}, path, code);
  return {site_from_json(parse_document(payload, path, code), path), key.id(), sha256(payload)};
}

OpenedTrust open_trust(const std::optional<TrustConfig>& config, const std::string& now) {
  if (!config) return {};
  const PublicKey key = PublicKey::load(config->key);
  const std::string& path = config->file;
  const std::string payload =
      open_envelope(envelope_from_json(read_file(path, document::policy), path, ExitCode::policy),
                    trust_type, {&key, 1}, path, ExitCode::policy);
  const TrustList list = trust_from_json(parse_document(payload, path, ExitCode::policy), path);
  const auto until = parse_instant(list.valid_until);
  if (!until || *parse_instant(now) >= *until)
    throw Error(ExitCode::policy, "{}: the list was valid until {} (now {})", path,
                list.valid_until, now);
  return {key.id(), list.keys};
}

std::vector<std::vector<int>> ranks_at_home(const std::vector<DomainConfig>& domains,
                                            const std::vector<RankPlace>& places) {
  std::vector<std::vector<int>> home(domains.size());
  std::set<std::string> different;
  for (const RankPlace& place : places)
    different.insert(place.place);
  if (different.size() < 2) return home;

  std::vector<bool> has_domain(places.size(), false);
  bool any = false;
  for (std::size_t i = 0; i < domains.size(); ++i) {
    if (domains[i].ranks) {
      for (const int rank : *domains[i].ranks)
        if (rank >= 0 && static_cast<std::size_t>(rank) < places.size())
          has_domain[static_cast<std::size_t>(rank)] = true;
      continue;
    }
    for (std::size_t rank = 0; rank < places.size(); ++rank)
      if (lies_in(places[rank].place, domains[i].jurisdiction)) {
        home[i].push_back(static_cast<int>(rank));
        has_domain[rank] = true;
        any = true;
      }
  }
  if (!any) return home;

  different.erase("");
  const std::vector<std::string> declared(different.begin(), different.end());
  for (std::size_t i = 0; i < domains.size(); ++i)
    if (!domains[i].ranks && home[i].empty())
      throw Error(ExitCode::config,
                  "domain {}: no rank of this job runs in {}, its jurisdiction (the nodes lie in "
                  "{}); start a rank there too, or name ranks under its `ranks`",
                  domains[i].name, domains[i].jurisdiction, join(declared));
  const auto idle = std::find(has_domain.begin(), has_domain.end(), false) - has_domain.begin();
  if (static_cast<std::size_t>(idle) < places.size()) {
    const RankPlace& place = places[static_cast<std::size_t>(idle)];
    throw Error(ExitCode::config,
                "rank {} on node {} holds no domain: the node lies in {}, the jurisdiction of none "
                "that ranks are dealt to; start no rank there, or name it under a domain's `ranks`",
                idle, place.node, place.place.empty() ? "no declared place" : place.place);
  }
  return home;
}

}  // namespace bailiwick
