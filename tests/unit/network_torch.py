#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""Writes network_torch.hpp: what PyTorch says, in float64, of small networks. Run by hand: python3 network_torch.py > network_torch.hpp"""
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
ROWS, INPUTS = 12, 5


def numbers(n, salt):
    """n floats of (-1, 1) that C++ makes as easily."""
    i = torch.arange(n, dtype=torch.int64)
    bits = ((i + 1 + 1000 * salt) * 2654435761) % 2**32
    return (bits.double() / 2**31 - 1).float().double()


def cox(z, time, status, weight):
    z = z[:, 0]
    risk = (time[None, :] >= time[:, None]).double() @ (weight * torch.exp(z))
    return (weight * status * (torch.log(risk) - z)).sum()


def target(loss):
    y = numbers(ROWS, 2)
    if loss == "cross_entropy":
        return torch.arange(ROWS) % 3
    if loss == "binary":
        return (torch.arange(ROWS) % 2).double()
    if loss == "poisson":
        return (torch.arange(ROWS) % 4).double()
    return 3 * y


def total(loss, z, weight):
    y = target(loss)
    if loss == "cross_entropy":
        return (weight * nn.functional.cross_entropy(z, y, reduction="none")).sum()
    if loss == "binary":
        return (weight * nn.functional.binary_cross_entropy_with_logits(z[:, 0], y, reduction="none")).sum()
    if loss == "poisson":
        return (weight * nn.functional.poisson_nll_loss(z[:, 0], y, reduction="none")).sum()
    if loss == "huber":
        return (weight * nn.functional.huber_loss(z[:, 0], y, reduction="none", delta=0.75)).sum()
    if loss == "cox":
        return cox(z, torch.arange(ROWS, 0, -1).double() // 2, (torch.arange(ROWS) % 3 > 0).double(), weight)
    return (weight * 0.5 * (z[:, 0] - y) ** 2).sum()


def network(activation, norm, outputs):
    f = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh, "silu": nn.SiLU, "sigmoid": nn.Sigmoid, "identity": nn.Identity}[activation]
    layers, inputs = [], INPUTS
    for units in (7, 6):
        layers += [nn.Linear(inputs, units)] + ([nn.LayerNorm(units)] if norm else []) + [f()]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


class Embedded(nn.Module):
    """Two categories of 5 and 4 levels, of which two never occur, beside the numbers."""

    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(5, 3), nn.Embedding(4, 2)])
        self.net = nn.Sequential(nn.Linear(INPUTS + 5, 6), nn.Tanh(), nn.Linear(6, 3))

    def forward(self, x):
        r = torch.arange(ROWS)
        codes = [3 * r % 5, r * r % 4]
        return self.net(torch.cat([x] + [table(code) for table, code in zip(self.tables, codes)], 1))


def parameters(net):
    """In our order."""
    return list(net.parameters())


def ours(net, tensors):
    """Weights are inputs x outputs, tables levels x dimension."""
    tables = len(net.tables) if isinstance(net, Embedded) else 0
    return torch.cat([(t.detach().T if t.dim() == 2 and i >= tables else t.detach()).reshape(-1) for i, t in enumerate(tensors)])


def fill(net):
    at = 0
    values = numbers(sum(p.numel() for p in net.parameters()), 1)
    for p in parameters(net):
        v = values[at:at + p.numel()]
        at += p.numel()
        with torch.no_grad():
            is_table = isinstance(net, Embedded) and at <= 5 * 3 + 4 * 2
            p.copy_(v.reshape(p.shape) if is_table or p.dim() == 1 else v.reshape(p.shape[1], p.shape[0]).T)


def show(name, values):
    print(f"inline constexpr double {name}[] = {{" + ", ".join(f"{v:.17g}" for v in values.tolist()) + "};")


print("""// SPDX-FileCopyrightText: 2026 The Bailiwick authors
// SPDX-License-Identifier: Apache-2.0
// clang-format off

// Written by network_torch.py with PyTorch """ + torch.__version__.split("+")[0] + """.
#pragma once

namespace torch {""")
x, weight = numbers(ROWS * INPUTS, 0).reshape(ROWS, INPUTS), numbers(ROWS, 3).abs()
for name, activation, norm, loss in [("relu", "relu", False, "cross_entropy"), ("gelu", "gelu", True, "cross_entropy"),
                                     ("tanh", "tanh", False, "squared_error"), ("silu", "silu", True, "huber"),
                                     ("sigmoid", "sigmoid", False, "binary"), ("poisson", "relu", True, "poisson"),
                                     ("cox", "identity", False, "cox"), ("embedded", None, False, "cross_entropy")]:
    net = network(activation, norm, 3 if loss == "cross_entropy" else 1) if activation else Embedded()
    fill(net)
    value = total(loss, net(x), weight)
    value.backward()
    show(f"{name}_loss", value.detach().reshape(1))
    show(f"{name}_gradient", ours(net, [p.grad for p in parameters(net)]))
for name, make in [("adamw", lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
                   ("sgd", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
                   ("clipped", lambda p: torch.optim.SGD(p, lr=0.1))]:
    net = network("tanh", False, 3)
    fill(net)
    optimiser = make(net.parameters())
    for _ in range(3):
        optimiser.zero_grad()
        (total("cross_entropy", net(x), weight) / weight.sum()).backward()
        if name == "clipped":
            nn.utils.clip_grad_norm_(net.parameters(), 0.25)
        optimiser.step()
    show(f"{name}_parameters", ours(net, parameters(net)))
print("}  // namespace torch")
