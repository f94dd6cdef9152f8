// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0

#include "lib/boundary/boundary.hpp"
#include "lib/kinds/cox/cox.hpp"
#include "lib/kinds/glm/glm.hpp"
#include "lib/model/standardisation.hpp"
#include "lib/optim/newton.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/local_sums.hpp"
#include "tests/support/r_data.hpp"
#include "tests/support/rows.hpp"
#include "tests/support/world.hpp"

using namespace bailiwick;
using namespace bailiwick::testing;

namespace {

/// A domain for each cell type of `veteran`, its blocks dealt to the ranks that the domain has
/// here.
struct Federation {
  std::vector<std::vector<testing::Column>> x{4}, y{4};

  Federation() {
    for (std::size_t c = 0; c < 4; ++c) {
      x[c].resize(3);
      y[c].resize(2);
      for (std::size_t i = 0; i < veteran::time.size(); ++i) {
        if (veteran::celltype[i] != static_cast<double>(c)) continue;
        x[c][0].push_back(veteran::karno[i]);
        x[c][1].push_back(veteran::age[i]);
        x[c][2].push_back(veteran::prior[i]);
        y[c][0].push_back(veteran::time[i]);
        y[c][1].push_back(veteran::status[i]);
      }
    }
  }
  DomainDecomposition decompose() const {
    std::vector<DomainShape> shapes;
    for (std::size_t c = 0; c < 4; ++c) {
      shapes.push_back({"cell type " + std::to_string(c), (x[c][0].size() + 7) / 8, {}});
    }
    return {test_world(), shapes};
  }
  kernels::RowBlocks rows(std::size_t domain, BlockRange blocks) const {
    return make_rows(x[domain], y[domain], {}, 8, blocks.first, blocks.first + blocks.count);
  }
};

SurvivalRows one_stratum(const kernels::RowBlocks& rows) {
  return {rows};
}

}  // namespace

TEST_CASE("fits over any ranks have the bits of one process") {
  const Federation data;
  DomainDecomposition decomposition = data.decompose();
  Boundary boundary(decomposition);
  LocalSums local(4);
  std::vector<SurvivalRows> here, all;
  for (std::size_t d = 0; d < boundary.local_domains(); ++d) {
    here.push_back(
        one_stratum(data.rows(decomposition.local_domains()[d], decomposition.local_blocks(d))));
  }
  for (std::size_t c = 0; c < 4; ++c)
    all.push_back(one_stratum(data.rows(c, {0, 100})));

  for (const Ties ties : {Ties::breslow, Ties::efron}) {
    for (const bool grid : {false, true}) {
      CoxOptions options{ties, {"karno", "age", "prior"}, {}, {}};
      if (grid) options.grid = {{1, 1000}};
      const auto federated = make_cox_objective(here, options, boundary);
      const auto pooled = make_cox_objective(all, options, local);
      const Iterate a = newton(*federated, {0, 0, 0}, {}, {});
      const Iterate b = newton(*pooled, {0, 0, 0}, {}, {});
      CHECK(a.theta == b.theta);
      CHECK(a.evaluation.hessian == b.evaluation.hessian);
      CHECK(a.evaluation.value == b.evaluation.value);
      const std::vector<double> v{1, 2, 3};
      CHECK(federated->hessian_times(a.theta, v) == pooled->hessian_times(a.theta, v));
    }
  }

  std::vector<kernels::RowBlocks> rows_here, rows_all;
  for (const auto& s : here)
    rows_here.push_back(s.rows);
  for (const auto& s : all)
    rows_all.push_back(s.rows);
  const ColumnSelection columns{{"karno", "age", "prior"}, {}};
  const ColumnMoments a = pooled_moments(rows_here, 137, columns, boundary);
  const ColumnMoments b = pooled_moments(rows_all, 137, columns, local);
  CHECK(a.centre == b.centre);
  CHECK(a.scale == b.scale);
  for (std::size_t d = 0; d < boundary.local_domains(); ++d) {
    const std::size_t domain = decomposition.local_domains()[d];
    const std::size_t n = data.x[domain][0].size();
    CHECK(domain_moments(rows_here[d], n, d, columns, boundary).scale ==
          domain_moments(rows_all[domain], n, domain, columns, local).scale);
  }

  const GlmOptions linear{kernels::family<kernels::Gaussian>, 2, columns.names, {1, 1, 1}};
  CHECK(newton(*make_glm_objective(rows_here, linear, boundary), {0, 0, 0}, {}, {}).theta ==
        newton(*make_glm_objective(rows_all, linear, local), {0, 0, 0}, {}, {}).theta);
}
