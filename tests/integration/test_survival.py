# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Survival curves and their comparison, as R's survival has them on the same rows; the same bytes on any number of ranks."""
import csv
import json
import math
import random
import re

import pytest

from conftest import Checkout, referee
from r import r_script
from test_policies import CLINICS, RUN, Stays

CONFIG, POLICY, DATA = 3, 4, 5
SETTINGS = "survival={time: time, status: gone, by: arm, time_step: 0.5, time_maximum: 60, at: [0, 5, 12.5, 60], mean_to: 20%s}"
COLUMNS = """
  x: {role: feature}
  arm: {role: feature, type: category, levels: [old, new, none, never]}
  time: {role: target, minimum: 0}
  start: {role: target, minimum: 0}
  gone: {role: target, type: boolean}
"""
R = """
suppressMessages(library(survival)); d <- read.csv("rows.csv"); d$arm <- factor(d$arm, levels = c("old", "new", "none"))
say <- function(...) cat(sprintf("%.17g", c(...)), "\\n")
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    referee("Rscript:survival")
    stays = Stays(Checkout(tmp_path_factory.mktemp("survival")))
    draw = random.Random(11)
    lines = ["clinic,x,arm,time,start,gone"]
    for clinic in CLINICS:
        for i in range(50):
            arm = ("old", "new", "none")[i % 3]
            time = math.ceil(2 * draw.expovariate({"old": 1 / 8, "new": 1 / 14, "none": 1 / 6}[arm])) / 2
            time = min(max(time, 0.5), 60)
            lines.append(f"{clinic},{draw.gauss(0, 1)!r},{arm},{time!r},{math.floor(2 * time * draw.random() * 0.9) / 2 if i % 2 else 0.0!r},{int(draw.random() < 0.7)}")
    stays.write("rows.csv", "\n".join(lines) + "\n")
    stays.take("rows", COLUMNS)
    stays.write("run.yaml", stays.path("run.yaml").read_text().replace("target: days", "target: time"))
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    stays.pool("exact_release: true, unstratified_survival: true")
    stays.pooled("pooled.yaml", "rows", RUN.replace("target: days", "target: time"))
    return stays


def r(rows, script):
    return [[float(word.replace("NA", "nan")) for word in line.split()] for line in r_script(R + script, rows.checkout.root).splitlines()]


def survival(rows, output, settings, np=None, config="run.yaml", code=0):
    text = rows.run("survival", config, "--output", output, "--set", settings, np=np, code=code)
    return text, json.loads(rows.path(f"{output}/survival.json").read_text()) if code == 0 else None


def close(found, expected):
    found = [math.nan if x is None else x for x in found]
    assert len(found) == len(expected), (found, expected)
    for x, y in zip(found, expected):
        assert (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-10, abs_tol=1e-13), (found, expected)


# Of each group of a data frame d, by a factor of it.
CURVES = """
for (level in levels({by})) {{
  f <- survfit(Surv({times}) ~ 1, d[{by} == level, ])
  t <- summary(f, rmean = {mean_to})$table
  say(f$time); say(f$n.risk); say(f$n.event); say(f$surv); say(f$surv * f$std.err); say(f$lower); say(f$upper); say(f$cumhaz)
  say(t["median"], t["0.95LCL"], t["0.95UCL"]); say(t["rmean"], t["se(rmean)"])
}}"""


def compare_curves(curves, lines, late):
    """With what R printed, at its times: those that no row of a group has are left out by it."""
    for curve in curves:
        time = next(lines)
        at = [curve["time"].index(t) for t in time]
        for key in ("at_risk", "events_at", "survival"):
            close([curve[key][i] for i in at], next(lines))
        over = [curve["survival"][i] == 0 for i in at]  # then R has NaN, or nothing
        for key in ("standard_error", "lower", "upper"):
            found, expected = [curve[key][i] for i in at], next(lines)
            close([x for x, gone in zip(found, over) if not gone], [y for y, gone in zip(expected, over) if not gone])
            assert all(x is None for x, gone in zip(found, over) if gone)
        close([curve["cumulative_hazard"][i] for i in at], next(lines))
        close([curve[key] for key in ("median", "median_lower", "median_upper")], next(lines))
        if not late:
            close([curve[key] for key in ("mean", "mean_standard_error")], next(lines))
        else:
            next(lines)  # R starts the area at the first entry


@pytest.mark.parametrize("late", [False, True])
def test_curves_medians_and_means(rows, late):
    """Of tied times and medians too."""
    _, result = survival(rows, f"curves-{late}", SETTINGS % (", entry: start" if late else ""), np=2)
    compare_curves(result["curves"][:3], iter(r(rows, CURVES.format(by="d$arm", times=f"{'start, ' if late else ''}time, gone", mean_to=20))), late)


def test_of_a_group_without_rows_nothing_is_told(rows):
    text, result = survival(rows, "nobody", SETTINGS % "")
    assert [curve["group"] for curve in result["curves"]] == ["old", "new", "none", "never"]
    empty = result["curves"][3]
    assert (empty["rows"], empty["time"], empty["median"], empty["mean"]) == (0, [], None, None)
    assert re.search(r"^never +0 +0( +-){5}$", text, re.M) and re.search(r"^never +5 +0( +-){4}$", text, re.M)


def test_log_rank(rows):
    text, result = survival(rows, "log-rank", SETTINGS % "", np=3)
    (observed, expected, test), (within, strata) = (r(rows, f"""
s <- survdiff(Surv(time, gone) ~ arm{also}, d); o <- s$obs; e <- s$exp
say({"o); say(e); say(" if not also else "rowSums(e)); say("}s$chisq, pchisq(s$chisq, 2, lower.tail = FALSE))""") for also in ("", " + strata(clinic)"))
    found = result["log_rank"]
    assert found["groups"] == ["old", "new", "none", "never"] and found["degrees_of_freedom"] == 2
    close(found["observed"], [*observed, 0])
    close(found["expected"], [*expected, 0])
    close([found["chi_squared"], found["p_value"]], test)
    found = result["log_rank_within_domains"]
    close(found["expected"], [*within, 0])
    close([found["chi_squared"], found["p_value"]], strata)
    assert f"log-rank test: chi-squared {test[0]:.5g} on 2 degrees of freedom, p {test[1]:.3g}" in text


def test_the_same_bytes(rows):
    found = {np: survival(rows, f"bytes-{np}", SETTINGS % "", np=np) for np in (1, 2, 4)}
    assert len({rows.path(f"bytes-{np}/survival.json").read_bytes() for np in found}) == 1
    _, pooled = survival(rows, "bytes-pooled", SETTINGS % "", np=2, config="pooled.yaml")
    del pooled["log_rank_within_domains"]
    assert pooled == {key: value for key, value in found[1][1].items() if key != "log_rank_within_domains"}
    rows.run("verify", "bytes-2", "--key", "operator.pub.pem")
    with open(rows.path("bytes-2/survival.csv")) as file:
        lines = list(csv.DictReader(file))
    assert [float(line["survival"]) for line in lines if line["group"] == "new"] == pooled["curves"][1]["survival"]


def test_the_table_at_times(rows):
    """What the table shows at a time is the curve there, and how many are at risk at it."""
    text, _ = survival(rows, "table", SETTINGS % "")
    shown = {tuple(line.split()[:2]): line.split()[2:] for line in text.splitlines() if len(line.split()) == 7 and line.split()[0] in ("old", "new", "none")}
    lines = iter(r(rows, 'for (arm in levels(d$arm)) { s <- summary(survfit(Surv(time, gone) ~ 1, d[d$arm == arm, ]), times = c(0, 5, 12.5)); say(s$n.risk); say(s$surv) }'))
    for arm in ("old", "new", "none"):
        found = [shown[arm, time] for time in ("0", "5", "12.5")]
        for column, expected in zip((0, 1), (next(lines), next(lines))):
            assert [line[column] for line in found] == [f"{value:.6g}" for value in expected]
    assert shown["new", "60"] == ["0", "-", "-", "-", "-"]  # nobody was left to tell of


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be(rows, np):
    def refused(settings, code):
        return survival(rows, "never", settings, np=np, code=code)[0]
    assert 'survival.by: no feature that is a category is called "arms"; there are: arm (did you mean "arm"?)' in refused("survival={time: time, status: gone, by: arms, time_step: 0.5, time_maximum: 60}", CONFIG)
    assert 'survival.time: the partitions have no target "times"' in refused("survival={time: times, status: gone, time_step: 0.5, time_maximum: 60}", CONFIG)
    assert "survival.status: which target says whether the event happened?" in refused("survival={time: time, time_step: 0.5, time_maximum: 60}", CONFIG)
    assert "survival.time_maximum: the last time of the public grid is missing" in refused("survival={time: time, status: gone}", CONFIG)
    assert "a survival time must be a multiple of time_step" in refused("survival={time: time, status: gone, time_step: 1, time_maximum: 60}", DATA)
    assert "a survival time must not exceed time_maximum" in refused("survival={time: time, status: gone, time_step: 0.5, time_maximum: 3}", DATA)
    assert "a status must be 0 or 1" in refused("survival={time: gone, status: time, time_step: 0.5, time_maximum: 60}", DATA)
    grid = "survival={time: time, status: gone, time_step: 0.5, time_maximum: 60, "
    assert "survival.at: a time beyond time_maximum" in refused(grid + "at: [5, 61]}", CONFIG)
    assert "survival.mean_to: beyond time_maximum" in refused(grid + "mean_to: 61}", CONFIG)
    assert not rows.path("never").exists()


def test_policies_allow_event_times(rows):
    rows.terms("lyon")
    text = rows.run("survival", "run.yaml", "--output", "refused", "--set", SETTINGS % "", code=POLICY)
    assert "domain lyon: unstratified survival: asked for (not allowed)" in text
    rows.terms("lyon", "minimum: {contributors: 3}\n", allow="exact_release: true, unstratified_survival: true")
    assert "would be the sum of fewer domains than the 3" in rows.run("survival", "run.yaml", "--output", "refused", "--set", SETTINGS % "", np=2, code=POLICY)
    rows.terms("lyon", allow="exact_release: true, unstratified_survival: true")
