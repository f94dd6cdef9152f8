# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""A verifier of lineages of format version 2 written from docs/lineage.md and the pages it names alone; looks at no config, policy, site or
partition.

page_verifier.py FOLDER KEY.pub.pem...: prints what does not hold.
"""
import base64
import datetime
import hashlib
import json
import pathlib
import re
import sys
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

HALF = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551 // 2
CHAINS = {"lineage": ("train", "", "model.h5"), "evaluation": ("evaluate", "evaluate.", "evaluation.json"),
          "prediction": ("predict", "predict.", "prediction.json"), "description": ("describe", "describe.", "description.json")}
CHECKPOINT = re.compile(r"checkpoints/[\w-]+\.h5", re.A)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.A)
CLAUSES = ["target", "action", "purpose", "place", "site", "recipients", "valid from", "valid until", "delete by", "minimum parties",
           "minimum contributors", "minimum rows", "minimum partner rows", "kinds", "partitions", "partners", "registry", "maximum runs", "two parties",
           "unmasked sums", "exact release", "unstratified survival", "per-domain statistics", "forbidden"]
OF_NOISE, OF_ROUNDS = ["privacy", "privacy budget"], ["rows of rounds", "parties of rounds"]  # asked of some runs


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def moment(text):
    """Seconds since the epoch, or None where there is no such moment."""
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp() if TIME.fullmatch(text) else None
    except ValueError:
        return None


def load(path):
    key = serialization.load_pem_public_key(pathlib.Path(path).read_bytes())
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(pem), key


class Chain:
    def __init__(self, folder, stem, keys, domain=None):
        self.folder, self.stem, self.keys, self.domain, self.problems = folder, stem, keys, domain, []
        text = (folder / f"{stem}.jsonl").read_text()
        self.demand(text.endswith("\n"), "the end was cut off")
        self.payloads = [self.open(line) for line in text.splitlines()]
        self.statements = [json.loads(payload) for payload in self.payloads]
        self.check()

    def demand(self, holds, why):
        if not holds:
            self.problems.append(f"{self.stem}: {why}")

    def open(self, line):
        envelope = json.loads(line)
        payload = base64.b64decode(envelope["payload"], validate=True)
        self.demand(json.dumps(envelope, separators=(",", ":")) == line and list(envelope) == ["payload", "payloadType", "signatures"], "spelling")
        signer = json.loads(payload)["predicate"]["buildDefinition"]["internalParameters"]["signer"]
        ids = [s["keyid"] for s in envelope["signatures"]]
        self.demand(ids[0] == signer and ids[1:] == sorted(set(ids[1:]) - {signer}), "signatures are not the expected ones")
        kind = envelope["payloadType"]
        signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        for signature in envelope["signatures"]:
            der = base64.b64decode(signature["sig"], validate=True)
            try:
                self.keys[signature["keyid"]].verify(der, signed, ec.ECDSA(hashes.SHA256()))
                r, s = decode_dss_signature(der)
                self.demand(s <= HALF and encode_dss_signature(r, s) == der, "another form of a signature")
            except (InvalidSignature, KeyError, ValueError):
                self.demand(False, "a signature that does not hold")
        return payload

    def check(self):
        stage, prefix, result = CHAINS[self.stem]
        before, session, names, count = None, 0, [], len(self.statements)
        sessions, first, decisions = [], None, None
        for i, statement in enumerate(self.statements):
            subject, predicate = statement["subject"][0], statement["predicate"]
            build, details = predicate["buildDefinition"], predicate["runDetails"]
            name, time, inputs = subject["name"], details["metadata"], build["resolvedDependencies"]
            marks = subject.get("annotations", {})
            links = [d for d in inputs if d.get("name") == "chain/previous"]
            own = [(d["name"], d["digest"]) for d in inputs if d["name"] != "chain/previous"]
            begins = time["invocationId"] not in sessions[-1:]
            if begins:
                self.demand(time["invocationId"] not in sessions, "a session comes back")
                sessions.append(time["invocationId"])
                session, first, ended = session + 1, (details["builder"], time["startedOn"], dict(build["internalParameters"]), own), False
                self.demand(before is None or time["startedOn"] >= before["predicate"]["runDetails"]["metadata"]["finishedOn"], "times")
            suffix = "" if session == 1 else f"-{session}"
            self.demand(statement["_type"] == "https://in-toto.io/Statement/v1", "type")
            self.demand(build["buildType"] == f"https://bailiwick.dev/buildtypes/{stage}/v2", "buildType")
            self.demand([link["digest"]["sha256"] for link in links] == ([sha256(self.payloads[i - 1])] if i else []), "link")
            self.demand([link["annotations"]["seq"] for link in links] == ([i - 1] if i else []), "sequence")
            self.demand((marks.get("count") == count) == (i + 1 == count) and ("count" in marks) == (i + 1 == count), "count")
            self.demand(set(build["externalParameters"]) == {"config", "name", "purpose"} | ({"domain"} if self.domain else set()), "parameters")
            if before:
                self.demand(build["externalParameters"] == before["predicate"]["buildDefinition"]["externalParameters"], "parameters change")
                self.demand(time["finishedOn"] >= before["predicate"]["runDetails"]["metadata"]["finishedOn"], "times")
            self.demand(None not in (moment(time["startedOn"]), moment(time["finishedOn"])) and time["startedOn"] <= time["finishedOn"], "times")
            self.demand(all(digest.get("sha256") != "0" * 64 for _, digest in own), "a digest of zeros")
            common = [d for d in own if d[0] == "common model"]
            self.demand(len(common) == (self.domain is not None and stage == "train" and i + 1 == count), "common model")
            self.demand(first == (details["builder"], time["startedOn"], build["internalParameters"], [d for d in own if d not in common]), "session")
            kinds = [d[0] for d in own]
            self.demand(len(set(kinds)) == len(kinds) and {"config", "inputs", "binary"} <= set(kinds), "dependencies")
            self.demand(("intent" in kinds) == (stage == "train" and not self.domain), "intent")
            self.demand(("model" in kinds) == (stage in ("evaluate", "predict")), "model")
            checkpoint, final = CHECKPOINT.fullmatch(name) and stage == "train", i + 1 == count
            egress = name == f"{prefix}egress{suffix}.json" and not self.domain
            self.demand((name == f"{prefix}decisions{suffix}.json") == begins, "decisions")
            predictions = stage == "predict" and self.domain and re.fullmatch(r"[^/]+\.(csv|hdf5)", name)
            self.demand(begins or checkpoint or predictions or egress or final, "no artefact of this stage")
            self.demand(not final or name == result or (self.domain and name == "state.h5"), "result")
            self.demand(not ended or final, "something follows the egress report")
            self.demand(not final or ended or self.domain, "no egress report")
            ended = ended or egress
            expected = {"bailiwickModelV2"} if checkpoint else {"sha256", "bailiwickModelV2"} if name.endswith(".h5") else {"sha256"}
            self.demand(set(subject["digest"]) == expected, "digests")
            self.demand(all(CHECKPOINT.fullmatch(r) and r in names and r != name for r in marks.get("removed", [])), "removed")
            names.append(name)
            before_this, before = before, statement
            later = [s["subject"][0] for s in self.statements[i + 1:]]
            path = self.folder / name
            if name in [s["name"] for s in later]:
                continue
            if any(name in s.get("annotations", {}).get("removed", []) for s in later):
                self.demand(not path.exists() and not path.is_symlink(), f"{name} was removed")
            elif "sha256" in subject["digest"]:
                self.demand(path.exists() and sha256(path.read_bytes()) == subject["digest"]["sha256"], f"{name} was changed")
                if "decisions" in name and path.exists():
                    held = before_this and before_this["predicate"]["runDetails"]["metadata"]["finishedOn"] == time["startedOn"]
                    decisions = self.text(self.decisions, path, stage, build, details, held)
                if "egress" in name and path.exists():
                    self.text(self.egress, path, decisions, session == 1 and stage != "predict")
            config = next((d[1]["sha256"] for d in own if d[0] == "config"), None)
            resolved = self.folder / ("resolved.yaml" if self.stem == "lineage" else f"{self.stem}.resolved.yaml")
            self.demand(sha256(resolved.read_bytes()) == config, "config")
            stated = next((d[1]["sha256"] for d in own if d[0] == "inputs"), None)
            self.demand(sha256((self.folder / f"{prefix}inputs{suffix}.json").read_bytes()) == stated, "inputs")

    def text(self, look, path, *more):
        """What lies there, which may be anything that somebody signed."""
        try:
            text = json.loads(path.read_text())
            look(text, *more)
            return text
        except (KeyError, TypeError, IndexError) as error:
            self.demand(False, f"{path.name}: {error!r}")

    def decisions(self, text, stage, build, details, held):
        demand = lambda holds, why: self.demand(holds, f"decisions: {why}")
        inputs = {d["name"]: d["digest"].get("sha256") for d in build["resolvedDependencies"]}
        demand((text["format"], text["version"]) == ("bailiwick-decisions", 1), "version")
        demand(details["builder"]["id"] == "https://bailiwick.dev/site/" + quote(text["site"], safe=""), "site")
        demand(len(text["ranks"]) == build["internalParameters"]["ranks"] and all({"node", "place"} <= set(r) for r in text["ranks"]), "ranks")
        demand(len({d["domain"] for d in text["domains"]}) == len(text["domains"]) == build["internalParameters"]["domains"], "domains")
        demand({rank for d in text["domains"] for rank in d["ranks"]} == set(range(len(text["ranks"]))), "ranks of domains")
        started = moment(details["metadata"]["startedOn"])
        for domain in text["domains"]:
            demand(domain["policy"]["sha256"] == inputs.get(f"policy/{domain['domain']}"), "policy")
            demand(domain["admitted"] is True and domain["owners"], "admitted")
            demand(domain["ranks"] and len(set(domain["ranks"])) == len(domain["ranks"]), "ranks of a domain")
            rules = [c["rule"] for c in domain["clauses"]]
            of_rounds = OF_ROUNDS if len(text["domains"]) > 1 else OF_ROUNDS[:1]
            demand(rules in (CLAUSES, CLAUSES + OF_NOISE) or (rules == CLAUSES + of_rounds and stage == "train"), "clauses")
            demand(all(c["holds"] is True for c in domain["clauses"]), "a clause does not hold")
            asked = [re.search(r"\(now (.*)\)$", c["detail"]) for c in domain["clauses"] if c["rule"] == "valid from"]
            asked = moment(asked[0][1]) if asked and asked[0] else None
            demand(None not in (asked, started) and asked <= started + 3600 and (held or asked >= started - 3600), "moment")

    def egress(self, text, decisions, first):
        demand = lambda holds, why: self.demand(holds, f"egress: {why}")
        demand(text["format"] == "bailiwick-egress" and text["version"] in (2, 3), "version")
        purposes, ranks = text["purposes"], text["domains of ranks"]
        if text["version"] > 2:
            known = {domain for rank in ranks for domain in rank}
            demand("tags" in text and all(set(tags) <= known for step in text["tags"] for tags in step["sums"].values()), "tags")
        demand(len({p["purpose"] for p in purposes}) == len(purposes), "a purpose twice")
        demand(all(p["ledger"] == p["meter"] == sum(c["bytes"] for c in p["calls"]) for p in purposes), "purposes")
        total = sum(p["meter"] for p in purposes)
        demand([text["bytes"][k] for k in ("ledger", "meter", "difference")] == [total, total, 0], "bytes")
        demand({"measured", "messages", "bytes"} <= set(text["transport"]), "transport")
        if decisions:
            holds = [[d["domain"] for d in decisions["domains"] if rank in d["ranks"]] for rank in range(len(decisions["ranks"]))]
            demand(ranks == holds, "ranks")
        crossed = any(p["meter"] for p in purposes if p["purpose"].startswith(("round ", "rounds: ")))
        demand(crossed or not first or all(rank == ranks[0] for rank in ranks), "rounds")

    def says(self, name):
        """The digest of a dependency of the last statement."""
        return next(d["digest"]["sha256"] for d in self.statements[-1]["predicate"]["buildDefinition"]["resolvedDependencies"] if d["name"] == name)

    def intent(self):
        """Of docs/approval.md: the line that this training signed before it began."""
        inputs, signer = json.loads((self.folder / "inputs.json").read_text()), next(iter(self.statements))["predicate"]["buildDefinition"]["internalParameters"]["signer"]
        before, found = None, None
        for i, line in enumerate((self.folder / "intents.jsonl").read_text().splitlines()):
            payload, envelope = base64.b64decode(json.loads(line)["payload"]), json.loads(line)
            said = json.loads(payload)["predicate"]
            pem = said["publicKey"].encode()
            signed = b"DSSEv1 %d %s %d %s" % (len(envelope["payloadType"]), envelope["payloadType"].encode(), len(payload), payload)
            serialization.load_pem_public_key(pem).verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed, ec.ECDSA(hashes.SHA256()))
            self.demand((said["sequence"], said["previous"]) == (i, before), "an intent does not follow the one before")
            before = sha256(payload)
            if before == self.says("intent"):
                found = said
                self.demand(sha256(pem) == signer and sha256((self.folder / "inputs.json").read_bytes()) == json.loads(payload)["subject"][0]["digest"]["sha256"],
                            "the intent is another's")
        self.demand(found and (found["run"], found["purpose"], found["config"]) == (inputs["name"], inputs["purpose"], inputs["identity"]), "the intent is not this training's")

    def content(self):
        return self.statements[-1]["subject"][0]["digest"].get("bailiwickModelV2")


def problems(folder, keys, regions={}):
    """What does not hold in the output folder of a run; `regions`: the public key of each domain, in PEM files."""
    folder = pathlib.Path(folder)
    keys = dict(map(load, keys))
    chains = {path.stem: Chain(folder, path.stem, keys) for path in folder.glob("*.jsonl") if path.stem in CHAINS}
    chains["lineage"].intent()
    found = [p for chain in chains.values() for p in chain.problems]
    run = chains["lineage"]
    for stem in {"evaluation", "prediction"} & set(chains):
        result = json.loads((folder / f"{stem}.json").read_text())["model"]
        if not run.content() == chains[stem].says("model") == result:
            found.append(f"the {stem} is of another model")
    for domain, key in regions.items():
        if (folder / "regions").exists():
            chain = Chain(folder / "regions" / domain, "lineage", dict([load(key)]), domain)
            found += chain.problems
            if chain.says("common model") != run.content() or chain.says("config") != run.says("config"):
                found.append(f"regions/{domain} is of another run")
        if "prediction" in chains:
            chain = Chain(folder / "predictions" / domain, "prediction", dict([load(key)]), domain)
            found += chain.problems
            if chain.says("config") != chains["prediction"].says("config"):
                found.append(f"predictions/{domain} is of another run")
    return found


if __name__ == "__main__":
    broken = problems(sys.argv[1], sys.argv[2:])
    print("\n".join(broken) or "all holds")
    sys.exit(1 if broken else 0)
