"""How much of this machine, or of a cluster, a batch may use."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError
from harness.records import ModelIdentity
from harness.weights import fit

CORES_PER_MODEL = 4  # before a second model is loaded beside the first


class Capacity(NamedTuple):
    """How many workers fit on this machine, how many runs each does at a time, and why."""

    workers: int
    concurrent: int  # replies that are written side by side in each
    threads: int  # of a model in a worker
    description: str
    notices: tuple[str, ...] = ()  # of models whose context has to be smaller than asked for
    beside: bool = False  # whether a kernel lives beside each reply

    @property
    def lanes(self) -> int:
        """Runs in each worker: some wait there, so that one is at hand when another ends.

        None does where each has a kernel, for which there is no memory.
        """
        return self.concurrent if self.concurrent == 1 or self.beside else 2 * self.concurrent


def capacity(
    models: Sequence[tuple[ModelIdentity, Path]],
    concurrent: int,
    kind: str,
    *,
    free: int | None = None,
    beside: bool = False,
) -> Capacity:
    """As many workers, and runs in each, as memory and cores allow; no more threads than cores.

    ``concurrent`` is the most replies that may be written side by side, ``free`` the bytes that
    there are; by default those of this machine. ``beside``: a kernel lives beside each reply.
    Raises EngineError where a model does not fit into memory at all.
    """
    cores, free = fit.cores(), fit.free_bytes() if free is None else free
    fitted = [(one.name, fit.of(one, path, free)) for one, path in models if one.kind == "gguf"]
    fits = [one for _, one in fitted]
    kinds = {one.kind for one, _ in models}
    workers = cores if kinds == {"script"} else 1
    if fits:
        each = max(one.needed(1) for one in fits) + fit.KERNEL_BYTES
        workers = max(1, min(cores // CORES_PER_MODEL, free // each))
    if kind == "inline":
        workers = concurrent = 1
    if kinds == {"script"}:
        concurrent = 1
    for one in fits:
        concurrent = one._replace(free=free // workers).concurrent(concurrent, beside=beside)
    threads = max(1, cores // workers)
    description = f"{workers} worker{'s' * (workers > 1)} of {threads} threads"
    description += f", {concurrent} replies at a time" if concurrent > 1 else ""
    description += f": {cores} cores, {free / 1e9:.1f} GB of memory free"
    told = tuple(said for name, one in fitted if (said := fit.notice(name, one)) is not None)
    return Capacity(workers, concurrent, threads, description, told, beside)


def join_cluster(address: str | None) -> Capacity:
    """Connect to a Ray cluster, and say how many workers fit on it. Raises HarnessError."""
    if importlib.util.find_spec("ray") is None:
        raise HarnessError(
            "--runner ray needs Ray, which is not installed",
            "Install it here and on the cluster: pip install 'notebook-harness[ray]'",
        )
    from harness.batch.runners import ray

    workers, nodes = ray.connect(address)
    description = f"{workers} worker{'s' * (workers > 1)} on {nodes} nodes of the Ray cluster"
    return Capacity(workers, 1, ray.THREADS, description)
