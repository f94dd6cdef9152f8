# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The recipes of docs/architecture.md, followed in a scratch copy: a family, a stage and a term of policies are planted, built and run."""
import csv
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import Checkout, referee
from test_policies import Stays

SOURCE = pathlib.Path(os.environ["BAILIWICK_SOURCE"])
pytestmark = pytest.mark.skipif(os.environ.get("BAILIWICK_TIER") != "long", reason="builds the program anew: ./run-tests --long")
LICENSE = "// SPDX-FileCopyrightText: 2026 The Bailiwick authors\n// SPDX-License-Identifier: Apache-2.0\n\n"
FAMILY = LICENSE + """#pragma once

#include "kokkos_kernels/glm/family.hpp"

namespace bailiwick::kernels {

/// Times between events, log link.
struct Exponential : FamilyDefaults {
  static constexpr const char* name = "exponential";
  static constexpr const char* title = "Exponential regression (log link)";
  static constexpr const char* prediction = "mean";
  static constexpr const char* rule = "an exponential model needs a target greater than 0";
  static constexpr bool canonical = false;
  static constexpr Response response = Response::rate;

  static bool allows(double y) { return y > 0; }
  KOKKOS_FORCEINLINE_FUNCTION static Row row(double y, double eta) {
    const double ratio = y * exact::exp(-eta);
    return {-ratio - eta, ratio - 1.0, 1.0};
  }
  KOKKOS_FORCEINLINE_FUNCTION static double mean(double eta) { return exact::exp(eta); }
  static double variance(double mean) { return mean * mean; }
  static double link(double mean) { return exact::log(mean); }
  static double saturated(double y) { return -1 - exact::log(y); }
  static double deviance(double y, double eta) { return 2 * (saturated(y) - row(y, eta).value); }
};

}  // namespace bailiwick::kernels
"""
STAGE = LICENSE + """#include "lib/data/model_rows.hpp"
#include "lib/record/restart.hpp"
#include "lib/record/run_record.hpp"
#include "lib/run/config/section.hpp"
#include "lib/stages/stage.hpp"

namespace bailiwick {

struct CountConfig {
  static constexpr const char* section = "count";
  static constexpr const char* sentence = "Which rows are counted.";
  std::string split;
};

template <class Visitor>
void schema(Visitor& v, CountConfig& count) {
  v.key("split", count.split, "Name of the split; none: all rows.");
}

namespace {

void count(const Stage& stage, Session& session, RunConfig config, const StageOptions&) {
  if (is_done(session.world(), config, stage.chain)) return;
  Run run(session, std::move(config), stage.use);
  RunRecord record(run, stage.chain, true);
  record.begin_session();
  const ModelRows rows = load_model_rows(run, ModelConfig(), all_columns(run.schema()),
                                         run.config().section<CountConfig>().split);
  const auto layout =
      std::make_shared<const AggregateLayout>(std::vector<Stream>{{"rows", 1, counts}});
  std::vector<Aggregate> parts;
  for (const LoadedRows& domain : rows.domains)
    parts.emplace_back(layout).words("rows")[0] = static_cast<std::int64_t>(domain.selected);
  const Json counted = {{"rows", run.boundary().across_domains("count", std::move(parts)).value("rows")}};
  record.publish_egress();
  record.publish_text(counted.dump() + "\\n", stage.chain.result, true);
}

constexpr SectionType section = section_type<CountConfig>();

}  // namespace

extern constexpr Stage count_stage{
    .summary = "count the rows of all domains",
    .help = "Counts the rows of count.split over all domains. Writes count.json.",
    .page = "count.md",
    .use = {.action = Action::describe, .release = Action::release_statistics, .of_model = false},
    .chain = {.stage = "count", .stem = "count", .result = "count.json"},
    .section = &section,
    .run = count};

}  // namespace bailiwick
"""
TERM = LICENSE + """#pragma once

#include "lib/policy/terms/term.hpp"

namespace bailiwick::terms {

struct Circle {
  std::uint64_t largest_circle = 0;  ///< owners in the run; 0: any number

  bool operator==(const Circle&) const = default;

  void keys(auto& v) { v.key("circle", largest_circle, "At most so many owners in the run. 0: any number."); }
  void odrl(auto& o) {
    o.optional_constraint({"bw:circle", "How many owners take part at most.", 2}, "lteq", largest_circle, odrl::count);
  }
  void check(PolicyProblems& problems) const {
    problems.check(largest_circle != 1, "circle", "of one is none");
  }
  Clauses clauses(const AccessRequest& request) const {
    return {{"circle", largest_circle == 0 || request.parties <= largest_circle,
             fmt::format("{} (at most {})", request.parties, largest_circle)}};
  }
};

}  // namespace bailiwick::terms
"""
# Of the recipe's four files the page and the test are these texts' own; the others:
EDITS = {
    "kokkos_kernels/glm/families.hpp": [("FamilyList<Gaussian, ", "FamilyList<Exponential, Gaussian, "),
                                        ('#include "kokkos_kernels/glm/families/gaussian.hpp"\n', '#include "kokkos_kernels/glm/families/exponential.hpp"\n#include "kokkos_kernels/glm/families/gaussian.hpp"\n')],
    "lib/policy/policy.hpp": [("terms::Kinds, ", "terms::Circle, terms::Kinds, "), ('#include "lib/policy/terms/duties.hpp"', '#include "lib/policy/terms/circle.hpp"\n#include "lib/policy/terms/duties.hpp"')],
    "lib/stages/all.cpp": [("extern const Stage train_stage", "extern const Stage count_stage, train_stage"), ("{&describe_stage,", "{&count_stage, &describe_stage,")],
}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program, with all three in it."""
    copy = tmp_path_factory.mktemp("recipes") / "bailiwick"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("build", "out", ".git"))
    (copy / "kokkos_kernels/glm/families/exponential.hpp").write_text(FAMILY)
    (copy / "lib/stages/count.cpp").write_text(STAGE)
    (copy / "lib/policy/terms/circle.hpp").write_text(TERM)
    for name, changes in EDITS.items():
        text = (copy / name).read_text()
        for old, new in changes:
            assert old in text, (name, old)
            text = text.replace(old, new)
        (copy / name).write_text(text)
    subprocess.run(["python3", "tests/layering/check.py", "."], cwd=copy, check=True)
    for words in (["--preset", "ci"], ["--build", "--preset", "ci", "--target", "bailiwick_program"]):
        subprocess.run(["cmake", *words], cwd=copy, check=True, capture_output=True, timeout=3000)
    return copy / "build/ci/bin/bailiwick"


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    return Stays(Checkout(tmp_path_factory.mktemp("stays")))


def test_a_family(program, stays):
    """Against its likelihood equations: the mean of y / mu over rows, and with each column, is that of 1."""
    h5py, numpy = referee("h5py"), referee("numpy")
    digests = set()
    for np in (1, 3, 4):
        out = stays.run("train", "run.yaml", "--set", "model.kind=exponential", "--output", f"exponential-{np}", np=np, program=program)
        digests.add(out[out.index("digest"):].split()[1])
    assert len(digests) == 1 and "Exponential regression (log link)" in out
    with h5py.File(stays.path("exponential-1/model.h5")) as file:
        theta = file["arrays/coefficients"][:]
    with open(stays.path("stays.csv")) as file:
        rows = list(csv.DictReader(file))
    x = numpy.array([[1, float(r["age"]), r["ward"] == "surgery", r["ward"] == "icu", r["sex"] == "m"] for r in rows], dtype=float)
    score = x.T @ (numpy.array([float(r["days"]) for r in rows]) * numpy.exp(-x @ theta) - 1)
    assert numpy.abs(score).max() < 1e-4  # of ages times rows
    stays.run("evaluate", "run.yaml", "--set", "model.kind=exponential", "--output", "exponential-1", program=program)
    stays.run("predict", "run.yaml", "--set", "model.kind=exponential", "--output", "exponential-1", program=program)
    stays.run("verify", "exponential-1", "--key", "operator.pub.pem", program=program)
    assert "exponential, linear, " in stays.run("train", "run.yaml", "--set", "model.kind=expo", program=program, code=3)


def test_a_stage(program, stays):
    for np in (1, 3):
        stays.run("count", "run.yaml", "--set", "count.split=train", "--output", f"counted-{np}", np=np, program=program)
        assert json.loads(stays.path(f"counted-{np}/count.json").read_text()) == {"rows": 63}
        stays.run("verify", f"counted-{np}", "--key", "operator.pub.pem", program=program)
    assert "the count there is finished already" in stays.run("count", "run.yaml", "--set", "count.split=train", "--output", "counted-1", program=program)
    assert "count" in stays.run("--help", program=program)
    assert "bern (CH): admitted" in stays.run("check", "run.yaml", "--stage", "count", program=program)
    stays.terms("bern", "forbid:\n  - {action: describe}\n")
    assert "domain bern: forbidden: action describe" in stays.run("count", "run.yaml", "--output", "refused", program=program, code=4)


def test_a_term(program, stays):
    sign = ("policy", "sign", "lyon.yaml", "--key", "lyon.pem", "--output", "lyon.json", "--force")
    terms = stays.path("lyon.yaml").read_text()
    for most, verdict, code in (3, "ok   circle", 0), (2, "NO   circle", 4):
        stays.path("lyon.yaml").write_text(f"{terms}circle: {most}\n")
        stays.run(*sign, program=program)
        assert f"circle: {most}\n" in stays.run("policy", "show", "lyon.json", "--key", "lyon.pub.pem", program=program)
        assert verdict in stays.run("policy", "check", "lyon.json", "--key", "lyon.pub.pem", "--config", "run.yaml", "--stage", "train", program=program, code=code)
    assert "domain lyon: circle: 3 (at most 2)" in stays.run("train", "run.yaml", "--output", "circle", program=program, code=4)
    assert "is not understood" in stays.run("policy", "show", "lyon.json", code=4)  # the program that knows no such term
    stays.path("lyon.yaml").write_text(f"{terms}circle: 1\n")
    assert "circle: of one is none" in stays.run(*sign, program=program, code=3)
    assert "bw:circle a odrl:LeftOperand" in stays.run("policy", "profile", program=program)
