"""Cells, and what became of them in a kernel."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from harness.records.base import Name, Record, Sha256
from harness.records.checks import CheckResult


class Found(StrEnum):
    """How the code of a cell was found, where it did not simply stand in a fence of its own."""

    INNER_FENCE = "inner fence"  # it holds a fence, so that the first end was not its end
    RAGGED = "ragged fence"  # an end that has text beside it, or was forgotten before the next
    BEHIND_TEXT = "behind text"  # a fence that begins on a line of text
    WRAPPED = "wrapped"  # the whole reply stands in a fence of Markdown
    NOTEBOOK = "notebook"  # the reply holds the file of a notebook, as JSON
    TAGS = "tags"  # [PYTHON] and the like in place of a fence
    OTHER_LABEL = "other label"  # a fence under another name, such as tool_code
    NO_FENCE = "no fence"  # statements among prose


class Cell(Record):
    """A piece of a reply, on its way into a notebook."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    kind: Literal["code", "markdown", "raw"]
    source: str
    # Files inside a cell that is no code: name -> type -> content, as nbformat has them.
    attachments: dict[str, dict[str, Any]] = Field(default_factory=dict)
    step: Name
    origin: Literal["prompt", "prose", "reasoning", "fence", "fix", "repair", "note"]
    language: str = ""
    unclosed: bool = False  # the reply ended inside this fence, or inside this reasoning
    found: Found | None = None
    installs: tuple[str, ...] = ()  # lines that would install packages: kept, never run
    fixes: tuple[str, ...] = ()  # those that touched it, in a patched notebook


class CellStatus(StrEnum):
    """``killed``: the kernel ended under the cell; ``not run``: there was none any more."""

    OK = "ok"
    ERROR = "error"
    TIMEOUT = "timeout"
    KILLED = "killed"
    NOT_RUN = "not run"


class CellOutcome(Record):
    """What one code cell did. ``outputs`` are nbformat output dicts, already capped."""

    status: CellStatus
    seconds: float = 0.0
    error: str | None = None  # exception's class name; set for every status but ok and not run
    message: str | None = None
    traceback: str | None = None  # plain text
    reason: str | None = None  # why it was killed, timed out or not run
    warnings: tuple[str, ...] = ()
    outputs: tuple[dict[str, Any], ...] = ()


class CellResult(Record):
    """One code cell's line in the record: a CellOutcome without its outputs."""

    cell: str
    step: Name
    first_line: str
    status: CellStatus
    seconds: float
    error: str | None = None
    message: str | None = None
    traceback: str | None = None
    reason: str | None = None
    warnings: tuple[str, ...] = ()
    installs: tuple[str, ...] = ()  # lines of the cell that were kept but not run
    found: Found | None = None  # how the code was found; None: in a fence
    failure: Literal["root", "cascade"] | None = None  # of a raw cell that failed

    @property
    def failed(self) -> bool:
        """Whether it ran and did not end well; a cell that was not run did not fail."""
        return self.status not in (CellStatus.OK, CellStatus.NOT_RUN)

    @property
    def verdict(self) -> str:
        """``ok``, the error's name, or the status where there is none."""
        return self.error or self.status.value


class Artifact(Record):
    """A file that a stage promised, as found in the work folder after it ran."""

    name: Name
    status: Literal["collected", "missing", "refused"]
    size: int = 0
    sha256: Sha256 | None = None
    reason: str | None = None


class Workspace(Record):
    """What a kernel sees: a writable folder, and files put into it read-only (name -> source)."""

    folder: Path
    inputs: dict[str, Path] = Field(default_factory=dict)


class Execution(Record):
    """One pass over one notebook.

    The digests tell whether it is out of date; None, before schema 3, is taken as up to date.
    """

    sandbox: str  # level and name, for example "3 bwrap"
    seconds: float
    cells: tuple[CellResult, ...]
    artifacts: tuple[Artifact, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    limits_sha256: Sha256 | None = None  # of the limits it ran under, and the files it was to make
    checks_sha256: Sha256 | None = None  # of the checks, and of the rows that they judge on

    @property
    def wanting(self) -> tuple[Name, ...]:
        """The steps whose cells made something that a check found wrong."""
        steps = dict.fromkeys(cell.step for cell in self.cells)
        return tuple(
            step for step in steps if any(check.tells_against(step) for check in self.checks)
        )
