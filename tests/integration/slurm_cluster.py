# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""A real Slurm of virtual nodes on this machine, for the tests that submit jobs to one (where one can be started)."""
import contextlib
import os
import re
import shlex
import shutil
import subprocess
import time

import pytest
from conftest import SHARED

TOOLS = SHARED / "tools" / "slurm"


class Cluster:
    def __init__(self, folder, prefix):
        self.folder, self.prefix = folder, prefix
        self.conf = f"slurm: {{conf: {folder}/slurm.conf}}"  # for the site: Bailiwick asks no variable

    def bash(self, command, cwd, code=0, **environment):
        """Output of a command that can speak to Slurm."""
        done = subprocess.run(["bash", "-c", f". {self.folder}/env.sh; {command}"], cwd=cwd, text=True, capture_output=True, timeout=120,
                              env=dict(os.environ, **environment))
        assert done.returncode == code, f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def sbatch(self, words, cwd, **environment):
        return self.bash(f"sbatch --parsable {words}", cwd, **environment).strip()

    def jobs(self, job):
        """What Slurm knows of a job, its components or tasks."""
        lines = self.bash(f"scontrol -o show job {job}", self.folder).splitlines()
        return [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines]

    def wait(self, job, until=None):
        """Waits for the end of a job, or until something is true before that; sbatch --wait asks too seldom."""
        for _ in range(900):
            # A heterogeneous job that was put back is looked at again when something changes.
            there = self.bash(f"squeue -h -o %t -j {job}; scontrol update jobid={job} comment=$RANDOM || true", self.folder)
            if until and until():
                return
            if not there:
                assert not until, f"job {job} has ended too early"
                return
            time.sleep(0.3)
        pytest.fail(f"job {job} does not end:\n{self.bash('squeue; sinfo -N', self.folder)}")

    def lose(self, node):
        """The node falls silent: its daemon and all that runs there are gone."""
        for pid in subprocess.run(["ip", "netns", "pids", f"{self.prefix}-{node}"], text=True, capture_output=True).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), 9)


@contextlib.contextmanager
def started(nodes, probe):
    """A cluster of `nodes` ("name:feature,feature ..."); skips the test where none can be started, or runs no MPI job on two nodes."""
    if not TOOLS.exists() or os.geteuid() != 0 or not all(shutil.which(t) for t in ("slurmctld", "slurmd", "munged", "ip")):
        pytest.skip("no Slurm can be started here")
    # Names, addresses and ports of its own, for tests that run beside this one.
    n = os.getpid() % 4000
    prefix, folder = f"b{n:x}", f"/tmp/bailiwick-slurm-{os.getpid()}"
    settings = dict(os.environ, SLURM_CI_NODES=nodes, SLURM_CI_PREFIX=prefix, SLURM_CI_NET=f"10.{180 + n // 250}.{n % 250}",
                    SLURM_CI_PORT=str(17000 + 2 * n))
    cluster = Cluster(folder, prefix)
    try:
        done = subprocess.run([TOOLS / "start-slurm.sh", folder], env=settings, text=True, capture_output=True, timeout=120)
        if done.returncode:
            pytest.skip(f"no Slurm could be started here: {done.stderr.strip().splitlines()[-1:]}")
        script = probe / "probe.sh"
        script.write_text("#!/bin/bash\n#SBATCH --nodes=2 --ntasks=2 --output=probe.out\nmpirun --map-by node hostname\n")
        job = cluster.sbatch(shlex.quote(str(script)), probe)
        cluster.wait(job)
        if cluster.jobs(job)[0]["JobState"] != "COMPLETED":
            pytest.skip(f"Slurm starts here, but runs no MPI job: {(probe / 'probe.out').read_text()[-200:]}")
        yield cluster
    finally:
        subprocess.run([TOOLS / "stop-slurm.sh", folder], env=settings, capture_output=True, timeout=120)
