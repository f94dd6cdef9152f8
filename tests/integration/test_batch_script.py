# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""`bailiwick slurm`: what it writes and refuses, and, with stand-ins for the program, the launcher, sbatch and scontrol, what its
scripts call and when they requeue. test_slurm.py submits them to a real Slurm."""
import os
import re
import shlex
import signal
import subprocess
import time

import pytest
from conftest import SOURCE

CONFIG, POLICY, USAGE, DATA = 3, 4, 2, 5
COUNTRIES = "site={name: c, slurm_features: {n1: US-NC, n2: US, de: DE}}"
EXAMPLES = sorted((SOURCE / "slurm").iterdir())
STAND_INS = {
    "program": """#!/bin/bash
echo "$@" >> calls
trap 'echo stopped >> calls; exit 75' USR1
while [ -e slow ]; do sleep 0.05; done
[ ! -e checkpoint ] || { mkdir -p out/lung/run/checkpoints; touch out/lung/run/checkpoints/new; }
exit "$CODE"
""",
    "launch": '#!/bin/bash\nexec "$@"\n',
    "scontrol": '#!/bin/bash\necho "scontrol $@" >> calls\n',
    "squeue": '#!/bin/bash\necho "$STATE"\n',
    "sbatch": '#!/bin/bash\necho "sbatch $@" >> calls\nexpr $(wc -l < calls) + 100\n',
}
TRAIN = "train configs/lung/train.yaml --output out/lung/run --resume latest"
EVALUATE = "evaluate configs/lung/train.yaml --output out/lung/run"
VERIFY = "verify out/lung/run --key out/lung/keys/operator.pub.pem --quiet --partitions out/lung/partitions"


class Job:
    def __init__(self, checkout):
        self.checkout, self.root, self.calls = checkout, checkout.root, checkout.path("calls")
        for name, text in STAND_INS.items():
            checkout.path(name).write_text(text)
            checkout.path(name).chmod(0o755)

    def write(self, *words, code=0, config="configs/lung/train.yaml"):
        return self.checkout.run("slurm", config, *words, code=code)

    def start(self, *stages, code=0, script="job.sbatch", **environment):
        environment = dict(os.environ, PATH=f"{self.root}:{os.environ['PATH']}", BAILIWICK="program", SLURM_JOB_ID="7", CODE=str(code),
                           **{"LAUNCHER": "launch", "STATE": "RUNNING", **environment})
        return subprocess.Popen(["bash", script, *stages], cwd=self.root, env=environment, stdout=subprocess.DEVNULL)

    def ran(self):
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def job(fresh):
    job = Job(fresh)
    job.write("--output", "job.sbatch")
    return job


def test_there_are_examples():
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_what_is_written(fresh, example):
    text = example.read_text()
    words = shlex.split(re.search(r"^#   bailiwick (slurm .*)$", text, re.M).group(1))
    fresh.run(*words)
    assert fresh.path(f"slurm/{example.name}").read_text() == text
    assert "exists already" in fresh.run(*words, code=DATA)
    fresh.run(*words, "--force")
    assert fresh.path(f"slurm/{example.name}").read_text() == text
    subprocess.run(["bash", "-n", example], check=True)


def test_trains_evaluates_verifies(job):
    assert job.start().wait(timeout=30) == 0
    assert job.ran() == [TRAIN, EVALUATE, VERIFY]


def test_stages_by_name(job):
    job.write("--set", "train.method=lbfgs", "--set", "model.features=[age, ph.ecog]", "--output", "b.sbatch")
    assert job.start("train", "describe", script="b.sbatch").wait(timeout=30) == 0
    options = " --set train.method=lbfgs --set model.features=[age, ph.ecog]"
    assert job.ran() == [TRAIN + options, "describe configs/lung/train.yaml --output out/lung/run" + options]


@pytest.mark.parametrize("code", [2, 3, 4, 5, 6, 7, 75])
def test_of_its_own_exit_codes_requeues_on_75_alone(job, code):
    assert job.start(code=code, SLURM_RESTART_COUNT="9").wait(timeout=30) == code
    assert job.ran() == [TRAIN] + ["scontrol requeue 7"] * (code == 75)


@pytest.mark.parametrize("code", [1, 70, 137, 205])  # 205: mpirun has lost a node
@pytest.mark.parametrize("restarts, checkpoint", [("", False), ("2", False), ("3", False), ("3", True)])
def test_tries_again_what_the_launcher_reports(job, code, restarts, checkpoint):
    if checkpoint:
        job.checkout.path("checkpoint").touch()
    assert job.start(code=code, **({"SLURM_RESTART_COUNT": restarts} if restarts else {})).wait(timeout=30) == code
    assert job.ran() == [TRAIN] + ["scontrol requeue 7"] * (restarts != "3" or checkpoint)


def test_a_cancelled_job_stays_cancelled(job):
    assert job.start(code=75, STATE="COMPLETING").wait(timeout=30) == 75
    assert job.ran() == [TRAIN]


@pytest.mark.parametrize("sent", [signal.SIGUSR1, signal.SIGTERM])
def test_hands_the_signal_on_and_waits_for_the_answer(job, sent):
    job.checkout.path("slow").touch()
    process = job.start()
    while not job.ran():
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(sent)
    assert process.wait(timeout=30) == 75
    assert job.ran() == [TRAIN, "stopped", "scontrol requeue 7"]


def test_says_if_there_is_no_program(job):
    process = subprocess.run(["bash", "job.sbatch"], cwd=job.root, env=dict(os.environ, BAILIWICK="no-such-program"), text=True, capture_output=True)
    assert process.returncode == USAGE and "no-such-program: no such program; set BAILIWICK" in process.stderr


def test_asks_for_what_the_options_say(job):
    text = job.write("--ranks", 6, "--threads", 2, "--time", "1-12:00:00", "--account", "a1", "--partition", "long", "--sbatch=--mem-per-cpu=2G")
    options = [line for line in text.splitlines() if line.startswith("#SBATCH")]
    assert options == ["#SBATCH --job-name=lung", "#SBATCH --time=1-12:00:00", "#SBATCH --signal=B:USR1@120",
                       "#SBATCH --requeue --open-mode=append --output=%x-%j.log", "#SBATCH --ntasks=6 --cpus-per-task=2",
                       "#SBATCH --account=a1", "#SBATCH --partition=long", "#SBATCH --mem-per-cpu=2G"]
    # Every one has a comment above it, but for those that were asked for word by word.
    lines = text.splitlines()
    assert all(lines[lines.index(option) - 1].startswith("# ") for option in options[:5])


def test_a_component_a_jurisdiction(job):
    words = ["--set", COUNTRIES, "--set", "domains.2.jurisdiction=DE", "--set", "domains.3.jurisdiction=US-NC"]

    def components(*more):
        text = job.write("--heterogeneous", *words, *more)
        assert text.count("#SBATCH hetjob") == 2 and "--partitions" not in text
        return re.findall(r"# In (\S+): domains? (.*)\.\n.*\n#SBATCH --ntasks=(\d+).*\n.*\n#SBATCH --constraint=(\S+)", text)

    assert components() == [("US", "north, south", "2", "n1|n2"), ("DE", "east", "1", "de"), ("US-NC", "west", "1", "n1")]
    assert [c[2] for c in components("--ranks", 9)] == ["5", "2", "2"]
    assert "the domains lie in 3 jurisdictions; each needs one" in job.write("--heterogeneous", *words, "--ranks", 2, code=CONFIG)
    out = job.write("--heterogeneous", code=CONFIG)
    assert "no feature of Slurm in site.slurm_features lies in US, the jurisdiction of domain north" in out
    # All in one jurisdiction: nodes of it are asked for in one component.
    assert "#SBATCH --constraint=n1|n2\n" in job.write("--set", COUNTRIES)


def test_all_components_in_one_world(job):
    """The host list for mpirun, whatever Slurm gives, and the component whose step starts a host's daemon."""
    job.write("--heterogeneous", "--set", COUNTRIES, "--set", "domains.2.jurisdiction=DE", "--output", "het.sbatch")
    hostnames = '#!/bin/bash\n[ "$2" = hostnames ] && { echo "${3//+/$\'\\n\'}"; exit; }\necho "scontrol $@" >> calls\n'
    job.checkout.path("scontrol").write_text(hostnames)
    for name in ("mpirun", "srun"):
        job.checkout.path(name).write_text(f'#!/bin/bash\necho "{name} $@" >> calls\n')
        job.checkout.path(name).chmod(0o755)
    slurm = {"SLURM_HET_SIZE": "2", "SLURM_JOB_NODELIST_HET_GROUP_0": "a+b+c+d", "SLURM_TASKS_PER_NODE_HET_GROUP_0": "2(x2),1,3",
             "SLURM_JOB_NODELIST_HET_GROUP_1": "e", "SLURM_TASKS_PER_NODE_HET_GROUP_1": "4", "LAUNCHER": ""}
    assert job.start("evaluate", script="het.sbatch", **slurm).wait(timeout=30) == 0
    assert "--host a:2,b:2,c:1,d:3,e:4 " in job.ran()[0] and f" program {EVALUATE}" in job.ran()[0]
    assert job.start("on", "e", "orted", "-mca", "x", script="het.sbatch", **slurm).wait(timeout=30) == 0
    assert job.ran()[1].startswith("srun --het-group=1 --nodelist=e ") and job.ran()[1].endswith(" bash -c orted -mca x")


def test_a_sweep(job):
    job.write("--sweep", "model.l2=0,1e-3", "--sweep", "model.features=[age],[age, ph.ecog]", "--output", "sweep.sbatch")
    assert "#SBATCH --array=0-3\n" in job.checkout.path("sweep.sbatch").read_text()
    assert job.start("train", script="sweep.sbatch", SLURM_ARRAY_TASK_ID="2").wait(timeout=30) == 0
    assert job.start("verify", script="sweep.sbatch", SLURM_ARRAY_TASK_ID="3").wait(timeout=30) == 0
    assert job.ran() == ["train configs/lung/train.yaml --output out/lung/run-sweep/2 --resume latest --set model.l2=1e-3 --set model.features=[age]",
                         VERIFY.replace("run", "run-sweep/3")]


def test_a_chain(job):
    job.write("--output", "chained.sbatch", "--chain", "chain.sh", "--ingest", "configs/lung/ingest.yaml")
    assert job.start(script="chain.sh").wait(timeout=30) == 0
    ran = job.ran()
    after = [re.findall(r"--dependency=afterok:(\d+) --kill-on-invalid-dep=yes", line) for line in ran]
    assert after == [[], ["101"], ["102"], ["103"]]
    assert [re.search(r"--job-name=(\S+)", line).group(1) for line in ran] == ["lung-ingest", "lung-train", "lung-evaluate", "lung-verify"]
    assert ran[0].endswith("--wrap exec program ingest configs/lung/ingest.yaml ${SLURM_RESTART_COUNT:+--force}")
    assert ran[1].endswith(" chained.sbatch train") and ran[2].endswith(" chained.sbatch evaluate") and ran[3].endswith(f"exec program {VERIFY}")


def test_words_of_others_stay_words(job):
    """A config's names, paths and values cannot become commands of the script."""
    name, folder = "a rm -rf $HOME; `id`", "it's $HOME `id`"
    job.write("--set", f'name="{name}"', "--set", f"output={folder}", "--output", "odd.sbatch")
    text = job.checkout.path("odd.sbatch").read_text()
    assert "#SBATCH --job-name=a-rm--rf--HOME---id-\n" in text
    assert job.start("verify", script="odd.sbatch").wait(timeout=30) == 0
    assert job.ran() == [VERIFY.replace("out/lung/run", folder)]
    assert "is not one line of text" in job.write("--set", 'name="a\\nb"', code=CONFIG)
    assert "more than one line" in job.write("--set", "name=a\nb", code=USAGE)
    assert "is no feature" in job.write("--set", 'site={name: c, slurm_features: {"u;s": US}}', code=CONFIG)


@pytest.mark.parametrize("words, code, text", [
    (["--sweep", "model.l2=1,-1"], CONFIG, "model.l2"),
    (["--sweep", "model.l2"], USAGE, "write KEY=VALUE,VALUE"),
    (["--sweep", "model.l2=1,,2"], USAGE, "a value is empty"),
    (["--set", "train.tolerence=1"], CONFIG, "train.tolerence: unknown key"),
    (["--sweep", "model.l2=1", "--heterogeneous"], USAGE, "Slurm has no arrays of heterogeneous jobs"),
    (["--chain", "c.sh"], USAGE, "--chain: needs --output"),
    (["--ingest", "i.yaml"], USAGE, "--ingest: is the first job of a --chain"),
    (["--ranks", "0"], USAGE, "--ranks 0: at least 1"),
    (["--time", "soon"], USAGE, "write [days-]hours:minutes:seconds"),
    (["--sbatch", "mem=2G"], USAGE, "write an option of sbatch"),
])
def test_refuses(job, words, code, text):
    assert text in job.write(*words, code=code)


def test_no_such_config(job):
    assert "no-such.yaml" in job.write(config="no-such.yaml", code=CONFIG)
