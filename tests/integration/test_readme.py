# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The README's own example, typed as it stands there, prints what stands there."""
import os
import pathlib
import re
import shutil
import subprocess

from conftest import PROGRAM, SOURCE

PATH = f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}"


def test_own_data(tmp_path):
    section = (SOURCE / "README.md").read_text().split("## Bring your own data")[1].split("\n## ")[0]
    blocks = re.findall(r"^```(sh)?\n(.*?)^```$", section, re.M | re.S)
    assert [kind for kind, _ in blocks].count("sh") == 5
    printed = ""
    for kind, text in blocks:
        if kind == "sh":
            refused = "dpv:Marketing" in text
            result = subprocess.run(["bash", "-ec", text], cwd=tmp_path, env=dict(os.environ, PATH=PATH), text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
            printed = result.stdout.replace(str(tmp_path), "/tmp/mine")
            assert result.returncode == (4 if refused else 0), printed
            continue
        for part in text.split("[...]\n"):
            assert part in printed, printed


def test_mistakes_are_reported_as_shown(tmp_path):
    """The mistakes that the README shows, made where it shows them."""
    shown = (SOURCE / "README.md").read_text().split("ended with exit code 3 and printed:\n\n```\n")[1].split("```")[0]
    folder = tmp_path / "configs/lung"
    shutil.copytree(SOURCE / "configs/lung", folder)
    text = (folder / "train.yaml").read_text()
    (folder / "typo.yaml").write_text(text.replace("newton", "newtn").replace("tolerance", "tolerence"))
    text = (folder / "operator.yaml").read_text()
    (folder / "operator.yaml").write_text(text.replace("jurisdiction: US}", "jurisdiction: USA}"))
    result = subprocess.run([PROGRAM, "check", "configs/lung/typo.yaml"], cwd=tmp_path, text=True, capture_output=True, timeout=60)
    assert (result.returncode, result.stderr) == (3, shown)
