# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Missing values that are kept at ingest and imputed in training: as R has them with the column filled by itself; one digest on 1, 2 and 4 ranks, and pooled; the saved values in all that uses the model."""
import csv
import json
import math
import statistics
import subprocess
import sys

import pytest

from conftest import SOURCE, referee
from test_against_r import check, ours, r, rows  # noqa: F401
from test_policies import CLINICS

h5py = referee("h5py")
DATA, CONFIG, POLICY = 5, 3, 4
KEPT = {"x: {role: feature}": "x: {role: feature, missing: keep}", "levels: [f, m]}": "levels: [f, m], missing: keep}",
        "years: {role: feature, minimum: 0}": "years: {role: feature, minimum: 0, missing: keep}"}
FILL = "fill <- function(v, by) { v[is.na(v)] <- by(v[!is.na(v)]); v }; mode <- function(v) names(which.max(table(v)));"
EXACT = "epsilon = 1e-15"
CASES = {
    "mean-median": (("kind=linear", "target=level", "features=[x, years, sex]", "missing={x: mean, years: median}"), "glm(level ~ x + years + sex, gaussian, d)",
                    'd$x <- fill(d$x, mean); d$years <- fill(d$years, median); d$sex[is.na(d$sex)] <- "(missing)"; d$sex <- factor(d$sex, c("f", "m", "(missing)"));'),
    "indicator": (("kind=logistic", "target=gone", "features=[x, missing(x), log(years), missing(years), sex]", "missing={x: median, years: 2.5, sex: mode}"),
                  f"glm(gone ~ x + m + log(years) + n + sex, binomial, d, {EXACT})",
                  "d$m <- +is.na(d$x); d$n <- +is.na(d$years); d$x <- fill(d$x, median); d$years[is.na(d$years)] <- 2.5; d$sex <- fill(d$sex, mode);"),
    "drop": (("kind=linear", "target=level", "features=[x, years, sex]", "missing={x: drop, sex: drop, '*': mean}"), "glm(level ~ x + years + sex, gaussian, d)",
             'd <- d[complete.cases(d[c("x", "sex")]), ]; d$years <- fill(d$years, mean);'),
    "cox-drop": (("kind=cox", "target=", "time=time", "status=gone", "features=[x, sex, years]", "missing={'*': drop}"),
                 "coxph(Surv(time, gone) ~ x + sex + years + strata(site), d, control = coxph.control(eps = 1e-14, iter.max = 50))", ""),
    "cox-strata": (("kind=cox", "target=", "time=time", "status=gone", "features=[x]", "cox.strata_by=[sex]", "missing={x: 0.5, sex: mode}"),
                   "coxph(Surv(time, gone) ~ x + strata(site, sex), d, control = coxph.control(eps = 1e-14, iter.max = 50))",
                   "d$x[is.na(d$x)] <- 0.5; d$sex <- fill(d$sex, mode);"),
    "cox-mode": (("kind=cox", "target=", "time=time", "status=gone", "features=[x, missing(x), sex]", "missing={x: mean, sex: mode}"),
                 "coxph(Surv(time, gone) ~ x + m + sex + strata(site), d, control = coxph.control(eps = 1e-14, iter.max = 50))",
                 "d$m <- +is.na(d$x); d$x <- fill(d$x, mean); d$sex <- fill(d$sex, mode);"),
    "frequency": (("kind=linear", "target=level", "features=[x, years, sex]", "missing={x: mean, years: median, sex: mode}", "weights=true", "weight_type=frequency"),
                  "glm(level ~ x + years + sex, gaussian, d)",
                  "d <- d[rep(seq_len(nrow(d)), d$w), ]; d$x <- fill(d$x, mean); d$years <- fill(d$years, median); d$sex <- fill(d$sex, mode);"),
}


def words(*model):
    return [w for word in model for w in ("--set", f"model.{word}")]


@pytest.fixture(autouse=True, scope="module")
def lacks(rows):  # noqa: F811
    """The rows again, some without x, years or sex, and with whole numbers for weights."""
    header, *lines = (line.split(",") for line in rows.path("rows.csv").read_text().splitlines())
    at = {name: i for i, name in enumerate(header)}
    for i, line in enumerate(lines):
        line[at["w"]] = str(i * 3 % 5 % 4)
        for name, lacks in (("x", i % 5 == 1), ("years", i % 6 == 2), ("sex", i * i % 7 == 4)):
            if lacks:
                line[at[name]] = "NA"
    rows.write("lacks.csv", "\n".join(map(",".join, [header, *lines])) + "\n")
    ingest = rows.path("rows.yaml").read_text().replace("input: rows.csv", "input: lacks.csv").replace("output: rows", "output: lacks")
    for plain, kept in KEPT.items():
        ingest = ingest.replace(plain, kept)
    rows.write("lacks.yaml", ingest)
    assert "168 rows read: 168 kept, 0 quarantined" in rows.run("ingest", "lacks.yaml")
    for config in ("run", "pooled"):
        rows.write(f"lacks-{config}.yaml", rows.path(f"{config}.yaml").read_text().replace("rows/", "lacks/"))
    return rows


def column(rows, name, of=float):  # noqa: F811
    with open(rows.path("lacks.csv"), newline="") as file:
        return [None if row[name] == "NA" else of(row[name]) for row in csv.DictReader(file)]


def train(rows, *model, output="never", config="lacks-run.yaml", np=2, code=0, more=()):  # noqa: F811
    return rows.run("train", config, "--output", output, *words(*model), *more, np=np, code=code)


@pytest.mark.parametrize("name", CASES)
def test_as_r_has_them(rows, name):  # noqa: F811
    model, fit, also = CASES[name]
    output, found = ours(rows, f"missing-{name}", model, strata="kind=cox" in model, data="lacks-")
    check(found, r(rows, fit, FILL + also, data="lacks"))
    if name in ("indicator", "drop", "cox-mode"):
        for command in ("evaluate", "predict"):
            rows.run(command, "lacks-run.yaml", "--output", output, *words(*model), np=3)
        rows.run("verify", output, "--key", "operator.pub.pem")
    text = rows.path(f"{output}/model.txt").read_text()
    assert "Missing values: " in text, text
    if name == "mean-median":
        x, years = ([v for v in column(rows, c) if v is not None] for c in ("x", "years"))
        said = f"Missing values: x: {math.fsum(x) / len(x):.6g} (mean), years: {statistics.median(years):.6g} (median)"
        assert said in text and said in rows.run("inspect", f"{output}/model.h5")
    if name == "indicator":
        sex = [v for v in column(rows, "sex", str) if v is not None]
        assert f"sex: {max('fm', key=sex.count)} (mode)" in text and "reference levels: sex f\n" in text


def test_units_change_nothing(rows):  # noqa: F811
    """A column in other units: the same model, but for the scale of its coefficient."""
    lines = rows.path("lacks.csv").read_text().splitlines()
    scaled = [",".join([f[0], f[1] if f[1] == "NA" else f"{f[1]}e9", *f[2:]]) for f in (line.split(",") for line in lines[1:])]
    rows.write("large.csv", "\n".join([lines[0], *scaled]) + "\n")
    rows.write("large.yaml", rows.path("lacks.yaml").read_text().replace("input: lacks.csv", "input: large.csv").replace("output: lacks", "output: large"))
    rows.run("ingest", "large.yaml")
    rows.write("large-run.yaml", rows.path("run.yaml").read_text().replace("rows/", "large/"))
    found = []
    for data in ("lacks", "large"):
        train(rows, "kind=linear", "target=level", "features=[x, shift]", "missing={x: mean}", output=f"units-{data}", config=f"{data}-run.yaml")
        with h5py.File(rows.path(f"units-{data}/model.h5")) as file:
            found.append([*file["arrays/coefficients"][:], *file["arrays/standard_errors"][:]])
    found[1] = [v * (1e9 if i % 3 == 1 else 1) for i, v in enumerate(found[1])]
    assert all(math.isclose(a, b, rel_tol=1e-11) for a, b in zip(*found, strict=True)), found


def test_other_rows_get_the_saved_values(rows):  # noqa: F811
    """Fewer rows, of which others lack a value: their own mean is another."""
    model = ("kind=linear", "target=level", "features=[x, years]", "missing={x: mean, years: drop}")
    train(rows, *model, output="saved")
    header, *lines = (line.split(",") for line in rows.path("rows.csv").read_text().splitlines())
    at = {name: i for i, name in enumerate(header)}
    for i, line in enumerate(lines):
        line[at["x"]], line[at["years"]] = "NA" if i % 2 else line[at["x"]], "NA" if i % 3 == 0 else line[at["years"]]
    rows.write("others.csv", "\n".join(map(",".join, [header, *lines[::2], *lines[1::4]])) + "\n")
    rows.write("others.yaml", rows.path("lacks.yaml").read_text().replace("input: lacks.csv", "input: others.csv").replace("output: lacks", "output: others"))
    rows.run("ingest", "others.yaml")
    rows.write("others-run.yaml", rows.path("run.yaml").read_text().replace("rows/", "others/"))
    with h5py.File(rows.path("saved/model.h5")) as file:
        b, saved = file["arrays/coefficients"][:], json.loads(file["attributes"].attrs["model"])["imputed"]
    saved = {entry["name"]: entry for entry in saved}
    assert saved["years"] == {"name": "years", "rule": "drop"} and saved["x"]["rule"] == "mean"
    x = [v for v, years in zip(column(rows, "x"), column(rows, "years")) if v is not None and years is not None]
    assert saved["x"]["value"] == math.fsum(x) / len(x)
    for np in (1, 3):
        rows.run("predict", "others-run.yaml", "--model", "saved/model.h5", "--output", f"others-{np}", *words(*model), np=np)
        rows.run("evaluate", "others-run.yaml", "--model", "saved/model.h5", "--output", f"others-{np}", *words(*model), np=np)
    errors = []
    with open(rows.path("others.csv"), newline="") as file:
        of_clinic = {clinic: [] for clinic in CLINICS}
        for row in csv.DictReader(file):
            of_clinic[row["clinic"]].append(row)
    for clinic in CLINICS:
        assert len({rows.path(f"others-{np}/predictions/{clinic}/{clinic}.csv").read_bytes() for np in (1, 3)}) == 1
        with open(rows.path(f"others-1/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            for row, predicted in zip(of_clinic[clinic], csv.DictReader(file), strict=True):
                if row["years"] == "NA":
                    assert predicted["mean"] == ""
                    continue
                mean = b[0] + b[1] * (saved["x"]["value"] if row["x"] == "NA" else float(row["x"])) + b[2] * float(row["years"])
                assert math.isclose(float(predicted["mean"]), mean, rel_tol=1e-10)
                errors.append(float(row["level"]) - mean)
    overall = json.loads(rows.path("others-1/evaluation.json").read_text())["overall"]
    assert overall["rows"] == len(errors)
    assert math.isclose(overall["rmse"], math.sqrt(math.fsum(e * e for e in errors) / len(errors)), rel_tol=1e-9)
    assert "model.missing: saved/model.h5 is a model with another missing" in rows.run(
        "predict", "others-run.yaml", "--model", "saved/model.h5", "--output", "never", *words(*model[:-1], "missing={x: median, years: drop}"), np=1, code=CONFIG)
    # Whose partitions have no missing values may use the model all the same.
    rows.run("predict", "run.yaml", "--model", "saved/model.h5", "--output", "complete", *words(*model[:-1]), np=1)
    assert "mean\n" in rows.path("complete/predictions/bern/bern.csv").read_text() and ",\n" not in rows.path("complete/predictions/bern/bern.csv").read_text()


def test_models_that_do_not_fit(rows):  # noqa: F811
    """One that never saw a missing value does not guess; one that asks for them needs partitions that tell."""
    for name, features, missing in (("run", "[x, shift]", ()), ("lacks-run", "[x, missing(x)]", ("missing={x: 0}",))):
        model = ("kind=linear", "target=level", f"features={features}", *missing)
        train(rows, *model, output=f"unfit-{name}", config=f"{name}.yaml")
        other = "lacks-run.yaml" if name == "run" else "run.yaml"
        out = rows.run("predict", other, "--model", f"unfit-{name}/model.h5", "--output", "never", "--set", "model.kind=linear", "--set", "model.target=level", np=2, code=DATA)
        assert "the model does not fit these partitions: " in out
        assert ('"x" has missing values' if name == "run" else '"missing(x)": "x" is never missing') in out


def test_resumed(rows):  # noqa: F811
    model = CASES["indicator"][0]
    train(rows, *model, output="resume-1", more=("--set", "train.checkpoint.keep_last=0"))
    step = rows.path("resume-1/checkpoints/step-000002.h5")
    train(rows, *model, output="resume-2", np=3, more=("--set", "train.checkpoint.keep_last=0", "--resume", str(step)))
    assert rows.checkout.digest("resume-1/model.h5") == rows.checkout.digest("resume-2/model.h5")


def test_models_that_fill_otherwise_are_not_nested(rows):  # noqa: F811
    for name, features, rule in (("small", "[x]", "mean"), ("large", "[x, shift]", "mean"), ("otherwise", "[x, shift]", "median")):
        train(rows, "kind=linear", "target=level", f"features={features}", f"missing={{x: {rule}}}", output=f"nested-{name}")
    assert "likelihood-ratio test of shift" in rows.run("lrtest", "nested-small", "nested-large")
    assert "differ in what stands for missing values of x" in rows.run("lrtest", "nested-small", "nested-otherwise", code=DATA)


NETWORK = ("kind=mlp", "target=level", "features=[x, missing(x), sex, log(years)]", "missing={x: median, sex: mode, years: drop}",
           "mlp={layers: [{units: 4}], loss: squared_error, embeddings: {sex: 2}}")
DESCENT = "train={descent: {epochs: 2, batch_rows: 32, block_rows: 8, learning_rate: 0.01}}"


def test_networks(rows):  # noqa: F811
    digests = set()
    for np, config in ((1, "run"), (4, "run"), (2, "pooled")):
        train(rows, *NETWORK, output=f"network-{config}-{np}", config=f"lacks-{config}.yaml", np=np, more=("--set", DESCENT))
        digests.add(rows.checkout.digest(f"network-{config}-{np}/model.h5"))
    assert len(digests) == 1
    rows.run("predict", "lacks-run.yaml", "--output", "network-run-4", *words(*NETWORK), "--set", DESCENT, np=2)
    local = DESCENT.replace("epochs: 2, ", "").replace("}}", "}, method: sgd, federated: {rounds: 2, local_steps: 2, personal: {kind: ditto}}}")
    for np in (1, 4):
        train(rows, *NETWORK, output=f"federated-{np}", np=np, more=("--set", local))
        rows.run("evaluate", "lacks-run.yaml", "--output", f"federated-{np}", *words(*NETWORK), "--set", local, "--set", "evaluate.regional=true", np=np)
    assert rows.checkout.digest("federated-1/model.h5") == rows.checkout.digest("federated-4/model.h5")
    empty = sum(line.endswith(",") for clinic in CLINICS for line in rows.path(f"network-run-4/predictions/{clinic}/{clinic}.csv").read_text().splitlines())
    assert empty == column(rows, "years").count(None)
    assert f"rows         {168 - empty}\n" in rows.run("inspect", "network-run-4/model.h5")


@pytest.mark.parametrize("np", [1, 4])
def test_what_cannot_be(rows, np):  # noqa: F811
    linear = ("kind=linear", "target=level")

    def refused(*model, code=CONFIG, config="lacks-run.yaml", command="train"):
        return rows.run(command, config, *(("--output", "never") if command == "train" else ()), *words(*linear, *model), np=np, code=code)
    cases = [
        ('"x" has missing values (missing: keep, at ingest): say what stands for them, x: median', "features=[x^2]"),
        ('"shfit" is no feature that may be missing (missing: keep, at ingest); there are: x, sex, years', "features=[x]", "missing={shfit: mean}"),
        ('"yaers" is no feature that may be missing (missing: keep, at ingest); there are: x, sex, years (did you mean "years"?)', "features=[x]", "missing={yaers: mean}"),
        ('"shift" is no feature that may be missing', "features=[shift]", "missing={shift: mean}"),
        ('"lab_*" is no feature that may be missing', "features=[shift]", "missing={'lab_*': mean}"),
        ("x: mode is for categories; a number has mean, median, a number, or drop", "features=[x]", "missing={x: mode}"),
        ("sex: 3 is for numbers; a category has mode or drop", "features=[sex]", "missing={sex: 3}"),
        ('"*" and "x*" both speak of "x"', "features=[x]", "missing={'*': mean, 'x*': median}"),
        ('unknown value "modus"; allowed: mean, median, mode, drop (did you mean "mode"?), or a number', "features=[sex]", "missing={sex: modus}"),
        ('take "sex_(missing)" out of model.features', "features=['sex_(missing)']", "missing={sex: mode}"),
        ('"missing(shift)": "shift" is never missing in these partitions', "features=[missing(shift)]"),
        ("missing() is of a number that the partitions have", "features=[missing(log(x))]", "missing={x: 1}"),
        ('model.offset: "x" has missing values (missing: keep, at ingest), and nothing can stand for them here', "features=[shift]", "offset=x")]
    for text, *model in cases if np == 1 else cases[::4]:
        assert text in refused(*model), text
    for command in ("train", "check"):
        assert 'model.missing: "x" has missing values' in refused("features=[x]", command=command)
    assert "its log(x) has no value" in refused("features=[log(x)]", "missing={x: mean}", code=DATA)


@pytest.mark.parametrize("np", [1, 4])
def test_columns_without_any_value(rows, np):  # noqa: F811
    header, *lines = (line.split(",") for line in rows.path("lacks.csv").read_text().splitlines())
    nobody = [[*line[:1], "NA", *line[2:]] for line in lines]
    rows.write(f"nobody-{np}.csv", "\n".join(map(",".join, [header, *nobody])) + "\n")
    rows.write(f"nobody-{np}.yaml", rows.path("lacks.yaml").read_text().replace("input: lacks.csv", f"input: nobody-{np}.csv").replace("output: lacks", f"output: nobody-{np}"))
    rows.run("ingest", f"nobody-{np}.yaml")
    rows.write(f"nobody-{np}-run.yaml", rows.path("run.yaml").read_text().replace("rows/", f"nobody-{np}/"))
    for rule in ("mean", "median"):
        out = train(rows, "kind=linear", "target=level", "features=[x, shift]", f"missing={{x: {rule}}}", config=f"nobody-{np}-run.yaml", np=np, code=DATA)
        assert 'model.missing: no row to train on has a value of "x"' in out
    out = rows.run("describe", f"nobody-{np}-run.yaml", "--output", f"nobody-{np}-out", np=np)
    assert "168 missing" in out and "nan" not in out
    described = json.loads(rows.path(f"nobody-{np}-out/description.json").read_text())["columns"][0]
    assert described["mean"] is None and described["sd"] is None and {v for _, v in described["quantiles"]} == {None} and described["missing"] == 168


@pytest.mark.parametrize("np", [1, 4])
def test_policies(rows, np):  # noqa: F811
    linear = ("kind=linear", "target=level", "features=[x, missing(x), shift]")
    try:
        rows.terms("lyon", "minimum: {rows: 20}\n")
        out = train(rows, *linear, "missing={x: median}", np=np, code=POLICY)
        assert "model.missing: x: median: the policy of domain lyon asks for a minimum of rows or contributors" in out and "take mean" in out
        assert "(minimum.group_rows, or without it minimum.rows) have: missing(x) (not the usual value); a model tells" in train(rows, *linear, "missing={x: mean}", np=np, code=POLICY)
        rows.terms("lyon", "minimum: {rows: 20, group_rows: 3}\n")
        assert "model.missing: x: a number: the policy of domain lyon asks for a minimum" in train(rows, *linear, "missing={x: 4}", np=np, code=POLICY)
        for rule in ("mean", "drop"):
            model = linear if rule != "drop" else (*linear[:2], "features=[x, shift]")
            train(rows, *model, f"missing={{x: {rule}}}", output=f"minimum-{rule}-{np}", np=np)
        have = sum(v is not None for v in column(rows, "x")[56:112])
        rows.terms("lyon", f"minimum: {{rows: {have + 1}}}\n")
        out = train(rows, *linear, "missing={x: mean}", np=np, code=POLICY)
        assert 'domain lyon: its part of the round "missing values" would be made of fewer rows' in out and str(have) not in out.partition("-----")[0].replace(str(have + 1), "")
        out = train(rows, *linear[:2], "features=[x, shift]", "missing={x: drop}", np=np, code=POLICY)
        assert "fewer rows of non-zero weight than" in out
        rows.terms("lyon", "minimum: {contributors: 2}\n")
        train(rows, *linear, "missing={x: mean}", output=f"contributors-{np}", np=np)
        assert "model.missing: x: median: the policy of domain" in train(rows, *linear, "missing={x: median}", np=np, code=POLICY)
    finally:
        rows.terms("lyon")


def test_described(rows):  # noqa: F811
    numpy = referee("numpy")
    words = ("--set", "describe.tests=[{compare: x, by: sex}]", "--set", "describe.quantiles=[0.25, 0.5, 0.9]")
    for clinic in CLINICS:
        rows.terms(clinic, allow="exact_release: true, per_domain_statistics: true")
    texts = set()
    for np in (1, 3):
        out = rows.run("describe", "lacks-run.yaml", "--output", f"described-{np}", *words, "--set", "describe.per_domain=true", np=np)
        texts.add(rows.path(f"described-{np}/description.json").read_text())
    assert len(texts) == 1
    described = json.loads(texts.pop())
    columns = {c["name"]: c for c in described["columns"]}
    x, sex = column(rows, "x"), column(rows, "sex", str)
    seen = numpy.array([v for v in x if v is not None])
    assert columns["x"]["missing"] == x.count(None) and f"{x.count(None)} missing" in out and "missing" not in columns["shift"]
    assert math.isclose(columns["x"]["mean"], seen.mean(), rel_tol=1e-13) and math.isclose(columns["x"]["sd"], seen.std(ddof=1), rel_tol=1e-13)
    assert [v for _, v in columns["x"]["quantiles"]] == list(numpy.quantile(seen, [0.25, 0.5, 0.9], method="inverted_cdf"))
    assert sum(columns["x"]["histogram"]["rows"]) == len(seen)
    assert dict(columns["sex"]["levels"])["(missing)"] == sex.count(None)
    bern = [v for v in x[:56] if v is not None]
    assert math.isclose(described["domains"]["bern"]["numbers"]["x"]["mean"], math.fsum(bern) / len(bern), rel_tol=1e-13)
    assert described["domains"]["bern"]["numbers"]["x"]["missing"] == 56 - len(bern)
    groups = {g["level"]: g for g in described["tests"][0]["groups"]}
    for level in ("f", "m", "(missing)"):
        of = [v for v, s in zip(x, sex) if v is not None and (s or "(missing)") == level]
        assert groups[level]["rows"] == len(of) and math.isclose(groups[level]["mean"], math.fsum(of) / len(of), rel_tol=1e-11)
    names = described["correlation"]["columns"]
    for i, line in enumerate(described["correlation"]["lower_triangle"]):
        for j, value in enumerate(line):
            assert (value is None) == bool({names[i], names[j]} & {"x", "years"})
    rows.run("verify", "described-3", "--key", "operator.pub.pem")


def test_ingested(rows):  # noqa: F811
    with h5py.File(rows.path("lacks/bern.h5")) as file:
        schema = {c["name"]: c for c in json.loads(file["schema"][()])["features"]}
        assert file.attrs["version"] == 4 and schema["x"]["missing"] is True and "missing" not in schema["shift"]
        assert schema["sex"]["levels"] == ["f", "m", "(missing)"] and schema["sex"]["reference"] == "f"
        assert [math.isnan(v) for v in file["features"][:, 0]] == [v is None for v in column(rows, "x")[:56]]
        assert [v == 2 for v in file["codes"][:, 0]] == [v is None for v in column(rows, "sex", str)[:56]]
    assert "may be missing" in rows.run("inspect", "lacks/bern.h5")
    out = rows.run("check", "run.yaml", "--set", "domains.1.partitions=[lacks/lyon.h5]", code=None)
    assert 'feature "x" is' in out or '"sex" has the level "(missing)" only' in out, out
    for change, why in (("shift: {role: feature}", "shift: {role: target, missing: keep}"), ("levels: [f, m]", "levels: [f, m, (missing)]")):
        rows.write("wrong.yaml", rows.path("lacks.yaml").read_text().replace(change, why))
        out = rows.run("ingest", "wrong.yaml", "--force", code=CONFIG)
        assert "keep is for role: feature" in out or 'level "(missing)" twice' in out
    for precision in ("float32", "float64"):  # and dates, truths and whole numbers, stored in four bytes too
        rows.write("types.csv", "day,seen,ok,y\n2024-03-01,NA,yes,1\nNA,3,NA,2\n2024-03-02,4,no,3\n")
        rows.write("types.yaml", f"""version: 1
input: types.csv
precision: {precision}
columns:
  day: {{role: feature, type: date, missing: keep, earliest: 2024-01-01}}
  seen: {{role: feature, type: integer, missing: keep, minimum: 3}}
  ok: {{role: feature, type: boolean, missing: keep}}
  y: {{role: target}}
output: types
partitions: [{{name: types, owner: bern, sign_with: bern.pem}}]
""")
        rows.run("ingest", "types.yaml", "--force")
        with h5py.File(rows.path("types/types.h5")) as file:
            values = [[None if math.isnan(v) else v for v in row] for row in file["features"][:]]
        assert values == [[19783, None, 1], [None, 3, None], [19784, 4, 0]]


def test_written_by_others(rows):  # noqa: F811
    """A partition of version 4 as docs/partition-format.md has it."""
    from h5py_partition import change_chol
    for units in ([], ["--units"]):
        path = rows.path(f"four{len(units)}.h5")
        subprocess.run([sys.executable, SOURCE / "tests/integration/h5py_partition.py", "write", path, *units], check=True)
        with h5py.File(path, "r+") as f:
            change_chol(f, 4, missing=True)
            f["features"][3, 1] = f["features"][70, 1] = math.nan
        rows.run("policy", "sign", path, "--owner", "bern", "--key", "bern.pem")
        root = subprocess.run([sys.executable, SOURCE / "tests/integration/h5py_partition.py", "verify", path], check=True, capture_output=True, text=True).stdout.strip()
        assert root in rows.run("inspect", path)
