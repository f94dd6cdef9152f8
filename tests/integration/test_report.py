# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""The page about a run: what it says is what lies in the folder, it holds no text as markup, needs nothing else, and is the same twice."""
import html.parser
import json
import math
import random
import re
import shutil

import pytest

from conftest import Checkout
from test_policies import CLINICS, RUN, Stays

CONFIG, DATA = 3, 5
EVIL = "<script>alert(1)</script> & <b>bold"
COLUMNS = """
  x: {role: feature}
  arm: {role: feature, type: category, levels: [old, new]}
  time: {role: target, minimum: 0}
  gone: {role: target, type: boolean}
"""
SETTINGS = ("evaluate.per_domain=true", "attribute.shapley=true", "explain={repeats: 2, points: 3}", "describe={bins: 0, quantiles: []}", "survival={time: time, status: gone, by: arm, time_step: 1, time_maximum: 60}", "quality={rules: [{column: x, minimum: -1, severity: warn}]}")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A training, whose name is no friend of HTML, with all that can lie beside it; `alone` is one that nobody evaluated."""
    stays = Stays(Checkout(tmp_path_factory.mktemp("report")))
    draw = random.Random(5)
    lines = ["clinic,x,arm,time,gone"]
    for i, clinic in enumerate(CLINICS * 40):
        x = draw.gauss(0, 1)
        lines.append(f"{clinic},{x!r},{draw.choice(('old', 'new'))},{min(60, math.ceil(draw.expovariate(0.1)))},{int(draw.random() < 1 / (1 + math.exp(-x)))}")
    lines += ["bern,no-number,old,1,0", "lyon,1,neither,2,1"]  # quarantined
    stays.write("rows.csv", "\n".join(lines) + "\n")
    stays.write("run.yaml", stays.path("run.yaml").read_text().replace("name: length of stay", f"name: '{EVIL}'")
                .replace("{kind: linear, target: days}", "{kind: logistic, target: gone}"))
    stays.take("rows", COLUMNS)
    for clinic in CLINICS:
        stays.terms(clinic, f"duties: {{attribute: 'Clinic {EVIL}'}}\n", allow="exact_release: true, unstratified_survival: true, per_domain_statistics: true, unmasked_sums: true, two_parties: true")
    words = [word for setting in SETTINGS for word in ("--set", setting)]
    for stage in ("train", "evaluate", "describe", "survival", "attribute", "explain", "quality"):
        stays.run(stage, "run.yaml", "--output", "run", *words, np=2 if stage == "train" else None)
    stays.run("train", "run.yaml", "--output", "alone")
    return stays


@pytest.fixture(scope="module")
def page(runs):
    assert runs.run("report", "run", "--key", "operator.pub.pem") == "written  run/report.html\n"
    return runs.path("run/report.html").read_text()


class Reader(html.parser.HTMLParser):
    """Elements in their order, and what does not close what it opened."""
    VOID = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open, self.found, self.text = [], [], {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, (tag, self.open[-3:], self.getpos())
        self.open.pop()
        self.handle_data(" " * (tag in ("td", "th", "dt", "dd", "text", "li", "summary")))  # apart on the page

    def handle_data(self, data):
        section = next((attributes["id"] for tag, attributes in reversed(self.open) if tag == "section"), "")
        self.text[section] = self.text.get(section, "") + data


def words(text):
    return " ".join(text.split())


def test_it_is_one_page_that_needs_nothing_else(page):
    reader = Reader(page)
    tags = [tag for tag, _ in reader.found]
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(tags)
    for tag, attributes in reader.found:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset")}, (tag, attributes)
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in page and "@import" not in page and "://" not in re.sub(r"https://bailiwick\.dev/\S+", "", page)
    ids = [attributes["id"] for _, attributes in reader.found if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {attributes["href"][1:] for tag, attributes in reader.found if tag == "a"} <= set(ids)
    # For who hears it: each table has a caption and heads, each drawing a title and a description.
    for parent, children in (("table", {"caption", "thead", "tbody"}), ("svg", {"title", "desc"})):
        assert all(page.count(f"<{parent}") <= page.count(f"<{child}") for child in children)
    assert all(attributes.get("role") == "img" for tag, attributes in reader.found if tag == "svg")
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in reader.found if tag == "th")
    assert tags.count("h1") == 1 and tags.count("svg") >= 8


def test_it_says_what_the_folder_holds(runs, page):
    text = {section: words(said) for section, said in Reader(page).text.items()}
    read = {name: json.loads(runs.path(f"run/{name}.json").read_text()) for name in ("run", "egress", "evaluation", "survival", "description", "quality")}
    overall, domains = read["evaluation"]["overall"], read["evaluation"]["domains"]
    summary = text["summary"]
    assert f"{EVIL} is a logistic regression of gone, trained on 120 rows." in summary and "Purpose: dpv:ScientificResearch." in summary
    assert "3 owners: bern (CH, 40 rows), lyon (CH, 40 rows), graz (CH, 40 rows)." in summary
    auc = {name: domains[name]["auc"] for name in CLINICS}
    low, high = min(auc, key=auc.get), max(auc, key=auc.get)
    assert f"Area under the ROC curve {overall['auc']:#.3g} on 120 rows (all rows); from {auc[low]:#.3g} ({low}, 40 rows) to {auc[high]:#.3g} ({high}, 40 rows) between owners." in summary
    assert f"{read['egress']['bytes']['meter']:,} bytes" in summary and "were masked" in summary
    assert re.search(r"✓ verified: all \d+ findings hold\.", summary) and "1 session, never resumed; finished 20" in summary
    assert "The model was trained on these rows" in text["evaluation"]
    assert f"The gap between owners is {auc[high] - auc[low]:#.3g}" in text["evaluation"]
    for line in runs.path("run/coefficients.csv").read_text().splitlines()[1:]:
        term, estimate, error, *_ = line.split(",")
        assert f"{term} {float(estimate):.6g} {float(error):.5g}" in text["model"], line
    assert "model.h5 holds, to the last bit" in text["model"] and "McFadden R-squared" in text["model"]
    progress = read["run"]["results"]["progress"]
    assert progress["iteration"] == list(range(len(progress["iteration"])))
    assert progress["logLikelihood"][-1] == pytest.approx(read["run"]["results"]["logLikelihood"], abs=1e-9)
    assert f"at iteration 0, {progress['logLikelihood'][-1]:.8g} at iteration {progress['iteration'][-1]:g}." in text["training"]
    assert text["participants"].count(f"attribute to: Clinic {EVIL}") == 3 and text["participants"].count("dpv:ScientificResearch (permitted: dpv:ResearchAndDevelopment)") == 3
    for curve in read["survival"]["curves"]:
        assert f"{curve['group']} {curve['rows']:g} {curve['events']:g} {curve['median']:g}" in text["survival"]
    (found,) = [finding for finding in read["quality"]["findings"] if finding["column"] == "x"]
    assert f"warn x rows below -1 {found['found']:.4g} at most 0 3" in text["quality"]
    columns = {column["name"]: column for column in read["description"]["columns"]}
    assert f"x {columns['x']['mean']:.6g} {columns['x']['sd']:.6g}" in text["description"] and f"old: {dict(columns['arm']['levels'])['old']:g}" in text["description"]
    rounds = sum(line["rounds"] for line in read["run"]["rounds"])
    assert re.search(rf"all {rounds} [\d,]+ [\d,]+ Bytes", text["egress"]) and "Meter and ledger are equal" in text["egress"]
    assert runs.checkout.digest("run/model.h5") in page
    assert "energy, measured " in text["cost"] and "by the model of the config" not in text["cost"]
    for point in ("EU declaration of conformity", "(f) time limits for erasure no policy sets one", "3.3.07 outputs that cannot be checked by hand not supplied"):
        assert point in text["annex"]


def test_what_was_set_aside(runs, tmp_path):
    """How many rows, by those who may read the owners' records of the ingest; never which."""
    def quality():
        runs.run("report", "run", "--partitions", "rows", "--output", tmp_path / "report.html")
        page = (tmp_path / "report.html").read_text()
        assert "no-number" not in page and "neither" not in page
        return words(Reader(page).text["quality"])
    text = quality()
    for clinic in CLINICS:
        assert f"{clinic} {clinic} 40 122 2 1.6 %" in text
    for record in runs.path("rows").glob("*.ingest.json"):
        record.rename(tmp_path / record.name)
    try:
        assert "bern bern 40 ? not known - -" in quality()
        shutil.copy(tmp_path / "bern.ingest.json", runs.path("rows/lyon.ingest.json"))  # of other rows
        assert "lyon lyon 40 ? not known - -" in quality()
    finally:
        for clinic in CLINICS:
            (tmp_path / f"{clinic}.ingest.json").rename(runs.path(f"rows/{clinic}.ingest.json"))


def test_what_made_the_model_what_it_is(runs, page):
    """Attribution and explanation, in numbers and drawings."""
    text = {section: words(said) for section, said in Reader(page).text.items()}
    attribution, explanation = (json.loads(runs.path(f"run/{name}.json").read_text()) for name in ("attribution", "explanation"))
    for domain in attribution["domains"]:
        assert f"{domain['domain']} {domain['without']['value']:.5g}".rstrip("0") in text["attribution"], domain
    for feature in explanation["features"]:
        assert f"{feature['feature']} {feature['importance']['mean']:.3g}"[:-1] in text["explanation"] or f"{feature['importance']['mean']:#.3g}" in text["explanation"]
    assert "Partial dependence on x" in text["explanation"] and "Mean prediction, had all rows that value of arm" in text["explanation"] and "Shapley value of each owner" in text["attribution"]
    assert "ROC curve at the edges of the calibration bins" in text["evaluation"]


def test_beside_another_run(runs, tmp_path):
    runs.run("report", "run", "--against", "alone", "--output", tmp_path / "both.html")
    text = {section: words(said) for section, said in Reader((tmp_path / "both.html").read_text()).text.items()}
    assert "The models are the same to the bit" in text["comparison"] and "Rows: the same" in text["comparison"]
    runs.run("train", "run.yaml", "--set", "model.l2=1", "--output", "penalised")
    runs.run("report", "run", "--against", "penalised", "--output", tmp_path / "both.html")
    text = words(Reader((tmp_path / "both.html").read_text()).text["comparison"])
    assert "The models are different" in text and "model.l2" in text
    assert runs.run("report", "run", "--against", "nowhere", "--output", tmp_path / "both.html", code=DATA)


def test_markdown(runs, page, tmp_path):
    """The same words; what texts of others hold is no markup there either."""
    assert runs.run("report", "run", "--key", "operator.pub.pem", "--format", "md", "--output", tmp_path / "run.md")
    text = (tmp_path / "run.md").read_text()
    assert not re.search(r"(?<!\\)<", re.sub(r"`[^`]*`", "", text)) and "\\<script\\>alert(1)\\</script\\>" in text
    heads = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert heads[0] == "Summary" and "Lineage" in heads and "Contents" not in heads
    for line in text.splitlines():
        if line.startswith("| "):
            assert len(re.split(r"(?<!\\)\|", line)) >= 3
    assert "| domain | rows |" in text and "> Calibration over all owners" in text
    plain = words(re.sub(r"[\\*|`>#-]", " ", text))
    for said in ("How good it is, for each owner", "what left"):
        assert said.lower() in plain.lower()
    assert "--format pdf: html or md" in runs.run("report", "run", "--format", "pdf", code=2)


def test_texts_of_files_are_no_markup(page):
    assert "<script" not in page and "<b>bold" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold") >= 5


def test_the_same_folder_gives_the_same_bytes(runs, page):
    assert runs.run("report", f"{runs.path('run')}/", "--key", "operator.pub.pem", "--output", "again.html") == "written  again.html\n"
    assert runs.path("again.html").read_text() == page
    # It is for reading: verify passes over it, and says that nobody signed it.
    assert "report.html" in runs.run("verify", "run", "--key", "operator.pub.pem")


def test_whether_the_lineage_holds_is_said_first(runs, page, tmp_path):
    summary = Reader(runs_page(runs, "run")).text["summary"]
    assert "not verified: no key given" in words(summary) and "✓" not in summary
    damaged = runs.path("damaged")
    shutil.copytree(runs.path("run"), damaged)
    text = damaged.joinpath("evaluation.json").read_text()
    damaged.joinpath("evaluation.json").write_text(text.replace('"rows": 40.0', '"rows": 41.0', 1))
    read = Reader(runs_page(runs, "damaged", "--key", "operator.pub.pem")).text
    assert re.search(r"✗ NOT VERIFIED: \d+ of \d+ findings do not hold; they are listed first", words(read["summary"]))
    lineage = words(read["lineage"])
    assert lineage.index("✗ does not hold: evaluation.jsonl:3: evaluation.json") < lineage.index("✓ holds:")
    other = Reader(runs_page(runs, "run", "--key", "bern.pub.pem")).text
    assert "NOT VERIFIED" in other["summary"]
    # The table of coefficients is for reading, and the model says whether it may be.
    table = damaged.joinpath("coefficients.csv")
    table.write_text(re.sub(r"^x,", "x,1", table.read_text(), flags=re.M))
    assert "coefficients.csv and model.h5 differ" in Reader(runs_page(runs, "damaged")).text["model"]


def runs_page(runs, folder, *options):
    runs.run("report", folder, "--output", "page.html", *options)
    return runs.path("page.html").read_text()


def test_what_is_not_there_is_said(runs):
    read = {section: words(said) for section, said in Reader(runs_page(runs, "alone")).text.items()}
    assert "Not evaluated yet: run bailiwick evaluate …" in read["summary"] and "Not evaluated yet" in read["evaluation"]
    assert "survival" not in read and "description" not in read


@pytest.mark.parametrize("damage", ["", "{", '{"domains": 3, "results": [], "overall": {"auc": "x"}}', "[]"])
def test_files_that_cannot_be_read_are_named(runs, damage):
    broken = runs.path("broken")
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(runs.path("run"), broken)
    for file in broken.iterdir():
        if file.suffix in (".json", ".txt", ".csv", ".jsonl"):
            file.write_text(damage)
    broken.joinpath("model.h5").write_bytes(b"\x89HDF")
    read = Reader(runs_page(runs, "broken", "--key", "operator.pub.pem")).text
    assert "Some files could not be read" in read["summary"] and "model.h5" in read["summary"] and "lineage.jsonl" in read["summary"]
    assert ("run.json" in read["summary"]) == (not damage.startswith('{"'))
    assert "verified: all" not in read["summary"]


def test_links_are_not_followed(runs):
    """A folder of somebody else may lead to a file that only the reader can read."""
    linked = runs.path("linked")
    shutil.copytree(runs.path("run"), linked)
    runs.write("secret.txt", "not for others")
    linked.joinpath("model.txt").unlink()
    linked.joinpath("model.txt").symlink_to(runs.path("secret.txt"))
    page = runs_page(runs, "linked")
    assert "not for others" not in page and "model.txt: is a link" in page


def test_what_is_no_run_is_an_error(runs):
    for folder, message in (("nowhere", "nowhere: is not the output folder of a run"), ("partitions", "partitions: holds no lineage (lineage.jsonl); is it the output folder of a run?"),
                            ("run.yaml", "run.yaml: is not the output folder of a run")):
        assert message in runs.run("report", folder, code=DATA)
    assert "nobody.pem" in runs.run("report", "run", "--key", "nobody.pem", "--output", "none.html", code=CONFIG)
    assert not runs.path("none.html").exists()
