// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/iri.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

struct Recipients {
  std::vector<std::string> recipients;  ///< who may get the outcome; empty: anybody

  bool operator==(const Recipients&) const = default;

  void keys(auto& v) {
    v.key("recipients", recipients,
          "IRIs of who may get what is released; the run must name some. Default: anybody.",
          non_empty);
  }
  void odrl(auto& o) { o.optional_constraint({"recipient"}, "isAnyOf", recipients, odrl::iris); }

  void check(PolicyProblems& problems) const { problems.iris(recipients, "recipients"); }

  Clauses clauses(const AccessRequest& request) const {
    const std::string asked =
        request.recipients.empty() ? "none is named" : join(request.recipients);
    if (recipients.empty())
      return {{"recipients", true, fmt::format("{} (permitted: anybody)", asked)}};
    std::vector<std::string> outside;
    for (const std::string& recipient : request.recipients)
      if (std::ranges::none_of(recipients, [&](const std::string& permitted) {
            return normalised_iri(permitted) == normalised_iri(recipient);
          }))
        outside.push_back(recipient);
    return {{"recipients", outside.empty() && !request.recipients.empty(),
             fmt::format("{} (permitted: {})", outside.empty() ? asked : join(outside),
                         join(recipients))}};
  }
};

}  // namespace bailiwick::terms
