# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Predictions are the model's coefficients times the rows, categories included, and stay with their domain."""
import base64
import collections
import csv
import fcntl
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import time

import pytest

from conftest import PROGRAM, referee
from test_policies import CLINICS, INTEGRITY, Stays

h5py = referee("h5py")
numpy = referee("numpy")
import page_verifier  # noqa: E402, needs cryptography, as test_policies does
from h5py_partition import spread  # noqa: E402, needs h5py

STOPPED = 75


@pytest.mark.parametrize("standardise", ["pooled", "none"])
@pytest.mark.parametrize("np", [1, 3, 5])
def test_predictions_are_coefficients_times_rows(fresh, standardise, np):
    stays = Stays(fresh)
    stays.train("--set", f"model.standardise={standardise}", output="run", np=np)
    stays.run("predict", "run.yaml", np=np)
    with h5py.File(stays.path("run/model.h5")) as file:
        coefficients = file["arrays/coefficients"][:]
    for clinic in CLINICS:
        with h5py.File(stays.path(f"partitions/{clinic}.h5")) as file:
            expected = coefficients[0] + numpy.stack([values for _, values in spread(file)], axis=1) @ coefficients[1:]
        with open(stays.path(f"run/predictions/{clinic}/{clinic}.csv")) as file:
            predicted = [float(row["mean"]) for row in csv.DictReader(file)]
        assert predicted == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("np", [1, 3, 5])
def test_predictions_have_a_lineage_at_home(fresh, np):
    stays = Stays(fresh)
    stays.train(output="run", np=np)
    stays.run("predict", "run.yaml", np=np)
    verify = ("verify", "run", "--key", "operator.pub.pem")
    assert "ok  predictions/bern/prediction.jsonl:2: bern.csv: file digest" in stays.run(*verify)
    keys = {clinic: stays.path(f"{clinic}.pub.pem") for clinic in CLINICS}
    assert page_verifier.problems(stays.path("run"), [stays.path("operator.pub.pem")], keys) == []
    decisions = json.loads(stays.path("run/predictions/lyon/predict.decisions.json").read_text())
    assert all(d["clauses"][1]["detail"].startswith("predict ") for d in decisions["domains"])
    assert [json.loads(line)["actions"] for line in stays.log() if "actions" in line] == [["train", "release_model"], ["predict"]]

    # Done: nothing to do. Of another model: in another folder.
    assert "the prediction there is finished already" in stays.run("predict", "run.yaml", np=np)
    stays.train("--set", "model.l2=1", output="other", np=np)
    out = stays.run("predict", "run.yaml", "--model", "other/model.h5", np=np, code=5)
    assert "run: holds a training, and this is not the model that it ended with" in out

    # Finished, and not as it was signed.
    path = stays.path("run/predictions/bern/bern.csv")
    text = path.read_text()
    path.write_text(text.replace("\n0,", "\n0,1", 1))
    out = stays.run("predict", "run.yaml", np=np, code=INTEGRITY)
    assert "run/predictions/bern: the prediction there is finished, but:" in out and "bern.csv: file digest" in out
    path.unlink()
    assert "bern.csv" in stays.run("predict", "run.yaml", np=np, code=INTEGRITY)
    home = stays.path("run/predictions/bern")
    home.rename(stays.path("elsewhere"))
    assert "run/predictions/bern/prediction.jsonl is not there" in stays.run("predict", "run.yaml", np=np, code=INTEGRITY)
    stays.path("elsewhere").rename(home)
    path.write_text(text.replace("\n0,", "\n0,1", 1))
    assert "NO  predictions/bern/prediction.jsonl:2: bern.csv: file digest" in stays.run(*verify, code=7)
    path.write_text(text)
    stays.path("run/predictions/bern/planted.csv").write_text(text)
    assert "NO  predictions/bern/planted.csv: no statement speaks of it" in stays.run(*verify, code=7)


def test_a_prediction_that_was_interrupted_goes_on(fresh):
    """A domain's own chain may have come to its end, and the run's not."""
    stays = Stays(fresh)
    stays.train(output="run")
    stays.run("predict", "run.yaml")
    first = stays.path("run/predictions/bern/bern.csv").read_bytes()
    chain = stays.path("run/prediction.jsonl")
    chain.write_text("".join(chain.read_text().splitlines(keepends=True)[:2]))
    stays.path("run/prediction.json").unlink()
    home = stays.path("run/predictions/lyon/prediction.jsonl")
    home.write_text("".join(home.read_text().splitlines(keepends=True)[:1]))
    stays.run("predict", "run.yaml", np=3)
    assert stays.path("run/predictions/bern/bern.csv").read_bytes() == first
    stays.run("verify", "run", "--key", "operator.pub.pem")
    stays.path("run/prediction.jsonl").unlink()
    out = stays.run("predict", "run.yaml", "--set", "evaluate.standardise=none", code=3)
    assert "predictions/bern/prediction.resolved.yaml: the run there began with another config" in out


def test_predictions_carry_the_ids_of_rows(fresh):
    """What the owner calls a row, however it is spelt; quarantined rows shift the numbers, not the ids."""
    stays = Stays(fresh)
    with open(stays.path("stays.csv")) as file:
        rows = list(csv.reader(file))
    ids = [f'{row[0]}-{i}, "{i}"' for i, row in enumerate(rows)]
    rows[5][1] = "-1"  # an age that no one has
    with open(stays.path("stays.csv"), "w", newline="") as file:
        csv.writer(file).writerows([["patient", *rows[0]], *([ids[i], *row] for i, row in enumerate(rows) if i > 0)])
    ingest = stays.path("ingest.yaml")
    ingest.write_text(ingest.read_text().replace("columns:\n", "columns:\n  patient: {role: id}\n"))
    stays.run("ingest", "ingest.yaml", "--force")
    stays.train(output="run")
    stays.run("predict", "run.yaml", np=2)
    found = []
    for clinic in CLINICS:
        with open(stays.path(f"run/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            predicted = list(csv.DictReader(file))
        assert [int(row["row"]) for row in predicted] == list(range(len(predicted)))
        found += [row["id"] for row in predicted]
    assert found == ids[1:5] + ids[6:]


def test_rows_without_target_or_split(fresh):
    """As they are when a prediction is wanted: with the config of the training, but for the rows."""
    stays = Stays(fresh)
    splits = ("--set", "train.split=train", "--set", "evaluate.split=test")
    stays.train(*splits, output="run")
    stays.run("predict", "run.yaml", *splits)
    with open(stays.path("stays.csv")) as file:
        rows = list(csv.DictReader(file))
    stays.write("later.csv", "clinic,age,ward,sex\n" + "".join(f"{row['clinic']},{row['age']},{row['ward']},{row['sex']}\n" for row in rows))
    columns = stays.path("ingest.yaml").read_text().partition("columns:\n")[2].partition("partitions:")[0]
    kept = "".join(f"{line}\n" for line in columns.splitlines() if re.match(r"  (age|ward|sex):", line))
    stays.take("later", "\n" + kept, "later-run.yaml")
    stays.run("predict", "later-run.yaml", *splits, "--model", "run/model.h5", "--output", "later-out", np=2)
    for clinic in CLINICS:
        told = [[line["mean"] for line in csv.DictReader(open(stays.path(f"{output}/predictions/{clinic}/{clinic}.csv")))] for output in ("run", "later-out")]
        assert told[0] == told[1] and told[0]


@pytest.mark.parametrize("np", [1, 3])
def test_a_prediction_that_fails_leaves_none(fresh, np):
    """Where no partition can be scored there is nothing to go on from."""
    stays = Stays(fresh)
    text = stays.path("stays.csv").read_text()
    for clinic in CLINICS:
        text = re.sub(f"{clinic},30,(.*),train", rf"{clinic},0,\1,other", text, count=1)
    stays.write("stays.csv", text)
    stays.write("ingest.yaml", stays.path("ingest.yaml").read_text().replace("[train, test]", "[train, test, other]"))
    stays.run("ingest", "ingest.yaml", "--force")
    words = ("--set", "model={kind: poisson, features: [sex], exposure: age}", "--set", "train.split=train")
    stays.train(*words, output="run", np=np)
    lock = stays.path("run/.prediction.lock")  # others may wait for it
    before = sorted([*stays.path("run").rglob("*"), lock])
    out = stays.run("predict", "run.yaml", *words, np=np, code=5)
    assert "row 0 (the first is 0): model.exposure: its age is not greater than 0" in out
    assert sorted(stays.path("run").rglob("*")) == before


def test_ingest_is_one_process(fresh):
    stays = Stays(fresh)
    assert "ingest is one process, which reads a file once; start it without mpirun" in stays.run("ingest", "ingest.yaml", "--force", np=2, code=2)


@pytest.mark.parametrize("np", [1, 3])
def test_a_config_that_speaks_of_another_model(fresh, np):
    stays = Stays(fresh)
    stays.train(output="run")
    for command in ("evaluate", "predict"):
        out = stays.run(command, "run.yaml", "--set", "model.kind=poisson", np=np, code=3)
        assert "run/model.h5 is a model with another kind; give the config it was trained with" in out


def predicted(stays, output):
    """All that lies in predictions/ and is of rows."""
    return {path.name: path.read_bytes() for path in stays.path(output).glob("predictions/*/*.csv")}


@pytest.fixture
def parts(fresh):
    """Four partitions a clinic, and a model."""
    stays = Stays(fresh)
    names = [f"{clinic}-{i}" for clinic in CLINICS for i in range(4)]
    wards = ("medicine", "surgery", "icu")
    stays.write("stays.csv", "clinic,age,ward,sex,days,split\n" + "".join(
        f"{name},{30 + 7 * i % 41},{wards[i % 3]},{'fm'[i * i % 7 % 2]},{3 + (i * i + len(name)) % 11},train\n" for name in names for i in range(40)))
    head = stays.path("ingest.yaml").read_text().partition("partitions:\n")[0]
    stays.write("ingest.yaml", head + "block_rows: 16\npartitions:\n" + "".join(
        f"  - {{name: {name}, owner: {name[:4]}, values: [{name}], sign_with: {name[:4]}.pem}}\n" for name in names))
    shutil.rmtree(stays.path("partitions"))
    stays.run("ingest", "ingest.yaml")
    run = stays.path("run.yaml").read_text()
    for clinic in CLINICS:
        terms = stays.path(f"{clinic}.yaml").read_text()
        stays.write(f"{clinic}.yaml", terms.replace(f"target: {clinic}\n", 'target: "*"\n'))
        stays.run("policy", "sign", f"{clinic}.yaml", "--key", f"{clinic}.pem", "--output", f"{clinic}.json", "--force")
        run = run.replace(f"partitions/{clinic}.h5", f"partitions/{clinic}-*.h5")
    stays.write("run.yaml", run)
    stays.train(output="run")
    return stays


def stated_at_home(stays):
    """Names of the files that the domains' chains speak of, each with how often."""
    found = collections.Counter()
    for chain in stays.path("run").glob("predictions/*/prediction.jsonl"):
        for line in chain.read_text().splitlines():
            found[json.loads(base64.b64decode(json.loads(line)["payload"]))["subject"][0]["name"]] += 1
    return found


def test_killed_anywhere_it_goes_on_with_what_is_missing(parts):
    """Whatever was stated is not made again, whatever was not goes, and the bytes are those of a run that nobody killed."""
    shutil.copytree(parts.path("run"), parts.path("whole"))
    parts.run("predict", "run.yaml", "--output", "whole", np=2)
    whole = predicted(parts, "whole")
    assert len(whole) == 12
    draw, kept, kills = random.Random(5), {}, 0

    def there():  # which files come and go meanwhile
        return len(list(parts.path("run").glob("predictions/*/*.csv")))

    while True:
        process = subprocess.Popen([PROGRAM, "predict", "run.yaml"], cwd=parts.checkout.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        enough = there() + draw.randrange(4)
        while process.poll() is None and there() < enough:
            pass
        if kills == 6:
            out, _ = process.communicate()
            assert process.returncode == 0, out
            break
        process.kill()
        process.communicate()
        kills += 1
        stated = stated_at_home(parts)
        for path in parts.path("run").glob("predictions/*/*.csv"):
            if stated[path.name]:
                assert kept.setdefault(path.name, path.stat().st_ino) == path.stat().st_ino
    assert kept and predicted(parts, "run") == whole
    assert all(stated_at_home(parts)[name] == 1 for name in kept)
    assert not [path for path in parts.path("run").rglob("*") if ".tmp." in path.name]
    assert "ok  prediction.jsonl" in parts.run("verify", "run", "--key", "operator.pub.pem")
    assert "the same bits in all" in parts.run("reproduce", "run", "--key", "operator.pub.pem", "--partitions", "partitions", "--sign-with", "graz.pem", "--output", "again", np=3)


def test_who_is_stopped_says_so(parts):
    """Here while it waits for the folder."""
    parts.run("predict", "run.yaml", np=2)
    shutil.rmtree(parts.path("run/predictions"))
    parts.path("run/prediction.jsonl").unlink()
    with open(parts.path("run/.prediction.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen([PROGRAM, "predict", "run.yaml"], cwd=parts.checkout.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while not any(os.path.realpath(file).endswith("/.prediction.lock") for file in pathlib.Path(f"/proc/{process.pid}/fd").iterdir()):
            time.sleep(0.02)
        process.terminate()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == STOPPED and "bailiwick: stopped by a signal; give the command again" in out


@pytest.mark.parametrize("np", [1, 3, 5])
def test_what_is_done_stays_when_a_partition_fails(parts, np):
    """Of a damaged partition the others are predicted, and the same command goes on when it is mended."""
    last = parts.path("partitions/graz-3.h5")
    rows = last.read_bytes()
    with h5py.File(last, "r+") as file:
        file["features"][1] = 99
    out = parts.run("predict", "run.yaml", np=np, code=INTEGRITY)
    assert "does not match its digest" in out and "partitions are done and stay; the same command goes on with the rest" in out
    done = predicted(parts, "run")
    assert "graz-3.csv" not in done and len(done) == 11 and set(done) == {name for name in stated_at_home(parts) if name.endswith(".csv")}
    # Changed since, or never stated: made again.
    parts.path("run/predictions/bern/bern-1.csv").write_text("row,mean\n")
    last.write_bytes(rows)
    assert "480 rows scored" in parts.run("predict", "run.yaml", np=np)
    assert set(predicted(parts, "run")) > set(done) and done.items() <= predicted(parts, "run").items()
    parts.run("verify", "run", "--key", "operator.pub.pem")


def test_another_model_does_not_go_on_with_what_is_there(parts):
    parts.train("--set", "model.l2=1", output="other")
    parts.run("predict", "run.yaml", "--model", "run/model.h5", "--output", "scored")
    for chain in (*parts.path("scored").glob("predictions/*/*.jsonl"), parts.path("scored/prediction.jsonl")):
        chain.write_text("".join(chain.read_text().splitlines(keepends=True)[:2]))  # as after a kill
    out = parts.run("predict", "run.yaml", "--model", "other/model.h5", "--output", "scored", code=5)
    assert "predictions/bern: holds predictions that are of another model; name another folder with --output" in out


def test_hdf5_holds_what_csv_does(fresh):
    """Column by column, bit for bit, the same bytes on any ranks; and whatever reads predictions knows it."""
    stays = Stays(fresh)
    rows = stays.path("stays.csv").read_text().replace("medicine", "in/out").replace("surgery", "50%").splitlines()
    stays.write("stays.csv", "\n".join([f"patient,{rows[0]}", *(f"é{i},{row}" for i, row in enumerate(rows[1:]))]) + "\n")
    ingest = stays.path("ingest.yaml").read_text().replace("columns:\n", "columns:\n  patient: {role: id}\n").replace("role: feature, type: category, levels: [medicine, surgery, icu]", 'role: target, type: category, levels: [in/out, "50%", icu]')
    stays.write("ingest.yaml", ingest.replace("output: partitions", "block_rows: 7\noutput: partitions"))
    stays.run("ingest", "ingest.yaml", "--force")
    words = ("--set", "model={kind: multinomial, target: ward, features: [age], missing: {}}")
    stays.train(*words, output="run")
    shutil.copytree(stays.path("run"), stays.path("other"))
    stays.run("predict", "run.yaml", *words, np=2)
    for output, np in (("run-h5", 1), ("other", 4)):
        if output != "other":
            shutil.copytree(stays.path("other"), stays.path(output))
        stays.run("predict", "run.yaml", *words, "--set", "predict.format=hdf5", "--output", output, np=np)
    for clinic in CLINICS:
        path = stays.path(f"other/predictions/{clinic}/{clinic}.hdf5")
        assert path.read_bytes() == stays.path(f"run-h5/predictions/{clinic}/{clinic}.hdf5").read_bytes()
        assert path.stat().st_mode & 0o777 == 0o600
        with open(stays.path(f"run/predictions/{clinic}/{clinic}.csv"), newline="") as file:
            header, *lines = csv.reader(file)
        with h5py.File(path) as file:
            assert (file.attrs["format"], file.attrs["version"]) == (b"bailiwick-predictions", 1) or file.attrs["format"] == "bailiwick-predictions"
            columns = json.loads(file.attrs["columns"])
            assert header == ["row", "id", "split", *columns] and set(file) == {"row", "id", "split", "probability_in%2Fout", "probability_50%25", "probability_icu"}
            splits = json.loads(file.attrs["splits"])
            text = [[str(file["row"][i]), file["id"][i].decode(), splits[file["split"][i]]] for i in range(len(lines))]
            assert text == [line[:3] for line in lines]
            values = [file[name.replace("%", "%25").replace("/", "%2F")][:] for name in columns]
            assert [list(row) for row in zip(*values)] == [[float(word) for word in line[3:]] for line in lines]
    assert "ok  predictions/bern/prediction.jsonl:2: bern.hdf5: file digest" in stays.run("verify", "other", "--key", "operator.pub.pem")
    keys = {clinic: stays.path(f"{clinic}.pub.pem") for clinic in CLINICS}
    assert page_verifier.problems(stays.path("other"), [stays.path("operator.pub.pem")], keys) == []
    path = "other/predictions/bern/bern.hdf5"
    assert "predictions  of 24 rows, with their ids\ncolumns      probability_in/out, probability_50%, probability_icu\nsplits       train, test\n" in stays.run("inspect", path)
    traced = stays.run("trace", path, "--row", "20", "--key", "operator.pub.pem", *(word for key in keys.values() for word in ("--key", key)), "--in", "partitions")
    assert "block 2" in traced, traced
    assert "has no line for row 24; rows are counted from 0" in stays.run("trace", path, "--row", "24", "--key", "operator.pub.pem", code=5)
    again = ("--key", "operator.pub.pem", "--partitions", "partitions", "--sign-with", "graz.pem", "--output")
    assert "the same bits in all" in stays.run("reproduce", "other", *again, "again", np=3)
    assert "single rows" in stays.run("check-output", "other", "--key", "operator.pub.pem", code=4)
    home = ("check-output", "other/predictions/bern", "--key", "bern.pub.pem", "--key", "operator.pub.pem")
    assert "is what a run left with domain bern, where it stays; name the run's output folder" in stays.run(*home, code=5)
    stays.path("other/predictions/bern/planted.hdf5").write_bytes(b"")
    assert "NO  predictions/bern/planted.hdf5: no statement speaks of it" in stays.run("verify", "other", "--key", "operator.pub.pem", code=INTEGRITY)
