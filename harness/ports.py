"""The seams: what a model, an executor, a store and an onlooker must offer. Each has a stand-in.

An adapter is a class with these methods; nothing is inherited. The smallest neighbours to copy:
``engines/scripted.py`` and ``executors/scripted.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from harness.records import (
    Cell,
    CellOutcome,
    CellResult,
    Completion,
    Limits,
    Message,
    Progress,
    RepairAttempt,
    Reply,
    RunKey,
    Sampling,
    SteeringKind,
    StepBack,
    TakenBack,
    Workspace,
)

OnProgress = Callable[[Progress], None]
"""Called as prompts are read and replies grow."""


class Watcher(Protocol):
    """Judges a reply while it is written."""

    def look(self, text: str, *, ended: bool) -> StepBack | None:
        """Called with the reply so far after every token, and once where it has ``ended``.

        None lets it go on. The writing waits for the answer. Where the answer steps back, the
        reply goes on from there, and after an end it goes on too.
        """
        ...


class Engine(Protocol):
    """A model that answers conversations. It may be asked from several threads at a time."""

    @property
    def steering(self) -> SteeringKind:
        """How its replies can be steered."""
        ...

    def count_tokens(self, conversation: Sequence[Message]) -> int:
        """Tokens of the rendered prompt, the opening of the model's turn included."""
        ...

    def complete(
        self,
        conversation: Sequence[Message],
        sampling: Sampling,
        seeds: Sequence[int],
        on_progress: OnProgress,
        *,
        repeats: bool = False,
        watchers: Sequence[Watcher] = (),
    ) -> list[Completion]:
        """One reply per seed. ``repeats``: it is likely to repeat what the prompt holds, as
        a corrected cell does; no step of a stage does. ``watchers``: one per seed, or none; an
        engine that cannot be steered does not ask them. The same seeds and answers give the same
        tokens, whatever the time that a watcher takes.

        Raises PromptError, before anything is generated, where the prompt does not fit with
        ``sampling.max_tokens`` to spare; EngineError where the engine fails. A KeyboardInterrupt
        passes through within one token.
        """
        ...

    def close(self) -> None:
        """Release the model. Safe to call twice."""
        ...


class Session(Protocol):
    """A running kernel. A notebook is a loop over it."""

    def run(self, source: str) -> CellOutcome:
        """Execute one cell. Whatever the cell does is an outcome; never raises for it."""
        ...

    def updated(self) -> Mapping[int, tuple[dict[str, Any], ...]]:
        """What earlier cells show now, where later ones changed it since the last call.

        By the number of the cell, from 0 in the order of ``run``; outputs as in CellOutcome.
        """
        ...

    def ask(self, program: str, question: object, seconds: float) -> object | None:
        """What a program's ``answer(question)`` returns in the kernel; JSON's types both ways.

        It runs beside the cells' names and leaves none; nothing of it shows in a cell. None where
        it raises, takes longer than ``seconds`` (the kernel is interrupted then), or answers with
        more than a megabyte or no JSON. Code that ran there can make the answer anything: whoever
        asks takes it for data of the kernel's making.
        """
        ...

    def close(self) -> None:
        """End the kernel and everything it started. Safe to call twice."""
        ...


class Executor(Protocol):
    """Starts sessions at one sandbox level."""

    @property
    def sandbox(self) -> object:
        """The level, which prints as its number and name."""
        ...

    def start(self, workspace: Workspace, limits: Limits) -> Session:
        """A fresh kernel whose working folder is ``workspace``. Raises SandboxError."""
        ...

    def prepare(self, workspace: Workspace, limits: Limits) -> None:
        """``start`` will be called with the same before long; returns at once."""
        ...

    def close(self) -> None:
        """End what was prepared and not used."""
        ...


class Reporter(Protocol):
    """Who watches a run; the terminal is one."""

    def step(self, number: int, total: int, name: str) -> None:
        """A step's prompt goes to the model."""
        ...

    def progress(self, progress: Progress) -> None:
        """The model read or wrote something."""
        ...

    def stepped_back(self, taken: TakenBack) -> None:
        """A piece of the reply that is being written was taken back; the next progress says how
        much of it is still there."""
        ...

    def replied(self, reply: Reply, *, resumed: bool) -> None:
        """A reply is complete; ``resumed``: it was kept from an earlier, interrupted command."""
        ...

    def executing(self, form: str) -> None:
        """A notebook, raw, repaired or patched, goes to a kernel."""
        ...

    def repairing(self, cell: Cell, number: int, most: int, why: str) -> None:
        """A cell is asked for again, for the ``number``-th of at most so many times."""
        ...

    def repaired(self, attempt: RepairAttempt) -> None:
        """What came of that."""
        ...

    def cell(self, number: int, total: int, cell: Cell) -> None:
        """A cell goes to the kernel."""
        ...

    def executed(self, result: CellResult) -> None:
        """A cell is done, whatever it did."""
        ...


class WorkerEvent(NamedTuple):
    """Something a worker did: an event of a job, or the end of it as a result or an error."""

    job: int  # index among the jobs given
    worker: int
    event: Any = None
    result: Any = None
    error: Exception | None = None


OnWorkerEvent = Callable[[WorkerEvent], None]
"""Called by a runner with what its workers do, as it happens."""


class Runner(Protocol):
    """Does jobs. Jobs, events and results are picklable values; only the caller writes anything."""

    def run(self, jobs: Sequence[Any], on_event: OnWorkerEvent) -> None:
        """Do the jobs, and tell what happens as it happens. An exception is an outcome too."""
        ...

    def close(self) -> None:
        """End all workers. Safe to call twice."""
        ...


class RunStore(Protocol):
    """Named blobs of a run; every write is atomic."""

    def save(self, key: RunKey, name: str, blob: bytes) -> None:
        """Replace the blob of that name. Raises StoreError; the old blob stays then."""
        ...

    def load(self, key: RunKey, name: str) -> bytes | None:
        """The blob, or None where it was never written."""
        ...
