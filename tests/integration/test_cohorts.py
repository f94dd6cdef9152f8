# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Whole cohorts of R's survival, dealt out to three clinics: colon, whose patients have two rows, recurrence and death; flchain; curves of lung and heart.

Each estimate, error, test and curve as R has it; federated and pooled, with one fit."""
import json
import math

import pytest

from conftest import Checkout, referee
from r import r_script
from test_against_r import check, ours, r
from test_cox import fit, hazards, pairs, zph
from test_policies import CLINICS, RUN, Stays
from test_survival import CURVES, close, compare_curves, survival

SCRIPT = """
suppressMessages(library(survival))
colon <- with(colon, data.frame(who = id, age, sex = c("f", "m")[sex + 1], arm = c(Obs = "control", Lev = "lev", "Lev+5FU" = "levfu")[as.character(rx)], node4, extent,
  event = c("recurrence", "death")[etype], which = c("recurrence", "death")[etype], time, gone = status))
flchain <- with(flchain, data.frame(who = seq_along(age), age, sex = c(F = "f", M = "m")[as.character(sex)], kappa, chains = ifelse(flc.grp == 10, "top", "lower"), year = paste0("y", sample.yr), time = futime, gone = death))
lung <- with(lung, data.frame(who = seq_along(age), sex = c("m", "f")[sex], time, gone = status - 1))
heart <- with(heart, data.frame(who = id, transplant = c("no", "yes")[transplant], begin = 2 * start, time = 2 * stop, gone = event))
for (name in c("colon", "flchain", "lung", "heart")) { d <- get(name)
  write.csv(cbind(clinic = c("bern", "lyon", "graz")[d$who %% 3 + 1], d), paste0(name, ".csv"), row.names = FALSE, quote = FALSE) }
"""
COLUMNS = {
    "colon": """
  who: {role: unit}
  age: {role: feature}
  sex: {role: feature, type: category, levels: [f, m]}
  arm: {role: feature, type: category, levels: [control, lev, levfu]}
  node4: {role: feature}
  extent: {role: feature}
  event: {role: feature, type: category, levels: [death, recurrence]}
  which: {role: split, type: category, levels: [death, recurrence]}
""",
    "flchain": f"""
  age: {{role: feature}}
  sex: {{role: feature, type: category, levels: [f, m]}}
  kappa: {{role: feature}}
  chains: {{role: feature, type: category, levels: [lower, top]}}
  year: {{role: feature, type: category, levels: [{", ".join(f"y{year}" for year in range(1995, 2004))}]}}
""",
    "lung": """
  sex: {role: feature, type: category, levels: [f, m]}
""",
    "heart": """
  transplant: {role: feature, type: category, levels: ["no", "yes"]}
  begin: {role: target, minimum: 0}
"""}
TIMES = """  time: {role: target, minimum: 0}
  gone: {role: target, type: boolean}
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    referee("Rscript:survival")
    stays = Stays(Checkout(tmp_path_factory.mktemp("cohorts")))
    r_script(SCRIPT, stays.checkout.root)
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    stays.pool("exact_release: true, unstratified_survival: true")
    for name, columns in COLUMNS.items():
        stays.take(name, columns + TIMES, f"{name}run.yaml")
        stays.pooled(f"{name}pooled.yaml", name, RUN)
    return stays


COX = ("kind=cox", "target=", "time=time", "status=gone")
COLON = (*COX, "features=[age, sex, arm, node4, extent]", "cox.strata_by=[event]", "cluster=unit")
# Data, model, transform of the times in the test of proportional hazards, the fit in R.
MODELS = {
    "two events": ("colon", COLON, "log", fit("Surv(time, gone) ~ age + sex + arm + node4 + extent + strata(event, site)", ", cluster = who")),
    "all clinics": ("colon", (*COLON, "cox.strata=none", "cox.time_maximum=3400", "cox.ties=breslow"), "km",
                    fit("Surv(time, gone) ~ age + sex + arm + node4 + extent + strata(event)", ', cluster = who, ties = "breslow"')),
    "chains": ("flchain", (*COX, "features=[age, sex, kappa, chains]", "cox.strata_by=[year]", "errors=robust"), "identity",
               fit("Surv(time, gone) ~ age + sex + kappa + chains + strata(year, site)", ", robust = TRUE")),
}


@pytest.mark.parametrize("name", MODELS)
def test_cox(rows, name):
    """Estimates, robust errors, likelihoods and tests of proportional hazards; where strata are within clinics, as pairs are, these too."""
    data, model, transform, formula = MODELS[name]
    within = "site" in formula
    model = (*model, f"cox.proportional_hazards={transform}")
    output, found = ours(rows, name.replace(" ", "-"), model, strata=within, data=data, ranks=(4,))
    check(found, r(rows, formula, errors='s[, "robust se"]', data=data))
    _, tests = hazards(rows, output)
    assert all(math.isclose(x, y, rel_tol=1e-8) for x, y in zip(tests, zph(rows, data, formula, transform), strict=True))
    if within:
        rows.run("evaluate", f"{data}run.yaml", "--output", output, *(w for word in model for w in ("--set", f"model.{word}")), np=2)
        measures = json.loads(rows.path(f"{output}/evaluation.json").read_text())["overall"]
        assert [measures[key] for key in ("concordant", "tied", "comparable")] == pairs(rows, data, formula)


# Data, the category whose levels are compared, rows, days at the mean, and whether rows enter late.
GROUPS = {
    "recurrence": ("colon", "arm", 1826, False),
    "death": ("colon", "arm", 1826, False),
    "chains": ("flchain", "chains", 3652, False),
    "lung": ("lung", "sex", 365, False),
    "heart": ("heart", "transplant", 365, True),
}


@pytest.mark.parametrize("name", GROUPS)
def test_curves_and_log_rank(rows, name):
    data, by, mean_to, late = GROUPS[name]
    split = f"split: {name}, " if data == "colon" else ""
    settings = f"survival={{time: time, status: gone, {'entry: begin, ' if late else ''}by: {by}, {split}time_step: 1, time_maximum: 5300, mean_to: {mean_to}}}"
    _, found = survival(rows, name, settings, np=4, config=f"{data}run.yaml")
    times, only = "begin, time, gone" if late else "time, gone", f'd <- d[d$which == "{name}", ]; ' if split else ""
    test = f'f <- survdiff(Surv({times}) ~ {by}%s, d); say(rowSums(cbind(f$obs))); say(rowSums(cbind(f$exp))); say(f$chisq, pchisq(f$chisq, length(f$n) - 1, lower.tail = FALSE))\n'
    if late:  # which R's survdiff does not take
        test = f'f <- coxph(Surv({times}) ~ {by}%s, d, ties = "exact"); say(f$score, pchisq(f$score, 1, lower.tail = FALSE))\n'
    script = (f'suppressMessages(library(survival)); d <- read.csv("{data}.csv"); {only}d${by} <- factor(d${by}); say <- function(...) cat(sprintf("%.17g", c(...)), "\\n")\n'
              + test % "" + test % " + strata(clinic)" + CURVES.format(by=f"d${by}", times=times, mean_to=mean_to))
    lines = iter([[float(word.replace("NA", "nan")) for word in line.split()] for line in r_script(script, rows.checkout.root).splitlines()])
    for which in ("log_rank", "log_rank_within_domains"):
        for key in () if late else ("observed", "expected"):
            close(found[which][key], next(lines))
        close([found[which][key] for key in ("chi_squared", "p_value")], next(lines))
    compare_curves(found["curves"], lines, late)
