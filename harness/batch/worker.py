"""One run as a piece of work: a value goes in, events come out, nothing else is shared.

A worker holds no store and no terminal. What it would save or show it emits, and the one who gave
the work out writes and shows it. So a worker may be this process, another, or on another machine.
"""

from __future__ import annotations

import contextlib
import platform
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from harness import files, wiring
from harness.errors import ModelFileError
from harness.ports import Engine
from harness.project.datasets import Dataset
from harness.records import (
    Cell,
    CellResult,
    Fix,
    ModelSpec,
    Progress,
    Record,
    RepairAttempt,
    Reply,
    Run,
    RunKey,
    TakenBack,
)
from harness.runs import pipeline
from harness.runs.environment import notebook_environment
from harness.runs.lineage import Supply
from harness.runs.plans import Plan
from harness.runs.remaining import Remaining, RunState
from harness.weights import cache, fit, sources

FOLDERS = ("work", "check")  # of kernels


class Resources(Record):
    """What of a machine the workers have; each writes ``concurrent`` replies side by side."""

    threads: int | None = None
    workers: int = 1
    concurrent: int = 1


class Job(Record):
    """A run to be, and all it takes.

    ``run`` is its record so far, ``left`` what to begin with, ``stored`` the files of earlier
    attempts that it needs.
    """

    plan: Plan
    run: Run | None
    left: Remaining
    weights: Path
    data: Dataset
    files: dict[str, Path]
    preparation: tuple[str, ...] = ()  # sources of the cells that made the table among them
    series: tuple[Fix, ...] | None
    stored: dict[str, bytes]
    folder: Path  # a writable place on the machine that does it; FOLDERS in it are the job's own
    spec: ModelSpec  # where a machine that lacks the weights gets them
    resources: Resources = Resources()
    order: int = 0  # among the jobs that begin together
    among: int = 1
    unsafe: bool = False
    alone: bool = False  # no other job runs beside it: what comes later may start meanwhile
    write_only: bool = False  # the replies, and nothing that is made of them
    carried: dict[str, bytes] = Field(default_factory=dict)  # files, for a machine without ours


class Saved(Record):
    """A file of the run, to be written."""

    name: str
    blob: bytes


class ReporterCall(Record):
    """A call of a Reporter, to be shown."""

    method: str
    arguments: dict[str, Any]


Event = Saved | ReporterCall
Emit = Callable[[Event], None]


class Engines:
    """The engine of the model used last: loaded once per worker, however many runs it makes."""

    def __init__(self) -> None:
        self._held: tuple[str, Engine] | None = None
        self._lock = threading.Lock()  # jobs may be done side by side, of one model at a time
        self.kernels = threading.BoundedSemaphore(fit.cores())  # notebooks executed side by side

    def get(self, job: Job) -> Engine:
        """The engine for a job's model; the one before it is closed where it is another."""
        wanted = job.plan.model.model_dump_json()
        with self._lock:
            if self._held is None or self._held[0] != wanted:
                self.close()
                resources, help = job.resources, job.plan.help
                versions = 1 if help.steer else help.candidates  # which are written at once
                self._held = (
                    wanted,
                    wiring.engine(
                        job.plan.model,
                        job.weights,
                        threads=resources.threads,
                        concurrent=resources.concurrent * versions,
                    ),
                )
            return wiring.conversation(
                self._held[1],
                job.order,
                job.among,
                job.plan.stage.name,
                patient=job.plan.beside,
            )

    def close(self) -> None:
        """Close what is held."""
        if self._held is not None:
            self._held[1].close()
            self._held = None


def worker() -> Callable[[Job, Emit], Run]:
    """What a worker does with a job; made once in each, so that a model is loaded once."""
    engines = Engines()
    return lambda job, emit: perform(job, engines, emit)


def perform(job: Job, engines: Engines, emit: Emit) -> Run:
    """Generate, execute, patch and check; all it makes is emitted before it returns.

    The record that it returns has no notebook yet where replies are all that was asked for.
    """
    if job.carried:
        with files.Scratch() as scratch:
            return perform(_unpacked(job, scratch), engines, emit)
    relay = _Relay(job, emit)

    with contextlib.ExitStack() as used:
        writes = job.left is Remaining.WRITE
        model = used.enter_context(contextlib.closing(engines.get(job))) if writes else None
        if model is not None and job.alone:
            wiring.preload(model)  # while the sandbox is tried
        executor = wiring.executor(unsafe=job.unsafe, kernels=engines.kernels)
        at = notebook_environment(
            job.plan.stage,
            job.data,
            Supply(job.plan.needs, job.files),
            job.preparation,
            executor,
            lambda name: files.fresh(job.folder / name),
            relay,
        )._replace(beside=wiring.beside(executor))
        if job.write_only and model is not None:
            return pipeline.write(job.plan, job.run, model, at, relay, relay)
        if model is not None and job.alone and job.plan.model.kind != "script":
            at.prepare()  # a kernel starts while the weights are read
        state = RunState(job.plan, job.run, job.series, job.left)
        by_itself = job.model_copy(update={"order": 0, "among": 1})  # others repair other cells
        return pipeline.run_stage(state, model, at, relay, relay, lambda: engines.get(by_itself))


def packed(job: Job) -> Job:
    """The job with the files that it reads as values, for a machine that does not share ours."""
    table = job.data.table
    carried = {"visible": table.visible.read_bytes()}
    if table.held is not None:
        carried["held"] = table.held.read_bytes()
    carried |= {f"need/{name}": path.read_bytes() for name, path in job.files.items()}
    if job.plan.model.kind != "gguf" and job.weights.is_file():
        carried["model"] = job.weights.read_bytes()
    return job.model_copy(update={"carried": carried})


def _unpacked(job: Job, scratch: Path) -> Job:
    """The job on this machine: its files written down, its weights found or pulled here."""
    scratch.chmod(0o755)  # the sandbox's user must get through to the files
    paths = {}
    for name, blob in job.carried.items():
        paths[name] = scratch / "inputs" / name
        paths[name].parent.mkdir(parents=True, exist_ok=True)
        paths[name].write_bytes(blob)
    table = job.data.table.model_copy(
        update={"path": paths["visible"], "visible": paths["visible"], "held": paths.get("held")}
    )
    return job.model_copy(
        update={
            "carried": {},
            "data": job.data.model_copy(update={"table": table}),
            "plan": job.plan.model_copy(update={"table": paths["visible"]}),
            "files": {
                name.partition("/")[2]: path
                for name, path in paths.items()
                if name.startswith("need/")
            },
            "weights": paths.get("model") or _weights_here(job),
            "folder": scratch / "work",
        }
    )


def _weights_here(job: Job) -> Path:
    """The model's weights in this machine's own cache. Raises ModelFileError, PullError."""
    if job.plan.model.kind != "gguf":
        return job.weights  # which is no file
    path = sources.pull(job.spec, Path(), files.ignore)
    if cache.digest_of_model(path) != job.plan.model.sha256:
        raise ModelFileError(
            f"{path} on {platform.node()} holds other weights than the batch was planned with",
            "Delete it there, and it is pulled again",
        )
    return path


class _Relay:
    """A RunStore and a Reporter that emit."""

    def __init__(self, job: Job, emit: Emit) -> None:
        self._blobs: dict[str, bytes] = dict(job.stored)
        self._emit = emit

    def save(self, key: RunKey, name: str, blob: bytes) -> None:
        self._blobs[name] = blob
        self._emit(Saved(name=name, blob=blob))

    def load(self, key: RunKey, name: str) -> bytes | None:
        return self._blobs.get(name)

    def step(self, number: int, total: int, name: str) -> None:
        self._watched("step", number=number, total=total, name=name)

    def progress(self, progress: Progress) -> None:
        self._watched("progress", progress=progress)

    def stepped_back(self, taken: TakenBack) -> None:
        self._watched("stepped_back", taken=taken)

    def replied(self, reply: Reply, *, resumed: bool) -> None:
        self._watched("replied", reply=reply, resumed=resumed)

    def executing(self, form: str) -> None:
        self._watched("executing", form=form)

    def repairing(self, cell: Cell, number: int, most: int, why: str) -> None:
        self._watched("repairing", cell=cell, number=number, most=most, why=why)

    def repaired(self, attempt: RepairAttempt) -> None:
        self._watched("repaired", attempt=attempt)

    def cell(self, number: int, total: int, cell: Cell) -> None:
        self._watched("cell", number=number, total=total, cell=cell)

    def executed(self, result: CellResult) -> None:
        self._watched("executed", result=result)

    def _watched(self, method: str, **arguments: Any) -> None:
        self._emit(ReporterCall(method=method, arguments=arguments))


def show(event: ReporterCall, reporter: object) -> None:
    """Make the call that was emitted, on the one who watches."""
    getattr(reporter, event.method)(**event.arguments)
