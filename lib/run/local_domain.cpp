// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/run/local_domain.hpp"

#include "lib/crypto/key_agreement.hpp"
#include "lib/owner/access_log.hpp"

namespace bailiwick {

void LocalDomain::tell_reading() const {
  outcome->add_reading();
}

io::PartitionReader LocalDomain::open(std::size_t p) const {
  io::PartitionReader reader(admission, manifests[p], paths[p]);
  keys->try_emplace(manifests[p].root, reader.key());
  return reader;
}

Secret LocalDomain::derive(std::string_view info) const {
  std::vector<std::byte> all;
  all.reserve(manifests.size() * sizeof(Secret));  // no copy stays behind
  for (std::size_t p = 0; p < manifests.size(); ++p) {
    if (!keys->contains(manifests[p].root)) open(p);
    const Secret& key = keys->at(manifests[p].root);
    all.insert(all.end(), key.bytes().begin(), key.bytes().end());
  }
  Secret derived = hkdf(all, "", info);
  erase(all);
  return derived;
}

}  // namespace bailiwick
