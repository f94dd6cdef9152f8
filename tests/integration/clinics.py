# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Two clinics, bern and lyon, with keys and generous terms: for tests of what is not about terms."""

DOMAINS = ("bern", "lyon")
TERMS = """version: 1
uid: urn:example:clinic:%(name)s
owner: %(name)s
target: "%(name)s*"
permit: [train, evaluate, predict, describe, release_model, release_statistics]
purposes: ["dpv:ResearchAndDevelopment"]
where: [CH]
valid: {from: 2026-01-01T00:00:00Z, until: 2099-01-01T00:00:00Z}
allow: {exact_release: true, unmasked_sums: true, two_parties: true, unstratified_survival: true, per_domain_statistics: true}
"""


def set_up(checkout):
    """Keys of both and of the operator, and signed terms, in the folder of the checkout."""
    for key in (*DOMAINS, "operator"):
        checkout.run("keygen", key)
    for name in DOMAINS:
        checkout.path(f"{name}.yaml").write_text(TERMS % {"name": name})
        checkout.run("policy", "sign", f"{name}.yaml", "--key", f"{name}.pem", "--output", f"{name}.json")
