# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What people have: several files, packed ones, a pipe; and that the same rows give the same partition."""
import base64
import bz2
import gzip
import hashlib
import json
import lzma
import subprocess

import pytest
from conftest import PROGRAM, Checkout, referee

DATA, CONFIG = 5, 3
HEADER = "id,age,stage,cost,seen,died"
ROWS = [f"p{i},{20 + i % 60},{'ABC'[i % 3]},{i * 37 % 1000 / 8},2024-{1 + i % 12:02}-{1 + i % 28:02},{i % 2}" for i in range(300)]
CONFIG_YAML = """
version: 1
%s
columns:
  id: {role: id}
  age: {role: feature, type: integer, minimum: 0, maximum: 120}
  stage: {role: feature, type: category, levels: [A, B, C]}
  cost: {role: feature}
  seen: {role: feature, type: date}
  died: {role: target, type: boolean}
output: %s
block_rows: 64
partitions: [{name: home, owner: Home, sign_with: key.pem}]
"""


class Desk:
    """A folder of one's own with a key."""

    def __init__(self, root):
        root.mkdir(exist_ok=True)
        self.checkout = Checkout(root)
        self.root, self.run = self.checkout.root, self.checkout.run
        self.run("keygen", "key")

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    def ingest(self, inputs, output="out", code=0, text=CONFIG_YAML, stdin=None):
        self.write(f"{output}.yaml", text % (inputs, output))
        result = subprocess.run([PROGRAM, "ingest", f"{output}.yaml", "--force"], cwd=self.root, input=stdin, capture_output=True, timeout=60)
        said = (result.stdout + result.stderr).decode()
        assert result.returncode == code, said
        return said

    def rows(self, output="out", name="home"):
        """All that a partition holds but its salt, and with it its digests."""
        return rows_of(self.root / output / f"{name}.h5")

    def provenance(self, output="out"):
        envelope = json.loads((self.root / output / "home.ingest.json").read_text())
        return json.loads(base64.b64decode(envelope["payload"]))


def rows_of(path):
    """The digest that the partition would have with a salt of zeros: docs/partition-format.md, section 3."""
    h5py = referee("h5py")
    u64 = lambda n: n.to_bytes(8, "little")
    field = lambda b: u64(len(b)) + b
    with h5py.File(path, "r") as file:
        block, salt = int(file.attrs["block_rows"]), bytes(32)
        parts = [name for name in ("features", "codes", "targets", "weights", "splits", "ids") if name in file]
        rows = len(file[parts[0]])
        digests = b""
        for b in range(-(-rows // block)):
            data = [file[name][b * block:(b + 1) * block] for name in parts]
            digests += hashlib.sha256(salt + u64(b) + u64(len(data[0])) + b"".join(field(name.encode()) + field(part.tobytes()) for name, part in zip(parts, data))).digest()
        schema = file["schema"][()]
        precision = "float32" if "features" in file and file["features"].dtype == "<f4" else "float64"
        name = file.attrs["name"]
        name = name if isinstance(name, bytes) else name.encode()
        return hashlib.sha256(field(b"bailiwick-partition") + u64(2) + field(name) + u64(rows) + u64(block) + field(precision.encode()) + field(schema)
                              + field(salt) + field(digests)).hexdigest()


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = Desk(tmp_path_factory.mktemp("reading"))
    desk.write("all.csv", "\n".join([HEADER, *ROWS]) + "\n")
    desk.ingest("input: all.csv", "plain")
    return desk


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_packed_files_are_known_by_what_they_hold(desk):
    text = (desk.root / "all.csv").read_bytes()
    for name, pack in (("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress), ("zstd", zstd)):
        packed = pack(text)
        desk.write(f"{name}.csv", packed)
        desk.ingest(f"input: {name}.csv", name)
        assert desk.rows(name) == desk.rows("plain"), name
        assert desk.provenance(name)["inputs"][0]["sha256"] == hashlib.sha256(packed).hexdigest()
        desk.write("cut.csv", packed[:-9])
        assert "cut.csv: cannot read" in (said := desk.ingest("input: cut.csv", "cut", DATA)) and f"ends within {name}; is it whole?" in said
        assert not list((desk.root / "cut").iterdir())
    desk.write("book.csv", b"PK\x03\x04rest")
    assert "book.csv: is no text but a ZIP archive, as .xlsx and .ods files are: save its table as CSV" in desk.ingest("input: book.csv", "book", DATA)


def zstd(text):
    return subprocess.run(["zstd", "-q", "-c"], input=text, capture_output=True, check=True).stdout


def test_several_files_are_one_whatever_the_order_of_their_columns(desk):
    order = [5, 2, 0, 4, 1, 3]
    turned = [",".join(row.split(",")[i] for i in order) for row in [HEADER, *ROWS[100:200]]]
    desk.write("parts/part-1.csv", "\n".join([HEADER, *ROWS[:100]]) + "\n")
    desk.write("parts/part-2.csv", "\n".join(turned) + "\n")
    desk.write("parts/part-3.csv.gz", gzip.compress("\n".join([HEADER, *ROWS[200:]]).encode()))
    names = ["part-1.csv", "part-2.csv", "part-3.csv.gz"]
    desk.ingest("inputs: [%s]" % ", ".join(f"parts/{name}" for name in names), "listed")
    desk.ingest('input: "parts/part-*"', "pattern")
    assert desk.rows("listed") == desk.rows("pattern") == desk.rows("plain")
    said = desk.provenance("pattern")
    assert said["inputs"] == [{"file": str(desk.root / "parts" / name), "sha256": sha256(desk.root / "parts" / name), "rows": 100} for name in names]
    assert said["rows"] == {"read": 300, "quarantined": 0, "here": 300}
    assert said["config"] == [{"file": "pattern.yaml", "sha256": sha256(desk.root / "pattern.yaml")}]
    manifest = json.loads(base64.b64decode(json.loads((desk.root / "pattern/home.manifest.json").read_text())["payload"]))
    assert said["root"] == manifest["root"] and said["owner"] == "Home"
    shown = desk.run("inspect", "pattern/home.ingest.json")
    assert "part-3.csv.gz" in shown and sha256(desk.root / "parts/part-2.csv") in shown
    # Digests of files would confirm guesses about rows: they are the owner's alone, and not in the manifest.
    assert (desk.root / "pattern/home.ingest.json").stat().st_mode & 0o777 == 0o600
    assert sha256(desk.root / "parts/part-1.csv") not in json.dumps(manifest)
    assert "parts/nothing-*.csv: no file is called so" in desk.ingest('input: "parts/nothing-*.csv"', "none", DATA)
    assert "part-2.csv: is named twice; its rows would be counted twice" in desk.ingest('inputs: ["parts/part-*", parts/part-2.csv]', "twice", DATA)
    (desk.root / "parts/part-9.csv").symlink_to("part-1.csv")
    assert "part-9.csv: is named twice; its rows would be counted twice" in desk.ingest('input: "parts/part-*"', "linked", DATA)
    (desk.root / "parts/part-9.csv").unlink()
    assert 'input: is one; several go under "inputs"' in desk.ingest("input: [all.csv]", "list", CONFIG)
    desk.write("parts/short.csv", "id,age,stage\n")
    assert f'{desk.root}/parts/short.csv: no column "cost", "seen", "died" (did you mean "id"?); it has: id, age, stage' in desk.ingest("inputs: [all.csv, parts/short.csv]", "short", DATA)
    desk.write("parts/[1].csv", "\n".join([HEADER, *ROWS]) + "\n")  # a name, not a pattern
    desk.ingest('input: "parts/[1].csv"', "named")
    assert desk.rows("named") == desk.rows("plain")


def test_quarantine_names_the_file_of_a_row(desk):
    desk.write("bad/a.csv", f"{HEADER}\n{ROWS[0]}\np,x,A,1,2024-01-01,1\n")
    desk.write("bad/b.csv", f"{HEADER}\n{ROWS[1]}\np,1,A\n")
    desk.ingest('input: "bad/*.csv"', "quarantined")
    lines = (desk.root / "quarantined/quarantine.csv").read_text().splitlines()
    assert lines[1].startswith(f"{desk.root}/bad/a.csv,3,age,x,not a number,")
    assert lines[2].startswith(f'{desk.root}/bad/b.csv,3,,,"3 fields, not 6",')
    assert desk.provenance("quarantined")["rows"] == {"read": 4, "quarantined": 2, "here": 2}


def test_standard_input(desk):
    text = (desk.root / "all.csv").read_bytes()
    for name, sent in (("stdin", text), ("stdin-xz", lzma.compress(text))):
        desk.ingest('input: "-"', name, stdin=sent)
        assert desk.rows(name) == desk.rows("plain")
        assert desk.provenance(name)["inputs"] == [{"file": "standard input", "sha256": hashlib.sha256(sent).hexdigest(), "rows": 300}]
    assert "standard input: is empty: there is no header" in desk.ingest('input: "-"', "stdin-empty", DATA, stdin=b"")
    assert 'standard input: no column "id" (did you mean "x"?), "age", "stage", "cost", "seen", "died"; it has: x' in desk.ingest('input: "-"', "stdin-other", DATA, stdin=b"x\n1\n")


LAGS = """
version: 1
%s
sorted_by: seen
columns:
  who: {role: unit}
  seen: {type: date, role: %s}
  cost: {role: feature}
  last: {role: feature, from: cost, lag: 1, missing: value, missing_value: -1}
  first: {role: feature, from: cost, lag: 2, missing: value, missing_value: -2}
  stage: {role: feature, type: category, levels: [A, B, none]}
  was: {role: feature, type: category, from: stage, lag: 1, levels: [A, B, none], map: {"": none}}
  died: {role: target, type: boolean}
output: out
partitions: [{name: home, owner: Home, sign_with: key.pem}]
"""


def test_what_a_unit_had_before(desk):
    """Over two files, with other units between; what another rule keeps out was before all the same."""
    h5py = referee("h5py")
    desk.write("1.csv", "who,seen,cost,stage,died\na,2024-01-01,1,A,0\nb,2024-01-01,10,B,1\na,2024-01-03, 2 ,B,0\nb,2024-02-01,20,A,no?\n")
    desk.write("2.csv", "who,seen,cost,stage,died\nc,2024-01-01,5,B,1\nb,2024-03-01,30,B,0\na,2024-04-01,3,A,1\n")
    said = desk.ingest("inputs: [1.csv, 2.csv]", text=LAGS % ("%s", "ignore") + "#%s")
    assert "7 rows read: 6 kept, 1 quarantined" in said and '     1  died    not true or false: "no?"  ' in said, said
    with h5py.File(desk.root / "out/home.h5") as file:
        assert file["features"][:].tolist() == [[1, -1, -2], [10, -1, -2], [2, 1, -2], [5, -1, -2], [30, 20, 10], [3, 2, 1]]
        assert file["codes"][:].tolist() == [[0, 2], [1, 2], [1, 0], [1, 2], [1, 0], [0, 1]]  # b's A stood in a row that another rule kept out
    for day in ("2024-03-31", "2024-04-01"):
        desk.write("3.csv", f"who,seen,cost,stage,died\na,{day},4,A,1\n")
        said = desk.ingest("inputs: [1.csv, 2.csv, 3.csv]", text=LAGS % ("%s", "ignore") + "#%s", code=DATA)
        assert "3.csv:2: seen: not after the row of its unit before: sort the inputs by unit and this column (sorted_by)" in said, said


@pytest.mark.parametrize("change,error", [
    (("  who: {role: unit}\n", ""), "columns.last.lag: needs a column with role: unit"), (("sorted_by: seen\n", ""), "columns.last.lag: needs sorted_by"),
    (("sorted_by: seen", "sorted_by: sen"), 'sorted_by: is none of columns (did you mean "seen"?)'), (("sorted_by: seen", "sorted_by: stage"), "sorted_by: takes a column of type number, integer or date"),
    (("sorted_by: seen", "csv: {missing: [NA]}\nsorted_by: seen"), 'columns.last.lag: needs "" among csv.missing'), (("died: {role: target", "died: {role: target, lag: 1"), "columns.died.lag: only used with role: feature")])
def test_lags_that_cannot_be(desk, change, error):
    text = LAGS % ("input: 1.csv", "ignore")
    assert change[0] in text
    said = desk.ingest("", text=text.replace(*change) + "#%s%s", code=CONFIG)
    assert error in said, said
