// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "lib/policy/kinds.hpp"
#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

struct Kinds {
  std::vector<std::string> kinds;  ///< of models (model_kinds); empty: any

  bool operator==(const Kinds&) const = default;

  void keys(auto& v) {
    v.key("kinds", kinds, "Which models, by model.kind of a run. Default: any.", non_empty);
  }
  void odrl(auto& o) {
    o.optional_constraint(
        {"bw:modelKind",
         "The kind of the model (model.kind) that is trained, evaluated or applied.", 2},
        "isAnyOf", kinds, odrl::Names{"urn:bailiwick:kind:"});
  }

  void check(PolicyProblems& problems) const {
    for (const std::string& kind : kinds)
      problems.check(contains(model_kinds(), kind), "kinds",
                     fmt::format("\"{}\" is not one of {}", kind, join(model_kinds())));
    problems.distinct(kinds, "kinds");
  }

  Clauses clauses(const AccessRequest& request) const {
    return {{"kinds", kinds.empty() || request.kind.empty() || contains(kinds, request.kind),
             fmt::format("{} (permitted: {})", request.kind.empty() ? "no model" : request.kind,
                         kinds.empty() ? "any" : join(kinds))}};
  }
};

}  // namespace bailiwick::terms
