// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "lib/kinds/cox/kind.hpp"
#include "lib/kinds/glm/kind.hpp"
#include "lib/kinds/kind.hpp"
#include "lib/kinds/negative_binomial/kind.hpp"
#include "lib/kinds/network/kind.hpp"
#include "lib/kinds/ordinal/kind.hpp"

namespace bailiwick {

std::span<const Kind* const> all_kinds() {
  static const std::vector<const Kind*> kinds = [] {
    std::vector<const Kind*> all = glm_kinds();  // a kind for each family
    all.insert(all.end(), {&negative_binomial_kind(), &ordinal_kind(), &multinomial_kind(),
                           &cox_kind(), &network_kind()});
    return all;
  }();
  return kinds;
}

std::span<const KindTraits* const> all_kind_traits() {
  static const std::vector<const KindTraits*> traits = [] {
    std::vector<const KindTraits*> all;
    for (const Kind* kind : all_kinds())
      all.push_back(&kind->traits());
    return all;
  }();
  return traits;
}

const Kind* find_kind(const std::string& name) {
  for (const Kind* kind : all_kinds())
    if (name == kind->traits().name) return kind;
  return nullptr;
}

const Kind& kind_of(const ModelConfig& model) {
  const auto kind =
      std::ranges::find(all_kinds(), model.kind, [](const Kind* k) { return &k->traits(); });
  ensure(kind != all_kinds().end(), "a model has one of the kinds that there are");
  return **kind;
}

}  // namespace bailiwick
