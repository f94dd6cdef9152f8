# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Tests between groups, as R has them on the same rows; the same bytes on any number of ranks and pooled, whatever the unit or what all values share."""
import json
import math
import random

import pytest

from conftest import Checkout, referee
from r import r_script
from test_policies import CLINICS, Stays

CONFIG, POLICY = 3, 4
COLUMNS = """
  x: {role: feature}
  grams: {role: feature}
  high: {role: feature}
  flat: {role: feature}
  still: {role: feature}
  sex: {role: feature, type: category, levels: [f, m]}
  arm: {role: feature, type: category, levels: [old, new, none, never]}
  ward: {role: feature, type: category, levels: [a, b, lone]}
  smoker: {role: feature, type: category, levels: ["no", "yes"]}
  one: {role: feature, type: category, levels: [here, there]}
  days: {role: target, minimum: 0}
  gone: {role: target, type: category, levels: [home, died, moved]}
"""
COMMON = 2.0**40  # what all values of `high` share: without it they are those of x
TESTS = ["x by sex", "x by arm", "days by sex", "days by arm", "smoker by sex", "gone by arm", "sex by gone", "grams by sex", "grams by arm", "high by sex", "high by arm",
         "x by ward", "flat by sex", "flat by arm", "still by sex", "still by arm", "x by one", "sex by one"]


def asked(tests):
    return "describe.tests=[" + ", ".join("{compare: %s, by: %s}" % tuple(test.split(" by ")) for test in tests) + "]"


SETTINGS = ("--set", asked(TESTS), "--set", "describe.quantiles=[0.5]")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    referee("Rscript")
    stays = Stays(Checkout(tmp_path_factory.mktemp("groups")))
    draw = random.Random(5)
    lines = ["clinic,x,grams,high,flat,still,sex,arm,ward,smoker,one,days,gone"]
    for clinic in CLINICS:
        for i in range(60):
            sex, arm = "fm"[draw.random() < 0.4], ("old", "new", "none")[i % 3]
            x = round(1024 * draw.gauss(0.3 * (arm == "new"), 1 + (sex == "m"))) / 1024
            ward = "lone" if clinic == "bern" and i == 7 else "ab"[i % 2]
            smoker = "yes" if draw.random() < 0.3 + 0.2 * (sex == "m") else "no"
            gone = "moved" if i % 29 == 0 else ("home", "died")[draw.random() < 0.3]
            lines.append(f"{clinic},{x!r},{1000 * x!r},{COMMON + x!r},0.1,{0.1 if sex == 'f' or arm == 'old' else x!r},{sex},{arm},{ward},{smoker},here,{draw.randrange(1, 40)},{gone}")
    stays.write("rows.csv", "\n".join(lines) + "\n")
    stays.take("rows", COLUMNS)
    stays.pool()
    stays.pooled("pooled.yaml", "rows")
    return stays


@pytest.fixture(scope="module")
def described(rows):
    """The text, and the tests by name; their bytes are the same everywhere."""
    found, texts = set(), set()
    for np, config in ((1, "run"), (2, "run"), (4, "run"), (2, "pooled")):
        texts.add(rows.run("describe", f"{config}.yaml", "--output", f"{config}-{np}", *SETTINGS, np=np).split("written")[0])
        found.add(rows.path(f"{config}-{np}/description.json").read_bytes())
    assert len(found) == 1 and len(texts) == 1
    rows.run("verify", "run-2", "--key", "operator.pub.pem")
    description = json.loads(found.pop())
    return texts.pop(), {f"{t['compare']} by {t['by']}": t for t in description["tests"]}, description


def r(rows, script):
    script = 'd <- read.csv("rows.csv"); say <- function(...) cat(sprintf("%.17g", c(...)), "\\n"); options(warn = -1)\n' + script
    return [[float(word) for word in line.split()] for line in r_script(script, rows.checkout.root).splitlines()]


def close(found, expected, tolerance=1e-10):
    assert len(found) == len(expected), (found, expected)
    for x, y in zip(found, expected):
        assert math.isclose(x, y, rel_tol=tolerance), (found, expected)


def t_test(test):
    t = test["t_test"]
    return [t["statistic"], *t["degrees_of_freedom"], t["p_value"], t["difference"], t["lower"], t["upper"], t["standard_error"]]


def f_test(test):
    return [test["statistic"], *test["degrees_of_freedom"], test["p_value"]]


@pytest.mark.parametrize("name", ["x", "days"])
def test_numbers(rows, described, name):
    _, tests, _ = described
    sex, arm = tests[f"{name} by sex"], tests[f"{name} by arm"]
    t, welch, anova, *groups = r(rows, f"""
t <- t.test({name} ~ sex, d); say(t$statistic, t$parameter, t$p.value, t$estimate[1] - t$estimate[2], t$conf.int, t$stderr)
w <- oneway.test({name} ~ arm, d); say(w$statistic, w$parameter, w$p.value)
a <- summary(aov({name} ~ arm, d))[[1]]; say(a[1, "F value"], a[1, "Df"], a[2, "Df"], a[1, "Pr(>F)"])
for (g in c("f", "m")) with(d[d$sex == g, ], say(length({name}), mean({name}), sd({name})))""")
    close(t_test(sex), t)
    close(f_test(arm["welch_anova"]), welch)
    close(f_test(arm["anova"]), anova)
    for group, expected in zip(sex["groups"], groups):
        close([group["rows"], group["mean"], group["sd"]], expected)
    assert sex["t_test"]["of"] == ["f", "m"] and "note" not in sex
    assert arm["groups"][3] == {"level": "never", "rows": 0, "mean": None, "sd": None} and "note" not in arm


def test_categories(rows, described):
    text, tests, description = described
    plain, yates, larger = r(rows, """
for (c in c(FALSE, TRUE)) { t <- chisq.test(d$smoker, d$sex, correct = c); say(t$statistic, t$parameter, t$p.value) }
t <- chisq.test(d$gone, d$arm); say(t$statistic, t$parameter, t$p.value, sum(t$expected < 5))""")
    close(f_test(tests["smoker by sex"]["chi_squared"]), plain)
    close(f_test(tests["smoker by sex"]["yates"]), yates)
    close(f_test(tests["gone by arm"]["chi_squared"]), larger[:3])
    assert larger[3] == 3 and "yates" not in tests["gone by arm"]
    assert tests["gone by arm"]["note"].startswith("3 of 9 expected counts are below 5") and "note" not in tests["smoker by sex"]
    # Each table is counted, once.
    assert [(t["rows"], t["columns"]) for t in description["tables"]] == [("smoker", "sex"), ("gone", "arm"), ("sex", "gone"), ("sex", "one")]
    assert f"with Yates' correction: chi-squared {yates[0]:.5g} on 1 degree of freedom, p {yates[2]:.3g}" in text


def test_units_and_what_all_values_share_change_nothing(described):
    """R's own t of `high` has four digits."""
    _, tests, _ = described
    for by, of in (("sex", t_test), ("arm", lambda test: f_test(test["welch_anova"]) + f_test(test["anova"]))):
        plain = of(tests[f"x by {by}"])
        assert of(tests[f"high by {by}"]) == pytest.approx(plain, rel=1e-12)
        grams = of(tests[f"grams by {by}"])
        close(grams[:3], plain[:3], 1e-12)
        if by == "sex":
            close(grams[3:], [1000 * value for value in plain[3:]], 1e-12)


def test_what_is_not_defined(rows, described):
    text, tests, description = described
    lone = tests["x by ward"]
    assert lone["groups"][2]["rows"] == 1 and lone["groups"][2]["sd"] is None and lone["groups"][2]["mean"] is not None
    assert lone["welch_anova"] is None and lone["note"] == "fewer than two rows: lone"
    anova, = r(rows, 'a <- summary(aov(x ~ ward, d))[[1]]; say(a[1, "F value"], a[1, "Df"], a[2, "Df"], a[1, "Pr(>F)"])')
    close(f_test(lone["anova"]), anova)
    assert tests["flat by sex"]["t_test"] is None and tests["flat by sex"]["note"] == "constant: f, m"
    assert [group["mean"] for group in tests["flat by sex"]["groups"]] == [0.1, 0.1]
    assert tests["flat by arm"]["welch_anova"] is None and tests["flat by arm"]["anova"] is None
    still, anova = r(rows, """
t <- t.test(still ~ sex, d); say(t$statistic, t$parameter, t$p.value, t$estimate[1] - t$estimate[2], t$conf.int, t$stderr)
a <- summary(aov(still ~ arm, d))[[1]]; say(a[1, "F value"], a[1, "Df"], a[2, "Df"], a[1, "Pr(>F)"])""")
    close(t_test(tests["still by sex"]), still)  # one of two groups may be constant
    close(f_test(tests["still by arm"]["anova"]), anova)
    assert tests["still by arm"]["welch_anova"] is None and tests["still by arm"]["note"] == "constant: old"
    for test in (tests["x by one"], tests["sex by one"]):
        assert test["note"] == "all rows are of one level: there is nothing to compare"
    assert "nan" not in text and "inf" not in text
    assert "Welch's analysis of variance: -\n" in text
    flat = next(column for column in description["columns"] if column["name"] == "flat")
    assert (flat["mean"], flat["sd"]) == (0.1, 0)


def test_what_a_config_cannot_ask(rows):
    def refused(tests):
        return rows.run("describe", "run.yaml", "--output", "never", "--set", f"describe.tests={tests}", code=CONFIG)
    assert "describe.tests.0.by: the groups are those of the category that is compared" in refused("[{compare: sex, by: sex}]")
    assert 'describe.tests.0.by: the partitions have no category "sxe"; they have:' in refused("[{compare: x, by: sxe}]")
    assert 'describe.tests.1.compare: the partitions have no column "dasy"; they have:' in (out := refused("[{compare: x, by: sex}, {compare: dasy, by: sex}]")) and '(did you mean "days"?)' in out
    assert "describe.tests.0.by: required key is missing" in refused("[{compare: x}]")
    assert not rows.path("never").exists()


@pytest.mark.parametrize("np", [1, 4])
def test_minimums_hold_for_groups(rows, np):
    """A group that too few owners are in, or too few rows of an owner, is neither summed nor what remains of a total."""
    def describe(test, output="refused", code=POLICY):
        return rows.run("describe", "run.yaml", "--output", output, "--set", asked([test]), "--set", "describe.quantiles=[]", "--set", "describe.bins=0", np=np, code=code)
    try:
        rows.terms("lyon", "minimum: {contributors: 2}\n")
        assert "ward lone (1)" in describe("x by ward")
        rows.terms("lyon", "minimum: {rows: 30}\n")
        assert 'domain lyon: its part of the round "groups: means" would be made of' in (out := describe("x by arm")) and "than the 30 that are asked for (minimum.group_rows, or without it minimum.rows)" in out
        rows.terms("lyon", "minimum: {rows: 15}\n")
        words = ("--set", "describe.quantiles=[]", "--set", "describe.bins=0")
        for apart in ("x by arm", "x by sex"):
            rows.run("describe", "run.yaml", "--output", f"apart-{np}-{apart[-3:]}", "--set", asked([apart]), *words, np=np)
        # Together they tell the sums of men in an arm, of whom there are fewer.
        out = rows.run("describe", "run.yaml", "--output", "refused", "--set", asked(["x by arm", "days by sex"]), *words, np=np, code=POLICY)
        assert 'its part of the round "groups: cells" would be made of fewer rows' in out
        assert not rows.path("refused/description.json").exists()
    finally:
        for clinic in CLINICS:
            rows.terms(clinic)
