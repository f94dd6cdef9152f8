// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "lib/core/input_file.hpp"
#include "lib/core/text.hpp"
#include "lib/crypto/envelope.hpp"
#include "lib/folder/facts.hpp"
#include "lib/policy/iri.hpp"
#include "lib/policy/policy.hpp"
#include "lib/record/signed_documents.hpp"
#include "lib/release/gate.hpp"

namespace bailiwick {

namespace {

std::vector<std::string> named_by(const StageRecord& record) {
  std::vector<std::string> named;
  for (const Json& recipient : fact_list(record.inputs, "recipients"))
    if (recipient.is_string()) named.push_back(recipient.get<std::string>());
  return named;
}

bool is_among(const std::string& iri, const std::vector<std::string>& others) {
  return std::ranges::any_of(others, [&](const std::string& other) {
    return normalised_iri(other) == normalised_iri(iri);
  });
}

/// A run that named nobody was not asked whom it would tell: then what policies forbid counts, on
/// whatever other conditions.
void demand_not_forbidden(const ReleaseRequest& request, const Leaving& result,
                          const std::vector<std::string>& recipients) {
  for (const Artefact& used : result.record->statements.back().dependencies) {
    if (!used.name.starts_with("policy/")) continue;
    const std::string path =
        fmt::format("{}/{}{}", request.folder, result.record->prefix, document_of(used));
    const Envelope envelope = envelope_from_json(read_file(path, document::policy), path);
    const Policy policy = policy_from_odrl(parse_document(envelope.payload, path), path);
    for (const Prohibition& prohibition : policy.prohibitions)
      for (const std::string& forbidden : prohibition.recipients)
        for (const std::string& recipient : recipients)
          if (may_lie_in(recipient, forbidden))
            throw Error(ExitCode::policy, "{}: {} may not get it: forbidden by {} ({})",
                        result.file, recipient, used.name, forbidden);
  }
}

}  // namespace

std::vector<std::string> recipients_of(const ReleaseRequest& request,
                                       const std::vector<Leaving>& leaving) {
  for (const std::string& recipient : request.recipients)
    if (!is_iri(recipient))
      throw Error(ExitCode::usage, "--recipient {}: is not {}", recipient, iri_form);
  std::vector<std::string> recipients = request.recipients;
  if (recipients.empty()) recipients = named_by(*leaving.front().record);
  for (const Leaving& result : leaving) {
    const std::vector<std::string> named = named_by(*result.record);
    std::vector<std::string> outside;
    for (const std::string& recipient : recipients)
      if (!named.empty() && !is_among(recipient, named)) outside.push_back(recipient);
    if (!outside.empty())
      throw Error(ExitCode::policy,
                  "{}: its owners' policies were not asked about {}: `recipients` of its config "
                  "names {}",
                  result.file, join(outside), join(named));
    if (!named.empty() && recipients.empty())
      throw Error(ExitCode::policy,
                  "{}: its config names recipients; --recipient says which of them get it: {}",
                  result.file, join(named));
    if (named.empty()) demand_not_forbidden(request, result, recipients);
  }
  return recipients;
}

}  // namespace bailiwick
