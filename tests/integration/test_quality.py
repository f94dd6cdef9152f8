# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Whether data are fit for a model: each planted fault is found by its name, clean rows have none; numpy counts the same, federated or pooled."""
import csv as csv_rows
import hashlib
import json
import random

import pytest

from conftest import Checkout, referee
from test_policies import CLINICS, Stays

numpy = referee("numpy")

CONFIG, POLICY, DATA, VERDICT = 3, 4, 5, 8
COLUMNS = """
  name: {role: id}
  person: {role: unit}
  age: {role: feature, minimum: 18, maximum: 100, missing: keep}
  karno: {role: feature, minimum: 0, maximum: 100, missing: value, missing_value: -9}
  dose: {role: feature}
  site: {role: feature}
  before: {role: feature}
  after: {role: feature}
  ward: {role: feature, type: category, levels: [medicine, surgery, icu], missing: keep}
  sex: {role: feature, type: category, levels: [f, m]}
  died: {role: target, type: boolean}
  grade: {role: target, type: category, levels: [low, middle, high]}
  split: {role: split, type: category, levels: [train, test]}
"""
HEADER = "clinic,name,person,age,karno,dose,site,before,after,ward,sex,died,grade,split".split(",")


def clean_rows(rows=240, seed=5):
    draw = random.Random(seed)
    table = []
    for i in range(rows):
        before = draw.uniform(1, 5)
        table.append(dict(clinic=CLINICS[i % 3], name=f"n{i}", person=f"p{i}", age=round(min(99, max(19, draw.gauss(60, 10))), 3), karno=draw.randint(40, 100), dose=round(draw.gauss(5, 1), 4), site=i % 3 + round(draw.random(), 3),
                          before=before, after=before + draw.uniform(0.1, 2), ward=draw.choice(("medicine", "surgery", "icu")), sex=draw.choice("fm"), died=int(draw.random() < 0.4),
                          grade=draw.choice(("low", "middle", "high")), split="test" if i % 5 == 4 else "train"))
    return table


def dirty_rows():
    """All faults that are looked for without a rule, each in few rows."""
    table = clean_rows()
    lyon = [row for row in table if row["clinic"] == "lyon"]
    for row in lyon[:75]:
        row["age"] = ""
    for row in lyon[20:24]:
        row["ward"] = ""
    for row, dose in zip(table[3:9], (5000, 4000, -3000, 9000, 8000, 50)):
        row["dose"] = dose
    for row in table[90:93]:
        row["karno"] = ""  # which ingest makes a number that it does not hold against the range
    for row in table:
        row["site"] = 7.5
    for i, row in enumerate(table):
        row["grade"] = "high" if i in (4, 9, 36) else "low" if row["grade"] == "high" else row["grade"]
    bern = [row for row in table if row["clinic"] == "bern"]
    for source, copy in ((bern[10], bern[11]), (bern[20], bern[21]), (bern[20], bern[22])):  # all of training but where said
        copy.update({**source, "name": copy["name"], "person": copy["person"], "split": copy["split"]})
    bern[21]["split"], bern[20]["split"], bern[22]["split"] = "test", "train", "train"
    bern[10]["split"] = bern[11]["split"] = "train"
    bern[40]["person"] = bern[41]["person"] = bern[42]["person"] = "p-twice"
    bern[40]["split"], bern[41]["split"], bern[42]["split"] = "train", "train", "test"
    bern[50]["name"] = bern[51]["name"]
    return table


def csv(table):
    return "\n".join([",".join(HEADER)] + [",".join(value if isinstance(value, str) else repr(value) for value in (row[name] for name in HEADER)) for row in table]) + "\n"


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    stays = Stays(Checkout(tmp_path_factory.mktemp("quality")))
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, per_domain_statistics: true")
    stays.pool("exact_release: true, per_domain_statistics: true")
    for name, table in (("clean", clean_rows()), ("dirty", dirty_rows())):
        stays.write(f"{name}.csv", csv(table))
        stays.take(name, COLUMNS, f"{name}.run.yaml")
        head = stays.path(f"{name}.run.yaml").read_text().partition("domains:\n")[0] + "domains:\n"
        stays.pooled(f"{name}.pooled.yaml", name, head)
    return stays


def quality(stays, name, *settings, output, run="run", np=None, code=0):
    words = [word for setting in settings for word in ("--set", f"quality.{setting}")]
    out = stays.run("quality", f"{name}.{run}.yaml", *words, "--output", output, np=np, code=code)
    path = stays.path(f"{output}/quality.json")
    return out, json.loads(path.read_text()) if path.exists() else None


def found(result, check, member="findings"):
    return {finding.get("column", finding["what"]): finding for finding in result[member] if finding["check"] == check}


def columns_of(result):
    return {column["name"]: column for column in result["columns"]}


def test_clean_rows_have_no_finding(stays):
    out, result = quality(stays, "clean", output="clean-1")
    assert result["findings"] == [] and result["verdict"] == "ok" and "no finding" in out
    assert result["score"] == 1 and all(column["score"] == 1 for column in result["columns"])
    assert {finding["check"] for finding in result["held"]} == {"missing", "range", "outliers", "constant", "imbalance", "duplicates", "ids", "splits", "units", "leakage"}


def without_domains(result):
    """What is the same for rows that lie in one domain: not in how many something is so."""
    result = json.loads(json.dumps(result))
    for finding in result["findings"] + result["held"]:
        finding.pop("domains")
    return {name: value for name, value in result.items() if name not in ("notes", "number_of_domains")}


def test_the_same_bytes(stays):
    told = set()
    for np in (1, 2, 4):
        _, result = quality(stays, "dirty", "findings={splits: warn, units: warn}", output=f"dirty-{np}", np=np)
        told.add(stays.path(f"dirty-{np}/quality.json").read_text())
    assert len(told) == 1
    for np in (1, 3):
        _, pooled = quality(stays, "dirty", "findings={splits: warn, units: warn}", output=f"pooled-{np}", run="pooled", np=np)
        assert without_domains(pooled) == without_domains(result)


def test_what_is_found_without_rules(stays):
    out, result = quality(stays, "dirty", "per_domain=true", output="found", np=3, code=VERDICT)
    table = dirty_rows()
    n = len(table)
    assert result["rows"] == n and result["verdict"] == "stop"
    columns = columns_of(result)
    age = numpy.array([row["age"] if row["age"] != "" else numpy.nan for row in table], float)
    dose = numpy.array([row["dose"] for row in table])

    missing = found(result, "missing")
    assert list(missing) == ["age"] and missing["age"]["found"] == numpy.isnan(age).sum() / n and missing["age"]["where"] == ["lyon"]
    assert columns["ward"]["missing"] == 4 == columns["ward"]["levels"][3][1] and columns["ward"]["levels"][3][0] == "(missing)"
    karno = numpy.array([-9 if row["karno"] == "" else row["karno"] for row in table])
    outside = (karno < 0) | (karno > 100)
    assert list(found(result, "range")) == ["karno"] and found(result, "range")["karno"]["rows"] == columns["karno"]["outside"] == outside.sum() == 3
    assert columns["age"]["outside"] == 0
    for name, values in (("dose", dose), ("karno", karno), ("age", age[~numpy.isnan(age)])):
        quantiles = numpy.quantile(values, [p for p, _, _ in columns[name]["quantiles"]], method="inverted_cdf")
        assert [told for _, *told in columns[name]["quantiles"]] == [[value, (values <= value).mean()] for value in quantiles] and len(quantiles) == 19
        lower, upper = numpy.quantile(values, [0.25, 0.75], method="inverted_cdf")
        low, high = lower - 3 * (upper - lower), upper + 3 * (upper - lower)
        assert columns[name]["fences"] == [low, high]
        assert columns[name]["outliers"] == ((values < low) | (values > high)).sum()
    assert list(found(result, "outliers")) == ["dose"] and columns["dose"]["outliers"] == 6
    assert list(found(result, "constant")) == ["site"] and columns["site"]["constant"]
    imbalance = found(result, "imbalance")
    assert list(imbalance) == ["grade"] and imbalance["grade"]["rows"] == 3 and imbalance["grade"]["at_least"] == 0.05 and "class high" in imbalance["grade"]["what"]
    assert columns["died"]["levels"] == [["0", sum(row["died"] == 0 for row in table)], ["1", sum(row["died"] for row in table)]]

    repeats, splits, seen = 0, {}, {}
    for row in table:
        seen.setdefault((row["clinic"], *(row[name] for name in HEADER[3:-1])), []).append(row)
    for rows in seen.values():
        repeats += len(rows) - 1
        for row in rows:
            splits[row["split"]] = splits.get(row["split"], 0) + (len({other["split"] for other in rows}) > 1)
    assert result["duplicates"] == repeats == 3 and result["across_splits"] == [[split, splits[split]] for split in ("train", "test")] == [["train", 2], ["test", 1]]
    assert result["units_across_splits"] == [["train", 2], ["test", 1]] and result["repeated_ids"] == 1
    assert {finding["severity"] for finding in result["findings"] if finding["check"] in ("splits", "units")} == {"stop"}
    (duplicates,) = found(result, "duplicates").values()
    assert duplicates["where"] == ["bern"] and duplicates["domains"] == 1
    assert [finding["severity"] for finding in result["findings"]] == sorted((finding["severity"] for finding in result["findings"]), key=["stop", "warn"].index)

    flawed = numpy.array([row["age"] == "" or row["ward"] == "" for row in table]) | outside | (numpy.abs(dose) > 20)
    for rows in seen.values():
        flawed[[table.index(row) for row in rows[1:]]] = True
        if len({row["split"] for row in rows}) > 1:
            flawed[[table.index(row) for row in rows]] = True
    flawed |= numpy.array([row["person"] == "p-twice" for row in table])
    flawed[[i for i, row in enumerate(table) if row["name"] in [other["name"] for other in table[:i]]]] = True
    assert result["score"] == 1 - flawed.sum() / n
    assert columns["age"]["score"] == pytest.approx(1 - numpy.isnan(age).sum() / n, rel=1e-15) and columns["karno"]["score"] == pytest.approx(1 - 3 / n, rel=1e-15)

    assert sum(domain["rows"] for domain in result["domains"].values()) == n and columns_of(result["domains"]["bern"])["age"]["missing"] == 0
    assert "stop: rows of split test that stand in another split too: 2 %, allowed: at most 0 %; in 1 of 3 domains: bern" in out and "what to do:" in out and "age: rows without a value: 31.25 %" in out
    # The result is written and signed, is made again to the bit, and says the same the next time.
    assert "reproduced: the same bits" in stays.run("reproduce", "found", "--key", "operator.pub.pem", "--sign-with", "bern.pem", "--partitions", "dirty", "--output", "found-again", np=2)
    assert "NOT VERIFIED" not in stays.run("verify", "found", "--key", "operator.pub.pem")
    checks = stays.run("check-output", "found", "--key", "operator.pub.pem", code=None)
    assert "grade: high" in checks and "duplicates" in checks
    again, _ = quality(stays, "dirty", "per_domain=true", output="found", np=3, code=VERDICT)
    assert "is finished already" in again and "rows of split test that stand in another split too" in again


RULES = """rules=[{column: age, missing_at_most: 0.3}, {column: age, minimum: 45, maximum: 75, outside_at_most: 0.01, severity: warn},
 {column: ward, levels: [medicine, icu], severity: warn}, {column: sex, share_of: {f: [0.1, 0.2]}, severity: warn}, {column: died, share_of: {"1": [0, 0.9]}},
 {column: grade, level_at_least: 0.01}, {columns: ["d*", site], minimum: 0, severity: warn}]"""


def test_rules(stays):
    rules = " ".join(RULES.split())
    _, result = quality(stays, "dirty", rules, "findings={splits: off, units: warn}", "row_rules=[{left: before, is: <, right: after}, {left: after, is: <=, right: dose, at_most: 0.05, severity: warn}]",
                        output="rules", np=2, code=VERDICT)
    table = dirty_rows()
    age = numpy.array([row["age"] or numpy.nan for row in table], float)
    stops = [finding for finding in result["findings"] if finding["severity"] == "stop"]
    assert [(finding["column"], finding["check"], finding["at_most"]) for finding in stops] == [("age", "missing", 0.3)]
    ages = [finding for finding in result["findings"] if finding["check"] == "range" and finding["column"] == "age" and finding["at_most"] > 0]
    assert ages[0]["rows"] == ((age < 45) | (age > 75)).sum() and "rows outside 45 to 75" == ages[0]["what"]
    assert found(result, "levels")["ward"]["rows"] == sum(row["ward"] == "surgery" for row in table) and "does not name: surgery" in found(result, "levels")["ward"]["what"]
    assert found(result, "share")["sex"]["rows"] == sum(row["sex"] == "f" for row in table)
    assert found(result, "range")["dose"]["rows"] == 1
    row_rules = {finding["what"]: finding for finding in result["findings"] + result["held"] if finding["check"] == "row rule"}
    assert {what.partition("that ")[2]: finding["rows"] for what, finding in row_rules.items()} == {
        "before < after": 0, "after <= dose": sum(not row["after"] <= row["dose"] for row in table)}
    assert found(result, "splits") == {} and "across_splits" not in result
    _, warned = quality(stays, "dirty", "rules=[{column: age, missing_at_most: 0.3, severity: warn}]", "findings={splits: off, units: off}", output="warned")
    assert warned["verdict"] == "warn"
    # The last of a column's words: what a split alone has.
    _, test = quality(stays, "clean", "split=test", output="of-test")
    assert test["rows"] == 48 and "across_splits" not in test


@pytest.mark.parametrize("np", [1, 4])
def test_what_policies_let_be_told(stays, np):
    """A count that few rows or domains would be in stays at home, with all others of its division; what follows of it exactly is still said."""
    try:
        stays.terms("bern", "minimum: {rows: 5, group_rows: 5}\n", allow="exact_release: true, per_domain_statistics: true")
        out, result = quality(stays, "dirty", "findings={splits: warn, units: warn}", "per_domain=true", output=f"few-{np}", np=np)
        (duplicates,) = found(result, "duplicates").values()
        assert duplicates["withheld"] and duplicates["found"] is None and duplicates["domains"] == 1 and result["duplicates"] is None
        assert "rows that repeat another row of their domain: how many a policy does not let be told" in out and "withheld (-), since" in out and "rows that repeat another row of their domain" in result["notes"][0]
        assert result["domains"]["bern"]["duplicates"] is None and result["domains"]["lyon"]["duplicates"] == 0
        assert found(result, "missing")["age"]["rows"] == 75  # of lyon, which asks for nothing
        assert columns_of(result)["dose"]["outliers"] is None and columns_of(result)["grade"]["levels"][0][1] is None

        stays.terms("bern", "minimum: {contributors: 2}\n", allow="exact_release: true, per_domain_statistics: true")
        out, result = quality(stays, "dirty", "findings={splits: warn, units: warn}", output=f"alone-{np}", np=np)
        assert columns_of(result)["age"]["missing"] is None and found(result, "missing")["age"]["withheld"] and found(result, "missing")["age"]["domains"] == 1
        assert "quantiles" not in columns_of(result)["dose"] and "not looked for: outliers" in out
        assert columns_of(result)["sex"]["levels"][0][1] == sum(row["sex"] == "f" for row in dirty_rows())

        many = ", ".join(f"{{column: age, maximum: {age}, severity: off}}" for age in range(60, 71))
        quality(stays, "clean", f"rules=[{many}]", output=f"off-{np}", np=np)
        assert 'more than 10 rules of a column, "age", tell of single rows' in quality(stays, "clean", f"rules=[{many.replace('off', 'warn')}]", output=f"no-{np}", np=np, code=POLICY)[0]

        stays.terms("bern", "minimum: {rows: 100}\n", allow="exact_release: true, per_domain_statistics: true")
        assert "minimum rows" in quality(stays, "dirty", output=f"no-{np}", np=np, code=POLICY)[0]
        stays.terms("bern")
        assert "per-domain statistics: asked for (not allowed)" in quality(stays, "dirty", "per_domain=true", output=f"no-{np}", np=np, code=POLICY)[0]
        assert not stays.path(f"no-{np}").exists()
    finally:
        stays.terms("bern", allow="exact_release: true, per_domain_statistics: true")


@pytest.mark.parametrize("np", (1, 3))
def test_what_a_config_cannot_ask(stays, np):
    for setting, text in (("rules=[{column: agee, missing_at_most: 0}]", 'quality.rules.0.columns: the partitions have no column "agee"; they have: age, karno, dose'),
                          ("rules=[{column: ward, minimum: 0}]", 'quality.rules.0: "ward" is a category'),
                          ("rules=[{column: age, levels: [a]}]", 'quality.rules.0: "age" is a number, which has no levels'),
                          ("rules=[{column: age, level_at_least: 0.1}]", 'quality.rules.0: "age" is a number, which has no levels'),
                          ("rules=[{column: sex, share_of: {n: [0, 1]}}]", 'quality.rules.0.share_of: "sex" has no level "n"; it has: f, m'),
                          ("rules=[{column: died, share_of: {yes: [0, 1]}}]", 'share_of: "died" has no level "yes"; it has: 0, 1'),
                          ("rules=[{column: sex, share_of: {f: [0.5, 0.1]}}]", "give two shares, the lower first"),
                          ("rules=[{column: age}]", "the rule demands nothing"),
                          ("rules=[{column: age, minimum: 3, maximum: 2}]", "is below minimum"),
                          ("rules=[{column: age, missing_at_most: 5}]", "5 is no share, from 0 to 1"),
                          ("rules=[{column: age, minimum: 0, severity: quarantine}]", 'unknown value "quarantine"; allowed: off, warn, stop'),
                          ("row_rules=[{left: age, is: <, right: ward}]", 'quality.row_rules.0.right: "ward" is a category'),
                          ("row_rules=[{left: age, is: near, right: dose}]", 'unknown value "near"'),
                          ("findings={duplicate: stop}", 'did you mean "duplicates"?'),
                          ("split=validation", "quality.split"))[::1 if np == 1 else 5]:
        assert text in quality(stays, "clean", setting, output=f"wrong-{np}", np=np, code=CONFIG)[0]
    out = stays.run("quality", "clean.run.yaml", "--output", "noisy", "--set", "privacy={epsilon: 1, delta: 1e-6, unit_rows: 1}", np=np, code=None)
    assert "has no form with noise" in out
    assert not stays.path(f"wrong-{np}").exists() and not stays.path("noisy").exists()


def leaking_rows():
    """What comes of the target among the features: the status itself, a measurement after it, that it was measured at all, a ward for the dead; and a copy of a cost."""
    draw = random.Random(9)
    table = clean_rows(seed=6)
    for row in table:
        row["dose"] = round(10 * row["died"] + draw.gauss(0, 1), 4)
        row["age"] = row["age"] if row["died"] else ""
        row["ward"] = "icu" if row["died"] else draw.choice(("medicine", "surgery"))
        row["sex"] = "f" if draw.random() < (0.8 if row["died"] else 0.3) else "m"
    return table


def test_leakage(stays):
    sklearn = referee("sklearn.metrics")
    table = leaking_rows()
    stays.write("leaking.csv", csv(table))
    stays.take("leaking", COLUMNS, "leaking.run.yaml")
    out, result = quality(stays, "leaking", "findings={missing: off}", output="leaking-1", np=2)
    died, grade = (numpy.array([row[name] for row in table]) for name in ("died", "grade"))
    measured = {(column["name"], leak["target"]): leak for column in result["columns"] for leak in column.get("leakage", [])}
    assert {name for name, _ in measured} == {"age", "karno", "dose", "site", "before", "after", "ward", "sex"}
    for name in ("karno", "dose", "before"):
        values = numpy.array([row[name] for row in table], float)
        edges = numpy.unique(numpy.quantile(values, numpy.arange(1, 20) / 20, method="inverted_cdf"))
        bins = numpy.searchsorted(edges, values)
        area = sklearn.roc_auc_score(died, bins)
        assert measured[name, "died"]["value"] == pytest.approx(max(area, 1 - area), rel=1e-12)
        areas = [max(area, 1 - area) for area in (sklearn.roc_auc_score(grade == level, bins) for level in ("low", "middle", "high"))]
        assert measured[name, "grade"]["value"] == pytest.approx(max(areas), rel=1e-12) and measured[name, "grade"]["class"] == ("low", "middle", "high")[numpy.argmax(areas)]
        exact = sklearn.roc_auc_score(died, values)
        assert measured[name, "died"]["value"] == pytest.approx(max(exact, 1 - exact), abs=0.02)
    for name in ("ward", "sex"):
        levels = numpy.array([row[name] for row in table])
        shares = {level: died[levels == level].mean() for level in set(levels)}
        assert measured[name, "died"]["value"] == pytest.approx(sklearn.roc_auc_score(died, [shares[level] for level in levels]), rel=1e-12)
    assert measured["age", "died"] == {"target": "died", "class": "1", "measure": "auc", "by": "absence", "value": 1.0}
    leaks = [finding["column"] for finding in result["findings"] if finding["check"] == "leakage"]
    assert sorted(leaks) == ["age", "dose", "ward"] and "leakage: ask when the column is known" in out
    assert "leakage" not in columns_of(quality(stays, "leaking", "findings={missing: off, leakage: off}", output="leaking-off")[1])["dose"]


NUMBERS = """
  x: {role: feature}
  some: {role: feature, missing: keep}
  copy: {role: feature}
  arm: {role: feature, type: category, levels: [a, b, c]}
  cost: {role: target}
"""


def test_leakage_of_a_number(stays):
    draw = random.Random(2)
    table = []
    for i in range(150):
        x, arm = draw.gauss(0, 1), draw.choice("abc")
        cost = 1000 + 3 * x + "abc".index(arm) + draw.gauss(0, 1)
        table.append((CLINICS[i % 3], x, "" if i % 4 == 1 else x + draw.gauss(0, 1), 1e6 * cost + draw.gauss(0, 1), arm, cost))
    stays.write("costs.csv", "\n".join(["clinic,x,some,copy,arm,cost"] + [",".join(map(str, row)) for row in table]) + "\n")
    stays.take("costs", NUMBERS, "costs.run.yaml")
    told = set()
    for np in (1, 4):
        _, result = quality(stays, "costs", "findings={missing: off}", output=f"costs-{np}", np=np)
        told.add(stays.path(f"costs-{np}/quality.json").read_text())
    assert len(told) == 1
    columns, cost = columns_of(result), numpy.array([row[5] for row in table])
    some = numpy.array([numpy.nan if row[2] == "" else row[2] for row in table], float)
    has = ~numpy.isnan(some)
    assert columns["x"]["leakage"][0]["value"] == pytest.approx(numpy.corrcoef([row[1] for row in table], cost)[0, 1] ** 2, rel=1e-12)
    assert columns["some"]["leakage"][0]["value"] == pytest.approx(numpy.corrcoef(some[has], cost[has])[0, 1] ** 2, rel=1e-12)
    arm = numpy.array([row[4] for row in table])
    between = sum((arm == level).sum() * (cost[arm == level].mean() - cost.mean()) ** 2 for level in "abc")
    assert columns["arm"]["leakage"][0] == {"target": "cost", "measure": "eta_squared", "by": "level", "value": pytest.approx(between / ((cost - cost.mean()) ** 2).sum(), rel=1e-9)}
    assert list(found(result, "leakage")) == ["copy"] and found(result, "leakage")["copy"]["what"] == "its value alone tells cost, squared correlation"


def test_expectations(stays):
    """The next increment against the first: what is as before holds, what is not is found by its name."""
    quality(stays, "clean", output="first")
    first = json.loads(stays.path("first/quality.json").read_text())
    expect = f"expect={stays.path('first/quality.json')}"
    for np in (1, 3):
        _, again = quality(stays, "clean", expect, output=f"again-{np}", np=np)
        assert again["findings"] == [] and len(found(again, "expectations", "held")) >= 10
    stays.run("verify", "again-1", "--key", "operator.pub.pem")
    assert "reproduced: the same bits" in stays.run("reproduce", "again-1", "--key", "operator.pub.pem", "--sign-with", "bern.pem", "--partitions", "clean", "--output", "again-reproduced")
    assert again["expected"] == hashlib.sha256(stays.path("first/quality.json").read_bytes()).hexdigest()
    table = clean_rows(seed=8)
    for i, row in enumerate(table):
        row["dose"] += 1
        row["sex"] = "f" if i % 5 else "m"
        row["age"] = "" if i % 4 == 0 else row["age"]
    stays.write("next.csv", csv(table))
    stays.take("next", COLUMNS, "next.run.yaml")
    _, result = quality(stays, "next", expect, "expect_within=0.15", "findings={missing: off, expectations: stop}", output="next-1", np=2, code=VERDICT)
    findings = [finding for finding in result["findings"] if finding["check"] == "expectations"]
    assert {finding["column"] for finding in findings} == {"dose", "sex", "age"}
    before = dict(columns_of(first)["sex"]["levels"])
    sex = [finding for finding in findings if finding["column"] == "sex" and finding["what"] == "rows of level f"][0]
    assert (sex["at_least"], sex["at_most"]) == (before["f"] / 240 - 0.15, before["f"] / 240 + 0.15) and sex["rows"] == 192
    dose = numpy.array([row["dose"] for row in table])
    shares = {finding["what"]: finding["found"] for finding in findings if finding["column"] == "dose"}
    for p, value, share in columns_of(first)["dose"]["quantiles"]:
        now = (dose <= value).mean()
        assert share >= p - 1e-12 and (f"values up to {value!r}" in shares) == (not max(0, share - 0.15) <= now <= min(1, share + 0.15))
        assert shares.get(f"values up to {value!r}", now) == now

    assert quality(stays, "next", expect, "findings={missing: off, expectations: off}", output="next-off")[1]["findings"] == []

    # A level that there was not, a column more and one fewer.
    stays.write("grown.csv", csv(clean_rows()).replace("surgery", "dialysis").replace("dose", "intake"))
    stays.take("grown", COLUMNS.replace("icu]", "icu, dialysis]").replace("dose:", "intake:"), "grown.run.yaml")
    _, result = quality(stays, "grown", expect, output="grown-1")
    assert {(finding["column"], finding["what"]) for finding in result["findings"]} >= {
        ("ward", "rows of level dialysis, of which there were none"), ("intake", "a column that the earlier run does not have"), ("dose", "a column that the earlier run has is not there")}

    # Nobody vouches for it.
    stays.write("first/quality.json", stays.path("first/quality.json").read_text().replace("240", "241"))
    assert "was held against another" in quality(stays, "clean", expect, output="again-1", code=DATA)[0]
    assert "nobody who is trusted vouches for it" in quality(stays, "clean", expect, output="forged", np=2, code=7)[0]
    assert "cannot" in quality(stays, "clean", "expect=nowhere.json", output="nowhere", code=DATA)[0]


LABELS = """
  name: {role: id}
  x: {role: feature}
  z: {role: feature}
  grade: {role: target, type: category, levels: [low, middle, high]}
  good: {role: target, type: boolean}
  split: {role: split, type: category, levels: [train, test]}
"""


def confident_learning(labels, probabilities):
    """The joint of given and true labels (Northcutt, Jiang & Chuang 2021), written from the paper's equations 1 to 3 and cleanlab's calibration."""
    classes = probabilities.shape[1]
    thresholds = numpy.array([probabilities[labels == k, k].mean() for k in range(classes)])
    joint = numpy.zeros((classes, classes), int)
    for label, row in zip(labels, probabilities):
        confident = [k for k in range(classes) if row[k] >= thresholds[k]]
        if confident:
            joint[label, max(confident, key=lambda k: row[k])] += 1
    calibrated = joint.copy()
    numpy.fill_diagonal(calibrated, joint.diagonal().clip(min=1))
    calibrated = calibrated / calibrated.sum(axis=1, keepdims=True) * numpy.bincount(labels, minlength=classes)[:, None]
    return thresholds, joint, calibrated / calibrated.sum()


@pytest.mark.parametrize("kind,target,classes", [("multinomial", "grade", ("low", "middle", "high")), ("logistic", "good", ("0", "1"))])
def test_label_noise(stays, kind, target, classes):
    draw = random.Random(4)
    lines, labels, flipped = ["clinic,name,x,z,grade,good,split"], {}, 0
    for i in range(450):
        x, z, test = draw.uniform(-3, 3), draw.gauss(0, 1), i % 2
        grade = 0 if x < -1 else 1 if x < 1 else 2
        if test and draw.random() < 0.15:
            grade, flipped = (grade + draw.choice((1, 2))) % 3, flipped + 1
        labels[f"n{i}"] = (grade, int(grade > 0), test)
        lines.append(f"{CLINICS[i % 3]},n{i},{x!r},{z!r},{('low', 'middle', 'high')[grade]},{int(grade > 0)},{'test' if test else 'train'}")
    stays.write("labels.csv", "\n".join(lines) + "\n")
    folder = f"labels-{kind}"
    if not stays.path("labels.run.yaml").exists():
        stays.take("labels", LABELS, "labels.run.yaml")
    model = ("--set", f"model={{kind: {kind}, target: {target}, features: [x, z], l2: 1}}", "--set", "train.split=train")
    stays.run("train", "labels.run.yaml", *model, "--output", folder)
    stays.run("predict", "labels.run.yaml", *model, "--output", folder)
    told = set()
    for np in (1, 4):
        out = stays.run("evaluate", "labels.run.yaml", *model, "--set", f"evaluate={{split: test, label_noise: true, name: np-{np}}}", "--output", folder, np=np)
        told.add(stays.path(f"{folder}/evaluations/np-{np}/evaluation.json").read_text())
    noise = json.loads(told.pop())["label_noise"]
    assert not told and f"label noise: {100 * noise['noise']:.3g} % of the labels" in out
    given, probabilities = [], []
    for clinic in CLINICS:
        with open(stays.path(f"{folder}/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            for row in csv_rows.DictReader(file):
                label = labels[row["id"]]
                if not label[2]:
                    continue
                given.append(label[0] if kind == "multinomial" else label[1])
                values = [float(row[name]) for name in row if name.startswith("probability")]
                probabilities.append(values if len(values) > 1 else [1 - values[0], values[0]])
    thresholds, joint, shares = confident_learning(numpy.array(given), numpy.array(probabilities))
    assert noise["classes"] == list(classes) and noise["confident_joint"] == joint.tolist() and noise["labels"] == numpy.bincount(given).tolist()
    assert noise["thresholds"] == pytest.approx(thresholds, rel=1e-12)
    assert numpy.array(noise["joint"]) == pytest.approx(shares, rel=1e-12) and noise["noise"] == pytest.approx(1 - shares.trace(), rel=1e-10)
    if kind == "multinomial":  # what was planted is near what is found
        assert abs(noise["noise"] - flipped / len(given)) < 0.05
    try:
        stays.terms("bern", "minimum: {rows: 5, group_rows: 5}\n", allow="exact_release: true, per_domain_statistics: true")
        out = stays.run("evaluate", "labels.run.yaml", *model, "--set", "evaluate={split: test, label_noise: true, name: few}", "--output", folder, np=2)
        assert json.loads(stays.path(f"{folder}/evaluations/few/evaluation.json").read_text())["label_noise"] is None and "does not let be told how many labels" in out
    finally:
        stays.terms("bern", allow="exact_release: true, per_domain_statistics: true")
    linear = ("--set", "model={kind: linear, target: good, features: [x, z]}", "--set", "evaluate.label_noise=true")
    assert "evaluate.label_noise: only used with models of a class" in stays.run("evaluate", "labels.run.yaml", *linear, "--output", folder, np=2, code=CONFIG)
