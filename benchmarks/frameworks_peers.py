# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""FedAvg by a peer of frameworks.py, run by the Python that has it. All its processes find the task in their environment.

Every peer gets the same local training: rows in memory, one thread of PyTorch. What differs is who carries the parameters.
The first client notes when it starts a round.
"""
import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
import sys
import time

import h5py
import numpy
import torch
from torch import nn

try:
    from nvflare.apis.executor import Executor
except ImportError:
    Executor = object

TASK = json.loads(os.environ["FRAMEWORKS_TASK"])  # partitions, split, units, rounds, steps, batch, rate, seed, folder
CLIENTS = range(len(TASK["partitions"]))
FOLDER = pathlib.Path(TASK["folder"])
torch.set_num_threads(1)


class Network(nn.Sequential):
    def __init__(self):
        torch.manual_seed(TASK["seed"])
        super().__init__(nn.Linear(13, TASK["units"]), nn.ReLU(), nn.Linear(TASK["units"], 1))


class Client:
    """The rows of one partition, standardised by their own mean and deviation."""

    def __init__(self, index):
        self.index = index
        with h5py.File(TASK["partitions"][index]) as file:
            kept = file["splits"][:] == json.loads(file["schema"].asstr()[()])["splits"].index(TASK["split"])
            x, y = file["features"][:][kept].astype("f8"), file["targets"][:, 0][kept]
        sd = x.std(0, ddof=1)
        x = (x - x.mean(0)) * numpy.where(sd > 0, 1 / numpy.maximum(sd, 1e-300), 0)
        self.x, self.y = torch.tensor(x.astype("f4")), torch.tensor(y.astype("f4")).unsqueeze(1)
        self.net, self.loss = Network(), nn.BCEWithLogitsLoss()

    def train(self, state, number):
        """The parameters after this round's local steps of SGD. Batches are a function of seed, client and round."""
        if self.index == 0:
            with open(FOLDER / "starts", "a") as file:
                file.write(f"{time.time()}\n")
        self.net.load_state_dict(state)
        optimiser = torch.optim.SGD(self.net.parameters(), lr=TASK["rate"])
        generator = torch.Generator().manual_seed(hash((TASK["seed"], self.index, number)) % 2**63)
        batches = []
        for _ in range(TASK["steps"]):
            batches = batches or list(torch.randperm(len(self.x), generator=generator).split(TASK["batch"]))
            rows = batches.pop()
            optimiser.zero_grad()
            self.loss(self.net(self.x[rows]), self.y[rows]).backward()
            optimiser.step()
        return {key: value.clone() for key, value in self.net.state_dict().items()}


@functools.cache
def client(index):
    return Client(index)


def finish(package, state):
    """Leaves the parameters' digest, their mean loss over all rows, and versions."""
    net = Network()
    net.load_state_dict({key: torch.as_tensor(value) for key, value in state.items()})
    x, y = (torch.cat([getattr(client(i), name) for i in CLIENTS]) for name in "xy")
    with torch.no_grad():
        loss = nn.functional.binary_cross_entropy_with_logits(net(x), y).item()
    digest = hashlib.sha256(b"".join(value.numpy().tobytes() for value in net.state_dict().values())).hexdigest()
    versions = {name: importlib.metadata.version(name) for name in (package, "torch")}
    (FOLDER / "result.json").write_text(json.dumps({"digest": digest, "loss": loss, "versions": versions}))


def alone():
    """No framework: a loop over the clients in one process."""
    sizes = [len(client(i).x) for i in CLIENTS]
    state = Network().state_dict()
    for number in range(TASK["rounds"]):
        states = [client(i).train(state, number) for i in CLIENTS]
        state = {key: sum(s[key] * (n / sum(sizes)) for s, n in zip(states, sizes)) for key in state}
    finish("torch", state)


def flower():
    """The simulation on Ray, one core a client. The server looks for answers every millisecond instead of every 100."""
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
    from flwr.clientapp import ClientApp
    from flwr.serverapp import ServerApp
    from flwr.serverapp.strategy import FedAvg
    from flwr.simulation import run_simulation
    clients, server = ClientApp(), ServerApp()

    @clients.train()
    def train(message, context):
        own = client(int(context.node_config["partition-id"]))
        state = own.train(message.content["arrays"].to_torch_state_dict(), message.content["config"]["server-round"] - 1)
        return Message(RecordDict({"arrays": ArrayRecord(state), "metrics": MetricRecord({"num-examples": len(own.x)})}), reply_to=message)

    @server.main()
    def main(grid, context):
        grid.pull_interval = 0.001
        strategy = FedAvg(fraction_evaluate=0, min_train_nodes=len(CLIENTS), min_available_nodes=len(CLIENTS))
        result = strategy.start(grid, ArrayRecord(Network().state_dict()), num_rounds=TASK["rounds"])
        finish("flwr", result.arrays.to_torch_state_dict())

    run_simulation(server, clients, len(CLIENTS), backend_config={"client_resources": {"num_cpus": 1, "num_gpus": 0}})


class NvflareClient(Executor):
    """A client of NVFLARE's simulator: site-1 has the first partition."""

    def execute(self, task_name, shareable, fl_ctx, abort_signal):
        from nvflare.app_common.abstract.fl_model import FLModel, ParamsType
        from nvflare.app_common.utils.fl_model_utils import FLModelUtils
        own = client(int(fl_ctx.get_identity_name().removeprefix("site-")) - 1)
        model = FLModelUtils.from_shareable(shareable)
        state = own.train({key: torch.as_tensor(value) for key, value in model.params.items()}, model.current_round)
        result = FLModel(ParamsType.FULL, {key: value.numpy() for key, value in state.items()},
                         meta={"NUM_STEPS_CURRENT_ROUND": len(own.x)})  # the weight
        return FLModelUtils.to_shareable(result)


def nvflare():
    """The simulator, a thread and so a process for each client. What can be told to poll sooner is."""
    import frameworks_peers  # the job names its classes by module
    from nvflare.app_common.workflows.fedavg import FedAvg
    from nvflare.app_opt.pt.job_config.model import PTModel
    from nvflare.job_config.api import FedJob
    job = FedJob("heart")
    ids = job.to_server(PTModel({"path": "frameworks_peers.Network", "args": {}}))
    job.to_server(FedAvg(num_clients=len(CLIENTS), num_rounds=TASK["rounds"], task_check_period=0.005, persistor_id=ids["persistor_id"]))
    job.to_server({"server": {"task_request_interval": 0.25}})  # seconds, by default 2; about this is quickest
    job.to_clients(frameworks_peers.NvflareClient(), tasks=["train"])
    job.simulator_run(str(FOLDER / "workspace"), n_clients=len(CLIENTS), threads=len(CLIENTS))
    finish("nvflare", torch.load(next(FOLDER.rglob("FL_global_model.pt")))["model"])


def appfl_server():
    from appfl.agent import ServerAgent
    from omegaconf import OmegaConf
    quick = {"optimize_memory": False}  # no garbage collections between messages
    return ServerAgent(OmegaConf.create({
        "client_configs": {"train_configs": {}, "model_configs": {"model_path": __file__, "model_name": "Network"}},
        "server_configs": {"num_clients": len(CLIENTS), "num_global_epochs": TASK["rounds"], "logging_output_dirname": str(FOLDER), **quick,
                           "scheduler": "SyncScheduler", "scheduler_kwargs": {"num_clients": len(CLIENTS), **quick},
                           "aggregator": "FedAvgAggregator", "aggregator_kwargs": {"client_weights_mode": "sample_size", **quick}}}))


def appfl():
    """Rank 0 serves, the others are a client each."""
    from appfl.comm.mpi import MPIClientCommunicator, MPIServerCommunicator
    from mpi4py import MPI
    world = MPI.COMM_WORLD
    if world.rank == 0:
        server = appfl_server()
        MPIServerCommunicator(world, server, server.logger, optimize_memory=False).serve()
        return finish("appfl", server.get_parameters(init_model=False, blocking=True))
    own = client(world.rank - 1)
    link = MPIClientCommunicator(world, server_rank=0, client_id=str(own.index), optimize_memory=False)
    state = link.get_global_model(init_model=True)
    link.invoke_custom_action("set_sample_size", sample_size=len(own.x))
    for number in range(TASK["rounds"]):
        state, _ = link.update_global_model(own.train(state, number))
    link.invoke_custom_action("close_connection")


def appfl_serial():
    """Server and clients in one process: no messages at all."""
    server = appfl_server()
    for i in CLIENTS:
        server.set_sample_size(str(i), len(client(i).x))
    state = server.get_parameters(serial_run=True, blocking=True)
    for number in range(TASK["rounds"]):
        answers = [server.global_update(str(i), client(i).train(state, number)) for i in CLIENTS]
        state = answers[-1].result()
    finish("appfl", state)


def main():
    globals()[sys.argv[1]]()
