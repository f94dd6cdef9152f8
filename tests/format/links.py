#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Every link between pages leads to a file, and every anchor to a heading: links.py [SOURCE_FOLDER]."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def text_of(page):
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def anchors(page):
    """As GitHub and GitLab make them of headings."""
    heads = re.findall(r"^#+ +(.*?) *$", text_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def broken():
    for page in sorted(ROOT.rglob("*.md")):
        if page.relative_to(ROOT).parts[0] in ("build", "out"):
            continue
        for link in LINK.findall(text_of(page)):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if not target.exists():
                yield f"{page.relative_to(ROOT)}: {link}: no such file"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                yield f"{page.relative_to(ROOT)}: {link}: no such heading"


found = list(broken())
print("\n".join(found) or "all links lead somewhere")
sys.exit(1 if found else 0)
