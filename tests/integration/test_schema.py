# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What `bailiwick schema` says of every key: the tables in docs/, and a JSON Schema that takes what the program takes."""
import json
import re
import subprocess

import pytest
from conftest import PROGRAM, SOURCE

jsonschema = pytest.importorskip("jsonschema")
yaml = pytest.importorskip("yaml")
FORMATS = ["run", "ingest", "line", "policy", "site", "trust"]
USAGE, CONFIG = 2, 3


class Core(yaml.SafeLoader):
    """Plain scalars as YAML 1.2 has them, and editors: NO is Norway, 1e-12 a number, 2026-01-01 a text."""
    yaml_implicit_resolvers = {}


Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), "tf")
Core.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(?:null|~|)$"), ["n", "~", ""])
Core.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), "-+0123456789")
Core.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"), "-+.0123456789")
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Core.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))
Core.add_constructor("tag:yaml.org,2002:map", lambda loader, node: {str(loader.construct_object(k)): loader.construct_object(v, deep=True) for k, v in node.value})


def run(*words, code=0):
    result = subprocess.run([PROGRAM, *map(str, words)], text=True, capture_output=True, timeout=60)
    assert result.returncode == code, result.stdout + result.stderr
    return result.stdout + result.stderr


def schema(name):
    return json.loads(run("schema", name, "--json"))


def validator(name):
    document = schema(name)
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def load(path):
    """A config with the files that it includes."""
    config = yaml.load(path.read_text(), Core)
    included = config.pop("include", [])
    for name in [included] if isinstance(included, str) else included:
        config.update(load(path.parent / name))
    return config


def keys(node, path=""):
    """Every key of a schema, once, with the node that describes it."""
    for name, inner in node.get("properties", {}).items():
        yield path + name, inner
        yield from keys(inner, f"{path}{name}.")
    for inner in (node.get("items"), node.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from keys(inner, path)


def test_the_tables_of_the_docs_are_what_the_program_says():
    result = subprocess.run([SOURCE / "scripts/update-docs", "--check", PROGRAM], text=True, capture_output=True, timeout=60)
    assert result.returncode == 0, f"{result.stdout}{result.stderr}run scripts/update-docs {PROGRAM}"
    shown = "".join(page.read_text() for page in (SOURCE / "docs").glob("*.md"))
    for name in FORMATS:
        assert f"<!-- bailiwick schema {name} --markdown -->\n| key |" in shown, name


@pytest.mark.parametrize("name", FORMATS)
def test_every_key_has_a_sentence(name):
    found = dict(keys(schema(name)))
    assert "version" in found
    for key, node in found.items():
        sentence = node["description"]
        assert sentence[0].isupper(), f"{key}: {sentence}"
        assert sentence.endswith(".") and len(sentence) < 140, f"{key}: {sentence}"


def test_a_run_has_the_keys_of_networks_and_stages():
    found = dict(keys(schema("run")))
    for key in ("model.mlp.layers.units", "train.descent.schedule.kind", "train.federated.personal.kind", "evaluate.regional", "describe.bins"):
        assert key in found
    kinds = found["model.kind"]["enum"]
    assert kinds[:3] == ["linear", "logistic", "poisson"] and kinds[-3:] == ["multinomial", "cox", "mlp"]
    assert found["train.tolerance"]["exclusiveMinimum"] == 0 and found["train.tolerance"]["default"] == 1e-12
    assert found["train.descent.beta1"]["description"].endswith("Only used with method: adamw.")
    no_bits = {key for key, node in found.items() if "$comment" in node}
    assert {"name", "site", "train.checkpoint", "domains.policy", "domains.public_keys", "boundary"} < no_bits
    assert not no_bits & {"domains", "domains.name", "domains.partitions", "model", "model.l2", "train", "train.tolerance", "evaluate"}
    assert "session_key" not in str(schema("run"))  # an error that says the name of today


def test_every_config_is_valid_by_the_schema():
    formats = {name: validator(name) for name in FORMATS}
    seen = []
    for path in sorted((SOURCE / "configs").glob("*/*.yaml")):
        if "\nversion: " not in path.read_text():
            continue  # it is included by others
        name = next((name for name in ("ingest", "policy", "line") if path.name.startswith(name)), "run")
        for config in (load(path), yaml.load(path.read_text(), Core)):
            assert not [f"{path.name} {error.json_path}: {error.message}" for error in formats[name].iter_errors(config)]
        seen.append(name)
    assert {"run", "ingest", "policy", "line"} == set(seen)
    for page, names in {"configuration.md": ["run", None, None, "ingest"], "policy.md": ["policy", None, "trust"], "line.md": ["line"], "site.md": [None, "site"]}.items():
        blocks = re.findall(r"^```yaml\n(.*?)^```", (SOURCE / "docs" / page).read_text(), re.M | re.S)
        for name, block in zip(names, blocks):
            if name is not None:
                formats[name].validate(yaml.load(block, Core))


# (format, a text of the config, what is put in its place): what the program refuses, the schema refuses.
MUTANTS = [
    ("run", "train:\n", "train:\n  tolerence: 1\n"),
    ("run", "train:\n", "trian: {}\ntrain:\n"),
    ("run", "kind: cox", "kind: coxx"),
    ("run", "method: newton", "method: [newton]"),
    ("run", "tolerance: 1e-10", "tolerance: 0"),
    ("run", "tolerance: 1e-10", "tolerance: tight"),
    ("run", "train:\n", "boundary: {secure_aggregation: 1}\ntrain:\n"),
    ("run", "train:\n", "train:\n  max_iterations: 0\n"),
    ("run", "train:\n", "describe: {quantiles: [0.5, 1]}\ntrain:\n"),
    ("run", "name: ", "nam: "),
    ("ingest", "role: feature", "role: featur"),
    ("ingest", "output: ", "block_rows: 0\noutput: "),
    ("ingest", "output: ", "inputs: []\noutput: "),
    ("ingest", "sign_with: ", "key: "),
    ("policy", "permit: [", "permit: [sell, "),
    ("policy", "valid:", "vlaid:"),
    ("policy", "where: ", "serial: -1\nwhere: "),
]


@pytest.mark.parametrize("name, old, new", MUTANTS)
def test_what_the_schema_refuses_the_program_refuses(fresh, name, old, new):
    path = fresh.path({"run": "configs/lung/train.yaml", "ingest": "configs/lung/ingest.yaml", "policy": "configs/lung/policy.yaml"}[name])
    command = {"run": ["check", path], "ingest": ["ingest", path],
               "policy": ["policy", "sign", path, "--for", "north", "--key", "k.pem", "--output", "p.json"]}[name]
    if name == "policy":
        fresh.run("keygen", "k")
    text = path.read_text()
    validator(name).validate(load(path))
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert list(validator(name).iter_errors(load(path)))
    fresh.run(*command, code=CONFIG)


def test_what_an_editor_does_not_know_a_schema_leaves_open(fresh):
    """Keys that may stand elsewhere, and texts that look like something else."""
    run_schema = validator("run")
    run_schema.validate(yaml.load("version: 1\ninclude: [parties.yaml]\ntrain:\n", Core))
    assert list(run_schema.iter_errors({"version": 1}))
    columns = {"a": {"role": "feature"}}
    validator("ingest").validate({"version": 1, "input": "a.csv", "csv": {"missing": ["", -9]}, "columns": columns, "output": "o",
                                  "partitions": [{"name": 3, "owner": "A", "sign_with": "k.pem"}]})
    for both in ({"input": "a.csv", "inputs": ["b.csv"]}, {}):
        assert list(validator("ingest").iter_errors({"version": 1, **both, "columns": columns, "output": "o", "partitions": [{"name": "a", "owner": "A", "sign_with": "k"}]}))


def test_usage():
    assert 'unknown format "rum"; there are: ingest, line, policy, run, site, trust (did you mean "run"?)' in run("schema", "rum", "--json", code=USAGE)
    for words in ([], ["--json", "--markdown"]):
        assert "schema run: give either --json or --markdown" in run("schema", "run", *words, code=USAGE)
    assert "FORMAT is missing" in run("schema", code=USAGE)
