# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""`line`: from files to results with one command; the second time nothing is done, and killed anywhere it goes on to the same bits."""
import json
import math
import os
import random
import signal
import subprocess
import time

import pytest

from clinics import DOMAINS, set_up
from conftest import PROGRAM, SOURCE, Checkout, needs_shared

CONFIG, POLICY, DATA, INTEGRITY, VERDICT, STOPPED = 3, 4, 5, 7, 8, 75
LONG = os.environ.get("BAILIWICK_TIER") == "long"
INGEST = """version: 1
output: rows
partitions:
  - {for: [bern, lyon], name: <name>, owner: <name>, values: [<name>], sign_with: <name>.pem}
input: none.csv
split:
  hash: {train: 0.8, test: 0.2}
columns:
  clinic: {role: domain}
  id: {role: id}
  age: {role: feature, minimum: 0, maximum: 120}
  dose: {role: feature}
  ward: {role: feature, type: category, levels: [icu, surgery]}
  event: {role: target}
"""
RUN = """version: 1
name: stays
purpose: dpv:ScientificResearch
output: never
site: {name: here, nodes: [{match: "*", jurisdiction: CH}]}
lineage: {sign_with: operator.pem}
boundary: {secure_aggregation: false}
model: {kind: logistic, target: event, l2: 0.1}
train: {split: train}
evaluate: {split: test}
domains:
""" + "".join(f'  - {{name: {d}, jurisdiction: CH, public_key: {d}.pub.pem, policy: {d}.json, partitions: ["rows/*/{d}-*.h5"]}}\n' for d in DOMAINS)
LINE = """version: 1
name: stays
output: out
run: run.yaml
public_key: operator.pub.pem
ingest: [{config: ingest.yaml, increments: "incoming/*.csv"}]
stations: [describe, train, evaluate, report]
"""


class Line:
    def __init__(self, folder):
        self.checkout = Checkout(folder)
        self.path, self.run = self.checkout.path, self.checkout.run
        set_up(self.checkout)
        for name, text in (("ingest.yaml", INGEST), ("run.yaml", RUN), ("line.yaml", LINE)):
            self.write(name, text)
        self.path("incoming").mkdir()
        self.increment("2026-09", 300, 1)

    def write(self, name, text):
        self.path(name).write_text(text)

    def increment(self, name, rows, seed, shift=0.0, flipped=(), of_age=1.0):
        draw = random.Random(seed)
        lines = ["clinic,id,age,dose,ward,event"]
        for i in range(rows):
            age, dose, ward = draw.randrange(20, 95), draw.uniform(-1, 1) + shift, draw.choice(("icu", "surgery"))
            event = int(DOMAINS[i % 2] in flipped) ^ int(draw.random() < 1 / (1 + math.exp(-(of_age * (age - 55) / 20 + 2 * dose + (ward == "icu")))))
            lines.append(f"{DOMAINS[i % 2]},{name}-{i},{age},{dose:.6f},{ward},{event}")
        self.write(f"incoming/{name}.csv", "\n".join(lines) + "\n")

    def line(self, *words, **more):
        return self.run("line", "line.yaml", *words, **more)

    def runs(self):
        return sorted(self.path("out/runs").iterdir())

    def digests(self):
        """Of all that signs nothing about time: models, and the numbers of evaluations."""
        return [(self.run("digest", folder / "model.h5").split()[0], json.loads((folder / "evaluation.json").read_text())["overall"]) for folder in self.runs()]


@pytest.fixture
def stays(tmp_path):
    return Line(tmp_path)


def test_what_has_not_changed_is_not_done_again(stays):
    dry = stays.line("--dry-run")
    assert "== ingest 2026-09" in dry and "and all stations after that" in dry and not stays.path("rows").exists()
    first = stays.line()
    assert [title for title in ("ingest 2026-09", "describe", "train", "evaluate", "report") if f"== {title}: bailiwick" in first] == ["ingest 2026-09", "describe", "train", "evaluate", "report"]
    folder, = stays.runs()
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}
    again = stays.line()
    assert again.count("nothing new") == 5 and "==" not in again
    assert before == {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}
    stays.run("verify", folder, "--key", "operator.pub.pem", "--partitions", "rows")
    # A later increment is ingested alone, and is another training.
    stays.increment("2026-10", 100, 2)
    later = stays.line()
    assert "ingest 2026-09: nothing new" in later and "== ingest 2026-10" in later and len(stays.runs()) == 2
    newer = next(run for run in stays.runs() if run != folder)
    assert json.loads((newer / "evaluation.json").read_text())["overall"]["rows"] > json.loads((folder / "evaluation.json").read_text())["overall"]["rows"]
    # Another penalty is another training, of the same rows; back again, nothing is new.
    text = stays.path("run.yaml").read_text()
    stays.write("run.yaml", text.replace("l2: 0.1", "l2: 1"))
    assert "== train" in stays.line() and len(stays.runs()) == 3
    stays.write("run.yaml", text)
    assert "==" not in stays.line()


def test_another_section_is_that_stage_again(stays):
    """And nothing else; what it was before is kept."""
    stays.write("line.yaml", LINE.replace("describe, train, evaluate, report", "quality, train, evaluate, report"))
    stays.line()
    folder, = stays.runs()
    before = (folder / "quality.json").read_bytes()
    stays.write("run.yaml", RUN + "quality: {missing_at_most: 0.5}\n")
    text = stays.line()
    assert "what an earlier quality left there is in earlier-1 now" in text and "== quality" in text and "train: nothing new" in text
    assert (folder / "earlier-1/quality.json").read_bytes() == before and stays.runs() == [folder]
    assert "==" not in stays.line()
    stays.run("verify", folder, "--key", "operator.pub.pem")
    stays.write("run.yaml", RUN)
    assert "what an earlier quality left" in stays.line() and (folder / "quality.json").read_bytes() == before


def test_versions(stays):
    """The owner's log of increments names versions, and holds them to what was signed."""
    stays.increment("2026-10", 100, 2)
    for name in ("2026-09", "2026-10"):
        stays.run("ingest", "ingest.yaml", "--increment", name, "--input", f"incoming/{name}.csv")

    def train(output, partitions, **more):
        text = RUN
        for domain in DOMAINS:
            text = text.replace(f'"rows/*/{domain}-*.h5"', partitions.replace("NAME", domain))
        stays.write("run.yaml", text)
        said = stays.run("train", "run.yaml", "--output", output, **more)
        return said if more.get("code") else stays.run("digest", f"{output}/model.h5").split()[0]

    old, new = train("listed", "rows/2026-09/NAME-2026-09.h5"), train("all", '"rows/*/NAME-*.h5"')
    assert old == train("version", "rows/NAME.increments.jsonl@2026-09") and new == train("newest", "rows/NAME.increments.jsonl", np=2) and old != new
    stays.run("reproduce", "version", "--key", "operator.pub.pem", "--partitions", "rows", "--sign-with", "operator.pem", "--output", "again")
    assert "there is no increment \"2026-11\"; there are: 2026-09, 2026-10" in train("none", "rows/NAME.increments.jsonl@2026-11", code=DATA)
    assert "names no increment after the @" in train("none", "rows/NAME.increments.jsonl@", code=CONFIG)
    # What was made anew counts, once its owner says so.
    stays.increment("2026-10", 80, 7)
    stays.run("ingest", "ingest.yaml", "--increment", "2026-10", "--input", "incoming/2026-10.csv", "--force")
    assert len(stays.path("rows/bern.increments.jsonl").read_text().splitlines()) == 3
    corrected = train("corrected", "rows/NAME.increments.jsonl@2026-10")
    assert corrected not in (old, new) and old == train("still", "rows/NAME.increments.jsonl@2026-09")
    # Another partition under the same name, a line less, another's signature.
    path, log = stays.path("rows/2026-10"), stays.path("rows/bern.increments.jsonl")
    before = {file: file.read_bytes() for file in path.iterdir()}
    lines = log.read_text().splitlines(keepends=True)
    stays.run("ingest", "ingest.yaml", "--increment", "2026-10", "--input", "incoming/2026-10.csv", "--force")
    log.write_text("".join(lines))
    assert "is another partition than the increment that its owner's log names" in train("put", "rows/NAME.increments.jsonl", code=INTEGRITY)
    for file, data in before.items():
        file.write_bytes(data)
    log.write_text("".join(lines[:1] + lines[2:]))
    assert "does not follow the line before" in train("cut", "rows/NAME.increments.jsonl", code=INTEGRITY)
    log.write_text(stays.path("rows/lyon.increments.jsonl").read_text())
    assert "none of the owner's keys" in train("other", "rows/NAME.increments.jsonl", code=INTEGRITY)


def test_killed_anywhere_it_goes_on_to_the_same_bits(stays, tmp_path):
    stays.line()
    expected = stays.digests()
    draw = random.Random(5)
    kills, whole = 0, 0
    while kills < (60 if LONG else 6):
        for name in ("out", "rows"):
            subprocess.run(["rm", "-rf", stays.path(name)], check=True)
        while True:
            process = subprocess.Popen([PROGRAM, "line", "line.yaml"], cwd=stays.checkout.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                assert process.wait(draw.uniform(0.02, 0.8)) == 0
                break
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
                time.sleep(0.05)
        whole += 1
        assert stays.digests() == expected
        stays.run("verify", stays.runs()[0], "--key", "operator.pub.pem")
    assert whole > 0


def test_a_file_that_was_corrected_overwrites_nothing(stays):
    """Whoever trained on the rows before still finds them; how to correct rows the owner decides."""
    stays.line()
    before = {path: path.read_bytes() for path in stays.path("rows").rglob("*.h5")}
    assert len(before) == 2
    stays.increment("2026-09", 300, 7)
    for _ in range(3):
        assert "--force" in stays.line(code=DATA)
    assert {path: path.read_bytes() for path in before} == before
    stays.run("ingest", "ingest.yaml", "--increment", "2026-09", "--input", "incoming/2026-09.csv", "--force")
    assert "== train" in stays.line() and len(stays.runs()) == 2


def test_a_signal_stops_the_station_that_runs(stays):
    process = subprocess.Popen([PROGRAM, "line", "line.yaml"], cwd=stays.checkout.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    text = process.communicate(timeout=60)[0]
    assert process.returncode in (0, STOPPED), text
    stays.line()


@pytest.mark.parametrize("np", [1, 3])
def test_rows_made_anew_are_not_passed_over(stays, np):
    """By a stage whose result of the rows before lies there, with the same config."""
    words = ("--increment", "2026-09", "--input", "incoming/2026-09.csv")
    stays.run("ingest", "ingest.yaml", *words)
    for stage in ("describe", "train", "evaluate"):
        stays.run(stage, "run.yaml", "--output", "out", np=np)
        if stage != "train":
            assert "finished already" in stays.run(stage, "run.yaml", "--output", "out", np=np)
    stays.increment("2026-09", 200, 9)
    stays.run("ingest", "ingest.yaml", *words, "--force")
    for stage in ("describe", "evaluate"):
        assert "name another folder" in stays.run(stage, "run.yaml", "--output", "out", np=np, code=DATA)


@pytest.fixture
def factory(tmp_path):
    """With a checker, a board and a registry; a model in use."""
    stays = Line(tmp_path)
    for key in ("checker", "board"):
        stays.run("keygen", key)
    stays.run("deploy", "init", "models", "--key", "board.pub.pem", "--key", "operator.pub.pem", "--sign-with", "operator.pem")
    stays.write("run.yaml", RUN.replace("evaluate: {split: test}", "evaluate: {split: test, calibration_bins: 2}"))
    stays.write("line.yaml", LINE.replace("[describe, train, evaluate, report]", "[quality, monitor, train, evaluate, check-output, deploy, report]") + FACTORY)
    subprocess.run(["rm", "-rf", stays.path("incoming")], check=True)
    stays.path("incoming").mkdir()
    stays.increment("2026-09", 1500, 1)
    stays.line()
    return stays


FACTORY = """retrain: on_drift
check_output: {by: C. Hecker, sign_with: checker.pem, public_key: checker.pub.pem}
deploy: {registry: models, model: stays, sign_with: board.pem, metric: auc, tolerance: 0.01, onnx: true}
"""


def in_use(stays):
    shown = json.loads(stays.run("deploy", "show", "stays", "--registry", "models", "--json"))
    return [version["version"] for version in shown["models"][0]["versions"] if version["state"] == "deployed"]


def test_drift_trains_anew_and_a_harmless_increment_does_not(factory):
    first, = in_use(factory)
    assert "no new rows for" in factory.line() and in_use(factory) == [first]
    # Ten times as many rows of the same kind change nothing.
    factory.increment("2026-10", 15000, 2)
    text = factory.line()
    assert "stays in use" in text and "== train" not in text and in_use(factory) == [first]
    assert "==" not in factory.line()
    # Another dose does.
    factory.increment("2026-11", 1500, 3, shift=1.0)
    text = factory.line()
    assert "dose" in text and "== train" in text and "== deploy promote" in text
    second, = in_use(factory)
    assert second != first and factory.path(f"models/stays/{second}/exports/model.onnx").exists()
    assert "no new rows for" in factory.line()
    factory.run("predict", "run.yaml", "--model", "models/stays", "--output", "today")
    # Taken back in a second, and withdrawn: refused everywhere.
    factory.run("deploy", "rollback", "stays", "--registry", "models", "--sign-with", "board.pem", "--why", "calibration")
    assert in_use(factory) == [first]
    factory.run("deploy", "withdraw", f"stays@{second}", "--registry", "models", "--sign-with", "board.pem", "--why", "calibration")
    assert "withdrawn" in factory.run("predict", "run.yaml", "--model", f"models/stays/{second}/model.h5", "--output", "tomorrow", code=POLICY)
    factory.write("line.yaml", factory.path("line.yaml").read_text().replace("retrain: on_drift", "retrain: always"))
    assert f"deploy: {second} was withdrawn, and is not promoted again" in factory.line() and in_use(factory) == [first]


def test_a_config_that_was_changed_trains_anew(factory):
    first, = in_use(factory)
    run = factory.path("run.yaml").read_text()
    assert "stays in use" in factory.line()
    factory.write("run.yaml", run.replace("l2: 0.1", "l2: 0.1, features: [age, dosis]"))
    assert 'no feature "dosis"' in factory.line(code=CONFIG)
    factory.write("run.yaml", run.replace("l2: 0.1", "l2: 0.2"))
    text = factory.line()
    assert f"the config is another than that of version {first}" in text and "== deploy promote" in text
    second, = in_use(factory)
    assert second != first and "stays in use" in factory.line()
    # Taken back, it is not let in a second time.
    factory.run("deploy", "rollback", "stays", "--registry", "models", "--sign-with", "board.pem")
    text = factory.line()
    assert f"deploy: {second} was taken back, and is not promoted again" in text and in_use(factory) == [first]


def test_rows_that_were_exchanged_are_new_rows(factory):
    """Under the names of those that the model has seen."""
    factory.increment("2026-10", 1500, 2)
    assert "stays in use" in factory.line()
    factory.increment("2026-10", 1500, 3, shift=1.0)
    factory.run("ingest", "ingest.yaml", "--increment", "2026-10", "--input", "incoming/2026-10.csv", "--force")
    text = factory.line()
    assert "bern/bern-2026-10" in text and "dose" in text and "== train" in text


def test_a_poisoned_increment_is_not_promoted(factory):
    first, = in_use(factory)
    factory.increment("2026-10", 6000, 4, shift=0.6, flipped=("lyon",))
    text = factory.line(code=VERDICT)
    assert "deploy promote ended with 8" in text and "bern" in text
    assert in_use(factory) == [first]
    assert "ended with 8" in factory.line(code=VERDICT) and in_use(factory) == [first]


SWEEP = """sweep: {over: ["model.l2=1000,0.1,10", "model.features=[age],[age, dose, ward]"], metric: auc, split: validation}
"""


def test_a_sweep_chooses_and_its_tries_are_counted(stays):
    stays.write("ingest.yaml", INGEST.replace("{train: 0.8, test: 0.2}", "{train: 0.6, validation: 0.2, test: 0.2}"))
    stays.write("line.yaml", LINE.replace("describe, train", "describe, sweep, train") + SWEEP)
    text = stays.line()
    values = {words[0] + " " + " ".join(words[1:-1]): float(words[-1]) for words in (line.split() for line in text.splitlines() if line.startswith("model.l2="))}
    assert len(values) == 6 and "sweep: " + max(values, key=values.get) in text
    folder, = [folder for folder in stays.runs() if (folder / "model.h5").exists()]
    best = max(values, key=values.get)
    tried = [(json.loads((path / "evaluation.json").read_text())["overall"]["auc"], stays.run("digest", path / "model.h5").split()[0]) for path in stays.path("out/sweep").iterdir()]
    assert len(tried) == 6 and max(tried)[0] == values[best] and (values[best], stays.run("digest", folder / "model.h5").split()[0]) in tried
    assert json.loads((folder / "evaluation.json").read_text())["split"] == "test"
    assert "7 trainings" in (folder / "report.html").read_text() and (folder / "description.json").exists()
    assert "==" not in stays.line()
    # No number chooses that nobody signed.
    path = next(stays.path("out/sweep").iterdir()) / "evaluation.json"
    signed = path.read_text()
    path.write_text(signed.replace('"auc": 0.', '"auc": 0.9'))
    assert "evaluation.json: was changed after it was signed" in stays.line(code=INTEGRITY)
    path.write_text(signed)
    # Halving: all for an epoch, a third of them for three, the best of these as the run says.
    stays.write("run.yaml", RUN.replace("{kind: logistic, target: event, l2: 0.1}", "{kind: mlp, target: event, mlp: {loss: binary, layers: [{units: 2, activation: tanh}]}}").replace("train: {split: train}", "train: {split: train, descent: {epochs: 9}}"))
    stays.write("line.yaml", LINE.replace("describe, train", "sweep, train") + "sweep: {over: ['train.descent.learning_rate=0.001,0.003,0.01,0.03', 'train.descent.batch_rows=16,64'], metric: log_loss, split: validation, halving: {key: train.descent.epochs, from: 1, factor: 3}}\n")
    text = stays.line()
    assert [line.split()[1] for line in text.splitlines() if line.startswith("sweep: train.descent.epochs=")] == ["train.descent.epochs=1", "train.descent.epochs=3"]
    assert text.count("== sweep train.descent.learning_rate=") == 2 * (8 + 3) and text.count("== train:") == 1


def test_a_model_that_got_worse_is_rolled_back(factory):
    """To the version before, which is better on the rows that came last."""
    text = factory.path("line.yaml").read_text()
    first, = in_use(factory)
    factory.write("run.yaml", factory.path("run.yaml").read_text().replace("l2: 0.1", "l2: 0.1, features: [age]") + "monitor: {tolerance: {auc: 0.02}}\n")
    factory.write("line.yaml", text.replace("retrain: on_drift", "retrain: always").replace("tolerance: 0.01", "tolerance: 0.5"))
    factory.line()  # somebody let a worse one in
    second, = in_use(factory)
    assert second != first
    factory.write("line.yaml", text.replace("onnx: true", "onnx: true, rollback: true"))
    factory.increment("2026-10", 3000, 5, of_age=0.0)
    said = factory.line(code=VERDICT)  # what is trained then is no better than what was put back
    assert "auc is worse by" in said and "== deploy rollback" in said and "deploy promote ended with 8" in said
    assert in_use(factory) == [first]


def test_the_example(tmp_path):
    """configs/lung/line.yaml, after prepare-job has ingested; on two ranks, to the digest of the quickstart."""
    checkout = Checkout(tmp_path)
    subprocess.run(["scripts/prepare-job", "lung"], cwd=checkout.root, check=True, capture_output=True, env={**os.environ, "BAILIWICK": PROGRAM})
    text = checkout.run("line", "configs/lung/line.yaml")
    assert "ingest ingest.yaml: nothing new" in text and "deployed  survival@" in text
    assert "==" not in checkout.run("line", "configs/lung/line.yaml")
    folder, = checkout.path("out/lung/line/runs").iterdir()
    assert checkout.run("digest", folder / "model.h5").split()[0] in (SOURCE / "README.md").read_text()
    assert (folder / "report.html").exists()


def killed_now_and_then(checkout, kills, draw):
    """Starts the line of the engines and kills it, that often."""
    for _ in range(kills):
        process = subprocess.Popen([PROGRAM, "line", "configs/engines/line.yaml"], cwd=checkout.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(draw.uniform(0.05, 2))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.3)  # mpirun's processes see that it has gone


@needs_shared("cmapss")
@pytest.mark.parametrize("kills", [0, 7] if LONG else [0])
def test_engines_that_arrive(tmp_path, kills):
    """configs/engines: C-MAPSS month by month. Nothing twice; a month of the same kind leaves the model in use, one with a new instrument does not; killed, it comes to the same."""
    checkout = Checkout(tmp_path)
    subprocess.run(["scripts/prepare-job", "engines"], cwd=checkout.root, check=True, capture_output=True, env={**os.environ, "BAILIWICK": PROGRAM})
    said, versions = [], []
    for month in ("2026-01", "2026-02", "2026-03"):
        checkout.path(f"out/engines/later/{month}.csv").rename(checkout.path(f"out/engines/incoming/{month}.csv"))
        killed_now_and_then(checkout, kills, random.Random(month))
        said.append(checkout.run("line", "configs/engines/line.yaml"))
        assert "==" not in checkout.run("line", "configs/engines/line.yaml")
        shown = json.loads(checkout.run("deploy", "show", "engines", "--registry", "out/engines/models", "--json"))
        versions.append([version["version"] for version in shown["models"][0]["versions"] if version["state"] == "deployed"])
    assert versions == [["63296bb8565e"], ["63296bb8565e"], ["01cd5d760ac2"]]
    if kills == 0:
        assert "stays in use" in said[1] and "== train" not in said[1]
        assert "derby: feature s11 has changed, to higher values" in said[2] and "toulouse: " not in said[2] and "== deploy promote" in said[2]


def test_what_cannot_be(stays):
    stays.write("line.yaml", LINE.replace("describe, train", "describe, trian"))
    assert '"trian" is no station' in stays.line(code=CONFIG) and "did you mean" in stays.line(code=CONFIG)
    stays.write("line.yaml", LINE.replace("train, evaluate", "evaluate, train"))
    assert "train comes before" in stays.line(code=CONFIG)
    stays.write("line.yaml", LINE.replace("train, evaluate", "train, check-output"))
    assert "needs the section check_output" in stays.line(code=CONFIG)
    stays.write("line.yaml", LINE.replace("operator.pub", "nobody.pub").replace("run: run.yaml", "run: rnu.yaml") + FACTORY.replace("on_drift", "always"))
    text = stays.line(code=CONFIG)
    assert all(f"{key}: " in text for key in ("run", "public_key", "check_output.sign_with", "deploy.registry")) and "`bailiwick deploy init` makes one" in text and not stays.path("out").exists()
    stays.write("line.yaml", LINE.replace("train, evaluate", "train, sweep, evaluate"))
    assert "sweep needs the section sweep" in stays.line(code=CONFIG)
    for over, text in (("model.l2", "write KEY=VALUE,VALUE"), ("model.l3=1,2", 'model.l3: unknown key')):
        stays.write("line.yaml", LINE.replace("train, evaluate", "sweep, train, evaluate") + f"sweep: {{over: ['{over}'], metric: auc, split: test}}\n")
        assert text in stays.line(code=CONFIG)
    stays.write("line.yaml", LINE.replace("train, evaluate", "sweep, train, evaluate") + "sweep: {over: ['model.l2=1,2'], metric: acu, split: test}\n")
    assert '"acu" is no measure of how good a model is' in stays.line(code=CONFIG) and '(did you mean "auc"?)' in stays.line(code=CONFIG)
    stays.write("line.yaml", LINE.replace("operator.pub", "bern.pub"))
    assert "public_key: " in stays.line(code=CONFIG) and "bern.pub.pem is not the public key of " in stays.line(code=CONFIG)
    assert not stays.path("out").exists()
    stays.write("line.yaml", LINE.replace("incoming/", "nowhere/"))
    assert "nowhere/*.csv: cannot look for files: a folder cannot be read" in stays.line(code=DATA)
    stays.write("line.yaml", LINE.replace("incoming/*", "incoming/2027-*"))
    text = stays.line(code=DATA)
    assert "ingest incoming/2027-*.csv: no file is called so yet" in text and "rows/*/bern-*.h5: cannot look for files" in text
    stays.write("line.yaml", LINE)
    stays.write("run.yaml", RUN.replace("target: event", "target: evnt"))
    assert "train ended with 3" in stays.line(code=CONFIG) or "describe" in stays.line(code=CONFIG)
    stays.write("run.yaml", RUN)
    stays.line()
