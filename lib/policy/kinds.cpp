// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/policy/kinds.hpp"

#include "kokkos_kernels/glm/families.hpp"

namespace bailiwick {

const std::vector<std::string>& model_kinds() {
  static const std::vector<std::string> kinds = [] {
    std::vector<std::string> all;
    for (const kernels::FamilyMembers& family : kernels::family_members)
      all.emplace_back(family.name);
    all.insert(all.end(), {"negative_binomial", "ordinal", "multinomial", "cox", "mlp"});
    return all;
  }();
  return kinds;
}

}  // namespace bailiwick
