# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""One digest over rank counts, maps of ranks to domains, pooled or federated, threads and builds."""
import os

import pytest
from conftest import Checkout, needs_shared

JOBS = [pytest.param("lung", "train.yaml"), pytest.param("lung", "logistic.yaml"),
        pytest.param("heart", "train.yaml", marks=needs_shared("heart")),
        pytest.param("breast-cancer", "train.yaml", marks=needs_shared("tcga_brca"))]
# Those whose data come out of packages: the same sums again, so few ranks do.
OF_A_CLONE = ["flchain", "rotterdam", "diabetes", "solder"]
# Builds beside this one, "name=program" separated by ";" (run-tests makes them).
VARIANTS = dict(v.split("=", 1) for v in os.environ.get("BAILIWICK_VARIANTS", "").split(";") if v)


@pytest.fixture(scope="session")
def reference(jobs):
    digests = {}

    def of(job, config):
        if (job, config) not in digests:
            digests[job, config] = jobs(job).train(f"configs/{job}/{config}", output=f"out/{job}/reference-{config}", np=1)
        return digests[job, config]

    return of


@pytest.mark.parametrize("np", [2, 3, 4, 7])
@pytest.mark.parametrize("job,config", JOBS)
def test_rank_counts(jobs, reference, job, config, np):
    assert jobs(job).train(f"configs/{job}/{config}", output=f"out/{job}/np{np}-{config}", np=np) == reference(job, config)


@pytest.mark.parametrize("job", OF_A_CLONE)
def test_rank_counts_of_a_clone(jobs, reference, job):
    assert jobs(job).train(f"configs/{job}/train.yaml", output=f"out/{job}/np4", np=4) == reference(job, "train.yaml")


@needs_shared("heart")
def test_far_more_ranks_than_cores(jobs, reference):
    assert jobs("heart").train("configs/heart/train.yaml", output="out/heart/np64", np=64) == reference("heart", "train.yaml")


@pytest.fixture(scope="module")
def unmasked(jobs, tmp_path_factory):
    """Prepared jobs whose policies allow sums that are not masked."""
    made = {"acs-income": None}

    def prepared(job):
        if job not in made:
            made[job] = Checkout(tmp_path_factory.mktemp(f"unmasked-{job}"))
            for policy in made[job].path(f"configs/{job}").glob("policy*.yaml"):
                policy.write_text(policy.read_text().replace("allow:\n", "allow:\n  unmasked_sums: true\n"))
            made[job].prepare(job)
        return made[job] or jobs(job)

    return prepared


@pytest.mark.parametrize("np", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("job,config", [*JOBS, pytest.param("acs-income", "train.yaml", marks=needs_shared("acs_income"))])
def test_plain_equals_masked(unmasked, reference, job, config, np):
    if job == "acs-income" and np > 2:
        pytest.skip("50 domains: as many processes as there are cores are enough")
    digest = unmasked(job).train(f"configs/{job}/{config}", "--set", "boundary.secure_aggregation=false",
                                 output=f"out/{job}/plain-{np}-{config}", np=np)
    assert digest == reference(job, config)


@pytest.mark.parametrize("name,ranks", [("reversed", [[3], [2], [1], [0]]), ("shared", [[0, 1, 2, 3], [1], [2, 0], [3]]),
                                        ("crowded", [[1], [1], [0, 1], [0]])])
def test_maps(jobs, reference, name, ranks):
    overrides = [w for i, r in enumerate(ranks) for w in ("--set", f"domains.{i}.ranks={r}")]
    digest = jobs("lung").train("configs/lung/train.yaml", *overrides, output=f"out/lung/map-{name}",
                                np=max(map(max, ranks)) + 1)
    assert digest == reference("lung", "train.yaml")


@pytest.mark.parametrize("np", [2, 4])
@pytest.mark.parametrize("job", ["lung", *OF_A_CLONE, pytest.param("heart", marks=needs_shared("heart"))])
def test_pooled_equals_federated(jobs, reference, job, np):
    assert jobs(job).train(f"configs/{job}/pooled.yaml", output=f"out/{job}/pooled-{np}", np=np) == reference(job, "train.yaml")


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("name", sorted(VARIANTS))
@pytest.mark.parametrize("job,config", JOBS)
def test_builds(jobs, reference, job, config, name, threads):
    if not os.path.exists(VARIANTS[name]):
        pytest.skip(f"{VARIANTS[name]} is not built; ./run-tests builds it")
    if threads > 1 and name != "openmp":
        pytest.skip("a serial build has one thread")
    digest = jobs(job).train(f"configs/{job}/{config}", output=f"out/{job}/{name}-{threads}-{config}", np=2,
                             program=VARIANTS[name], threads=threads)
    assert digest == reference(job, config)


def test_another_model_has_another_digest(jobs, reference):
    digest = jobs("lung").train("configs/lung/train.yaml", "--set", "model.l2=0.001", output="out/lung/other", np=1)
    assert digest != reference("lung", "train.yaml")


@pytest.mark.parametrize("method", ["lbfgs", "newton-krylov"])
def test_petsc_methods(jobs, method):
    """PETSc runs replicated on sums that are equal everywhere, so its bits are too, on one kind of processor."""
    digests = {jobs("lung").train("configs/lung/train.yaml", "--set", f"train.method={method}", output=f"out/lung/{method}-{np}", np=np)
               for np in (1, 3)}
    assert len(digests) == 1
