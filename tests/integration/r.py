# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""R as a referee: one process for all scripts of a file of tests, since R takes two seconds to load survival."""
import atexit
import functools
import select
import subprocess
import tempfile

import pytest

# Each line names a folder and a script. Packages stay loaded, but what a script attached or assigned is gone after it.
LOOP = r"""
lines <- file("stdin", "r")
while (length(ask <- readLines(lines, 1))) {
  ask <- strsplit(ask, "\t")[[1]]
  setwd(ask[1])
  attached <- search()
  printed <- file(ask[3], "w")
  sink(printed)
  failed <- tryCatch({ source(ask[2], local = new.env(parent = globalenv()), print.eval = TRUE, keep.source = FALSE); "" },
                     error = function(e) paste("error:", conditionMessage(e), "in", deparse(conditionCall(e))[1]))
  sink()
  close(printed)
  for (name in setdiff(search(), attached)) detach(name, character.only = TRUE)
  cat(gsub("\n", " ", failed), "\n", sep = "")
  flush(stdout())
}
"""


@functools.cache
def process():
    started = subprocess.Popen(["Rscript", "--vanilla", "-e", LOOP], text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    atexit.register(started.kill)
    return started


def r_script(script, folder, timeout=120):
    """What an R script prints that runs in a folder. An error of it fails the test."""
    with tempfile.NamedTemporaryFile("w", suffix=".R") as file, tempfile.NamedTemporaryFile("r") as printed:
        file.write(script)
        file.flush()
        process().stdin.write(f"{folder}\t{file.name}\t{printed.name}\n")
        if not select.select([process().stdout], [], [], timeout)[0]:
            process().kill()
            pytest.fail(f"R took longer than {timeout} s:\n{script}")
        failed = process().stdout.readline()
        assert failed == "\n", f"{failed or 'R has ended'}\n{script}"
        return printed.read()


def r_numbers(script, folder):
    """The numbers that it prints, with commas or blanks between them."""
    return [float(word) for word in r_script(script, folder).replace(",", " ").split()]
