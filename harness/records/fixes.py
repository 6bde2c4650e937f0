"""Human changes to generated notebooks: what they are, what became of them, what they amount to."""

from __future__ import annotations

import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from harness.records.base import Name, Record, Sha256
from harness.records.cells import Execution

FixId = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{3}-[a-z0-9]+(-[a-z0-9]+)*$", max_length=50)
]


class Cause(StrEnum):
    """Why a human had to step in. Only ``enhancement`` is not the model's fault."""

    DATA_UNSEEN = "data-unseen"
    DEPRECATED = "deprecated"
    UNDER_SPECIFIED = "under-specified"
    COMMENTARY = "commentary"
    SYNTAX = "syntax"
    ENVIRONMENT = "environment"
    ENHANCEMENT = "enhancement"


ANY = "any"  # dataset: the scope of what is true of a library everywhere


class When(Record):
    """On which cells a fix may be used, by how the raw notebook ended.

    ``needed``: those that did not run to their end, or of whose steps a check does not hold;
    ``fails``: those that failed, perhaps in one way only; ``always``: even those that work.
    """

    word: Literal["needed", "fails", "always"] = "needed"
    pattern: str | None = None  # an error's name, or a regular expression on its message

    def __str__(self) -> str:
        return f"{self.word}: {self.pattern}" if self.pattern else self.word


class FixHeader(Record):
    """What every fix says of itself, whatever its form."""

    description: str = Field(min_length=1)
    author: str = Field(min_length=1)
    date: datetime.date
    cause: Cause
    when: When = When()
    dataset: Name = ANY  # on which it holds
    from_run: Name | None = None  # the run that it was written for

    def fits(self, dataset: str) -> bool:
        """Whether it is for runs on this dataset."""
        return self.dataset in (ANY, dataset)


class Hunk(Record):
    """One hunk of a unified diff. ``lines`` are (``" "``, ``"-"`` or ``"+"``; text)."""

    start: int = Field(ge=0)  # 1-based line of the text before; 0 where that is empty
    cell: str = ""  # the cell named behind the second @@, if any
    lines: tuple[tuple[Literal[" ", "-", "+"], str], ...] = Field(min_length=1)

    @property
    def old(self) -> list[str]:
        """The lines that must be there: context and removed ones."""
        return [text for tag, text in self.lines if tag != "+"]

    @property
    def new(self) -> list[str]:
        """The lines that will be there: context and added ones."""
        return [text for tag, text in self.lines if tag != "-"]


class Rule(Record):
    """A structural change: an ast-grep rule, and what becomes of the code that it matches.

    Or ``imports`` alone, which need no rule: names, and the statements that import them.
    """

    rule: dict[str, Any] = Field(default_factory=dict)
    constraints: dict[str, Any] = Field(default_factory=dict)
    rewrite: str | None = None
    insert_before: str | None = Field(None, alias="insert-before")
    insert_after: str | None = Field(None, alias="insert-after")
    arguments: dict[str, str | None] = Field(default_factory=dict)  # name -> new one; None: drop it
    imports: dict[str, str] = Field(default_factory=dict)
    steps: tuple[Name, ...] = ()  # only in cells of these steps; none: in any


class Fix(FixHeader):
    """One file of ``fixes/<stage>/``: hunks, or a rule."""

    id: FixId
    stage: Name
    path: Path
    sha256: Sha256
    hunks: tuple[Hunk, ...] = ()
    rule: Rule | None = None

    @property
    def form(self) -> Literal["patch", "rule"]:
        """``patch`` for hunks, ``rule`` for a rule."""
        return "rule" if self.rule else "patch"


class Verdict(StrEnum):
    """What became of a fix.

    ``obsolete``: its change is there already, or its condition never arose. ``conflict``: its place
    was not found, or the result would not be Python. ``skipped``: left out on request.
    """

    APPLIED = "applied"
    OBSOLETE = "obsolete"
    CONFLICT = "conflict"
    SKIPPED = "skipped"


class Place(Record):
    """Where a fix took hold, and how well."""

    cell: str
    line: int  # 1-based line of the cell, its header being 0
    how: Literal["exact", "offset", "fuzz", "rule"]
    amount: int = 0  # lines of offset, or of context left out of account
    bindings: dict[str, str] = Field(default_factory=dict)  # metavariable -> code

    def __str__(self) -> str:
        if self.how == "rule":
            short = (f"{n}={code}" for n, code in self.bindings.items() if 0 < len(code) <= 24)
            return f"rule {', '.join(short)}".rstrip()
        return f"{self.how} {self.amount}" if self.amount else self.how


class Effect(Record):
    """A touched cell before and after: ``ok``, an error's name, another status, or not there."""

    cell: str
    before: str | None
    after: str | None


class FixVerdict(Record):
    """One fix in one patching pass."""

    fix: FixId
    sha256: Sha256
    form: Literal["patch", "rule"]
    description: str
    author: str
    cause: Cause
    verdict: Verdict
    places: tuple[Place, ...] = ()
    reason: str | None = None
    nearest: str | None = None  # the place most like the one not found
    cells: tuple[Effect, ...] = ()
    need: Literal["necessary", "redundant"] | None = None  # by leaving it out, on demand
    need_reason: str | None = None


class AddedLine(Record):
    """A line of the patched text that a fix wrote; ``opens``: the cell whose header it is."""

    fix: FixId
    text: str
    opens: str | None = None


class Change(Record):
    """One stretch where the patched text differs from the raw one."""

    at: int  # 0-based line of the raw text
    removed: tuple[FixId, ...]  # for each raw line from ``at`` on, the fix that removed it
    added: tuple[AddedLine, ...]


class Tally(Record):
    """Lines that humans added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0


class Ledger(Record):
    """How much of a patched notebook is human.

    ``lines`` are logical lines of code: comments, blank lines and layout do not count. ``text``
    is the same over the lines as they stand. Shares are of the patched notebook, ``enhancement``
    apart.
    """

    raw_cells: int
    patched_cells: int
    touched_cells: int
    raw_lines: int
    patched_lines: int
    raw_text: int
    patched_text: int
    lines: dict[Cause, Tally]
    text: dict[Cause, Tally]
    share: float
    share_text: float
    share_cells: float
    enhancement_share: float


class Patching(Record):
    """One pass of the fixes over a raw notebook; what they and the first two say determines it."""

    raw_sha256: Sha256
    wanting: tuple[Name, ...] = ()  # steps of the raw notebook that a check spoke against
    verdicts: tuple[FixVerdict, ...]
    cells_sha256: Sha256
    changes: tuple[Change, ...]
    execution: Execution
    ledger: Ledger
