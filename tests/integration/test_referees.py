# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Coefficients and standard errors beside R's glm, lm and coxph, within 1e-10 relative."""
import gzip
import itertools
import json
import re

import pytest
from conftest import SHARED, needs_shared, referee
from r import r_script

LUNG = """
library(survival); d <- read.csv("data/lung/lung.csv"); d <- d[complete.cases(d[,c("inst","ph.ecog","ph.karno")]),]
d$region <- ifelse(d$inst %in% c(1,3,33),"n",ifelse(d$inst %in% c(2,5,12,13),"s",ifelse(d$inst %in% c(6,7,11,22),"e","w")))
d$female <- d$sex - 1; d$dead <- d$status - 1
fit <- coxph(Surv(time, dead) ~ age + female + ph.ecog + ph.karno + strata(region), data=d, ties="TIES",
             control=coxph.control(eps=1e-14, toler.chol=1e-14, iter.max=60))
"""
# R's glm takes its standard errors from the weights of the iteration before the last; started at its own
# answer it takes them from that.
PRINT = """
if (inherits(fit, "glm")) fit <- update(fit, start=coef(fit))
s <- summary(fit)$coefficients; se <- if (inherits(fit,"coxph")) s[,"se(coef)"] else s[,2]
cat(sprintf("%.17g %.17g\\n", coef(fit), se), sep="")
"""
HEART = """
d <- read.csv("SHARED/data/heart/fed_heart_flamby_split.csv"); d <- d[d$split=="train",]
fit <- glm(y ~ age+sex+trestbps+chol+fbs+thalach+exang+oldpeak+cp_2+cp_3+cp_4+restecg_1+restecg_2,
           data=d, family=binomial, control=glm.control(epsilon=1e-15, maxit=60))
"""
# ridge(): theta/2 sum_j var(x_j) beta_j^2, which is l2/2 on standardised columns.
BREAST_CANCER = """
library(survival); d <- read.csv("SHARED/data/tcga_brca/brca.csv", check.names=FALSE)
f <- read.csv("SHARED/data/tcga_brca/train_test_split.csv"); d <- merge(d, f, by="pid")
d <- d[d$fold=="train",]; d$centre <- sub("train_", "", d$fold2); x <- as.matrix(d[,2:40])
fit <- coxph(Surv(d$T, d$E) ~ ridge(x, theta=0.0866, scale=TRUE) + strata(d$centre), ties="efron",
             control=coxph.control(eps=1e-14, toler.chol=1e-14, iter.max=60))
"""

ACS = """
d <- read.csv("out/sample.csv"); schooling <- relevel(factor(d$SCHL), "16")
fit <- glm(INCOME_GT_50K ~ AGEP + WKHP + factor(COW) + schooling + factor(MAR) + factor(SEX) + factor(RAC1P),
           data=d, family=binomial, control=glm.control(epsilon=1e-15, maxit=40))
"""
FLCHAIN = """
library(survival); d <- read.csv("out/flchain/flchain.csv"); d$top <- as.numeric(d$flc.grp == 10)
fit <- coxph(Surv(futime, death) ~ age + sex + creatinine + top + strata(pmin(sample.yr, 1998)), data=d, ties="efron",
             control=coxph.control(eps=1e-14, toler.chol=1e-14, iter.max=60))
"""
ROTTERDAM = """
library(survival); d <- read.csv("out/rotterdam/breast.csv"); d$size <- factor(d$size, c("to-20", "to-50", "over-50"))
german <- d[d$where == "germany",]; d <- d[d$where != "germany",]
fit <- coxph(Surv(time, status) ~ age_cubed + age_cubed_log + meno + size + nodes_root + er + hormon, data=d, ties="breslow",
             control=coxph.control(eps=1e-14, toler.chol=1e-14, iter.max=60))
"""
# Pairs of the German rows: concordant, tied by the model, comparable.
GERMANY = """
n <- concordance(Surv(time, status) ~ predict(fit, newdata=german), data=german, reverse=TRUE)$count
cat(n["concordant"], n["tied.x"], n["concordant"] + n["discordant"] + n["tied.x"])
"""
DIABETES = """
d <- read.csv("out/diabetes/diabetes.csv"); d$sex <- factor(d$sex)
fit <- lm(progression ~ age + sex + bmi + map + tc + ldl + hdl + tch + ltg + glu, data=d, tol=1e-14)
"""
SOLDER = """
d <- read.csv("out/solder/solder.csv")
fit <- glm(skips ~ Opening + Solder + Mask + PadType + factor(Panel), data=d, family=poisson, control=glm.control(epsilon=1e-15, maxit=60))
"""
OF_A_CLONE = {"flchain": FLCHAIN, "rotterdam": ROTTERDAM, "diabetes": DIABETES, "solder": SOLDER}


def rscript(script, cwd):
    """What it prints, line by line."""
    referee("Rscript:survival")
    script = script.replace("SHARED", str(SHARED.resolve()))
    return [tuple(map(float, line.split())) for line in r_script(script, cwd, timeout=300).splitlines()]


def r(script, cwd):
    return rscript(script + PRINT, cwd)


def ours(checkout, model):
    """Coefficients and standard errors in the units of the data, all digits."""
    lines = re.findall(r"^  \S.* (\S+)  se (\S+)$", checkout.run("inspect", model), re.M)
    return [tuple(map(float, line)) for line in lines]


def compare(mine, theirs):
    assert len(mine) == len(theirs)
    worst = max(abs(a - b) / abs(b) for m, t in zip(mine, theirs) for a, b in zip(m, t))
    print(f"largest relative difference {worst:.2g}")
    assert worst < 1e-10


@pytest.mark.parametrize("name", ["no_such_module", "Rscript:no.such.package"])
def test_a_missing_referee_is_a_failure_where_all_were_installed(monkeypatch, name):
    for required, outcome in (("required", pytest.fail.Exception), ("", pytest.skip.Exception)):
        monkeypatch.setenv("BAILIWICK_REFEREES", required)
        with pytest.raises(outcome, match=f"{name} is missing"):
            referee(name)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_lung_cox(jobs, ties):
    lung = jobs("lung")
    lung.train("configs/lung/train.yaml", "--set", f"model.cox.ties={ties}", output=f"out/lung/r-{ties}", np=2)
    compare(ours(lung, f"out/lung/r-{ties}/model.h5"), r(LUNG.replace("TIES", ties), lung.root))


@pytest.mark.parametrize("job", OF_A_CLONE)
def test_jobs_of_a_clone(jobs, job):
    checkout = jobs(job)
    checkout.train(f"configs/{job}/train.yaml", output=f"out/{job}/r", np=2)
    compare(ours(checkout, f"out/{job}/r/model.h5"), r(OF_A_CLONE[job], checkout.root))


@pytest.mark.parametrize("np", [1, 3])
def test_a_model_of_rotterdam_in_germany(jobs, np):
    """Another owner's rows by another config: the pairs that R counts, to the last one."""
    rotterdam = jobs("rotterdam")
    rotterdam.train("configs/rotterdam/train.yaml", output=f"out/rotterdam/r-{np}", np=2)
    rotterdam.run("evaluate", "configs/rotterdam/germany.yaml", "--model", f"out/rotterdam/r-{np}/model.h5",
                  "--output", f"out/rotterdam/tried-{np}", np=np)
    found = json.loads(rotterdam.path(f"out/rotterdam/tried-{np}/evaluation.json").read_text())["overall"]
    assert [(found["concordant"], found["tied"], found["comparable"])] == rscript(ROTTERDAM + GERMANY, rotterdam.root)


@needs_shared("heart")
def test_heart_logistic(jobs):
    heart = jobs("heart")
    heart.train("configs/heart/train.yaml", "--set", "model.l2=0", output="out/heart/r", np=2)
    compare(ours(heart, "out/heart/r/model.h5"), r(HEART, heart.root))


@needs_shared("tcga_brca")
def test_breast_cancer_cox(jobs):
    brca = jobs("breast-cancer")
    brca.train("configs/breast-cancer/train.yaml", output="out/breast-cancer/r", np=2)
    compare(ours(brca, "out/breast-cancer/r/model.h5"), r(BREAST_CANCER, brca.root))


@needs_shared("acs_income")
def test_acs_income_sample(fresh):
    """Every seventh of 1.4 million rows, in 50 domains; relation is left out, as one level is all but separated."""
    fresh.path("out").mkdir()
    with gzip.open(SHARED / "data/acs_income/acs_income_2018.csv.gz", "rt") as source, open(fresh.path("out/sample.csv"), "w") as sample:
        sample.write(next(source))
        sample.writelines(itertools.islice(source, 0, None, 7))
    ingest = fresh.path("configs/acs-income/ingest.yaml")
    ingest.write_text(ingest.read_text().replace("../../../shared/data/acs_income/acs_income_2018.csv.gz", "../../out/sample.csv"))
    fresh.prepare("acs-income")
    levels = lambda name, last, reference: [f"{name}_{k}" for k in range(1, last + 1) if k != reference]
    features = ["AGEP", "WKHP", *levels("COW", 8, 1), *levels("SCHL", 24, 16), "MAR_2", "SEX_2", *levels("RAC1P", 5, 1)]
    fresh.train("configs/acs-income/train.yaml", "--set", "model.l2=0", "--set", "train.split=", "--set",
                f"model.features=[{', '.join(features)}]", output="out/r", np=2)
    assert "rows         200377" in fresh.run("inspect", "out/r/model.h5")
    compare(ours(fresh, "out/r/model.h5"), r(ACS, fresh.root))
