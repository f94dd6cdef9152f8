# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Parquet and Arrow files: the rows of a German CSV, and what their types say. A program without their reader says so."""
import datetime
import os
import pathlib
import shutil
import sys

import pytest
import test_reading
from conftest import PROGRAM, referee
from test_reading import Desk

DATA = 5
ARROW = os.environ.get("BAILIWICK_PYARROW", "")
if ARROW:
    # It refuses Debian's NumPy, which is older than it asks for, and does without if there is none.
    sys.path.insert(0, str(pathlib.Path(ARROW).parent))
    numpy, sys.modules["numpy"] = sys.modules.get("numpy"), None
    for module in ("pyarrow", "pyarrow.parquet", "pyarrow.feather"):
        referee(module)
    if numpy is None:
        del sys.modules["numpy"]
    else:
        sys.modules["numpy"] = numpy
with_arrow = pytest.mark.skipif(not ARROW, reason="this build has no Arrow")
GERMAN = """
version: 1
%s
csv: {delimiter: ";", decimal: ",", thousands: ".", encoding: ISO-8859-1, missing: ["", "k. A."]}
columns:
  Fall: {role: id}
  Alter: {role: feature, type: integer, minimum: 0, maximum: 120}
  Station: {role: feature, type: category, levels: [Chirurgie, "Innere, Männer", Säuglinge]}
  Größe: {role: feature}
  Kosten: {role: feature, missing: value, missing_value: -1}
  Aufnahme: {role: feature, type: date, date_format: "%%d.%%m.%%Y"}
  Entlassung: {role: feature, type: date, date_format: "%%d.%%m.%%Y %%H:%%M:%%S"}
  gestorben: {role: target, type: boolean, map: {ja: "1", nein: "0"}}
output: %s
block_rows: 64
partitions: [{name: home, owner: Home, sign_with: key.pem}]
"""


def german(number, decimals):
    whole, _, fraction = f"{number:,.{decimals}f}".partition(".")
    return whole.replace(",", ".") + ("," + fraction if fraction else "")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The CSV is written by hand, so that nothing but the program reads or writes both."""
    desk = Desk(tmp_path_factory.mktemp("arrow"))
    wards = ["Chirurgie", "Innere, Männer", "Säuglinge"]
    day = datetime.date(1969, 12, 20)
    desk.columns = {
        "Fall": [f"Fall {i}" for i in range(5000)],
        "Alter": [i * 7 % 100 for i in range(5000)],
        "Station": [wards[i % 3] for i in range(5000)],
        "Größe": [1 + i % 97 / 64 for i in range(5000)],
        "Kosten": [None if i % 11 == 3 else i * 1234567 % 10**9 / 1000 for i in range(5000)],
        "Aufnahme": [day + datetime.timedelta(days=i * 5) for i in range(5000)],
        "Entlassung": [datetime.datetime(1969, 12, 27, 13) + datetime.timedelta(days=i * 5, seconds=i) for i in range(5000)],
        "gestorben": [i % 5 == 0 for i in range(5000)],
    }
    lines = ["Fall;Alter;Station;Größe;Kosten;Aufnahme;Entlassung;gestorben"]
    for case, age, ward, size, cost, came, left, died in zip(*desk.columns.values()):
        lines.append(";".join([case, str(age), ward, german(size, 6), "k. A." if cost is None else german(cost, 3), came.strftime("%d.%m.%Y"),
                               left.strftime("%d.%m.%Y %H:%M:%S"), "ja" if died else "nein"]))
    desk.write("fälle.csv", "\r\n".join(lines).encode("iso-8859-1"))
    desk.ingest('input: "fälle.csv"', "csv", text=GERMAN)
    return desk


def table(desk):
    pa = referee("pyarrow")
    columns = {name: pa.array(values) for name, values in desk.columns.items()}
    columns["Station"] = columns["Station"].dictionary_encode()
    columns["Alter"] = columns["Alter"].cast(pa.int8())
    columns["Größe"] = columns["Größe"].cast(pa.float32())  # exact in 24 bits
    return pa.table(columns)


@with_arrow
def test_a_german_csv_and_parquet_of_the_same_rows_give_one_digest(desk):
    parquet, feather = referee("pyarrow.parquet"), referee("pyarrow.feather")
    rows = table(desk)
    parquet.write_table(rows, desk.root / "a.parquet", row_group_size=700)
    parquet.write_table(rows.select(list(reversed(rows.column_names))), desk.root / "turned.data", compression="zstd", use_dictionary=False)
    feather.write_feather(rows, str(desk.root / "a.feather"), compression="lz4", chunksize=333)
    for name in ("a.parquet", "turned.data", "a.feather"):
        said = desk.ingest(f"input: {name}", "typed", text=GERMAN)
        assert "5,000 rows read: 5,000 kept, 0 quarantined" in said
        assert desk.rows("typed") == desk.rows("csv"), name
    # Both in one ingest: a half each.
    parquet.write_table(rows.slice(2500), desk.root / "second.parquet")
    lines = (desk.root / "fälle.csv").read_bytes().split(b"\r\n")
    desk.write("first.csv", b"\r\n".join(lines[:2501]))
    desk.ingest("inputs: [first.csv, second.parquet]", "mixed", text=GERMAN)
    assert desk.rows("mixed") == desk.rows("csv")
    assert [entry["rows"] for entry in desk.provenance("mixed")["inputs"]] == [2500, 2500]


TYPES = """
version: 1
%s
columns:
%s
output: %s
partitions: [{name: home, owner: Home, sign_with: key.pem}]
"""


def ingest(desk, column, arrays, code=0):
    """Columns x (as declared) and y of a Parquet file."""
    pa, parquet = referee("pyarrow"), referee("pyarrow.parquet")
    parquet.write_table(pa.table({"x": arrays, "y": pa.array([1.0] * len(arrays))}), desk.root / "t.parquet")
    text = TYPES.replace("%s\noutput", "  x: {role: feature, %s}\n  y: {role: target}\noutput" % column)
    return desk.ingest("input: t.parquet", "types", code, text=text)


@with_arrow
def test_types_say_what_values_are(desk):
    pa, h5py = referee("pyarrow"), referee("h5py")

    def stored(column, array):
        assert "0 quarantined" in ingest(desk, column, array)
        with h5py.File(desk.root / "types/home.h5") as file:
            return file["codes" if "codes" in file else "features"][:, 0].tolist()

    for kind in (pa.int8(), pa.uint8(), pa.int64(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.decimal128(21, 2)):
        assert stored("type: integer", pa.array([1, 2, 127]).cast(kind)) == [1, 2, 127], kind
    assert stored("type: number", pa.array([0.1], pa.float32())) == [0.10000000149011612]  # the number that is there
    assert stored("type: number", pa.array([0.1, 1e300, 5e-324, -0.0])) == [0.1, 1e300, 5e-324, 0]
    assert stored("type: boolean", pa.array([True, False])) == [1, 0]
    assert stored("type: integer", pa.array(["12", "13"]).dictionary_encode()) == [12, 13]
    assert stored("type: date", pa.array([0, 19783, -1], pa.date32())) == [0, 19783, -1]
    assert stored("type: date", pa.array([0, 19783 * 86400000], pa.date64())) == [0, 19783]
    for unit, second in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        moments = pa.array([19783 * 86400 * second + 43200 * second, -second], pa.timestamp(unit, "Europe/Zurich"))
        assert stored("type: date", moments) == [19783.5, -1 + 86399 / 86400], unit
    assert stored("type: date", pa.array([1500], pa.timestamp("ms"))) == [1.5 / 86400]
    assert stored('type: category, levels: [" a", b]', pa.array([" a", "b"])) == [0, 1]
    assert stored('type: category, levels: ["1", "2"]', pa.array([1, 2])) == [0, 1]
    assert stored("type: number, missing: value, missing_value: 7", pa.array([None, 1.5])) == [7, 1.5]


@with_arrow
def test_what_types_cannot_be_is_said(desk):
    pa = referee("pyarrow")

    def quarantined(column, array):
        said = ingest(desk, column, array)
        assert "1 quarantined" in said, said
        return (desk.root / "types/quarantine.csv").read_text().splitlines()[1].split(",", 1)[1]

    for kind in ("integer", "number"):  # its neighbour would be the same number
        assert quarantined(f"type: {kind}", pa.array([1, 2**53 + 1])) == '2,x,9007199254740993,"an integer of 2^53 or more, which cannot be stored","9007199254740993,1"'
    assert quarantined("type: number", pa.array([1.0, None, 2.0])) == '2,x,,missing value,",1"'
    assert quarantined("type: number", pa.array([1.0, float("nan")])) == '2,x,NaN,not a number,"NaN,1"'
    assert quarantined("type: integer", pa.array([1.0, 1.5])).startswith("2,x,1.5,not an integer")
    assert quarantined("type: category, levels: [a]", pa.array(["a", "a "])).startswith("2,x,a ,unknown category")
    assert "every one of the 1 rows broke a rule; most often: x: not a number (\"2024-03-01\")" in ingest(desk, "type: number", pa.array([19783], pa.date32()), DATA)
    said = ingest(desk, "type: number", pa.array([[1.0], [2.0]]), DATA)
    assert 't.parquet: column "x" is of type list<' in said and "there are numbers, words, truths, dates and times" in said
    said = ingest(desk, "type: number, as: z", pa.array([1.0]))
    broken = (desk.root / "t.parquet").read_bytes()
    for bytes_left in (5, len(broken) // 2, len(broken) - 1):
        desk.write("t2.parquet", broken[:bytes_left])
        said = desk.ingest("input: t2.parquet", "cut", DATA, text=GERMAN)
        assert said.count("t2.parquet: cannot read") == 1 and said.count("\n") == 1, said
    referee("pyarrow.feather").write_feather(table(desk).slice(0, 10), str(desk.root / "b.feather"), compression="uncompressed")
    whole = (desk.root / "b.feather").read_bytes()
    desk.write("c.feather", whole[:len(whole) // 2])
    assert "c.feather: cannot read" in desk.ingest("input: c.feather", "cut", DATA, text=GERMAN)
    assert "standard input: is no text but a Parquet file, which is read from its end" in desk.ingest('input: "-"', "cut", DATA, text=GERMAN, stdin=broken)


def test_a_program_without_the_reader_says_so(desk, monkeypatch):
    alone = desk.root / "bailiwick"
    shutil.copy(PROGRAM, alone)
    monkeypatch.setattr(test_reading, "PROGRAM", str(alone))
    for magic in (b"PAR1", b"ARROW1"):
        desk.write("t.parquet", magic + bytes(100))
        assert "t.parquet: is a Parquet or Arrow file, and the library that reads them cannot be loaded (bailiwick_arrow_reader.so: cannot open shared object file: " \
            "No such file or directory); build with -DBAILIWICK_ARROW=ON (Spack: +arrow), or write it as CSV" in desk.ingest("input: t.parquet", "without", DATA, text=GERMAN)


@with_arrow
def test_a_proposal_of_a_parquet_file(desk):
    referee("pyarrow.parquet").write_table(table(desk), desk.root / "p.parquet")
    draft = desk.run("ingest", "--propose", "p.parquet")
    for line in ("Alter: {role: , type: integer}", '"Größe": {role: , type: number}', "Aufnahme: {role: , type: date}", "gestorben: {role: , type: boolean}",
                 'Station: {role: , type: category, levels: [Chirurgie, "Innere, Männer", "Säuglinge"]}', "Fall: {role: }"):
        assert f"\n  {line}\n" in draft, draft
    assert "csv:" not in draft and "date_format" not in draft
