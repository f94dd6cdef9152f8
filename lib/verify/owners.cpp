// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/verify/owners.hpp"

#include <filesystem>
#include <optional>

#include "io/partition/partition.hpp"
#include "lib/core/json.hpp"
#include "lib/domain/partition_manifest.hpp"
#include "lib/lineage/stage_chain.hpp"
#include "lib/record/signed_documents.hpp"
#include "lib/run/documents.hpp"
#include "lib/run/places.hpp"
#include "lib/verify/look.hpp"

namespace bailiwick {

namespace fs = std::filesystem;

namespace {

void verify_site(Verification& result, const SiteInputs& site, const Claims& claims,
                 DocumentFinder& finder) {
  const auto claim = claims.find(dependency::site);
  if (!site.is_signed || claim == claims.end()) return;
  const std::optional<std::string> file = finder.site_file(site, claim->second.sha256);
  if (!file) return finder.miss("the site file");
  look(result, finder.shown(*file) + ": site and signature", [&] {
    const OpenedSite opened = open_site(*file, DocumentFinder::site_key(site), ExitCode::integrity);
    return opened.digest == claim->second.sha256;
  });
}

/// What stays with a domain may lie elsewhere than the run's documents do.
void miss_document(VerifiedChain& chain, DocumentFinder& finder, const std::string& what) {
  if (chain.version() == 1 || !chain.domain.empty()) return finder.miss(what);
  chain.say(false, fmt::format("{}: is not in {}", what, documents_folder));
}

/// A partition of a domain: its manifest in the record, and its rows if they can be found.
void verify_partition(VerifiedChain& chain, const DomainInputs& domain, const std::string& name,
                      const std::vector<PublicKey>& owners, DocumentFinder& finder,
                      SeenPartitions& seen) {
  const auto claim = chain.claims.find(dependency::partition(domain.name, name));
  if (claim == chain.claims.end()) return;  // told where the statements are held to their inputs
  const Digest& root = claim->second.sha256;
  const std::string what = fmt::format("{}/{}", domain.name, name);
  const std::optional<std::string> file = finder.manifest(domain, name, root);
  std::optional<PartitionManifest> manifest;
  if (file)
    look(chain.found, finder.shown(*file) + ": manifest and signature, root and rows", [&] {
      manifest = io::open_manifest(*file, owners);
      return manifest->root == root && manifest->name == name &&
             claim->second.annotations == Json{{"rows", manifest->rows}};
    });
  else
    miss_document(chain, finder, "the manifest of partition " + what);
  if (!finder.has_partitions()) return finder.miss_rows(what);
  const std::optional<std::string> rows = finder.partition(root);
  if (!rows)
    return chain.say(false, fmt::format("partition {}: {}", what, finder.why_missing(name)));
  if (!manifest || !seen.insert(*rows).second) return;
  look(chain.found, fmt::format("{}: {} blocks", *rows, manifest->blocks()), [&] {
    io::verify_partition(*rows, *manifest);
    return true;
  });
}

/// The same of a run of release 0.1, which says where its partitions lay.
void verify_partition_at(VerifiedChain& chain, const std::string& path,
                         const std::vector<PublicKey>& owners, DocumentFinder& finder,
                         SeenPartitions& seen) {
  if (!fs::exists(path)) return finder.miss("the partition " + path);
  if (!seen.insert(path).second) return;
  std::optional<PartitionManifest> manifest;
  look(chain.found, path + ": manifest and signature", [&] {
    manifest = io::read_manifest(path, owners);
    return true;
  });
  if (!manifest) return;
  look(chain.found, path + ": root and rows",
       [&] { return claims_digest(chain.claims, "partition/" + manifest->name, manifest->root); });
  look(chain.found, fmt::format("{}: {} blocks", path, manifest->blocks()), [&] {
    io::verify_partition(path, *manifest);
    return true;
  });
}

/// What a chain says of a domain, against the domain's own documents.
void verify_domain(VerifiedChain& chain, const DomainInputs& domain, DocumentFinder& finder,
                   SeenPartitions& seen) {
  std::vector<PublicKey> owners;
  look(chain.found, "domain " + domain.name + ": keys", [&] {
    owners = finder.keys_of(domain);
    return true;
  });
  const auto claim = chain.claims.find(dependency::policy(domain.name));
  if (claim == chain.claims.end()) return;
  if (const auto file = finder.policy(domain, claim->second.sha256))
    look(chain.found, finder.shown(*file) + ": policy and signature", [&] {
      return open_policy(*file, owners, ExitCode::integrity).digest == claim->second.sha256;
    });
  else
    miss_document(chain, finder, "the policy of domain " + domain.name);
  if (domain.paths)
    for (const std::string& path : domain.paths->partitions)
      verify_partition_at(chain, path, owners, finder, seen);
  else
    for (const std::string& name : domain.partitions)
      verify_partition(chain, domain, name, owners, finder, seen);
}

}  // namespace

void verify_owners(VerifiedChain& chain, DocumentFinder& finder, SeenPartitions& seen) {
  const Inputs* inputs = chain.last_inputs();
  if (inputs == nullptr) return;
  verify_site(chain.found, inputs->site, chain.claims, finder);
  for (const DomainInputs& domain : inputs->domains)
    verify_domain(chain, domain, finder, seen);
}

}  // namespace bailiwick
