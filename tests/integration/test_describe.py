# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Statistics over all domains: exact counts and quantiles, equal bytes for any number of ranks, numpy and R as referees."""
import json
import re

import pytest

from conftest import referee
from r import r_script
from test_policies import CLINICS, Stays

h5py = referee("h5py")
numpy = referee("numpy")

POLICY, CONFIG = 4, 3
SETTINGS = ("--set", "describe.quantiles=[0.01, 0.25, 0.5, 0.9]", "--set", "describe.bins=7", "--set", "describe.tables=[[ward, sex]]")


@pytest.fixture
def stays(fresh):
    return Stays(fresh)


def rows_of(stays):
    columns = {}
    for clinic in CLINICS:
        with h5py.File(stays.path(f"partitions/{clinic}.h5")) as file:
            schema = json.loads(file["schema"].asstr()[()])
            numbers, codes = iter(file["features"][()].T), iter(file["codes"][()].T)
            for column in schema["features"]:
                columns.setdefault(column["name"], []).append(next(codes if "levels" in column else numbers))
            columns.setdefault("days", []).append(file["targets"][:, 0])
    return {name: numpy.concatenate(parts) for name, parts in columns.items()}


@pytest.mark.parametrize("np", [1, 2, 3, 4])
def test_numpy_and_r_agree(stays, np):
    stays.run("describe", "run.yaml", *SETTINGS, np=np)
    text = stays.path("run/description.json").read_text()
    described, rows = json.loads(text), rows_of(stays)
    assert described["rows"] == 72
    columns = {c["name"]: c for c in described["columns"]}
    assert list(columns) == ["age", "days", "ward", "sex"]
    for name in ("age", "days"):
        column, x = columns[name], rows[name]
        assert column["mean"] == pytest.approx(x.mean(), rel=1e-15)
        assert column["sd"] == pytest.approx(x.std(ddof=1), rel=1e-14)
        referee("Rscript")
        r = r_script(f"cat(quantile(c({','.join(map(str, x))}), c(.01,.25,.5,.9), type=1))", stays.checkout.root)
        assert [value for _, value in column["quantiles"]] == [float(v) for v in r.split()]
        edges = numpy.array(column["histogram"]["edges"])
        assert edges[0] == 0  # declared; the other end is the largest quantile
        inside, _ = numpy.histogram(x, edges)
        assert column["histogram"]["rows"] == [(x < edges[0]).sum(), *inside, (x > edges[-1]).sum()]
    male, wards = rows["sex"] == 1, [rows["ward"] == code for code in range(3)]
    assert columns["ward"]["levels"] == [[name, w.sum()] for name, w in zip(("medicine", "surgery", "icu"), wards)]
    assert described["tables"][0]["counts"] == [[(w & ~male).sum(), (w & male).sum()] for w in wards]
    assert described["correlation"]["lower_triangle"][1][0] == pytest.approx(numpy.corrcoef(rows["age"], rows["days"])[0, 1], rel=1e-13)
    stays.run("verify", "run", "--key", "operator.pub.pem")

    stays.run("describe", "run.yaml", *SETTINGS, "--output", "again")  # one rank
    assert stays.path("again/description.json").read_text() == text


def test_tables_and_domains(stays):
    out = stays.run("describe", "run.yaml", "--set", "describe.per_domain=true", "--output", "refused", code=POLICY)
    assert "per-domain statistics: asked for (not allowed)" in out
    for clinic in CLINICS:
        stays.terms(clinic, allow="exact_release: true, per_domain_statistics: true")
    out = stays.run("describe", "run.yaml", "--set", "describe.per_domain=true", "--set", "describe.split=test", np=4)
    described = json.loads(stays.path("run/description.json").read_text())
    assert described["rows"] == 9 and "split test" in out
    assert {name: d["rows"] for name, d in described["domains"].items()} == {"bern": 3, "lyon": 3, "graz": 3}
    assert sum(d["categories"]["ward"]["surgery"] for d in described["domains"].values()) == described["columns"][2]["levels"][1][1]
    out = stays.run("describe", "run.yaml", "--set", "describe.quantiles=[0.5, 1.5]", "--output", "beyond", code=CONFIG)
    assert "describe.quantiles.1: 1.5 is not between 0 and 1" in out
    out = stays.run("describe", "run.yaml", "--set", "describe.tables=[[ward, ward]]", "--output", "same", code=CONFIG)
    assert "describe.tables.0: name two different categories" in out
    out = stays.run("describe", "run.yaml", "--set", "describe.tables=[[ward, wrad]]", "--output", "typo", code=CONFIG)
    assert 'describe.tables: the partitions have no category "wrad"; they have: ward, sex (did you mean "ward"?)' in out


@pytest.mark.parametrize("np", [1, 3])
def test_a_level_of_one_clinic_alone_is_not_counted(stays, np):
    stays.terms("lyon", "minimum: {contributors: 2}\n")
    quiet = ("--set", "describe.quantiles=[]")
    out = stays.run("describe", "run.yaml", *quiet, "--output", "refused", np=np, code=POLICY)
    assert 'round "contingency tables": 1 number would be the sum of fewer domains than the 2' in out
    assert re.search(r": (ward|sex) \w+ \(1\); merge", out)
    assert not stays.path("refused/description.json").exists()
