# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""ingest --propose: what it drafts, with the blanks filled in, ingests the file."""
import gzip
import re
import subprocess

import pytest
import yaml
from conftest import PROGRAM, Checkout, SOURCE

DATA = 5


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = Checkout(tmp_path_factory.mktemp("propose"))
    desk.run("keygen", "key")
    return desk


def propose(desk, name, content, target):
    """The draft, and the report of an ingest by it: features and one target, words without levels are an id."""
    (desk.root / name).write_bytes(content)
    result = subprocess.run([PROGRAM, "ingest", "--propose", name], cwd=desk.root, capture_output=True, timeout=60)
    assert result.returncode == 0, result.stderr.decode()
    assert b"levels, ranges and counts in it are data of this file" in result.stderr
    draft = result.stdout.decode()
    unfilled = desk.root / "unfilled.yaml"
    unfilled.write_text(draft)
    assert "role: unknown value" in (said := desk.run("ingest", "unfilled.yaml", code=3)) or "role: expected" in said, said
    filled = re.sub(rf'(  "?{target}"?: {{)role: ', r"\1role: target", draft)
    filled = filled.replace("{role: }", "{role: id}", 1).replace("{role: }", "{role: ignore}").replace("{role: ,", "{role: feature,")
    filled = filled.replace("name: ", "name: mine ").replace("owner: ", "owner: Me ").replace("sign_with: ", "sign_with: key.pem ")
    (desk.root / "filled.yaml").write_text(filled)
    return yaml.safe_load(draft), draft, desk.run("ingest", "filled.yaml", "--force")


def german(encoding):
    rows = ["Auszug vom 1.3.2024", "Fall;Größe;Kosten;Aufnahme;Station;tot;Schlüssel;leer"]
    for i in range(300):
        cost = "k. A." if i == 7 else f"{i * 1234.5:,.2f}".translate(str.maketrans(",.", ".,"))
        rows.append(f"F{i};{150 + i % 50 / 8:.3f};".replace(".", ",") + f"{cost};{1 + i % 28:02}.{1 + i % 12:02}.2024;{('Säuglinge', ' Innere, Männer', 'no')[i % 3]};{('ja', 'no')[i % 2]};{1 + i % 2};")
    return "\r\n".join(rows).encode(encoding)


@pytest.mark.parametrize("encoding,name", [("iso-8859-1", "ISO-8859-1"), ("utf-8", None), ("utf-16", "UTF-16")])
def test_a_german_spreadsheet(desk, encoding, name):
    config, draft, report = propose(desk, "fälle.csv", german(encoding), "Schlüssel")
    csv = config["csv"]
    assert (csv["delimiter"], csv["decimal"], csv["thousands"], csv["skip_lines"], csv.get("encoding")) == (";", ",", ".", 1, name)
    assert csv["missing"] == ["", "NA", "?", "k. A."]
    columns = config["columns"]
    assert columns["Station"] == {"role": None, "type": "category", "levels": ["Innere, Männer", "Säuglinge", "no"]}
    assert columns["Aufnahme"] == {"role": None, "type": "date", "date_format": "%d.%m.%Y"}
    assert columns["Größe"] == {"role": None, "type": "number"} and columns["Schlüssel"] == {"role": None, "type": "integer"}
    assert columns["leer"] == {"role": "ignore"} and columns["tot"]["levels"] == ["ja", "no"]
    assert "Innere, Männer (100), Säuglinge (100), no (100)" in draft and "missing 1: k. A. (1)" in draft and "01.01.2024 .. 28.12.2024" in draft
    assert "300 rows read: 299 kept, 1 quarantined" in report


def test_an_english_one_packed_without_a_header(desk):
    rows = [f"2024-0{1 + i % 9}-01T06:00:00Z\t{i}\t{i * 1001:,}\t\"a, {i % 2}\"\t{i % 2}.0" for i in range(200)]
    config, draft, report = propose(desk, "t.tsv.gz", gzip.compress("\n".join(rows).encode()), "column_2")
    assert config["csv"] == {"delimiter": "\t", "thousands": ",", "header": False, "columns": [f"column_{i}" for i in range(1, 6)]}
    assert config["columns"]["column_1"]["date_format"] == "%FT%TZ" and config["columns"]["column_5"]["type"] == "boolean"
    assert config["columns"]["column_4"]["levels"] == ["a, 0", "a, 1"] and "200 kept" in report


def test_days_and_months_that_nothing_tells_apart(desk):
    config, draft, _ = propose(desk, "d.csv", b"d,y\n01/02/2024,1.5\n03/04/2024,2\n", "y")
    assert config["columns"]["d"]["date_format"] == "%d/%m/%Y" and 'no day above 12 tells days from months: or "%m/%d/%Y"?' in draft
    config, draft, _ = propose(desk, "d.csv", b"d,y\n01/22/2024,1.5\n03/04/2024,2\n", "y")
    assert config["columns"]["d"]["date_format"] == "%m/%d/%Y" and "months" not in draft


def test_every_table_of_the_examples(desk):
    for path in [SOURCE / "data/lung/lung.csv", *SOURCE.glob("data/*/*.csv")]:
        header = path.read_text().splitlines()[0]
        config, draft, report = propose(desk, path.name, path.read_bytes(), header.split(",")[1].strip('"'))
        assert " kept" in report and " 0 kept" not in report, path


def test_what_cannot_be_proposed(desk):
    (desk.root / "empty.csv").write_text("")
    assert "empty.csv: no rows" in desk.run("ingest", "--propose", "empty.csv", code=DATA)
    (desk.root / "header.csv").write_text("a,b\n")
    assert "header.csv: no rows" in desk.run("ingest", "--propose", "header.csv", code=DATA)
    assert "none.csv: cannot open" in desk.run("ingest", "--propose", "none.csv", code=DATA)
    assert "give it a file" in desk.run("ingest", "--propose", "-", code=DATA)
    names = 'a,"b ""x"": #y",a,\n' + "".join(f"{i}.5,{i}.5,2,3\n" for i in range(9))
    config, draft, _ = propose(desk, "names.csv", names.encode(), "nothing-is-one")
    assert list(config["columns"]) == ['b "x": #y'] and draft.count("# has no name of its own") == 3
