# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What an operator can do with its own key: read a lineage, change what it says, and sign all of it again."""
import base64
import hashlib
import json

from conftest import referee

referee("cryptography")
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

TYPE = "application/vnd.in-toto+json"
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def other_form(signature):
    """The second signature that verifies, which anybody can make of the first."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, N - s)


class Signer:
    def __init__(self, path):
        self.key = serialization.load_pem_private_key(path.read_bytes(), None)
        pem = self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.id = sha256(pem)

    def sign(self, payload):
        """Low s, as Bailiwick signs."""
        signature = self.key.sign(b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload), ec.ECDSA(hashes.SHA256()))
        return min(signature, other_form(signature), key=lambda form: decode_dss_signature(form)[1])


def read(path):
    """The statements of a lineage."""
    return [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in path.read_text().splitlines()]


def dependency(statement, name):
    return next(d for d in statement["predicate"]["buildDefinition"]["resolvedDependencies"] if d["name"] == name)


def write(path, statements, signer):
    """Links, numbers and counts are put right first."""
    lines, before = [], None
    for i, statement in enumerate(statements):
        dependencies = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
        dependencies[:] = [d for d in dependencies if d["name"] != "chain/previous"]
        if i > 0:
            dependencies.insert(0, {"name": "chain/previous", "digest": {"sha256": before}, "annotations": {"seq": i - 1},
                                    "mediaType": "application/vnd.in-toto.provenance+dsse"})
        annotations = statement["subject"][0].get("annotations", {})
        if "count" in annotations:
            annotations["count"] = len(statements)
        payload = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
        before = sha256(payload)
        lines.append(envelope(payload, [(signer.id, signer.sign(payload))]))
    path.write_text("".join(line + "\n" for line in lines))


def envelope(payload, signatures):
    signatures = [{"keyid": key, "sig": base64.b64encode(sig).decode()} for key, sig in signatures]
    return json.dumps({"payload": base64.b64encode(payload).decode(), "payloadType": TYPE, "signatures": signatures}, separators=(",", ":"))


def signatures_of(line):
    return [(s["keyid"], base64.b64decode(s["sig"])) for s in json.loads(line)["signatures"]]


def payload_of(line):
    return base64.b64decode(json.loads(line)["payload"])
