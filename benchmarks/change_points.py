#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Change points of the annotated series in the wheel of river (PyPI), found or missed by `monitor`, window by window; and false alarms on the
same values in random order, which have none.

The series are those of the Turing Change Point Dataset (van den Burg & Williams 2020, arXiv:2003.06222), each with the marks of five people.
A window of rows comes after another; it is held against the last ones before it (four at most) since the last alarm, in bins at quantiles of
these. Days of four rows that follow each other are clusters. A point counts if two people or more marked it, by a few rows; an alarm finds it in
its window or in the one before.
"""
import csv
import pathlib
import random
import subprocess
import tempfile
import types
import zipfile

import jobs

SERIES = {  # class, file, columns, every so many rows, from this row on, rows in a window
    "airline_passengers": ("AirlinePassengers", ["Total Passengers"], 1, 0, 20),
    "apple": ("Apple", ["Close"], 3, 0, 20),
    "bitcoin": ("Bitcoin", ["price"], 1, 0, 20),
    "brent_crude_oil": ("BrentSpotPrice", ["DPB"], 10, 3195, 20),  # from 2000 on
    "occupancy": ("Occupancy", ["V1", "V2", "V3", "V4"], 1, 0, 20),
    "run_log": ("RunLog", ["Pace"], 1, 0, 12),
    "uk_coal_employment": ("UKCoalEmploy", ["Employment"], 1, 0, 12),
}
CLUSTER, PEOPLE, NEAR, SHUFFLES = 4, 2, 6, 5
TERMS = """version: 1
uid: urn:bailiwick:benchmark:series
owner: here
target: "*"
permit: [evaluate, describe, release_statistics]
purposes: ["dpv:ScientificResearch"]
where: [CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}
allow: {exact_release: true, unmasked_sums: true, two_parties: true}
"""
RUN = """version: 1
name: series
purpose: dpv:ScientificResearch
output: out
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: owner.pem}
domains: [{name: here, jurisdiction: CH, public_key: owner.pub.pem, policy: here.json, partitions: ["rows/*.h5"]}]
boundary: {secure_aggregation: false}
model: {kind: linear, target: none}
monitor: {model: false, targets: false, cluster: day, bins: 4, level: 0.01, psi: 0.25}
"""


def marks_of(wheel, name, kind):
    """Each person's marks, out of the source of river's class."""
    taken = {}

    class Base:
        def __init__(self, annotations, **_):
            taken.update(annotations)

    text = wheel.read(f"river/drift/datasets/{name}.py").decode().replace("from .base import ChangePointFileDataset", "").replace("from river import datasets, stream", "")
    anything = types.SimpleNamespace(base=types.SimpleNamespace(REG=None))
    scope = {"ChangePointFileDataset": Base, "datasets": anything, "stream": anything, "__name__": name}
    exec(compile(text, name, "exec"), scope)
    scope[kind]()
    return taken


def agreed(marks):
    """Points that enough people marked, a few rows apart."""
    points = []
    for point in sorted(point for of in marks.values() for point in of):
        if points and point - points[-1] <= NEAR:
            continue
        if sum(any(0 <= other - point <= NEAR for other in of) for of in marks.values()) >= PEOPLE:
            points.append(point)
    return points


class Series:
    def __init__(self, folder, program, columns, rows, window):
        self.folder, self.program, self.columns, self.window = folder, program, columns, window
        self.windows = len(rows) // window
        lines = ["part,day," + ",".join(f"v{i}" for i in range(len(columns)))]
        lines += [f"w{r // window:03},{r // CLUSTER}," + ",".join(row) for r, row in enumerate(rows[:self.windows * window])]
        (folder / "rows.csv").write_text("\n".join(lines) + "\n")
        parts = "".join(f"  - {{name: w{w:03}, owner: here, values: [w{w:03}], sign_with: owner.pem}}\n" for w in range(self.windows))
        described = "".join(f"  v{i}: {{role: feature}}\n" for i in range(len(columns)))
        (folder / "ingest.yaml").write_text(f"version: 1\ninput: rows.csv\noutput: rows\ncolumns:\n  part: {{role: domain}}\n  day: {{role: feature}}\n"
                                            f"{described}partitions:\n{parts}")
        for name, text in (("run.yaml", RUN), ("here.yaml", TERMS)):
            (folder / name).write_text(text)
        self.run("keygen", "owner")
        self.run("policy", "sign", "here.yaml", "--key", "owner.pem", "--output", "here.json")
        self.run("ingest", "ingest.yaml", "--force")

    def run(self, *words, verdicts=(0,)):
        done = subprocess.run([str(self.program), *words], cwd=self.folder, env=jobs.ENVIRONMENT, text=True, capture_output=True)
        if done.returncode not in verdicts:
            raise SystemExit(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
        return done.returncode

    def alarms(self):
        """Windows with an alarm, and how many were tested."""
        alarms, before, tested = [], [0, 1], 0
        for w in range(2, self.windows):
            if len(before) < 2:
                before.append(w)
                continue
            tested += 1
            names = ", ".join(f"w{b:03}" for b in before[-4:])
            if self.run("monitor", "run.yaml", "--output", f"out/{w}", "--set", f"monitor.reference.partitions=[{names}]",
                        "--set", f"monitor.current.partitions=[w{w:03}]", verdicts=(0, 8)):
                alarms.append(w)
                before = [w]
            else:
                before.append(w)
        return alarms, tested


def main():
    parser = jobs.arguments(__doc__)
    options = parser.parse_args()
    table = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run(["pip", "download", "--no-deps", "--quiet", "--dest", folder, "river"], check=True)
        wheel = zipfile.ZipFile(next(folder.glob("river-*.whl")))
        for name, (kind, columns, every, first, window) in SERIES.items():
            text = wheel.read(f"river/drift/datasets/{name}.csv").decode().splitlines()
            rows = [[row[column] or "NaN" for column in columns] for row in csv.DictReader(text)][first::every]
            points = agreed(marks_of(wheel, name, kind))
            home = folder / name
            home.mkdir()
            series = Series(home, options.program.resolve(), columns, rows, window)
            alarms, tested = series.alarms()
            found = [p for p in points if any((w - 1) * window <= p < (w + 1) * window for w in alarms)]
            useful = [w for w in alarms if any((w - 1) * window <= p < (w + 1) * window for p in points)]
            false, trials = 0, 0
            for seed in range(SHUFFLES):
                mixed = list(rows)
                random.Random(seed).shuffle(mixed)
                home = folder / f"{name}-{seed}"
                home.mkdir()
                more, count = Series(home, options.program.resolve(), columns, mixed, window).alarms()
                false, trials = false + len(more), trials + count
            table.append((name, len(rows), len(points), len(found), len(alarms), len(useful), tested, false, trials))
            print("{:<20} {:>5} rows; points {:>2}, found {:>2}; alarms {:>2} of {} windows, at a point {:>2}; in random order {} of {}".format(*table[-1][:5], tested, len(useful), false, trials), flush=True)
    total = [sum(row[i] for row in table) for i in range(1, 9)]
    print(f"all: {total[2]} of {total[1]} points found; {total[4]} of {total[3]} alarms at one; false alarms in random order {total[6]} of {total[7]} = {total[6] / total[7]:.4f}")


if __name__ == "__main__":
    main()
