"""Everything that can go wrong in the harness itself. A failing *cell* is data, never one of these.

::

    HarnessError               what happened, where, and what to do next
    ├── ConfigError            a file of the project is wrong: file, line, what was expected
    ├── UnknownNameError       a model, stage, dataset, context or run that does not exist
    ├── DataError              a table that cannot be read, or lacks its target
    ├── ModelFileError         a weights file that is missing, foreign, cut short or not as promised
    ├── PullError              a download that did not arrive
    │   ├── HubUnreachableError    no answer from the hub
    │   ├── RepositoryMissingError no such repository, revision or file
    │   └── GatedRepositoryError   exists, but this user may not read it
    ├── PromptError            a prompt that cannot be rendered or does not fit the context
    ├── EngineError            the model could not be loaded or failed while generating
    │   └── EngineLostError        its process ended; another may go on from what is kept
    ├── SandboxError           generated code cannot be run safely here
    ├── WorkerError            a worker died under its job
    ├── EditedError            a person's edits would be lost, or are not what they seem
    ├── UnexpectedError        a fault of harness itself, under one run
    └── StoreError             something under generated/ cannot be read or written
        ├── RunLockedError     another process is working on the same run
        └── NotebookError      a notebook that cannot be read

Each carries its fields, prints as one line, and survives pickling.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

MOST_LISTED = 12
LONGEST_REASON = 300  # characters


class HarnessError(Exception):
    """Base of the tree. ``hint`` says what to do next and may be empty."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.message}. {self.hint}" if self.hint else self.message
        return " ".join(text.split())


class ConfigError(HarnessError):
    """A project file that does not say what it should. ``line`` is 1-based; None: not known."""

    def __init__(self, path: Path, line: int | None, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.args = (path, line, message, hint)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{where}: {super().__str__()}"


class UnknownNameError(HarnessError):
    """A name that is not among those known; suggests the nearest one."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        guess = f"Did you mean '{near[0]}'?" if near else ""
        listed = f"Known: {', '.join(names[:MOST_LISTED])}" if names else "There are none"
        listed += ", …" if len(names) > MOST_LISTED else ""
        hints = ". ".join(filter(None, (listed, hint)))
        super().__init__(f"no {kind} named '{name}'", f"{guess} {hints}".strip())
        self.args = (kind, name, tuple(names), hint)
        self.kind = kind
        self.name = name


class DataError(HarnessError):
    """A table that cannot be read, or is not what its dataset.toml says."""


class ModelFileError(HarnessError):
    """A weights file that is missing, not GGUF, cut short, or not the one promised."""


class PullError(HarnessError):
    """A download that did not arrive whole."""


class HubUnreachableError(PullError):
    """The hub did not answer."""


class RepositoryMissingError(PullError):
    """No such repository, revision or file on the hub."""


class GatedRepositoryError(PullError):
    """The repository exists, but this user may not read it."""


class PromptError(HarnessError):
    """A prompt that cannot be rendered, or does not fit the model's context."""


class EngineError(HarnessError):
    """The model could not be loaded, or failed while generating."""


class EngineLostError(EngineError):
    """The engine's process ended while it was at work; another may go on from what is kept."""


class SandboxError(HarnessError):
    """Generated code cannot be run safely on this machine."""


class StoreError(HarnessError):
    """Something under generated/ cannot be read or written."""


class RunLockedError(StoreError):
    """Another process is working on the same run."""


class NotebookError(StoreError):
    """A notebook that cannot be read; ``path`` names it."""

    def __init__(self, path: Path, reason: str, hint: str = "") -> None:
        super().__init__(f"{path} is not a notebook ({reason})", hint)
        self.args = (path, reason, hint)
        self.path = path


class WorkerError(HarnessError):
    """A worker died under its job. ``lost``: with its machine, so the job is not to blame."""

    def __init__(self, worker: int, how: str, *, lost: bool = False) -> None:
        super().__init__(f"worker {worker + 1} died ({how})", "Give the same command to go on")
        self.args = (worker, how)
        self.worker = worker
        self.how = how
        self.lost = lost


class UnexpectedError(HarnessError):
    """An exception that nothing in harness expects. It is the end of one run, not of a batch."""


def told(error: BaseException) -> HarnessError:
    """Any exception as one that says in a line what happened."""
    if isinstance(error, HarnessError):
        return error
    said = " ".join(str(error).split())[:LONGEST_REASON]
    why = f"{type(error).__name__}: {said}" if said else type(error).__name__
    made = UnexpectedError(f"this failed unexpectedly ({why})", "Please report it, with the run")
    made.__cause__ = error
    return made


class EditedError(HarnessError):
    """A person's edits to a notebook would be lost, or cannot be told from what fixes wrote."""
