# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""A folder laid out like a checkout, in which the tests type what a user would type."""
import functools
import importlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["BAILIWICK_SOURCE"])
PROGRAM = os.environ["BAILIWICK"]
SHARED = pathlib.Path(os.environ["BAILIWICK_SHARED"])


@functools.cache
def installed(name):
    """Of "Rscript", "Rscript:survival" (a package of R) and "debian:r-base-core". Elsewhere than on Debian its packages are taken to be there."""
    kind, _, package = name.partition(":")
    if not shutil.which("Rscript" if kind == "Rscript" else "dpkg-query"):
        return kind == "debian"
    ask = {"Rscript": ["Rscript", "--vanilla", "-e", f"quit(status = !requireNamespace('{package or 'base'}', quietly = TRUE))"],
           "debian": ["dpkg-query", "-W", "-f", "${Status}", package]}[kind]
    done = subprocess.run(ask, text=True, capture_output=True)
    return done.returncode == 0 and (kind == "Rscript" or done.stdout.endswith(" installed"))


def referee(name):
    """What a test compares with, and is not ours: a module of Python, which is returned, or what installed() knows.

    One that is missing ends the test. ./run-tests installs them all and says so by BAILIWICK_REFEREES: there it fails, elsewhere it is skipped."""
    if ":" in name or name == "Rscript":
        found = installed(name)
    else:
        try:
            return importlib.import_module(name)
        except ImportError:
            found = False
    if not found:
        reason = f"{name} is missing; scripts/install-packages tests installs it"
        if os.environ.get("BAILIWICK_REFEREES") == "required":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason, allow_module_level=True)


class Checkout:
    """configs/, data/ and scripts/ are copies, out/ is where everything goes, ../shared is the data beside a checkout."""

    def __init__(self, folder):
        self.root = folder / "checkout"
        self.root.mkdir()
        for name in ("configs", "data", "scripts"):
            shutil.copytree(SOURCE / name, self.root / name)
        if SHARED.exists():
            (folder / "shared").symlink_to(SHARED.resolve())

    def path(self, name):
        return self.root / name

    def run(self, *words, np=None, code=0, program=PROGRAM, threads=1, timeout=120, environment=None):
        """Output of `bailiwick WORDS`, under mpirun if np is given; fails unless it ends with `code` (None: any)."""
        command = [program, *map(str, words)]
        if np is not None:
            command = ["mpirun", "-np", str(np), *command]
        result = subprocess.run(command, cwd=self.root, text=True, capture_output=True, timeout=timeout,
                                env=dict(os.environ, OMP_NUM_THREADS=str(threads), **environment or {}))
        output = result.stdout + result.stderr
        assert code is None or result.returncode == code, f"{' '.join(command)}\nexit code {result.returncode}, not {code}\n{output}"
        return output

    def prepare(self, job, minimum_rows=None):
        """Keys, partitions and signed policies of a job, as the comments in its configs say; policies may ask for other rows."""
        ingest = self.path(f"configs/{job}/ingest.yaml")
        text = ingest.read_text()
        own = re.findall(r"^      ([\w-]+): {", text, re.M) + [name for names in re.findall(r"- for: \[(.*)\]", text) for name in names.split(", ")]
        for name in {*(own if "keys/<name>.pem" in text else re.findall(r"keys/([\w-]+)\.pem", text)), "operator"}:
            self.path(f"out/{job}/keys").mkdir(parents=True, exist_ok=True)
            self.run("keygen", f"out/{job}/keys/{name}")
        if ingest.with_name("source").exists():
            self.get_data(job)
        self.run("ingest", ingest.relative_to(self.root))
        terms = self.path(f"configs/{job}")
        for policy in terms.glob("policy*.yaml"):
            if minimum_rows is not None:
                policy.write_text(re.sub(r"\b((?:group_)?rows): \d+", rf"\1: {minimum_rows}", policy.read_text()))
        if (terms / "policy.yaml").exists():
            owners = re.search(r"^for:.*\n(?:  .*\n)*", (terms / "policy.yaml").read_text(), re.M).group()
            for owner in re.findall(r"^  ([\w-]+):" if "{" in owners else r"([\w-]+)[,\]]", owners, re.M):
                self.sign_policy(terms / "policy.yaml", owner)
        for policy in terms.glob("policy-*.yaml"):
            self.sign_policy(policy)
        return self

    def get_data(self, job, code=0):
        """Output of scripts/get-data, which finds its packages installed."""
        source = self.path(f"configs/{job}/source").read_text()
        for package in re.search(r"^packages: (.*)", source, re.M).group(1).split():
            referee(f"debian:{package}")
        done = subprocess.run(["scripts/get-data", job], cwd=self.root, text=True, capture_output=True, timeout=120)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def own_policy(self, job, owner):
        """The terms of one of the owners that configs/JOB/policy.yaml is for, in a file of their own."""
        terms = self.path(f"configs/{job}/policy.yaml")
        policy = terms.with_name(f"policy-{owner}.yaml")
        text = re.sub(r"^for: .*\n", "", terms.read_text().replace("<name>", owner), flags=re.M)
        first = re.search(r"--for (\w+) ", text).group(1)
        policy.write_text(text.replace(f"policy.yaml --for {first}", policy.name).replace(f"/{first}.p", f"/{owner}.p"))
        return policy

    def sign_policy(self, policy, owner=None):
        """Types the command that the file's first comment gives, or the same for another owner."""
        words = re.search(r"bailiwick (policy sign .*?--output \S+)", re.sub(r"\\\n#", "", policy.read_text()), re.S).group(1)
        if owner is not None:
            first = re.search(r"--for (\w+)", words).group(1)
            words = re.sub(rf"(--for |/){first}\b", rf"\g<1>{owner}", words)
        self.run(*words.split(), "--force")

    def train(self, config, *words, output, **how):
        self.run("train", config, "--output", output, *words, **how)
        return self.digest(f"{output}/model.h5", **{k: v for k, v in how.items() if k == "program"})

    def digest(self, model, **how):
        return self.run("digest", model, **how).split()[0]


def needs_shared(name):
    return pytest.mark.skipif(not (SHARED / "data" / name).exists(), reason=f"shared/data/{name} is not beside this checkout")


@pytest.fixture(scope="session")
def jobs(tmp_path_factory):
    """job, rows that its policies ask for -> a prepared Checkout, made once a session; tests only add to out/."""
    made = {}

    def prepared(*job):
        if job not in made:
            made[job] = Checkout(tmp_path_factory.mktemp(job[0])).prepare(*job)
        return made[job]

    return prepared


@pytest.fixture
def fresh(tmp_path):
    """A Checkout of one's own, to damage."""
    return Checkout(tmp_path)
