# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Cox models stratified by categories, and tests of proportional hazards, live as R has them on its lung and heart, whose rows are dealt out to three clinics."""
import json
import math
import re

import pytest

from conftest import Checkout, referee
from r import r_numbers, r_script
from test_against_r import check, ours, r
from test_policies import CLINICS, RUN, Stays

CONFIG, POLICY, DATA = 3, 4, 5
SCRIPT = """
suppressMessages(library(survival))
lung <- within(na.omit(lung[, c("time", "status", "age", "sex", "ph.ecog", "wt.loss")]), {
  gone <- status - 1; sex <- c("m", "f")[sex]; ecog <- paste0("e", ph.ecog); loss <- wt.loss
  since <- pmax(0, time - min(time[gone == 1])) })
lung$w <- 1 + seq_len(nrow(lung)) %% 3 / 2; lung$who <- seq_len(nrow(lung)) %% 69; lung$shift <- lung$wt.loss / 20
heart <- within(heart, { gone <- event; time <- 2 * stop; begin <- 2 * start; operated <- c("no", "yes")[surgery + 1]; who <- id; transplant <- as.integer(transplant == 1) })
for (name in c("lung", "heart")) { d <- get(name); d$clinic <- c("bern", "lyon", "graz")[seq_len(nrow(d)) %% 3 + 1]; d$site <- d$clinic
  write.csv(d[c("clinic", if (name == "lung") c("age", "loss", "shift", "sex", "ecog", "time", "since", "gone", "w", "who") else c("age", "year", "transplant", "operated", "begin", "time", "gone", "who"))], paste0(name, ".csv"), row.names = FALSE, quote = FALSE) }
"""
COLUMNS = {
    "lung": """
  age: {role: feature}
  loss: {role: feature}
  shift: {role: feature}
  sex: {role: feature, type: category, levels: [f, m]}
  ecog: {role: feature, type: category, levels: [e0, e1, e2, e3, e4]}
  time: {role: target, minimum: 0}
  since: {role: target, minimum: 0}
  gone: {role: target, type: boolean}
  w: {role: weight}
  who: {role: unit}
""",
    "heart": """
  age: {role: feature}
  year: {role: feature}
  transplant: {role: feature}
  operated: {role: feature, type: category, levels: ["no", "yes"]}
  begin: {role: target, minimum: 0}
  time: {role: target, minimum: 0}
  gone: {role: target, type: boolean}
  who: {role: unit}
"""}
LUNG = ("kind=cox", "target=", "time=time", "status=gone", "features=[age, loss]")
HEART = ("kind=cox", "target=", "entry=begin", "time=time", "status=gone", "features=[age, year, transplant]")
GRID = "cox.strata=none", "cox.time_maximum=4000"


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    referee("Rscript:survival")
    stays = Stays(Checkout(tmp_path_factory.mktemp("cox")))
    r_script(SCRIPT, stays.checkout.root)
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, unstratified_survival: true")
    stays.pool("exact_release: true, unstratified_survival: true")
    for name, columns in COLUMNS.items():
        stays.take(name, columns, f"{name}run.yaml")
        stays.pooled(f"{name}pooled.yaml", name, RUN)
    return stays


def fit(formula, more=""):
    return f"coxph({formula}, d{more}, control = coxph.control(eps = 1e-14, iter.max = 50))"


CASES = {
    "one": ("lung", (*LUNG, "cox.strata_by=[sex]"), fit("Surv(time, gone) ~ age + loss + strata(sex, site)")),
    "two": ("lung", (*LUNG, "cox.strata_by=[sex, ecog]", "weights=true", "errors=model"),
            fit("Surv(time, gone) ~ age + loss + strata(sex, ecog, site)", ", weights = w, robust = FALSE")),
    "breslow": ("lung", (*LUNG, "cox.strata_by=[ecog]", "cox.ties=breslow"), fit("Surv(time, gone) ~ age + loss + strata(ecog, site)", ', ties = "breslow"')),
    "interaction": ("lung", (*LUNG[:-1], "features=[age, loss, age:sex]", "cox.strata_by=[sex]"), fit("Surv(time, gone) ~ age + loss + I(age * (sex == 'm')) + strata(sex, site)")),
    "offset": ("lung", (*LUNG[:-1], "features=[age]", "offset=shift", "cox.strata_by=[sex]"), fit("Surv(time, gone) ~ age + offset(shift) + strata(sex, site)")),
    "entry": ("heart", (*HEART, "cox.strata_by=[operated]"), fit("Surv(begin, time, gone) ~ age + year + transplant + strata(operated, site)")),
}
ERRORS = {
    "robust": ("lung", (*LUNG, "weights=true"), "Surv(time, gone) ~ age + loss + strata(%s)", ", weights = w, robust = TRUE"),
    "clustered": ("lung", (*LUNG, "cluster=unit"), "Surv(time, gone) ~ age + loss + strata(%s)", ", cluster = who"),
    "entry": ("heart", (*HEART, "errors=robust"), "Surv(begin, time, gone) ~ age + year + transplant + strata(%s)", ", robust = TRUE, id = seq_along(time)"),
}


@pytest.mark.parametrize("name", CASES)
def test_strata_within_clinics(rows, name):
    """Pooled, each partition is a clinic."""
    data, model, formula = CASES[name]
    output, found = ours(rows, name, model, strata=True, data=data, ranks=(4,))
    check(found, r(rows, formula, data=data))
    text = rows.path(f"{output}/model.txt").read_text()
    assert "Stratified by sex and ecog, within each domain." in text if name == "two" else "Stratified by " in text


@pytest.mark.parametrize("name", CASES)
def test_strata_over_all_clinics(rows, name):
    """One model, to the bit, on 2 and 4 ranks and pooled."""
    data, model, formula = CASES[name]
    _, found = ours(rows, f"grid-{name}", (*model, *GRID), data=data)
    check(found, r(rows, formula.replace(", site)", ")"), data=data))


@pytest.mark.parametrize("name", ERRORS)
@pytest.mark.parametrize("grid", [False, True])
def test_errors_that_do_not_rest_on_the_model(rows, name, grid):
    data, model, formula, more = ERRORS[name]
    by = "sex" if data == "lung" else "operated"
    output, found = ours(rows, f"{name}-{grid}", (*model, f"cox.strata_by=[{by}]", *(GRID if grid else ())), strata=not grid, data=data)
    expected = r(rows, fit(formula % (by if grid else f"{by}, site"), more), errors='coef(summary(f))[, "robust se"]', data=data)
    check(found[:2], expected[:2])


@pytest.mark.parametrize("method", ["lbfgs", "newton-krylov"])
def test_petsc(rows, method):
    model = (*LUNG, "cox.strata_by=[sex, ecog]", *GRID)
    words = [w for word in model for w in ("--set", f"model.{word}")]
    rows.run("train", "lungrun.yaml", "--output", method, *words, "--set", f"train={{method: {method}, tolerance: 1.0e-11, max_iterations: 200}}", np=2)
    with referee("h5py").File(rows.path(f"{method}/model.h5")) as file:
        found = [file[f"arrays/{key}"][:] for key in ("coefficients", "standard_errors")]
    check(found, r(rows, fit("Surv(time, gone) ~ age + loss + strata(sex, ecog)"), data="lung")[:2])


def pairs(rows, data, formula):
    """Concordant, tied and comparable ones, within strata."""
    script = (f'suppressMessages(library(survival)); d <- read.csv("{data}.csv"); d$site <- d$clinic; f <- {formula}; '
              'k <- colSums(rbind(concordance(f)$count)); cat(k["concordant"], k["tied.x"], k["concordant"] + k["discordant"] + k["tied.x"])')
    return r_numbers(script, rows.checkout.root)


@pytest.mark.parametrize("name", ["two", "entry"])
def test_concordance_within_strata(rows, name):
    data, model, formula = CASES[name]
    output, words = f"pairs-{name}", [w for word in model if "weights" not in word for w in ("--set", f"model.{word}")]
    for command in ("train", "evaluate"):
        rows.run(command, f"{data}run.yaml", "--output", output, *words, np=3)
    measures = json.loads(rows.path(f"{output}/evaluation.json").read_text())["overall"]
    assert [measures[key] for key in ("concordant", "tied", "comparable")] == pairs(rows, data, formula.replace(", weights = w", ""))
    assert "is a model with another cox.strata_by" in rows.run("evaluate", f"{data}run.yaml", "--output", output, *words, "--set", "model.cox.strata_by=[never]", np=3, code=CONFIG)


def test_survival_of_a_stratum(rows):
    """R's survfit of new rows in their strata; empty where a stratum had no event."""
    words = [w for word in (*LUNG, "cox.strata_by=[sex, ecog]", *GRID, "cox.baseline=true") for w in ("--set", f"model.{word}")]
    words += ["--set", "evaluate.survival_at=[100, 365, 700]"]
    digests = set()
    for np, config in ((1, "lungrun"), (4, "lungrun"), (2, "lungpooled")):
        rows.run("train", f"{config}.yaml", "--output", f"curves-{config}-{np}", *words, np=np)
        digests.add(rows.checkout.digest(f"curves-{config}-{np}/model.h5"))
    assert len(digests) == 1
    rows.run("predict", "lungrun.yaml", "--output", "curves-lungrun-4", *words, np=3)
    beyond = rows.run("predict", "lungrun.yaml", "--output", "never", "--model", "curves-lungrun-4/model.h5", *words, "--set", "evaluate.survival_at=[100, 1e5]", np=1, code=CONFIG)
    assert "evaluate.survival_at: 100000 is beyond model.cox.time_maximum" in beyond
    rows.run("verify", "curves-lungrun-4", "--key", "operator.pub.pem", "--quiet")
    script = ('suppressMessages(library(survival)); d <- read.csv("lung.csv"); f <- ' + fit("Surv(time, gone) ~ age + loss + strata(sex, ecog)")
              + '; p <- function(i) summary(survfit(f, newdata = d[i, ], se.fit = FALSE), times = c(100, 365, 700), extend = TRUE)$surv; '
              'cat(sprintf("%.17g", unlist(lapply(seq_len(nrow(d)), p))))')
    expected = r_numbers(script, rows.checkout.root)
    found = {}
    for clinic in CLINICS:
        lines = rows.path(f"curves-lungrun-4/predictions/{clinic}/{clinic}.csv").read_text().splitlines()
        assert lines[0] == "row,hazard_ratio,survival_100,survival_365,survival_700"
        found[clinic] = iter(lines[1:])
    order = [line.split(",")[0] for line in rows.path("lung.csv").read_text().splitlines()[1:]]
    curves = [float(word) for clinic in order for word in next(found[clinic]).split(",")[2:]]
    assert all(math.isclose(x, y, rel_tol=1e-8, abs_tol=1e-12) for x, y in zip(curves, expected, strict=True))


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be_a_stratum(rows, np):
    def refused(*model, code=CONFIG):
        return rows.run("train", "lungrun.yaml", "--output", "never", *(w for word in model for w in ("--set", f"model.{word}")), np=np, code=code)
    assert 'model.cox.strata_by: "sax" is no category of the partitions\' features; they have: sex, ecog (did you mean "sex"?)' in refused(*LUNG, "cox.strata_by=[sax]")
    assert 'model.cox.strata_by: "age" is a number' in refused(*LUNG, "cox.strata_by=[age]")
    assert 'model.cox.strata_by: "sex" is in model.features too' in refused(*LUNG[:-1], "features=[age, sex]", "cox.strata_by=[sex]")
    assert "model.cox.strata_by" in refused(*LUNG, "cox.strata_by=[sex, sex]")
    assert "did you mean" in refused(*LUNG, "cox.strata_bye=[sex]")
    assert "only used with kind: cox" in refused("kind=linear", "target=time", "cox.strata_by=[sex]")
    assert "more than 1048576 sums" in refused(*LUNG, "cox.strata=none", "cox.time_maximum=800000", "cox.strata_by=[sex, ecog]")


def test_all_features_but_the_strata(rows):
    rows.run("train", "lungrun.yaml", "--output", "all", *(w for word in (*LUNG[:-1], "features=[-ecog, -shift]", "cox.strata_by=[sex]") for w in ("--set", f"model.{word}")), np=2)
    assert [line.split(",")[0] for line in rows.path("all/coefficients.csv").read_text().splitlines()] == ["term", "age", "loss"]


@pytest.mark.parametrize("np", [1, 4])
def test_strata_of_few_rows(rows, np):
    """What a policy asks for, of each stratum."""
    words = [w for word in (*LUNG, "cox.strata_by=[ecog]") for w in ("--set", f"model.{word}")]
    try:
        rows.terms("lyon", "minimum: {rows: 5}\n", allow="exact_release: true, unstratified_survival: true")
        out = rows.run("train", "lungrun.yaml", "--output", "never", *words, np=np, code=POLICY)
        assert "domain lyon: a stratum of model.cox.strata_by has fewer of its rows than the 5 that a policy asks for (minimum.group_rows, or without it minimum.rows)" in out
        rows.run("train", "lungrun.yaml", "--output", f"enough-{np}", *words, "--set", "model.cox.strata_by=[sex]", np=np)
        rows.terms("lyon", "minimum: {contributors: 2}\n", allow="exact_release: true, unstratified_survival: true")
        grid = ["--set", "model.cox.strata=none", "--set", "model.cox.time_maximum=4000"]
        out = rows.run("train", "lungrun.yaml", "--output", "never", *words, *grid, np=np, code=POLICY)
        assert 'round "events on the time grid"' in out and "minimum.contributors" in out
    finally:
        rows.terms("lyon", allow="exact_release: true, unstratified_survival: true")


def zph(rows, data, formula, transform):
    script = (f'suppressMessages(library(survival)); d <- read.csv("{data}.csv"); d$site <- d$clinic; f <- {formula}; '
              f'cat(sprintf("%.17g", t(cox.zph(f, transform = "{transform}", terms = FALSE, global = TRUE)$table)))')
    return r_numbers(script, rows.checkout.root)


def hazards(rows, output):
    """Of each coefficient and all together: its name; chi-square, degrees of freedom and p."""
    tests = json.loads(rows.path(f"{output}/run.json").read_text())["results"]["proportionalHazards"]
    return [test["name"] for test in tests], [test[key] for test in tests for key in ("chiSquared", "df", "p")]


# Each with transforms that it could change: ranks and curves are of rows, with their weights and entries; ties and strata are in the sums of all alike.
HAZARDS = {
    "lung": ("lung", LUNG, "Surv(time, gone) ~ age + loss%s", "", ("identity", "log", "rank", "km")),
    "breslow": ("lung", (*LUNG, "cox.ties=breslow"), "Surv(time, gone) ~ age + loss%s", ', ties = "breslow"', ("log",)),
    "strata": ("lung", (*LUNG, "cox.strata_by=[sex]", "weights=true"), "Surv(time, gone) ~ age + loss + strata(sex)%s", ", weights = w", ("identity", "km")),
    "heart": ("heart", HEART, "Surv(begin, time, gone) ~ age + year + transplant%s", "", ("identity", "rank", "km")),
    "heart-strata": ("heart", (*HEART, "cox.strata_by=[operated]"), "Surv(begin, time, gone) ~ age + year + transplant + strata(operated)%s", "", ("log",)),
}


@pytest.mark.parametrize("name,transform", [(name, transform) for name, (*_, transforms) in HAZARDS.items() for transform in transforms])
def test_proportional_hazards(rows, name, transform):
    """Within clinics, and over all of them, where one model and its tests come of any ranks."""
    data, model, formula, more, _ = HAZARDS[name]
    for grid in ((True,) if transform in ("rank", "km") else (True, False)):
        words = [w for word in (*model, *(GRID if grid else ()), f"cox.proportional_hazards={transform}") for w in ("--set", f"model.{word}")]
        found = set()
        for np, config in ((4, "run"), (1, "pooled")):
            within = [] if grid or config == "run" else ["--set", "model.cox.strata=partition"]
            output = f"zph-{name}-{transform}-{grid}-{config}-{np}"
            rows.run("train", f"{data}{config}.yaml", "--output", output, *words, *within, np=np)
            found.add(json.dumps(hazards(rows, output)))
        assert len(found) == 1
        expected = zph(rows, data, fit(formula % ("" if grid else " + strata(site)"), more), transform)
        names, numbers = json.loads(found.pop())
        assert names[-1] == "global"
        assert all(math.isclose(x, y, rel_tol=1e-8) for x, y in zip(numbers, expected, strict=True)), (numbers, expected)
    text = rows.path(f"{output}/model.txt").read_text()
    assert f"effects that change with {'time' if transform == 'identity' else transform + '(time)'}\n" in text and re.search(r"\nglobal +[0-9.]+ +[23] +[0-9.e-]+\n", text)


@pytest.mark.parametrize("np", [1, 4])
def test_hazards_that_cannot_be_tested(rows, np):
    def refused(*model, code=CONFIG):
        return rows.run("train", "lungrun.yaml", "--output", "never", *(w for word in (*LUNG, *model) for w in ("--set", f"model.{word}")), np=np, code=code)
    assert "rank and km are of all domains' times, which cross with strata: none alone; here: identity or log" in refused("cox.proportional_hazards=km")
    assert "with a penalty there is no such test" in refused("cox.proportional_hazards=log", "l2=1")
    for grid in ((), GRID):
        assert "1 of the event times have no log: take identity" in refused("time=since", "cox.proportional_hazards=log", *grid, code=DATA)
    assert "allowed: none, identity, log, rank, km" in refused("cox.proportional_hazards=kmm")
